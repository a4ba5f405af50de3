//! Buffers and images in memory of a type that the case chooses, so that the oracle sees what lies where.

use ash::vk;
use rm_alloc_core::{Allocation, Dedicated, MemoryError, MemoryRequest, Resource, TilingClass};

use super::{Broken, Stage};

/// What is to lie in a piece of memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// Nothing: memory alone.
    Raw { size: u64, tiling: TilingClass },
    /// A buffer for transfers.
    Buffer { size: u64 },
    /// An optimally tiled image with four bytes a texel.
    Image { width: u32, height: u32 },
}

/// A resource without memory, and what it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) resource: Option<Resource>,
    pub(crate) size: u64,
    pub(crate) alignment: u64,
    /// Memory types that it can live in, one bit each.
    pub(crate) types: u32,
    pub(crate) tiling: TilingClass,
}

/// A resource in its memory.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) object: Object,
    pub(crate) allocation: Allocation,
}

impl Object {
    /// The request for its memory, of one type.
    pub(crate) fn request(&self, memory_type: u32) -> MemoryRequest<'static> {
        MemoryRequest::new(self.size, self.alignment, memory_type, self.tiling)
    }

    /// Like [`request`](Self::request), with an object of its own.
    pub(crate) fn dedicated(&self, memory_type: u32) -> MemoryRequest<'static> {
        let Some(resource) = self.resource else { return self.request(memory_type) };
        self.request(memory_type).dedicated(Dedicated::Require(resource))
    }
}

impl Stage {
    /// Makes a resource without memory.
    pub(crate) fn object(&self, shape: Shape) -> Result<Object, MemoryError> {
        let device = self.context.device();
        match shape {
            Shape::Raw { size, tiling } => {
                let types = self.types().iter().fold(0, |bits, index| bits | 1 << index);
                Ok(Object { resource: None, size, alignment: 1, types, tiling })
            }
            Shape::Buffer { size } => {
                let usage = vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST;
                let info = vk::BufferCreateInfo::default().size(size).usage(usage);
                // SAFETY: a plain buffer is valid on every device.
                let raw = unsafe { device.create_buffer(&info, None) }?;
                // SAFETY: just made.
                let needs = unsafe { device.get_buffer_memory_requirements(raw) };
                // SAFETY: live and unbound until it is placed, by a request of exactly these needs.
                let resource = unsafe { Resource::buffer(raw) };
                Ok(self.known(resource, needs, TilingClass::Linear))
            }
            Shape::Image { width, height } => {
                let usage = vk::ImageUsageFlags::TRANSFER_DST | vk::ImageUsageFlags::SAMPLED;
                let info = vk::ImageCreateInfo::default()
                    .image_type(vk::ImageType::TYPE_2D)
                    .format(vk::Format::R8G8B8A8_UNORM)
                    .extent(vk::Extent3D { width, height, depth: 1 })
                    .mip_levels(1)
                    .array_layers(1)
                    .samples(vk::SampleCountFlags::TYPE_1)
                    .tiling(vk::ImageTiling::OPTIMAL)
                    .usage(usage);
                // SAFETY: every device must support small images of this format for this usage.
                let raw = unsafe { device.create_image(&info, None) }?;
                // SAFETY: just made.
                let needs = unsafe { device.get_image_memory_requirements(raw) };
                // SAFETY: live and unbound until it is placed, by a request of exactly these needs.
                let resource = unsafe { Resource::image(raw) };
                Ok(self.known(resource, needs, TilingClass::Optimal))
            }
        }
    }

    fn known(
        &self,
        resource: Resource,
        needs: vk::MemoryRequirements,
        tiling: TilingClass,
    ) -> Object {
        let allowed = self.types().iter().fold(0, |bits, index| bits | 1 << index);
        Object {
            resource: Some(resource),
            size: needs.size,
            alignment: needs.alignment.max(1),
            types: needs.memory_type_bits & allowed,
            tiling,
        }
    }

    /// Takes memory by `request` and binds `object` to it; what is refused destroys the object.
    pub(crate) fn try_place(
        &self,
        object: Object,
        request: &MemoryRequest<'_>,
    ) -> Result<Result<Placed, MemoryError>, Broken> {
        let allocation = match self.try_allocate(request) {
            Ok(Ok(allocation)) => allocation,
            refused => {
                self.destroy(object);
                return refused
                    .map(|answer| answer.map(|allocation| Placed { object, allocation }));
            }
        };
        match self.bind(object, &allocation) {
            Ok(()) => Ok(Ok(Placed { object, allocation })),
            Err(code) => {
                self.destroy(object);
                self.try_free(allocation)?;
                Ok(Err(code.into()))
            }
        }
    }

    /// Makes a resource of `shape` in memory of `memory_type`, where neither can be refused.
    pub(crate) fn place(&self, shape: Shape, memory_type: u32) -> Placed {
        let object = self.object(shape).unwrap_or_else(|e| panic!("{shape:?} was refused: {e}"));
        let placed = self.try_place(object, &object.request(memory_type));
        let placed = placed.unwrap_or_else(|broken| panic!("{broken}"));
        placed.unwrap_or_else(|error| panic!("{shape:?} in type {memory_type}: {error}"))
    }

    /// Destroys a resource and gives its memory back.
    pub(crate) fn remove(&self, placed: Placed) {
        self.try_remove(placed).unwrap_or_else(|broken| panic!("{broken}"));
    }

    /// Like [`remove`](Self::remove), with a broken promise as a value.
    pub(crate) fn try_remove(&self, placed: Placed) -> Result<(), Broken> {
        self.destroy(placed.object);
        self.try_free(placed.allocation)
    }

    /// Binds `object`, unless it is memory alone.
    pub(crate) fn bind(&self, object: Object, to: &Allocation) -> Result<(), vk::Result> {
        let Some(resource) = object.resource else { return Ok(()) };
        let (device, buffer) = (self.context.device(), resource.as_buffer());
        if buffer == vk::Buffer::null() {
            let image = resource.as_image();
            // SAFETY: live and unbound, in memory of its own needs; whether that is true is what the oracle is for.
            return unsafe { device.bind_image_memory(image, to.memory(), to.offset()) };
        }
        // SAFETY: as above.
        unsafe { device.bind_buffer_memory(buffer, to.memory(), to.offset()) }
    }

    /// Destroys the resource of `object`, if it has one.
    pub(crate) fn destroy(&self, object: Object) {
        let Some(resource) = object.resource else { return };
        let device = self.context.device();
        // SAFETY: live, made by `object`, and never used; one of the two handles is null, which is ignored.
        unsafe { device.destroy_buffer(resource.as_buffer(), None) };
        // SAFETY: as above.
        unsafe { device.destroy_image(resource.as_image(), None) };
    }
}
