//! Events: kept with their explanation up to a bound, and counted beyond.

use rm_alloc_core::{BudgetConfig, ErrorKind, EventMask};
use rm_metrics::{Event, EventRecord, MAX_LABEL, MetricsCollector, MetricsConfig};

use crate::support::{MIB, free, make, manager, request, strict};

fn names(records: &[EventRecord]) -> Vec<&'static str> {
    records.iter().map(|record| record.event.name()).collect()
}

/// A refusal is there with what the caller got, whole.
#[test]
fn a_refusal_is_kept_with_its_explanation() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    metrics.end_frame();
    let error = manager.allocate_buffer(&request(8 * MIB).label("too large")).unwrap_err();
    let records = metrics.events().records();
    assert_eq!(names(&records), ["refused"]);
    assert_eq!(records[0].event, Event::Refused(error.clone()));
    assert_eq!((records[0].frame, records[0].event.label()), (1, Some("too large")));
    assert_eq!(records[0].event.to_string(), error.to_string());
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    assert_eq!(metrics.end_frame().frame.refusals, 1);
}

/// A label of a megabyte is cut in a record, with a mark, and nothing else of the refusal is lost.
#[test]
fn a_long_label_is_cut_with_a_mark() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let label = "x".repeat(1 << 20);
    let error = manager.allocate_buffer(&request(8 * MIB).label(&label)).unwrap_err();
    let records = metrics.events().take();
    let Event::Refused(kept) = &records[0].event else { panic!("{records:?}") };
    assert_eq!(kept.kind(), error.kind());
    let (kept, whole) = (kept.refusal().unwrap(), error.refusal().unwrap());
    assert_eq!((&kept.types, kept.requested), (&whole.types, whole.requested));
    assert_eq!((kept.retiring, &kept.allocator), (whole.retiring, &whole.allocator));
    let kept = kept.label.as_deref().unwrap();
    assert!(kept.len() < MAX_LABEL + 40 && kept.starts_with(&label[..MAX_LABEL]), "{kept}");
    assert!(kept.ends_with("… [1048064 bytes more]"), "{kept}");
}

/// Pressure, blocks and leaks arrive in order, each in the frame it happened in.
#[test]
fn blocks_and_pressure_are_kept_in_order() {
    let config = BudgetConfig { device_memory_budget: 4 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let first = make(&manager, 3 * MIB);
    metrics.end_frame();
    let second = make(&manager, 2 * MIB);
    free(&manager, first);
    let records = metrics.events().records();
    let expected = ["block born", "near", "block born", "over", "block died"];
    assert_eq!(names(&records), expected);
    let frames: Vec<_> = records.iter().map(|record| record.frame).collect();
    assert_eq!(frames, [0, 0, 1, 1, 1]);
    let sequence: Vec<_> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequence, [0, 1, 2, 3, 4]);
    assert!(records.is_sorted_by_key(|record| record.at_ns));
    assert_eq!(records[4].event.bytes(), Some(3 * MIB));
    free(&manager, second);
}

/// What does not fit is counted, the oldest goes first, and blocks never drive refusals out.
#[test]
fn what_overflows_is_counted_and_never_silently_lost() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default().events(8));
    manager.allocate_buffer(&request(8 * MIB).label("refused first")).unwrap_err();
    for _ in 0..100 {
        let buffer = make(&manager, 4096);
        free(&manager, buffer);
    }
    let totals = metrics.events().totals();
    assert_eq!((totals.blocks_born, totals.blocks_died, totals.refused), (100, 100, 1));
    assert_eq!(totals.lost, 200 - 8);
    let records = metrics.events().take();
    assert_eq!(records.len(), 9);
    assert_eq!(records[0].event.label(), Some("refused first"));
    let rest: Vec<_> = records[1..].iter().map(|record| record.sequence).collect();
    assert_eq!(rest, (193..201).collect::<Vec<_>>(), "the newest stay, and gaps show");
    assert_eq!(metrics.events().take(), []);
    assert_eq!(metrics.events().totals(), totals, "totals are not taken");
}

/// Nothing is heard of what was not asked for.
#[test]
fn a_log_hears_what_it_asked_for_alone() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let config = MetricsConfig::default().mask(EventMask::REFUSED);
    let metrics = MetricsCollector::new(&manager, config);
    let buffer = make(&manager, 3 * MIB);
    manager.allocate_buffer(&request(8 * MIB)).unwrap_err();
    assert_eq!(names(&metrics.events().records()), ["refused"]);
    free(&manager, buffer);
}
