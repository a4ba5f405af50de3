//! Which shard a thread tries first.
//!
//! All threads begin at the first shard, so that a program in which one thread allocates at a time has one. A thread that finds
//! its shard taken again and again, and not just now and then, moves on to the next, and stays there. Nothing but speed and
//! how tightly memory is packed depends on it.

use std::cell::Cell;

/// Collisions in a row after which a thread moves on.
const PATIENCE: u32 = 8;
/// Requests of a shard between two collisions that still follow each other.
const ROW: u32 = 16;

/// Where a thread sits.
#[derive(Clone, Copy)]
struct Seat {
    shard: usize,
    collisions: u32,
    /// The count of requests at the last one.
    last: u32,
}

thread_local! {
    static SEAT: Cell<Seat> = const { Cell::new(Seat { shard: 0, collisions: 0, last: 0 }) };
}

/// The shard of this thread; to be taken modulo the number of shards.
#[inline]
pub(crate) fn shard() -> usize {
    // A thread so late that its locals are gone sits in the first one.
    SEAT.try_with(|seat| seat.get().shard).unwrap_or(0)
}

/// Notes that this thread found its shard taken, which has had so many requests by now, and whether it has moved on.
pub(crate) fn collided(requests: u32) -> bool {
    let note = |seat: &Cell<Seat>| {
        let Seat { mut shard, mut collisions, last } = seat.get();
        collisions = if requests.wrapping_sub(last) < ROW { collisions + 1 } else { 1 };
        let moves = collisions >= PATIENCE;
        if moves {
            (shard, collisions) = (shard.wrapping_add(1), 0);
        }
        seat.set(Seat { shard, collisions, last: requests });
        moves
    };
    SEAT.try_with(note).unwrap_or(false)
}
