//! Buffers and images as users make them, through [`MemoryAllocatorExt`].

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocationError, AllocatorCapabilities, BoundBuffer, BoundImage, BufferRequest,
    ImageRequest, MemoryAllocatorExt, MemoryLocation, TilingClass,
};

use super::{
    Stage,
    check::{Expected, Figures},
};

impl Stage {
    /// Makes a buffer through [`MemoryAllocatorExt`], and checks what came or that nothing is left.
    pub(crate) fn buffer(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<BoundBuffer, AllocationError> {
        let before = self.figures();
        let made = self.allocator.allocate_buffer(request);
        let tiling = if request.aliasable { TilingClass::Mixed } else { TilingClass::Linear };
        let expected = Expected { tiling, dedicated: request.dedicated, label: request.label };
        self.settle(&before, made.as_ref().map(BoundBuffer::allocation), expected);
        if let Ok(buffer) = &made {
            let hosts = [MemoryLocation::HostVisible, MemoryLocation::HostCached];
            let seen = buffer.mapped().is_some() || !hosts.contains(&request.location);
            assert!(seen, "{request:?} is not mapped: {buffer:?}");
        }
        made
    }

    /// Makes an image through [`MemoryAllocatorExt`], and checks what came or that nothing is left.
    pub(crate) fn image(&self, request: &ImageRequest<'_>) -> Result<BoundImage, AllocationError> {
        let before = self.figures();
        let made = self.allocator.allocate_image(request);
        let tiling = match (request.aliasable, request.tiling) {
            (false, vk::ImageTiling::LINEAR) => TilingClass::Linear,
            (false, vk::ImageTiling::OPTIMAL) => TilingClass::Optimal,
            _ => TilingClass::Mixed,
        };
        let expected = Expected { tiling, dedicated: request.dedicated, label: request.label };
        self.settle(&before, made.as_ref().map(BoundImage::allocation), expected);
        made
    }

    pub(crate) fn free_buffer(&self, buffer: BoundBuffer) {
        self.forget(buffer.allocation());
        // SAFETY: it came from this allocator, and no device uses it: nothing is ever submitted.
        unsafe { self.allocator.free_buffer(buffer) };
        self.assert_whole();
    }

    pub(crate) fn free_image(&self, image: BoundImage) {
        self.forget(image.allocation());
        // SAFETY: it came from this allocator, and no device uses it: nothing is ever submitted.
        unsafe { self.allocator.free_image(image) };
        self.assert_whole();
    }

    /// Takes note of what a resource got, or checks that a failure left nothing.
    fn settle(
        &self,
        before: &Figures,
        made: Result<&Allocation, &AllocationError>,
        expected: Expected<'_>,
    ) {
        let settled = match made {
            Ok(allocation) => self.check_bound(allocation, expected),
            Err(error) => {
                let (now, what) = (self.figures(), format!("a failure ({error})"));
                // Memory that was granted and given back again may have left an empty block.
                match self.has(AllocatorCapabilities::SUBALLOCATES) {
                    true => now.unused_since(before, &what),
                    false => now.unchanged_since(before, &what),
                }
            }
        };
        settled.unwrap_or_else(|broken| panic!("{broken}"));
        self.assert_whole();
    }
}
