//! Scratch buffers of a frame: used one after the other, so they share their bytes.

#[cfg(test)]
mod tests;

use ash::vk;
use resource_management::{
    alloc::{
        AliasedBufferRequest, AllocationError, BufferRequest, Category, MemoryBlock,
        MemoryBlockRequest, TilingClass,
    },
    lifetime::{Owned, OwnedBuffer},
};

use crate::{
    budget::SCRATCH, content::Content, executor::Detour, host::HostBuffer, supply::Supply,
};

/// Name, size and least offset in bytes of each buffer, in the order of use; apart by less than they are long, so that
/// a copy to the wrong one of them shows.
const PLAN: [(&str, u64, u64); 2] =
    [("first scratch", 1 << 20, 0), ("second scratch", 768 << 10, 256 << 10)];

/// Two buffers over one piece of memory.
#[derive(Debug)]
pub(crate) struct Scratch {
    buffers: Vec<OwnedBuffer>,
    memory: Owned<MemoryBlock>,
}

/// One use of a scratch buffer: what passes through it, and under which name.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub(crate) name: String,
    pub(crate) content: Content,
    /// Offset in the staging buffer in bytes.
    pub(crate) from: u64,
    /// Offset in the read-back buffer in bytes.
    pub(crate) to: u64,
}

impl Scratch {
    /// Takes the memory, hands it to `expect` before anything shares it, and makes the buffers.
    ///
    pub(crate) fn new(
        supply: &Supply,
        expect: impl FnOnce(&MemoryBlock),
    ) -> Result<Self, AllocationError> {
        let (manager, retirer) = (supply.manager(), supply.retirer());
        let (mut offsets, mut ends) = (Vec::new(), Vec::new());
        for (label, bytes, least_offset) in PLAN {
            let mut needs = manager.buffer_requirements(&request(label, bytes))?;
            let offset = u64::next_multiple_of(least_offset, needs.alignment);
            needs.size += offset;
            offsets.push(offset);
            ends.push(needs);
        }
        let whole = MemoryBlockRequest::for_any_of(&ends)
            .tiling(TilingClass::Linear)
            .category(Category::Transient)
            .tag(SCRATCH)
            .label("scratch memory");
        let memory = Owned::adopt(manager.allocate_memory(&whole)?, retirer);
        expect(&memory);
        let mut buffers = Vec::with_capacity(PLAN.len());
        for ((label, size, _), offset) in PLAN.into_iter().zip(offsets) {
            let buffer = request(label, size);
            let aliased = AliasedBufferRequest { memory: &memory, offset, buffer };
            buffers.push(Owned::adopt(manager.create_aliased_buffer(&aliased)?, retirer));
        }
        Ok(Self { buffers, memory })
    }

    /// One use of each buffer in `frame`, with places; no two uses are alike, and none is like a resource.
    pub(crate) fn errands(
        &self,
        frame: u32,
        staging: &mut HostBuffer,
        read_back: &mut HostBuffer,
    ) -> Vec<Errand> {
        let last = u64::MAX - u64::from(frame) * self.buffers.len() as u64;
        let errand = |(back, buffer): (u64, &OwnedBuffer)| Errand {
            name: format!("scratch {back} of frame {frame}"),
            content: Content::new(last - back, buffer.size()),
            from: staging.place(buffer.size()),
            to: read_back.place(buffer.size()),
        };
        (0..).zip(&self.buffers).map(errand).collect()
    }

    /// What executes `errands`.
    pub(crate) fn detours<'a>(&'a self, errands: &'a [Errand]) -> impl Iterator<Item = Detour<'a>> {
        let detour = |(scratch, errand): (&'a OwnedBuffer, &'a Errand)| {
            let Errand { content, from, to, .. } = *errand;
            Detour { scratch, from, to, bytes: content.bytes() }
        };
        self.buffers.iter().zip(errands).map(detour)
    }

    /// Bytes that memory of their own would have cost the buffers beyond what they share.
    pub(crate) fn saved_bytes(&self) -> u64 {
        let apart = self.buffers.iter().map(|buffer| buffer.size()).sum::<u64>();
        apart.saturating_sub(self.memory.size())
    }
}

fn request(label: &str, size: u64) -> BufferRequest<'_> {
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER
        | vk::BufferUsageFlags::TRANSFER_SRC
        | vk::BufferUsageFlags::TRANSFER_DST;
    BufferRequest::new(size, usage).category(Category::Transient).tag(SCRATCH).label(label)
}
