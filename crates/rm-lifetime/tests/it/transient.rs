//! Behaviour 45, promise by promise.

mod counters;
mod drops;
mod failures;
mod flushes;
mod frames;
mod free_list;
mod host;
mod random;
mod spares;

use ash::vk::BufferUsageFlags;
use rm_lifetime::{
    BumpTransient, EpochTransient, FreeListTransient, TransientAllocator, TransientConfig,
    TransientSlice,
};

use crate::rig::Rig;

const BLOCK: u64 = 64 << 10;

fn config() -> TransientConfig<'static> {
    TransientConfig::new(BLOCK, BufferUsageFlags::VERTEX_BUFFER).label("frame")
}

fn epoch(rig: &Rig, config: &TransientConfig<'_>) -> EpochTransient {
    EpochTransient::new(&rig.manager, &rig.queue, config).unwrap()
}

fn bump(rig: &Rig, config: &TransientConfig<'_>) -> BumpTransient {
    BumpTransient::new(&rig.manager, &rig.queue, config).unwrap()
}

fn free_list(rig: &Rig, config: &TransientConfig<'_>) -> FreeListTransient {
    FreeListTransient::new(&rig.manager, &rig.queue, config).unwrap()
}

/// One of each kind.
fn all(rig: &Rig, config: &TransientConfig<'_>) -> [Box<dyn TransientAllocator>; 3] {
    [Box::new(bump(rig, config)), Box::new(epoch(rig, config)), Box::new(free_list(rig, config))]
}

/// The byte at `offset` of a slice whose space was not given out again.
fn byte(slice: &TransientSlice, offset: u64) -> u8 {
    assert!(offset < slice.size());
    let first = slice.mapped().unwrap();
    // SAFETY: within the piece (checked above), which is mapped.
    let at = unsafe { first.add(usize::try_from(offset).unwrap()) };
    // SAFETY: nobody writes it meanwhile.
    unsafe { at.read() }
}
