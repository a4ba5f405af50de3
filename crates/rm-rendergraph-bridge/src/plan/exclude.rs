//! What shares its bytes with nothing, and why.

use std::fmt;

use ash::vk;
use rm_alloc_core::{ImageRequest, MemoryLocation, Requirements};

use crate::{
    PlanSettings,
    graph::{Kind, Resource, Touch},
};

/// Why a resource is not planned.
///
/// One that lives for a frame all the same, with memory of its own, begins like every other: with the barriers against the
/// frame before, and images with a [`Transition`](crate::Transition). External, persistent and sparse ones are left to the engine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Exclusion {
    /// The driver, or its request, wants memory of its own for it.
    Dedicated,
    /// It is the engine's own.
    External,
    /// The host can look at it, at any time.
    HostVisible,
    /// Its memory is allocated lazily, if at all: there is nothing to share.
    LazilyAllocated,
    /// Its content outlives the frame.
    Persistent,
    /// Its memory is protected.
    Protected,
    /// Its pages come and go.
    Sparse,
    /// No pass touches it.
    Unused,
}

impl Exclusion {
    /// Whether it is garbage when a frame begins, so that the frame before is all that its first pass has to wait for.
    pub(super) const fn begins_anew(self) -> bool {
        match self {
            Self::Dedicated | Self::HostVisible | Self::LazilyAllocated | Self::Protected => true,
            Self::External | Self::Persistent | Self::Sparse | Self::Unused => false,
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dedicated => "has memory of its own",
            Self::External => "is external",
            Self::HostVisible => "is visible to the host",
            Self::LazilyAllocated => "is allocated lazily",
            Self::Persistent => "outlives the frame",
            Self::Protected => "is protected",
            Self::Sparse => "is sparse",
            Self::Unused => "is not used",
        })
    }
}

/// Whether a resource is not to be planned.
///
/// A driver that merely prefers memory of its own for it is not followed: sharing saves more than that gains.
pub(super) fn exclude(
    resource: &Resource,
    touches: &[Touch],
    requirements: &Requirements,
    settings: &PlanSettings,
) -> Option<Exclusion> {
    let (location, dedicated) = match &resource.kind {
        Kind::Buffer(buffer) => (buffer.location, buffer.dedicated),
        Kind::Image(image) => (image.location, image.dedicated),
        Kind::CreateInfo | Kind::ExternalBuffer | Kind::ExternalImage => {
            return Some(Exclusion::External);
        }
    };
    if let Kind::Image(image) = &resource.kind {
        if is_sparse(image) {
            return Some(Exclusion::Sparse);
        }
        if image.flags.contains(vk::ImageCreateFlags::PROTECTED) {
            return Some(Exclusion::Protected);
        }
        let on_tile = image.usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT);
        if on_tile && requirements.memory_type_bits & settings.lazy_types != 0 {
            return Some(Exclusion::LazilyAllocated);
        }
    }
    if resource.persistent {
        return Some(Exclusion::Persistent);
    }
    if touches.is_empty() {
        return Some(Exclusion::Unused);
    }
    if location != MemoryLocation::DeviceLocal {
        return Some(Exclusion::HostVisible);
    }
    (dedicated || requirements.requires_dedicated).then_some(Exclusion::Dedicated)
}

/// Whether the pages of an image come and go, so that it has no memory to ask about.
pub(crate) fn is_sparse(image: &ImageRequest<'_>) -> bool {
    let sparse = vk::ImageCreateFlags::SPARSE_BINDING
        | vk::ImageCreateFlags::SPARSE_RESIDENCY
        | vk::ImageCreateFlags::SPARSE_ALIASED;
    image.flags.intersects(sparse)
}
