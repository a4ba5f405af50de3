//! What is lent, and how it comes back.

use std::{
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::shelf::{Shelf, Stock};
use crate::{Point, Retirer, uses::Uses};

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

impl<T: Stock> Lent<T> {
    pub(super) fn new(object: T, home: Option<(Arc<Shelf<T>>, u32)>, retirer: &Retirer) -> Self {
        let object = ManuallyDrop::new(object);
        Self { object, home, retirer: retirer.clone(), uses: Uses::default() }
    }

    pub(super) fn used(&mut self, point: Point) {
        self.uses.record(point);
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
        let at = self.uses.end();
        // SAFETY: present until now (invariant), and never looked at again.
        let object = unsafe { ManuallyDrop::take(&mut self.object) };
        let Some((shelf, slot)) = self.home.take() else {
            return object.retire(&self.retirer, at);
        };
        shelf.lay_down(object, slot);
        self.retirer.retire_lent(shelf, slot, at);
    }
}
