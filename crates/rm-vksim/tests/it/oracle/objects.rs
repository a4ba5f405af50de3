//! Objects are used while they live, and destroyed once.

use ash::vk::{self, Handle};
use rm_vksim::{Rule, SimDevice};

use crate::support::{COHERENT, LOCAL, Quick, broken, small, square};

const REFUSED: vk::Result = vk::Result::ERROR_VALIDATION_FAILED_EXT;

fn device() -> SimDevice {
    SimDevice::new(small()).unwrap()
}

#[test]
fn destroying_twice_is_found_and_named() {
    let sim = device();
    let (buffer, image) = (sim.buffer(64), sim.image(&square(8)));
    let memory = sim.memory(64, LOCAL);
    sim.name(buffer, "twice");
    sim.destroy(&[buffer, buffer], &[image, image], &[memory, memory]);
    assert!(sim.violations()[0].message.contains("`twice`"), "{:?}", sim.violations()[0]);
    assert_eq!(broken(&sim), [Rule::DoubleFree; 3]);
}

#[test]
fn null_is_destroyed_for_nothing() {
    let sim = device();
    sim.destroy(&[vk::Buffer::null()], &[vk::Image::null()], &[vk::DeviceMemory::null()]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn stale_handles_are_never_followed_even_when_their_slot_lives_again() {
    let sim = device();
    let (buffer, memory) = (sim.buffer(64), sim.memory(64, COHERENT));
    sim.destroy(&[buffer], &[], &[memory]);
    let (again, block) = (sim.buffer(64), sim.memory(64, COHERENT));
    assert_ne!(buffer, again);
    // SAFETY: the device is to find out, here and below.
    let needs = unsafe { sim.device().get_buffer_memory_requirements(buffer) };
    assert_eq!(needs.size, 0);
    assert_eq!(sim.try_bind(buffer, block, 0), REFUSED);
    assert_eq!(sim.try_bind(again, memory, 0), REFUSED);
    assert_eq!(sim.try_map(memory), Err(REFUSED));
    // SAFETY: as above.
    unsafe { sim.device().unmap_memory(memory) };
    sim.destroy(&[again], &[], &[block]);
    assert_eq!(broken(&sim), [Rule::UseAfterFree; 5]);
}

#[test]
fn handles_of_another_kind_and_of_nothing_are_found() {
    let sim = device();
    let (buffer, memory) = (sim.buffer(64), sim.memory(64, LOCAL));
    assert_eq!(sim.try_bind(vk::Buffer::from_raw(memory.as_raw()), memory, 0), REFUSED);
    assert_eq!(sim.try_bind(buffer, vk::DeviceMemory::from_raw(buffer.as_raw()), 0), REFUSED);
    assert_eq!(sim.try_bind(buffer, vk::DeviceMemory::null(), 0), REFUSED);
    sim.destroy(&[vk::Buffer::from_raw(0xdead_beef)], &[vk::Image::from_raw(buffer.as_raw())], &[]);
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::WrongHandle; 5]);
}

#[test]
fn memory_may_go_first_as_long_as_its_resource_is_not_used() {
    let sim = device();
    let (memory, buffer) = (sim.memory(4096, LOCAL), sim.buffer(64));
    assert_eq!(sim.try_bind(buffer, memory, 0), vk::Result::SUCCESS);
    sim.destroy(&[], &[], &[memory]);
    assert!(sim.violations().is_empty(), "allowed so far");
    sim.mark_in_use(buffer);
    sim.release_use(buffer);
    sim.destroy(&[buffer], &[], &[]);
    assert_eq!(broken(&sim), [Rule::UseAfterFree]);
}

#[test]
fn what_is_in_use_stays() {
    let sim = device();
    let (memory, buffer) = (sim.memory(4096, LOCAL), sim.buffer(64));
    assert_eq!(sim.try_bind(buffer, memory, 0), vk::Result::SUCCESS);
    sim.mark_in_use(buffer);
    sim.mark_in_use(buffer);
    sim.release_use(buffer);
    sim.destroy(&[], &[], &[memory]);
    sim.destroy(&[buffer], &[], &[]);
    let (image, block) = (sim.image(&square(8)), sim.memory(64, LOCAL));
    sim.mark_in_use(image);
    sim.mark_in_use(block);
    sim.release_use(image);
    sim.release_use(image);
    sim.destroy(&[], &[image], &[block]);
    assert_eq!(broken(&sim), [Rule::InUse, Rule::InUse, Rule::Usage, Rule::InUse]);
}

#[test]
fn resources_that_cannot_be_are_refused() {
    let sim = device();
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
    assert_eq!(sim.try_buffer(0, usage), Err(REFUSED));
    assert_eq!(sim.try_buffer(64, vk::BufferUsageFlags::empty()), Err(REFUSED));
    assert_eq!(sim.try_buffer(u64::MAX, usage), Err(REFUSED));
    let infos = [
        square(0),
        square(1 << 20),
        square(8).usage(vk::ImageUsageFlags::empty()),
        square(8).format(vk::Format::UNDEFINED),
        square(8).mip_levels(5),
    ];
    for info in infos {
        // SAFETY: the structure is valid as far as pointers go.
        assert_eq!(unsafe { sim.device().create_image(&info, None) }, Err(REFUSED), "{info:?}");
    }
    let found = broken(&sim);
    let expected = [
        Rule::ZeroSize,
        Rule::Usage,
        Rule::Limit,
        Rule::ZeroSize,
        Rule::Limit,
        Rule::Usage,
        Rule::Usage,
        Rule::Limit,
    ];
    assert_eq!(found, expected);
}
