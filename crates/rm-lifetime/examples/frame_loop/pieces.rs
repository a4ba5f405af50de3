//! Memory that is used again: transients of each kind, and pools.

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ImageRequest};
use rm_lifetime::{
    BufferPool, BumpTransient, DeferredDestructionQueue, EpochTransient, FreeListTransient,
    PoolConfig, RetireAt, TexturePool, TransientAllocator, TransientConfig, TransientSlice,
};

use crate::{
    IN_FLIGHT, Result,
    parts::{Frame, Part},
};

/// Bytes of a block of a transient allocator.
const BLOCK: u64 = 64 << 10;

/// Each kind of allocator and of pool, over the manager of `queue`.
pub(crate) fn parts(queue: &DeferredDestructionQueue) -> Result<Vec<Box<dyn Part>>> {
    let manager = queue.manager();
    let depth = u32::try_from(IN_FLIGHT)?;
    let config = TransientConfig::new(BLOCK, BufferUsageFlags::UNIFORM_BUFFER).depth(depth);
    Ok(vec![
        Box::new(Transient(EpochTransient::new(manager, queue, &config)?)),
        Box::new(Transient(BumpTransient::new(manager, queue, &config)?)),
        Box::new(Pieces {
            from: FreeListTransient::new(manager, queue, &config)?,
            held: Vec::new(),
        }),
        Box::new(Pools {
            buffers: BufferPool::new(manager, queue, PoolConfig::default())?,
            textures: TexturePool::new(manager, queue, PoolConfig::default())?,
        }),
    ])
}

/// Pieces that live for a frame, now and then more of them than a block holds.
struct Transient<T>(T);

impl<T: TransientAllocator> Part for Transient<T> {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        self.0.begin_frame()?;
        let most = if frame.random.below(64) == 0 { 2 * BLOCK } else { 1 << 10 };
        for _ in 0..8 {
            let size = 4 + frame.random.below(usize::try_from(most)?) as u64;
            let piece = self.0.allocate(size, 16)?;
            self.0.write(&piece, 0, &[1, 2, 3, 4])?;
        }
        Ok(self.0.end_frame(RetireAt::Now)?)
    }
}

/// Pieces that come and go in any order.
struct Pieces {
    from: FreeListTransient,
    held: Vec<TransientSlice>,
}

impl Part for Pieces {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        self.from.begin_frame()?;
        for _ in 0..4 {
            let size = 1 + frame.random.below(8 << 10) as u64;
            self.held.push(self.from.hold(size, 256)?);
        }
        while self.held.len() > 24 {
            let at = frame.random.below(self.held.len());
            self.from.release(self.held.swap_remove(at), RetireAt::Now)?;
        }
        Ok(self.from.end_frame(RetireAt::Now)?)
    }
}

/// The same few descriptions again and again, and now and then another one.
struct Pools {
    buffers: BufferPool,
    textures: TexturePool,
}

impl Part for Pools {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let size = 1 << (10 + frame.random.below(6));
        let odd = if frame.random.below(128) == 0 { frame.end.value } else { 0 };
        let request = BufferRequest::new(size + odd % 4096, BufferUsageFlags::STORAGE_BUFFER);
        let side = 64 << frame.random.below(3);
        let usage = ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, side, side, usage);
        drop((self.buffers.acquire(&request)?, self.textures.acquire(&image)?));
        Ok(())
    }
}
