//! From a request to an object, by way of the checks.

use ash::vk;

use super::object::{Created, Requirements};
use crate::{
    BufferRequest, Category, DeviceContext, ImageRequest, MemoryError, Resource, Tag, TilingClass,
    allocator::Placement,
    request::check::{check_buffer, check_image, check_image_limits},
};

/// A request for either kind of resource.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyRequest<'r> {
    Buffer(&'r BufferRequest<'r>),
    Image(&'r ImageRequest<'r>),
}

impl<'r> AnyRequest<'r> {
    /// What it is for, in an error message.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Buffer(_) => "buffer",
            Self::Image(_) => "image",
        }
    }

    /// The accounts it belongs to.
    pub(crate) fn accounts(self) -> (Category, Tag) {
        match self {
            Self::Buffer(request) => (request.category, request.tag),
            Self::Image(request) => (request.category, request.tag),
        }
    }

    pub(crate) fn label(self) -> Option<&'r str> {
        match self {
            Self::Buffer(request) => request.label,
            Self::Image(request) => request.label,
        }
    }

    /// Bytes that are known to be asked for before the driver has spoken.
    pub(crate) fn least_size(self) -> u64 {
        match self {
            Self::Buffer(request) => request.size,
            Self::Image(_) => 0,
        }
    }

    /// Requirements that the resource has at least: its own size, in any memory.
    pub(crate) fn least_requirements(self) -> Requirements {
        Requirements::at_least(self.least_size())
    }

    /// Checks every rule of creation, by the device's own limits where there are any.
    pub(crate) fn check(self, context: &DeviceContext) -> Result<Checked<'r>, MemoryError> {
        match self {
            Self::Buffer(request) => check_buffer(context.rules(), request)?,
            Self::Image(request) => {
                if let Some(query) = check_image(context.rules(), request)? {
                    check_image_limits(request, &context.image_limits(query)?)?;
                }
            }
        }
        Ok(Checked { request: self })
    }

    /// What request and requirements together say about the memory.
    pub(crate) fn placement(self, requirements: Requirements) -> Placement<'r> {
        match self {
            Self::Buffer(request) => Placement {
                requirements,
                memory_use: request.memory_use(),
                tiling: TilingClass::Linear,
                min_alignment: request.min_alignment,
                dedicated: request.dedicated,
                aliasable: request.aliasable,
                priority: request.priority,
                label: request.label,
            },
            Self::Image(request) => Placement {
                requirements,
                memory_use: request.memory_use(),
                tiling: request.tiling_class(),
                min_alignment: 1,
                dedicated: request.dedicated,
                aliasable: request.aliasable,
                priority: request.priority,
                label: request.label,
            },
        }
    }
}

/// A request that breaks no rule of the device it was checked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked<'r> {
    // Invariant: passed `AnyRequest::check` for the context that every method is given.
    request: AnyRequest<'r>,
}

impl Checked<'_> {
    /// Makes an object without memory.
    pub(crate) fn create(self, context: &DeviceContext) -> Result<Created<'_>, MemoryError> {
        let device = context.device();
        let resource = match self.request {
            AnyRequest::Buffer(request) => {
                // SAFETY: every rule of `vkCreateBuffer` was checked (invariant).
                let raw = unsafe { device.create_buffer(&request.create_info(), None) }?;
                // SAFETY: the buffer was just made, and whoever asks for its memory reads its requirements.
                unsafe { Resource::buffer(raw) }
            }
            AnyRequest::Image(request) => {
                let mut list = vk::ImageFormatListCreateInfo::default();
                let info = request.create_info(&mut list);
                // SAFETY: every rule of `vkCreateImage` was checked (invariant), or promised to `from_create_info`.
                let raw = unsafe { device.create_image(&info, None) }?;
                // SAFETY: the image was just made, and whoever asks for its memory reads its requirements.
                unsafe { Resource::image(raw) }
            }
        };
        // SAFETY: the object was just made, and nobody else knows it.
        Ok(unsafe { Created::new(context, resource) })
    }

    /// What the resource would need, without making it where the device can tell.
    pub(crate) fn requirements(self, context: &DeviceContext) -> Result<Requirements, MemoryError> {
        match self.ask(context) {
            Some(requirements) => Ok(requirements),
            None => Ok(self.create(context)?.requirements()),
        }
    }

    /// What the device says the resource would need, where it tells without an object.
    pub(crate) fn ask(self, context: &DeviceContext) -> Option<Requirements> {
        let (handle, commands) = (context.device().handle(), context.commands());
        match (self.request, commands.buffer_requirements, commands.image_requirements) {
            (AnyRequest::Buffer(request), Some(ask), _) => {
                let create = request.create_info();
                let info = vk::DeviceBufferMemoryRequirements::default().create_info(&create);
                Some(Requirements::read(|answer| {
                    // SAFETY: the command belongs to this device, and every rule was checked (invariant).
                    unsafe { ask(handle, &raw const info, answer) }
                }))
            }
            // A create info that its maker vouches for is vouched for as an image, not as a question.
            (AnyRequest::Image(request), _, Some(ask)) if request.raw().is_none() => {
                let mut list = vk::ImageFormatListCreateInfo::default();
                let create = request.create_info(&mut list);
                let info = vk::DeviceImageMemoryRequirements::default().create_info(&create);
                Some(Requirements::read(|answer| {
                    // SAFETY: the command belongs to this device, and every rule was checked (invariant).
                    unsafe { ask(handle, &raw const info, answer) }
                }))
            }
            _ => None,
        }
    }
}
