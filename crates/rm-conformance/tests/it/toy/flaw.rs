//! What a toy does wrong.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flaw {
    /// Forgets the label of what it gives.
    ForgetsLabels,
    /// Frees a block under memory that is still used when it is dropped.
    FreesWhatIsUsed,
    /// Takes a new block whatever headroom the request has.
    IgnoresHeadroom,
    /// Puts what requires an object of its own into a shared block.
    IgnoresNeeds,
    /// Puts what prefers an object of its own into a shared block.
    IgnoresWishes,
    /// Says that trimming gave a byte more than it did.
    LiesAboutTrim,
    /// Ignores alignments.
    Misaligns,
    /// Puts linear and optimal resources side by side.
    MixesTilings,
    /// Never reuses what was freed, and counts it as used.
    NeverReuses,
    /// Gives a range that is used already, and counts as if it had not.
    Overlaps,
    /// Looks for room under one lock and takes it under the next.
    Races,
    /// Leaves free ranges out of its report.
    ReportsGaps,
    /// Gives neighbours on a non-coherent type one atom.
    SharesAtoms,
    /// Tells of leaked blocks, and not of what lies in them.
    TellsBlocksAlone,
    /// Unmaps a block when something in it is freed.
    UnmapsNeighbours,
    /// Adds to sizes without looking.
    Wraps,
}
