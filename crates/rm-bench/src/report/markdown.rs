//! Tables.

use super::{contestants, traces, value};
use crate::{contestant::Level, reference::REFERENCES, results::Results, trace::TraceKind};

/// The report as Markdown, with links to `pictures`.
pub(crate) fn markdown(results: &Results, pictures: &[String]) -> String {
    let mut text = String::from("# Benchmarks\n\n");
    let mut line = |what: &str| {
        text.push_str(what);
        text.push('\n');
    };
    line(&format!("Machine: {}.", results.host));
    line(&format!("Revision: `{}`.", results.revision));
    for name in ["device", "scale", "rounds", "prices"] {
        if let Some(note) = results.notes.get(name) {
            line(&format!("{}{}: {note}.", name[..1].to_uppercase(), &name[1..]));
        }
    }
    if let Some(clock) = results.value("clock") {
        line(&format!("Single steps include {clock:.0} ns of reading the clock."));
    }
    for picture in pictures {
        line(&format!("\n![{picture}]({picture})"));
    }
    for level in Level::ALL {
        for kind in traces(results, level) {
            line(&format!("\n## {kind}, {level}\n"));
            line(&table(results, level, kind));
        }
    }
    line("\n## Settings\n");
    for (name, setting) in &results.notes {
        if let Some(whose) = name.strip_prefix("setting/") {
            line(&format!("- `{whose}`: {setting}"));
        }
    }
    text
}

/// A column: heading, metric, digits after the point, and what the metric is divided by.
type Column = (&'static str, &'static str, usize, f64);

const TIME: Column = ("ns/op", "time", 1, 1.0);
/// What comes after the time and its ratios.
const COLUMNS: [Column; 11] = [
    ("two threads ÷ one", "speedup", 2, 1.0),
    ("priced, µs/op", "priced", 2, 1e3),
    ("p50", "p50", 0, 1.0),
    ("p99", "p99", 0, 1.0),
    ("p99.9", "p999", 0, 1.0),
    ("max, µs", "max", 1, 1e3),
    ("driver allocations", "driver_allocations", 0, 1.0),
    ("driver calls", "driver_calls", 0, 1.0),
    ("heap allocations", "heap_allocations", 0, 1.0),
    ("reserved, MiB", "peak_reserved", 1, 1_048_576.0),
    ("reserved ÷ live", "overhead", 2, 1.0),
];

/// One trace: a line a contestant, a column a metric that anybody has.
fn table(results: &Results, level: Level, kind: TraceKind) -> String {
    let who = contestants(results, level);
    let has = |who: &String, what| value(results, level, kind, who, what).is_some();
    let ratios = REFERENCES.map(|reference| (reference.heading, reference.metric, 2, 1.0));
    let columns = [TIME].into_iter().chain(ratios).chain(COLUMNS);
    let columns: Vec<Column> =
        columns.filter(|column| who.iter().any(|who| has(who, column.1))).collect();
    let headings = columns.iter().map(|column| column.0.to_owned()).collect();
    let mut lines = vec![row("", headings), format!("|---|{}", "---|".repeat(columns.len()))];
    for who in &who {
        let cell = |(_, what, digits, scale): &Column| {
            value(results, level, kind, who, what)
                .map_or_else(|| "–".to_owned(), |value| format!("{:.digits$}", value / scale))
        };
        let mut cells: Vec<String> = columns.iter().map(cell).collect();
        if let Some(reason) = results.notes.get(&format!("{level}/{kind}/{who}")) {
            match cells.first_mut() {
                Some(first) => first.clone_from(reason),
                None => cells.push(reason.clone()),
            }
        }
        lines.push(row(who, cells));
    }
    lines.join("\n")
}

fn row(first: &str, cells: Vec<String>) -> String {
    format!("| {first} | {} |", cells.join(" | "))
}
