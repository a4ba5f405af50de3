//! A real run on a simulated device: the page says what the manager, the collector and the CSV say.

use std::{collections::HashMap, sync::Arc};

use rm_alloc_core::{DeviceMemoryStats, MemoryObserver};
use rm_metrics::{
    AllocationTracker, Column, CsvTable, CsvWriter, Dump, MetricsCollector, MetricsConfig,
    RangeKind, Report,
};

use super::browser::{assert_quiet, digits, show};
use crate::support::{KIB, MIB, Random, free, manager, request, strict};

const FRAMES: u64 = 200;

/// What a run leaves: a report, and the same frames as a table.
struct Run {
    report: Report,
    table: CsvTable,
    columns: Vec<Column>,
    // Of the same moment as the blocks.
    stats: DeviceMemoryStats,
}

fn run() -> Run {
    let (manager, _sim) = manager(strict(24 * MIB));
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default().window(1_000));
    let columns = metrics.columns();
    let mut table = CsvWriter::new(Vec::new(), columns.clone(), &[]).unwrap();
    let mut random = Random(20_261_120);
    let mut live = Vec::new();
    for frame in 0..FRAMES {
        metrics.begin_frame();
        for _ in 0..random.below(4) {
            let label = format!("buffer {frame}");
            let wanted = request((1 + random.below(64)) * 16 * KIB).label(&label);
            live.extend(manager.allocate_buffer(&wanted).ok());
        }
        while random.below(5) < 2 && !live.is_empty() {
            free(&manager, live.swap_remove(random.index(live.len())));
        }
        table.add(metrics.end_frame()).unwrap();
    }
    // More than there is: refused, with a reason.
    metrics.begin_frame();
    manager.allocate_buffer(&request(64 * MIB).label("</script>")).unwrap_err();
    table.add(metrics.end_frame()).unwrap();
    let mut report = Report::new("A run");
    report.set_frames(metrics.window());
    report.add_figures(metrics.window(), &columns);
    report.add_events(&metrics.events().records());
    let mut dump = Dump::take(&manager).unwrap();
    dump.describe(&tracker);
    report.add_blocks(&dump);
    report.add_leaks(&tracker.report());
    let table = CsvTable::read(&*table.finish().unwrap()).unwrap();
    let stats = manager.stats();
    live.into_iter().for_each(|buffer| free(&manager, buffer));
    Run { report, table, columns, stats }
}

/// The values of a column of the table.
fn column(table: &CsvTable, name: &str) -> Vec<u64> {
    let at = table.column(name).unwrap();
    table.rows.iter().map(|row| row[at].as_u64().unwrap()).collect()
}

#[test]
fn a_report_holds_what_the_table_holds() {
    let Run { report, table, stats, .. } = run();
    let device = &report.memory[0];
    assert_eq!(report.frames, column(&table, "frame"));
    assert_eq!(device.used_bytes, column(&table, "used_bytes"));
    assert_eq!(device.retiring_bytes, column(&table, "retiring_bytes"));
    assert_eq!(report.churn.allocated_bytes, column(&table, "frame_allocated_bytes"));
    assert_eq!(report.churn.freed_bytes, column(&table, "frame_freed_bytes"));
    assert_eq!(device.budget_bytes, vec![Some(24 * MIB); report.frames.len()]);
    assert_eq!(*device.used_bytes.last().unwrap(), stats.used);
    let used = report.blocks.iter().flat_map(|block| &block.ranges);
    let used = used.filter(|range| range.kind != RangeKind::Free);
    assert_eq!(used.clone().count() as u64, stats.allocations);
    assert!(used.clone().all(|range| range.kind == RangeKind::Buffer && range.age_ns.is_some()));
    let leaked: u64 = report.leaks.iter().map(|group| group.bytes).sum();
    assert_eq!(leaked, stats.heaps.iter().map(|heap| heap.reserved).sum::<u64>());
    let refused = report.refusals.last().unwrap();
    assert_eq!(refused.label.as_deref(), Some("</script>"));
    assert_eq!((refused.frame, refused.requested), (FRAMES, Some(64 * MIB)));
    assert!(refused.explanation.contains("budget"), "{}", refused.explanation);
}

#[test]
fn the_figures_of_a_page_are_those_of_the_table() {
    let Run { report, table, columns, .. } = run();
    let Some(browser) = show(&report) else { return };
    let rows = browser.ask(
        "while (!document.querySelector('#figures-list .more').hidden) {
           document.querySelector('#figures-list .more').click();
         }
         return [...document.querySelectorAll('#figures-list tbody tr')].map(row => [
            row.cells[0].textContent, (row.cells[1].querySelector('small') || row.cells[1]).textContent])",
    );
    let rows: HashMap<String, String> =
        serde_json::from_value::<Vec<(String, String)>>(rows).unwrap().into_iter().collect();
    assert_eq!(rows.len(), columns.len(), "a row for each column");
    let last = table.rows.last().unwrap();
    let mut compared = 0;
    for at in &columns {
        let value = last[table.column(at.name()).unwrap()];
        let text = &rows[at.name()];
        // Times are shown rounded, and ratios to four places.
        if let (rm_metrics::Unit::Bytes | rm_metrics::Unit::Count, Some(number)) =
            (at.unit(), value.as_u64())
        {
            assert_eq!(digits(text), number, "{}", at.name());
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
    assert_quiet(&browser);
}
