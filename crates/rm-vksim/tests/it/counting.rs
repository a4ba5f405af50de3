//! The counting mode: cheap, and right where it matters.

use std::time::{Duration, Instant};

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
    let names = Profile::names().iter().filter(|name| !name.starts_with("lavapipe"));
    for name in names {
        let profile = Profile::builtin(name).unwrap();
        if !profile.captured.is_empty() {
            continue;
        }
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

/// Time of the fastest of several runs of `rounds` rounds, so that one busy moment of the machine does not count.
fn fastest(rounds: u32, mut round: impl FnMut()) -> Duration {
    let run = |_| {
        let start = Instant::now();
        (0..rounds).for_each(|_| round());
        start.elapsed()
    };
    (0..15).map(run).min().unwrap() / rounds
}

/// The four commands that VMA gives for a buffer, against VMA's own create and destroy on the same device.
///
/// Prints the ratio; judges it where it means something, with optimisation.
#[test]
#[expect(clippy::print_stdout, reason = "the figure is what a reader of the run wants")]
fn a_buffer_costs_little_beside_vma() {
    let sim = SimDevice::counting(Profile::h200()).unwrap();
    let (device, table) = (sim.device().handle(), sim.device().fp_v1_0());
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::TRANSFER_DST;
    let info = vk::BufferCreateInfo::default().size(64 << 10).usage(usage);
    let memory = sim.memory(1 << 20, 1);
    let own = fastest(20_000, || {
        let mut buffer = vk::Buffer::null();
        // SAFETY: the structure is valid.
        let made = unsafe { (table.create_buffer)(device, &info, std::ptr::null(), &mut buffer) };
        assert_eq!(made, vk::Result::SUCCESS);
        let mut dedicated = vk::MemoryDedicatedRequirements::default();
        let mut needs = vk::MemoryRequirements2::default().push_next(&mut dedicated);
        let ask = vk::BufferMemoryRequirementsInfo2::default().buffer(buffer);
        // SAFETY: the buffer is live and the chain valid.
        unsafe { sim.device().get_buffer_memory_requirements2(&ask, &mut needs) };
        assert_ne!(needs.memory_requirements.size, 0);
        // SAFETY: both are live.
        unsafe { sim.device().bind_buffer_memory(buffer, memory, 0) }.unwrap();
        sim.destroy(&[buffer], &[], &[]);
    });
    let mut create = AllocatorCreateInfo::new(sim.instance(), sim.device(), sim.physical_device());
    create.vulkan_api_version = vk::API_VERSION_1_3;
    // SAFETY: everything is live and belongs together, and outlives the allocator.
    let allocator = unsafe { Allocator::new(create) }.unwrap();
    let wish = AllocationCreateInfo { usage: MemoryUsage::Auto, ..Default::default() };
    // SAFETY: the structure is valid. Keeps the block alive.
    let (kept, mut kept_allocation) = unsafe { allocator.create_buffer(&info, &wish) }.unwrap();
    let before = sim.counts();
    let vma = fastest(20_000, || {
        // SAFETY: the structure is valid.
        let (buffer, mut allocation) = unsafe { allocator.create_buffer(&info, &wish) }.unwrap();
        // SAFETY: just made, and used by nobody.
        unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
    });
    let calls = sim.counts().since(&before);
    assert_eq!(calls.total(), 15 * 20_000 * 4, "the same four commands: {calls:?}");
    // SAFETY: made by this allocator, and used by nobody.
    unsafe { allocator.destroy_buffer(kept, &mut kept_allocation) };
    drop(allocator);
    sim.destroy(&[], &[], &[memory]);
    let ratio = own.as_secs_f64() / vma.as_secs_f64();
    println!("four commands {own:?}, VMA's pair {vma:?}, ratio {ratio:.3}");
    if !cfg!(debug_assertions) {
        assert!(ratio <= 0.3, "four commands {own:?}, VMA's pair {vma:?}, ratio {ratio:.3}");
    }
}
