//! Behaviour 32: labels reach the driver, reports and leak lists; leaks are reported once, and nothing panics.

use std::sync::{Arc, Mutex};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    BufferRequest, DeviceMemory, EventMask, MemoryAllocator, MemoryAllocatorExt, MemoryEvent,
    MemoryObserver, MemoryRequest, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::testing::with_device;

/// Leaks as `allocator/label/bytes`.
#[derive(Default)]
struct Leaks(Mutex<Vec<String>>);

impl MemoryObserver for Leaks {
    fn mask(&self) -> EventMask {
        EventMask::LEAKED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let MemoryEvent::Leaked(block) = event else { panic!("{event:?} was not asked for") };
        let label = block.label.unwrap_or("-");
        self.0.lock().unwrap().push(format!("{}/{label}/{}", block.allocator, block.size));
    }
}

/// Behaviour 32: what is still out when the allocator goes is reported by label, once.
#[test]
fn leaks_are_reported_by_label() {
    with_device(|_, context| {
        let leaks = Arc::new(Leaks::default());
        let observer: Arc<dyn MemoryObserver> = leaks.clone();
        context.observe(&observer);

        let allocator = DirectAllocator::new(context);
        let request = MemoryRequest::new(4096, 1, 0, TilingClass::Linear);
        let named = allocator.allocate(&request.clone().label("shadow map")).unwrap();
        let unnamed = allocator.allocate(&request).unwrap();
        let returned = allocator.allocate(&request).unwrap();
        // SAFETY: it came from this allocator, and nothing uses it.
        unsafe { allocator.free(returned) };
        drop(allocator);
        assert_eq!(*leaks.0.lock().unwrap(), ["direct/shadow map/4096", "direct/-/4096"]);
        assert_eq!(context.blocks().count, 2, "leaked memory still counts for the device");

        // What the allocator can no longer free goes back by hand, so that the device dies clean.
        for allocation in [named, unnamed] {
            // SAFETY: the allocator made it by `into_allocation` of an object of this context.
            drop(unsafe { DeviceMemory::from_allocation(context, allocation) });
        }
        assert_eq!(context.blocks().count, 0);
        drop(DirectAllocator::new(context));
        assert_eq!(leaks.0.lock().unwrap().len(), 2, "a new allocator inherits no leaks");
    });
}

/// Behaviour 32: without an observer a leak is written to standard error, and nothing panics.
#[test]
fn leaks_without_an_observer_do_not_panic() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        let request = MemoryRequest::new(64, 1, 0, TilingClass::Linear).label("unheard");
        let lost = allocator.allocate(&request).unwrap();
        drop(allocator);
        // SAFETY: the allocator made it by `into_allocation` of an object of this context.
        drop(unsafe { DeviceMemory::from_allocation(context, lost) });
    });
}

/// Behaviour 32: a leak keeps its device, so that safe code cannot destroy a device under its memory.
#[test]
fn a_leak_never_outlives_its_device() {
    with_device(|device, _| {
        let context = device.context();
        let weak = Arc::downgrade(&context);
        let allocator = DirectAllocator::new(&context);
        let request = MemoryRequest::new(64, 1, 0, TilingClass::Linear).label("forgotten");
        let lost = allocator.allocate(&request).unwrap();
        drop((allocator, context));
        let context = weak.upgrade().expect("the allocation keeps its device");
        // SAFETY: the allocator made it by `into_allocation` of an object of this context.
        drop(unsafe { DeviceMemory::from_allocation(&context, lost) });
        drop(context);
        assert_eq!(weak.strong_count(), 0, "and lets go of it when it is freed");
    });
}

/// Behaviour 32: labels are in the report, and in what the validation layer says of an object.
#[test]
fn labels_reach_reports_and_driver() {
    with_device(|device, context| {
        let allocator = DirectAllocator::new(context);
        let request = BufferRequest::new(100, BufferUsageFlags::STORAGE_BUFFER);
        let buffer = allocator.allocate_buffer(&request.label("particle pool")).unwrap();
        let report = allocator.report();
        assert_eq!(&*report.allocator, "direct");
        assert_eq!(report.blocks.len(), 1);
        let block = &report.blocks[0];
        assert_eq!((block.size, block.dedicated), (buffer.allocation().size(), false));
        assert_eq!(block.ranges.len(), 1);
        assert_eq!((block.ranges[0].offset, block.ranges[0].size), (0, block.size));
        assert_eq!(block.ranges[0].label.as_deref(), Some("particle pool"));
        assert!(block.ranges[0].used);

        if device.validation() {
            let (raw, memory) = (buffer.raw(), buffer.allocation().memory());
            // SAFETY: binding a bound buffer is an error on purpose: validation reports it, and the layer stops nothing that
            // a driver would mind, since the binding is the one that is already there.
            let _again = unsafe { context.device().bind_buffer_memory(raw, memory, 0) };
            let messages = device.recorder().take().join("\n");
            assert!(messages.contains("particle pool"), "{messages}");
        }
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_buffer(buffer) };
        assert!(allocator.report().blocks.is_empty());
    });
}
