//! Moments on timelines, as plain values.

use std::num::NonZeroU32;

/// Most points that one [`Points`] names.
const MOST: usize = 4;

/// A timeline that was attached to a queue; never used for another one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TimelineId(pub(crate) NonZeroU32);

/// The moment at which a timeline reaches a value.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Point {
    /// The timeline.
    pub timeline: TimelineId,
    /// The value that it reaches.
    pub value: u64,
}

/// A few points, all of which have to be reached: the promise that the device is done by then.
///
/// The greatest value of each timeline counts.
///
/// Safe code cannot make one, not even one that is reached at once:
///
/// ```compile_fail
/// let reached = rm_lifetime::Points::default();
/// ```
///
/// ```compile_fail
/// let reached = rm_lifetime::Points::new(&[]);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Points {
    // Invariant: the first of each are present and name different timelines, the rest are `None` and 0.
    timelines: [Option<TimelineId>; MOST],
    values: [u64; MOST],
}

impl Points {
    /// Most timelines that one set names.
    pub const MOST: usize = MOST;

    /// The points that were given; `None` if they name more than [`MOST`](Self::MOST) timelines.
    ///
    /// No point at all is reached at once.
    ///
    /// # Safety
    ///
    /// - The device is done with whatever is retired at these points, by whoever is given them, when all of them are reached.
    /// - The timelines are of the queue that it retires to.
    pub unsafe fn new(points: &[Point]) -> Option<Self> {
        let mut set = Self::NONE;
        points.iter().all(|point| set.insert(*point)).then_some(set)
    }

    /// No point at all, which is reached at once.
    pub(crate) const NONE: Self = Self { timelines: [None; MOST], values: [0; MOST] };

    /// The points, one a timeline.
    pub fn iter(&self) -> impl Iterator<Item = Point> + '_ {
        self.timelines
            .iter()
            .zip(self.values)
            .map_while(|(timeline, value)| timeline.map(|timeline| Point { timeline, value }))
    }

    /// Adds a point, unless there is no room for another timeline.
    #[inline]
    pub(crate) fn insert(&mut self, point: Point) -> bool {
        for (timeline, value) in self.timelines.iter_mut().zip(&mut self.values) {
            match *timeline {
                Some(known) if known != point.timeline => {}
                Some(_) => {
                    *value = point.value.max(*value);
                    return true;
                }
                None => {
                    *timeline = Some(point.timeline);
                    *value = point.value;
                    return true;
                }
            }
        }
        false
    }
}

/// When something may be destroyed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum RetireAt {
    /// When everything is done that is in flight or being recorded now, on any timeline attached to the queue.
    #[default]
    Now,
    /// When these points are reached.
    Points(Points),
}
