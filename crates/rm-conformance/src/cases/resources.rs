//! Buffers and images through `MemoryAllocatorExt`: what their requests say is what they get from this backend.

use ash::vk::{self, BufferUsageFlags, Format, Handle, ImageTiling, ImageUsageFlags};
use rm_alloc_core::{
    AllocatorCapabilities, BufferRequest, ImageRequest, MemoryAllocatorExt, MemoryFeatures,
    MemoryLocation,
};

use crate::{Environment, Outcome, Skip, Stage};

/// A buffer lies at its least alignment, and has an address of its own where it asks for one.
pub fn buffers_get_address_and_alignment(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let feature = MemoryFeatures::BUFFER_DEVICE_ADDRESS;
    let addressed = stage.context().features().contains(feature);
    let mut held = Vec::new();
    for shift in [0, 4, 9, 14] {
        let request = BufferRequest::new(1000 + shift, BufferUsageFlags::STORAGE_BUFFER)
            .min_alignment(1 << shift);
        let request = if addressed { request.device_address() } else { request };
        let buffer = made(stage.buffer(&request));
        let offset = buffer.allocation().offset();
        assert!(offset.is_multiple_of(1 << shift), "{offset} for {request:?}");
        assert_eq!(buffer.device_address().is_some(), addressed, "{request:?}");
        assert!(buffer.allocation().size() >= buffer.size(), "{buffer:?}");
        held.push(buffer);
    }
    let mut addresses: Vec<_> = held.iter().filter_map(|buffer| buffer.device_address()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), if addressed { held.len() } else { 0 }, "every one its own");
    held.into_iter().for_each(|buffer| stage.free_buffer(buffer));
    stage.finish();
    Ok(())
}

/// A linear image in memory that the host sees is mapped, and can be flushed at any odd place.
pub fn linear_images_are_mapped_and_flushed(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let usage = ImageUsageFlags::TRANSFER_SRC;
    let linear = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 50, 30, usage)
        .tiling(ImageTiling::LINEAR)
        .initial_layout(vk::ImageLayout::PREINITIALIZED);
    for location in [MemoryLocation::HostVisible, MemoryLocation::HostCached] {
        let image = made(stage.image(&linear.clone().location(location)));
        assert!(image.mapped().is_some(), "{image:?}");
        stage.fill(image.allocation(), 21);
        let flushed =
            [(0, image.size()), (3, 70), (image.size() - 1, 1)].map(|(offset, length)| {
                image.flush(offset, length).and(image.invalidate(offset, length))
            });
        assert_eq!(flushed, [Ok(()); 3], "{image:?}");
        assert!(image.flush(1, image.size()).is_err(), "beyond its end");
        stage.assert_holds(image.allocation(), 21);
        stage.free_image(image);
    }
    stage.finish();
    Ok(())
}

/// Labels reach the driver: that of a resource always, and that of an object which serves it alone.
pub fn labels_reach_the_driver(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    let label_of = |handle: u64| {
        let objects = sim.leaks();
        objects.into_iter().find(|object| object.handle == handle).and_then(|object| object.label)
    };
    let request = BufferRequest::new(1000, BufferUsageFlags::STORAGE_BUFFER).label("vertices");
    let buffer = made(stage.buffer(&request));
    assert_eq!(label_of(buffer.raw().as_raw()).as_deref(), Some("vertices"));
    let usage = ImageUsageFlags::SAMPLED;
    let request = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 50, 30, usage).label("albedo");
    let image = made(stage.image(&request));
    assert_eq!(label_of(image.raw().as_raw()).as_deref(), Some("albedo"));
    if !stage.has(AllocatorCapabilities::SUBALLOCATES) {
        let memory = buffer.allocation().memory().as_raw();
        assert_eq!(label_of(memory).as_deref(), Some("vertices"));
    }
    stage.free_buffer(buffer);
    stage.free_image(image);
    stage.finish();
    Ok(())
}

/// What a resource was said to need is what it gets, whether the device can tell without making it or not.
pub fn resources_get_what_they_need(environment: &Environment) -> Outcome {
    let tells = environment.stage()?;
    get_what_they_need(&tells);
    tells.finish();
    // A device that cannot tell is asked by way of an object.
    let silent = environment.stage_with(|profile| {
        profile.features.maintenance4 = false;
        profile.extensions.retain(|name| name != "VK_KHR_maintenance4");
    });
    match silent {
        Ok(silent) => {
            get_what_they_need(&silent);
            silent.finish();
            Ok(())
        }
        Err(Skip::NeedsSimulation) => Ok(()),
        Err(skip) => Err(skip),
    }
}

fn get_what_they_need(stage: &Stage) {
    let allocator = stage.allocator();
    for size in [1, 1000, 70_000] {
        let request = BufferRequest::new(size, BufferUsageFlags::UNIFORM_BUFFER);
        let needs = made(allocator.buffer_requirements(&request));
        stage.assert_whole();
        let buffer = made(stage.buffer(&request));
        let got = buffer.allocation();
        let right = got.size() >= needs.size && got.offset().is_multiple_of(needs.alignment);
        assert!(right, "{needs:?} were not met by {got:?}");
        assert!(needs.memory_type_bits & (1 << got.memory_type()) != 0, "{needs:?}, {got:?}");
        stage.free_buffer(buffer);
    }
    let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
    let request = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 70, 50, usage).full_mip_chain();
    let needs = made(allocator.image_requirements(&request));
    let image = made(stage.image(&request));
    assert_eq!(image.size(), needs.size, "an image knows what it needs");
    assert!(image.allocation().size() >= needs.size, "{needs:?} were not met by {image:?}");
    stage.free_image(image);
}

/// What must not be refused.
fn made<T>(answer: Result<T, rm_alloc_core::AllocationError>) -> T {
    answer.unwrap_or_else(|error| panic!("{error}"))
}
