//! What waits, filed under the timeline and the value that it waits for next, so that nobody looks at what is not due.
//!
//! Entries that came in one after the other with the same points are one group, and a group waits on one of its points at a
//! time.
//! A lane holds the groups that wait for one timeline: a queue in ascending order of their values, which is how they come as
//! a rule, and a heap beside it for those that come out of order.
//! A point that is reached takes groups off the front; one that has another open point is filed there.

mod nodes;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    iter, mem,
};

use self::nodes::{Nodes, Run};
use super::{
    garbage::{Entry, Garbage, Wait},
    intake::{Intake, Outlet},
    registry::{Attached, Crowds, upcoming},
};
use crate::point::{Point, TimelineId};

/// The entries of a queue, whoever drains it.
#[derive(Debug)]
pub(super) struct Waiting {
    outlet: Outlet<Entry>,
    nodes: Nodes,
    lanes: Vec<Lane>,
    /// Retired when no timeline was attached.
    unknown: Vec<Group>,
    /// Found ready in this round.
    fresh: Vec<(u64, Run)>,
    ready: VecDeque<Run>,
    /// The first one that is ready, as far as it is left.
    current: Run,
    /// How far each timeline is, in this round.
    words: Vec<(TimelineId, u64)>,
    sequence: u64,
    /// Entries that were looked at because a point of theirs was reached.
    pub(super) examined: u64,
}

/// Entries with the same points.
#[derive(Debug)]
struct Group {
    wait: Wait,
    run: Run,
    sequence: u64,
}

/// What waits for one timeline.
#[derive(Debug)]
struct Lane {
    timeline: TimelineId,
    /// In ascending order of their values.
    due: VecDeque<Due>,
    late: BinaryHeap<Reverse<Due>>,
}

/// A group, and the value of the lane's timeline that it waits for.
#[derive(Debug)]
struct Due {
    value: u64,
    group: Group,
}

impl Waiting {
    /// Room for `count` entries.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            outlet: Outlet::default(),
            nodes: Nodes::with_capacity(count),
            lanes: Vec::new(),
            unknown: Vec::new(),
            fresh: Vec::new(),
            ready: VecDeque::new(),
            current: Run::default(),
            words: Vec::new(),
            sequence: 0,
            examined: 0,
        }
    }

    /// Entries that fit before memory is needed.
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    /// Entries that wait or are ready.
    pub(super) fn count(&self) -> usize {
        self.nodes.count()
    }

    /// Entries that are ready.
    pub(super) fn ready(&self) -> u64 {
        let runs = self.ready.iter().chain([&self.current]);
        runs.map(|run| u64::from(run.count)).sum()
    }

    /// Files whatever came in.
    pub(super) fn take_in(&mut self, intake: &Intake<Entry>, crowds: &Crowds) {
        let mut outlet = mem::take(&mut self.outlet);
        let mut open: Option<Group> = None;
        intake.take(&mut outlet, |entry| {
            let node = self.nodes.add(&entry.garbage);
            match &mut open {
                Some(group) if group.wait == entry.wait => self.nodes.append(&mut group.run, node),
                _ => {
                    self.sequence += 1;
                    let (run, sequence) = (Run::of(node), self.sequence);
                    let group = Group { wait: entry.wait, run, sequence };
                    if let Some(full) = open.replace(group) {
                        self.file(full, crowds);
                    }
                }
            }
        });
        if let Some(last) = open {
            self.file(last, crowds);
        }
        self.outlet = outlet;
    }

    /// Finds out what is ready, by the word of `timelines`, each of which is `at_least` that far; one that is not among them is
    /// reached.
    pub(super) fn look(
        &mut self,
        timelines: &[Attached],
        crowds: &Crowds,
        at_least: impl Fn(TimelineId) -> u64,
    ) {
        if !timelines.is_empty() {
            for group in mem::take(&mut self.unknown) {
                self.file(Group { wait: upcoming(timelines, crowds), ..group }, crowds);
            }
        }
        // Asked once, so that all entries are judged alike.
        let mut words = mem::take(&mut self.words);
        let word = |it: &Attached| it.completed().max(at_least(it.id));
        words.extend(timelines.iter().map(|it| (it.id, word(it))));
        for lane in 0..self.lanes.len() {
            let word = word_of(&words, self.lanes[lane].timeline);
            while let Some(group) = self.lanes[lane].take_reached(word) {
                self.examined += u64::from(group.run.count);
                let open = |point: &Point| word_of(&words, point.timeline) < point.value;
                self.refile(group, crowds, open);
            }
        }
        words.clear();
        self.words = words;
        let attached = |lane: &Lane| timelines.iter().any(|it| it.id == lane.timeline);
        self.lanes.retain(|lane| !lane.is_empty() || attached(lane));
        self.settle();
    }

    /// Counts everything as ready, and says how much that was.
    pub(super) fn ripen(&mut self, crowds: &Crowds) -> u64 {
        let lanes = self.lanes.drain(..).flat_map(Lane::into_groups);
        for group in lanes.chain(self.unknown.drain(..)) {
            if let Wait::Many(slot) = group.wait {
                drop(crowds.take(slot));
            }
            self.fresh.push((group.sequence, group.run));
        }
        let count = self.fresh.iter().map(|(_, run)| u64::from(run.count)).sum();
        self.settle();
        count
    }

    /// The next one that is ready, which is nobody else's from now on.
    #[inline]
    pub(super) fn next_ready(&mut self) -> Option<&Garbage> {
        if self.current.count == 0 {
            self.current = self.ready.pop_front()?;
        }
        let node = self.nodes.remove(&mut self.current);
        self.nodes.get(node)
    }

    /// Everything that is left, which is thereby forgotten.
    pub(super) fn forget(mut self, crowds: &Crowds) -> impl Iterator<Item = Garbage> + use<> {
        self.ripen(crowds);
        iter::from_fn(move || self.next_ready().copied())
    }

    /// Whatever this round has found is ready, in the order in which it was retired.
    fn settle(&mut self) {
        self.fresh.sort_unstable_by_key(|(sequence, _)| *sequence);
        self.ready.extend(self.fresh.drain(..).map(|(_, run)| run));
    }

    /// Files a group under its first point.
    fn file(&mut self, group: Group, crowds: &Crowds) {
        if group.wait == Wait::Unknown {
            self.unknown.push(group);
        } else {
            self.refile(group, crowds, |_| true);
        }
    }

    /// Files a group under a point of its that is open; without one it is ready.
    fn refile(&mut self, group: Group, crowds: &Crowds, mut open: impl FnMut(&Point) -> bool) {
        let mut many = None;
        let next = match group.wait {
            Wait::One(point) => Some(point).filter(open),
            Wait::Few(points) => points.iter().find(open),
            Wait::Many(slot) => {
                let points = crowds.take(slot).unwrap_or_default();
                let next = points.iter().copied().find(|point| open(point));
                many = Some(points).filter(|_| next.is_some());
                next
            }
            Wait::Unknown => None,
        };
        // They were stored, so there is a place for them.
        let back = many.and_then(|points| crowds.put(points).ok());
        let wait = back.map_or(group.wait, Wait::Many);
        match next {
            Some(point) => self.file_under(point, Group { wait, ..group }),
            None => self.fresh.push((group.sequence, group.run)),
        }
    }

    fn file_under(&mut self, point: Point, group: Group) {
        let known = self.lanes.iter().position(|lane| lane.timeline == point.timeline);
        let lane = known.unwrap_or_else(|| {
            self.lanes.push(Lane::new(point.timeline));
            self.lanes.len() - 1
        });
        self.lanes[lane].add(Due { value: point.value, group });
    }
}

/// How far `timeline` is; one that nobody has a word of has vanished, and counts as reached.
fn word_of(words: &[(TimelineId, u64)], timeline: TimelineId) -> u64 {
    words.iter().find(|(known, _)| *known == timeline).map_or(u64::MAX, |(_, word)| *word)
}

impl Lane {
    fn new(timeline: TimelineId) -> Self {
        Self { timeline, due: VecDeque::new(), late: BinaryHeap::new() }
    }

    fn is_empty(&self) -> bool {
        self.due.is_empty() && self.late.is_empty()
    }

    fn add(&mut self, due: Due) {
        if self.due.back().is_none_or(|last| last.value <= due.value) {
            self.due.push_back(due);
        } else {
            self.late.push(Reverse(due));
        }
    }

    /// The next group whose value is reached.
    fn take_reached(&mut self, completed: u64) -> Option<Group> {
        if self.due.front().is_some_and(|due| due.value <= completed) {
            return self.due.pop_front().map(|due| due.group);
        }
        let late = self.late.peek().is_some_and(|Reverse(due)| due.value <= completed);
        if late { self.late.pop().map(|Reverse(due)| due.group) } else { None }
    }

    fn into_groups(self) -> impl Iterator<Item = Group> {
        let late = self.late.into_iter().map(|Reverse(due)| due);
        self.due.into_iter().chain(late).map(|due| due.group)
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Due {}
