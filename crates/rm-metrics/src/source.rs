//! What else has figures: queues, pools, transients, plans, and whatever a program counts itself.

mod lifetime;

use std::fmt;

use crate::Unit;

/// Something with figures of its own that a collector puts beside the manager's.
///
/// Implemented for what `rm-lifetime` and `rm-alias` have, for their statistics as plain data, and by [`Gauges`] for
/// everything else.
///
/// ```
/// use rm_metrics::{Figure, MetricsSource, Unit};
///
/// struct Streaming {
///     textures: u64,
/// }
///
/// impl MetricsSource for Streaming {
///     fn figures(&self) -> &[Figure] {
///         const { &[Figure::new("textures", Unit::Count)] }
///     }
///
///     fn read(&self, values: &mut [u64]) {
///         values[0] = self.textures;
///     }
/// }
/// # let mut values = [0];
/// # Streaming { textures: 3 }.read(&mut values);
/// # assert_eq!(values, [3]);
/// ```
pub trait MetricsSource {
    /// What it counts: always the same, in the same order.
    fn figures(&self) -> &[Figure];

    /// Puts the figures of this moment into `values`, which is as long as [`figures`](Self::figures).
    ///
    /// Called once a frame, so it does not wait, allocate or walk.
    fn read(&self, values: &mut [u64]);
}

/// The name and unit of one figure of a source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Figure {
    /// Its name; a column is called `source.name`.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
}

impl Figure {
    /// A figure.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        Self { name, unit }
    }
}

/// Which source of a collector it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SourceId(pub(crate) usize);

/// A source that is a closure.
///
/// ```
/// use rm_metrics::{Figure, Gauges, MetricsSource, Unit};
///
/// let gauges = Gauges::new([Figure::new("draws", Unit::Count)], || [12]);
/// let mut values = [0];
/// gauges.read(&mut values);
/// assert_eq!(values, [12]);
/// ```
pub struct Gauges<const N: usize, F> {
    figures: [Figure; N],
    read: F,
}

impl<const N: usize, F: Fn() -> [u64; N]> Gauges<N, F> {
    /// A source of `figures`, whose values `read` answers.
    pub fn new(figures: [Figure; N], read: F) -> Self {
        Self { figures, read }
    }
}

impl<const N: usize, F: Fn() -> [u64; N]> MetricsSource for Gauges<N, F> {
    fn figures(&self) -> &[Figure] {
        &self.figures
    }

    fn read(&self, values: &mut [u64]) {
        put(values, (self.read)());
    }
}

impl<const N: usize, F> fmt::Debug for Gauges<N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauges").field("figures", &self.figures).finish_non_exhaustive()
    }
}

/// Puts `new` where there is room: a list of another length is the caller's mistake, and no reason to panic in a frame.
fn put<const N: usize>(values: &mut [u64], new: [u64; N]) {
    values.iter_mut().zip(new).for_each(|(value, new)| *value = new);
}
