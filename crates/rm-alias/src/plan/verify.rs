//! Checking a plan against its problem, independently of how it was made.

use alloc::{collections::BTreeMap, vec::Vec};

use super::{Plan, Proof};
use crate::{Item, Placement, Problem, Tiling, VerifyError};

impl Plan {
    /// Checks that no two live items share bytes, and everything else that the plan promises about `problem`.
    ///
    /// Takes O(n log n); with several queues also the number of pairs that share bytes and overlap on the first queue.
    ///
    /// # Errors
    ///
    /// The first [`VerifyError`] found.
    pub fn verify(&self, problem: &Problem) -> Result<(), VerifyError> {
        problem.check()?;
        let items = problem.items();
        if self.offsets.len() != items.len() {
            let (planned, items) = (self.offsets.len(), items.len());
            return Err(VerifyError::Items { planned, items });
        }
        for (index, (item, offset)) in items.iter().zip(&self.offsets).enumerate() {
            self.verify_item(index, item, *offset)?;
        }
        for group in &self.groups {
            let fits = group.lower_bound <= group.peak;
            let holds = match group.proof {
                Proof::PeakEqualsLowerBound => group.lower_bound == group.peak,
                Proof::Exhausted => fits,
                Proof::BudgetSpent { gap } => fits && gap <= group.peak - group.lower_bound,
            };
            if !holds {
                return Err(VerifyError::Proof { group: group.group });
            }
        }
        self.verify_bytes(problem)
    }

    fn verify_item(&self, index: usize, item: &Item, offset: u64) -> Result<(), VerifyError> {
        if !offset.is_multiple_of(item.alignment) {
            return Err(VerifyError::Misaligned { item: index, offset });
        }
        if matches!(item.placement, Placement::Fixed(fixed) if fixed != offset) {
            return Err(VerifyError::FixedMoved { item: index });
        }
        let found = self.groups.binary_search_by_key(&item.group, |group| group.group);
        let peak = found.map_or(0, |group| self.groups[group].peak);
        match offset.checked_add(item.size) {
            Some(top) if top <= peak => Ok(()),
            _ => Err(VerifyError::AbovePeak { item: index }),
        }
    }

    /// Goes through time and looks at the neighbours of each item that starts.
    fn verify_bytes(&self, problem: &Problem) -> Result<(), VerifyError> {
        let mut starts: Vec<usize> = (0..self.offsets.len()).collect();
        let mut ends = starts.clone();
        let span = |item: usize| problem.lifetime(item)[0];
        starts.sort_unstable_by_key(|item| span(*item).start);
        ends.sort_unstable_by_key(|item| span(*item).end);
        let (mut live, mut ended) = (Live::default(), 0);
        for item in starts {
            while span(ends[ended]).end <= span(item).start {
                live.remove(self.place(problem, ends[ended]));
                ended += 1;
            }
            live.add(problem, self.place(problem, item))?;
        }
        Ok(())
    }

    fn place(&self, problem: &Problem, item: usize) -> Place {
        let (about, offset) = (&problem.items()[item], self.offsets[item]);
        let Item { size, group, tiling, .. } = *about;
        Place { group, offset, top: offset + size, tiling, item }
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    group: u32,
    offset: u64,
    top: u64,
    tiling: Tiling,
    item: usize,
}

/// What is live on the first queue, by group and offset.
///
/// On one queue no two of them share bytes, so the neighbours are all there is to look at: an item beyond a neighbour is in
/// another page if the neighbour is of the same tiling and well placed, and further away otherwise.
#[derive(Debug, Default)]
struct Live {
    places: BTreeMap<(u32, u64, usize), Place>,
    /// The largest item that was ever live, which says how far to look back when items may share bytes.
    largest: u64,
}

impl Live {
    fn remove(&mut self, place: Place) {
        self.places.remove(&(place.group, place.offset, place.item));
    }

    fn add(&mut self, problem: &Problem, place: Place) -> Result<(), VerifyError> {
        let key = (place.group, place.offset, place.item);
        let group = place.group;
        let several = problem.queues() > 1;
        self.largest = self.largest.max(place.top - place.offset);
        let reach = self.largest.saturating_add(problem.page);
        let below = self.places.range((group, 0, 0)..key).rev().map(|(_, other)| *other);
        let below = below.take_while(|other| place.offset - other.offset <= reach);
        let above = self.places.range(key..=(group, u64::MAX, usize::MAX));
        let far = place.top.saturating_add(problem.page);
        let above = above.map(|(_, other)| *other).take_while(|other| other.offset < far);
        let most = if several { usize::MAX } else { 1 };
        let mut near = below.take(most).chain(above.take(most));
        let wrong = near.find(|other| {
            (!several || problem.overlap(place.item, other.item))
                && !apart(&place, other, problem.page)
        });
        if let Some(other) = wrong {
            let (first, second) = (place.item.min(other.item), place.item.max(other.item));
            return Err(VerifyError::Overlap { first, second });
        }
        self.places.insert(key, place);
        Ok(())
    }
}

/// Two places share no bytes, nor a page if their tilings differ.
fn apart(first: &Place, second: &Place, page: u64) -> bool {
    let (low, high) = if first.offset <= second.offset { (first, second) } else { (second, first) };
    let page = if low.tiling == high.tiling { 1 } else { page };
    // Zero-sized items do not exist, so equal offsets always collide here.
    low.top.next_multiple_of(page) <= high.offset
}
