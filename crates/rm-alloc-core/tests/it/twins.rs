//! A simulated device decides as the real one that it was captured from.

use ash::vk;
use rm_alloc_core::{
    BufferRequest, DeviceContext, ImageRequest, MemoryAllocator, MemoryAllocatorExt,
    MemoryLocation, MemoryUse, Requirements, TypeQuery,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    HeadlessDevice,
    testing::{say_skipped, with_device},
};
use rm_vksim::{BufferShape, Captured, ImageShape, Profile};

use crate::support::simulated_as;

const LOCATIONS: [MemoryLocation; 4] = [
    MemoryLocation::Auto,
    MemoryLocation::DeviceLocal,
    MemoryLocation::HostCached,
    MemoryLocation::HostVisible,
];

/// The captured profile of `device`, if there is one.
fn twin(device: &HeadlessDevice) -> Option<Profile> {
    let captured = Profile::names().iter().filter_map(|name| Profile::builtin(name));
    let mut captured = captured.filter(|profile| !profile.captured.is_empty());
    captured.find(|profile| {
        profile.device_name == device.name() && device.driver().contains(&profile.driver_info)
    })
}

/// What a device says of a request, and where each location would then put it; nothing for a request it refuses.
type Decision = Option<(Requirements, Vec<Vec<u32>>)>;

fn decide(context: &DeviceContext, requirements: Requirements, transfer_only: bool) -> Decision {
    let rankings = LOCATIONS.map(|location| {
        let memory_use = MemoryUse { location, transfer_only, ..MemoryUse::default() };
        let query = TypeQuery::new(requirements.memory_type_bits, memory_use);
        context.memory_types(&query).collect()
    });
    Some((requirements, rankings.into()))
}

fn buffer(allocator: &DirectAllocator, shape: &BufferShape) -> Decision {
    let request = BufferRequest::new(shape.size, shape.usage);
    let requirements = allocator.buffer_requirements(&request).ok()?;
    let transfer = vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST;
    decide(allocator.context(), requirements, transfer.contains(shape.usage))
}

fn image(allocator: &DirectAllocator, shape: &ImageShape) -> Decision {
    let request = ImageRequest::new(shape.image_type, shape.format, shape.extent, shape.usage)
        .flags(shape.flags)
        .mip_levels(shape.mips)
        .array_layers(shape.layers)
        .samples(shape.samples)
        .tiling(shape.tiling);
    let requirements = allocator.image_requirements(&request).ok()?;
    decide(allocator.context(), requirements, false)
}

/// Requirements, ranking and therefore placement of the whole captured table are the same on both.
#[test]
fn the_simulated_twin_decides_as_the_real_device() {
    with_device(|device, context| {
        let Some(profile) = twin(device) else {
            let (name, driver) = (device.name(), device.driver());
            say_skipped(&format_args!("no profile was captured from {name} {driver}"));
            return;
        };
        let (simulated, _sim) = simulated_as(profile.clone(), Some(context.api_version()));
        let [real, twin] = [context, &simulated].map(DirectAllocator::new);
        let mut compared = 0;
        for captured in &profile.captured {
            let (on_real, on_twin) = match captured {
                Captured::Buffer { info, .. } => (buffer(&real, info), buffer(&twin, info)),
                Captured::Image { info, .. } => (image(&real, info), image(&twin, info)),
                _ => continue,
            };
            assert_eq!(on_twin, on_real, "{captured:?}");
            compared += u32::from(on_real.is_some());
        }
        assert!(compared >= 200, "only {compared} create infos were comparable");
    });
}
