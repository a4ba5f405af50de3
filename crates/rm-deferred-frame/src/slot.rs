//! One of the frames in flight: commands, what its shaders know, and where its picture arrives.

use ash::vk;
use resource_management::{
    alloc::{BufferRequest, Category, MemoryLocation},
    lifetime::{OwnedBuffer, SharedObject},
};

use crate::{
    binding::{Bindings, Sources},
    commands::Commands,
    device::Device,
    error::FrameError,
    options::Size,
    picture::Picture,
    uniform,
};

/// What one frame in flight has to itself.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) commands: Commands,
    pub(crate) bindings: Bindings,
    pub(crate) uniforms: OwnedBuffer,
    pub(crate) read_back: OwnedBuffer,
    /// Two readings of the clock, before and after.
    pub(crate) clock: Option<SharedObject<vk::QueryPool>>,
    /// The number of the frame, and the value that its end signals.
    pub(crate) under_way: Option<(u32, u64)>,
}

impl Slot {
    pub(crate) fn new(
        device: &Device,
        sources: &Sources<'_>,
        size: Size,
    ) -> Result<Self, FrameError> {
        let request =
            BufferRequest::new(uniform::SIZE as u64, vk::BufferUsageFlags::UNIFORM_BUFFER)
                .location(MemoryLocation::HostVisible)
                .label("uniforms");
        let uniforms = device.factory().own_buffer(&request)?;
        let bytes = u64::from(size.width) * u64::from(size.height) * 4;
        let request = BufferRequest::new(bytes, vk::BufferUsageFlags::TRANSFER_DST)
            .location(MemoryLocation::HostCached)
            .category(Category::Staging)
            .label("read-back");
        let read_back = device.factory().own_buffer(&request)?;
        Ok(Self {
            commands: Commands::new(device)?,
            bindings: Bindings::new(device, sources, &uniforms)?,
            uniforms,
            read_back,
            clock: device.tick_nanoseconds().map(|_| clock(device)).transpose()?,
            under_way: None,
        })
    }

    /// The picture that arrived.
    ///
    /// # Safety
    ///
    /// - The device is done with the frame that was submitted last, which ended with its copy for the host.
    pub(crate) unsafe fn picture(&self, size: Size) -> Result<Picture, FrameError> {
        let mut bytes = vec![0; usize::try_from(self.read_back.size()).unwrap_or(usize::MAX)];
        bytes.truncate(size.width as usize * size.height as usize * 4);
        // SAFETY: the device does not write any more, and its copy was made available to the host (caller).
        unsafe { self.read_back.read(0, &mut bytes) }?;
        Ok(Picture { size, bytes })
    }

    /// Milliseconds of the device for the frame that was submitted last, if it has a clock.
    pub(crate) fn milliseconds(&self, device: &Device) -> Result<Option<f64>, vk::Result> {
        let (Some(clock), Some(tick)) = (&self.clock, device.tick_nanoseconds()) else {
            return Ok(None);
        };
        let mut ticks = [0_u64; 2];
        let flags = vk::QueryResultFlags::TYPE_64 | vk::QueryResultFlags::WAIT;
        // SAFETY: the pool is live and has two queries, which the frame has written.
        unsafe { device.raw().get_query_pool_results(clock.raw(), 0, &mut ticks, flags) }?;
        #[expect(clippy::cast_precision_loss, reason = "a frame takes fewer ticks than 2^52")]
        let ticks = ticks[1].wrapping_sub(ticks[0]) as f64;
        Ok(Some(ticks * tick / 1e6))
    }
}

fn clock(device: &Device) -> Result<SharedObject<vk::QueryPool>, vk::Result> {
    let info =
        vk::QueryPoolCreateInfo::default().query_type(vk::QueryType::TIMESTAMP).query_count(2);
    // SAFETY: the device is live, and its queue has a clock (caller).
    let raw = unsafe { device.raw().create_query_pool(&info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_query_pool;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}
