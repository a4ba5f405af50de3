//! Playing traces: against the clock, and step by step with every counter on.

mod inspect;
mod race;

#[cfg(test)]
mod tests;

use std::{thread, time::Instant};

pub use self::inspect::{Inspection, Tail, inspect};
pub(crate) use self::{
    inspect::clock,
    race::{Race, Times},
};
use crate::{
    contestant::{Player, Refused},
    trace::Op,
};

/// Does `work` with each item, the first on this thread and every other on one of its own.
fn on_threads<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let mut items = items.into_iter();
    let Some(first) = items.next() else { return Vec::new() };
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = items.map(|item| scope.spawn(move || work(item))).collect();
        let mut results = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// How several lanes are played.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum How {
    /// One after the other, all on this thread.
    OneThread,
    /// At once, the first on this thread and every other on one of its own.
    Threads,
}

/// Seconds that `players` take for their parts of a trace.
pub(crate) fn timed(
    players: &mut [Box<dyn Player>],
    parts: &[&[Op]],
    how: How,
) -> Result<f64, Refused> {
    let parts = players.iter_mut().zip(parts);
    let start = Instant::now();
    match how {
        How::OneThread => parts.into_iter().try_for_each(|(player, ops)| player.play(ops))?,
        How::Threads => {
            let played = on_threads(parts, |(player, ops)| player.play(ops));
            played.into_iter().collect::<Result<(), Refused>>()?;
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The middle of what the first of each pair is, divided by the second.
pub(crate) fn median_ratio(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    median(pairs.into_iter().map(|(mine, its)| mine / its).collect())
}
