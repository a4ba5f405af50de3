//! Virtual blocks: every range has its value, in order, until it is freed.

use std::{collections::BTreeMap, rc::Rc};

use proptest::prelude::*;
use rm_suballoc::{Handle, Refused, SuballocError, VirtualBlock};

use crate::support::requests;

proptest! {
    #[test]
    fn values_stay_with_their_ranges(
        size in 1..2_000_u64,
        steps in prop::collection::vec((requests(), any::<prop::sample::Index>(), 0..9_u8), 0..150),
    ) {
        let mut block = VirtualBlock::new(size).unwrap();
        let mut live: BTreeMap<u64, (Handle, u64, usize)> = BTreeMap::new();
        let mut dead: Vec<Handle> = Vec::new();
        for (value, ((size, alignment), index, kind)) in steps.into_iter().enumerate() {
            match kind {
                0..5 => match block.allocate(size, alignment, value) {
                    Ok(made) => {
                        prop_assert_eq!((made.size, made.offset % alignment), (size, 0));
                        prop_assert_eq!(block.range(made.handle), Some(made));
                        live.insert(made.offset, (made.handle, made.size, value));
                    }
                    Err(refused) => prop_assert_eq!(refused.value, value, "it comes back"),
                },
                5..8 if !live.is_empty() => {
                    let offset = *live.keys().nth(index.index(live.len())).unwrap();
                    let (handle, _, value) = live.remove(&offset).unwrap();
                    prop_assert_eq!(block.free(handle), Ok(value));
                    dead.push(handle);
                }
                8 if value % 16 == 0 => {
                    block.clear();
                    dead.extend(live.values().map(|it| it.0));
                    live.clear();
                }
                _ => {
                    for (_, (handle, _, value)) in live.iter_mut().skip(index.index(8)) {
                        *block.get_mut(*handle).unwrap() += 1_000;
                        *value += 1_000;
                    }
                }
            }
            let found = block.iter().map(|(it, value)| (it.offset, (it.handle, it.size, *value)));
            prop_assert!(found.eq(live.clone()), "all of them, by offset");
            for (handle, _, value) in live.values() {
                prop_assert_eq!(block.get(*handle), Some(value));
            }
            for handle in &dead {
                prop_assert_eq!(block.get(*handle), None);
                prop_assert_eq!(block.get_mut(*handle), None);
                prop_assert_eq!(block.range(*handle), None);
                prop_assert_eq!(block.free(*handle), Err(SuballocError::StaleHandle));
            }
            prop_assert_eq!(block.is_empty(), live.is_empty());
            let used: u64 = live.values().map(|it| it.1).sum();
            let statistics = block.statistics();
            prop_assert_eq!((statistics.used, statistics.size), (used, size_of_block(&block)));
            prop_assert_eq!(statistics.allocations as usize, live.len());
            let free = block.parts().filter(|it| it.used_by.is_none()).map(|it| it.size);
            prop_assert_eq!(block.largest_hole(), free.max().unwrap_or(0));
        }
    }
}

/// The parts cover it.
fn size_of_block<T>(block: &VirtualBlock<T>) -> u64 {
    block.parts().map(|part| part.size).sum()
}

#[test]
fn values_are_dropped_once() {
    let value = Rc::new(());
    let mut block = VirtualBlock::new(100).unwrap();
    let made = [(); 3].map(|()| block.allocate(10, 1, Rc::clone(&value)).unwrap());
    assert_eq!(Rc::strong_count(&value), 4);
    drop(block.free(made[1].handle));
    assert_eq!(Rc::strong_count(&value), 3);
    let refused = block.allocate(1_000, 1, Rc::clone(&value)).unwrap_err();
    assert_eq!(Rc::strong_count(&value), 4, "it is in the error");
    drop(refused);
    block.clear();
    assert_eq!(Rc::strong_count(&value), 1);
    assert!(block.allocate(10, 1, Rc::clone(&value)).is_ok());
    drop(block);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_block_has_every_size() {
    assert!(matches!(VirtualBlock::<()>::new(0), Err(SuballocError::InvalidRequest(_))));
    for size in [1, 3, 1 << 31, (1 << 31) + 1, 1 << 40, u64::MAX] {
        let mut block = VirtualBlock::new(size).unwrap();
        let whole = block.statistics().size;
        let granule = size.div_ceil(1 << 31).next_power_of_two();
        assert_eq!(whole, size / granule * granule, "{size}");
        let made = block.allocate(whole, 1 << 63, ()).unwrap();
        assert_eq!((made.offset, made.size), (0, whole), "{size}");
    }
    let mut coarse = VirtualBlock::with_granule(1_000, 256).unwrap();
    let made = coarse.allocate(1, 1, ()).unwrap();
    assert_eq!((made.size, coarse.statistics().size), (256, 768));
    for (size, granule) in [(10, 3), (10, 16), (u64::MAX, 1)] {
        assert!(VirtualBlock::<()>::with_granule(size, granule).is_err(), "{size} by {granule}");
    }
}

#[test]
fn refusals_are_errors_whatever_the_value() {
    struct Opaque;
    fn allocate() -> Result<(), SuballocError> {
        let mut block = VirtualBlock::new(1)?;
        let _made = block.allocate(2, 1, Opaque)?;
        Ok(())
    }
    let error = SuballocError::NoRoom { size: 2, alignment: 1 };
    assert_eq!(allocate(), Err(error));
    let refused = Refused { error, value: Opaque };
    assert_eq!(refused.to_string(), error.to_string());
    assert!(format!("{refused:?}").contains("NoRoom"));
    let boxed: Box<dyn std::error::Error> = Box::new(refused);
    assert_eq!(boxed.to_string(), "no free range holds 2 bytes at an alignment of 1");
}
