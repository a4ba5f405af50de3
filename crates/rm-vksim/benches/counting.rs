//! What the counting-only device costs: the four commands of a buffer, against VMA's own create and destroy on it.
//!
//! Interleaved in one process, in short alternating rounds; `cargo bench -p rm-vksim` prints the medians.
//! VMA's pair makes the same four commands, so the ratio is the simulator's share of what is measured of VMA on it.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{hint::black_box, time::Instant};

use ash::vk;
use rm_vksim::{Profile, SimDevice};
use vk_mem::{Alloc, AllocationCreateInfo, Allocator, AllocatorCreateInfo, MemoryUsage};

const PAIRS: u32 = 5_000;
const ROUNDS: usize = 201;

fn info() -> vk::BufferCreateInfo<'static> {
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::TRANSFER_DST;
    vk::BufferCreateInfo::default().size(64 << 10).usage(usage)
}

/// Create, requirements, bind, destroy.
fn four_commands(device: &ash::Device, memory: vk::DeviceMemory) {
    // SAFETY: the device is live and the info valid.
    let buffer = unsafe { device.create_buffer(black_box(&info()), None) }.unwrap();
    let mut dedicated = vk::MemoryDedicatedRequirements::default();
    let mut needs = vk::MemoryRequirements2::default().push_next(&mut dedicated);
    let ask = vk::BufferMemoryRequirementsInfo2::default().buffer(buffer);
    // SAFETY: the buffer is live and the chain valid.
    unsafe { device.get_buffer_memory_requirements2(&ask, &mut needs) };
    black_box(&needs);
    // SAFETY: both are live, and the memory is large enough.
    unsafe { device.bind_buffer_memory(buffer, memory, 0) }.unwrap();
    // SAFETY: ours, and used by nobody.
    unsafe { device.destroy_buffer(buffer, None) };
}

fn pair_of_vma(allocator: &Allocator, wish: &AllocationCreateInfo) {
    // SAFETY: the info is valid.
    let made = unsafe { allocator.create_buffer(black_box(&info()), wish) };
    let (buffer, mut allocation) = made.unwrap();
    // SAFETY: just made, and used by nobody.
    unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
}

/// Nanoseconds of one call of `work`.
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..PAIRS).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(PAIRS)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let sim = SimDevice::counting(Profile::h200()).unwrap();
    let device = sim.device();
    let memory = vk::MemoryAllocateInfo::default().allocation_size(1 << 20).memory_type_index(1);
    // SAFETY: the device is live and the info valid.
    let memory = unsafe { device.allocate_memory(&memory, None) }.unwrap();
    let mut create = AllocatorCreateInfo::new(sim.instance(), device, sim.physical_device());
    create.vulkan_api_version = vk::API_VERSION_1_3;
    // SAFETY: everything is live and belongs together, and outlives the allocator.
    let allocator = unsafe { Allocator::new(create) }.unwrap();
    let wish = AllocationCreateInfo { usage: MemoryUsage::Auto, ..Default::default() };
    // SAFETY: the info is valid; it keeps VMA's block alive.
    let (kept, mut kept_allocation) = unsafe { allocator.create_buffer(&info(), &wish) }.unwrap();

    let (mut own, mut vma, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ours = nanoseconds(|| four_commands(device, memory));
        let theirs = nanoseconds(|| pair_of_vma(&allocator, &wish));
        own.push(ours);
        vma.push(theirs);
        ratios.push(ours / theirs);
    }
    let (own, vma, ratio) = (median(own), median(vma), median(ratios));
    println!("four commands {own:.1} ns, VMA's pair {vma:.1} ns, median ratio {ratio:.3}");

    // SAFETY: made by this allocator, and used by nobody.
    unsafe { allocator.destroy_buffer(kept, &mut kept_allocation) };
    drop(allocator);
    // SAFETY: ours, and used by nobody.
    unsafe { device.free_memory(memory, None) };
}
