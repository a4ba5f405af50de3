//! The floors of all sections, and which is lowest.

use alloc::vec::Vec;

/// A tournament: each node has the lowest floor of the sections below it.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    nodes: Vec<u64>,
    /// The first leaf; a power of two.
    leaves: usize,
}

impl Levels {
    /// So many sections, all at the ground.
    pub(crate) fn reset(&mut self, sections: usize) {
        self.leaves = sections.next_power_of_two();
        self.nodes.clear();
        self.nodes.resize(self.leaves + sections, 0);
        self.nodes.resize(2 * self.leaves, u64::MAX);
        for node in (1..self.leaves).rev() {
            self.nodes[node] = self.nodes[2 * node].min(self.nodes[2 * node + 1]);
        }
    }

    /// The first section with the lowest floor, if one is open.
    pub(crate) fn lowest(&self) -> Option<usize> {
        let floor = self.nodes[1];
        if floor == u64::MAX {
            return None;
        }
        let mut node = 1;
        while node < self.leaves {
            node = if self.nodes[2 * node] == floor { 2 * node } else { 2 * node + 1 };
        }
        Some(node - self.leaves)
    }

    pub(crate) fn floor(&self, section: usize) -> u64 {
        self.nodes[self.leaves + section]
    }

    /// Puts sections `lo..hi` at `floor`; the highest floor of all closes them.
    pub(crate) fn set(&mut self, lo: usize, hi: usize, floor: u64) {
        let (mut lo, mut hi) = (self.leaves + lo, self.leaves + hi - 1);
        self.nodes[lo..=hi].fill(floor);
        while lo > 1 {
            (lo, hi) = (lo / 2, hi / 2);
            for node in lo..=hi {
                self.nodes[node] = self.nodes[2 * node].min(self.nodes[2 * node + 1]);
            }
        }
    }
}
