//! Words, hints and what threads make of them.

use std::{
    iter,
    sync::{Barrier, Mutex},
    thread,
    vec::Vec,
};

use super::Slab;
use crate::{RegionStatistics, SuballocError, sync::Ordering};

const FULL: SuballocError = SuballocError::NoRoom { size: 8, alignment: 1 };

#[test]
fn every_slot_is_handed_out_once_and_in_order() {
    for slots in [1, 63, 64, 65, 128, 200] {
        let mut slab = Slab::new(8, slots).unwrap();
        for round in 0..2 {
            let all: Vec<_> = (0..slots).map(|_| slab.allocate().unwrap()).collect();
            assert!(all.iter().copied().eq(0..slots), "{slots} slots, round {round}");
            assert_eq!(slab.allocate(), Err(FULL));
            let used = u64::from(slots) * 8;
            let full = RegionStatistics { size: used, used, allocations: slots };
            assert_eq!(slab.statistics(), full);
            slab.clear();
            assert_eq!(slab.statistics(), RegionStatistics { used: 0, allocations: 0, ..full });
        }
        assert_eq!((slab.slots(), slab.slot_size()), (slots, 8));
    }
}

#[test]
fn what_is_not_taken_is_not_freed() {
    let slab = Slab::new(8, 70).unwrap();
    for slot in [0, 1, 69, 70, 127, 128, u32::MAX] {
        assert_eq!(slab.free(slot), Err(SuballocError::StaleHandle), "{slot}");
        assert!(!slab.is_taken(slot), "{slot}");
    }
    let slots: Vec<_> = (0..70).map(|_| slab.allocate().unwrap()).collect();
    assert!(slots.iter().all(|slot| slab.is_taken(*slot)) && !slab.is_taken(70));
    for slot in [70, 100, 127, 128] {
        assert_eq!(slab.free(slot), Err(SuballocError::StaleHandle), "there is no slot {slot}");
    }
    assert_eq!(slab.free(69), Ok(()));
    assert_eq!(slab.free(69), Err(SuballocError::StaleHandle));
    assert!(!slab.is_taken(69) && slab.is_taken(68));
    assert_eq!(slab.allocate(), Ok(69), "the only one");
}

#[test]
fn a_search_begins_where_there_was_something_and_packs_low() {
    let slab = Slab::new(8, 64 * 4).unwrap();
    let hint = |slab: &Slab| slab.hint.load(Ordering::Relaxed);
    (0..64 * 3 + 1).for_each(|_| assert!(slab.allocate().is_ok()));
    assert_eq!(hint(&slab), 3, "three words are full");
    assert_eq!(slab.free(64 * 3), Ok(()));
    assert_eq!(hint(&slab), 3, "its own word");
    assert_eq!(slab.free(70), Ok(()));
    assert_eq!(hint(&slab), 1, "a lower one");
    assert_eq!(slab.free(130), Ok(()));
    assert_eq!(hint(&slab), 1, "a higher one");
    assert_eq!([slab.allocate(), slab.allocate(), slab.allocate()], [Ok(70), Ok(130), Ok(192)]);
    // What a late update of the hint would leave: words before it are found all the same.
    slab.hint.store(3, Ordering::Relaxed);
    (0..63).for_each(|_| assert!(slab.allocate().is_ok()));
    assert_eq!(slab.free(5), Ok(()));
    slab.hint.store(2, Ordering::Relaxed);
    assert_eq!((slab.allocate(), slab.allocate()), (Ok(5), Err(FULL)));
    assert_eq!(hint(&slab), 0);
    // A hint that was cleared, too.
    let mut slab = slab;
    slab.hint.store(3, Ordering::Relaxed);
    slab.clear();
    assert_eq!((hint(&slab), slab.allocate()), (0, Ok(0)));
}

#[test]
fn slots_are_numbered_and_offsets_never_overflow() {
    let most = Slab::new(u64::MAX / 65, 65).unwrap();
    assert_eq!(most.offset_of(64), Some(u64::MAX / 65 * 64));
    assert_eq!((most.offset_of(0), most.offset_of(65)), (Some(0), None));
    assert_eq!(most.statistics().size, u64::MAX / 65 * 65);
    for (size, slots) in [(0, 1), (1, 0), (0, 0), (u64::MAX / 65 + 1, 65), (u64::MAX, 2)] {
        let refused = Slab::new(size, slots);
        assert!(matches!(refused, Err(SuballocError::InvalidRequest(_))), "{size} × {slots}");
    }
    assert!(Slab::new(u64::MAX, 1).is_ok());
}

/// As loom's models say of two slots, under every interleaving of them.
#[test]
fn threads_that_empty_a_slab_share_it_out() {
    for _ in 0..100 {
        let slab = Slab::new(1, 1_000).unwrap();
        let start = Barrier::new(2);
        let empty = || {
            start.wait();
            iter::from_fn(|| slab.allocate().ok()).collect::<Vec<_>>()
        };
        let mut all = thread::scope(|scope| {
            let other = scope.spawn(empty);
            let mut all = empty();
            all.extend(other.join().unwrap());
            all
        });
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..1_000), "every slot has one owner: {all:?}");
    }
}

/// Whoever has a slot has it alone.
#[test]
fn threads_never_share_a_slot() {
    let slab = Slab::new(1, 150).unwrap();
    let owned: Vec<_> = (0..150).map(|_| Mutex::new(())).collect();
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let (slab, owned) = (&slab, &owned);
            scope.spawn(move || {
                let mut mine = Vec::new();
                for step in 0..5_000_usize {
                    if (step / 50 + thread).is_multiple_of(2) {
                        let Ok(slot) = slab.allocate() else { continue };
                        mine.push((slot, owned[slot as usize].try_lock().expect("it is taken")));
                    } else if let Some((slot, lock)) = mine.pop() {
                        drop(lock);
                        slab.free(slot).expect("it was ours");
                    }
                }
                for (slot, lock) in mine {
                    drop(lock);
                    slab.free(slot).expect("it was ours");
                }
            });
        }
    });
    assert_eq!(slab.statistics().allocations, 0);
}
