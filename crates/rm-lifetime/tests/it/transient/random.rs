//! Whatever is done in whatever order: no two pieces that live or are in flight overlap.

use std::{collections::BTreeMap, sync::Arc};

use ash::vk::Handle;
use rm_lifetime::{
    GpuTimeline, ManualTimeline, Point, RetireAt, TimelineId, TransientAllocator, TransientError,
    TransientSlice,
};
use rm_vksim::Profile;

use super::{BLOCK, all, byte, config, free_list};
use crate::{
    rig::Rig,
    support::{Random, at, attach},
};

const OPERATIONS: u32 = 120_000;

/// How far beyond what is upcoming a moment may lie, less one.
const LATER: u64 = 3;

/// Bytes that are somebody's, and what the device has not finished.
struct Oracle {
    rig: Rig,
    timelines: [(TimelineId, Arc<ManualTimeline>); 3],
    random: Random,
    /// Where each piece begins, and where it ends.
    taken: BTreeMap<(u64, u64), u64>,
    /// What is in flight, and the values that it waits for.
    flying: Vec<([u64; 3], Vec<TransientSlice>)>,
}

impl Oracle {
    fn new(seed: u64) -> Self {
        let rig = Rig::new(Profile::desktop_rebar());
        let first = (rig.id, Arc::clone(&rig.timeline));
        let timelines = [first, attach(&rig.queue), attach(&rig.queue)];
        let random = Random(seed);
        Self { rig, timelines, random, taken: BTreeMap::new(), flying: Vec::new() }
    }

    fn enter(&mut self, slice: TransientSlice) {
        let (buffer, start) = (slice.buffer().as_raw(), slice.offset());
        let end = start + slice.size();
        let before = self.taken.range(..=(buffer, start)).next_back();
        let clear = before.is_none_or(|((other, _), end)| *other != buffer || *end <= start);
        let after = self.taken.range((buffer, start)..).next();
        let clear =
            clear && after.is_none_or(|((other, start), _)| *other != buffer || *start >= end);
        assert!(clear, "{slice:?} overlaps {before:?} or {after:?}");
        self.taken.insert((buffer, start), end);
    }

    /// A moment, and the values that it stands for: of everything, or of one timeline, for what is upcoming or comes later.
    fn moment(&mut self) -> (RetireAt, [u64; 3]) {
        let upcoming = self.timelines.each_ref().map(|(_, timeline)| timeline.upcoming());
        let chosen = self.random.below(5);
        let Some((id, _)) = self.timelines.get(usize::try_from(chosen).unwrap()) else {
            return (RetireAt::Now, upcoming);
        };
        let (index, mut values) = (usize::try_from(chosen).unwrap(), [0; 3]);
        let value = upcoming[index] + self.random.below(LATER);
        values[index] = value;
        (at(&[Point { timeline: *id, value }]), values)
    }

    fn fly(&mut self, values: [u64; 3], slices: Vec<TransientSlice>) {
        slices.iter().for_each(|slice| self.rig.sim.mark_in_use(slice.buffer()));
        self.flying.push((values, slices));
    }

    fn is_reached(&self, values: &[u64; 3]) -> bool {
        self.timelines
            .iter()
            .zip(values)
            .all(|((_, timeline), value)| timeline.completed() >= *value)
    }

    /// The device gets on with one of its queues, or is given more to do.
    fn advance(&mut self) {
        let index = usize::try_from(self.random.below(3)).unwrap();
        let timeline = Arc::clone(&self.timelines[index].1);
        timeline.submit();
        if self.random.below(3) > 0 {
            let (done, end) = (timeline.completed(), timeline.upcoming());
            let value = done + self.random.below(end - done);
            self.complete(&timeline, value);
        }
    }

    fn complete(&mut self, timeline: &ManualTimeline, value: u64) {
        // What the device is done with is known to the simulator before it is known to the allocator.
        let timelines = self.timelines.each_ref().map(|(_, known)| {
            if std::ptr::eq(&**known, timeline) {
                value.max(known.completed())
            } else {
                known.completed()
            }
        });
        let reached =
            |values: &[u64; 3]| timelines.iter().zip(values).all(|(now, value)| now >= value);
        let done = self.flying.extract_if(.., |(values, _)| reached(values)).collect::<Vec<_>>();
        for slice in done.into_iter().flat_map(|(_, slices)| slices) {
            self.rig.sim.release_use(slice.buffer());
            self.taken.remove(&(slice.buffer().as_raw(), slice.offset()));
        }
        timeline.complete(value);
    }

    fn size(&mut self) -> u64 {
        match self.random.below(200) {
            0 => BLOCK + self.random.below(3 * BLOCK),
            1..5 => self.random.below(BLOCK) + 1,
            _ => self.random.below(2000) + 1,
        }
    }

    fn end(mut self) {
        for (_, timeline) in self.timelines.clone() {
            for _ in 0..LATER {
                let value = timeline.submit();
                self.complete(&timeline, value);
                self.rig.drain();
            }
        }
        assert!(self.flying.is_empty());
        self.rig.end();
    }
}

fn filled(oracle: &mut Oracle, transient: &mut dyn TransientAllocator) -> TransientSlice {
    let (size, alignment) = (oracle.size(), 1 << oracle.random.below(9));
    let slice = transient.allocate(size, alignment).unwrap();
    assert_eq!((slice.size(), slice.offset() % alignment), (size, 0));
    transient.write(&slice, 0, &[mark(&slice)]).unwrap();
    transient.write(&slice, size - 1, &[mark(&slice)]).unwrap();
    oracle.enter(slice);
    slice
}

/// A byte that neighbours rarely have.
fn mark(slice: &TransientSlice) -> u8 {
    (slice.offset().wrapping_mul(31) ^ slice.size() ^ slice.buffer().as_raw()).to_le_bytes()[0]
}

fn intact(slice: &TransientSlice) {
    let ends = [byte(slice, 0), byte(slice, slice.size() - 1)];
    assert_eq!(ends, [mark(slice); 2], "{slice:?}");
}

/// Frames of an allocator of any kind.
fn frames(index: usize, seed: u64) {
    let mut oracle = Oracle::new(seed);
    let config = config().depth(3).keep_frames(20);
    let mut transient = all(&oracle.rig, &config).into_iter().nth(index).unwrap();
    let mut open: Option<Vec<TransientSlice>> = None;
    for _ in 0..OPERATIONS {
        match (oracle.random.below(64), &mut open) {
            (0..3, None) => match transient.begin_frame() {
                Ok(()) => open = Some(Vec::new()),
                Err(error) => {
                    assert_eq!((index, error), (1, TransientError::InFlight { depth: 3 }));
                    let unfinished = oracle.flying.iter();
                    assert!(unfinished.clone().any(|(values, _)| !oracle.is_reached(values)));
                }
            },
            (3, Some(pieces)) => {
                let pieces = std::mem::take(pieces);
                pieces.iter().for_each(intact);
                let (at, values) = oracle.moment();
                transient.end_frame(at).unwrap();
                oracle.fly(values, pieces);
                open = None;
            }
            (4..10, _) => oracle.advance(),
            (10, _) => oracle.rig.drain(),
            (_, Some(pieces)) => pieces.push(filled(&mut oracle, &mut *transient)),
            _ => assert_eq!(transient.allocate(1, 1), Err(TransientError::NoFrame)),
        }
        if index == 1 {
            // What is reached is not kept here.
            let unfinished = oracle.flying.len() + usize::from(open.is_some());
            assert!(unfinished <= 3, "the depth is three");
        }
    }
    // What is recorded now may use the open frame, and what is in flight the others.
    let upcoming = oracle.timelines.each_ref().map(|(_, timeline)| timeline.upcoming());
    oracle.fly(upcoming, open.unwrap_or_default());
    drop(transient);
    oracle.rig.drain();
    oracle.end();
}

#[test]
fn frames_of_a_bump_allocator_never_overlap() {
    frames(0, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn frames_of_an_epoch_allocator_never_overlap() {
    frames(1, 0xd1b5_4a32_d192_ed03);
}

#[test]
fn frames_of_a_free_list_never_overlap() {
    frames(2, 0x2545_f491_4f6c_dd1d);
}

#[test]
fn pieces_that_come_back_one_by_one_never_overlap() {
    let mut oracle = Oracle::new(0x1234_5678_9abc_def1);
    let mut transient = free_list(&oracle.rig, &config().keep_frames(20));
    let mut live: Vec<TransientSlice> = Vec::new();
    for _ in 0..OPERATIONS {
        match oracle.random.below(16) {
            0..3 => oracle.advance(),
            3 => oracle.rig.drain(),
            4..10 if !live.is_empty() => {
                let index = oracle.random.below(live.len() as u64);
                let slice = live.swap_remove(usize::try_from(index).unwrap());
                intact(&slice);
                let (at, values) = oracle.moment();
                transient.release(slice, at).unwrap();
                assert_eq!(transient.release(slice, at), Err(TransientError::UnknownSlice));
                oracle.fly(values, vec![slice]);
            }
            _ => {
                let (size, alignment) = (oracle.size(), 1 << oracle.random.below(9));
                let slice = transient.hold(size, alignment).unwrap();
                transient.write(&slice, 0, &[mark(&slice)]).unwrap();
                transient.write(&slice, size - 1, &[mark(&slice)]).unwrap();
                oracle.enter(slice);
                live.push(slice);
            }
        }
    }
    live.iter().for_each(intact);
    // What is recorded now may use those that nobody released.
    let upcoming = oracle.timelines.each_ref().map(|(_, timeline)| timeline.upcoming());
    oracle.fly(upcoming, live);
    drop(transient);
    oracle.rig.drain();
    oracle.end();
}
