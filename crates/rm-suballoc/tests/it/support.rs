//! Numbers that tests draw, and sums that never overflow.

use std::ops::Range;

use proptest::prelude::{Just, Strategy, prop_oneof};

/// Sizes of a region: mostly small, so that ends are met, and the largest there are.
pub(crate) fn regions() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..600_u64, 1 => Just(u64::MAX), 1 => u64::MAX - 600..=u64::MAX]
}

/// Sizes and alignments that may be asked for, and some that may not.
pub(crate) fn requests() -> impl Strategy<Value = (u64, u64)> {
    let sizes = prop_oneof![20 => 1..90_u64, 2 => Just(0), 1 => u64::MAX - 200..=u64::MAX];
    let alignments = prop_oneof![
        20 => (0..7_u32).prop_map(|log2| 1 << log2),
        1 => (7..64_u32).prop_map(|log2| 1 << log2),
        1 => prop_oneof![Just(0), Just(3), Just(u64::MAX)]
    ];
    (sizes, alignments)
}

/// Whether a request makes sense at all.
pub(crate) fn is_valid((size, alignment): (u64, u64)) -> bool {
    size > 0 && alignment.is_power_of_two()
}

/// Where a range begins that lies within `room` as low as it can.
pub(crate) fn lowest(room: Range<u64>, (size, alignment): (u64, u64)) -> Option<u64> {
    let start = u128::from(room.start).next_multiple_of(u128::from(alignment));
    if start + u128::from(size) <= u128::from(room.end) { u64::try_from(start).ok() } else { None }
}
