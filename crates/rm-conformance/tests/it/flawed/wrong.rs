//! What a backend of one object a request does wrong.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wrong {
    /// Serves requests that fail their own validation.
    AcceptsNonsense,
    /// Reports every block as dedicated.
    CallsAllDedicated,
    /// Has another name after the first allocation.
    ChangesItsName,
    /// Counts each parcel as another free.
    CountsParcels,
    /// Forgets the label of a request.
    DropsLabels,
    /// Keeps what was freed, and gives it back with the next free.
    FreesLate,
    /// Gives a byte less than was asked for.
    GivesLess,
    /// Says nothing of leaks.
    HidesLeaks,
    /// Says that memory is out where the device is lost.
    HidesTheLoss,
    /// Says that something is unsupported where memory is out.
    HidesTheShortage,
    /// Serves requests for export without a thought.
    IgnoresExports,
    /// Looks at a dedicated resource once more when memory is freed.
    KeepsTheResource,
    /// Leaves an object behind for each refused request.
    LeaksOnError,
    /// Leaves the object behind that could not be mapped.
    LeaksWhatIsNotMapped,
    /// Does not map what should be mapped.
    LeavesUnmapped,
    /// Does not keep the device alive under a leak.
    LetsTheDeviceGo,
    /// Leaves a range out where it reports by the page.
    LosesARange,
    /// Maps other bytes than those of the device.
    MapsElsewhere,
    /// Forgets what is freed on another thread than its own.
    MindsTheThread,
    /// Counts one allocation too many once something was freed.
    Miscounts,
    /// Gives more than was asked for where an own object is required.
    PadsDedicated,
    /// Panics when it is dropped.
    PanicsInDrop,
    /// Panics when a request is refused.
    PanicsOnRefusal,
    /// Goes past the context, and so past its limits.
    PassesTheLimits,
    /// Refuses every priority but the normal one.
    RefusesPriorities,
    /// Reports under another name.
    ReportsAnotherName,
    /// Takes the next memory type where that is alike.
    TakesAnotherType,
    /// Cannot live with a zero in a label.
    TripsOverLabels,
    /// Names too small a block as what would have served.
    UnderstatesTheBlock,
    /// Refuses what has no label.
    WantsLabels,
}
