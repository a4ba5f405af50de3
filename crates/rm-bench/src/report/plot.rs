//! Pictures: what is shown in which of them.

mod bars;

use std::{collections::BTreeSet, fs, path::Path};

use self::bars::{Group, Panel, Picture};
use super::{contestants, traces, value};
use crate::{BenchError, contestant::Level, results::Results, trace::TraceKind};

/// A picture with a panel a trace: its file, the metric, and in which unit.
const BARS: [(&str, &str, &str); 3] = [
    ("time", "time", "ns an operation"),
    ("priced", "priced", "ns an operation, driver calls priced"),
    ("memory", "overhead", "reserved / live bytes"),
];
const TAIL: [(&str, &str); 4] = [("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"), ("max", "max")];
const THREADS: [(TraceKind, &str); 2] =
    [(TraceKind::Churn, "one thread"), (TraceKind::Threads, "two threads")];

/// Draws everything of `level` into `folder` and gives the files' names.
pub(super) fn draw(
    results: &Results,
    level: Level,
    folder: &Path,
) -> Result<Vec<String>, BenchError> {
    fs::create_dir_all(folder)
        .map_err(|source| BenchError::File { path: folder.to_owned(), source })?;
    let kinds: Vec<TraceKind> = traces(results, level).collect();
    let who = contestants(results, level);
    // The same colour in the pictures of both levels.
    let everybody: BTreeSet<String> =
        Level::ALL.iter().flat_map(|level| contestants(results, *level)).collect();
    let colors: Vec<usize> = who.iter().map(|who| everybody.range(..who.clone()).count()).collect();
    let group = |kind: TraceKind, what: &str, label: &str| Group {
        label: label.to_owned(),
        values: who.iter().map(|who| value(results, level, kind, who, what)).collect(),
    };
    let mut pictures = Vec::new();
    for (name, what, unit) in BARS {
        let panel = |kind: &TraceKind| Panel {
            title: format!("{kind}: {unit}"),
            groups: vec![group(*kind, what, "")],
        };
        pictures.push((name, kinds.iter().map(panel).collect()));
    }
    let tail = |kind: &TraceKind| Panel {
        title: format!("{kind}: ns of one operation"),
        groups: TAIL.iter().map(|(what, label)| group(*kind, what, label)).collect(),
    };
    pictures.push(("tail", kinds.iter().map(tail).collect()));
    let mut threads = Panel { title: "operations a second".to_owned(), groups: Vec::new() };
    for (kind, label) in THREADS {
        let mut group = group(kind, "time", label);
        group.values.iter_mut().flatten().for_each(|time| *time = 1e9 / *time);
        threads.groups.push(group);
    }
    pictures.push(("threads", vec![threads]));

    let mut files = Vec::new();
    for (name, panels) in pictures {
        let picture = Picture { who: &who, colors: &colors, panels };
        if picture.is_empty() {
            continue;
        }
        let file = format!("{name}-{level}.svg");
        let path = folder.join(&file);
        picture
            .draw(&path)
            .map_err(|error| BenchError::Plot { path, reason: error.to_string() })?;
        files.push(file);
    }
    Ok(files)
}
