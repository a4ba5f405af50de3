//! Playing traces: against the clock, and step by step with every counter on.

mod inspect;
mod race;

#[cfg(test)]
mod tests;

use std::thread;

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

/// A player and what it plays.
type Part<'a> = (&'a mut Box<dyn Player>, &'a [Op]);

/// Plays a part a thread.
fn play(parts: Vec<Part<'_>>) -> Result<(), Refused> {
    on_threads(parts, |(player, ops)| player.play(ops)).into_iter().collect()
}
