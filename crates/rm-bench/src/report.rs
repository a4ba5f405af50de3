//! Results for people: Markdown tables and SVG pictures.

mod markdown;
mod plot;

use std::path::{Path, PathBuf};

pub(crate) use self::markdown::markdown;
use crate::{
    BenchError,
    contestant::Level,
    results::{self, Results},
    trace::TraceKind,
};

/// Writes `report.md` and the pictures into `folder`, and gives the report's path.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<PathBuf, BenchError> {
    let mut pictures = Vec::new();
    for level in Level::ALL {
        if traces(results, level).next().is_some() {
            pictures.extend(plot::draw(results, level, folder)?);
        }
    }
    let path = folder.join("report.md");
    results::write(&path, &markdown(results, &pictures))?;
    Ok(path)
}

/// The traces that `results` have of `level`.
fn traces(results: &Results, level: Level) -> impl Iterator<Item = TraceKind> {
    let played =
        move |kind: &TraceKind| results.value(&format!("{level}/{kind}/operations")).is_some();
    TraceKind::ALL.into_iter().filter(played)
}

/// Who took part in `level`: ours in alphabetical order, then the peers.
fn contestants(results: &Results, level: Level) -> Vec<String> {
    let prefix = format!("setting/{level}/");
    let names = results.notes.keys().filter_map(|name| name.strip_prefix(&prefix));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_by_key(|name| crate::contestant::is_peer(name));
    names
}

/// A metric of a contestant in a trace.
fn value(results: &Results, level: Level, kind: TraceKind, who: &str, what: &str) -> Option<f64> {
    results.value(&format!("{level}/{kind}/{who}/{what}"))
}
