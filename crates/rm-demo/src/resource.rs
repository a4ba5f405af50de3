//! What is streamed, once it is on the device: buffers and images, each in an `Rm`.

use ash::vk;
use resource_management::{
    alloc::{AllocationError, BufferRequest, DeviceBudgetManager, ErrorKind, ImageRequest},
    lifetime::{OwnedBuffer, OwnedImage, SharedResourceFactory},
    state::{Rm, StateError},
};

use crate::{
    budget::{MESHES, TEXTURES},
    content::Content,
    executor::Subject,
    scene::{Asset, Mesh, Texture},
};

/// A buffer or an image, which retires when it is dropped.
#[derive(Debug)]
pub(crate) enum Object {
    Buffer(OwnedBuffer),
    Image { image: OwnedImage, texture: Texture },
}

impl Object {
    /// The same for a copy.
    pub(crate) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Buffer(buffer) => Subject::Buffer(buffer),
            Self::Image { image, texture } => Subject::Image { image, texture: *texture },
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
/// Dropped, they live on until the device is done with them.
#[derive(Debug)]
pub(crate) struct Resident {
    parts: Vec<Part>,
    // The frame that uploads it.
    frame: u32,
}

impl Resident {
    /// Makes the objects of `asset`, the `number`th one, to be uploaded in `frame`.
    ///
    /// On error nothing is left behind.
    pub(crate) fn create(
        factory: &SharedResourceFactory,
        asset: Asset,
        number: u64,
        frame: u32,
    ) -> Result<Self, AllocationError> {
        let mut resident = Self { parts: Vec::new(), frame };
        let made = match asset {
            Asset::Mesh(mesh) => resident.make_mesh(factory, mesh, number),
            Asset::Texture(texture) => resident.make_texture(factory, texture, number),
        };
        match made {
            Ok(()) => Ok(resident),
            Err(error) => {
                // SAFETY: the device has not seen what was made.
                unsafe { resident.free(factory.manager()) };
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

    /// Tells the budget that the memory comes back once the device is done with it.
    pub(crate) fn mark_retiring(&self, manager: &DeviceBudgetManager) {
        for object in self.parts.iter().filter_map(Part::object) {
            match object {
                Object::Buffer(buffer) => manager.mark_retiring(&**buffer),
                Object::Image { image, .. } => manager.mark_retiring(&**image),
            }
        }
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

    /// Destroys the objects and gives their memory back, now.
    ///
    /// # Safety
    ///
    /// - The device does not use it.
    pub(crate) unsafe fn free(mut self, manager: &DeviceBudgetManager) {
        for part in &mut self.parts {
            match part.object.take() {
                // SAFETY: the device does not use it (caller).
                Some(Object::Buffer(buffer)) => unsafe { manager.free_buffer(buffer.into_inner()) },
                Some(Object::Image { image, .. }) => {
                    // SAFETY: the device does not use it (caller).
                    unsafe { manager.free_image(image.into_inner()) };
                }
                None => {}
            }
        }
    }

    fn make_mesh(
        &mut self,
        factory: &SharedResourceFactory,
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
            let request = BufferRequest::new(bytes, usage | both_ways).tag(MESHES).label(&name);
            let buffer = factory.own_buffer(&request)?;
            self.add(Object::Buffer(buffer), number, bytes, name);
        }
        Ok(())
    }

    fn make_texture(
        &mut self,
        factory: &SharedResourceFactory,
        texture: Texture,
        number: u64,
    ) -> Result<(), AllocationError> {
        let name = format!("texture {number}");
        let image = factory.own_image(&image_request(texture).label(&name))?;
        self.add(Object::Image { image, texture }, number, texture.bytes(), name);
        Ok(())
    }

    fn add(&mut self, object: Object, number: u64, bytes: u64, name: String) {
        // Two numbers an asset: a mesh has two parts.
        let content = Content::new(2 * number + self.parts.len() as u64, bytes);
        self.parts.push(Part { object: Rm::with(object), content, name });
    }
}

/// The same asset in a form that the device can have: a texture in a format that every device has, if it lacks its own.
pub(crate) fn playable(asset: Asset, manager: &DeviceBudgetManager) -> Asset {
    let Asset::Texture(texture) = asset else { return asset };
    let Some(other) = texture.fallback() else { return asset };
    let asked = manager.image_requirements(&image_request(texture));
    let lacking = asked.is_err_and(|error| matches!(error.kind(), ErrorKind::Unsupported(_)));
    if lacking { Asset::Texture(other) } else { asset }
}

/// What makes `texture`, to be copied both ways.
pub(crate) fn image_request(texture: Texture) -> ImageRequest<'static> {
    let usage = vk::ImageUsageFlags::SAMPLED
        | vk::ImageUsageFlags::TRANSFER_SRC
        | vk::ImageUsageFlags::TRANSFER_DST;
    let (format, side) = (texture.format(), texture.side());
    ImageRequest::new_2d(format, side, side, usage).mip_levels(texture.levels()).tag(TEXTURES)
}
