//! Labels that somebody chose to do harm: text everywhere, and nothing executes.

use rm_alloc_core::{BudgetConfig, MemoryObserver};
use rm_metrics::{
    Column, CsvTable, CsvWriter, Dump, EVENT_COLUMNS, Figure, Gauges, LeakReport, MetricsCollector,
    MetricsConfig, TraceWriter, Unit, write_events,
};
use serde_json::Value as Json;

use crate::support::{KIB, MIB, free, hostile_labels, manager, request, strict};

/// What a spreadsheet takes for a formula.
fn is_formula(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝']) || cell.starts_with(['\t', '\r'])
}

fn is_harmless(text: &str) {
    let mut lines =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for record in lines.records() {
        for cell in &record.unwrap() {
            let number = cell.parse::<f64>().is_ok() && !cell.starts_with('+');
            assert!(number || !is_formula(cell), "{cell:?} is a formula");
            assert!(!cell.contains(['\0', '\u{1b}']), "{cell:?}");
            assert!(cell.len() < 8 * 1024, "a cell of {} bytes", cell.len());
        }
    }
}

/// What a table says of itself, and sources with such names, come back whole and are no formulas.
#[test]
fn hostile_names_of_a_table_are_text() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let labels = hostile_labels();
    let source = Gauges::new([Figure::new("value", Unit::Count)], || [7]);
    for label in &labels {
        let id = metrics.register(label, &source);
        metrics.record(id, &source);
    }
    metrics.end_frame();
    let columns: Vec<Column> =
        metrics.columns().into_iter().filter(|it| it.name().ends_with(".value")).collect();
    assert_eq!(columns.len(), labels.len());
    let metadata: Vec<_> = labels.iter().map(|label| (&**label, &**label)).collect();
    let mut csv = CsvWriter::new(Vec::new(), columns.clone(), &metadata).unwrap();
    csv.add(metrics.latest().unwrap()).unwrap();
    let text = String::from_utf8(csv.finish().unwrap()).unwrap();
    is_harmless(&text);
    let table = CsvTable::read(text.as_bytes()).unwrap();
    assert_eq!((table.rows.len(), table.columns.len()), (1, labels.len()));
    for ((key, value), label) in table.metadata.iter().zip(&labels) {
        assert_eq!(key, value);
        let plain = !label.contains(['\0', '\u{1b}']) && label.len() < 512;
        assert!(!plain || key == label, "{key:?} for {label:?}");
    }
    assert_eq!(table.metadata.len(), labels.len());
    assert_eq!(table.summaries.len(), labels.len());
    for (name, column) in table.columns.iter().zip(&columns) {
        let plain = !column.name().contains(['\0', '\u{1b}']);
        assert!(!plain || name == column.name(), "{name:?}");
    }
}

/// Refused and leaked labels are text in tables of events, traces, dumps and reports.
#[test]
fn hostile_labels_are_text_in_every_format() {
    let (manager, _sim) = manager(strict(64 * MIB));
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let tracker = std::sync::Arc::new(rm_metrics::AllocationTracker::new());
    let observer: std::sync::Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let labels = hostile_labels();
    let mut buffers = Vec::new();
    for label in &labels {
        manager.allocate_buffer(&request(128 * MIB).label(label)).unwrap_err();
        buffers.push(manager.allocate_buffer(&request(KIB).label(label)).unwrap());
    }
    let records = metrics.events().records();
    assert_eq!(records.len(), 2 * labels.len());

    let mut text = Vec::new();
    write_events(&mut text, &records).unwrap();
    is_harmless(std::str::from_utf8(&text).unwrap());
    let rows = csv::Reader::from_reader(&*text).into_records().map(Result::unwrap);
    assert!(rows.map(|row| row.len()).eq(records.iter().map(|_| EVENT_COLUMNS.len())));

    let mut trace = TraceWriter::new(Vec::new(), &labels[0], metrics.columns()).unwrap();
    trace.frame(metrics.end_frame()).unwrap();
    records.iter().for_each(|record| trace.event(record).unwrap());
    let trace: Json = serde_json::from_slice(&trace.finish().unwrap()).unwrap();
    crate::trace::is_a_trace(&trace);

    let dump = Dump::take(&manager).unwrap().gpu(&labels[8]);
    let json: Json = serde_json::from_slice(&dump.write(Vec::new()).unwrap()).unwrap();
    crate::layout::is_of_vma(&json);

    for report in [tracker.report(), LeakReport::of_dump(&dump)] {
        assert_eq!(report.total().0, labels.len() as u64);
        let text = report.to_string();
        assert!(!text.contains(['\0', '\u{1b}', '\u{202e}']), "{text:?}");
        assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    }
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
}
