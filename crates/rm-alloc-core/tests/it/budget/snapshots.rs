//! Everything that a manager counts, of one moment.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rm_alloc_core::{BudgetConfig, BudgetSnapshot, Category, Tag};

use super::{MIB, buffer, free, make};
use crate::support::manager;

/// A snapshot says what the single questions say.
#[test]
fn a_snapshot_says_what_single_questions_say() {
    let config = BudgetConfig { device_memory_budget: 4 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let mut snapshot = BudgetSnapshot::default();
    manager.snapshot_into(&mut snapshot);
    assert_eq!((snapshot.allocations(), snapshot.bytes(), snapshot.tags.len()), (0, 0, 0));
    let tagged = [Tag(9), Tag(2), Tag(5)].map(|tag| {
        let wanted = buffer(MIB).tag(tag).category(Category::Transient);
        manager.allocate_buffer(&wanted).unwrap()
    });
    manager.mark_retiring(&tagged[0]);
    let more = make(&manager, 2 * MIB);
    let staged = manager.try_reserve_staging(7).unwrap();
    manager.snapshot_into(&mut snapshot);
    let stats = manager.stats();
    assert_eq!(snapshot.device, manager.device_figures());
    assert_eq!(
        snapshot.heaps.len(),
        manager.context().memory_properties().memory_heap_count as usize
    );
    for (index, heap) in (0..).zip(&snapshot.heaps) {
        assert_eq!(*heap, manager.heap_budget(index));
    }
    let categories: Vec<_> = snapshot.categories.iter().map(|(category, _)| *category).collect();
    assert_eq!(categories, Category::ALL);
    for (category, figures) in &snapshot.categories {
        assert_eq!(*figures, manager.category_figures(*category));
    }
    let tags: Vec<_> = snapshot.tags.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(tags, [Tag(2), Tag(5), Tag(9)], "by number");
    for (tag, figures) in &snapshot.tags {
        assert_eq!(*figures, manager.tag_figures(*tag));
    }
    assert_eq!((snapshot.staging_used, snapshot.staging_max), (7, stats.staging_max));
    assert_eq!((snapshot.allocations(), snapshot.bytes()), (4, stats.used));
    assert_eq!(snapshot.blocks, manager.context().blocks());
    assert!(snapshot.is_over_budget() && manager.is_over_budget());
    assert_eq!(snapshot.warning_percent, 75);
    drop(staged);
    tagged.into_iter().chain([more]).for_each(|buffer| free(&manager, buffer));
}

/// Whatever threads do meanwhile, from one end of a frame to the next the bytes change by what the frame says.
#[test]
fn frames_and_accounts_are_of_one_moment() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (manager, stop) = (&manager, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let one = make(manager, MIB);
                    let two = make(manager, 3 * MIB);
                    free(manager, one);
                    free(manager, two);
                }
            });
        }
        let mut snapshot = BudgetSnapshot::default();
        manager.end_frame_into(&mut snapshot);
        let mut wrong = Vec::new();
        let mut busy = 0;
        // Until enough of the frames had something in them, however long the threads take to begin.
        while busy < 300 && wrong.is_empty() {
            let (bytes, count) = (snapshot.bytes(), snapshot.allocations());
            let delta = manager.end_frame_into(&mut snapshot);
            busy += u64::from(delta.allocations > 0);
            let sums: u64 = snapshot.categories.iter().map(|(_, it)| it.reserved).sum();
            let right = bytes + delta.allocated_bytes - delta.freed_bytes == snapshot.bytes()
                && count + delta.allocations - delta.frees == snapshot.allocations()
                && sums == snapshot.bytes()
                && delta.utilisation.to_bits() == snapshot.device.utilisation().to_bits();
            if !right {
                wrong.push(delta);
            }
        }
        // Before anything is asserted, so that a failure does not leave threads behind.
        stop.store(true, Ordering::Relaxed);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}
