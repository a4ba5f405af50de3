//! What programs do with memory, step by step, and the same on every machine.

use std::collections::VecDeque;

use fastrand::Rng;
use rm_alloc_core::{Allocation, MemoryAllocator};

use crate::sim::{free_all, linear};

/// Bytes of buffers of every size, and what they ask for.
pub(crate) const BUFFERS: Want = Want { least: 256, most: 4 << 20, alignment: 256 };
/// The smallest ones.
pub(crate) const TINY: Want = Want { least: 64, most: 4 << 10, alignment: 16 };
/// What a frame uses for itself.
const TRANSIENTS: Want = Want { least: 256, most: 256 << 10, alignment: 256 };
/// What is loaded as it is needed.
const ASSETS: Want = Want { least: 64 << 10, most: 64 << 20, alignment: 64 << 10 };

/// Sizes as likely in every doubling between two powers of two, at an alignment.
#[derive(Clone, Copy)]
pub(crate) struct Want {
    least: u64,
    most: u64,
    alignment: u64,
}

impl Want {
    fn size(self, random: &mut Rng) -> u64 {
        let low = self.least << random.u32(..(self.most / self.least).ilog2());
        random.u64(low..=2 * low)
    }
}

/// Who plays a trace: an allocator, and what looks on at each allocation.
pub(crate) struct Player<'a> {
    pub(crate) allocator: &'a dyn MemoryAllocator,
    pub(crate) look: &'a mut dyn FnMut(),
}

impl Player<'_> {
    fn take(&mut self, want: Want, size: u64) -> Allocation {
        let mut request = linear(size);
        request.alignment = want.alignment;
        let taken = self.allocator.allocate(&request).unwrap();
        (self.look)();
        taken
    }

    fn free(&self, held: impl IntoIterator<Item = Allocation>) {
        free_all(self.allocator, held);
    }

    /// Frees one of `live` at random and takes another, `pairs` times; what is left is handed back.
    pub(crate) fn churn(&mut self, want: Want, live: usize, pairs: usize) -> Vec<Allocation> {
        let mut random = Rng::with_seed(1);
        let mut take = |random: &mut Rng| self.take(want, want.size(random));
        let mut held: Vec<_> = (0..live).map(|_| take(&mut random)).collect();
        for _ in 0..pairs {
            let chosen = random.usize(..live);
            free_all(self.allocator, [held.swap_remove(chosen)]);
            held.push(self.take(want, want.size(&mut random)));
        }
        held
    }

    /// 200 transients a frame, freed three frames later; `between` is called after each frame with its number.
    pub(crate) fn frames(&mut self, frames: usize, mut between: impl FnMut(usize)) {
        let mut random = Rng::with_seed(2);
        let mut flight = VecDeque::new();
        for frame in 0..frames {
            if flight.len() == 3 {
                self.free(flight.pop_front().into_iter().flatten());
            }
            let size = |random: &mut Rng| TRANSIENTS.size(random);
            let new: Vec<_> = (0..200).map(|_| self.take(TRANSIENTS, size(&mut random))).collect();
            flight.push_back(new);
            between(frame);
        }
        self.free(flight.into_iter().flatten());
    }

    /// Four assets a frame out of many, the oldest freed beyond `limit` bytes; `between` as of [`frames`](Self::frames).
    pub(crate) fn streaming(&mut self, frames: usize, limit: u64, mut between: impl FnMut(usize)) {
        let mut random = Rng::with_seed(3);
        let (mut resident, mut bytes) = (VecDeque::new(), 0);
        for frame in 0..frames {
            for _ in 0..random.u32(1..=4) {
                let size = ASSETS.size(&mut random);
                while bytes + size > limit
                    && let Some(oldest) = resident.pop_front()
                {
                    bytes -= Allocation::size(&oldest);
                    self.free([oldest]);
                }
                let taken = self.take(ASSETS, size);
                bytes += taken.size();
                resident.push_back(taken);
            }
            between(frame);
        }
        self.free(resident);
    }
}
