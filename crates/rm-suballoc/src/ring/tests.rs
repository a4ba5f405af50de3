//! Bounds that no test reaches by allocating.

use super::{Ring, RingMark};
use crate::SuballocError;

#[test]
fn more_than_32_bits_count_is_refused() {
    let head = RingMark { bytes: 1 << 33, allocations: u64::from(u32::MAX) - 1 };
    let mut ring = Ring { head, offset: 1 << 33, ..Ring::new(1 << 34) };
    assert!(ring.allocate(1, 1).is_ok());
    assert_eq!(ring.allocate(1, 1), Err(SuballocError::TooMany));
    assert_eq!(ring.statistics().allocations, u32::MAX);
}

/// Bytes and ranges so far come around after 2^64 of them.
#[test]
fn marks_come_around() {
    let almost = RingMark { bytes: u64::MAX - 5, allocations: u64::MAX };
    let mut ring = Ring { head: almost, tail: almost, ..Ring::new(100) };
    let a = ring.allocate(40, 1).unwrap();
    let mark = ring.mark();
    let b = ring.allocate(50, 1).unwrap();
    assert_eq!((a.offset, b.offset, mark), (0, 40, a.end()));
    assert_eq!((ring.statistics().used, ring.statistics().allocations), (90, 2));
    assert_eq!(ring.free(b), Err(SuballocError::OutOfOrder));
    assert_eq!(ring.free_to(mark), Ok(()));
    assert_eq!(ring.free_to(almost), Err(SuballocError::StaleHandle));
    assert_eq!(ring.free(b), Ok(()));
    assert_eq!(ring.statistics().used, 0);
}
