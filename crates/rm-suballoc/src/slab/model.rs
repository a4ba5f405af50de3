//! Threads that take and give back slots, under every interleaving.
//!
//! Run by `cargo xtask loom`. Each slot has a number beside it, which its owner reads and writes without any order of its own:
//! if two own a slot at a time, or the next owner does not see what the last one did, loom finds a run in which it is less
//! than the number of owners.

use std::vec::Vec;

use loom::{model, sync::Arc, thread};

use super::{Slab, place};
use crate::{
    SuballocError,
    sync::{AtomicU64, AtomicUsize, Ordering},
};

const SLOTS: u32 = 128;

/// A slab of two words, with a number a slot.
struct Rig {
    slab: Slab,
    owners: Vec<(u32, AtomicU64)>,
}

impl Rig {
    /// Only these slots are free.
    fn new(free: &[u32], hint: usize) -> Arc<Self> {
        let mut words = [u64::MAX; 2];
        for slot in free {
            let (index, bit) = place(*slot);
            words[index] &= !bit;
        }
        let words = words.map(AtomicU64::new).into();
        let slab = Slab { words, hint: AtomicUsize::new(hint), slots: SLOTS, slot_size: 1 };
        Arc::new(Self { slab, owners: free.iter().map(|it| (*it, AtomicU64::new(0))).collect() })
    }

    fn take(&self) -> Option<u32> {
        let slot = self.slab.allocate().ok()?;
        let (_, owners) = self.owners.iter().find(|it| it.0 == slot).expect("it was free");
        owners.store(owners.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        Some(slot)
    }

    /// Takes a slot and gives it back; whether there was one.
    fn visit(&self) -> bool {
        let slot = self.take();
        slot.is_some_and(|slot| {
            assert_eq!(self.slab.free(slot), Ok(()), "it was ours");
            true
        })
    }

    /// Owners of all slots so far.
    fn owners(&self) -> usize {
        let owners = self.owners.iter().map(|it| it.1.load(Ordering::Relaxed));
        usize::try_from(owners.sum::<u64>()).unwrap()
    }
}

/// Has another thread do `theirs` meanwhile; answers with what both say.
fn both<T: Send + 'static>(rig: &Arc<Rig>, theirs: fn(&Rig) -> T, ours: fn(&Rig) -> T) -> [T; 2] {
    let other = Arc::clone(rig);
    let thread = thread::spawn(move || theirs(&other));
    let ours = ours(rig);
    [ours, thread.join().unwrap()]
}

#[test]
fn a_slot_goes_from_owner_to_owner_with_all_that_was_done() {
    model(|| {
        let rig = Rig::new(&[5], 0);
        let twice = |rig: &Rig| usize::from(rig.visit()) + usize::from(rig.visit());
        let visits = both(&rig, twice, twice);
        assert_eq!(rig.owners(), visits.iter().sum(), "every owner is seen by the next");
        assert!(visits.iter().sum::<usize>() >= 2, "one of them is never in the way of itself");
        assert_eq!(rig.take(), Some(5), "it came back");
    });
}

#[test]
fn whoever_comes_while_there_are_enough_gets_one() {
    for (free, hint) in [([5, 9], 0), ([5, 9], 1), ([5, 70], 0), ([5, 70], 1)] {
        model(move || {
            let rig = Rig::new(&free, hint);
            let mut taken = both(&rig, Rig::take, Rig::take).map(Option::unwrap);
            taken.sort_unstable();
            assert_eq!(taken, free, "nobody has the other's");
            assert_eq!((rig.take(), rig.owners()), (None, 2));
        });
    }
}

#[test]
fn of_two_that_free_one_slot_one_is_told() {
    model(|| {
        let rig = Rig::new(&[], 0);
        let free = |rig: &Rig| rig.slab.free(7);
        let mut freed = both(&rig, free, free);
        freed.sort_unstable_by_key(Result::is_err);
        assert_eq!(freed, [Ok(()), Err(SuballocError::StaleHandle)]);
        assert_eq!(rig.slab.statistics().allocations, SLOTS - 1);
    });
}

#[test]
fn what_others_do_in_a_word_is_kept_and_a_lost_hint_loses_no_slot() {
    model(|| {
        let rig = Rig::new(&[5, 70], 1);
        let free = |rig: &Rig| rig.slab.free(6).is_ok();
        assert_eq!(both(&rig, free, Rig::visit), [true; 2]);
        let rest = [(); 4].map(|()| rig.slab.allocate().ok());
        assert!([5, 6, 70].iter().all(|slot| rest.contains(&Some(*slot))), "{rest:?}");
    });
}
