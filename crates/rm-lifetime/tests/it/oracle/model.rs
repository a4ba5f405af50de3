//! What the queue should be doing, kept in the plainest way.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex},
};

use ash::vk;
use rm_alloc_core::BufferAllocation;
use rm_lifetime::{
    DrainLimit, ManualTimeline, Point, Points, RetireAt, Shared, SharedBuffer, TimelineId,
};

use crate::support::{ALL, Bed, Random, at, attach, request};

/// Values of timelines that have to be reached; a timeline that is gone is no obstacle.
type Needs = Vec<Point>;

pub(super) struct Model {
    bed: Bed,
    random: Random,
    lines: Vec<Line>,
    /// What waits, by the order in which it was retired.
    waiting: BTreeMap<u64, Entry>,
    next: u64,
    /// Closures that ran.
    ran: Arc<Mutex<Vec<u64>>>,
    shared: Vec<(SharedBuffer, u64, Needs)>,
    /// Bytes that are charged, and those of them that wait.
    reserved: u64,
    retiring: u64,
}

struct Line {
    id: TimelineId,
    timeline: Arc<ManualTimeline>,
    submitted: u64,
    completed: u64,
}

struct Entry {
    needs: Needs,
    /// With the bytes that it is charged with; nothing for a closure.
    buffer: Option<(vk::Buffer, u64)>,
    /// Whether the oracle was told that the device uses the buffer.
    in_use: bool,
}

impl Model {
    pub(super) fn new(seed: u64) -> Self {
        let bed = Bed::new(0);
        let lines = (0..4).map(|_| Line::new(&bed)).collect();
        Self {
            bed,
            random: Random(seed),
            lines,
            waiting: BTreeMap::new(),
            next: 0,
            ran: Arc::default(),
            shared: Vec::new(),
            reserved: 0,
            retiring: 0,
        }
    }

    /// A number below `bound`.
    pub(super) fn roll(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.roll(count as u64)).unwrap()
    }

    pub(super) fn submit(&mut self) {
        let line = self.pick(4);
        let line = &mut self.lines[line];
        line.submitted = line.timeline.submit();
    }

    /// Some of what was submitted is finished.
    pub(super) fn complete(&mut self) {
        let (line, more) = (self.pick(4), self.roll(3));
        let line = &mut self.lines[line];
        line.completed = line.submitted.min(line.completed + more);
        line.timeline.complete(line.completed);
        self.release_met();
    }

    /// A timeline goes for good, and another one comes.
    pub(super) fn vanish(&mut self) {
        let line = self.pick(4);
        let gone = mem::replace(&mut self.lines[line], Line::new(&self.bed));
        // SAFETY: the oracle is told right after.
        assert!(unsafe { self.bed.queue.detach(gone.id) });
        self.release_met();
        if self.roll(2) == 0 {
            self.bed.retirer = self.bed.queue.retirer();
        }
    }

    pub(super) fn retire_call_now(&mut self) {
        self.retire_call(self.now(), RetireAt::Now);
    }

    pub(super) fn retire_call_at(&mut self) {
        let needs = self.some_needs();
        let at = at(&needs);
        self.retire_call(needs, at);
    }

    pub(super) fn retire_buffer_now(&mut self) {
        let (buffer, charged) = self.make();
        let raw = buffer.raw();
        self.bed.retirer.retire_buffer(buffer, RetireAt::Now);
        self.note_buffer(raw, charged, self.now());
    }

    pub(super) fn retire_buffer_at(&mut self) {
        let (buffer, charged) = self.make();
        let (raw, needs) = (buffer.raw(), self.some_needs());
        self.bed.retirer.retire_buffer(buffer, at(&needs));
        self.note_buffer(raw, charged, needs);
    }

    pub(super) fn make_shared(&mut self) {
        if self.shared.len() < 8 {
            let (buffer, charged) = self.make();
            let shared = Shared::adopt(buffer, &self.bed.retirer);
            self.shared.push((shared, charged, Vec::new()));
        }
    }

    /// Records a use that ends with what is being recorded, unless there is no room for another timeline.
    pub(super) fn use_shared(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let (index, line) = (self.pick(self.shared.len()), self.pick(4));
        let point = self.lines[line].upcoming();
        let (shared, _, needs) = &mut self.shared[index];
        let known = needs.iter().position(|need| need.timeline == point.timeline);
        match known {
            Some(known) => needs[known] = point,
            None if needs.len() == Points::MOST => return,
            None => needs.push(point),
        }
        // SAFETY: the oracle alone uses it, until then.
        unsafe { shared.clone().used(point) };
    }

    pub(super) fn drop_shared(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let index = self.pick(self.shared.len());
        let (shared, charged, needs) = self.shared.swap_remove(index);
        let needs = if needs.is_empty() { self.now() } else { needs };
        let raw = shared.raw();
        drop(shared);
        self.note_buffer(raw, charged, needs);
    }

    /// Everything that is due dies, in the order in which it was retired, and nothing else; with a limit, in two goes.
    pub(super) fn drain(&mut self, limit: DrainLimit) {
        let (met, waiting) = (|entry: &Entry| self.is_met(&entry.needs), &self.waiting);
        let due: Vec<u64> = waiting.iter().filter(|it| met(it.1)).map(|it| *it.0).collect();
        let first = self.bed.queue.drain(limit);
        let most = limit.entries.map_or(u64::MAX, u64::from).min(due.len() as u64);
        assert_eq!((first.entries, first.left), (most, due.len() as u64 - most));
        if first.left > 0 {
            assert_eq!(self.bed.queue.drain(ALL).entries, first.left);
        }
        let calls = due.iter().filter(|number| self.waiting[number].buffer.is_none());
        assert!(calls.eq(&*self.ran.lock().unwrap()), "in order, {due:?} were due");
        self.ran.lock().unwrap().clear();
        for number in due {
            let entry = self.waiting.remove(&number).unwrap();
            assert!(!entry.in_use);
            let charged = entry.buffer.map_or(0, |(_, charged)| charged);
            self.reserved -= charged;
            self.retiring -= charged;
        }
    }

    /// The books agree, and the oracle has seen nothing.
    pub(super) fn check(&self) {
        assert_eq!(self.bed.charged(), (self.reserved, self.retiring));
        assert!(!self.bed.sim.is_poisoned(), "{:?}", self.bed.sim.violations());
    }

    /// The device finishes, and nothing is left.
    pub(super) fn end(mut self) {
        while !self.shared.is_empty() {
            self.drop_shared();
        }
        for line in &mut self.lines {
            line.completed = u64::MAX;
            line.timeline.complete(u64::MAX);
        }
        self.release_met();
        self.drain(ALL);
        assert_eq!((self.bed.charged(), self.waiting.len()), ((0, 0), 0));
        assert_eq!(self.bed.sim.leaks(), []);
    }

    fn now(&self) -> Needs {
        self.lines.iter().map(Line::upcoming).collect()
    }

    /// Up to three points, in the past and in the future.
    fn some_needs(&mut self) -> Needs {
        let mut needs = Needs::new();
        for _ in 0..self.roll(4) {
            let (line, ahead) = (self.pick(4), self.roll(4));
            let Line { id: timeline, submitted, .. } = self.lines[line];
            if needs.iter().all(|need| need.timeline != timeline) {
                needs.push(Point { timeline, value: (submitted + ahead).saturating_sub(2) });
            }
        }
        needs
    }

    fn is_met(&self, needs: &[Point]) -> bool {
        needs.iter().all(|need| {
            let line = self.lines.iter().find(|line| line.id == need.timeline);
            line.is_none_or(|line| line.completed >= need.value)
        })
    }

    fn retire_call(&mut self, needs: Needs, at: RetireAt) {
        let (number, ran) = (self.next, Arc::clone(&self.ran));
        self.bed.retirer.retire_with(move || ran.lock().unwrap().push(number), at);
        self.note(Entry { needs, buffer: None, in_use: false });
    }

    /// A buffer, and what it is charged with.
    fn make(&mut self) -> (BufferAllocation, u64) {
        let size = (1 + self.roll(64)) << 10;
        let buffer = self.bed.manager.allocate_buffer(&request(size)).unwrap();
        let charged = self.bed.charged().0 - self.reserved;
        assert!(charged >= size);
        self.reserved += charged;
        (buffer, charged)
    }

    /// A buffer waits from now on, and the device uses it until its needs are met.
    fn note_buffer(&mut self, raw: vk::Buffer, charged: u64, needs: Needs) {
        let in_use = !self.is_met(&needs);
        if in_use {
            self.bed.sim.mark_in_use(raw);
        }
        self.retiring += charged;
        self.note(Entry { needs, buffer: Some((raw, charged)), in_use });
    }

    fn note(&mut self, entry: Entry) {
        self.waiting.insert(self.next, entry);
        self.next += 1;
    }

    /// Tells the oracle what the device is done with.
    fn release_met(&mut self) {
        let mut waiting = mem::take(&mut self.waiting);
        for entry in waiting.values_mut() {
            if let (Some((raw, _)), true) =
                (entry.buffer, entry.in_use && self.is_met(&entry.needs))
            {
                self.bed.sim.release_use(raw);
                entry.in_use = false;
            }
        }
        self.waiting = waiting;
    }
}

impl Line {
    fn new(bed: &Bed) -> Self {
        let (id, timeline) = attach(&bed.queue);
        Self { id, timeline, submitted: 0, completed: 0 }
    }

    fn upcoming(&self) -> Point {
        Point { timeline: self.id, value: self.submitted + 1 }
    }
}
