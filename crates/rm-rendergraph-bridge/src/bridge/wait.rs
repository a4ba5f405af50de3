//! Waiting for room.

use std::time::{Duration, Instant};

use rm_lifetime::TimelineError;

use super::{BudgetBridge, PendingUpload, UploadError, UploadRequest, table::Line};
use crate::sync::{lock, wait_at_most};

/// How long one timeline is waited for before the next one gets its turn: nobody can wait for several at a time, nor for quota
/// that others give back to the manager.
const SLICE: Duration = Duration::from_millis(1);

impl BudgetBridge {
    /// Reserves staging quota for an upload, and waits for room, for `at_most` in all.
    ///
    /// It waits for the timelines of pending uploads, for frames that complete, for uploads that are dropped, and for others who
    /// give quota back to the manager. Nothing is assumed to be complete because time has passed.
    /// Those who wait are served in no particular order, and a small upload may overtake a large one.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`] at once; [`UploadError::OverQuota`] if there was no room in time; [`UploadError::Timeline`] if
    /// a timeline that had to be waited for says so, such as that the device is lost. Nothing is reserved then.
    ///
    /// # Panics
    ///
    /// If a timeline that had to be waited for does; nothing is reserved then.
    pub fn wait_for_upload<'a>(
        &self,
        request: &UploadRequest<'a>,
        at_most: Duration,
    ) -> Result<PendingUpload, UploadError<'a>> {
        // None is beyond what the clock can tell.
        let end = Instant::now().checked_add(at_most);
        let left = || end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
        let mut turn = 0;
        loop {
            let seen = lock(&self.core.uploads).moves;
            if let Some(upload) = self.attempt(request.bytes) {
                return Ok(upload);
            }
            let (refusal, left) = (self.refusal(request), left());
            if matches!(refusal, UploadError::TooLarge { .. }) || left.is_zero() {
                return Err(refusal);
            }
            turn = self.wait_for_one(turn, seen, left.min(SLICE))?;
        }
    }

    /// Waits for the line whose turn it is, or for any move since `seen` where no line can be waited for; answers the next turn.
    fn wait_for_one(
        &self,
        turn: usize,
        seen: u64,
        at_most: Duration,
    ) -> Result<usize, TimelineError> {
        let next = {
            let table = lock(&self.core.uploads);
            table.line(turn).or_else(|| table.line(0))
        };
        let Some(Line { index, timeline, value }) = next else {
            self.sleep(seen, at_most);
            return Ok(0);
        };
        // One that has vanished is for `collect` to find.
        if let Some(timeline) = timeline.upgrade()
            && timeline.wait(value, at_most)?
            && timeline.completed() < value
        {
            // Nothing that was submitted signals it yet, so that there was nothing to wait for.
            drop(timeline);
            self.sleep(seen, at_most);
        }
        Ok(index + 1)
    }

    /// Sleeps until something has moved since `seen`.
    fn sleep(&self, seen: u64, at_most: Duration) {
        let table = lock(&self.core.uploads);
        if table.moves == seen {
            wait_at_most(&self.core.moved, table, at_most);
        }
    }
}
