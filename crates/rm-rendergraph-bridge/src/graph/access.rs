//! How a pass touches a resource.

use ash::vk::{AccessFlags2, ImageLayout, PipelineStageFlags2};

/// How a pass touches a resource: in which stages, reading or writing, and an image in which layout.
///
/// A pass that writes may also read what it has written itself; it never finds anything if it is the first.
/// The constants are what most passes do; the rest is built from [`new`](Self::new) and [`layout`](Self::layout).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use]
pub struct Access {
    /// Pipeline stages that touch it. Never empty.
    pub stages: PipelineStageFlags2,
    /// What they do. Never empty.
    pub access: AccessFlags2,
    /// The layout of an image during the pass; `UNDEFINED` for a buffer.
    pub layout: ImageLayout,
}

/// Every access that changes memory.
pub(crate) const WRITES: AccessFlags2 = AccessFlags2::from_raw(
    AccessFlags2::SHADER_WRITE.as_raw()
        | AccessFlags2::COLOR_ATTACHMENT_WRITE.as_raw()
        | AccessFlags2::DEPTH_STENCIL_ATTACHMENT_WRITE.as_raw()
        | AccessFlags2::TRANSFER_WRITE.as_raw()
        | AccessFlags2::HOST_WRITE.as_raw()
        | AccessFlags2::MEMORY_WRITE.as_raw()
        | AccessFlags2::SHADER_STORAGE_WRITE.as_raw()
        | AccessFlags2::VIDEO_DECODE_WRITE_KHR.as_raw()
        | AccessFlags2::TRANSFORM_FEEDBACK_WRITE_EXT.as_raw()
        | AccessFlags2::TRANSFORM_FEEDBACK_COUNTER_WRITE_EXT.as_raw()
        | AccessFlags2::COMMAND_PREPROCESS_WRITE_NV.as_raw()
        | AccessFlags2::ACCELERATION_STRUCTURE_WRITE_KHR.as_raw()
        | AccessFlags2::MICROMAP_WRITE_EXT.as_raw()
        | AccessFlags2::OPTICAL_FLOW_WRITE_NV.as_raw(),
);

impl Access {
    /// A colour attachment, cleared or wholly drawn over if the pass is the first.
    pub const COLOR_ATTACHMENT: Self = Self {
        stages: PipelineStageFlags2::COLOR_ATTACHMENT_OUTPUT,
        access: AccessFlags2::from_raw(
            AccessFlags2::COLOR_ATTACHMENT_READ.as_raw()
                | AccessFlags2::COLOR_ATTACHMENT_WRITE.as_raw(),
        ),
        layout: ImageLayout::COLOR_ATTACHMENT_OPTIMAL,
    };

    /// A depth attachment that is tested and written, cleared if the pass is the first.
    pub const DEPTH_ATTACHMENT: Self = Self {
        stages: FRAGMENT_TESTS,
        access: AccessFlags2::from_raw(
            AccessFlags2::DEPTH_STENCIL_ATTACHMENT_READ.as_raw()
                | AccessFlags2::DEPTH_STENCIL_ATTACHMENT_WRITE.as_raw(),
        ),
        layout: ImageLayout::DEPTH_STENCIL_ATTACHMENT_OPTIMAL,
    };

    /// A depth attachment that is tested only.
    pub const DEPTH_TEST: Self = Self {
        stages: FRAGMENT_TESTS,
        access: AccessFlags2::DEPTH_STENCIL_ATTACHMENT_READ,
        layout: ImageLayout::DEPTH_STENCIL_READ_ONLY_OPTIMAL,
    };

    /// An image that is copied from.
    pub const COPY_SOURCE_IMAGE: Self = Self {
        stages: PipelineStageFlags2::ALL_TRANSFER,
        access: AccessFlags2::TRANSFER_READ,
        layout: ImageLayout::TRANSFER_SRC_OPTIMAL,
    };

    /// An image that is copied to, or cleared.
    pub const COPY_TARGET_IMAGE: Self = Self {
        stages: PipelineStageFlags2::ALL_TRANSFER,
        access: AccessFlags2::TRANSFER_WRITE,
        layout: ImageLayout::TRANSFER_DST_OPTIMAL,
    };

    /// A buffer that is copied from.
    pub const COPY_SOURCE_BUFFER: Self =
        Self::new(PipelineStageFlags2::ALL_TRANSFER, AccessFlags2::TRANSFER_READ);

    /// A buffer that is copied to, or filled.
    pub const COPY_TARGET_BUFFER: Self =
        Self::new(PipelineStageFlags2::ALL_TRANSFER, AccessFlags2::TRANSFER_WRITE);

    /// Indirect commands and counts.
    pub const INDIRECT: Self =
        Self::new(PipelineStageFlags2::DRAW_INDIRECT, AccessFlags2::INDIRECT_COMMAND_READ);

    /// An index buffer.
    pub const INDEX_BUFFER: Self =
        Self::new(PipelineStageFlags2::INDEX_INPUT, AccessFlags2::INDEX_READ);

    /// A vertex buffer.
    pub const VERTEX_BUFFER: Self =
        Self::new(PipelineStageFlags2::VERTEX_ATTRIBUTE_INPUT, AccessFlags2::VERTEX_ATTRIBUTE_READ);

    /// A buffer that `access` touches in `stages`.
    pub const fn new(stages: PipelineStageFlags2, access: AccessFlags2) -> Self {
        Self { stages, access, layout: ImageLayout::UNDEFINED }
    }

    /// An image that is sampled in `stages`.
    pub const fn sampled(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::SHADER_SAMPLED_READ)
            .layout(ImageLayout::SHADER_READ_ONLY_OPTIMAL)
    }

    /// A storage image that is written in `stages`, and not read before.
    pub const fn storage_image_write(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::SHADER_STORAGE_WRITE).layout(ImageLayout::GENERAL)
    }

    /// A storage image that is read in `stages`.
    pub const fn storage_image_read(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::SHADER_STORAGE_READ).layout(ImageLayout::GENERAL)
    }

    /// A storage image that is read and written in `stages`.
    pub const fn storage_image_read_write(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, STORAGE_READ_WRITE).layout(ImageLayout::GENERAL)
    }

    /// A storage buffer that is written in `stages`.
    pub const fn storage_write(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::SHADER_STORAGE_WRITE)
    }

    /// A storage buffer that is read in `stages`.
    pub const fn storage_read(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::SHADER_STORAGE_READ)
    }

    /// A storage buffer that is read and written in `stages`.
    pub const fn storage_read_write(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, STORAGE_READ_WRITE)
    }

    /// A uniform buffer that is read in `stages`.
    pub const fn uniform(stages: PipelineStageFlags2) -> Self {
        Self::new(stages, AccessFlags2::UNIFORM_READ)
    }

    /// The same, of an image in `layout`.
    pub const fn layout(mut self, layout: ImageLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Whether memory is changed.
    #[must_use]
    pub fn writes(self) -> bool {
        self.access.intersects(WRITES)
    }
}

const STORAGE_READ_WRITE: AccessFlags2 = AccessFlags2::from_raw(
    AccessFlags2::SHADER_STORAGE_READ.as_raw() | AccessFlags2::SHADER_STORAGE_WRITE.as_raw(),
);

const FRAGMENT_TESTS: PipelineStageFlags2 = PipelineStageFlags2::from_raw(
    PipelineStageFlags2::EARLY_FRAGMENT_TESTS.as_raw()
        | PipelineStageFlags2::LATE_FRAGMENT_TESTS.as_raw(),
);
