//! Growth as Markdown.

use super::{Growth, KINDS};
use crate::{contestant::entries_named, results::Results};

/// A table a level and trace: a line a contestant, a column a number of live allocations.
pub(super) fn markdown(results: &Results, growth: &Growth<'_>) -> String {
    let mut lines = vec![
        "# Growth".to_owned(),
        String::new(),
        format!("Machine: {}.", results.host),
        format!("Revision: `{}`.", results.revision),
        "Nanoseconds of a free and an allocation, by how many are alive; medians of slices that all play in turns."
            .to_owned(),
    ];
    let (Some(least), Some(most)) = (growth.live.first(), growth.live.last()) else {
        return lines.join("\n");
    };
    let headings: String = growth.live.iter().map(|live| format!(" {live} |")).collect();
    for level in &growth.levels {
        for kind in KINDS {
            lines.push(format!("\n## {kind}, {level}\n\n| |{headings} {most} ÷ {least} |"));
            lines.push(format!("|---|{}---|", "---|".repeat(growth.live.len())));
            let mut reasons = Vec::new();
            for entry in entries_named(*level, growth.backends, &growth.contestants) {
                let name = format!("{level}/{kind}/{}", entry.name);
                let mut line = format!("| {} |", entry.name);
                for live in &growth.live {
                    line += &cell(results.value(&format!("{name}/pair/{live}")), 1);
                    if let Some(reason) = results.notes.get(&format!("{name}/{live}")) {
                        reasons.push(format!("- {} at {live}: {reason}", entry.name));
                    }
                }
                line += &cell(results.value(&format!("{name}/growth")), 2);
                lines.push(line);
            }
            if !reasons.is_empty() {
                lines.push(format!("\n{}", reasons.join("\n")));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn cell(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| " – |".to_owned(), |value| format!(" {value:.digits$} |"))
}
