//! Segregated fit against plain sorted lists of holes, and at the ends of all numbers.

use rm_suballoc::{Handle, SegregatedFit, Statistics, SuballocError};

use crate::world::{Tally, World};

/// A hundred thousand operations; `cargo xtask soak suballoc` does ten million.
#[test]
fn random_operations_are_as_plain_lists_say() {
    let mut sum = Tally::default();
    for seed in 1_000_000..1_000_050 {
        let mut world = World::new(seed).unwrap();
        for operation in 0..2_000 {
            world.step().unwrap_or_else(|wrong| panic!("seed {seed}, {operation}: {wrong}"));
            if operation % 8 == 0 {
                world.compare().unwrap_or_else(|wrong| panic!("seed {seed}, {operation}: {wrong}"));
            }
        }
        sum += world.tally();
    }
    assert!(sum.granted > 30_000 && sum.refused > 3_000, "both come about: {sum:?}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let invalid = |result: Result<_, _>| matches!(result, Err(SuballocError::InvalidRequest(_)));
    for granule in [0, 3, u64::MAX] {
        assert!(invalid(SegregatedFit::new(granule).map(drop)), "{granule}");
    }
    let mut fit = SegregatedFit::new(16).unwrap();
    assert!(invalid(fit.add_region(15).map(drop)), "less than a granule");
    assert!(invalid(fit.add_region(17 << 31).map(drop)), "more than 2^31 granules");
    let region = fit.add_region(100).unwrap();
    assert_eq!(fit.region(region).unwrap().size, 96, "whole granules");
    for (size, alignment) in [(0, 1), (1, 0), (1, 3), (0, 0), (1, u64::MAX)] {
        assert!(invalid(fit.allocate(size, alignment).map(drop)), "{size} at {alignment}");
        assert!(!fit.surely_fits(size, alignment), "{size} at {alignment}");
    }
    assert_eq!(fit.statistics(), Statistics { regions: 1, size: 96, used: 0, allocations: 0 });
}

#[test]
fn a_region_of_2_to_31_granules_is_served_to_the_last() {
    for granule in [1, 1 << 20, 1 << 32] {
        let mut fit = SegregatedFit::new(granule).unwrap();
        let region = fit.add_region(granule << 31).unwrap();
        assert_eq!(fit.largest_hole(), granule << 31);
        let whole = fit.allocate(granule << 31, 1 << 63).unwrap();
        assert_eq!((whole.offset, whole.size), (0, granule << 31));
        let freed = fit.free(whole.handle).unwrap();
        assert!(freed.is_empty && freed.region == region && freed.size == granule << 31);
        let first = fit.allocate(1, 1).unwrap();
        let half = fit.allocate(granule << 30, granule << 30).unwrap();
        assert_eq!(half.offset, granule << 30, "the second half");
        let too_aligned = fit.allocate(1, granule << 31);
        assert!(matches!(too_aligned, Err(SuballocError::NoRoom { .. })), "{too_aligned:?}");
        let rest = fit.allocate((granule << 30) - granule, granule).unwrap();
        assert_eq!(rest.offset, granule, "between the two");
        let full = fit.allocate(1, 1);
        assert_eq!(full, Err(SuballocError::NoRoom { size: 1, alignment: 1 }));
        assert_eq!((fit.largest_hole(), first.offset), (0, 0));
    }
}

#[test]
fn the_greatest_numbers_neither_overflow_nor_panic() {
    for granule_log2 in [0, 1, 20, 31, 32, 33, 62, 63] {
        let mut fit = SegregatedFit::new(1 << granule_log2).unwrap();
        let sizes = [1, (1 << 31) << granule_log2.min(32), u64::MAX >> 1, u64::MAX];
        let regions: Vec<_> = sizes.iter().flat_map(|size| fit.add_region(*size)).collect();
        for size in [1, 2, 1 << 31, 1 << 32, 1 << 63, u64::MAX] {
            for alignment in [1, 2, 1 << 31, 1 << 32, 1 << 63] {
                let surely = fit.surely_fits(size, alignment);
                let made = fit.allocate(size, alignment);
                assert!(!surely || made.is_ok(), "{size} at {alignment}");
                if let Ok(range) = made {
                    assert!(range.offset.is_multiple_of(alignment) && range.size >= size);
                }
                assert!(fit.page(u32::MAX, usize::MAX).next().is_none());
                let statistics = fit.statistics();
                assert!(statistics.used <= statistics.size, "{statistics:?}");
            }
        }
        assert!(fit.movable_regions().len() <= regions.len());
        fit.clear();
        for region in regions {
            assert!(fit.remove_region(region).is_ok());
        }
        assert_eq!(fit.statistics(), Statistics::default());
    }
}

#[test]
fn sums_of_regions_end_at_the_largest_number() {
    let mut fit = SegregatedFit::new(1 << 40).unwrap();
    let regions = [u64::MAX; 3].map(|size| fit.add_region(size).unwrap());
    assert_eq!(fit.statistics().size, u64::MAX);
    for _ in 0..3 {
        assert!(fit.allocate(u64::MAX - (1 << 41), 1).is_ok());
    }
    assert_eq!(fit.statistics().used, u64::MAX);
    let one = u64::MAX >> 40 << 40;
    assert!(regions.iter().all(|id| fit.region(*id).is_some_and(|it| it.size == one)));
    assert_eq!(fit.movable_regions(), [], "what is free is a granule a region");
}

/// Bins from 64 to 127 granules are four wide, so that a hole of 100 is the least of its bin.
#[test]
fn what_surely_fits_is_smaller_than_the_least_of_the_largest_bin() {
    let mut fit = SegregatedFit::new(16).unwrap();
    assert!(!fit.surely_fits(1, 1), "there is nothing");
    assert!(fit.add_region(100 * 16).is_ok());
    for (size, alignment, surely) in [
        (1, 1, true),
        (99 * 16, 1, true),
        (99 * 16 + 1, 1, false),
        (100 * 16, 1, false),
        (98 * 16 + 1, 32, false),
        (98 * 16, 32, true),
        (96 * 16, 64, true),
        (97 * 16, 64, false),
        (u64::MAX, 1, false),
        (1, 1 << 63, false),
    ] {
        assert_eq!(fit.surely_fits(size, alignment), surely, "{size} at {alignment}");
    }
    assert_eq!(fit.allocate(100 * 16, 16).map(|it| it.offset), Ok(0), "what is denied may fit");
}

#[test]
fn handles_come_apart_and_together_and_made_up_ones_name_nothing() {
    let mut fit = SegregatedFit::new(1).unwrap();
    assert_eq!(fit.places(), 0);
    let region = fit.add_region(100).unwrap();
    let range = fit.allocate(10, 1).unwrap();
    let (index, generation) = (range.handle.index(), range.handle.generation());
    assert_eq!(Handle::from_parts(index, generation), range.handle);
    for (index, generation) in [(index, generation + 1), (index + 1, 0), (9, 0), (u32::MAX, 0)] {
        let made_up = Handle::from_parts(index, generation);
        assert_eq!(fit.get(made_up), None);
        assert_eq!(fit.free(made_up), Err(SuballocError::StaleHandle));
    }
    assert_eq!(fit.region(region).unwrap().used, 10, "nothing was freed");
    assert!(fit.free(range.handle).is_ok());
    let again = fit.allocate(10, 1).unwrap();
    assert_eq!((again.handle.index(), again.handle.generation()), (index, generation + 1));
    let in_use = fit.remove_region(region);
    assert_eq!(in_use, Err(SuballocError::RegionInUse { allocations: 1 }));
}

#[test]
fn the_cheapest_region_to_empty_comes_first_if_the_others_can_take_it() {
    let mut fit = SegregatedFit::new(1).unwrap();
    let [a, b, c, empty] = [100, 60, 60, 5].map(|size| fit.add_region(size).unwrap());
    let fill = |fit: &mut SegregatedFit, size| fit.allocate(size, 1).unwrap();
    // Each finds one region alone that is large enough.
    let of_a = fill(&mut fit, 90);
    let [one, two] = [40, 50].map(|size| fill(&mut fit, size));
    assert_ne!(one.region, two.region);
    assert_eq!((of_a.region, fit.regions().count()), (a, 4));
    // Free are 10, 20, 10 and 5: nobody else can take what lies in any of them.
    assert_eq!(fit.movable_regions(), []);
    assert!(fit.free(two.handle).is_ok());
    let movable: Vec<_> = fit.movable_regions().iter().map(|(id, it)| (*id, it.used)).collect();
    assert_eq!(movable, [(one.region, 40)], "75 bytes are free elsewhere, and 90 are not");
    assert!([b, c].contains(&one.region) && fit.region(empty).unwrap().allocations == 0);
    // Of two that could move the one with less comes first; exactly enough is enough.
    let small = fill(&mut fit, 8);
    assert!(fit.free(of_a.handle).is_ok());
    let movable: Vec<_> = fit.movable_regions().iter().map(|(_, it)| it.used).collect();
    assert!(movable.is_sorted() && !movable.is_empty(), "{movable:?}, {small:?}");
}

#[test]
fn bookkeeping_counts_the_tables() {
    let mut fit = SegregatedFit::new(1).unwrap();
    let empty = fit.bookkeeping();
    assert!(empty >= size_of::<SegregatedFit>());
    assert!(fit.add_region(1 << 20).is_ok());
    let one = fit.bookkeeping();
    // 32 bytes a place of the table, of which 64 are made at a time at first; 16 a region, of which there is room for four.
    assert_eq!(one - empty, 64 * 32 + 4 * 16);
    let made: Vec<_> = (0..1_000).map(|_| fit.allocate(1, 1).unwrap().handle).collect();
    let grown = fit.bookkeeping() - empty;
    assert!((1_001 * 32..1_001 * 32 * 9 / 8 + 64).contains(&(grown - 4 * 16)), "{grown}");
    assert_eq!(made.len(), 1_000);
}
