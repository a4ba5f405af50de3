//! Events as comma-separated values.

use std::{borrow::Cow, io::Write};

use super::record;
use crate::{Event, EventRecord, MetricsError, text};

/// The columns of a table of events.
pub const EVENT_COLUMNS: [&str; 9] =
    ["sequence", "at_ns", "frame", "event", "label", "bytes", "heap", "allocator", "detail"];

/// Writes `events` as comma-separated values to `sink`, a line each under [`EVENT_COLUMNS`].
///
/// A refusal's detail is its whole explanation. No cell is a formula to a spreadsheet, whatever labels say.
///
/// # Errors
///
/// [`MetricsError::Write`] if the sink refuses.
pub fn write_events(sink: impl Write, events: &[EventRecord]) -> Result<(), MetricsError> {
    let mut lines = csv::Writer::from_writer(sink);
    record(&mut lines, EVENT_COLUMNS)?;
    for EventRecord { sequence, at_ns, frame, event } in events {
        let number = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
        let cells: [Cow<'_, str>; 9] = [
            sequence.to_string().into(),
            at_ns.to_string().into(),
            frame.to_string().into(),
            event.name().into(),
            text::cell(event.label().unwrap_or_default()),
            number(event.bytes()).into(),
            number(event.heap().map(u64::from)).into(),
            text::cell(allocator(event)),
            text::cell(&event.to_string()).into_owned().into(),
        ];
        record(&mut lines, cells.iter().map(|cell| cell.as_bytes()))?;
    }
    Ok(lines.flush()?)
}

fn allocator(event: &Event) -> &str {
    match event {
        Event::BlockBorn(block) | Event::BlockDied(block) | Event::Leaked(block) => {
            &block.allocator
        }
        Event::Refused(error) => error.refusal().map_or("", |refusal| &refusal.allocator),
        Event::FrameThreshold(_) | Event::Near(_) | Event::Over(_) => "",
    }
}
