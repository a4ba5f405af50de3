//! The counting mode: cheap, and right where it matters.

use ash::vk;
use rm_vksim::{Call, Profile, SimDevice};
use vk_mem::{Alloc, AllocationCreateInfo, Allocator, AllocatorCreateInfo, MemoryUsage};

use crate::support::{LOCAL, Quick, small, square};

const USAGES: [vk::BufferUsageFlags; 4] = [
    vk::BufferUsageFlags::TRANSFER_DST,
    vk::BufferUsageFlags::UNIFORM_BUFFER,
    vk::BufferUsageFlags::STORAGE_BUFFER,
    vk::BufferUsageFlags::UNIFORM_TEXEL_BUFFER,
];

#[test]
fn requirements_are_those_of_a_watched_device() {
    for name in Profile::names() {
        let mut profile = Profile::builtin(name).unwrap();
        // Counted buffers follow the rules alone.
        profile.captured.clear();
        let watched = SimDevice::new(profile.clone()).unwrap();
        let counting = SimDevice::counting(profile).unwrap();
        for usage in USAGES {
            for size in [1, 15, 16, 255, 257, 4096, 100_001, 1 << 20, 200 << 20] {
                let answers = [&watched, &counting].map(|sim| {
                    let buffer = sim.try_buffer(size, usage).unwrap();
                    let mut dedicated = vk::MemoryDedicatedRequirements::default();
                    let mut needs = vk::MemoryRequirements2::default().push_next(&mut dedicated);
                    let info = vk::BufferMemoryRequirementsInfo2::default().buffer(buffer);
                    // SAFETY: the buffer is live and the chain valid.
                    unsafe { sim.device().get_buffer_memory_requirements2(&info, &mut needs) };
                    let needs = needs.memory_requirements;
                    // SAFETY: the buffer is live.
                    let plain = unsafe { sim.device().get_buffer_memory_requirements(buffer) };
                    assert_eq!(plain.size, needs.size);
                    sim.destroy(&[buffer], &[], &[]);
                    let prefers = dedicated.prefers_dedicated_allocation;
                    (needs.size, needs.alignment, needs.memory_type_bits, prefers)
                });
                assert_eq!(answers[0], answers[1], "{name}: {size} bytes for {usage:?}");
            }
        }
    }
}

#[test]
fn limits_are_enforced_and_nothing_is_recorded() {
    let sim = SimDevice::counting(small()).unwrap();
    let full = vk::Result::ERROR_OUT_OF_DEVICE_MEMORY;
    assert_eq!(sim.try_memory(65 << 20, LOCAL), Err(full));
    let refused = vk::Result::ERROR_VALIDATION_FAILED_EXT;
    assert_eq!(sim.try_buffer(0, USAGES[0]), Err(refused));
    let (memory, image) = (sim.memory(1 << 20, LOCAL), sim.image(&square(64)));
    // SAFETY: both are live.
    unsafe { sim.device().bind_image_memory(image, memory, 0) }.unwrap();
    let address = sim.buffer(64);
    assert_ne!(sim.address(address), 0);
    assert_eq!(sim.counts().of(Call::CreateBuffer), 2);
    assert_eq!(sim.journal(), []);
    sim.verdict().unwrap();
}

/// A pair of VMA's own create and destroy makes exactly the four commands of a buffer; `benches/counting.rs` times both.
#[test]
fn a_pair_of_vma_is_four_commands() {
    const PAIRS: u64 = 100;
    let sim = SimDevice::counting(Profile::h200()).unwrap();
    let mut create = AllocatorCreateInfo::new(sim.instance(), sim.device(), sim.physical_device());
    create.vulkan_api_version = vk::API_VERSION_1_3;
    // SAFETY: everything is live and belongs together, and outlives the allocator.
    let allocator = unsafe { Allocator::new(create) }.unwrap();
    let wish = AllocationCreateInfo { usage: MemoryUsage::Auto, ..Default::default() };
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::TRANSFER_DST;
    let info = vk::BufferCreateInfo::default().size(64 << 10).usage(usage);
    // SAFETY: the structure is valid. Keeps the block alive.
    let (kept, mut kept_allocation) = unsafe { allocator.create_buffer(&info, &wish) }.unwrap();
    let before = sim.counts();
    for _ in 0..PAIRS {
        // SAFETY: the structure is valid.
        let (buffer, mut allocation) = unsafe { allocator.create_buffer(&info, &wish) }.unwrap();
        // SAFETY: just made, and used by nobody.
        unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
    }
    let calls = sim.counts().since(&before);
    for call in [
        Call::CreateBuffer,
        Call::GetBufferMemoryRequirements2,
        Call::BindBufferMemory,
        Call::DestroyBuffer,
    ] {
        assert_eq!(calls.of(call), PAIRS, "{call}: {calls:?}");
    }
    assert_eq!(calls.total(), 4 * PAIRS, "and no other: {calls:?}");
    // SAFETY: made by this allocator, and used by nobody.
    unsafe { allocator.destroy_buffer(kept, &mut kept_allocation) };
}
