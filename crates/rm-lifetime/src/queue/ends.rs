//! The end of a queue: flush, shutdown, and the last handle.

use std::{
    io::{self, Write},
    mem::ManuallyDrop,
    thread,
    time::{Duration, Instant},
};

use super::{
    drain::{DrainLimit, Drained, QueueCore, Turn},
    garbage::{Garbage, Resource},
    statistics::Forgotten,
};
use crate::{TimelineError, callback::contained, point::TimelineId, sync::lock};

/// How often garbage that queues garbage is followed; some of it never ends.
const MOST_ROUNDS: u32 = 64;
/// How long a shutdown looks away while somebody else drains.
const PAUSE: Duration = Duration::from_micros(100);
/// Longer than any program runs.
const FOR_EVER: Duration = Duration::from_secs(u64::MAX >> 1);

/// What waiting for the device has come to.
#[derive(Debug, Default)]
struct Waited {
    /// How far timelines are at least: everything that was submitted is finished, and nothing else was recorded before.
    words: Vec<(TimelineId, u64)>,
    lost: bool,
    error: Option<TimelineError>,
}

impl QueueCore {
    /// # Safety
    ///
    /// - The device is done with everything that was retired.
    pub(super) unsafe fn flush(&self) -> Drained {
        let mut all = Drained::default();
        for _ in 0..MOST_ROUNDS {
            let Ok(mut turn) = Turn::begin(self) else {
                all.add(Drained::BUSY);
                break;
            };
            turn.take_in();
            turn.ripen();
            let round = turn.destroy(DrainLimit::default(), |totals| &mut totals.flushed, |_| ());
            all.add(round);
            if round.entries == 0 {
                break;
            }
        }
        all
    }

    /// Waits for every timeline until `until`, for ever if there is no such moment, and destroys what that makes ready.
    pub(super) fn finish(&self, until: Option<Instant>) -> Result<Drained, TimelineError> {
        let left =
            || until.map_or(FOR_EVER, |until| until.saturating_duration_since(Instant::now()));
        let waited = self.wait_for_all(&left);
        let word = |id| waited.words.iter().find(|(known, _)| *known == id).map_or(0, |it| it.1);
        let mut all = Drained::default();
        for _ in 0..MOST_ROUNDS {
            let Some(mut turn) = self.turn_within(&left) else {
                all.add(Drained::BUSY);
                break;
            };
            turn.take_in();
            let examined = if waited.lost { turn.ripen() } else { turn.look(word) };
            let round = turn.destroy(DrainLimit::default(), |totals| &mut totals.destroyed, |_| ());
            all.add(Drained { examined, ..round });
            if round.entries == 0 {
                break;
            }
        }
        match waited {
            Waited { lost: true, .. } => Err(TimelineError::DeviceLost),
            Waited { error: Some(error), .. } => Err(error),
            Waited { .. } => Ok(all),
        }
    }

    fn wait_for_all(&self, left: &impl Fn() -> Duration) -> Waited {
        let (list, _) = self.registry.current();
        let mut waited = Waited::default();
        for attached in &*list {
            // Before the wait: what is submitted meanwhile is none of ours.
            let upto = attached.upcoming().value;
            // A panic is no answer, and nothing of it counts as reached.
            match contained(|| attached.timeline.wait(u64::MAX, left())) {
                Some(Ok(true)) if upto < u64::MAX => waited.words.push((attached.id, upto)),
                Some(Ok(_)) | None => {}
                Some(Err(TimelineError::DeviceLost)) => waited.lost = true,
                Some(Err(error)) => waited.error = Some(error),
            }
        }
        waited
    }

    /// The turn to drain, as soon as nobody else does; `None` if that takes too long, or is for ever.
    fn turn_within(&self, left: &impl Fn() -> Duration) -> Option<Turn<'_>> {
        loop {
            match Turn::begin(self) {
                Ok(turn) => return Some(turn),
                // Within garbage of this very thread it would never end.
                Err(thread) if thread == thread::current().id() || left().is_zero() => return None,
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Leaks what is left of `turn`, and says what it was.
    fn forget(&self, mut turn: Turn<'_>) -> Forgotten {
        let mut forgotten = Forgotten::default();
        for garbage in turn.forget() {
            match garbage {
                Garbage::Call(_) => forgotten.calls += 1,
                Garbage::Object(_) => forgotten.objects += 1,
                Garbage::Resource(slot) => {
                    forgotten.resources += 1;
                    let resource = self.resources.take(slot).map(ManuallyDrop::into_inner);
                    forgotten.bytes += resource.map(Resource::leak).unwrap_or_default().bytes;
                }
            }
        }
        forgotten
    }
}

impl Drop for QueueCore {
    fn drop(&mut self) {
        // Nobody can retire any more, but garbage that owns garbage.
        while self.drain(DrainLimit::default()).entries > 0 {}
        let forgotten = Turn::begin(self).map(|turn| self.forget(turn)).unwrap_or_default();
        let hearer = lock(&self.hearer).take();
        if forgotten.entries() == 0 {
            contained(move || drop(hearer));
            return;
        }
        match hearer {
            Some(hear) => {
                contained(move || hear(&forgotten));
            }
            None => {
                // A leak that nobody listens to is not silent; a closed standard error is no reason to panic.
                let _closed = writeln!(io::stderr(), "rm-lifetime: {forgotten}");
            }
        }
    }
}
