//! Behaviour 27's price: a deed costs no heap allocation, one that others may share costs its `Arc`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
    ImageRequest, MemoryAllocator, MemoryAllocatorExt, MemoryBlockRequest, MemoryFeatures,
    MemoryLocation, Tag,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    HeadlessOptions, Validation,
    heap::{CountingHeap, allocations_of},
    testing::with_options,
};
use rm_vksim::{Profile, SimDevice};

#[global_allocator]
static COUNTING: CountingHeap = CountingHeap;

const PAIRS: u64 = 1000;

/// Heap allocations of this thread in so many runs of `pair`, once it has run twice.
fn allocations(pair: impl Fn()) -> u64 {
    pair();
    pair();
    allocations_of(|| (0..PAIRS).for_each(|_| pair()))
}

/// Heap allocations of pairs through a manager, beyond those of the bare backend.
struct Beyond {
    bare: Arc<dyn MemoryAllocator>,
    manager: DeviceBudgetManager,
}

impl Beyond {
    fn buffer(&self, request: &BufferRequest<'_>) -> u64 {
        let managed = allocations(|| {
            let made = self.manager.allocate_buffer(request).unwrap();
            // SAFETY: no device uses anything.
            unsafe { self.manager.free_buffer(made) };
        });
        let bare = allocations(|| {
            let made = self.bare.allocate_buffer(request).unwrap();
            // SAFETY: it came from there, and no device uses anything.
            unsafe { self.bare.free_buffer(made) };
        });
        managed - bare
    }

    fn image(&self, request: &ImageRequest<'_>) -> u64 {
        let managed = allocations(|| {
            let made = self.manager.allocate_image(request).unwrap();
            // SAFETY: no device uses anything.
            unsafe { self.manager.free_image(made) };
        });
        let bare = allocations(|| {
            let made = self.bare.allocate_image(request).unwrap();
            // SAFETY: it came from there, and no device uses anything.
            unsafe { self.bare.free_image(made) };
        });
        managed - bare
    }
}

fn pairs_cost_what_they_should(context: &Arc<DeviceContext>) {
    let strict =
        BudgetConfig { device_memory_budget: 1 << 30, strict: true, ..BudgetConfig::default() };
    for config in [BudgetConfig::default(), strict] {
        let bare: Arc<dyn MemoryAllocator> = Arc::new(DirectAllocator::new(context));
        let manager = DeviceBudgetManager::new(bare.clone(), config.clone()).unwrap();
        let beyond = Beyond { bare, manager };
        let plain = BufferRequest::new(4096, BufferUsageFlags::STORAGE_BUFFER);
        let usage = ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8_UNORM, 16, 16, usage);
        let strict = config.strict;
        assert_eq!(beyond.buffer(&plain), 0, "strict: {strict}");
        assert_eq!(beyond.buffer(&plain.clone().tag(Tag(7))), 0, "a tag is entered once");
        let host = plain.clone().location(MemoryLocation::HostVisible);
        assert_eq!(beyond.buffer(&host), 0, "strict: {strict}");
        assert_eq!(beyond.buffer(&plain.clone().label("named")), 0, "a label is the backend's");
        assert_eq!(beyond.image(&image), 0, "strict: {strict}");
        assert_eq!(beyond.buffer(&plain.aliasable()), PAIRS, "one to share");
        assert_eq!(beyond.image(&image.aliasable()), PAIRS, "one to share");
        let block = MemoryBlockRequest::new(4096, u32::MAX);
        let blocks = allocations(|| drop(beyond.manager.allocate_memory(&block).unwrap()));
        assert_eq!(blocks, PAIRS, "one to share");
        assert_eq!(beyond.manager.stats().used, 0);
    }
}

/// Behaviours 27 and 30: on a simulated device.
#[test]
fn pairs_cost_no_heap_allocation() {
    let sim = Arc::new(SimDevice::counting(Profile::desktop_rebar()).unwrap());
    // SAFETY: instance and physical device are live and belong together.
    let features = unsafe { MemoryFeatures::recommended(sim.instance(), sim.physical_device()) };
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features,
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, everything is enabled, and the context keeps the device alive.
    let context = unsafe { DeviceContext::new(info) }.unwrap();
    pairs_cost_what_they_should(&context);
}

/// Behaviours 27 and 30: on the present driver, without the layer, whose Rust side is our recorder.
#[test]
fn pairs_cost_no_heap_allocation_on_a_driver() {
    let options = HeadlessOptions::default().validation(Validation::Off);
    with_options(&options, |_, context| pairs_cost_what_they_should(context));
}
