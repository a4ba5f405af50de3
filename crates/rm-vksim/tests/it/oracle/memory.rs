//! What may be allocated, and what is simply not there.

use ash::vk;
use rm_vksim::{Profile, Rule, SimDevice};

use crate::support::{COHERENT, LOCAL, Quick, broken, sim, small};

const REFUSED: vk::Result = vk::Result::ERROR_VALIDATION_FAILED_EXT;
const FULL: vk::Result = vk::Result::ERROR_OUT_OF_DEVICE_MEMORY;

#[test]
fn nonsense_is_refused_and_recorded() {
    let sim = SimDevice::new(small()).unwrap();
    assert_eq!(sim.try_memory(0, LOCAL), Err(REFUSED));
    assert_eq!(sim.try_memory(64, 4), Err(REFUSED));
    assert_eq!(broken(&sim), [Rule::ZeroSize, Rule::MemoryType]);
}

#[test]
fn memory_with_addresses_needs_the_feature() {
    let mut profile = small();
    profile.features.buffer_device_address = false;
    let sim = SimDevice::new(profile).unwrap();
    let mut flags =
        vk::MemoryAllocateFlagsInfo::default().flags(vk::MemoryAllocateFlags::DEVICE_ADDRESS);
    let info = vk::MemoryAllocateInfo::default().allocation_size(64).push_next(&mut flags);
    // SAFETY: the chain is valid.
    assert_eq!(unsafe { sim.device().allocate_memory(&info, None) }, Err(REFUSED));
    let usage = vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    assert_eq!(sim.try_buffer(64, usage), Err(REFUSED));
    assert_eq!(broken(&sim), [Rule::DeviceAddress; 2]);
}

#[test]
fn device_coherent_memory_needs_the_feature() {
    let mut profile = Profile::amd_coherent();
    let coherent = vk::MemoryPropertyFlags::DEVICE_COHERENT_AMD.as_raw();
    let index = profile.types.iter().position(|kind| kind.flags & coherent != 0).unwrap();
    profile.features.device_coherent = false;
    let sim = SimDevice::new(profile).unwrap();
    assert_eq!(sim.try_memory(64, u32::try_from(index).unwrap()), Err(REFUSED));
    assert_eq!(broken(&sim), [Rule::MemoryType]);
}

#[test]
fn heaps_counts_and_sizes_are_enforced_without_blame() {
    let sim = SimDevice::new(small()).unwrap();
    assert_eq!(sim.try_memory((16 << 20) + 1, LOCAL), Err(FULL), "the largest object");
    let mut memories: Vec<_> = (0..4).map(|_| sim.memory(16 << 20, LOCAL)).collect();
    assert_eq!(sim.heap_usage(0), 64 << 20);
    assert_eq!(sim.try_memory(1, LOCAL), Err(FULL), "the heap");
    memories.extend((0..60).map(|_| sim.memory(1, COHERENT)));
    let many = vk::Result::ERROR_TOO_MANY_OBJECTS;
    assert_eq!(sim.try_memory(1, COHERENT), Err(many), "the count");
    sim.destroy(&[], &[], &memories);
    assert_eq!(sim.heap_usage(0), 0);
    assert_eq!(broken(&sim), []);
}

#[test]
fn the_largest_object_of_the_largest_heap_takes_no_host_memory() {
    let sim = sim("h200");
    let largest = sim.profile().limits.max_memory_allocation_size;
    let memories: Vec<_> = (0..30).map(|_| sim.memory(largest, 1)).collect();
    assert!(memories.len() as u64 * largest > 100 << 30, "more than the host has");
    sim.destroy(&[], &[], &memories);
    assert_eq!(broken(&sim), []);
}

#[test]
fn a_device_that_is_gone_is_not_used() {
    let sim = SimDevice::new(small()).unwrap();
    // SAFETY: the guard owns what the handle stands for, and nothing is freed here.
    unsafe { sim.device().destroy_device(None) };
    assert_eq!(sim.try_memory(64, LOCAL), Err(REFUSED));
    assert_eq!(broken(&sim), [Rule::UseAfterFree]);
}
