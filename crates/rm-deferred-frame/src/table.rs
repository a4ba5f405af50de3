//! The one table of a frame: which resources there are, which passes, and who does what with what.
//!
//! Everything else is read off it: what is created and with which usage, descriptors and attachments, the barriers within
//! the life of a resource, and the description by which memory is shared.

mod access;
mod deferred;

#[cfg(test)]
mod tests;

use ash::vk;

pub(crate) use self::{
    access::{Access, Use},
    deferred::TILE,
};
use crate::shader::Program;

/// Number of a resource in its table.
pub(crate) type ResourceId = usize;

/// A frame, as plain data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) resources: Vec<Resource>,
    /// In the order in which they run.
    pub(crate) passes: Vec<Pass>,
}

/// Something that passes write and read.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) label: String,
    pub(crate) kind: Kind,
    /// Whether it lives on after the frame, and so has memory of its own.
    pub(crate) external: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Buffer { bytes: u64 },
    Image { format: vk::Format, extent: vk::Extent2D },
}

/// One step of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) label: String,
    pub(crate) work: Work,
    /// In the order of bindings and of attachments.
    pub(crate) uses: Vec<(ResourceId, Use)>,
}

/// What a pass has the device do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Draws the scene over cleared attachments.
    Scene(Program),
    /// Draws every texel of its attachments once.
    Screen(Program),
    /// Runs so many workgroups.
    Compute(Program, [u32; 3]),
    /// Fills its buffer with zeros.
    Zero,
    /// Copies its image to where the host reads it.
    ReadBack,
}

impl Work {
    /// What is run, if that needs a program.
    pub(crate) fn program(self) -> Option<Program> {
        match self {
            Self::Scene(program) | Self::Screen(program) | Self::Compute(program, _) => {
                Some(program)
            }
            Self::Zero | Self::ReadBack => None,
        }
    }

    /// Where its shaders see what is bound.
    pub(crate) fn stage(self) -> vk::PipelineStageFlags2 {
        match self {
            Self::Compute(..) => vk::PipelineStageFlags2::COMPUTE_SHADER,
            _ => vk::PipelineStageFlags2::FRAGMENT_SHADER,
        }
    }
}

impl Pass {
    /// What the pass does with each of its resources, in the words of Vulkan.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = (ResourceId, Access)> {
        self.uses.iter().map(|(resource, how)| (*resource, how.access(self.work.stage())))
    }

    /// The images that it draws into, colours first in their order.
    pub(crate) fn attachments(&self) -> impl Iterator<Item = (ResourceId, Use)> {
        self.uses.iter().copied().filter(|(_, how)| how.is_attachment())
    }

    /// What its shaders see, in the order of bindings.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = (ResourceId, Use)> {
        self.uses.iter().copied().filter(|(_, how)| how.descriptor().is_some())
    }
}

impl Table {
    /// Adds an image that lives within the frame.
    fn image(
        &mut self,
        label: impl Into<String>,
        format: vk::Format,
        extent: vk::Extent2D,
    ) -> ResourceId {
        self.add(label.into(), Kind::Image { format, extent })
    }

    /// Adds a buffer that lives within the frame.
    fn buffer(&mut self, label: impl Into<String>, bytes: u64) -> ResourceId {
        self.add(label.into(), Kind::Buffer { bytes })
    }

    fn add(&mut self, label: String, kind: Kind) -> ResourceId {
        self.resources.push(Resource { label, kind, external: false });
        self.resources.len() - 1
    }

    fn pass(&mut self, label: impl Into<String>, work: Work, uses: &[(ResourceId, Use)]) {
        self.passes.push(Pass { label: label.into(), work, uses: uses.to_vec() });
    }

    /// Every access to `resource`, with the number of the pass.
    pub(crate) fn accesses_of(
        &self,
        resource: ResourceId,
    ) -> impl Iterator<Item = (usize, Access)> {
        self.passes.iter().enumerate().flat_map(move |(number, pass)| {
            pass.accesses().filter(move |(of, _)| *of == resource).map(move |(_, it)| (number, it))
        })
    }

    /// The usage that an image is created with.
    pub(crate) fn image_usage(&self, resource: ResourceId) -> vk::ImageUsageFlags {
        let usages = self.uses_of(resource).map(Use::image_usage);
        usages.fold(vk::ImageUsageFlags::empty(), |all, usage| all | usage)
    }

    /// The usage that a buffer is created with.
    pub(crate) fn buffer_usage(&self, resource: ResourceId) -> vk::BufferUsageFlags {
        let usages = self.uses_of(resource).map(Use::buffer_usage);
        usages.fold(vk::BufferUsageFlags::empty(), |all, usage| all | usage)
    }

    fn uses_of(&self, resource: ResourceId) -> impl Iterator<Item = Use> {
        let uses = self.passes.iter().flat_map(|pass| &pass.uses);
        uses.filter(move |(of, _)| *of == resource).map(|(_, how)| *how)
    }
}
