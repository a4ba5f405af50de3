//! Public instances, as google/minimalloc has them: `id,lower,upper,size`, lifetimes half-open.

use std::{fmt::Write, fs, path::Path};

use rm_alias::{Item, Planner, Problem, Proof, Span};

use super::race::{fastest, with_budget};
use crate::BenchError;

/// Plans every `.csv` of a folder; says so if there is none.
pub(super) fn table(
    folder: &Path,
    nodes: Option<u64>,
    rounds: usize,
) -> Result<String, BenchError> {
    let mut text = format!("\n## Instances of {}\n\n", folder.display());
    let Ok(entries) = fs::read_dir(folder) else {
        text.push_str("Skipped: there is no such folder.\n");
        return Ok(text);
    };
    text.push_str(
        "| file | items | bound | peak | proof | nodes | ms |\n|---|---|---|---|---|---|---|\n",
    );
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    for path in paths {
        let content = fs::read_to_string(&path)
            .map_err(|source| BenchError::File { path: path.clone(), source })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let unknown = || BenchError::Unknown { what: "instance", name: name.clone() };
        let problem = with_budget(read(&content).ok_or_else(unknown)?, nodes);
        let (plan, time) = fastest(rounds.min(3), || Planner::new().plan(&problem));
        let Ok(plan) = plan else { continue };
        let proof = match plan.proof() {
            Proof::PeakEqualsLowerBound => "bound reached".to_owned(),
            Proof::Exhausted => "exhausted".to_owned(),
            Proof::BudgetSpent { gap } => format!("gap {gap}"),
        };
        writeln!(
            text,
            "| {name} | {} | {} | {} | {proof} | {} | {:.1} |",
            problem.items().len(),
            plan.lower_bound(),
            plan.peak(),
            plan.nodes(),
            time.as_secs_f64() * 1e3,
        )
        .ok();
    }
    Ok(text)
}

/// Reads an instance; columns are found by their names.
fn read(text: &str) -> Option<Problem> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next()?.split(',').map(str::trim).collect();
    let column = |name: &str| header.iter().position(|column| *column == name);
    let (lower, upper, size) = (column("lower")?, column("upper")?, column("size")?);
    let mut problem = Problem::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
        let bytes = fields.get(size)?.parse().ok()?;
        problem.push(Item::new(bytes, 1), Span { start: number(lower)?, end: number(upper)? });
    }
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_instance_is_read_by_the_names_of_its_columns() {
        let problem = read("id,size,lower,upper\n7,512,0,4\n8,1024,2,6\n").unwrap();
        assert_eq!(problem.items()[1].size, 1024);
        assert_eq!((problem.lifetime(1)[0].start, problem.lifetime(1)[0].end), (2, 6));
        assert!(read("id,lower\n1,2\n").is_none());
    }
}
