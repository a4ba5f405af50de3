//! Bounds that no test reaches by allocating.

use super::{Linear, LinearMark};
use crate::SuballocError;

#[test]
fn more_than_32_bits_count_is_refused() {
    let head = LinearMark { offset: 10, allocations: u32::MAX - 1 };
    let mut linear = Linear { size: 100, head };
    assert_eq!(linear.allocate(1, 1), Ok(10));
    assert_eq!(linear.allocate(1, 1), Err(SuballocError::TooMany));
    assert_eq!(linear.remaining(), 89, "nothing has changed");
}
