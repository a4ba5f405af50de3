//! Everybody plans every frame.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use rm_alias::{Budget, Plan, Planner, Problem};

use super::{
    frames::{Alignment, Frame},
    policies::Policy,
    seeds::Seeds,
    views::views,
};

/// What one policy made of all frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The peak divided by the lower bound, a frame each.
    pub(super) ratios: Vec<f64>,
    micros: Vec<f64>,
    /// How many peaks equal the lower bound, or are proven best.
    optimal: usize,
}

/// A line a policy.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) lines: Vec<(Policy, Line)>,
}

/// Lets every policy plan the frames of all seeds.
pub(super) fn frames(
    seeds: &Seeds,
    alignment: Alignment,
    nodes: Option<u64>,
    rounds: usize,
) -> Table {
    let mut lines: Vec<(Policy, Line)> =
        Policy::ALL.iter().map(|policy| (*policy, Line::default())).collect();
    let mut planner = Planner::new();
    for &seed in &seeds.0 {
        let frame = Frame::generate(seed, alignment);
        let problem = with_budget(frame.problem(), nodes);
        let Ok(plan) = planner.plan(&problem) else { continue };
        let bound = plan.lower_bound();
        for (policy, line) in &mut lines {
            let (peak, time) = fastest(rounds, || policy.peak(&frame, &problem, &mut planner));
            let proven = *policy == Policy::Ours && plan.proof().is_optimal();
            line.ratios.push(peak as f64 / bound as f64);
            line.micros.push(time.as_secs_f64() * 1e6);
            line.optimal += usize::from(peak == bound || proven);
        }
    }
    Table { lines }
}

impl Table {
    pub(super) fn markdown(&self) -> String {
        let mut text = String::from(
            "| policy | peak ÷ bound mean | worst | optimal | median µs | worst µs |\n|---|---|---|---|---|---|\n",
        );
        for (policy, line) in &self.lines {
            let count = line.ratios.len();
            let mean = line.ratios.iter().sum::<f64>() / count.max(1) as f64;
            let worst = line.ratios.iter().copied().fold(0.0, f64::max);
            let mut micros = line.micros.clone();
            micros.sort_by(f64::total_cmp);
            let median = micros.get(count / 2).copied().unwrap_or(0.0);
            let slowest = micros.last().copied().unwrap_or(0.0);
            writeln!(
                text,
                "| {} | {mean:.4} | {worst:.4} | {}/{count} | {median:.1} | {slowest:.1} |",
                policy.name(),
                line.optimal,
            )
            .ok();
        }
        text
    }
}

/// Plans many items in concurrent views.
pub(super) fn views_table(seeds: &Seeds, items: usize, nodes: Option<u64>) -> String {
    let mut text = format!(
        "\n## {items} items in concurrent views\n\n| views | peak ÷ bound worst | optimal | median ms | worst ms |\n|---|---|---|---|---|\n"
    );
    for count in [1, 4, 16] {
        let (mut worst, mut optimal, mut millis) = (1.0_f64, 0, Vec::new());
        for &seed in seeds.0.iter().take(10) {
            let problem = with_budget(views(seed, items, count), nodes);
            let mut planner = Planner::new();
            let (plan, time) = fastest(1, || planner.plan(&problem));
            let Ok(plan) = plan else { continue };
            worst = worst.max(ratio(&plan));
            optimal += usize::from(plan.proof().is_optimal());
            millis.push(time.as_secs_f64() * 1e3);
        }
        millis.sort_by(f64::total_cmp);
        let median = millis.get(millis.len() / 2).copied().unwrap_or(0.0);
        let slowest = millis.last().copied().unwrap_or(0.0);
        writeln!(
            text,
            "| {count} | {worst:.5} | {optimal}/{} | {median:.1} | {slowest:.1} |",
            millis.len()
        )
        .ok();
    }
    text
}

pub(super) fn with_budget(mut problem: Problem, nodes: Option<u64>) -> Problem {
    if let Some(nodes) = nodes {
        problem.budget = Budget::Nodes(nodes);
    }
    problem
}

pub(super) fn ratio(plan: &Plan) -> f64 {
    plan.peak() as f64 / plan.lower_bound().max(1) as f64
}

/// Works several times, and says how long the fastest took.
pub(super) fn fastest<R>(rounds: usize, mut work: impl FnMut() -> R) -> (R, Duration) {
    let once = |work: &mut dyn FnMut() -> R| {
        let start = Instant::now();
        let result = work();
        (result, start.elapsed())
    };
    let mut best = once(&mut work);
    for _ in 1..rounds {
        let next = once(&mut work);
        if next.1 < best.1 {
            best = next;
        }
    }
    best
}
