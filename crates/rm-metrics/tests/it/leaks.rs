//! What was never freed, by label and tag; what was asked for wrongly.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use rm_alloc_core::{BudgetConfig, MemoryObserver, Tag};
use rm_metrics::{AllocationTracker, Dump, LeakReport, MetricsCollector, MetricsConfig};

use crate::support::{KIB, free, manager, request};

/// Groups hold what lives, count and bytes, with the first and the last of them.
#[test]
fn what_lives_is_grouped_by_label_and_tag() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    assert!(tracker.report().is_empty());
    let wanted = |label, tag| request(4 * KIB).label(label).tag(Tag(tag));
    let mut buffers: Vec<_> = [("level", 1), ("level", 2), ("level", 1), ("hud", 1), ("level", 1)]
        .map(|(label, tag)| manager.allocate_buffer(&wanted(label, tag)).unwrap())
        .into();
    free(&manager, buffers.pop().unwrap());
    let report = tracker.report();
    assert_eq!(report.total(), (4, manager.device_figures().reserved));
    let groups: Vec<_> = report
        .leaks
        .iter()
        .map(|it| (it.label.as_deref(), it.tag.0, it.count, it.bytes / KIB))
        .collect();
    let hud = (Some("hud"), 1, 1, 4);
    assert_eq!(groups, [(Some("level"), 1, 2, 8), hud, (Some("level"), 2, 1, 4)]);
    let level = &report.leaks[0];
    assert!(level.first.at_ns < level.last.at_ns, "{level:?}");
    assert!(level.first.backtrace.is_none(), "nobody asked for one");
    let by_label = LeakReport::of_dump(&Dump::take(&manager).unwrap());
    assert_eq!(by_label.total(), report.total());
    assert_eq!(by_label.leaks.len(), 2, "a dump knows no tags");
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
    assert!(tracker.report().is_empty());
}

/// Wrong requests are counted by what is wrong with them.
#[test]
fn misuse_is_counted_by_what_is_wrong() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    for label in ["first", "second"] {
        manager.allocate_buffer(&request(0).label(label)).unwrap_err();
    }
    let report = tracker.report();
    assert_eq!(report.misuses.len(), 1);
    let misuse = &report.misuses[0];
    assert_eq!((misuse.count, misuse.label.as_deref()), (2, Some("first")));
    assert!(misuse.what.contains("zero"), "{misuse:?}");
    assert!(report.to_string().contains("2 wrong requests, first `first`"), "{report}");
}

/// What is left when the tracker goes is told of once, and a listener that panics harms nobody.
#[test]
fn what_is_left_at_drop_is_told_of_once() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let tracker = Arc::new(AllocationTracker::new().on_drop(move |report| {
        ears.lock().unwrap().push(report.to_string());
        panic!("contained, as told");
    }));
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    drop(observer);
    let buffer = manager.allocate_buffer(&request(4 * KIB).label("left")).unwrap();
    drop(tracker);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].contains("4 KiB in 1 of `left`"), "{heard:?}");
    drop(heard);
    free(&manager, buffer);
}

/// An allocator that is dropped too early is in the log, and its leaks are grouped.
#[test]
fn leaks_of_a_dropped_allocator_are_grouped() {
    let (context, sim) = crate::support::context(rm_vksim::Profile::desktop_rebar(), true);
    let allocator = Arc::new(rm_alloc_direct::DirectAllocator::new(&context));
    let manager =
        rm_alloc_core::DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let log = Arc::clone(metrics.events());
    let owner = rm_alloc_core::BlockOwner::new(&context, "early");
    for label in ["lost", "lost", "other"] {
        owner.tell_leak(Some(label), 4 * KIB, 0);
    }
    drop((owner, sim));
    let report = LeakReport::of_events(&log.take());
    let groups: Vec<_> =
        report.leaks.iter().map(|it| (it.label.as_deref().unwrap(), it.count)).collect();
    assert_eq!(groups, [("lost", 2), ("other", 1)]);
    assert_eq!(report.total(), (3, 12 * KIB));
}

/// Eight threads allocate and free at the same places: nothing is remembered that was freed, and nothing is forgotten.
#[test]
fn nothing_is_forgotten_when_threads_share_places() {
    let (context, _sim) = crate::support::context(rm_vksim::Profile::h200(), true);
    let native = Arc::new(rm_alloc_native::NativeAllocator::new(&context).unwrap());
    let manager = rm_alloc_core::DeviceBudgetManager::new(native, BudgetConfig::default()).unwrap();
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let kept = thread::scope(|scope| {
        let work = |seed: u64| {
            let manager = &manager;
            move || {
                for _ in 0..2_000 {
                    let passing = request(KIB).label("passing");
                    free(manager, manager.allocate_buffer(&passing).unwrap());
                }
                let label = format!("kept by {seed}");
                manager.allocate_buffer(&request(KIB).label(&label)).unwrap()
            }
        };
        let threads: Vec<_> = (0..8).map(|seed| scope.spawn(work(seed))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
    });
    let report = tracker.report();
    assert_eq!(report.total(), (8, manager.device_figures().reserved));
    let labels: Vec<_> = report.leaks.iter().map(|it| it.label.as_deref().unwrap()).collect();
    let expected: Vec<_> = (0..8).map(|seed| format!("kept by {seed}")).collect();
    assert_eq!(labels, expected);
    kept.into_iter().for_each(|buffer| free(&manager, buffer));
    assert!(tracker.report().is_empty());
}

/// With the feature, a report names who called.
#[cfg(feature = "forensics")]
#[test]
fn a_backtrace_names_the_caller() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let tracker = Arc::new(AllocationTracker::with_backtraces());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let buffer = manager.allocate_buffer(&request(KIB)).unwrap();
    let report = tracker.report();
    let backtrace = report.leaks[0].first.backtrace.as_ref().unwrap().to_string();
    assert!(backtrace.contains("a_backtrace_names_the_caller"), "{backtrace}");
    free(&manager, buffer);
}
