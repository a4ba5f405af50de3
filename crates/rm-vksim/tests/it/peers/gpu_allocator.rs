//! gpu-allocator 0.28.

use ash::vk;
use gpu_allocator::{
    MemoryLocation,
    vulkan::{Allocation, AllocationCreateDesc, AllocationScheme, Allocator, AllocatorCreateDesc},
};
use rm_vksim::{Call, Profile, SimDevice};

use super::{OPERATIONS, some_size};
use crate::support::{Quick, broken, sim, square};

enum Live {
    Buffer(vk::Buffer, Allocation),
    Image(vk::Image, Allocation),
}

fn allocator(sim: &SimDevice) -> Allocator {
    Allocator::new(&AllocatorCreateDesc {
        instance: sim.instance().clone(),
        device: sim.device().clone(),
        physical_device: sim.physical_device(),
        debug_settings: gpu_allocator::AllocatorDebugSettings::default(),
        buffer_device_address: sim.profile().features.buffer_device_address,
        allocation_sizes: gpu_allocator::AllocationSizes::default(),
    })
    .unwrap()
}

fn make_buffer(sim: &SimDevice, allocator: &mut Allocator, random: &mut fastrand::Rng) -> Live {
    let mut usage = vk::BufferUsageFlags::STORAGE_BUFFER;
    if sim.profile().features.buffer_device_address && random.bool() {
        usage |= vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    }
    let buffer = sim.try_buffer(some_size(random), usage).unwrap();
    // SAFETY: the buffer is live.
    let requirements = unsafe { sim.device().get_buffer_memory_requirements(buffer) };
    let location = match random.u8(0..4) {
        0 => MemoryLocation::CpuToGpu,
        1 => MemoryLocation::GpuToCpu,
        _ => MemoryLocation::GpuOnly,
    };
    let allocation_scheme = match random.u8(0..50) {
        0 => AllocationScheme::DedicatedBuffer(buffer),
        _ => AllocationScheme::GpuAllocatorManaged,
    };
    let wish = AllocationCreateDesc {
        name: "buffer",
        requirements,
        location,
        linear: true,
        allocation_scheme,
    };
    let mut allocation = allocator.allocate(&wish).unwrap();
    // SAFETY: it lives, and is given out for this buffer.
    let (memory, offset) = (unsafe { allocation.memory() }, allocation.offset());
    assert_eq!(sim.try_bind(buffer, memory, offset), vk::Result::SUCCESS);
    if let Some(bytes) = allocation.mapped_slice_mut() {
        bytes[0] = 1;
    }
    Live::Buffer(buffer, allocation)
}

fn make_image(sim: &SimDevice, allocator: &mut Allocator, random: &mut fastrand::Rng) -> Live {
    let image = sim.image(&square(random.u32(1..512)));
    // SAFETY: the image is live.
    let requirements = unsafe { sim.device().get_image_memory_requirements(image) };
    let allocation_scheme = match random.u8(0..50) {
        0 => AllocationScheme::DedicatedImage(image),
        _ => AllocationScheme::GpuAllocatorManaged,
    };
    let wish = AllocationCreateDesc {
        name: "image",
        requirements,
        location: MemoryLocation::GpuOnly,
        linear: false,
        allocation_scheme,
    };
    let allocation = allocator.allocate(&wish).unwrap();
    // SAFETY: it lives, and is given out for this image.
    let memory = unsafe { allocation.memory() };
    // SAFETY: image and memory are live.
    unsafe { sim.device().bind_image_memory(image, memory, allocation.offset()) }.unwrap();
    Live::Image(image, allocation)
}

fn end(sim: &SimDevice, allocator: &mut Allocator, live: Live) {
    let allocation = match live {
        Live::Buffer(buffer, allocation) => {
            sim.destroy(&[buffer], &[], &[]);
            allocation
        }
        Live::Image(image, allocation) => {
            sim.destroy(&[], &[image], &[]);
            allocation
        }
    };
    allocator.free(allocation).unwrap();
}

#[test]
fn gpu_allocator_keeps_every_rule_in_a_hundred_thousand_operations() {
    for (seed, name) in (1..).zip(Profile::names()) {
        let sim = sim(name);
        sim.stop_journal();
        let mut allocator = allocator(&sim);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut live = Vec::new();
        for _ in 0..OPERATIONS {
            match random.u8(0..10) {
                0..3 if live.len() < 600 => {
                    live.push(make_buffer(&sim, &mut allocator, &mut random));
                }
                3..6 if live.len() < 600 => {
                    live.push(make_image(&sim, &mut allocator, &mut random));
                }
                _ if !live.is_empty() => {
                    let chosen = live.swap_remove(random.usize(0..live.len()));
                    end(&sim, &mut allocator, chosen);
                }
                _ => {}
            }
        }
        assert!(sim.counts().of(Call::CreateBuffer) > 1000, "{name}: {:?}", sim.counts());
        live.into_iter().for_each(|one| end(&sim, &mut allocator, one));
        drop(allocator);
        assert_eq!(broken(&sim), [], "{name}");
    }
}
