//! Memory objects: taken from heaps, mapped, flushed, freed.

use std::{ops::Range, ptr::NonNull};

use ash::vk;

use super::{Outcome, State, Stop, gone, named, rule};
use crate::{
    Profile, Rule,
    bytes::Bytes,
    handle::{Kind, Labelled},
    ranges::Ranges,
    table::has_extension,
};

/// One `vkAllocateMemory` object.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) size: u64,
    pub(crate) memory_type: u32,
    pub(crate) heap: u32,
    pub(crate) flags: vk::MemoryPropertyFlags,
    /// Whether it was made with `DEVICE_ADDRESS`.
    pub(crate) addressable: bool,
    /// The one resource that it was made for.
    pub(crate) dedicated: Option<u64>,
    /// Where the device sees its first byte.
    pub(crate) address: u64,
    pub(crate) bytes: Bytes,
    pub(crate) mapped: Option<Range<u64>>,
    pub(crate) bound: Ranges,
    pub(crate) in_use: u32,
    pub(crate) label: Option<Box<str>>,
}

impl Labelled for Memory {
    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

/// What `vkAllocateMemory` was asked for, chain included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AllocateRequest {
    pub(crate) size: u64,
    pub(crate) memory_type: u32,
    pub(crate) addressable: bool,
    pub(crate) dedicated_buffer: u64,
    pub(crate) dedicated_image: u64,
    pub(crate) export: vk::ExternalMemoryHandleTypeFlags,
    pub(crate) priority: Option<f32>,
}

/// Addresses of memory objects begin at multiples of this, which every alignment divides.
const ADDRESS_STEP: u64 = 2 << 20;

impl State {
    pub(crate) fn allocate(&mut self, profile: &Profile, wanted: AllocateRequest) -> Outcome<u64> {
        let AllocateRequest { size, memory_type, addressable, .. } = wanted;
        self.note.size = size;
        let Some(kind) = profile.types.get(memory_type as usize) else {
            let message = format!("memory type {memory_type} of {}", profile.types.len());
            return Err(Stop::Broken(Rule::MemoryType, message));
        };
        let (heap, flags) = (kind.heap, vk::MemoryPropertyFlags::from_raw(kind.flags));
        rule(size > 0, Rule::ZeroSize, || "a memory object of 0 bytes".to_owned())?;
        check_features(profile, flags, addressable)?;
        check_chain(profile, wanted)?;
        let dedicated = self.dedicated(wanted)?;

        let limits = &profile.limits;
        if self.memories.len() >= limits.max_memory_allocation_count as usize {
            return Err(Stop::Code(vk::Result::ERROR_TOO_MANY_OBJECTS));
        }
        let heap_size = profile.heaps.get(heap as usize).map_or(0, |heap| heap.size);
        let room = heap_size.min(self.faults.ceiling(heap));
        let used = &mut self.heaps[heap as usize];
        let after = used.checked_add(size).filter(|after| *after <= room);
        let after = after.filter(|_| size <= limits.max_memory_allocation_size);
        let Some(after) = after else {
            return Err(Stop::Code(vk::Result::ERROR_OUT_OF_DEVICE_MEMORY));
        };
        *used = after;
        let address = self.next_address;
        // Addresses are not reused; 64 bits outlast every test.
        self.next_address += size.div_ceil(ADDRESS_STEP) * ADDRESS_STEP;
        let handle = self.memories.insert(Memory {
            size,
            memory_type,
            heap,
            flags,
            addressable,
            dedicated,
            address,
            bytes: Bytes::new(size),
            mapped: None,
            bound: Ranges::default(),
            in_use: 0,
            label: None,
        });
        self.note.object = handle;
        Ok(handle)
    }

    pub(crate) fn free(&mut self, handle: u64) -> Outcome {
        if handle == 0 {
            return Ok(());
        }
        self.note.object = handle;
        let freed = self.memories.remove(handle);
        let memory =
            freed.map_err(|missing| gone(Kind::Memory, handle, missing, Rule::DoubleFree))?;
        self.note.size = memory.size;
        self.heaps[memory.heap as usize] -= memory.size;
        let what = || named(Kind::Memory, handle, memory.label());
        rule(memory.in_use == 0, Rule::InUse, || format!("{} is in use", what()))?;
        for bound in memory.bound.handles() {
            let (kind, resources) = self.resources(bound);
            let Ok(resource) = resources.get(bound) else { continue };
            rule(resource.in_use == 0, Rule::InUse, || {
                let resource = named(kind, bound, resource.label());
                format!("{} holds {resource}, which is in use", what())
            })?;
        }
        Ok(())
    }

    /// Maps `size` bytes at `offset` and says where the host sees them.
    pub(crate) fn map(&mut self, handle: u64, offset: u64, size: u64) -> Outcome<NonNull<u8>> {
        let memory = self.memory(handle)?;
        let what = || named(Kind::Memory, handle, memory.label());
        let visible = memory.flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE);
        rule(visible, Rule::NotHostVisible, || {
            format!("{} is of type {} ({:?})", what(), memory.memory_type, memory.flags)
        })?;
        rule(memory.mapped.is_none(), Rule::DoubleMap, || format!("{} is mapped", what()))?;
        let range = clip(offset, size, memory.size);
        let Some(range) = range.filter(|range| !range.is_empty()) else {
            let message =
                format!("{size} bytes at {offset} of {} bytes of {}", memory.size, what());
            return Err(Stop::Broken(Rule::MapRange, message));
        };
        let Some(start) = memory.bytes.start() else {
            return Err(Stop::Code(vk::Result::ERROR_MEMORY_MAP_FAILED));
        };
        memory.mapped = Some(range);
        // The offset is below the size of an object that the host has room for.
        let skip = usize::try_from(offset).unwrap_or(0);
        // SAFETY: the offset lies within the object (checked above), whose bytes begin at `start`.
        Ok(unsafe { start.add(skip) })
    }

    pub(crate) fn unmap(&mut self, handle: u64) -> Outcome {
        let memory = self.memory(handle)?;
        let mapped = memory.mapped.take();
        rule(mapped.is_some(), Rule::NotMapped, || {
            format!("{} is not mapped", named(Kind::Memory, handle, memory.label()))
        })
    }

    /// Checks a range that is to be flushed or invalidated; nothing else happens, since host and device are one.
    pub(crate) fn check_flush(
        &mut self,
        profile: &Profile,
        handle: u64,
        offset: u64,
        size: u64,
    ) -> Outcome {
        let atom = profile.limits.non_coherent_atom_size.max(1);
        let memory = self.memory(handle)?;
        let what = || named(Kind::Memory, handle, memory.label());
        let Some(mapped) = memory.mapped.clone() else {
            return Err(Stop::Broken(Rule::NotMapped, format!("{} is not mapped", what())));
        };
        let end = match size {
            vk::WHOLE_SIZE => Some(mapped.end),
            size => offset.checked_add(size),
        };
        let inside =
            end.filter(|end| mapped.start <= offset && offset <= *end && *end <= mapped.end);
        let whole = inside.is_some_and(|end| {
            offset.is_multiple_of(atom) && (end.is_multiple_of(atom) || end == memory.size)
        });
        rule(whole, Rule::FlushRange, || {
            format!(
                "{size} bytes at {offset}, mapped {mapped:?}, atoms of {atom} bytes, {} of {} bytes",
                what(),
                memory.size
            )
        })
    }

    /// Where `size` bytes at `offset` are, whatever the type; none if they are not there or the host has no room.
    pub(crate) fn bytes(
        &mut self,
        handle: u64,
        offset: u64,
        size: usize,
    ) -> Outcome<Option<NonNull<u8>>> {
        let memory = self.memory(handle)?;
        let inside = clip(offset, size as u64, memory.size).is_some();
        let (Ok(skip), true) = (usize::try_from(offset), inside) else { return Ok(None) };
        // SAFETY: the offset lies within the object (checked above), whose bytes begin at `start`.
        Ok(memory.bytes.start().map(|start| unsafe { start.add(skip) }))
    }

    /// A live memory object; the journal notes it.
    pub(crate) fn memory(&mut self, handle: u64) -> Outcome<&mut Memory> {
        self.note.object = handle;
        let found = self.memories.get_mut(handle);
        found.map_err(|missing| gone(Kind::Memory, handle, missing, Rule::UseAfterFree))
    }

    /// The resource that the memory is made for, if its size is right.
    fn dedicated(&mut self, wanted: AllocateRequest) -> Outcome<Option<u64>> {
        let (buffer, image) = (wanted.dedicated_buffer, wanted.dedicated_image);
        rule(buffer == 0 || image == 0, Rule::Dedicated, || {
            "memory for a buffer and an image at once".to_owned()
        })?;
        let (kind, handle) = match (buffer, image) {
            (0, 0) => return Ok(None),
            (0, image) => (Kind::Image, image),
            (buffer, _) => (Kind::Buffer, buffer),
        };
        if !self.oracle {
            return Ok(Some(handle));
        }
        let resource = self.resource(kind, handle, Rule::UseAfterFree)?;
        let needed = resource.needs.size;
        rule(needed == wanted.size, Rule::Dedicated, || {
            let what = named(kind, handle, resource.label());
            format!("{} bytes of its own for {what}, which needs {needed}", wanted.size)
        })?;
        Ok(Some(handle))
    }
}

fn check_features(profile: &Profile, flags: vk::MemoryPropertyFlags, addressable: bool) -> Outcome {
    let features = &profile.features;
    let protected = flags.contains(vk::MemoryPropertyFlags::PROTECTED);
    rule(features.protected || !protected, Rule::Protected, || {
        "protected memory, which is not enabled".to_owned()
    })?;
    let amd =
        vk::MemoryPropertyFlags::DEVICE_COHERENT_AMD | vk::MemoryPropertyFlags::DEVICE_UNCACHED_AMD;
    rule(features.device_coherent || !flags.intersects(amd), Rule::MemoryType, || {
        "device-coherent memory, which is not enabled".to_owned()
    })?;
    rule(features.buffer_device_address || !addressable, Rule::DeviceAddress, || {
        "memory with device addresses, which are not enabled".to_owned()
    })
}

fn check_chain(profile: &Profile, wanted: AllocateRequest) -> Outcome {
    let priority = wanted.priority.unwrap_or(0.5);
    rule((0.0..=1.0).contains(&priority), Rule::Usage, || format!("the priority is {priority}"))?;
    if wanted.export.is_empty() {
        // A captured device lists hundreds of extensions, and most memory is for nobody else.
        return Ok(());
    }
    let exportable = match has_extension(profile, "VK_KHR_external_memory_fd") {
        true => vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD,
        false => vk::ExternalMemoryHandleTypeFlags::empty(),
    };
    rule(exportable.contains(wanted.export), Rule::Usage, || {
        format!("memory to be exported as {:?}, possible is {exportable:?}", wanted.export)
    })
}

/// The range of `size` bytes at `offset`, up to the end for `WHOLE_SIZE`, if it lies within `all` bytes.
fn clip(offset: u64, size: u64, all: u64) -> Option<Range<u64>> {
    let end = if size == vk::WHOLE_SIZE { all } else { offset.checked_add(size)? };
    (offset <= end && end <= all).then_some(offset..end)
}
