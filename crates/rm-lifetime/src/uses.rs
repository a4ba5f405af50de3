//! What was recorded of the use of a resource.

use crate::point::{Point, Points, RetireAt};

/// The last points at which a resource was used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Uses {
    /// Nothing was recorded, so nobody knows.
    #[default]
    Unknown,
    All(Points),
    /// On more timelines than there is room for, so that only everything will do.
    TooMany,
}

impl Uses {
    /// Records a use that ends at `point`.
    pub(crate) fn record(&mut self, point: Point) {
        let mut points = match *self {
            Self::Unknown => Points::NONE,
            Self::All(points) => points,
            Self::TooMany => return,
        };
        *self = if points.insert(point) { Self::All(points) } else { Self::TooMany };
    }

    /// When the resource may be destroyed.
    pub(crate) fn end(self) -> RetireAt {
        match self {
            Self::Unknown | Self::TooMany => RetireAt::Now,
            Self::All(points) => RetireAt::Points(points),
        }
    }
}
