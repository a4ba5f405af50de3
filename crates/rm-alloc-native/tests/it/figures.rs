//! What searching costs and what books take, in numbers that no machine changes.

use rm_alloc_core::MemoryAllocator;
use rm_alloc_native::NativeAllocator;
use rm_vksim::Profile;

use crate::{
    sim::{counting, free_all, linear},
    trace::{BUFFERS, Player, TINY, Want},
};

const LIVE: usize = 10_000;

/// At ten thousand live ones after a churn, every table of ranges, blocks and labels together.
#[test]
fn books_take_no_more_than_64_bytes_an_allocation() {
    for want in [BUFFERS, TINY] {
        let context = counting(Profile::h200());
        let allocator = NativeAllocator::new(&context).unwrap();
        let before = allocator.search_figures().bookkeeping;
        let mut player = Player { allocator: &allocator, look: &mut || {} };
        let held = player.churn(want, LIVE, 100_000);
        let books = allocator.search_figures().bookkeeping;
        assert_eq!(before, 0, "nothing is there before it is used");
        assert!(books <= 64 * LIVE, "{} bytes an allocation", books / LIVE);
        free_all(&allocator, held);
    }
}

/// Holes that each allocation of `play` looks at, fewest first, but for those that made a block.
fn visits(play: impl FnOnce(&mut Player<'_>)) -> Vec<u64> {
    let context = counting(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let (mut visits, mut last, mut blocks) = (Vec::new(), 0, 0);
    let mut look = || {
        let (now, count) = (allocator.search_figures().visited, context.blocks().count);
        if count == blocks {
            visits.push(now - last);
        }
        (last, blocks) = (now, count);
    };
    play(&mut Player { allocator: &allocator, look: &mut look });
    visits.sort_unstable();
    visits
}

fn check(name: &str, visits: &[u64]) {
    let count = visits.len();
    let (p999, most) = (visits[count - 1 - count / 1000], visits[count - 1]);
    assert!(p999 <= 4 && most <= 64, "{name}: 999 of 1000 look at {p999} holes, all at {most}");
}

fn churn(want: Want) -> Vec<u64> {
    visits(|player| {
        let held = player.churn(want, 2_000, 50_000);
        free_all(player.allocator, held);
    })
}

/// Where no block is made, 999 of 1000 allocations look at four holes at most, and none at more than 64.
#[test]
fn few_holes_are_looked_at() {
    check("churn", &churn(BUFFERS));
    check("tiny", &churn(TINY));
    check("frames", &visits(|player| player.frames(300, |_| {})));
    check("streaming", &visits(|player| player.streaming(1_000, 2 << 30, |_| {})));
}

/// What is reported is what was granted, whatever is kept for the next of its size.
#[test]
fn what_is_kept_counts_as_free() {
    let context = counting(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let mut held: Vec<_> = (1..50).map(|n| allocator.allocate(&linear(n * 100)).unwrap()).collect();
    for _ in 0..3 {
        let granted = held.iter().map(rm_alloc_core::Allocation::size).sum::<u64>();
        let total = allocator.stats().total();
        assert_eq!((total.used_bytes, total.allocations as usize), (granted, held.len()));
        free_all(&allocator, held.drain(..10));
    }
    let reported: u64 = {
        let report = allocator.report();
        let ranges = report.blocks.iter().flat_map(|block| &block.ranges);
        ranges.filter(|range| range.used).map(|range| range.size).sum()
    };
    assert_eq!(reported, allocator.stats().total().used_bytes);
    free_all(&allocator, held);
}
