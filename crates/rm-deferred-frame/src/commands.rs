//! A command buffer with a pool of its own, and the barriers that are recorded into it.

use ash::vk;
use resource_management::{lifetime::SharedObject, rendergraph::MemoryBarrier};

use crate::{
    binding::whole,
    device::Device,
    memory::Transients,
    schedule::Transition,
    table::{Kind, Table},
};

/// Commands that are recorded and submitted, over and over.
#[derive(Debug)]
pub(crate) struct Commands {
    // Invariant: `raw` is of the pool, which goes with it.
    raw: vk::CommandBuffer,
    pool: SharedObject<vk::CommandPool>,
}

impl Commands {
    /// Commands for the queue of `device`.
    pub(crate) fn new(device: &Device) -> Result<Self, vk::Result> {
        let info = vk::CommandPoolCreateInfo::default()
            .flags(vk::CommandPoolCreateFlags::TRANSIENT)
            .queue_family_index(device.headless().queue_family());
        // SAFETY: the device is live, and was made with this family.
        let pool = unsafe { device.raw().create_command_pool(&info, None) }?;
        let destroy = device.raw().fp_v1_0().destroy_command_pool;
        // SAFETY: just made by this device, and nobody else knows it.
        let pool = unsafe { device.factory().adopt_object(pool, destroy) };
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(pool.raw())
            .command_buffer_count(1);
        // SAFETY: the pool was just made, and is ours alone.
        let made = unsafe { device.raw().allocate_command_buffers(&info) }?;
        let raw = made.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
        Ok(Self { raw, pool })
    }

    /// The command buffer.
    pub(crate) fn raw(&self) -> vk::CommandBuffer {
        self.raw
    }

    /// Begins to record anew.
    ///
    /// # Safety
    ///
    /// - The device is done with what was recorded before.
    pub(crate) unsafe fn begin(&self, device: &Device) -> Result<(), vk::Result> {
        let flags = vk::CommandPoolResetFlags::empty();
        // SAFETY: the pool is live (invariant), and its commands are not in use (caller).
        unsafe { device.raw().reset_command_pool(self.pool.raw(), flags) }?;
        let info = vk::CommandBufferBeginInfo::default()
            .flags(vk::CommandBufferUsageFlags::ONE_TIME_SUBMIT);
        // SAFETY: just reset, and ours alone.
        unsafe { device.raw().begin_command_buffer(self.raw, &info) }
    }

    /// Records barriers of memory alone; none for none.
    pub(crate) fn memory_barriers(&self, device: &Device, barriers: &[MemoryBarrier]) {
        self.barriers(device, &memory(barriers), &[]);
    }

    /// Records barriers of memory and of the images of `transients`, in one command.
    pub(crate) fn transitions(
        &self,
        device: &Device,
        (table, transients): (&Table, &Transients),
        barriers: &[MemoryBarrier],
        transitions: &[Transition],
    ) {
        let images: Vec<_> = transitions
            .iter()
            .filter_map(|transition| {
                let image = transients.image(transition.resource)?;
                let Kind::Image { format, .. } = table.resources[transition.resource].kind else {
                    return None;
                };
                let order = transition.order;
                let barrier = vk::ImageMemoryBarrier2::default()
                    .image(image.raw())
                    .subresource_range(whole(format))
                    .old_layout(transition.old_layout)
                    .new_layout(transition.new_layout)
                    .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                    .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                    .src_stage_mask(order.src_stages)
                    .src_access_mask(order.src_access)
                    .dst_stage_mask(order.dst_stages)
                    .dst_access_mask(order.dst_access);
                Some(barrier)
            })
            .collect();
        self.barriers(device, &memory(barriers), &images);
    }

    fn barriers(
        &self,
        device: &Device,
        memory: &[vk::MemoryBarrier2<'_>],
        images: &[vk::ImageMemoryBarrier2<'_>],
    ) {
        if memory.is_empty() && images.is_empty() {
            return;
        }
        let info =
            vk::DependencyInfo::default().memory_barriers(memory).image_memory_barriers(images);
        // SAFETY: in recording outside of any rendering (whoever records), and the images are live.
        unsafe { device.raw().cmd_pipeline_barrier2(self.raw, &info) };
    }
}

fn memory(barriers: &[MemoryBarrier]) -> Vec<vk::MemoryBarrier2<'static>> {
    barriers.iter().map(|it| it.to_vk()).collect()
}
