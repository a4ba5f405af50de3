//! What is lent, and how it comes back.

use std::{
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::shelf::{Shelf, Stock};
use crate::{Point, RetireAt, Retirer, point::Points};

/// An object on loan.
#[derive(Debug)]
pub(super) struct Lent<T: Stock> {
    // Invariant: present until drop.
    object: ManuallyDrop<T>,
    /// Where it goes back to, and its slot there; `None` if it never does.
    home: Option<(Arc<Shelf<T>>, u32)>,
    retirer: Retirer,
    uses: Uses,
}

/// The uses that were recorded.
#[derive(Clone, Copy, Debug)]
enum Uses {
    /// None: there may be any.
    Unknown,
    All(Points),
    /// More timelines than fit.
    TooMany,
}

impl<T: Stock> Lent<T> {
    pub(super) fn new(object: T, home: Option<(Arc<Shelf<T>>, u32)>, retirer: &Retirer) -> Self {
        let object = ManuallyDrop::new(object);
        Self { object, home, retirer: retirer.clone(), uses: Uses::Unknown }
    }

    pub(super) fn used(&mut self, point: Point) {
        let mut points = match self.uses {
            Uses::Unknown => Points::default(),
            Uses::All(points) => points,
            Uses::TooMany => return,
        };
        let fits = points.insert(point);
        self.uses = if fits { Uses::All(points) } else { Uses::TooMany };
    }
}

impl<T: Stock> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T: Stock> DerefMut for Lent<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.object
    }
}

impl<T: Stock> Drop for Lent<T> {
    fn drop(&mut self) {
        let at = match self.uses {
            Uses::All(points) => RetireAt::Points(points),
            Uses::Unknown | Uses::TooMany => RetireAt::Now,
        };
        // SAFETY: present until now (invariant), and never looked at again.
        let object = unsafe { ManuallyDrop::take(&mut self.object) };
        let Some((shelf, slot)) = self.home.take() else {
            return object.retire(&self.retirer, at);
        };
        shelf.lay_down(object, slot);
        // SAFETY: the device is done with it when the queue calls: nobody has it since it was laid down.
        self.retirer.retire_with(move || unsafe { shelf.ripen(slot) }, at);
    }
}
