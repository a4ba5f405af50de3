//! The aliasing planner beside what engines do: generated frames, public instances, thousands of items.

mod dsa;
mod frames;
mod plot;
mod policies;
mod race;
mod replan;
mod seeds;
mod views;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

pub use self::{
    frames::{Alignment, Frame, Transient},
    policies::Policy,
    seeds::Seeds,
    views::views,
};
use crate::BenchError;

/// What to compare.
#[derive(Args, Debug)]
pub(crate) struct AliasWish {
    /// The frames: a list of seeds and ranges, such as `0..50` or `3,7,100..200`; each is planned with every alignment.
    #[arg(long, default_value = "0..50")]
    seeds: Seeds,
    /// Other budgets than the default, in nodes.
    #[arg(long)]
    nodes: Option<u64>,
    /// How often everything is planned; the fastest counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A folder with instances as `id,lower,upper,size`; skipped if it is not there.
    #[arg(long, default_value = "../shared/data/dsa")]
    dsa: PathBuf,
    /// How many items the concurrent views have; 0 for none.
    #[arg(long, default_value_t = 10_000)]
    views: usize,
    /// The folder for the table and the pictures.
    #[arg(long, default_value = "target/bench")]
    output: PathBuf,
}

/// Compares, writes `alias.md` and `alias.svg`, and returns the table.
pub(crate) fn run(wish: &AliasWish) -> Result<String, BenchError> {
    let mut text = String::from("# Aliasing\n");
    let mut panels = Vec::new();
    for alignment in Alignment::ALL {
        let table = race::frames(&wish.seeds, alignment, wish.nodes, wish.rounds.max(1));
        write!(text, "\n## Frames, alignment {}\n\n{}", alignment.name(), table.markdown()).ok();
        panels.push((alignment.name(), table));
    }
    text.push_str(&replan::table(&wish.seeds, wish.rounds.max(1)));
    text.push_str(&dsa::table(&wish.dsa, wish.nodes, wish.rounds.max(1))?);
    if wish.views > 0 {
        text.push_str(&race::views_table(&wish.seeds, wish.views, wish.nodes));
    }
    fs::create_dir_all(&wish.output).map_err(|source| file(&wish.output, source))?;
    let path = wish.output.join("alias.svg");
    plot::draw(&panels, &path)
        .map_err(|error| BenchError::Plot { path: path.clone(), reason: error.to_string() })?;
    writeln!(text, "\nPicture: {}", path.display()).ok();
    let path = wish.output.join("alias.md");
    fs::write(&path, &text).map_err(|source| file(&path, source))?;
    Ok(text)
}

fn file(path: &Path, source: std::io::Error) -> BenchError {
    BenchError::File { path: path.to_owned(), source }
}
