//! What semaphores order: a vector clock a pass, over two frames, the one before and this one.
//!
//! A semaphore signalled behind a pass covers everything earlier on its queue, and whoever waits for it, everything later on
//! its own, with all writes made visible. Order on one queue alone is no dependency, so it moves clocks along and sets none.

use crate::{PassId, graph::Order};

/// For each pass of two frames, how many passes of each queue are complete before it, with their writes visible.
#[derive(Debug)]
pub(super) struct Clock {
    queues: usize,
    passes: usize,
    /// How many passes each queue has in a frame.
    lengths: Vec<usize>,
    /// By frame, pass, queue.
    complete: Vec<usize>,
}

impl Clock {
    /// What the waits of the description order, and semaphores from passes of one frame to passes of the next.
    pub(super) fn new(order: &Order, queues: usize, wraps: &[(PassId, PassId)]) -> Self {
        let passes = order.sorted.len();
        let mut lengths = vec![0; queues];
        order.sorted.iter().for_each(|pass| lengths[order.place(*pass).queue.index()] += 1);
        let complete = vec![0; 2 * passes * queues];
        let mut clock = Self { queues, passes, lengths, complete };
        let mut last: Vec<Option<(usize, PassId)>> = vec![None; queues];
        for frame in 0..2 {
            for &pass in &order.sorted {
                let queue = order.place(pass).queue.index();
                if let Some(before) = last[queue] {
                    clock.inherit((frame, pass), before);
                }
                for (_, earlier) in order.waits_of(pass) {
                    clock.follow(order, (frame, pass), (frame, *earlier));
                }
                let from_last = wraps.iter().filter(|(_, after)| frame == 1 && *after == pass);
                from_last.for_each(|(before, _)| clock.follow(order, (1, pass), (0, *before)));
                last[queue] = Some((frame, pass));
            }
        }
        clock
    }

    /// A semaphore lets `after`, of this frame, find everything that `before` did, in this frame or the one before.
    pub(super) fn orders(&self, order: &Order, before: (usize, PassId), after: PassId) -> bool {
        let queue = order.place(before.1).queue.index();
        self.complete[self.at((1, after)) + queue] > self.position(order, before)
    }

    /// How many passes of its queue run before it in two frames.
    fn position(&self, order: &Order, (frame, pass): (usize, PassId)) -> usize {
        let place = order.place(pass);
        frame * self.lengths[place.queue.index()] + place.index
    }

    fn at(&self, (frame, pass): (usize, PassId)) -> usize {
        (frame * self.passes + pass.index()) * self.queues
    }

    fn inherit(&mut self, pass: (usize, PassId), from: (usize, PassId)) {
        let (to, from) = (self.at(pass), self.at(from));
        for queue in 0..self.queues {
            self.complete[to + queue] = self.complete[to + queue].max(self.complete[from + queue]);
        }
    }

    fn follow(&mut self, order: &Order, pass: (usize, PassId), signalled: (usize, PassId)) {
        self.inherit(pass, signalled);
        let count = self.position(order, signalled) + 1;
        let own = self.at(pass) + order.place(signalled.1).queue.index();
        self.complete[own] = self.complete[own].max(count);
    }
}
