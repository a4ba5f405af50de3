//! Uploads that hold staging quota.

use std::sync::Arc;

use rm_alloc_core::StagingReservation;
use rm_lifetime::GpuTimeline;

use super::BudgetBridge;

/// A request for staging quota.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct UploadRequest<'a> {
    /// Bytes that will be staged.
    pub bytes: u64,
    /// Named by a refusal.
    pub label: Option<&'a str>,
}

/// Figures of uploads that hold quota.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PendingUploads {
    /// Bytes of quota that they hold.
    pub bytes: u64,
    /// How many they are.
    pub count: usize,
}

/// An upload that has staging quota and was not submitted yet.
///
/// Once it is submitted, by [`submitted`](Self::submitted) or [`submitted_in_frame`](Self::submitted_in_frame), its quota comes
/// back when the device has got there, and never before.
/// Dropped without, such as where a submission failed, its quota comes back at once.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use rm_lifetime::SemaphoreTimeline;
/// use rm_rendergraph_bridge::{BudgetBridge, UploadError, UploadRequest};
///
/// fn stream<'a>(
///     bridge: &BudgetBridge,
///     timeline: &Arc<SemaphoreTimeline>,
///     name: &'a str,
///     bytes: u64,
/// ) -> Result<(), UploadError<'a>> {
///     let request = UploadRequest::new(bytes).label(name);
///     let upload = bridge.wait_for_upload(&request, Duration::from_millis(100))?;
///     // ... stage, record the copy and take the value of its submission; `?` up to here gives the quota back ...
///     let value = timeline.submit();
///     upload.submitted(timeline.clone(), value);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "the quota is given back when this is dropped"]
pub struct PendingUpload {
    bridge: BudgetBridge,
    // Invariant: present until it is submitted or dropped, and counted by the table of `bridge`.
    quota: Option<StagingReservation>,
}

impl<'a> UploadRequest<'a> {
    /// A request for `bytes`, without a label.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, label: None }
    }

    /// Names the upload in refusals.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }
}

impl PendingUpload {
    pub(super) fn new(bridge: &BudgetBridge, quota: StagingReservation) -> Self {
        Self { bridge: bridge.clone(), quota: Some(quota) }
    }

    /// Holds the quota until `timeline` reaches `value`, which what reads the staged bytes signals.
    ///
    /// The timeline is not kept alive: when its last owner drops it, the value counts as reached.
    pub fn submitted(mut self, timeline: Arc<dyn GpuTimeline>, value: u64) {
        if let Some(quota) = self.quota.take() {
            self.bridge.submit(quota, &timeline, value);
        }
    }

    /// Holds the quota until [`complete_frame`](BudgetBridge::complete_frame) is told that `frame` is over; gives it back at
    /// once if it was.
    pub fn submitted_in_frame(mut self, frame: u64) {
        if let Some(quota) = self.quota.take() {
            self.bridge.submit_in_frame(quota, frame);
        }
    }

    /// Bytes of quota that it holds.
    pub fn bytes(&self) -> u64 {
        self.quota.as_ref().map_or(0, StagingReservation::bytes)
    }
}

impl Drop for PendingUpload {
    fn drop(&mut self) {
        if let Some(quota) = self.quota.take() {
            self.bridge.withdraw(quota);
        }
    }
}
