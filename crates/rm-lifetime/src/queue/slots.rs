//! Values under small numbers, for what is too large to travel with an entry.

use crate::sync::{Mutex, lock};

/// Places that are used again.
#[derive(Debug)]
pub(super) struct Slots<T> {
    store: Mutex<Store<T>>,
}

#[derive(Debug)]
struct Store<T> {
    // Invariant: `free` names the places that are `None`, once each.
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    /// Room for `count` values.
    pub(super) fn with_capacity(count: usize) -> Self {
        let store = Store { places: Vec::with_capacity(count), free: Vec::with_capacity(count) };
        Self { store: Mutex::new(store) }
    }

    /// Stores `value` under a number; gives it back if there are 2^32 of them.
    pub(super) fn put(&self, value: T) -> Result<u32, T> {
        let mut store = lock(&self.store);
        if let Some(slot) = store.free.pop() {
            store.places[slot as usize] = Some(value);
            return Ok(slot);
        }
        let Ok(slot) = u32::try_from(store.places.len()) else { return Err(value) };
        store.places.push(Some(value));
        Ok(slot)
    }

    /// Takes out what is under `slot`.
    pub(super) fn take(&self, slot: u32) -> Option<T> {
        let mut store = lock(&self.store);
        let value = store.places.get_mut(slot as usize)?.take()?;
        store.free.push(slot);
        Some(value)
    }
}
