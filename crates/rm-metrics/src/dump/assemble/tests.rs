//! What pages of a program that runs may say, and what is made of it.

use ash::vk;
use rm_alloc_core::{BlockPart, RangePart, ReportPage};

use super::Parts;
use crate::DumpBlock;

fn block(block: u64, size: u64) -> BlockPart {
    let memory = vk::DeviceMemory::null();
    BlockPart { block, memory, memory_type: 0, heap: 0, size, dedicated: false }
}

fn range(block: u64, offset: u64, size: u64) -> RangePart {
    let label = Some(format!("{offset}+{size}").into());
    RangePart { block, offset, size, label }
}

/// What becomes of `ranges` and `blocks`, a page each, in the order in which they are seen.
fn assembled(ranges: &[RangePart], blocks: &[BlockPart]) -> Vec<DumpBlock> {
    let mut parts = Parts::default();
    for range in ranges {
        let mut page = ReportPage::default();
        page.ranges.push(range.clone());
        parts.add(&mut page);
        assert_eq!(page, ReportPage::default(), "a page is left empty");
    }
    for block in blocks {
        let mut page = ReportPage::default();
        page.blocks.push(*block);
        parts.add(&mut page);
    }
    parts.assemble()
}

/// Offset and size of each range, free ones in brackets.
fn picture(block: &DumpBlock) -> String {
    let ranges = block.ranges.iter().map(|range| {
        let text = format!("{}+{}", range.offset, range.size);
        if range.used { text } else { format!("[{text}]") }
    });
    ranges.collect::<Vec<_>>().join(" ")
}

fn of_one(ranges: &[RangePart]) -> String {
    let blocks = assembled(ranges, &[block(1, 100)]);
    assert_eq!(blocks.len(), 1);
    picture(&blocks[0])
}

#[test]
fn gaps_are_filled_and_ranges_sorted() {
    assert_eq!(of_one(&[]), "[0+100]");
    assert_eq!(of_one(&[range(1, 0, 100)]), "0+100");
    assert_eq!(of_one(&[range(1, 50, 10), range(1, 10, 40)]), "[0+10] 10+40 50+10 [60+40]");
}

#[test]
fn of_two_that_overlap_the_one_seen_later_stays() {
    assert_eq!(of_one(&[range(1, 0, 10), range(1, 5, 10)]), "[0+5] 5+10 [15+85]");
    assert_eq!(of_one(&[range(1, 5, 10), range(1, 0, 10)]), "0+10 [10+90]");
    assert_eq!(of_one(&[range(1, 0, 10), range(1, 0, 10)]), "0+10 [10+90]");
}

#[test]
fn what_overlaps_with_several_is_judged_by_each() {
    // A large one made way for two small ones, or the other way round.
    let (large, one, two) = (range(1, 0, 100), range(1, 10, 10), range(1, 30, 10));
    let small = "[0+10] 10+10 [20+10] 30+10 [40+60]";
    assert_eq!(of_one(&[large.clone(), one.clone(), two.clone()]), small);
    assert_eq!(of_one(&[one.clone(), two.clone(), large.clone()]), "0+100");
    // The first small one was gone when the large one came, the second came after it.
    assert_eq!(of_one(&[one, large, two]), "[0+30] 30+10 [40+60]");
}

#[test]
fn what_overlaps_with_nothing_is_never_dropped() {
    let lasting = [range(1, 20, 10), range(1, 60, 10)];
    let passing = [range(1, 0, 20), range(1, 10, 10), range(1, 30, 30), range(1, 40, 10)];
    // Every order of seeing them.
    let mut all: Vec<_> = lasting.iter().chain(&passing).cloned().collect();
    for _ in 0..all.len() {
        all.rotate_left(1);
        let picture = of_one(&all);
        assert!(picture.contains("20+10") && picture.contains("60+10"), "{picture}");
    }
}

#[test]
fn ranges_without_a_block_or_beyond_it_are_gone() {
    let ranges = [range(2, 0, 10), range(1, 95, 10), range(1, u64::MAX, 10), range(1, 0, 5)];
    assert_eq!(of_one(&ranges), "0+5 [5+95]");
}

#[test]
fn of_blocks_with_one_number_the_last_one_lives() {
    let ranges = [range(1, 90, 10), range(1, 0, 10)];
    let blocks = assembled(&ranges, &[block(1, 100), block(2, 30), block(1, 50)]);
    assert_eq!(blocks.iter().map(picture).collect::<Vec<_>>(), ["[0+30]", "0+10 [10+40]"]);
}
