//! The core and its pass-through backend run on every profile.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::{
    BufferRequest, DeviceContext, DeviceContextInfo, ImageRequest, MemoryAllocatorExt,
    MemoryFeatures, MemoryLocation,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Call, Profile, SimDevice};

/// A context that owns its device.
fn context(profile: Profile) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    let sim = Arc::new(SimDevice::new(profile).unwrap());
    // SAFETY: instance and physical device are live and belong together.
    let features = unsafe { MemoryFeatures::recommended(sim.instance(), sim.physical_device()) }
        | MemoryFeatures::DEBUG_NAMES;
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features,
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, everything is enabled, and the context keeps the device alive.
    (unsafe { DeviceContext::new(info) }.unwrap(), sim)
}

#[test]
fn buffers_and_images_live_and_die_on_every_profile() {
    for name in Profile::names() {
        let (context, sim) = context(Profile::builtin(name).unwrap());
        let allocator = DirectAllocator::new(&context);
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::TRANSFER_DST;
        for location in
            [MemoryLocation::DeviceLocal, MemoryLocation::HostVisible, MemoryLocation::HostCached]
        {
            let request = BufferRequest::new(100_000, usage).location(location).label("bytes");
            let mut buffer = allocator.allocate_buffer(&request).unwrap();
            if buffer.mapped().is_some() {
                buffer.write(7, b"seven").unwrap();
                let mut back = [0; 5];
                // SAFETY: no device writes.
                unsafe { buffer.read(7, &mut back) }.unwrap();
                assert_eq!(&back, b"seven", "{name}, {location:?}");
            }
            // SAFETY: it came from there, and no device uses it.
            unsafe { allocator.free_buffer(buffer) };
        }
        let usage = vk::ImageUsageFlags::COLOR_ATTACHMENT | vk::ImageUsageFlags::SAMPLED;
        let request = ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 640, 480, usage)
            .full_mip_chain()
            .label("picture");
        let image = allocator.allocate_image(&request).unwrap();
        // SAFETY: it came from there, and no device uses it.
        unsafe { allocator.free_image(image) };
        assert_eq!(sim.counts().of(Call::AllocateMemory), 4, "{name}");
        assert_eq!(sim.counts().of(Call::FreeMemory), 4, "{name}");
        drop((allocator, context));
        sim.verdict().unwrap();
    }
}

#[test]
fn a_device_address_is_aligned_and_unique() {
    let (context, sim) = context(Profile::desktop_rebar());
    let allocator = DirectAllocator::new(&context);
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    let request = BufferRequest::new(1000, usage);
    let one = allocator.allocate_buffer(&request).unwrap();
    let two = allocator.allocate_buffer(&request).unwrap();
    let addresses = [one.device_address().unwrap(), two.device_address().unwrap()];
    assert_ne!(addresses[0], addresses[1]);
    assert!(addresses.iter().all(|address| address % 256 == 0), "{addresses:x?}");
    // SAFETY: they came from there, and no device uses them.
    unsafe { allocator.free_buffer(one) };
    // SAFETY: as above.
    unsafe { allocator.free_buffer(two) };
    drop((allocator, context));
    sim.verdict().unwrap();
}

/// Runs a scenario in which every allocation may fail, and says how many calls could have.
fn scenario(sim: &SimDevice, context: &Arc<DeviceContext>) -> u64 {
    let allocator = DirectAllocator::new(context);
    let mut buffers = Vec::new();
    let mut images = Vec::new();
    for step in 0..25_u64 {
        let size = 1000 * (step + 1);
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
        let location = match step % 2 {
            0 => MemoryLocation::DeviceLocal,
            _ => MemoryLocation::HostVisible,
        };
        let before = (sim.leaks().len(), sim.heap_usage(0), sim.heap_usage(1));
        let request = BufferRequest::new(size, usage).location(location).label("buffer");
        let buffer = allocator.allocate_buffer(&request);
        if buffer.is_err() {
            let after = (sim.leaks().len(), sim.heap_usage(0), sim.heap_usage(1));
            assert_eq!(before, after, "on error nothing has changed");
        }
        buffers.extend(buffer);
        let usage = vk::ImageUsageFlags::SAMPLED;
        let request = ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 64, 64, usage);
        images.extend(allocator.allocate_image(&request.label("image")));
    }
    for buffer in buffers {
        // SAFETY: it came from there, and no device uses it.
        unsafe { allocator.free_buffer(buffer) };
    }
    for image in images {
        // SAFETY: as above.
        unsafe { allocator.free_image(image) };
    }
    sim.fallible_calls()
}

#[test]
fn a_failure_at_every_call_leaves_nothing_behind() {
    let profile = Profile::desktop_rebar();
    let (unhurt, sim) = context(profile.clone());
    let calls = scenario(&sim, &unhurt);
    drop(unhurt);
    assert!(calls > 200, "{calls} calls");
    for call in 1..=calls {
        let (context, sim) = context(profile.clone());
        let done = sim.fallible_calls();
        if call <= done {
            continue;
        }
        sim.fail_call_number(call - done, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
        scenario(&sim, &context);
        assert_eq!(sim.pending_faults(), 0, "call {call} was reached");
        drop(context);
        sim.verdict().unwrap();
    }
}

#[test]
fn a_leak_is_reported_with_its_label() {
    let (context, sim) = context(Profile::h200());
    let allocator = DirectAllocator::new(&context);
    let request = BufferRequest::new(64, vk::BufferUsageFlags::UNIFORM_BUFFER).label("forgotten");
    let buffer = allocator.allocate_buffer(&request).unwrap();
    let verdict = sim.verdict().unwrap_err();
    let leaked: Vec<_> =
        verdict.leaks.iter().map(|leak| (leak.kind, leak.label.as_deref())).collect();
    assert_eq!(leaked, [("buffer", Some("forgotten")), ("memory object", Some("forgotten"))]);
    assert!(verdict.to_string().contains("`forgotten`"), "{verdict}");
    // SAFETY: it came from there, and no device uses it.
    unsafe { allocator.free_buffer(buffer) };
}
