//! A generator of thousands of transients: several views at once, each one frame after the other.

use rm_alias::{Problem, Span};

use super::frames::{Alignment, Frame};
use crate::random::Random;

/// A problem of `items` transients in `views` concurrent views.
///
/// Each view is a row of [frames](Frame) of one queue, which begin anew where the last one ended; all views share the time,
/// and each begins somewhere in its first frame.
pub fn views(seed: u64, items: usize, views: usize) -> Problem {
    let mut problem = Problem::new();
    let mut random = Random::new(seed);
    let share = items.div_ceil(views.max(1));
    for view in 0..views {
        let mut time = u32::try_from(random.below(60)).unwrap_or(0);
        let mut left = share.min(items.saturating_sub(view * share));
        while left > 0 {
            let frame = Frame::on_one_queue(random.next(), Alignment::Kib64);
            for transient in frame.transients.iter().take(left) {
                let span = transient.lifetime[0];
                problem
                    .push(transient.item, Span { start: time + span.start, end: time + span.end });
            }
            left -= left.min(frame.transients.len());
            time += 2 * u32::try_from(frame.passes).unwrap_or(0);
        }
    }
    problem
}
