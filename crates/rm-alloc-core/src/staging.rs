//! The staging quota: how much may be on its way to the device at a time.

use std::sync::Arc;

use crate::{
    MemoryError,
    sync::{Mutex, lock},
};

/// One counter with one owner; everyone who stages reserves here.
#[derive(Debug)]
pub(crate) struct StagingQuota {
    figures: Mutex<Quota>,
}

#[derive(Clone, Copy, Debug)]
struct Quota {
    // Invariant: `by_hand <= used`; `used` may exceed `limit` only because the limit was lowered.
    used: u64,
    by_hand: u64,
    limit: u64,
}

impl StagingQuota {
    pub(crate) fn new(limit: u64) -> Self {
        Self { figures: Mutex::new(Quota { used: 0, by_hand: 0, limit }) }
    }

    /// Takes `bytes` if they fit.
    fn take(&self, bytes: u64, by_hand: u64) -> bool {
        let mut quota = lock(&self.figures);
        match quota.used.checked_add(bytes).filter(|used| *used <= quota.limit) {
            Some(used) => {
                quota.used = used;
                quota.by_hand += by_hand;
                true
            }
            None => false,
        }
    }

    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Option<StagingReservation> {
        self.take(bytes, 0).then(|| StagingReservation { quota: Arc::clone(self), bytes })
    }

    pub(crate) fn take_by_hand(&self, bytes: u64) -> bool {
        self.take(bytes, bytes)
    }

    /// Gives back what was taken by hand, and nothing else.
    pub(crate) fn release_by_hand(&self, bytes: u64) -> Result<(), MemoryError> {
        let mut quota = lock(&self.figures);
        let Some(left) = quota.by_hand.checked_sub(bytes) else {
            return Err(MemoryError::InvalidRequest("more staging quota released than was taken"));
        };
        quota.by_hand = left;
        quota.used -= bytes;
        Ok(())
    }

    pub(crate) fn set_limit(&self, bytes: u64) {
        lock(&self.figures).limit = bytes;
    }

    pub(crate) fn figures(&self) -> StagingFigures {
        let quota = *lock(&self.figures);
        StagingFigures { used: quota.used, limit: quota.limit }
    }
}

/// The staging quota at one moment, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct StagingFigures {
    /// Taken, by whomever.
    pub used: u64,
    /// In all; less than `used`, where it was lowered.
    pub limit: u64,
}

/// Staging quota that is given back on drop.
///
/// Whoever pools staging buffers keeps one beside each buffer, so that it counts exactly once while it exists.
#[derive(Debug)]
#[must_use = "the quota is given back when this is dropped"]
pub struct StagingReservation {
    // Invariant: `bytes` are taken from `quota` for as long as `self` lives.
    quota: Arc<StagingQuota>,
    bytes: u64,
}

impl StagingReservation {
    /// Bytes reserved.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for StagingReservation {
    fn drop(&mut self) {
        lock(&self.quota.figures).used -= self.bytes;
    }
}
