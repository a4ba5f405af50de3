//! A pool of one kind of object, whatever the kind.

use std::sync::Arc;

use rm_alloc_core::{AllocationError, DeviceBudgetManager, ErrorKind};

use super::{
    PoolConfig, PoolStatistics,
    lent::Lent,
    shelf::{Shelf, Stock},
};
use crate::{DeferredDestructionQueue, Retirer};

/// Lends objects of a manager, which come back through a queue.
#[derive(Debug)]
pub(super) struct Store<T: Stock> {
    shelf: Arc<Shelf<T>>,
    retirer: Retirer,
}

impl<T: Stock> Store<T> {
    pub(super) fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: PoolConfig,
    ) -> Result<Self, AllocationError> {
        if !Arc::ptr_eq(manager.context(), queue.manager().context()) {
            return Err(ErrorKind::InvalidRequest("the queue is of another device").into());
        }
        Ok(Self { shelf: Shelf::new(manager, config), retirer: queue.retirer() })
    }

    /// Lends a spare whose key is the `same`, or what `make` makes, to be known by `key` from then on.
    pub(super) fn lend(
        &self,
        hash: u64,
        same: impl Fn(&T::Key) -> bool,
        make: impl FnOnce(&DeviceBudgetManager) -> Result<T, AllocationError>,
        key: impl FnOnce() -> T::Key,
    ) -> Result<Lent<T>, AllocationError> {
        let home = |slot| (Arc::clone(&self.shelf), slot);
        let spare = || {
            let (object, slot) = self.shelf.take(hash, &same)?;
            Some(Lent::new(object, Some(home(slot)), &self.retirer))
        };
        if let Some(lent) = spare() {
            return Ok(lent);
        }
        let object = match make(&self.shelf.manager) {
            Ok(object) => object,
            // Whoever was asked for memory may have let one come back.
            Err(error) => return spare().ok_or(error),
        };
        let slot = self.shelf.enter(hash, key(), object.bytes());
        Ok(Lent::new(object, slot.map(home), &self.retirer))
    }

    /// Lends what `make` makes, which never comes back.
    pub(super) fn lend_once(
        &self,
        make: impl FnOnce(&DeviceBudgetManager) -> Result<T, AllocationError>,
    ) -> Result<Lent<T>, AllocationError> {
        let object = make(&self.shelf.manager)?;
        self.shelf.note_bypass();
        Ok(Lent::new(object, None, &self.retirer))
    }

    pub(super) fn trim(&self, keep_bytes: u64) -> u64 {
        self.shelf.trim(keep_bytes)
    }

    pub(super) fn statistics(&self) -> PoolStatistics {
        self.shelf.statistics()
    }
}

impl<T: Stock> Drop for Store<T> {
    fn drop(&mut self) {
        self.shelf.close();
    }
}
