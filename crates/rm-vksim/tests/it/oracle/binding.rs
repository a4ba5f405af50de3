//! Where resources may live.

use ash::vk;
use rm_vksim::{Profile, Rule, SimDevice};

use crate::support::{COHERENT, LOCAL, NON_COHERENT, Quick, broken, sim, small, square};

const REFUSED: vk::Result = vk::Result::ERROR_VALIDATION_FAILED_EXT;
const FINE: vk::Result = vk::Result::SUCCESS;

fn device() -> SimDevice {
    SimDevice::new(small()).unwrap()
}

fn bind_image(sim: &SimDevice, image: vk::Image, memory: vk::DeviceMemory, at: u64) -> vk::Result {
    // SAFETY: live handles, or such as the device is to find out.
    let bound = unsafe { sim.device().bind_image_memory(image, memory, at) };
    bound.err().unwrap_or(FINE)
}

#[test]
fn overlapping_resources_are_found_and_named() {
    let sim = device();
    let memory = sim.memory(8192, LOCAL);
    let (one, two) = (sim.buffer(4096), sim.buffer(4096));
    sim.name(one, "terrain");
    sim.name(two, "particles");
    assert_eq!(sim.try_bind(one, memory, 0), FINE);
    assert_eq!(sim.try_bind(two, memory, 2048), REFUSED);
    assert!(sim.is_poisoned());
    let message = sim.violations()[0].to_string();
    assert!(message.contains("`terrain`") && message.contains("`particles`"), "{message}");
    assert!(message.starts_with("vkBindBufferMemory: Overlap"), "{message}");
    assert_eq!(sim.try_bind(two, memory, 4096), FINE, "the refused bind changed nothing");
    sim.destroy(&[one, two], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::Overlap]);
    assert!(sim.is_poisoned(), "for ever");
}

#[test]
fn a_resource_is_found_where_it_was_bound_while_it_lives() {
    let sim = device();
    let memory = sim.memory(8192, LOCAL);
    let buffer = sim.buffer(4096);
    assert_eq!(sim.memory_of(buffer), None, "not bound yet");
    assert_eq!(sim.try_bind(buffer, memory, 4096), FINE);
    assert_eq!(sim.memory_of(buffer), Some((memory, 4096)));
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(sim.memory_of(buffer), None);
    assert_eq!(broken(&sim), []);
}

#[test]
fn a_range_is_free_again_once_its_resource_is_destroyed() {
    let sim = device();
    let memory = sim.memory(8192, LOCAL);
    let one = sim.buffer(4096);
    assert_eq!(sim.try_bind(one, memory, 0), FINE);
    sim.destroy(&[one], &[], &[]);
    let two = sim.buffer(8192);
    assert_eq!(sim.try_bind(two, memory, 0), FINE);
    sim.destroy(&[two], &[], &[memory]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn declared_aliases_may_overlap_and_images_made_as_such() {
    let sim = device();
    let memory = sim.memory(1 << 20, LOCAL);
    sim.allow_alias(memory, 0..8192);
    let (one, two) = (sim.buffer(4096), sim.buffer(8192));
    assert_eq!(sim.try_bind(one, memory, 0), FINE);
    assert_eq!(sim.try_bind(two, memory, 0), FINE);
    let info = square(64).flags(vk::ImageCreateFlags::ALIAS);
    let images = [sim.image(&info), sim.image(&info)];
    assert_eq!(bind_image(&sim, images[0], memory, 64 << 10), FINE);
    assert_eq!(bind_image(&sim, images[1], memory, 64 << 10), FINE);
    let third = sim.image(&square(64));
    assert_eq!(bind_image(&sim, third, memory, 64 << 10), REFUSED);
    sim.destroy(&[one, two], &[images[0], images[1], third], &[memory]);
    assert_eq!(broken(&sim), [Rule::Overlap]);
}

#[test]
fn misaligned_outside_and_of_the_wrong_type() {
    let sim = device();
    let (memory, protected) = (sim.memory(4096, LOCAL), sim.try_memory(4096, 3));
    assert_eq!(protected, Err(REFUSED), "protected memory is not enabled");
    let buffer = sim.buffer(4096);
    assert_eq!(sim.try_bind(buffer, memory, 8), REFUSED);
    assert_eq!(sim.try_bind(buffer, memory, 256), REFUSED);
    assert_eq!(sim.try_bind(buffer, memory, !0xff), REFUSED);
    let image = sim.image(&square(8));
    // SAFETY: the image is live.
    let needs = unsafe { sim.device().get_image_memory_requirements(image) };
    let type_bits = needs.memory_type_bits;
    assert_eq!(type_bits & (1 << 3), 0, "{type_bits:b}");
    sim.destroy(&[buffer], &[image], &[memory]);
    let expected = [Rule::Protected, Rule::Misaligned, Rule::OutOfBlock, Rule::OutOfBlock];
    assert_eq!(broken(&sim), expected);
}

#[test]
fn a_type_outside_the_requirements_is_found() {
    let mut profile = small();
    profile.rules.buffers.types = Some(1 << LOCAL | 1 << COHERENT);
    let sim = SimDevice::new(profile).unwrap();
    let (memory, buffer) = (sim.memory(4096, NON_COHERENT), sim.buffer(4096));
    assert_eq!(sim.try_bind(buffer, memory, 0), REFUSED);
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::MemoryType]);
}

#[test]
fn linear_and_optimal_resources_keep_a_page_apart() {
    let sim = device();
    let memory = sim.memory(1 << 20, LOCAL);
    let image = sim.image(&square(64));
    let (close, far) = (sim.buffer(256), sim.buffer(256));
    // SAFETY: the image is live.
    let size = unsafe { sim.device().get_image_memory_requirements(image) }.size;
    assert_eq!(bind_image(&sim, image, memory, 64 << 10), FINE);
    assert_eq!(sim.try_bind(close, memory, (64 << 10) - 256), FINE, "the page before");
    assert_eq!(sim.try_bind(far, memory, (64 << 10) + size.next_multiple_of(1024)), FINE);
    sim.destroy(&[close, far], &[image], &[]);
    // A buffer that ends inside a page, and an image with a small alignment behind it.
    let mut profile = small();
    profile.rules.images.alignment = 256;
    let coarse = SimDevice::new(profile).unwrap();
    let block = coarse.memory(1 << 20, LOCAL);
    let (buffer, image) = (coarse.buffer(256), coarse.image(&square(8)));
    assert_eq!(coarse.try_bind(buffer, block, 0), FINE);
    assert_eq!(bind_image(&coarse, image, block, 512), REFUSED);
    assert_eq!(bind_image(&coarse, image, block, 1024), FINE);
    coarse.destroy(&[buffer], &[image], &[block]);
    assert_eq!(broken(&coarse), [Rule::GranularityPage]);
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn resources_in_non_coherent_memory_do_not_share_an_atom() {
    let sim = device();
    let (memory, coherent) = (sim.memory(4096, NON_COHERENT), sim.memory(4096, COHERENT));
    let buffers: Vec<_> = (0..4).map(|_| sim.buffer(16)).collect();
    assert_eq!(sim.try_bind(buffers[0], memory, 0), FINE);
    assert_eq!(sim.try_bind(buffers[1], memory, 48), REFUSED);
    assert_eq!(sim.try_bind(buffers[1], memory, 64), FINE);
    assert_eq!(sim.try_bind(buffers[2], coherent, 0), FINE);
    assert_eq!(sim.try_bind(buffers[3], coherent, 48), FINE, "nothing is flushed there");
    sim.destroy(&buffers, &[], &[memory, coherent]);
    assert_eq!(broken(&sim), [Rule::AtomShared]);
}

#[test]
fn a_resource_is_bound_once() {
    let sim = device();
    let (memory, buffer) = (sim.memory(8192, LOCAL), sim.buffer(4096));
    let info = vk::BindBufferMemoryInfo::default().buffer(buffer).memory(memory);
    // SAFETY: live handles.
    unsafe { sim.device().bind_buffer_memory2(&[info]) }.unwrap();
    assert_eq!(sim.try_bind(buffer, memory, 4096), REFUSED);
    sim.destroy(&[buffer], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::DoubleBind]);
}

#[test]
fn memory_made_for_one_resource_takes_no_other() {
    let sim = device();
    let (own, other) = (sim.buffer(4096), sim.buffer(4096));
    let mut dedicated = vk::MemoryDedicatedAllocateInfo::default().buffer(own);
    let info = vk::MemoryAllocateInfo::default()
        .allocation_size(4096)
        .memory_type_index(LOCAL)
        .push_next(&mut dedicated);
    // SAFETY: the chain is valid.
    let memory = unsafe { sim.device().allocate_memory(&info, None) }.unwrap();
    assert_eq!(sim.try_bind(other, memory, 0), REFUSED);
    assert_eq!(sim.try_bind(own, memory, 0), FINE);
    let info = info.allocation_size(8192);
    // SAFETY: the chain is valid.
    assert_eq!(unsafe { sim.device().allocate_memory(&info, None) }, Err(REFUSED), "wrong size");
    sim.destroy(&[own, other], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::Dedicated; 2]);
}

#[test]
fn a_resource_that_requires_memory_of_its_own_takes_no_other() {
    let mut profile = small();
    profile.rules.images.dedicated_for = vk::ImageUsageFlags::COLOR_ATTACHMENT.as_raw();
    let sim = SimDevice::new(profile).unwrap();
    let image = sim.image(&square(64).usage(vk::ImageUsageFlags::COLOR_ATTACHMENT));
    let mut wanted = vk::MemoryDedicatedRequirements::default();
    let mut needs = vk::MemoryRequirements2::default().push_next(&mut wanted);
    let info = vk::ImageMemoryRequirementsInfo2::default().image(image);
    // SAFETY: the image is live and the chain valid.
    unsafe { sim.device().get_image_memory_requirements2(&info, &mut needs) };
    let size = needs.memory_requirements.size;
    assert_eq!(wanted.requires_dedicated_allocation, vk::TRUE);
    let memory = sim.memory(size, LOCAL);
    assert_eq!(bind_image(&sim, image, memory, 0), REFUSED);
    sim.destroy(&[], &[image], &[memory]);
    assert_eq!(broken(&sim), [Rule::Dedicated]);
}

#[test]
fn an_addressable_buffer_needs_addressable_memory() {
    let sim = device();
    let usage = vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    let buffer = sim.try_buffer(4096, usage).unwrap();
    let (plain, other) = (sim.memory(4096, LOCAL), sim.buffer(64));
    assert_eq!(sim.try_bind(buffer, plain, 0), REFUSED);
    assert_eq!(sim.address(buffer), 0, "no memory");
    assert_eq!(sim.address(other), 0, "no usage");
    let mut flags =
        vk::MemoryAllocateFlagsInfo::default().flags(vk::MemoryAllocateFlags::DEVICE_ADDRESS);
    let info = vk::MemoryAllocateInfo::default()
        .allocation_size(4096)
        .memory_type_index(LOCAL)
        .push_next(&mut flags);
    // SAFETY: the chain is valid.
    let memory = unsafe { sim.device().allocate_memory(&info, None) }.unwrap();
    assert_eq!(sim.try_bind(buffer, memory, 0), FINE);
    assert_ne!(sim.address(buffer), 0);
    sim.destroy(&[buffer, other], &[], &[memory, plain]);
    assert_eq!(broken(&sim), [Rule::DeviceAddress; 3]);
}

#[test]
fn protected_and_ordinary_objects_do_not_mix() {
    let mut profile = small();
    profile.features.protected = true;
    let sim = SimDevice::new(profile).unwrap();
    let info = vk::BufferCreateInfo::default()
        .size(64)
        .usage(vk::BufferUsageFlags::STORAGE_BUFFER)
        .flags(vk::BufferCreateFlags::PROTECTED);
    // SAFETY: the structure is valid.
    let buffer = unsafe { sim.device().create_buffer(&info, None) }.unwrap();
    let (protected, plain) = (sim.memory(4096, 3), sim.memory(4096, LOCAL));
    assert_eq!(sim.try_bind(buffer, plain, 0), REFUSED);
    assert_eq!(sim.try_bind(buffer, protected, 0), FINE);
    sim.destroy(&[buffer], &[], &[protected, plain]);
    let rules = broken(&sim);
    assert!(matches!(rules[..], [Rule::MemoryType | Rule::Protected]), "{rules:?}");
}

#[test]
fn captured_answers_hold_for_binding_too() {
    let sim = sim("lavapipe-25");
    let image = sim.image(&square(64));
    // SAFETY: the image is live.
    let needs = unsafe { sim.device().get_image_memory_requirements(image) };
    let memory = sim.memory(needs.size - 1, needs.memory_type_bits.trailing_zeros());
    assert_eq!(bind_image(&sim, image, memory, 0), REFUSED);
    sim.destroy(&[], &[image], &[memory]);
    assert_eq!(broken(&sim), [Rule::OutOfBlock]);
    assert!(Profile::names().contains(&"lavapipe-25"));
}
