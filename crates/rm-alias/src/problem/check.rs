//! Which problems are refused.

use super::{Placement, Problem};
use crate::PlanError;

/// No offset is above this, so that sums of two never overflow.
const MOST: u64 = 1 << 62;

impl Problem {
    /// Refuses what contradicts itself, item by item; fixed items that collide are found later, with the lifetimes sorted.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        if self.queues == 0 {
            return Err(PlanError::WithoutQueue);
        }
        if !self.page.is_power_of_two() {
            return Err(PlanError::Page { page: self.page });
        }
        if self.items.len() > 1 << 31 {
            return Err(PlanError::TooManyItems { item: 1 << 31 });
        }
        let mut needed = self.page;
        for (index, item) in self.items.iter().enumerate() {
            if item.size == 0 {
                return Err(PlanError::ZeroSize { item: index });
            }
            if !item.alignment.is_power_of_two() {
                return Err(PlanError::Alignment { item: index, alignment: item.alignment });
            }
            // First fit never goes above the sum of sizes with their padding, plus what is fixed above that.
            let padding = (item.alignment - 1).checked_add(self.page - 1);
            let padded = padding.and_then(|padding| item.size.checked_add(padding));
            let most = match item.placement {
                Placement::Anywhere => padded,
                Placement::Fixed(at) | Placement::Preferred(at) => {
                    padded.and_then(|padded| padded.checked_add(at))
                }
            };
            let sum = most.and_then(|most| needed.checked_add(most)).filter(|sum| *sum <= MOST);
            needed = sum.ok_or(PlanError::Overflow { item: index })?;
            self.check_place(index)?;
        }
        self.check_lifetimes()
    }

    fn check_place(&self, index: usize) -> Result<(), PlanError> {
        let item = &self.items[index];
        let Placement::Fixed(offset) = item.placement else { return Ok(()) };
        let outside = self.capacity.is_some_and(|capacity| offset + item.size > capacity);
        if outside || !offset.is_multiple_of(item.alignment) {
            return Err(PlanError::FixedOffset { item: index, offset });
        }
        Ok(())
    }

    fn check_lifetimes(&self) -> Result<(), PlanError> {
        let queues = self.queues as usize;
        let (items, described) = (self.items.len(), self.ends.len());
        if items != described {
            return Err(PlanError::Queues { item: described.min(items), named: 0, queues });
        }
        let mut start = 0;
        for (item, end) in self.ends.iter().enumerate() {
            // What was read from a file may not even count its spans.
            let spans = self.spans.get(start..*end as usize).unwrap_or_default();
            let named = spans.len();
            if named != queues {
                return Err(PlanError::Queues { item, named, queues });
            }
            for (queue, span) in spans.iter().enumerate() {
                let (start, end) = (span.start, span.end);
                if end < start {
                    return Err(PlanError::EndBeforeStart { item, queue, start, end });
                }
                if end == start {
                    return Err(PlanError::EmptyLifetime { item, queue, at: start });
                }
            }
            start = *end as usize;
        }
        Ok(())
    }
}
