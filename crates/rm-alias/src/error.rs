//! The ways in which a problem is refused.

/// The reason a problem cannot be planned.
///
/// Items are named by the index that [`Problem::push`](crate::Problem::push) returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// An alignment is zero or no power of two.
    #[error("item {item}: alignment of {alignment} bytes is not a power of two")]
    Alignment {
        /// The item.
        item: usize,
        /// What it asks for, in bytes.
        alignment: u64,
    },
    /// The items that live at one time need more than the capacity.
    #[error(
        "group {group}: {needed} bytes are live with item {item}, but the capacity is {capacity} bytes"
    )]
    CapacityBelowBound {
        /// The largest item of those that live at that time.
        item: usize,
        /// Its group.
        group: u32,
        /// The lower bound in bytes.
        needed: u64,
        /// The capacity in bytes.
        capacity: u64,
    },
    /// A lifetime ends before it starts.
    #[error("item {item}: lifetime ends at {end}, before it starts at {start}, on queue {queue}")]
    EndBeforeStart {
        /// The item.
        item: usize,
        /// The queue.
        queue: usize,
        /// The first section.
        start: u32,
        /// The section after the last.
        end: u32,
    },
    /// A fixed offset leaves the capacity or is not a multiple of the alignment.
    #[error("item {item}: fixed offset {offset} is out of bounds or not aligned")]
    FixedOffset {
        /// The item.
        item: usize,
        /// Its offset in bytes.
        offset: u64,
    },
    /// Two fixed items live at the same time and share bytes, or a granularity page that they must not share.
    #[error("items {first} and {second} are fixed over the same bytes or page while both live")]
    FixedOverlap {
        /// The one with the lower index.
        first: usize,
        /// The other one.
        second: usize,
    },
    /// The granularity page is zero or no power of two.
    #[error("granularity page of {page} bytes is not a power of two")]
    Page {
        /// What was asked for, in bytes.
        page: u64,
    },
    /// A lifetime is empty: it ends where it starts.
    #[error("item {item}: lifetime is empty, it starts and ends at {at} on queue {queue}")]
    EmptyLifetime {
        /// The item.
        item: usize,
        /// The queue.
        queue: usize,
        /// Where it starts and ends.
        at: u32,
    },
    /// The plan to be improved is not one of this problem.
    #[error("the plan is not one of this problem")]
    OtherProblem,
    /// Sizes, alignments and offsets add up to more than 2^62 bytes.
    #[error("item {item}: offsets would overflow")]
    Overflow {
        /// The first item that does not fit.
        item: usize,
    },
    /// A lifetime does not name as many queues as the problem has.
    #[error("item {item}: lifetime names {named} queues, the problem has {queues}")]
    Queues {
        /// The item.
        item: usize,
        /// How many its lifetime names.
        named: usize,
        /// How many there are.
        queues: usize,
    },
    /// There are more items than 2^31.
    #[error("item {item}: more items than 2^31")]
    TooManyItems {
        /// The first that is too many.
        item: usize,
    },
    /// The problem has no queue.
    #[error("the problem has no queue")]
    WithoutQueue,
    /// A size is zero.
    #[error("item {item}: size is zero")]
    ZeroSize {
        /// The item.
        item: usize,
    },
}

/// The reason a plan does not fit a problem.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Two items that live at the same time share bytes, or a granularity page that they must not share.
    #[error("items {first} and {second} share bytes or a page while both live")]
    Overlap {
        /// One of them.
        first: usize,
        /// The other one.
        second: usize,
    },
    /// An item ends above the peak of its group, or its group is missing.
    #[error("item {item}: ends above the peak of its group")]
    AbovePeak {
        /// The item.
        item: usize,
    },
    /// A fixed item is somewhere else.
    #[error("item {item}: is not at its fixed offset")]
    FixedMoved {
        /// The item.
        item: usize,
    },
    /// The plan has another number of items than the problem.
    #[error("the plan has {planned} items, the problem {items}")]
    Items {
        /// How many offsets the plan has.
        planned: usize,
        /// How many items the problem has.
        items: usize,
    },
    /// An offset is not a multiple of the alignment.
    #[error("item {item}: offset {offset} is not aligned")]
    Misaligned {
        /// The item.
        item: usize,
        /// Its offset in bytes.
        offset: u64,
    },
    /// The problem itself is refused.
    #[error(transparent)]
    Problem(#[from] PlanError),
    /// What the plan says about peak, bound and proof contradicts itself or the problem.
    #[error("group {group}: peak, lower bound and proof contradict each other")]
    Proof {
        /// The group.
        group: u32,
    },
}
