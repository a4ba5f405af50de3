//! What a description keeps of a resource.

use rm_alloc_core::{BufferRequest, ImageRequest};

use super::{GraphDescription, Part};

/// A resource without what it borrows, which lies in the arenas of the description.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    pub(super) label: Option<Part>,
    pub(super) families: Part,
    pub(super) formats: Part,
    pub(crate) kind: Kind,
    pub(crate) persistent: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Buffer(BufferRequest<'static>),
    /// An image whose request has pointers of its own, which nobody could compare or keep.
    CreateInfo,
    ExternalBuffer,
    ExternalImage,
    Image(ImageRequest<'static>),
}

/// What a resource was described as.
#[derive(Clone, Debug, PartialEq)]
pub enum Described<'a> {
    /// A buffer.
    Buffer(BufferRequest<'a>),
    /// A buffer of the engine's own.
    ExternalBuffer,
    /// An image of the engine's own, or one with a create info of its own, which is refused.
    ExternalImage,
    /// An image.
    Image(ImageRequest<'a>),
}

impl Resource {
    pub(super) const NOTHING: Self = Self {
        label: None,
        families: Part { start: 0, end: 0 },
        formats: Part { start: 0, end: 0 },
        kind: Kind::ExternalBuffer,
        persistent: false,
    };

    pub(crate) const fn is_image(&self) -> bool {
        matches!(self.kind, Kind::CreateInfo | Kind::ExternalImage | Kind::Image(_))
    }

    /// The engine's own.
    pub(crate) const fn is_external(&self) -> bool {
        matches!(self.kind, Kind::ExternalBuffer | Kind::ExternalImage)
    }
}

impl GraphDescription {
    pub(super) fn describe(&self, resource: &Resource) -> Described<'_> {
        let label = resource.label.map(|label| self.text(label));
        let families = part(&self.families, resource.families);
        match &resource.kind {
            Kind::Buffer(plain) => Described::Buffer(BufferRequest {
                label,
                queue_families: families,
                ..plain.clone()
            }),
            Kind::Image(plain) => {
                let mut image: ImageRequest<'_> = plain.clone();
                image.label = label;
                image.queue_families = families;
                image.view_formats = part(&self.formats, resource.formats);
                Described::Image(image)
            }
            Kind::ExternalBuffer => Described::ExternalBuffer,
            Kind::CreateInfo | Kind::ExternalImage => Described::ExternalImage,
        }
    }
}

/// The request without what it borrows.
pub(super) fn plain_buffer(request: &BufferRequest<'_>) -> BufferRequest<'static> {
    BufferRequest {
        size: request.size,
        usage: request.usage,
        location: request.location,
        dedicated: request.dedicated,
        aliasable: request.aliasable,
        min_alignment: request.min_alignment,
        priority: request.priority,
        queue_families: &[],
        category: request.category,
        tag: request.tag,
        label: None,
    }
}

/// The request without what it borrows; `None` if it is a create info.
pub(super) fn plain_image(request: &ImageRequest<'_>) -> Option<ImageRequest<'static>> {
    if request.raw().is_some() {
        return None;
    }
    let mut plain =
        ImageRequest::new(request.image_type, request.format, request.extent, request.usage);
    plain.flags = request.flags;
    plain.mip_levels = request.mip_levels;
    plain.array_layers = request.array_layers;
    plain.samples = request.samples;
    plain.tiling = request.tiling;
    plain.initial_layout = request.initial_layout;
    plain.location = request.location;
    plain.dedicated = request.dedicated;
    plain.aliasable = request.aliasable;
    plain.priority = request.priority;
    plain.category = request.category;
    plain.tag = request.tag;
    Some(plain)
}

fn part<T>(arena: &[T], part: Part) -> &[T] {
    arena.get(part.start as usize..part.end as usize).unwrap_or_default()
}
