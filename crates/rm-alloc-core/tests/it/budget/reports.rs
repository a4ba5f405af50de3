//! Figures of the allocator in those of the manager: fragmentation, names, and backends of three methods.

use std::sync::{Arc, Mutex};

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, BlockReport, BudgetConfig, BufferRequest,
    DeviceBudgetManager, DeviceContext, ImageRequest, MemoryAllocator, MemoryBlockRequest,
    MemoryError, MemoryLocation, MemoryRequest, RangeReport,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::Profile;

use super::{MIB, buffer, free, make};
use crate::support::{Layer, Moment, Recorder, manager, simulated, strict};

/// Reports what it is told to, over the pass-through backend.
#[derive(Debug)]
struct Reporting {
    below: DirectAllocator,
    blocks: Mutex<Vec<BlockReport>>,
    capabilities: AllocatorCapabilities,
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Reporting {
    fn context(&self) -> &Arc<DeviceContext> {
        self.below.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.below.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.below.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&self.below)
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        self.capabilities
    }

    fn report(&self) -> AllocatorReport {
        let mut report = AllocatorReport::of("reporting");
        report.blocks.clone_from(&self.blocks.lock().unwrap());
        report
    }
}

/// A block of `ranges`, each of so many bytes, where those below zero are free.
fn block(ranges: &[i64]) -> BlockReport {
    let mut offset = 0;
    let ranges = ranges.iter().map(|range| {
        let (size, used) = (range.unsigned_abs(), *range > 0);
        offset += size;
        RangeReport { offset: offset - size, size, used, label: None }
    });
    let ranges: Vec<_> = ranges.collect();
    BlockReport { memory_type: 0, heap: 0, size: offset, dedicated: false, ranges }
}

/// Behaviour 22: 1 less the largest free range of each block by all that is free; 0 where nothing is free or split.
#[test]
fn fragmentation_is_what_is_split() {
    let (context, _sim) = simulated(Profile::desktop_rebar());
    let reporting = Arc::new(Reporting {
        below: DirectAllocator::new(&context),
        blocks: Mutex::default(),
        capabilities: AllocatorCapabilities::REPORT,
    });
    let manager = DeviceBudgetManager::new(reporting.clone(), BudgetConfig::default()).unwrap();
    let cases: [(&[&[i64]], f64); 6] = [
        (&[], 0.0),
        (&[&[100]], 0.0),
        (&[&[-100]], 0.0),
        (&[&[10, -90], &[-50, 50]], 0.0),
        (&[&[-30, 40, -30]], 0.5),
        (&[&[-10, 1, -30, 1, -20], &[-40], &[7]], 0.3),
    ];
    for (blocks, expected) in cases {
        *reporting.blocks.lock().unwrap() = blocks.iter().map(|ranges| block(ranges)).collect();
        let known = manager.stats().fragmentation.unwrap();
        assert!((known - expected).abs() < 1e-9, "{blocks:?}: {known}");
    }
}

/// Behaviour 22: where the backend cannot know there is no figure; slack is none either.
#[test]
fn what_nobody_knows_has_no_fragmentation() {
    let (context, _sim) = simulated(Profile::desktop_rebar());
    let silent =
        DeviceBudgetManager::new(Arc::new(Recorder::new(&context)), BudgetConfig::default());
    assert_eq!(silent.unwrap().stats().fragmentation, None);
    let layer = Layer::generous(&context, MIB);
    let slack = DeviceBudgetManager::new(layer, BudgetConfig::default()).unwrap();
    let held = make(&slack, 1);
    assert_eq!(slack.stats().fragmentation, Some(0.0), "a block that is granted whole");
    free(&slack, held);
}

/// Behaviour 21: size, driver's word, budget, use, quota and heaps, each where it belongs.
#[test]
fn every_figure_is_the_one_of_its_name() {
    let config = BudgetConfig { staging_quota: 100, ..strict(8 * MIB) };
    let (manager, sim) = manager(config);
    let profile = sim.profile().clone();
    let held = make(&manager, 3 * MIB);
    let host = buffer(5 * MIB).location(MemoryLocation::HostCached);
    let host = manager.allocate_buffer(&host).unwrap();
    let quota = manager.try_reserve_staging(40).unwrap();
    let stats = manager.stats();
    assert_eq!(stats.heap_size, profile.heaps[0].size);
    assert_eq!(stats.driver_budget, profile.heaps[0].budget.unwrap());
    assert_eq!((stats.budget, stats.used, stats.available), (8 * MIB, 3 * MIB, 5 * MIB));
    assert_eq!((stats.staging_used, stats.staging_max), (40, 100));
    assert_eq!((stats.heaps[0].reserved, stats.heaps[1].reserved), (3 * MIB, 5 * MIB));
    assert_eq!((stats.heaps[0].peak, stats.peak), (3 * MIB, 3 * MIB));
    assert_eq!((stats.allocations, stats.aliases), (2, 0));
    assert_eq!(stats.heaps[0].limit, profile.heaps[0].budget, "heaps follow the driver");
    let heap = manager.heap_budget(1);
    assert_eq!((heap.size, heap.block_bytes), (profile.heaps[1].size, 5 * MIB));
    assert!((manager.device_figures().utilisation() - 0.375).abs() < 1e-9, "a ratio");

    sim.set_budget(0, Some(7 * MIB));
    assert_eq!(manager.stats().driver_budget, stats.driver_budget, "not asked in between");
    manager.begin_frame();
    let later = manager.stats();
    assert_eq!((later.driver_budget, later.budget), (7 * MIB, 8 * MIB), "a number is verbatim");
    assert_eq!(later.heaps[0].limit, Some(7 * MIB));
    drop(quota);
    free(&manager, held);
    free(&manager, host);
}

/// Behaviour 29: a backend of three methods serves a manager, and what it lacks is refused under its name.
#[test]
fn three_methods_serve_a_manager() {
    #[derive(Debug)]
    struct Three(DirectAllocator);
    // SAFETY: every promise is kept by the allocator within.
    unsafe impl MemoryAllocator for Three {
        fn context(&self) -> &Arc<DeviceContext> {
            self.0.context()
        }

        fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
            self.0.allocate(request)
        }

        unsafe fn free(&self, allocation: Allocation) {
            // SAFETY: it came from there, and the device is done with it (caller).
            unsafe { self.0.free(allocation) };
        }
    }
    for config in [BudgetConfig::default(), strict(4 * MIB)] {
        let (context, sim) = simulated(Profile::desktop_rebar());
        let three = Arc::new(Three(DirectAllocator::new(&context)));
        let manager = DeviceBudgetManager::new(three, config).unwrap();
        let host = buffer(64).location(MemoryLocation::HostVisible);
        let mut host = manager.allocate_buffer(&host).unwrap();
        host.write(0, &[1; 64]).unwrap();
        let usage = ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8_UNORM, 16, 16, usage);
        let image = manager.allocate_image(&image).unwrap();
        let held = make(&manager, MIB);
        let before = manager.stats();
        assert_eq!(before.fragmentation, None);
        let error = manager.allocate_buffer(&buffer(64).aliasable().label("more")).unwrap_err();
        assert!(error.to_string().contains("`more` of 64 B from allocator `custom`"), "{error}");
        manager.allocate_memory(&MemoryBlockRequest::new(64, u32::MAX)).unwrap_err();
        assert_eq!(manager.stats(), before);
        free(&manager, host);
        free(&manager, held);
        // SAFETY: no simulated device uses anything.
        unsafe { manager.free_image(image) };
        assert_eq!(manager.stats().used, 0);
        drop((manager, context));
        sim.verdict().unwrap();
    }
}

/// Behaviour 29: through a decorator everything works as without, and it hears of every parcel.
#[test]
fn a_decorator_serves_a_manager() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let story = Arc::new(Mutex::new(Vec::new()));
    let notes = story.clone();
    let layer = Layer::new(&context, 1, move |moment| {
        notes.lock().unwrap().push(moment);
        0
    });
    let manager = DeviceBudgetManager::new(layer, strict(8 * MIB)).unwrap();
    let request: BufferRequest<'_> = buffer(MIB).aliasable().label("through");
    let made = manager.allocate_buffer(&request).unwrap();
    assert_eq!(manager.allocator_stats().total().used_bytes, MIB);
    assert_eq!(manager.allocator().report().blocks.len(), 1, "reports pass through");
    let error = manager.allocate_buffer(&buffer(9 * MIB)).unwrap_err();
    assert!(error.to_string().contains("allocator `layer`"), "{error}");
    free(&manager, made);
    let heard = story.lock().unwrap();
    assert!(
        matches!(
            heard[..],
            [Moment::Taken(taken), Moment::Given(given), Moment::Parcel(parcel)]
                if taken == MIB && given == MIB && parcel.reserved == MIB
        ),
        "{heard:?}"
    );
    drop((manager, context));
    sim.verdict().unwrap();
}
