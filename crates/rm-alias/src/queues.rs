//! From passes on several queues to boxes.
//!
//! On each queue time is cut at the start and the end of every pass: pass `i` runs from `2 i + 1` to `2 i + 2`.
//! An item lives on a queue from the end of the last pass known to be complete before any of its uses, to the start of the
//! first pass known to begin after all of them; where it is used by such a pass itself, that pass is the limit.
//! "Known" is what semaphores and the order on each queue say, kept as a vector clock a pass (Fidge, Mattern, 1988).

use alloc::vec::Vec;

use crate::Span;

/// Passes on queues, and what waits for what.
///
/// Two lifetimes that do not overlap on some queue are ordered: all uses of one happen before all uses of the other.
/// The reverse holds too, unless the one ends with unordered uses on several queues and the other begins with such:
/// these count as overlapping, which costs memory and nothing else.
///
/// ```
/// use rm_alias::{Item, Problem, Queues};
///
/// let mut queues = Queues::new(2);
/// let fill = queues.pass(0, &[]);
/// let compute = queues.pass(1, &[fill]); // Waits for a semaphore.
/// let shade = queues.pass(0, &[]);
/// let present = queues.pass(0, &[compute]);
///
/// let mut problem = Problem::of_queues(2);
/// let item = Item::new(1 << 20, 256);
/// let input = problem.push_box(item, &queues.lifetime(&[fill, compute]));
/// let beside = problem.push_box(item, &queues.lifetime(&[shade]));
/// let after = problem.push_box(item, &queues.lifetime(&[present]));
/// assert!(problem.overlap(input, beside), "nothing orders them");
/// assert!(!problem.overlap(input, after));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Queues {
    /// The queue of each pass, and its number there.
    passes: Vec<(u32, u32)>,
    /// For each pass and queue: how many passes of that queue are complete before it begins.
    clocks: Vec<u32>,
    /// The passes of each queue.
    by_queue: Vec<Vec<usize>>,
}

impl Queues {
    /// So many queues without passes.
    #[must_use]
    pub fn new(queues: usize) -> Self {
        Self { by_queue: (0..queues).map(|_| Vec::new()).collect(), ..Self::default() }
    }

    /// Adds a pass behind those of its queue, which also waits for the passes `after`; returns its number.
    ///
    /// # Panics
    ///
    /// There is no such queue, or one of `after` is not there yet.
    pub fn pass(&mut self, queue: usize, after: &[usize]) -> usize {
        let queues = self.by_queue.len();
        assert!(queue < queues, "queue {queue} of {queues}");
        let mut clock: Vec<u32> = core::iter::repeat_n(0, queues).collect();
        for &before in self.by_queue[queue].last().into_iter().chain(after) {
            assert!(before < self.passes.len(), "pass {before} is not there yet");
            for (own, other) in clock.iter_mut().zip(self.clock(before)) {
                *own = (*own).max(*other);
            }
            let (there, number) = self.passes[before];
            let own = &mut clock[there as usize];
            *own = (*own).max(number + 1);
        }
        let number = small(self.by_queue[queue].len());
        let pass = self.passes.len();
        self.by_queue[queue].push(pass);
        self.passes.push((small(queue), number));
        self.clocks.extend_from_slice(&clock);
        pass
    }

    /// `first` is complete before `second` begins.
    ///
    /// # Panics
    ///
    /// One of them is not there.
    #[must_use]
    pub fn happens_before(&self, first: usize, second: usize) -> bool {
        let (queue, number) = self.passes[first];
        self.clock(second)[queue as usize] > number
    }

    /// The lifetime of an item that these passes use: one span a queue, for [`Problem::push_box`](crate::Problem::push_box).
    ///
    /// # Panics
    ///
    /// One of them is not there, or there is none.
    #[must_use]
    pub fn lifetime(&self, uses: &[usize]) -> Vec<Span> {
        assert!(!uses.is_empty(), "an item that no pass uses has no lifetime");
        (0..self.by_queue.len()).map(|queue| self.span(queue, uses)).collect()
    }

    fn span(&self, queue: usize, uses: &[usize]) -> Span {
        let passes = &self.by_queue[queue];
        // Before and after all uses, or one of them and before or after all others.
        let heads = |pass: usize| uses.iter().all(|u| *u == pass || self.happens_before(pass, *u));
        let ends = |pass: usize| uses.iter().all(|u| *u == pass || self.happens_before(*u, pass));
        let complete = uses.iter().map(|u| self.clock(*u)[queue]).min().unwrap_or(0);
        let first = passes.get(complete as usize).copied();
        let begins = first.is_some_and(|pass| uses.contains(&pass) && heads(pass));
        // The first pass after all uses; being after them is inherited along the queue.
        let later =
            passes.partition_point(|pass| !uses.iter().all(|u| self.happens_before(*u, *pass)));
        let last = later.checked_sub(1).map(|last| passes[last]);
        let closes = last.is_some_and(|pass| uses.contains(&pass) && ends(pass));
        Span { start: 2 * complete + u32::from(begins), end: 2 * small(later) + u32::from(!closes) }
    }

    fn clock(&self, pass: usize) -> &[u32] {
        let queues = self.by_queue.len();
        &self.clocks[pass * queues..(pass + 1) * queues]
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
