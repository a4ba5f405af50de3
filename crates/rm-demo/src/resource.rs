//! What is streamed, once it is on the device: buffers and images, each in an `Rm`.

use ash::vk;
use resource_management::{
    alloc::{
        Allocation, AllocationError, BoundBuffer, BoundImage, BufferRequest, ErrorKind,
        ImageRequest, MemoryAllocator, MemoryAllocatorExt,
    },
    state::{Rm, StateError},
};

use crate::{
    content::Content,
    scene::{Asset, Mesh, Texture},
};

/// A buffer or an image.
#[derive(Debug)]
pub(crate) enum Object {
    Buffer(BoundBuffer),
    Image { image: BoundImage, texture: Texture },
}

impl Object {
    /// The memory behind it.
    pub(crate) fn allocation(&self) -> &Allocation {
        match self {
            Self::Buffer(buffer) => buffer.allocation(),
            Self::Image { image, .. } => image.allocation(),
        }
    }

    /// Bytes from the start of its memory that are its own.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Buffer(buffer) => buffer.size(),
            Self::Image { image, .. } => image.size(),
        }
    }
}

/// One object of a resource, with what it has to hold.
#[derive(Debug)]
pub(crate) struct Part {
    object: Rm<Object>,
    content: Content,
    name: String,
}

impl Part {
    /// The object, unless it has been destroyed.
    pub(crate) fn object(&self) -> Option<&Object> {
        self.object.stale_value()
    }

    /// What it has to hold.
    pub(crate) fn content(&self) -> Content {
        self.content
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A mesh or a texture, from its upload to the end of its read-back.
///
/// Its objects are pending until the upload has been executed, then ready, and outdated once they are to leave.
#[derive(Debug)]
#[must_use = "dropping a resource leaks its objects; give it to `free`"]
pub(crate) struct Resident {
    parts: Vec<Part>,
    // The frame that uploads it.
    frame: u32,
}

impl Resident {
    /// Makes the objects of `asset`, the `number`th one, to be uploaded in `frame`.
    ///
    /// A texture that the device cannot have in its own format gets one that every device has.
    /// On error nothing is left behind.
    pub(crate) fn create(
        allocator: &dyn MemoryAllocator,
        asset: Asset,
        number: u64,
        frame: u32,
    ) -> Result<Self, AllocationError> {
        let mut resident = Self { parts: Vec::new(), frame };
        let made = match asset {
            Asset::Mesh(mesh) => resident.make_mesh(allocator, mesh, number),
            Asset::Texture(texture) => resident.make_texture(allocator, texture, number),
        };
        match made {
            Ok(()) => Ok(resident),
            Err(error) => {
                // SAFETY: what was made came from `allocator`, and the device has not seen it.
                unsafe { resident.free(allocator) };
                Err(error)
            }
        }
    }

    /// Says that the upload has begun.
    pub(crate) fn mark_pending(&mut self) -> Result<(), StateError> {
        self.parts.iter_mut().try_for_each(|part| part.object.mark_pending())
    }

    /// Says that the upload has been executed.
    pub(crate) fn mark_ready(&mut self) -> Result<(), StateError> {
        self.parts.iter_mut().try_for_each(|part| part.object.mark_ready())
    }

    /// Says that it is to leave.
    pub(crate) fn mark_outdated(&mut self) -> Result<(), StateError> {
        self.parts.iter_mut().try_for_each(|part| part.object.mark_outdated())
    }

    /// Whether every object may be used.
    pub(crate) fn is_ready(&self) -> bool {
        self.parts.iter().all(|part| part.object.is_ready())
    }

    /// The frame that uploads it.
    pub(crate) fn frame(&self) -> u32 {
        self.frame
    }

    /// Its objects.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Destroys the objects and gives their memory back.
    ///
    /// # Safety
    ///
    /// - It was created with `allocator`.
    /// - The device no longer uses it.
    pub(crate) unsafe fn free(mut self, allocator: &dyn MemoryAllocator) {
        for part in &mut self.parts {
            match part.object.take() {
                // SAFETY: it came from there, and the device is done with it (caller).
                Some(Object::Buffer(buffer)) => unsafe { allocator.free_buffer(buffer) },
                // SAFETY: it came from there, and the device is done with it (caller).
                Some(Object::Image { image, .. }) => unsafe { allocator.free_image(image) },
                None => {}
            }
        }
    }

    fn make_mesh(
        &mut self,
        allocator: &dyn MemoryAllocator,
        mesh: Mesh,
        number: u64,
    ) -> Result<(), AllocationError> {
        let parts = [
            ("vertices", mesh.vertex_bytes(), vk::BufferUsageFlags::VERTEX_BUFFER),
            ("indices", mesh.index_bytes(), vk::BufferUsageFlags::INDEX_BUFFER),
        ];
        let both_ways = vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST;
        for (what, bytes, usage) in parts {
            let name = format!("mesh {number} {what}");
            let request = BufferRequest::new(bytes, usage | both_ways).label(&name);
            let buffer = allocator.allocate_buffer(&request)?;
            self.add(Object::Buffer(buffer), number, bytes, name);
        }
        Ok(())
    }

    fn make_texture(
        &mut self,
        allocator: &dyn MemoryAllocator,
        texture: Texture,
        number: u64,
    ) -> Result<(), AllocationError> {
        let name = format!("texture {number}");
        let (image, texture) = match (image(allocator, texture, &name), texture.fallback()) {
            (Err(error), Some(other)) if matches!(error.kind(), ErrorKind::Unsupported(_)) => {
                (image(allocator, other, &name)?, other)
            }
            (made, _) => (made?, texture),
        };
        self.add(Object::Image { image, texture }, number, texture.bytes(), name);
        Ok(())
    }

    fn add(&mut self, object: Object, number: u64, bytes: u64, name: String) {
        // Two numbers an asset: a mesh has two parts.
        let content = Content::new(2 * number + self.parts.len() as u64, bytes);
        self.parts.push(Part { object: Rm::with(object), content, name });
    }
}

fn image(
    allocator: &dyn MemoryAllocator,
    texture: Texture,
    name: &str,
) -> Result<BoundImage, AllocationError> {
    let usage = vk::ImageUsageFlags::SAMPLED
        | vk::ImageUsageFlags::TRANSFER_SRC
        | vk::ImageUsageFlags::TRANSFER_DST;
    let (format, side) = (texture.format(), texture.side());
    let request =
        ImageRequest::new_2d(format, side, side, usage).mip_levels(texture.levels()).label(name);
    allocator.allocate_image(&request)
}
