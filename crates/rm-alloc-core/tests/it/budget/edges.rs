//! The edges of what is asked, of the backend, of the driver and of those who could help.

use std::sync::{Arc, Mutex};

use ash::vk;
use rm_alloc_core::{
    AliasedBufferRequest, BudgetConfig, BudgetLimit, BufferRequest, DeviceBudgetManager, ErrorKind,
    ImageRequest, MemoryBlockRequest, MemoryLocation, MemoryRelief, ReliefStage, Shortage,
};
use rm_vksim::{Call, Profile};

use super::{MIB, buffer, free, make};
use crate::support::{Recorder, manager, manager_on, simulated, strict};

/// Writes down the shortages that it hears of, and helps with none.
#[derive(Default)]
struct Helpless(Mutex<Vec<(u64, bool)>>);

impl MemoryRelief for Helpless {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Collect
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        self.0.lock().unwrap().push((shortage.bytes, shortage.scope.is_none()));
        0
    }
}

fn helpless(manager: &DeviceBudgetManager) -> (Arc<Helpless>, Arc<dyn MemoryRelief>) {
    let helpless = Arc::<Helpless>::default();
    let relief: Arc<dyn MemoryRelief> = helpless.clone();
    manager.attach_relief(&relief);
    (helpless, relief)
}

/// Behaviour 17: what is refused by its exact size costs no object, where the device tells sizes without one.
#[test]
fn an_exact_size_is_refused_without_an_object() {
    let (manager, sim) = manager(strict(MIB));
    let needs = manager.buffer_requirements(&buffer(1000)).unwrap().size;
    assert!(needs > 1000, "the device rounds up");
    manager.set_device_budget(needs - 1);
    sim.reset_counts();
    let error = manager.allocate_buffer(&buffer(1000)).unwrap_err();
    let refused = ErrorKind::OverBudget { requested: needs, available: needs - 1, retiring: 0 };
    assert_eq!(error.kind(), refused);
    assert_eq!(error.refusal().unwrap().requested, needs);
    assert_eq!(sim.counts().of(Call::CreateBuffer), 0);
}

/// An error says what was asked for: the kind of thing, and as many bytes as were known.
#[test]
fn errors_say_what_was_asked_for() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let block = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    let nothing = BufferRequest::new(4321, vk::BufferUsageFlags::empty());
    let alias = AliasedBufferRequest { memory: &block, offset: 0, buffer: nothing.clone() };
    let image = ImageRequest::new_2d(vk::Format::UNDEFINED, 4, 4, vk::ImageUsageFlags::SAMPLED);
    let crooked = MemoryBlockRequest::new(77, u32::MAX).alignment(3);
    let errors = [
        (manager.allocate_buffer(&nothing).unwrap_err(), "buffer", 4321),
        (manager.create_aliased_buffer(&alias).unwrap_err(), "buffer", 4321),
        (manager.allocate_image(&image).unwrap_err(), "image", 0),
        (manager.allocate_memory(&crooked).unwrap_err(), "memory", 77),
    ];
    for (error, what, bytes) in errors {
        let refusal = error.refusal().unwrap();
        assert_eq!((refusal.what, refusal.requested), (what, bytes), "{error}");
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
    }
}

/// Where the driver leaves too little for a new block, others are asked for the rest, unless it could never be enough.
#[test]
fn headroom_is_asked_for_where_it_can_help() {
    let (manager, sim) = manager(strict(1 << 40));
    let (heard, _relief) = helpless(&manager);
    manager.set_heap_limit(0, Some(1 << 40)).unwrap();
    sim.set_budget(0, Some(10 * MIB));
    manager.begin_frame();
    let held = make(&manager, 8 * MIB);
    manager.allocate_buffer(&buffer(11 * MIB)).unwrap_err();
    assert_eq!(*heard.0.lock().unwrap(), [], "more than the driver gives at all");
    let error = manager.allocate_buffer(&buffer(10 * MIB)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory, "{error}");
    assert_eq!(
        *heard.0.lock().unwrap(),
        [(8 * MIB, true)],
        "what is missing, by the driver's word"
    );
    free(&manager, held);
}

/// What one object cannot hold is refused as such and nobody is asked for it, whatever the limits; what it just holds is given.
#[test]
fn one_object_has_a_size() {
    let (manager, sim) = manager(strict(u64::MAX));
    let limits = manager.context().limits();
    let most = limits.max_allocation_size.min(manager.heap_budget(0).size);
    manager.set_heap_limit(0, Some(u64::MAX)).unwrap();
    sim.set_budget(0, Some(u64::MAX));
    manager.begin_frame();
    let (heard, _relief) = helpless(&manager);
    let bits = manager.buffer_requirements(&buffer(1)).unwrap().memory_type_bits;
    let local = |size| MemoryBlockRequest::new(size, bits);
    let all = manager.allocate_memory(&local(most)).unwrap();
    assert_eq!(all.size(), most);
    drop(all);
    let held = make(&manager, MIB);
    // Short by a byte or two of a limit beyond every object.
    manager.set_device_budget(most + MIB);
    let error = manager.allocate_memory(&local(most + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_eq!(*heard.0.lock().unwrap(), [], "no amount of memory would help");
    free(&manager, held);
}

/// Only a backend that can keep to a bound on new blocks is given one, and only where limits are strict.
#[test]
fn a_bound_on_blocks_is_for_those_who_can() {
    let (context, _sim) = simulated(Profile::desktop_rebar());
    let recorder = Arc::new(Recorder::new(&context));
    let manager = DeviceBudgetManager::new(recorder.clone(), strict(64 * MIB)).unwrap();
    let held = make(&manager, MIB);
    assert_eq!(recorder.asked()[0].headroom, u64::MAX, "it lacks the ability");
    free(&manager, held);
}

/// Behaviour 26: a policy that only tracks binds no blocks to the driver's word.
#[test]
fn tracking_binds_nothing() {
    let (manager, sim) = manager(BudgetConfig::default());
    manager.set_policy(Some(Arc::new(BudgetLimit::tracking())));
    sim.set_budget(0, Some(MIB));
    manager.begin_frame();
    let held = make(&manager, 4 * MIB);
    free(&manager, held);
}

/// Room for any of several resources has the largest size, the strictest alignment and the types that all of them allow.
#[test]
fn room_for_any_of_several() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let recorder = Arc::new(Recorder::new(&context));
    let manager = DeviceBudgetManager::new(recorder.clone(), BudgetConfig::default()).unwrap();
    let usage = vk::ImageUsageFlags::COLOR_ATTACHMENT;
    let image = ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 256, 256, usage);
    let mut image = manager.image_requirements(&image).unwrap();
    image.memory_type_bits &= 0b0111;
    let plain = manager.buffer_requirements(&buffer(3 * MIB)).unwrap();
    let request = MemoryBlockRequest::for_any_of(&[plain, image]).label("scratch");
    assert_eq!(request.size, plain.size.max(image.size));
    assert_eq!(request.alignment, plain.alignment.max(image.alignment));
    assert_eq!(request.memory_type_bits, plain.memory_type_bits & image.memory_type_bits);
    assert_ne!(request.memory_type_bits, plain.memory_type_bits, "the image is more particular");
    let block = manager.allocate_memory(&request.alignment(1 << 16)).unwrap();
    assert_eq!(recorder.asked()[0].alignment, 1 << 16);
    drop((block, manager, recorder));
    sim.verdict().unwrap();
    assert_eq!(MemoryBlockRequest::for_any_of(&[]).size, 0, "room for nothing is refused");
}

/// Behaviour 33: ranges beyond a buffer are refused, mapped or not; a buffer has an address only if it asked for one.
#[test]
fn ranges_and_addresses() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let host = buffer(256).location(MemoryLocation::HostVisible);
    let host = manager.allocate_buffer(&host).unwrap();
    host.flush(0, 256).unwrap();
    host.invalidate(200, 56).unwrap();
    host.flush(1, 256).unwrap_err();
    host.invalidate(257, 0).unwrap_err();
    let local = make(&manager, 256);
    local.flush(0, 1).unwrap_err();
    local.invalidate(0, 1).unwrap_err();
    assert_eq!((host.device_address(), local.device_address()), (None, None));
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    let addressed = manager.allocate_buffer(&BufferRequest::new(256, usage)).unwrap();
    assert!(addressed.device_address().is_some_and(|address| address != 0));
    [host, local, addressed].into_iter().for_each(|buffer| free(&manager, buffer));
}

/// What a manager shows of itself says how many listen and help.
#[test]
fn a_manager_can_be_looked_at() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let (_heard, relief) = helpless(&manager);
    assert!(format!("{manager:?}").contains("Reliefs { count: 1 }"), "{manager:?}");
    drop(relief);
}

/// A linear image at a host location is mapped, and its ranges are checked as a buffer's are; both say where they are.
#[test]
fn images_of_the_host_are_mapped() {
    let (manager, _sim) = manager_on(Profile::arm_noncoherent(), BudgetConfig::default());
    let usage = vk::ImageUsageFlags::TRANSFER_SRC;
    let image = ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 16, 16, usage)
        .tiling(vk::ImageTiling::LINEAR)
        .location(MemoryLocation::HostCached);
    let image = manager.allocate_image(&image).unwrap();
    assert!(image.mapped().is_some());
    image.flush(0, image.size()).unwrap();
    image.invalidate(3, 5).unwrap();
    image.flush(1, image.size()).unwrap_err();
    image.invalidate(image.size() + 1, 0).unwrap_err();
    let flags = manager.context().type_flags(image.memory_type());
    assert!(flags.contains(vk::MemoryPropertyFlags::HOST_CACHED), "{flags:?}");
    let host = manager.allocate_buffer(&buffer(64).location(MemoryLocation::HostCached)).unwrap();
    assert_eq!(host.memory_type(), image.memory_type());
    assert_ne!(host.device_memory(), image.device_memory(), "one object each");
    free(&manager, host);
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_image(image) };
}
