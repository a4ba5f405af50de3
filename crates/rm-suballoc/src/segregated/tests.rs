//! What holds within the tables after every step: bins and their map, links both ways, spare places.

use std::{collections::HashSet, vec::Vec};

use super::{
    Handle, SegregatedFit,
    bins::size_class,
    node::{NONE, Node},
    region::Region,
};

/// Enough for every bin.
const BINS: usize = 464;

/// Panics with a sentence at the first thing that is not as the invariant says.
fn check(fit: &SegregatedFit) {
    let mut seen = HashSet::new();
    let mut free = HashSet::new();
    for (number, region) in (0..).zip(&fit.regions) {
        if region.first != NONE {
            check_region(fit, number, region, &mut seen, &mut free);
        }
    }
    let mut binned = 0;
    for bin in 0..BINS {
        let head = fit.bins.head(bin);
        assert_eq!(fit.bins.from(bin) == Some(bin), head != NONE, "the map knows bin {bin}");
        let (mut before, mut index) = (NONE, head);
        while index != NONE {
            let node = fit.nodes[index as usize];
            assert!(free.contains(&index), "bin {bin} holds {index}, which is not free");
            assert_eq!(size_class(node.size), bin, "{index} lies in the bin of its size");
            assert_eq!(node.free_prev, before, "{index} knows who comes before it in its bin");
            binned += 1;
            assert!(binned <= free.len(), "bin {bin} goes round");
            (before, index) = (index, node.free_next);
        }
    }
    assert_eq!(binned, free.len(), "every free node lies in a bin");
    assert_eq!(fit.bins.last(), (0..BINS).rev().find(|bin| fit.bins.head(*bin) != NONE));
    let mut spare = fit.spare;
    while spare != NONE {
        assert!(seen.insert(spare), "{spare} is spare, and in a region or spare twice");
        assert!(!fit.nodes[spare as usize].is_used(), "{spare} is spare, so no handle may name it");
        spare = fit.nodes[spare as usize].next;
    }
    assert_eq!(seen.len(), fit.nodes.len(), "no place of the table is lost");
}

/// A row of nodes: covers the region, linked both ways, no two neighbours free, counted.
fn check_region(
    fit: &SegregatedFit,
    number: u32,
    region: &Region,
    seen: &mut HashSet<u32>,
    free: &mut HashSet<u32>,
) {
    let (mut before, mut index, mut end) = (NONE, region.first, 0);
    let (mut used, mut allocations, mut was_free) = (0, 0, false);
    while index != NONE {
        let node = fit.nodes[index as usize];
        assert!(seen.insert(index), "{index} lies in two rows, or a row goes round");
        assert_eq!((node.region, node.prev, node.offset), (number, before, end), "{index}");
        assert!(node.size > 0, "{index} is empty");
        if node.is_used() {
            used += node.size;
            allocations += 1;
        } else {
            assert!(!was_free, "{index} and {before} are free neighbours");
            free.insert(index);
        }
        was_free = !node.is_used();
        end = node.end();
        (before, index) = (index, node.next);
    }
    assert_eq!((end, used, allocations), (region.size, region.used, region.allocations));
}

/// A generator of whole numbers (splitmix64; Steele, Lea and Flood, 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn the_tables_hold_together_after_every_step() {
    for seed in 0..12 {
        let mut state = seed;
        let mut fit = SegregatedFit::new(16).unwrap();
        let mut live: Vec<Handle> = Vec::new();
        for _ in 0..1_500 {
            let word = random(&mut state);
            let regions: Vec<_> = fit.regions().map(|(id, _)| id).collect();
            match word % 64 {
                0..2 => _ = fit.add_region(1 + (word >> 8) % (64 << 10)),
                2 if !regions.is_empty() => {
                    _ = fit.remove_region(regions[(word >> 8) as usize % regions.len()]);
                }
                3 if word >> 61 == 0 => {
                    fit.clear();
                    live.clear();
                }
                4..34 if !live.is_empty() => {
                    let chosen = (word >> 8) as usize % live.len();
                    fit.free(live.swap_remove(chosen)).unwrap();
                }
                _ => {
                    let size = 1 + (word >> 16) % (4 << ((word >> 40) % 12));
                    live.extend(fit.allocate(size, 1 << ((word >> 8) % 12)).map(|it| it.handle));
                }
            }
            check(&fit);
        }
        live.drain(..).for_each(|handle| _ = fit.free(handle).unwrap());
        check(&fit);
        assert!(fit.nodes.iter().all(|node| !node.is_used()), "all of it went back");
    }
}

/// Requests which fit no bin surely find a hole all the same, and only they look at more than four of them.
#[test]
fn the_three_steps_are_taken_in_turn() {
    // Holes of 33 granules, whose bin also holds what is smaller by one, and one of 32; none of them touch.
    let mut fit = SegregatedFit::new(1).unwrap();
    let region = fit.add_region(1_000).unwrap();
    let sizes = [33, 1, 32, 1, 33, 1];
    let made = sizes.map(|size| fit.allocate(size, 1).unwrap());
    let rest = fit.allocate(1_000 - 101, 1).unwrap();
    assert_eq!(rest.offset, 101, "the region is full");
    for index in [0, 4, 2] {
        _ = fit.free(made[index].handle).unwrap();
    }
    let visited = fit.visited();
    let found = fit.allocate(33, 1).unwrap();
    assert_eq!(found.offset, 67, "the first hole is too small, and the one behind it is not");
    assert_eq!(fit.visited() - visited, 1 + 2, "its own bin, then every hole");
    let visited = fit.visited();
    assert_eq!(fit.allocate(32, 1).unwrap().offset, 34, "the front of its bin is exact");
    assert_eq!(fit.visited() - visited, 1);
    assert_eq!(fit.allocate(20, 1).unwrap().offset, 0, "what surely fits");
    check(&fit);
    assert_eq!(fit.region(region).map(|it| it.used), Some(1_000 - 13));
}

/// Granules from which holes are compared, and a multiple of what tells bins of that size apart.
const LARGE: u64 = 1 << 14;

/// Of the first holes of three bins the lowest wins for what is large, and none more than four times as large is compared.
#[test]
fn what_is_packed_low_leaves_the_top_empty() {
    // Holes of these sizes, in this order, kept apart by single granules.
    let holes = |sizes: &[u64]| {
        let mut fit = SegregatedFit::new(1).unwrap();
        let size = sizes.iter().sum::<u64>() * LARGE + sizes.len() as u64;
        _ = fit.add_region(size);
        let mut made = Vec::new();
        for size in sizes {
            made.push(fit.allocate(*size * LARGE, 1).unwrap().handle);
            _ = fit.allocate(1, 1).unwrap();
        }
        made.into_iter().for_each(|handle| _ = fit.free(handle).unwrap());
        fit
    };
    let first = |sizes: &[u64]| holes(sizes).allocate(8 * LARGE, 1).unwrap().offset;
    assert_eq!(first(&[12, 11, 10]), 0, "the lowest of three");
    assert_eq!(first(&[13, 12, 11, 10]), 13 * LARGE + 1, "the fourth is not looked at");
    assert_eq!(first(&[200, 10]), 200 * LARGE + 1, "far larger ones are kept");
    let mut fit = holes(&[12, 11, 10, 9]);
    let visited = fit.visited();
    _ = fit.allocate(8 * LARGE, 1).unwrap();
    assert_eq!(fit.visited() - visited, 3);
    let mut fit = holes(&[12, 11, 10, 9]);
    let visited = fit.visited();
    assert_ne!(fit.allocate(8, 1).unwrap().offset, 0, "what is small takes the first that fits");
    assert_eq!(fit.visited() - visited, 1);
}

#[test]
fn the_lowest_region_comes_before_the_lowest_offset() {
    let mut fit = SegregatedFit::new(1).unwrap();
    let [low, high] = [70, 11].map(|size| fit.add_region(size * LARGE).unwrap());
    // The only hole that is large enough, and what is left of it.
    let filler = fit.allocate(58 * LARGE, 1).unwrap();
    assert_eq!((filler.region, fit.largest_hole()), (low, 12 * LARGE));
    let made = fit.allocate(8 * LARGE, 1).unwrap();
    assert_eq!(
        (made.region, made.offset),
        (low, 58 * LARGE),
        "and not {high:?} at 0, a bin before"
    );
}

/// The mark of a node in use is none of its numbers.
#[test]
fn a_node_is_half_a_line() {
    assert_eq!((size_of::<Node>(), align_of::<Node>()), (32, 32));
    assert!(!Node::SPARE.is_used());
}

#[test]
fn a_place_has_a_handle_while_something_lives_there() {
    let mut fit = SegregatedFit::new(1).unwrap();
    _ = fit.add_region(100);
    let made = fit.allocate(10, 1).unwrap().handle;
    assert_eq!(fit.live_at(made.index()), Some(made));
    assert!(fit.free(made).is_ok());
    assert_eq!(fit.live_at(made.index()), None, "it is free");
    assert_eq!(fit.live_at(u32::MAX), None, "there is no such place");
}
