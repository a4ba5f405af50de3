//! Two files of results, side by side.

use std::fmt::Write;

use crate::results::Results;

/// A table of the metrics that both have and whose name contains `filter`: their values, and the second divided by the first.
pub(crate) fn table(first: &Results, second: &Results, filter: &str) -> String {
    let mut table = String::new();
    let mut line = |name: &str, first: &str, second: &str, ratio: &str, unit: &str| {
        // Writing to a string cannot fail.
        writeln!(table, "{name:<52} {first:>14} {second:>14} {ratio:>8}  {unit}").ok();
    };
    line("metric", "first", "second", "ratio", "unit");
    for (name, (before, unit)) in first.metrics.iter().filter(|(name, _)| name.contains(filter)) {
        let Some((after, _)) = second.metrics.get(name) else { continue };
        let ratio = if before == after { 1.0 } else { after / before };
        line(name, &shown(*before), &shown(*after), &format!("{ratio:.3}"), unit);
    }
    if first.host != second.host {
        writeln!(table, "\nnot the same machine: {} and {}", first.host, second.host).ok();
    }
    for (name, text) in &first.notes {
        if let Some(other) = second.notes.get(name).filter(|other| *other != text) {
            writeln!(table, "\n{name}: {text}, then {other}").ok();
        }
    }
    table
}

/// Three digits after the point where there are few before it.
fn shown(value: f64) -> String {
    if value.abs() < 100.0 { format!("{value:.3}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::results::Results;

    #[test]
    fn a_table_has_the_ratio_of_what_both_have_and_says_that_machines_differ() {
        let mut first = Results { host: "a".into(), ..Results::default() };
        first.put("memory/t1-churn/direct/time", 100.0, "ns/op");
        first.put("gone", 1.0, "x");
        let mut second = Results { host: "b".into(), ..Results::default() };
        second.put("memory/t1-churn/direct/time", 150.0, "ns/op");
        let table = table(&first, &second, "");
        assert!(table.contains("1.500  ns/op"), "{table}");
        assert!(!table.contains("gone"), "{table}");
        assert!(table.contains("not the same machine"), "{table}");
    }
}
