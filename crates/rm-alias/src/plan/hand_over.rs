//! Which item follows which in memory.

use alloc::{collections::BTreeMap, vec::Vec};

use super::Plan;
use crate::{Problem, VerifyError};

/// Bytes that one item takes over from another.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct HandOver {
    /// The item that takes over.
    pub after: usize,
    /// Where the bytes start in the memory of the group.
    pub offset: u64,
    /// How many bytes there are.
    pub size: u64,
    /// The item that had them last.
    pub before: usize,
    /// It had them in the previous frame; then `before` may be `after` itself.
    pub wraps: bool,
}

/// Who has a range of bytes: from the key of the map to `end`.
#[derive(Clone, Copy, Debug)]
struct Held {
    end: u64,
    item: usize,
}

type Ranges = BTreeMap<(u32, u64), Held>;

impl Plan {
    /// For each item and each range of its bytes, who had them last: what the first use of the item must wait for.
    ///
    /// Whoever had them earlier is not listed, since the one listed has waited for it.
    /// With `wrap` the frame repeats: bytes that nobody had before in this frame come from the last one to have them.
    /// Sorted by item, then by offset; neighbouring ranges from the same item are one.
    ///
    /// With several queues the boxes must come from passes, as those of [`Queues`](crate::Queues) do: the order in which items
    /// have a byte is then the order of the sums of their starts.
    ///
    /// # Errors
    ///
    /// What [`verify`](Self::verify) finds.
    pub fn hand_overs(&self, problem: &Problem, wrap: bool) -> Result<Vec<HandOver>, VerifyError> {
        self.verify(problem)?;
        let mut order: Vec<usize> = (0..self.offsets.len()).collect();
        let start = |item: usize| -> u64 {
            problem.lifetime(item).iter().map(|span| u64::from(span.start)).sum()
        };
        order.sort_unstable_by_key(|item| (start(*item), *item));
        let (mut held, mut found, mut fresh) = (Ranges::new(), Vec::new(), Vec::new());
        for &after in &order {
            let group = problem.items()[after].group;
            let (offset, end) =
                (self.offsets[after], self.offsets[after] + problem.items()[after].size);
            let mut at = offset;
            for (from, to, before) in pieces(&held, group, offset, end) {
                if from > at && wrap {
                    fresh.push((after, group, at, from));
                }
                found.push(HandOver { after, offset: from, size: to - from, before, wraps: false });
                at = to;
            }
            if at < end && wrap {
                fresh.push((after, group, at, end));
            }
            take(&mut held, group, offset, Held { end, item: after });
        }
        for (after, group, offset, end) in fresh {
            for (from, to, before) in pieces(&held, group, offset, end) {
                found.push(HandOver { after, offset: from, size: to - from, before, wraps: true });
            }
        }
        found.sort_unstable();
        found.dedup_by(|next, last| {
            let one = last.after == next.after
                && last.before == next.before
                && last.wraps == next.wraps
                && last.offset + last.size == next.offset;
            if one {
                last.size += next.size;
            }
            one
        });
        Ok(found)
    }
}

/// The parts of `[offset, end)` that somebody has.
fn pieces(held: &Ranges, group: u32, offset: u64, end: u64) -> Vec<(u64, u64, usize)> {
    let before = held.range((group, 0)..(group, offset)).next_back();
    let all = before.into_iter().chain(held.range((group, offset)..(group, end)));
    let cut = all.map(|((_, start), held)| ((*start).max(offset), held.end.min(end), held.item));
    cut.filter(|(start, end, _)| start < end).collect()
}

/// Gives `[offset, new.end)` to somebody else.
fn take(held: &mut Ranges, group: u32, offset: u64, new: Held) {
    let inside: Vec<((u32, u64), Held)> = {
        let before = held.range((group, 0)..(group, offset)).next_back();
        let all = before.into_iter().chain(held.range((group, offset)..(group, new.end)));
        all.map(|(key, held)| (*key, *held)).collect()
    };
    for ((_, start), old) in inside {
        if old.end <= offset {
            continue;
        }
        held.remove(&(group, start));
        if start < offset {
            held.insert((group, start), Held { end: offset, ..old });
        }
        if old.end > new.end {
            held.insert((group, new.end), old);
        }
    }
    held.insert((group, offset), new);
}
