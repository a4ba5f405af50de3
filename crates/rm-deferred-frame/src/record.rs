//! A frame as commands: for each pass what its memory needs first, then its work.

use ash::vk;
use resource_management::{lifetime::SharedImage, rendergraph::MemoryBarrier};

use crate::{
    binding::{Sources, whole},
    device::Device,
    geometry::Geometry,
    sabotage::{Sabotage, over_before},
    schedule::Barriers,
    slot::Slot,
    table::{Kind, Pass, Use, Work},
};

/// Who records, and from what.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    pub(crate) device: &'a Device,
    pub(crate) sources: Sources<'a>,
    /// The barriers of the passes within the lives of resources.
    pub(crate) schedule: &'a [Barriers],
    pub(crate) geometry: &'a Geometry,
    pub(crate) slot: &'a Slot,
    pub(crate) sabotage: Sabotage,
}

/// What is copied to the host, which then reads it.
const TO_HOST: MemoryBarrier = MemoryBarrier {
    src_stages: vk::PipelineStageFlags2::COPY,
    src_access: vk::AccessFlags2::TRANSFER_WRITE,
    dst_stages: vk::PipelineStageFlags2::HOST,
    dst_access: vk::AccessFlags2::HOST_READ,
};

impl Recording<'_> {
    /// Records the whole frame.
    ///
    /// # Safety
    ///
    /// - The device is done with the slot.
    /// - Everything lives until the commands have been executed, or retires to the garbage of the device.
    pub(crate) unsafe fn record(&self) -> Result<(), vk::Result> {
        let device = self.device.raw();
        let commands = self.slot.commands.raw();
        // SAFETY: the device is done with them (caller).
        unsafe { self.slot.commands.begin(self.device) }?;
        if let Some(clock) = &self.slot.clock {
            // SAFETY: in recording, and the pool is live and has two queries.
            unsafe { device.cmd_reset_query_pool(commands, clock.raw(), 0, 2) };
        }
        self.tick(0);
        for (number, pass) in self.sources.table.passes.iter().enumerate() {
            self.prepare(number);
            self.work(number, pass);
        }
        self.tick(1);
        // SAFETY: in recording, outside of any rendering.
        unsafe { device.end_command_buffer(commands) }
    }

    /// Reads the clock when everything before is done.
    fn tick(&self, query: u32) {
        let Some(clock) = &self.slot.clock else { return };
        let (commands, stage) = (self.slot.commands.raw(), vk::PipelineStageFlags2::ALL_COMMANDS);
        // SAFETY: in recording, and the query was reset.
        unsafe { self.device.raw().cmd_write_timestamp2(commands, stage, clock.raw(), query) };
    }

    /// What has to happen to memory before the pass of that number.
    fn prepare(&self, number: usize) {
        let Sources { table, transients, .. } = self.sources;
        let (commands, hand_over) = (&self.slot.commands, transients.hand_over(number));
        let own = &self.schedule[number];
        if self.sabotage.late_write {
            self.write_late(number);
        }
        // Whoever had the bytes before is done with them, and only then an image may be given its layout.
        commands.memory_barriers(self.device, &hand_over.memory);
        let images = [hand_over.images.as_slice(), &own.images].concat();
        commands.transitions(self.device, (table, transients), &own.memory, &images);
    }

    fn work(&self, number: usize, pass: &Pass) {
        match pass.work {
            Work::Scene(_) | Work::Screen(_) => self.draw(number, pass),
            Work::Compute(_, [x, y, z]) => {
                self.bind(number);
                let commands = self.slot.commands.raw();
                // SAFETY: in recording, with all bound that the shader sees; the groups are within the least limits.
                unsafe { self.device.raw().cmd_dispatch(commands, x, y, z) };
            }
            Work::Zero => pass.uses.iter().for_each(|(resource, _)| self.zero(*resource)),
            Work::ReadBack => pass.uses.iter().for_each(|(resource, _)| self.read_back(*resource)),
        }
    }

    fn bind(&self, number: usize) {
        let (device, commands) = (self.device.raw(), self.slot.commands.raw());
        let pipeline = &self.sources.pipelines[number];
        let (Some(pipeline), Some(set)) = (pipeline, self.slot.bindings.set(number)) else {
            return;
        };
        let (point, layout) = (pipeline.point, pipeline.layout.raw());
        // SAFETY: in recording, and the pipeline is live.
        unsafe { device.cmd_bind_pipeline(commands, point, pipeline.pipeline.raw()) };
        // SAFETY: in recording, and the set is of that layout and filled.
        unsafe { device.cmd_bind_descriptor_sets(commands, point, layout, 0, &[set], &[]) };
    }

    fn draw(&self, number: usize, pass: &Pass) {
        let (device, commands) = (self.device.raw(), self.slot.commands.raw());
        let is_scene = matches!(pass.work, Work::Scene(_));
        let attachment = |(resource, how): (usize, Use)| {
            let info = vk::RenderingAttachmentInfo::default()
                .image_view(self.sources.views.raw(resource))
                .image_layout(how.access(vk::PipelineStageFlags2::NONE).layout)
                .store_op(vk::AttachmentStoreOp::STORE);
            match is_scene {
                // The triangle of the others covers every texel.
                false => info.load_op(vk::AttachmentLoadOp::DONT_CARE),
                true => {
                    info.load_op(vk::AttachmentLoadOp::CLEAR).clear_value(self.clear(pass, how))
                }
            }
        };
        let of = |wanted| pass.attachments().filter(move |(_, how)| *how == wanted);
        let colors: Vec<_> = of(Use::Color).map(attachment).collect();
        let depth = of(Use::Depth).map(attachment).next();
        let area = vk::Rect2D { extent: self.extent(pass), ..vk::Rect2D::default() };
        let info = vk::RenderingInfo::default().render_area(area).layer_count(1);
        let mut info = info.color_attachments(&colors);
        if let Some(depth) = &depth {
            info = info.depth_attachment(depth);
        }
        // SAFETY: in recording, and the views are live and in these layouts (the barriers before).
        unsafe { device.cmd_begin_rendering(commands, &info) };
        self.bind(number);
        #[expect(clippy::cast_precision_loss, reason = "a side has few enough texels")]
        let (width, height) = (area.extent.width as f32, area.extent.height as f32);
        let viewport = vk::Viewport { width, height, max_depth: 1.0, ..vk::Viewport::default() };
        // SAFETY: in recording, and the state is dynamic.
        unsafe { device.cmd_set_viewport(commands, 0, &[viewport]) };
        // SAFETY: as above.
        unsafe { device.cmd_set_scissor(commands, 0, &[area]) };
        if is_scene {
            self.draw_scene();
        } else {
            // SAFETY: in a rendering with all bound that the shaders see.
            unsafe { device.cmd_draw(commands, 3, 1, 0, 0) };
        }
        // SAFETY: in the rendering that was begun above.
        unsafe { device.cmd_end_rendering(commands) };
    }

    fn draw_scene(&self) {
        let (device, commands) = (self.device.raw(), self.slot.commands.raw());
        let Geometry { vertices, indices, count } = self.geometry;
        // SAFETY: in recording, and the buffer is live and has the usage.
        unsafe { device.cmd_bind_vertex_buffers(commands, 0, &[vertices.raw()], &[0]) };
        let kind = vk::IndexType::UINT32;
        // SAFETY: as above.
        unsafe { device.cmd_bind_index_buffer(commands, indices.raw(), 0, kind) };
        // SAFETY: in a rendering with all bound; the buffer has so many indices, of vertices that there are.
        unsafe { device.cmd_draw_indexed(commands, *count, 1, 0, 0, 0) };
    }

    /// As far away as it can be: the camera's depth is reversed, the sun's is not.
    fn clear(&self, pass: &Pass, how: Use) -> vk::ClearValue {
        let is_shadow = pass.attachments().all(|(_, how)| how == Use::Depth);
        match how {
            Use::Depth => {
                let depth = if is_shadow { 1.0 } else { 0.0 };
                vk::ClearValue { depth_stencil: vk::ClearDepthStencilValue { depth, stencil: 0 } }
            }
            _ => vk::ClearValue::default(),
        }
    }

    /// That of the images that the pass draws into, which are of one size.
    fn extent(&self, pass: &Pass) -> vk::Extent2D {
        let kinds =
            pass.attachments().map(|(resource, _)| self.sources.table.resources[resource].kind);
        let mut extents = kinds.filter_map(|kind| match kind {
            Kind::Image { extent, .. } => Some(extent),
            Kind::Buffer { .. } => None,
        });
        extents.next().unwrap_or_default()
    }

    fn zero(&self, resource: usize) {
        let Some(buffer) = self.sources.transients.buffer(resource) else { return };
        let (commands, size) = (self.slot.commands.raw(), vk::WHOLE_SIZE);
        // SAFETY: in recording outside of any rendering, and the buffer is live and has the usage.
        unsafe { self.device.raw().cmd_fill_buffer(commands, buffer.raw(), 0, size, 0) };
    }

    fn read_back(&self, resource: usize) {
        let Some(image) = self.sources.transients.image(resource) else { return };
        self.copy_out(resource, image);
        self.slot.commands.memory_barriers(self.device, &[TO_HOST]);
    }

    fn copy_out(&self, resource: usize, image: &SharedImage) {
        let Kind::Image { format, extent } = self.sources.table.resources[resource].kind else {
            return;
        };
        let layers = vk::ImageSubresourceLayers::default()
            .aspect_mask(whole(format).aspect_mask)
            .layer_count(1);
        let region = vk::BufferImageCopy::default()
            .image_subresource(layers)
            .image_extent(vk::Extent3D { width: extent.width, height: extent.height, depth: 1 });
        let (commands, to) = (self.slot.commands.raw(), self.slot.read_back.raw());
        let layout = vk::ImageLayout::TRANSFER_SRC_OPTIMAL;
        let (device, regions) = (self.device.raw(), [region]);
        // SAFETY: in recording; the image is in that layout (the barriers before), and the buffer as large as it.
        unsafe { device.cmd_copy_image_to_buffer(commands, image.raw(), layout, to, &regions) };
    }

    /// Fills buffers whose time is over, in good order with everything around, so that only wrong bytes can tell.
    fn write_late(&self, number: usize) {
        for resource in over_before(self.sources.table, number) {
            let order = MemoryBarrier {
                src_stages: vk::PipelineStageFlags2::ALL_COMMANDS,
                src_access: vk::AccessFlags2::MEMORY_WRITE,
                dst_stages: vk::PipelineStageFlags2::ALL_COMMANDS,
                dst_access: vk::AccessFlags2::MEMORY_READ | vk::AccessFlags2::MEMORY_WRITE,
            };
            self.slot.commands.memory_barriers(self.device, &[order]);
            self.zero(resource);
            self.slot.commands.memory_barriers(self.device, &[order]);
        }
    }
}
