//! What is booked where, and that it all comes back.

use std::sync::Arc;

use ash::vk::{Format, ImageUsageFlags, SampleCountFlags};
use rm_alloc_core::{
    BudgetConfig, Category, DeviceBudgetManager, ErrorKind, Figures, ImageRequest,
    MemoryBlockRequest, MemoryLocation, Tag,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::Profile;

use super::{MIB, buffer, free, make};
use crate::support::{manager, simulated};

/// Behaviour 13: built from any allocator plus config; two managers are isolated.
#[test]
fn two_managers_know_nothing_of_each_other() {
    let (one, sim) = manager(BudgetConfig::default());
    let allocator = Arc::new(DirectAllocator::new(one.context()));
    let two = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let held = make(&one, MIB);
    assert_eq!((one.stats().used, two.stats().used), (MIB, 0));
    assert_eq!(two.stats().peak, 0);
    // Any handle frees any resource: the deed knows whose it is.
    free(&two, held);
    assert_eq!((one.stats().used, one.stats().peak), (0, MIB));
    drop((one, two));
    sim.verdict().unwrap();
}

/// Behaviour 14: no budget means the driver's, over device-local heaps without a window twice; a number is taken as it is.
#[test]
fn the_budget_is_detected_or_verbatim() {
    let verbatim = BudgetConfig { device_memory_budget: 12_345, ..BudgetConfig::default() };
    assert_eq!(manager(verbatim).0.stats().budget, 12_345);
    assert_eq!(BudgetConfig::default().staging_quota, 256 * MIB);
    for name in Profile::names() {
        let profile = Profile::builtin(name).unwrap();
        let (context, _sim) = simulated(profile.clone());
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let stats = manager.stats();
        let local: Vec<_> = profile.heaps.iter().filter(|heap| heap.flags & 1 != 0).collect();
        let largest = local.iter().map(|heap| heap.size).max().unwrap();
        assert_eq!(stats.heap_size, largest, "{name}: one real heap, windows aside");
        assert!(stats.budget <= largest && stats.budget >= largest / 2, "{name}: {stats:?}");
        assert_eq!(stats.budget, stats.driver_budget, "{name}");
    }
}

/// Behaviours 16 and 19: usage rises by the granted bytes and returns exactly; images cost their real requirement.
#[test]
fn usage_rises_and_returns_exactly() {
    let (manager, sim) = manager(BudgetConfig::default());
    let mut expected = 0;
    let mut held = Vec::new();
    for size in [1, 1000, 65_537, 3 * MIB] {
        let request = buffer(size);
        expected += manager.buffer_requirements(&request).unwrap().size;
        held.push(manager.allocate_buffer(&request).unwrap());
        assert_eq!(manager.stats().used, expected);
    }
    let usage = ImageUsageFlags::COLOR_ATTACHMENT;
    let flat = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 512, 512, usage);
    let sharp = flat.clone().samples(SampleCountFlags::TYPE_4);
    let needs = |request| manager.image_requirements(request).unwrap().size;
    assert!(needs(&sharp) > 3 * needs(&flat), "samples cost");
    let image = manager.allocate_image(&sharp).unwrap();
    assert_eq!(manager.stats().used, expected + needs(&sharp));
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_image(image) };
    assert_eq!(manager.stats().used, expected);
    held.into_iter().for_each(|buffer| free(&manager, buffer));
    let stats = manager.stats();
    assert_eq!((stats.used, stats.allocations, stats.retiring), (0, 0, 0));
    assert_eq!(stats.peak, expected + needs(&sharp));
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviour 21: the figures of a manager, heap by heap, category by category, tag by tag, agree with each other.
#[test]
fn dimensions_agree() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let staging = buffer(2 * MIB)
        .location(MemoryLocation::HostCached)
        .category(Category::Staging)
        .tag(Tag(7));
    let staged = manager.allocate_buffer(&staging).unwrap();
    let plain = manager.allocate_buffer(&buffer(MIB).tag(Tag(7))).unwrap();
    let block = MemoryBlockRequest { tag: Tag(9), ..MemoryBlockRequest::new(4 * MIB, u32::MAX) };
    let block = manager.allocate_memory(&block).unwrap();

    let stats = manager.stats();
    assert_eq!(stats.used, 5 * MIB, "host memory is not device memory");
    assert_eq!(stats.allocations, 3);
    let by_heap: u64 = stats.heaps.iter().map(Figures::used).sum();
    let categories = [
        Category::Buffer,
        Category::Image,
        Category::Staging,
        Category::Transient,
        Category::Other,
    ];
    let by_category: u64 = categories.map(|c| manager.category_figures(c).used()).iter().sum();
    assert_eq!((by_heap, by_category), (7 * MIB, 7 * MIB));
    assert_eq!(manager.category_figures(Category::Staging).used(), 2 * MIB);
    assert_eq!(manager.tag_figures(Tag(7)).used(), 3 * MIB);
    assert_eq!(manager.tag_figures(Tag(9)).used(), 4 * MIB);
    assert_eq!(manager.tag_figures(Tag(1)), Figures::default(), "never used");

    let heap = manager.context().heap_of(plain.memory().map_or(0, |m| m.memory_type()));
    let budget = manager.heap_budget(heap);
    assert_eq!(budget.size, manager.context().memory_properties().memory_heaps[heap as usize].size);
    assert!(budget.driver_usage >= budget.block_bytes);
    assert_eq!(manager.heap_budget(99), Default::default(), "no such heap");

    drop(block);
    free(&manager, staged);
    free(&manager, plain);
    assert_eq!(manager.tag_figures(Tag(7)).used(), 0);
    assert_eq!(manager.allocator_stats().total().allocations, 0);
}

/// Behaviour 27: the deed frees exactly once, whoever drops what in whatever order.
#[test]
fn resources_outlive_their_handles() {
    let (manager, sim) = manager(BudgetConfig::default());
    let other = manager.clone();
    let held = make(&manager, MIB);
    let block = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    drop(manager);
    assert_eq!(other.stats().used, 2 * MIB);
    free(&other, held);
    drop(other);
    assert!(sim.leaks().iter().any(|leak| leak.to_string().contains("memory")), "the block holds");
    drop(block);
    sim.verdict().unwrap();
}

/// Behaviour 28: resources of a handle use its allocator for their whole life; another device's is refused.
#[test]
fn handles_with_other_allocators_share_the_books() {
    let (manager, sim) = manager(BudgetConfig::default());
    let custom = Arc::new(DirectAllocator::new(manager.context()));
    let other = manager.with_allocator(custom.clone()).unwrap();
    let theirs = make(&other, MIB);
    let ours = make(&manager, 2 * MIB);
    assert_eq!((manager.stats().used, other.stats().used), (3 * MIB, 3 * MIB));
    assert_eq!(other.allocator_stats().total().used_bytes, MIB);
    drop(other);
    // Freed by `custom`, through a handle that never knew it.
    free(&manager, theirs);
    let left = rm_alloc_core::MemoryAllocator::stats(&*custom);
    assert_eq!(left.total().used_bytes, 0);
    free(&manager, ours);

    let (foreign, _other_sim) = simulated(Profile::desktop_rebar());
    let foreign = Arc::new(DirectAllocator::new(&foreign));
    let error = manager.with_allocator(foreign).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
    drop((manager, custom));
    sim.verdict().unwrap();
}

/// Behaviour 47: retiring bytes stay charged, are shown apart, and are gone with the free.
#[test]
fn retiring_bytes_stay_charged() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let (one, two) = (make(&manager, MIB), make(&manager, 2 * MIB));
    manager.mark_retiring(&one);
    manager.mark_retiring(&one);
    let stats = manager.stats();
    assert_eq!((stats.used, stats.retiring), (3 * MIB, MIB), "once is enough");
    free(&manager, one);
    assert_eq!((manager.stats().used, manager.stats().retiring), (2 * MIB, 0));
    free(&manager, two);
}
