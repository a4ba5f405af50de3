//! Where garbage lies while it waits: places that are used again, linked to runs.

use super::super::garbage::Garbage;

/// The end of a list.
const END: u32 = u32::MAX;

/// Places for garbage.
#[derive(Debug)]
pub(super) struct Nodes {
    list: Vec<Node>,
    /// First free one.
    free: u32,
    count: usize,
}

#[derive(Debug)]
struct Node {
    garbage: Garbage,
    /// The next one of the run, or free.
    next: u32,
}

/// Garbage in the order in which it came.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Run {
    // Invariant: `count` nodes are linked from `first` to `last`; none, where it is 0.
    first: u32,
    last: u32,
    pub(super) count: u32,
}

impl Run {
    /// One node.
    pub(super) fn of(node: u32) -> Self {
        Self { first: node, last: node, count: 1 }
    }
}

impl Nodes {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { list: Vec::with_capacity(count), free: END, count: 0 }
    }

    pub(super) fn capacity(&self) -> usize {
        self.list.capacity()
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Finds a place for `garbage`.
    #[inline]
    pub(super) fn add(&mut self, garbage: &Garbage) -> u32 {
        self.count += 1;
        let index = self.free;
        if let Some(place) = self.list.get_mut(index as usize) {
            self.free = place.next;
            place.garbage = *garbage;
            return index;
        }
        // 2^32 of them would be a quarter of a terabyte.
        let index = u32::try_from(self.list.len()).unwrap_or(END);
        self.list.push(Node { garbage: *garbage, next: END });
        index
    }

    /// Adds `node` to the end of `run`.
    #[inline]
    pub(super) fn append(&mut self, run: &mut Run, node: u32) {
        self.list[run.last as usize].next = node;
        run.last = node;
        run.count += 1;
    }

    /// Takes the first node off `run`, which has one.
    ///
    /// Its garbage stays there until the next [`add`](Self::add).
    #[inline]
    pub(super) fn remove(&mut self, run: &mut Run) -> u32 {
        let index = run.first;
        if let Some(node) = self.list.get_mut(index as usize) {
            run.first = node.next;
            node.next = self.free;
            self.free = index;
        }
        run.count -= 1;
        self.count -= 1;
        index
    }

    #[inline]
    pub(super) fn get(&self, node: u32) -> Option<&Garbage> {
        self.list.get(node as usize).map(|node| &node.garbage)
    }
}
