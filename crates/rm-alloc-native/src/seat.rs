//! Which shard a thread tries first.
//!
//! All threads begin at the first shard, so that a program in which one thread allocates at a time has one. A thread that
//! keeps finding its shard taken moves on to the next, and stays there. Nothing but speed depends on it.

use std::cell::Cell;

/// Collisions after which a thread moves on.
const PATIENCE: u32 = 4;

/// Where a thread sits.
#[derive(Clone, Copy)]
struct Seat {
    shard: usize,
    collisions: u32,
}

thread_local! {
    static SEAT: Cell<Seat> = const { Cell::new(Seat { shard: 0, collisions: 0 }) };
}

/// The shard of this thread; to be taken modulo the number of shards.
#[inline]
pub(crate) fn shard() -> usize {
    // A thread so late that its locals are gone sits in the first one.
    SEAT.try_with(|seat| seat.get().shard).unwrap_or(0)
}

/// Notes that this thread's shard was taken, and says where it sits from now on.
#[cold]
pub(crate) fn collided() -> usize {
    let note = |seat: &Cell<Seat>| {
        let Seat { mut shard, mut collisions } = seat.get();
        collisions += 1;
        if collisions >= PATIENCE {
            (shard, collisions) = (shard.wrapping_add(1), 0);
        }
        seat.set(Seat { shard, collisions });
        shard
    };
    SEAT.try_with(note).unwrap_or(0)
}
