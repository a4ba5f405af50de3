//! Which ranges of one memory object are bound, and whether one more would disturb a neighbour.

use std::{collections::BTreeMap, ops::Range};

/// A resource's place in a memory object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) end: u64,
    /// Buffers and linear images, as opposed to optimal ones.
    pub(crate) linear: bool,
    /// Images made with `ALIAS`, which may overlap one another.
    pub(crate) alias: bool,
}

/// How a newcomer disturbs a resource that is bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Conflict {
    Atom,
    Overlap,
    Page,
}

/// The bound ranges of one memory object.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    places: BTreeMap<(u64, u64), Place>,
    /// Ranges in which overlapping was declared to be meant.
    aliased: Vec<Range<u64>>,
    /// The longest range ever bound: an earlier one cannot begin further back.
    longest: u64,
    /// Whether two ranges may overlap, so that the nearest neighbours are not all that count.
    overlaps: bool,
}

impl Ranges {
    pub(crate) fn allow_alias(&mut self, range: Range<u64>) {
        self.aliased.push(range);
        self.overlaps = true;
    }

    pub(crate) fn insert(&mut self, handle: u64, start: u64, place: Place) {
        self.longest = self.longest.max(place.end - start);
        self.overlaps |= place.alias;
        self.places.insert((start, handle), place);
    }

    pub(crate) fn remove(&mut self, handle: u64, start: u64) {
        self.places.remove(&(start, handle));
    }

    /// The handles of everything bound.
    pub(crate) fn handles(&self) -> impl Iterator<Item = u64> {
        self.places.keys().map(|(_, handle)| *handle)
    }

    /// The first neighbour that a resource at `start` would disturb, and how.
    ///
    /// `page` is `bufferImageGranularity`, `atom` the unit of flushing or 1 where memory is coherent.
    pub(crate) fn conflict(
        &self,
        start: u64,
        new: Place,
        page: u64,
        atom: u64,
    ) -> Option<(u64, Range<u64>, Conflict)> {
        let unit = page.max(atom).max(1);
        let near = start - start % unit..new.end.checked_next_multiple_of(unit).unwrap_or(u64::MAX);
        let judge = |(&(other_start, handle), other): (&(u64, u64), &Place)| {
            let other_range = other_start..other.end;
            let conflict = judge(&(start..new.end), new, &other_range, *other, page, atom)?;
            let meant = self.is_aliased(&(start..new.end)) && self.is_aliased(&other_range);
            (!meant).then_some((handle, other_range, conflict))
        };
        let after = self.places.range((start, 0)..(near.end, 0)).find_map(judge);
        if after.is_some() {
            return after;
        }
        let before = self.places.range(..(start, 0)).rev();
        match self.overlaps {
            true => {
                let reach = near.start.saturating_sub(self.longest);
                before.take_while(|((begin, _), _)| *begin >= reach).find_map(judge)
            }
            // Disjoint ranges end in the order in which they begin.
            false => before.take_while(|(_, other)| other.end > near.start).find_map(judge),
        }
    }

    fn is_aliased(&self, range: &Range<u64>) -> bool {
        self.aliased.iter().any(|meant| meant.start <= range.start && range.end <= meant.end)
    }
}

fn judge(
    range: &Range<u64>,
    new: Place,
    other_range: &Range<u64>,
    other: Place,
    page: u64,
    atom: u64,
) -> Option<Conflict> {
    if range.start < other_range.end && other_range.start < range.end {
        return (!(new.alias && other.alias)).then_some(Conflict::Overlap);
    }
    if new.linear != other.linear && share(range, other_range, page) {
        return Some(Conflict::Page);
    }
    share(range, other_range, atom).then_some(Conflict::Atom)
}

/// Whether two disjoint, non-empty ranges touch the same unit of `unit` bytes.
fn share(one: &Range<u64>, other: &Range<u64>, unit: u64) -> bool {
    let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
    unit > 1 && (first.end - 1) / unit == second.start / unit
}

#[cfg(test)]
mod tests;
