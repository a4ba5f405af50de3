//! The scene on the device.

use ash::vk;
use resource_management::{
    alloc::{BufferRequest, Category, MemoryLocation},
    lifetime::{OwnedBuffer, SharedBuffer},
    rendergraph::MemoryBarrier,
};

use crate::{commands::Commands, device::Device, error::FrameError, scene::temple};

/// Triangles, ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    pub(crate) vertices: SharedBuffer,
    pub(crate) indices: SharedBuffer,
    pub(crate) count: u32,
}

impl Geometry {
    /// Uploads the scene, and waits until it is there.
    pub(crate) fn upload(device: &Device) -> Result<Self, FrameError> {
        let mesh = temple();
        let (vertices, indices) = (mesh.vertex_bytes(), mesh.index_bytes());
        let staged = [vertices.as_slice(), &indices].concat();
        let request = BufferRequest::new(staged.len() as u64, vk::BufferUsageFlags::TRANSFER_SRC)
            .location(MemoryLocation::HostVisible)
            .category(Category::Staging)
            .label("staged scene");
        let mut staging: OwnedBuffer = device.factory().own_buffer(&request)?;
        staging.write(0, &staged)?;
        let target = |bytes: &[u8], usage, label| {
            let usage = usage | vk::BufferUsageFlags::TRANSFER_DST;
            let request = BufferRequest::new(bytes.len() as u64, usage).label(label);
            device.factory().create_buffer(&request)
        };
        let geometry = Self {
            vertices: target(&vertices, vk::BufferUsageFlags::VERTEX_BUFFER, "vertices")?,
            indices: target(&indices, vk::BufferUsageFlags::INDEX_BUFFER, "indices")?,
            count: u32::try_from(mesh.indices.len()).unwrap_or(u32::MAX),
        };
        let copy = |from: u64, bytes: &[u8]| {
            [vk::BufferCopy::default().src_offset(from).size(bytes.len() as u64)]
        };
        let commands = Commands::new(device)?;
        // SAFETY: the commands are new.
        unsafe { commands.begin(device) }?;
        let (raw, buffer) = (device.raw(), commands.raw());
        let (from, to) = (staging.raw(), geometry.vertices.raw());
        // SAFETY: in recording; both buffers are live, have the usage, and are as large as the copy.
        unsafe { raw.cmd_copy_buffer(buffer, from, to, &copy(0, &vertices)) };
        let (region, to) = (copy(vertices.len() as u64, &indices), geometry.indices.raw());
        // SAFETY: as above.
        unsafe { raw.cmd_copy_buffer(buffer, from, to, &region) };
        commands.memory_barriers(
            device,
            &[MemoryBarrier {
                src_stages: vk::PipelineStageFlags2::COPY,
                src_access: vk::AccessFlags2::TRANSFER_WRITE,
                dst_stages: vk::PipelineStageFlags2::VERTEX_INPUT,
                dst_access: vk::AccessFlags2::VERTEX_ATTRIBUTE_READ | vk::AccessFlags2::INDEX_READ,
            }],
        );
        // SAFETY: in recording, outside of any rendering.
        unsafe { raw.end_command_buffer(buffer) }?;
        // SAFETY: recorded for the queue of this device; all that it uses retires to its garbage.
        let value = unsafe { device.submit(buffer) }?;
        device.wait(value)?;
        Ok(geometry)
    }
}
