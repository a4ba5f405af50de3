//! Records a frame's copies and the barriers between them.
//!
//! Barriers are those of Vulkan 1.0. What the host wrote before the submission is visible to it without one, and so
//! needs none; what the next frames do with a resource is unknown here, so an upload ends visible to all reads.

use std::slice;

use ash::vk;
use resource_management::alloc::ImageAllocation;

use crate::{
    executor::{Detour, PartCopy, Subject},
    scene::Texture,
};

/// A command buffer in recording.
#[must_use = "a recording has to be ended"]
pub(crate) struct Transfer<'a> {
    // Invariant: `commands` is of `device` and in recording; what it copies outlives its execution, as promised to
    // `begin`.
    device: &'a ash::Device,
    commands: vk::CommandBuffer,
}

/// What used memory last or will next, and the layout of an image meanwhile.
#[derive(Clone, Copy)]
struct Use {
    stage: vk::PipelineStageFlags,
    access: vk::AccessFlags,
    layout: vk::ImageLayout,
}

const NEW: Use = Use {
    stage: vk::PipelineStageFlags::TOP_OF_PIPE,
    access: vk::AccessFlags::empty(),
    layout: vk::ImageLayout::UNDEFINED,
};

const COPY_TO: Use = Use {
    stage: vk::PipelineStageFlags::TRANSFER,
    access: vk::AccessFlags::TRANSFER_WRITE,
    layout: vk::ImageLayout::TRANSFER_DST_OPTIMAL,
};

const COPY_FROM: Use = Use {
    stage: vk::PipelineStageFlags::TRANSFER,
    access: vk::AccessFlags::TRANSFER_READ,
    layout: vk::ImageLayout::TRANSFER_SRC_OPTIMAL,
};

const SAMPLE: Use = Use {
    stage: vk::PipelineStageFlags::ALL_COMMANDS,
    access: vk::AccessFlags::MEMORY_READ,
    layout: vk::ImageLayout::SHADER_READ_ONLY_OPTIMAL,
};

/// What was sampled: reads need no availability, only an end, before the layout changes.
const SAMPLED: Use = Use { access: vk::AccessFlags::empty(), ..SAMPLE };

/// What was copied from, likewise.
const COPIED_FROM: Use = Use { access: vk::AccessFlags::empty(), ..COPY_FROM };

const HOST: Use = Use {
    stage: vk::PipelineStageFlags::HOST,
    access: vk::AccessFlags::HOST_READ,
    layout: vk::ImageLayout::UNDEFINED,
};

impl<'a> Transfer<'a> {
    /// Begins to record commands that are submitted once.
    ///
    /// # Safety
    ///
    /// - `commands` is of `device`, newly made or reset, and nobody else uses it.
    /// - Its queue can transfer.
    /// - Every object and buffer that is handed to the methods is of `device`, has the usage and the size for it, and
    ///   lives until the commands have been executed.
    pub(crate) unsafe fn begin(
        device: &'a ash::Device,
        commands: vk::CommandBuffer,
    ) -> Result<Self, vk::Result> {
        let info = vk::CommandBufferBeginInfo::default()
            .flags(vk::CommandBufferUsageFlags::ONE_TIME_SUBMIT);
        // SAFETY: it is new or reset, and ours alone (caller).
        unsafe { device.begin_command_buffer(commands, &info) }?;
        Ok(Self { device, commands })
    }

    /// Copies `bytes` bytes at `place` of `staging` to the whole of a new `object`, visible to all reads from then on.
    pub(crate) fn upload(&self, staging: vk::Buffer, place: u64, bytes: u64, object: Subject<'_>) {
        match object {
            Subject::Buffer(buffer) => {
                let region = vk::BufferCopy::default().src_offset(place).size(bytes);
                self.copy_buffer(staging, buffer.raw(), region);
                self.hand_over(SAMPLE);
            }
            Subject::Image { image, texture } => {
                self.image_barrier(image, texture, NEW, COPY_TO);
                self.copy_to_image(staging, place, image, texture);
                self.image_barrier(image, texture, COPY_TO, SAMPLE);
            }
        }
    }

    /// Copies all bytes of an object that is not used again to its place of `read_back`, and makes them available to the
    /// host.
    pub(crate) fn download(&self, copy: &PartCopy<'_>, read_back: vk::Buffer) {
        let PartCopy { object, place, bytes } = *copy;
        match object {
            // Its upload ended visible to all reads, so it is to this one.
            Subject::Buffer(buffer) => {
                let region = vk::BufferCopy::default().dst_offset(place).size(bytes);
                self.copy_buffer(buffer.raw(), read_back, region);
            }
            Subject::Image { image, texture } => {
                self.image_barrier(image, texture, SAMPLED, COPY_FROM);
                self.copy_from_image(image, texture, read_back, place);
            }
        }
        self.hand_over(HOST);
    }

    /// The same with an object that others read as well, before and after.
    pub(crate) fn read(&self, copy: &PartCopy<'_>, read_back: vk::Buffer) {
        self.download(copy, read_back);
        if let Subject::Image { image, texture } = copy.object {
            self.image_barrier(image, texture, COPIED_FROM, SAMPLE);
        }
    }

    /// Runs a compute pipeline once.
    pub(crate) fn dispatch(&self, pipeline: vk::Pipeline) {
        let compute = vk::PipelineBindPoint::COMPUTE;
        // SAFETY: in recording (invariant), and the pipeline is one of the device, whose queue computes (promised to `begin`).
        unsafe { self.device.cmd_bind_pipeline(self.commands, compute, pipeline) };
        // SAFETY: as above; just bound, and the pipeline needs nothing else.
        unsafe { self.device.cmd_dispatch(self.commands, 1, 1, 1) };
    }

    /// Copies bytes of `staging` to a scratch buffer and from there to `read_back`, available to the host.
    ///
    /// The bytes of the scratch buffer may have been another's until now.
    pub(crate) fn detour(&self, staging: vk::Buffer, detour: &Detour<'_>, read_back: vk::Buffer) {
        let Detour { scratch, from, to, bytes } = *detour;
        self.hand_over(COPY_TO);
        let region = vk::BufferCopy::default().src_offset(from).size(bytes);
        self.copy_buffer(staging, scratch.raw(), region);
        self.hand_over(COPY_FROM);
        let region = vk::BufferCopy::default().dst_offset(to).size(bytes);
        self.copy_buffer(scratch.raw(), read_back, region);
        self.hand_over(HOST);
    }

    /// Ends the recording.
    pub(crate) fn end(self) -> Result<(), vk::Result> {
        // SAFETY: it is in recording, outside of any render pass (invariant).
        unsafe { self.device.end_command_buffer(self.commands) }
    }

    fn copy_buffer(&self, from: vk::Buffer, to: vk::Buffer, region: vk::BufferCopy) {
        // SAFETY: in recording (invariant); both have usage and size for it (promised to `begin`).
        unsafe { self.device.cmd_copy_buffer(self.commands, from, to, &[region]) };
    }

    fn copy_to_image(&self, from: vk::Buffer, place: u64, to: &ImageAllocation, texture: Texture) {
        let (to, regions) = (to.raw(), texture.regions(place));
        // SAFETY: in recording (invariant); the regions are the levels of this texture, which is in that layout.
        unsafe {
            self.device.cmd_copy_buffer_to_image(self.commands, from, to, COPY_TO.layout, &regions);
        }
    }

    fn copy_from_image(
        &self,
        from: &ImageAllocation,
        texture: Texture,
        to: vk::Buffer,
        place: u64,
    ) {
        let (from, regions) = (from.raw(), texture.regions(place));
        let layout = COPY_FROM.layout;
        // SAFETY: in recording (invariant); the regions are the levels of this texture, which is in that layout.
        unsafe {
            self.device.cmd_copy_image_to_buffer(self.commands, from, layout, to, &regions);
        }
    }

    /// Lets `next` see, or write over, what copies before have written, whatever it is called.
    ///
    /// For all memory, because a barrier for a buffer says nothing of the other names of its bytes; stages wait as long
    /// either way.
    fn hand_over(&self, next: Use) {
        let barrier = vk::MemoryBarrier::default()
            .src_access_mask(COPY_TO.access)
            .dst_access_mask(next.access);
        // SAFETY: in recording (invariant), and every queue that transfers knows these stages.
        unsafe {
            self.device.cmd_pipeline_barrier(
                self.commands,
                COPY_TO.stage,
                next.stage,
                vk::DependencyFlags::empty(),
                slice::from_ref(&barrier),
                &[],
                &[],
            );
        }
    }

    /// Takes all levels of an image from one use to the next.
    fn image_barrier(&self, image: &ImageAllocation, texture: Texture, from: Use, to: Use) {
        let all = vk::ImageSubresourceRange::default()
            .aspect_mask(vk::ImageAspectFlags::COLOR)
            .level_count(texture.levels())
            .layer_count(1);
        let barrier = vk::ImageMemoryBarrier::default()
            .src_access_mask(from.access)
            .dst_access_mask(to.access)
            .old_layout(from.layout)
            .new_layout(to.layout)
            .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
            .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
            .image(image.raw())
            .subresource_range(all);
        // SAFETY: in recording (invariant), every queue that transfers knows these stages, and the image these levels.
        unsafe {
            self.device.cmd_pipeline_barrier(
                self.commands,
                from.stage,
                to.stage,
                vk::DependencyFlags::empty(),
                &[],
                &[],
                slice::from_ref(&barrier),
            );
        }
    }
}
