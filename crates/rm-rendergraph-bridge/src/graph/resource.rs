//! What a description says of a resource.

use rm_alloc_core::{BufferRequest, ImageRequest};

use super::{GraphDescription, ResourceId, record::Kind};

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

/// A resource without what its request borrows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    pub(crate) kind: Kind,
    pub(crate) persistent: bool,
}

impl Resource {
    pub(crate) const fn is_image(&self) -> bool {
        matches!(self.kind, Kind::CreateInfo | Kind::ExternalImage | Kind::Image(_))
    }

    /// The engine's own.
    pub(crate) const fn is_external(&self) -> bool {
        matches!(self.kind, Kind::ExternalBuffer | Kind::ExternalImage)
    }
}

impl GraphDescription {
    /// What a resource was described as; `None` if there is no such resource.
    #[must_use]
    pub fn resource(&self, resource: ResourceId) -> Option<Described<'_>> {
        let entry = self.entry(resource)?;
        let ends = self.ends[resource.index()];
        let starts = resource.index().checked_sub(1).map_or([0; 3], |last| self.ends[last]);
        let label = self.traits[resource.index()].has_label;
        let label = label.then(|| self.resource_label(resource));
        let families = &self.families[starts[1] as usize..ends[1] as usize];
        Some(match entry.kind {
            Kind::Buffer(plain) => {
                Described::Buffer(BufferRequest { label, queue_families: families, ..plain })
            }
            Kind::Image(plain) => {
                let mut image: ImageRequest<'_> = plain;
                image.label = label;
                image.queue_families = families;
                image.view_formats = &self.formats[starts[2] as usize..ends[2] as usize];
                Described::Image(image)
            }
            Kind::ExternalBuffer => Described::ExternalBuffer,
            Kind::CreateInfo | Kind::ExternalImage => Described::ExternalImage,
        })
    }
}
