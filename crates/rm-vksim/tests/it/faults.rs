//! What is planned to fail fails, once, and changes nothing.

use ash::vk;
use rm_vksim::{Call, SimDevice};

use crate::support::{COHERENT, LOCAL, Quick, broken, sim, small};

const FULL: vk::Result = vk::Result::ERROR_OUT_OF_DEVICE_MEMORY;
const LOST: vk::Result = vk::Result::ERROR_DEVICE_LOST;

fn device() -> SimDevice {
    SimDevice::new(small()).unwrap()
}

#[test]
fn the_nth_call_of_a_kind_fails_and_no_other() {
    let sim = device();
    sim.fail(Call::AllocateMemory, 2, vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    let one = sim.memory(64, LOCAL);
    let buffer = sim.buffer(64);
    assert_eq!(sim.pending_faults(), 1);
    assert_eq!(sim.try_memory(64, LOCAL), Err(vk::Result::ERROR_OUT_OF_HOST_MEMORY));
    assert_eq!(sim.heap_usage(0), 64, "the failed call took nothing");
    assert_eq!(sim.pending_faults(), 0);
    let two = sim.memory(64, LOCAL);
    sim.destroy(&[buffer], &[], &[one, two]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn the_nth_call_of_any_kind_fails() {
    let sim = device();
    sim.fail_call_number(3, FULL);
    let (buffer, memory) = (sim.buffer(64), sim.memory(64, COHERENT));
    assert_eq!(sim.try_bind(buffer, memory, 0), FULL);
    assert_eq!(sim.try_bind(buffer, memory, 0), vk::Result::SUCCESS, "once");
    assert_eq!(sim.fallible_calls(), 4);
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(sim.fallible_calls(), 4, "destroying cannot fail");
    assert_eq!(broken(&sim), []);
}

#[test]
fn a_heap_may_be_smaller_than_it_says() {
    let sim = device();
    sim.limit_heap(0, Some(1000));
    let memory = sim.memory(1000, LOCAL);
    assert_eq!(sim.try_memory(1, LOCAL), Err(FULL));
    sim.limit_heap(0, None);
    let more = sim.memory(1, LOCAL);
    sim.destroy(&[], &[], &[memory, more]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn the_budget_follows_use_and_may_shrink_below_it() {
    let sim = sim("h200");
    let budget = || {
        let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
        let mut memory = vk::PhysicalDeviceMemoryProperties2::default().push_next(&mut budget);
        // SAFETY: the chain is valid.
        unsafe {
            sim.instance()
                .get_physical_device_memory_properties2(sim.physical_device(), &mut memory);
        }
        budget
    };
    let heap = sim.profile().types[1].heap;
    let index = heap as usize;
    assert_eq!(budget().heap_usage[index], 0);
    let told = budget().heap_budget[index];
    assert!(told > 0 && told <= sim.profile().heaps[index].size, "{told}");
    let memory = sim.memory(1 << 30, 1);
    assert_eq!(budget().heap_usage[index], 1 << 30);
    sim.set_budget(heap, Some(1 << 20));
    assert_eq!(budget().heap_budget[index], 1 << 20);
    sim.clear_faults();
    assert_eq!(budget().heap_budget[index], told);
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn a_lost_device_stays_lost_but_lets_go() {
    let sim = device();
    sim.lose_device_at(4);
    let (buffer, memory) = (sim.buffer(64), sim.memory(64, COHERENT));
    assert_eq!(sim.try_bind(buffer, memory, 0), vk::Result::SUCCESS);
    assert!(!sim.is_lost());
    assert_eq!(sim.try_map(memory), Err(LOST));
    assert!(sim.is_lost());
    // SAFETY: the device is live, if lost.
    assert_eq!(unsafe { sim.device().device_wait_idle() }, Err(LOST));
    assert_eq!(sim.try_memory(64, LOCAL), Err(LOST));
    sim.clear_faults();
    assert_eq!(sim.try_buffer(64, vk::BufferUsageFlags::STORAGE_BUFFER), Err(LOST), "for good");
    // SAFETY: the physical device is live, and never lost.
    let listed = unsafe { sim.instance().enumerate_physical_devices() };
    listed.unwrap();
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn losing_a_device_takes_effect_at_once() {
    let sim = device();
    sim.lose_device();
    assert_eq!(sim.try_memory(64, LOCAL), Err(LOST));
    assert_eq!(broken(&sim), []);
}
