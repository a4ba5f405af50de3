//! Budgets on the present driver: what is charged, told and given back.

use std::sync::Arc;

use ash::vk::{Format, ImageUsageFlags, MemoryHeapFlags, SampleCountFlags};
use rm_alloc_core::{
    BudgetConfig, BudgetLimit, BufferAllocation, Category, DeviceBudgetManager, DeviceContext,
    ErrorKind, ImageAllocation, ImageRequest, MemoryAllocator, MemoryBlockRequest, MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::testing::with_device;

use super::{MIB, buffer};
use crate::support::strict;

pub(super) fn over(context: &Arc<DeviceContext>, config: BudgetConfig) -> DeviceBudgetManager {
    DeviceBudgetManager::new(Arc::new(DirectAllocator::new(context)), config).unwrap()
}

pub(super) fn free(manager: &DeviceBudgetManager, buffer: BufferAllocation) {
    // SAFETY: nothing is ever submitted to the device.
    unsafe { manager.free_buffer(buffer) };
}

pub(super) fn free_image(manager: &DeviceBudgetManager, image: ImageAllocation) {
    // SAFETY: nothing is ever submitted to the device.
    unsafe { manager.free_image(image) };
}

/// What a buffer of `size` bytes really takes.
pub(super) fn cost(manager: &DeviceBudgetManager, size: u64) -> u64 {
    manager.buffer_requirements(&buffer(size)).unwrap().size
}

/// Behaviours 16 and 19: usage rises by what the driver requires, mips, layers and samples included, and returns exactly.
#[test]
fn usage_is_what_the_driver_requires() {
    with_device(|_, context| {
        let manager = over(context, BudgetConfig::default());
        let flat = ImageRequest::new_2d(
            Format::R8G8B8A8_UNORM,
            256,
            256,
            ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED,
        );
        let shapes = [
            flat.clone(),
            flat.clone().full_mip_chain(),
            flat.clone().array_layers(6),
            flat.clone().samples(SampleCountFlags::TYPE_4),
        ];
        let (mut expected, mut images, mut buffers) = (0, Vec::new(), Vec::new());
        for shape in &shapes {
            let told = manager.image_requirements(shape).unwrap().size;
            let image = manager.allocate_image(shape).unwrap();
            // SAFETY: the image is alive and of this device.
            let real = unsafe { context.device().get_image_memory_requirements(image.raw()) };
            assert_eq!((told, image.size()), (real.size, real.size), "{shape:?}");
            expected += real.size;
            assert_eq!(manager.stats().used, expected, "{shape:?}");
            images.push(image);
        }
        assert!(images[1..].iter().all(|image| image.size() > images[0].size()), "each costs more");
        for size in [1, 1000, 65_537, 3 * MIB] {
            buffers.push(manager.allocate_buffer(&buffer(size)).unwrap());
            expected += cost(&manager, size);
            assert_eq!(manager.stats().used, expected, "{size} bytes");
        }
        assert_eq!(manager.category_figures(Category::Buffer).count, 4);
        images.into_iter().for_each(|image| free_image(&manager, image));
        buffers.into_iter().for_each(|buffer| free(&manager, buffer));
        let stats = manager.stats();
        assert_eq!((stats.used, stats.allocations, stats.peak), (0, 0, expected));
        assert_eq!(context.blocks().bytes, 0);
    });
}

/// Behaviours 14, 21 and 22: figures are the driver's own, or 80 % of the heap where it does not say.
#[test]
fn figures_are_plausible() {
    with_device(|_, context| {
        let manager = over(context, BudgetConfig::default());
        manager.begin_frame();
        let stats = manager.stats();
        let heaps = context.memory_properties().memory_heaps_as_slice();
        let local = heaps.iter().filter(|heap| heap.flags.contains(MemoryHeapFlags::DEVICE_LOCAL));
        let sizes: Vec<_> = local.map(|heap| heap.size).collect();
        assert!(stats.heap_size >= sizes.iter().copied().max().unwrap());
        assert!(stats.heap_size <= sizes.iter().sum());
        assert_eq!(stats.budget, stats.driver_budget, "0 follows the driver");
        assert!(stats.budget > 0 && stats.budget <= stats.heap_size, "{stats:?}");
        assert_eq!(stats.fragmentation, Some(0.0), "whole objects are never split");
        let held = manager.allocate_buffer(&buffer(MIB)).unwrap();
        for index in 0..context.memory_properties().memory_heap_count {
            let heap = manager.heap_budget(index);
            assert_eq!(heap.size, heaps[index as usize].size);
            assert_eq!(heap.figures.limit, Some(heap.driver_budget));
            assert_eq!(heap.block_bytes, context.block_bytes(index));
            if !context.features().contains(MemoryFeatures::MEMORY_BUDGET) {
                assert_eq!(heap.driver_budget, heap.size / 100 * 80);
                assert_eq!(heap.driver_usage, heap.block_bytes);
            }
            assert!(heap.driver_budget <= heap.size && heap.driver_usage >= heap.block_bytes);
        }
        free(&manager, held);
        let verbatim = over(context, BudgetConfig { device_memory_budget: 12_345, ..strict(0) });
        assert_eq!(verbatim.stats().budget, 12_345);
    });
}

/// Behaviours 13, 25 and 26: a policy limits what it admitted, in its manager alone.
#[test]
fn policies_limit_their_own() {
    with_device(|_, context| {
        let (manager, other) =
            (over(context, BudgetConfig::default()), over(context, BudgetConfig::default()));
        let one = cost(&manager, 4096);
        let before = manager.allocate_buffer(&buffer(4096)).unwrap();
        let limit = Arc::new(BudgetLimit::bytes(one));
        manager.set_policy(Some(limit.clone()));
        let held = manager.allocate_buffer(&buffer(4096)).unwrap();
        let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
        let free_elsewhere = other.allocate_buffer(&buffer(4096)).unwrap();
        assert_eq!((limit.allocated_bytes(), other.stats().used), (one, one));
        manager.set_policy(None);
        [before, held, free_elsewhere].into_iter().for_each(|buffer| free(&manager, buffer));
        assert_eq!((limit.allocated_bytes(), other.stats().used), (0, 0));
    });
}

/// Behaviours 27 and 28: every order of freeing and dropping ends with all memory back, each through its own allocator.
#[test]
fn deeds_survive_any_order() {
    for turn in 0..3 {
        with_device(|device, context| {
            let manager = over(context, BudgetConfig::default());
            let custom = Arc::new(DirectAllocator::new(context));
            let other = manager.with_allocator(custom.clone()).unwrap();
            let foreign = Arc::new(DirectAllocator::new(&device.context()));
            let error = manager.with_allocator(foreign).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
            let ours = manager.allocate_buffer(&buffer(MIB)).unwrap();
            let theirs = other.allocate_buffer(&buffer(MIB)).unwrap();
            let block = other.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
            assert_eq!(custom.stats().total().allocations, 2);
            let last = over(context, BudgetConfig::default());
            let mut steps: [Option<Box<dyn FnOnce()>>; 3] = [
                Some(Box::new(|| drop((manager, other)))),
                Some(Box::new(|| [ours, theirs].into_iter().for_each(|made| free(&last, made)))),
                Some(Box::new(|| drop(block))),
            ];
            for step in 0..3 {
                let step = steps[(turn + step) % 3].take().unwrap();
                step();
            }
            assert_eq!(custom.stats().total().allocations, 0);
            assert_eq!((context.blocks().count, last.stats().used), (0, 0));
        });
    }
}
