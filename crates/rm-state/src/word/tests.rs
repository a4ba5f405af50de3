//! What the packing promises that no caller lives long enough to see.

use super::{FLAG_BITS, HIGH, Word};
use crate::ResourceState;

/// Behaviour 9: generation 0 means "never set", so the counter skips it when it starts again.
#[test]
fn the_generation_wraps_to_one_and_leaves_the_flags_alone() {
    let last = Word { bits: (u64::MAX << FLAG_BITS) | u64::from(ResourceState::STALE.bits()) };
    assert_eq!(last.generation(), (1 << 56) - 1);
    assert_eq!(last.bumped().generation(), 1);
    assert_eq!(last.bumped().flags(), ResourceState::STALE);
}

/// Behaviour 5: the word has room for every flag.
#[test]
fn all_flags_survive_packing_without_touching_the_generation() {
    let full = Word::FIRST.bumped().with(ResourceState::empty(), ResourceState::all());
    assert_eq!(full.flags(), ResourceState::all());
    assert_eq!(full.generation(), 2);
    let none = full.with(ResourceState::all(), ResourceState::empty());
    assert_eq!((none.flags(), none.generation()), (ResourceState::UNINITIALIZED, 2));
}

/// Behaviours 6, 8 and 9: the short way and the careful way to a new value do the same.
#[test]
fn a_new_value_means_the_same_at_every_generation() {
    let last = u64::MAX >> FLAG_BITS;
    let half = HIGH >> FLAG_BITS;
    for (generation, next) in [(0, 1), (half - 1, half), (half, half + 1), (last, 1)] {
        let flags = ResourceState::all() - ResourceState::LOCKED;
        let word = Word { bits: (generation << FLAG_BITS) | u64::from(flags.bits()) };
        let refilled = word.refilled().unwrap();
        assert_eq!(refilled.generation(), next);
        assert_eq!(refilled.flags(), ResourceState::READY | ResourceState::TRANSIENT);
        let locked = word.with(ResourceState::empty(), ResourceState::LOCKED);
        assert_eq!(locked.refilled(), None, "locked at generation {generation}");
    }
}
