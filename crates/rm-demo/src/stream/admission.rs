//! How a resource gets in: at the detail it wants, or at less of it, or not in this frame.

use std::iter;

use resource_management::alloc::{AllocationError, ErrorKind};

use super::Stream;
use crate::{
    error::DemoError,
    passes::Passes,
    resource::{self, Resident},
    scene::{Asset, LOWEST_DETAIL_BYTES},
    slot::Slot,
};

/// The frame in which something is to come, and who uploads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) frame: u32,
    /// Index of the slot.
    pub(super) slot: usize,
    /// How many more come after it in the same frame; each has its room at the lowest detail.
    pub(super) behind: usize,
}

/// What became of an attempt.
#[derive(Debug)]
enum Attempt {
    Admitted,
    /// The frame's own buffers, or a limit that does not refuse, have no room for it.
    Full,
    Refused(AllocationError),
}

impl Stream {
    /// Makes the objects of `asset`, to be uploaded as `arrival` says.
    ///
    /// Near a limit it asks for one level of detail less than the asset has, and where it is refused for lower ones still.
    /// If even the lowest finds no room, the oldest resource leaves, which helps later frames, and this one goes without.
    ///
    /// # Errors
    ///
    /// [`DemoError::BudgetTooSmall`] if the lowest detail was refused and nothing is left that could leave.
    pub(super) fn admit(&mut self, asset: Asset, arrival: Arrival) -> Result<(), DemoError> {
        let wanted = resource::playable(asset, self.supply.manager());
        let mut asked = wanted;
        if self.supply.budget().is_short() {
            asked = wanted.reduced().unwrap_or(wanted);
        }
        loop {
            let attempt = self.attempt(asked, arrival)?;
            match (attempt, asked.reduced()) {
                (Attempt::Admitted, _) => {
                    self.tally.reduced += u64::from(asked != wanted);
                    return Ok(());
                }
                (Attempt::Full | Attempt::Refused(_), Some(smaller)) => asked = smaller,
                (Attempt::Refused(error), None) if !self.can_shrink() => {
                    return Err(self.supply.budget().explain(error));
                }
                (Attempt::Full | Attempt::Refused(_), None) => {
                    self.tally.skipped += 1;
                    return self.evict(arrival.slot);
                }
            }
        }
    }

    fn attempt(&mut self, asset: Asset, arrival: Arrival) -> Result<Attempt, DemoError> {
        let Arrival { frame, slot, behind } = arrival;
        let bytes = asset.part_bytes().sum::<u64>();
        // A limit that only judges does not keep out what cannot be smaller.
        let budget = self.supply.budget();
        let welcome = budget.leaves(bytes + Passes::FRAME_BYTES) || asset.reduced().is_none();
        let staged = asset.part_bytes().chain(iter::repeat_n(LOWEST_DETAIL_BYTES, behind));
        if !(welcome && self.slots[slot].has_room(staged)) {
            return Ok(Attempt::Full);
        }
        let number = self.tally.meshes + self.tally.textures;
        let resident = match Resident::create(self.supply.factory(), asset, number, frame) {
            Ok(resident) => resident,
            Err(error) if matches!(error.kind(), ErrorKind::OverBudget { .. }) => {
                return Ok(Attempt::Refused(error));
            }
            Err(error) => return Err(error.into()),
        };
        if !budget.grants(Passes::FRAME_BYTES) {
            // SAFETY: the device has not seen it.
            unsafe { resident.free(self.supply.manager()) };
            return Ok(Attempt::Full);
        }
        self.slots[slot].stage(&resident);
        self.live.push_back(resident);
        match asset {
            Asset::Mesh(_) => self.tally.meshes += 1,
            Asset::Texture(_) => self.tally.textures += 1,
        }
        // Only now, when an error can no longer lose it.
        self.live.back_mut().map_or(Ok(()), Resident::mark_pending)?;
        Ok(Attempt::Admitted)
    }

    /// Whether memory comes back in time by itself.
    fn can_shrink(&self) -> bool {
        !self.live.is_empty() || self.slots.iter().any(Slot::has_departures)
    }
}
