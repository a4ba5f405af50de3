//! Behaviours 46 and 47, promise by promise.

mod limits;
mod random;
mod reuse;
mod same;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ImageRequest};
use rm_lifetime::{BufferPool, PoolConfig, TexturePool};

use crate::rig::Rig;

const MIB: u64 = 1 << 20;

fn buffers(rig: &Rig, config: PoolConfig) -> BufferPool {
    BufferPool::new(&rig.manager, &rig.queue, config).unwrap()
}

fn textures(rig: &Rig, config: PoolConfig) -> TexturePool {
    TexturePool::new(&rig.manager, &rig.queue, config).unwrap()
}

fn buffer(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER).label("pooled")
}

fn image() -> ImageRequest<'static> {
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, ImageUsageFlags::SAMPLED)
}
