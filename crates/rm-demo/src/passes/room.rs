//! What a pass has for itself.

use ash::vk;
use resource_management::{
    alloc::{BufferRequest, Category},
    lifetime::{LifetimeScope, SharedBuffer},
};

use crate::{budget::PASSES, error::DemoError, supply::Supply};

/// What the passes of a frame are called.
pub(super) const NAMES: [&str; 2] = ["shadow pass", "light pass"];

/// The scope of a pass, and the buffer in it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) scope: LifetimeScope,
    pub(super) local: SharedBuffer,
}

impl Room {
    /// Bytes of the buffer.
    pub(super) const BYTES: u64 = 8 << 10;

    /// One for each pass of a frame.
    pub(super) fn all(supply: &Supply) -> Result<Vec<Self>, DemoError> {
        NAMES.into_iter().map(|name| Self::new(name, supply)).collect()
    }

    fn new(name: &'static str, supply: &Supply) -> Result<Self, DemoError> {
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER
            | vk::BufferUsageFlags::TRANSFER_SRC
            | vk::BufferUsageFlags::TRANSFER_DST;
        let request = BufferRequest::new(Self::BYTES, usage).category(Category::Transient);
        let mut scope = LifetimeScope::new(name, supply.factory());
        let made = scope.create_buffer(&request.tag(PASSES).label(name));
        Ok(Self { local: made.map_err(|error| supply.explain(error))?, scope })
    }
}
