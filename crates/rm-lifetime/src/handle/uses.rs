//! What was recorded of the use of a resource.

use crate::{
    point::{Point, Points, RetireAt},
    sync::{Mutex, lock},
};

/// The last points at which a resource was used; nothing recorded means that nobody knows.
#[derive(Debug, Default)]
pub(super) struct Uses {
    last: Mutex<Recorded>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Recorded {
    #[default]
    Nothing,
    Points(Points),
    /// On more timelines than there is room for, so that only everything will do.
    TooMany,
}

impl Uses {
    /// Records a use that ends at `point`.
    pub(super) fn record(&self, point: Point) {
        let mut last = lock(&self.last);
        let mut points = match *last {
            Recorded::Nothing => Points::default(),
            Recorded::Points(points) => points,
            Recorded::TooMany => return,
        };
        *last = if points.insert(point) { Recorded::Points(points) } else { Recorded::TooMany };
    }

    /// When the resource may be destroyed.
    pub(super) fn end(&self) -> RetireAt {
        match *lock(&self.last) {
            Recorded::Nothing | Recorded::TooMany => RetireAt::Now,
            Recorded::Points(points) => RetireAt::Points(points),
        }
    }
}
