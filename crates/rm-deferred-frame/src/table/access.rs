//! What a pass does with a resource, and how Vulkan says that.

use ash::vk;

/// One way to use a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Use {
    /// Draws into it.
    Color,
    /// Copies it.
    CopyFrom,
    /// Writes all of its depth.
    Depth,
    /// Looks at single texels of it, or samples it.
    Sampled,
    /// Fills it.
    Zeroed,
    /// Reads it in a shader.
    StorageRead,
    /// Changes what is there.
    StorageUpdate,
    /// Writes all of it that is ever read.
    StorageWrite,
}

/// Where and how memory is touched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Access {
    pub(crate) stages: vk::PipelineStageFlags2,
    pub(crate) access: vk::AccessFlags2,
    /// Of an image, meanwhile.
    pub(crate) layout: vk::ImageLayout,
}

impl Use {
    /// What it comes to in a pass whose shaders run at `stage`.
    pub(crate) fn access(self, stage: vk::PipelineStageFlags2) -> Access {
        use vk::{AccessFlags2 as A, ImageLayout as L, PipelineStageFlags2 as S};
        let (stages, access, layout) = match self {
            Self::Color => {
                (S::COLOR_ATTACHMENT_OUTPUT, A::COLOR_ATTACHMENT_WRITE, L::COLOR_ATTACHMENT_OPTIMAL)
            }
            Self::CopyFrom => (S::COPY, A::TRANSFER_READ, L::TRANSFER_SRC_OPTIMAL),
            Self::Depth => (
                S::EARLY_FRAGMENT_TESTS | S::LATE_FRAGMENT_TESTS,
                A::DEPTH_STENCIL_ATTACHMENT_READ | A::DEPTH_STENCIL_ATTACHMENT_WRITE,
                L::DEPTH_ATTACHMENT_OPTIMAL,
            ),
            Self::Sampled => (stage, A::SHADER_SAMPLED_READ, L::SHADER_READ_ONLY_OPTIMAL),
            // Whether filling clears or copies has been answered differently.
            Self::Zeroed => (S::ALL_TRANSFER, A::TRANSFER_WRITE, L::UNDEFINED),
            Self::StorageRead => (stage, A::SHADER_STORAGE_READ, L::UNDEFINED),
            Self::StorageUpdate => {
                (stage, A::SHADER_STORAGE_READ | A::SHADER_STORAGE_WRITE, L::UNDEFINED)
            }
            Self::StorageWrite => (stage, A::SHADER_STORAGE_WRITE, L::UNDEFINED),
        };
        Access { stages, access, layout }
    }

    /// Whether it is drawn into.
    pub(crate) fn is_attachment(self) -> bool {
        matches!(self, Self::Color | Self::Depth)
    }

    /// How shaders see it, if they do.
    pub(crate) fn descriptor(self) -> Option<vk::DescriptorType> {
        match self {
            Self::Sampled => Some(vk::DescriptorType::SAMPLED_IMAGE),
            Self::StorageRead | Self::StorageUpdate | Self::StorageWrite => {
                Some(vk::DescriptorType::STORAGE_BUFFER)
            }
            Self::Color | Self::CopyFrom | Self::Depth | Self::Zeroed => None,
        }
    }

    pub(super) fn image_usage(self) -> vk::ImageUsageFlags {
        match self {
            Self::Color => vk::ImageUsageFlags::COLOR_ATTACHMENT,
            Self::CopyFrom => vk::ImageUsageFlags::TRANSFER_SRC,
            Self::Depth => vk::ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT,
            Self::Sampled => vk::ImageUsageFlags::SAMPLED,
            Self::Zeroed | Self::StorageRead | Self::StorageUpdate | Self::StorageWrite => {
                vk::ImageUsageFlags::empty()
            }
        }
    }

    pub(super) fn buffer_usage(self) -> vk::BufferUsageFlags {
        match self {
            Self::Zeroed => vk::BufferUsageFlags::TRANSFER_DST,
            Self::StorageRead | Self::StorageUpdate => vk::BufferUsageFlags::STORAGE_BUFFER,
            // To be filled as well, for `crate::sabotage`.
            Self::StorageWrite => {
                vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::TRANSFER_DST
            }
            Self::Color | Self::CopyFrom | Self::Depth | Self::Sampled => {
                vk::BufferUsageFlags::empty()
            }
        }
    }
}

impl Access {
    /// The part of the access that writes.
    pub(crate) fn writes(self) -> vk::AccessFlags2 {
        use vk::AccessFlags2 as A;
        self.access
            & (A::COLOR_ATTACHMENT_WRITE
                | A::DEPTH_STENCIL_ATTACHMENT_WRITE
                | A::SHADER_STORAGE_WRITE
                | A::TRANSFER_WRITE)
    }
}
