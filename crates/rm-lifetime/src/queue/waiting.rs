//! What waits: entries filed under the timeline and the value that they wait for next, so that nobody looks at those whose time has not come.
//!
//! An entry waits on one of its points at a time.
//! Whoever retires at the same value as the one before joins its bucket, so a lane is a short queue of buckets in ascending
//! order; values that come late, out of order, go to a heap beside it.
//! Reaching a point takes whole buckets off the front; an entry with another open point is filed there.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, VecDeque},
};

use super::{
    garbage::{Entry, Garbage, Wait},
    intake::{Intake, Outlet},
    registry::{Attached, upcoming},
};
use crate::point::{Point, TimelineId};

/// The end of a list.
const END: u32 = u32::MAX;

/// The entries of a queue, whoever drains it.
#[derive(Debug)]
pub(super) struct Waiting {
    outlet: Outlet<Entry>,
    nodes: Vec<Node>,
    /// First node without an entry.
    free: u32,
    lanes: Vec<Lane>,
    /// Retired when no timeline was attached.
    unknown: Vec<u32>,
    /// Found ready in this round, with their sequence.
    fresh: Vec<(u64, u32)>,
    ready: VecDeque<u32>,
    /// How far each timeline is, in this round.
    words: Vec<(TimelineId, u64)>,
    sequence: u64,
    /// Entries that were looked at because a point of theirs was reached.
    pub(super) examined: u64,
    /// Entries that wait or are ready.
    pub(super) count: usize,
}

#[derive(Debug)]
struct Node {
    entry: Option<Entry>,
    sequence: u64,
    /// The next one of the same bucket, or without an entry.
    next: u32,
}

/// What waits for one timeline.
#[derive(Debug)]
struct Lane {
    timeline: TimelineId,
    /// In ascending order of their values.
    buckets: VecDeque<Bucket>,
    late: BinaryHeap<Reverse<Bucket>>,
}

/// A list of nodes that wait for the same value.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    value: u64,
    first: u32,
    last: u32,
}

impl Waiting {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            outlet: Outlet::default(),
            nodes: Vec::with_capacity(count),
            free: END,
            lanes: Vec::new(),
            unknown: Vec::new(),
            fresh: Vec::with_capacity(count),
            ready: VecDeque::with_capacity(count),
            words: Vec::new(),
            sequence: 0,
            examined: 0,
            count: 0,
        }
    }

    /// Entries that fit before memory is needed.
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    /// Files whatever came in.
    pub(super) fn take_in(&mut self, intake: &Intake<Entry>) {
        let mut outlet = std::mem::take(&mut self.outlet);
        intake.take(&mut outlet, |entry| {
            let node = self.store(entry);
            self.file(node);
        });
        self.outlet = outlet;
    }

    /// Finds out what is ready, by the word of `timelines`; one that is not among them is reached.
    pub(super) fn look(&mut self, timelines: &[Attached], done: impl Fn(TimelineId) -> bool) {
        if !timelines.is_empty() {
            for node in std::mem::take(&mut self.unknown) {
                if let Some(entry) = &mut self.nodes[node as usize].entry {
                    entry.wait = upcoming(timelines);
                }
                self.file(node);
            }
        }
        // Asked once, so that all entries are judged alike.
        let mut words = std::mem::take(&mut self.words);
        let word = |it: &Attached| if done(it.id) { u64::MAX } else { it.completed() };
        words.extend(timelines.iter().map(|it| (it.id, word(it))));
        for lane in 0..self.lanes.len() {
            let word = word_of(&words, self.lanes[lane].timeline);
            while let Some(bucket) = self.lanes[lane].take_reached(word) {
                self.sift(bucket, &words);
            }
        }
        words.clear();
        self.words = words;
        self.lanes
            .retain(|lane| !lane.is_empty() || timelines.iter().any(|it| it.id == lane.timeline));
        self.fresh.sort_unstable();
        self.ready.extend(self.fresh.drain(..).map(|(_, node)| node));
    }

    /// Counts everything as ready.
    pub(super) fn ripen(&mut self) {
        let waiting = self.nodes.iter().zip(0..).filter(|(node, _)| node.entry.is_some());
        self.fresh.extend(waiting.map(|(node, index)| (node.sequence, index)));
        self.fresh.sort_unstable();
        self.ready.clear();
        self.ready.extend(self.fresh.drain(..).map(|(_, node)| node));
        self.lanes.clear();
        self.unknown.clear();
    }

    /// The next one that is ready.
    #[inline]
    pub(super) fn next_ready(&mut self) -> Option<Garbage> {
        let index = self.ready.pop_front()?;
        let free = self.free;
        let node = &mut self.nodes[index as usize];
        let entry = node.entry.take();
        node.next = free;
        self.free = index;
        self.count -= 1;
        entry.map(|entry| entry.garbage)
    }

    /// Whether anything is ready.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Everything that is left, which is thereby forgotten.
    pub(super) fn rest(&self) -> impl Iterator<Item = &Garbage> {
        self.nodes.iter().filter_map(|node| node.entry.as_ref()).map(|entry| &entry.garbage)
    }

    /// Each entry of a bucket is ready, or waits for another of its points.
    fn sift(&mut self, bucket: Bucket, words: &[(TimelineId, u64)]) {
        let mut at = bucket.first;
        while at != END {
            self.examined += 1;
            let node = &self.nodes[at as usize];
            let (next, sequence) = (node.next, node.sequence);
            let open = |point: &Point| word_of(words, point.timeline) < point.value;
            let entry = node.entry.as_ref();
            match entry.and_then(|entry| entry.wait.points().find(open)) {
                Some(point) => self.file_under(point, at),
                None => self.fresh.push((sequence, at)),
            }
            at = next;
        }
    }

    fn store(&mut self, entry: Entry) -> u32 {
        self.count += 1;
        let sequence = self.sequence;
        self.sequence += 1;
        let node = Node { entry: Some(entry), sequence, next: END };
        if self.free != END {
            let index = self.free;
            let place = &mut self.nodes[index as usize];
            self.free = place.next;
            *place = node;
            return index;
        }
        // 2^32 entries are half a terabyte.
        let index = u32::try_from(self.nodes.len()).unwrap_or(END);
        self.nodes.push(node);
        index
    }

    /// Files a node under its first point.
    fn file(&mut self, index: u32) {
        let node = &self.nodes[index as usize];
        let Some(entry) = &node.entry else { return };
        let first = entry.wait.points().next();
        match first {
            Some(point) => self.file_under(point, index),
            None if matches!(entry.wait, Wait::Unknown) => self.unknown.push(index),
            None => self.fresh.push((node.sequence, index)),
        }
    }

    fn file_under(&mut self, point: Point, index: u32) {
        self.nodes[index as usize].next = END;
        let known = self.lanes.iter().position(|lane| lane.timeline == point.timeline);
        let lane = known.unwrap_or_else(|| {
            self.lanes.push(Lane::new(point.timeline));
            self.lanes.len() - 1
        });
        let Self { lanes, nodes, .. } = self;
        lanes[lane].add(point.value, index, nodes);
    }
}

/// How far `timeline` is; one that nobody has a word of has vanished, and counts as reached.
fn word_of(words: &[(TimelineId, u64)], timeline: TimelineId) -> u64 {
    words.iter().find(|(known, _)| *known == timeline).map_or(u64::MAX, |(_, word)| *word)
}

impl Lane {
    fn new(timeline: TimelineId) -> Self {
        Self { timeline, buckets: VecDeque::new(), late: BinaryHeap::new() }
    }

    fn is_empty(&self) -> bool {
        self.buckets.is_empty() && self.late.is_empty()
    }

    #[inline]
    fn add(&mut self, value: u64, index: u32, nodes: &mut [Node]) {
        let alone = Bucket { value, first: index, last: index };
        let found = match self.buckets.back() {
            None => return self.buckets.push_back(alone),
            Some(last) if last.value < value => return self.buckets.push_back(alone),
            Some(last) if last.value == value => Ok(self.buckets.len() - 1),
            Some(_) => self.buckets.binary_search_by_key(&value, |bucket| bucket.value),
        };
        match found {
            Ok(bucket) => {
                let bucket = &mut self.buckets[bucket];
                nodes[bucket.last as usize].next = index;
                bucket.last = index;
            }
            Err(_) => self.late.push(Reverse(alone)),
        }
    }

    /// The next bucket whose value is reached.
    fn take_reached(&mut self, completed: u64) -> Option<Bucket> {
        if self.buckets.front().is_some_and(|bucket| bucket.value <= completed) {
            return self.buckets.pop_front();
        }
        let late = self.late.peek().is_some_and(|Reverse(bucket)| bucket.value <= completed);
        if late { self.late.pop().map(|Reverse(bucket)| bucket) } else { None }
    }
}

impl Ord for Bucket {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Bucket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bucket {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Bucket {}
