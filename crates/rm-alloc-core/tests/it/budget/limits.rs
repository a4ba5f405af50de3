//! Limits refuse, or only judge, and may change at any time.

use std::sync::Arc;

use rm_alloc_core::{
    AliasedBufferRequest, BudgetConfig, BufferRequest, DeviceBudgetManager, ErrorKind,
    ImageRequest, MemoryBlockRequest, MemoryLocation,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Call, Profile};

use super::{MIB, buffer, free, make};
use crate::support::{manager, manager_on, simulated, strict};

/// Behaviour 17: a strict budget refuses before any driver call, leaves everything as it was, and may be filled exactly.
#[test]
fn a_strict_budget_refuses_before_the_driver() {
    let (manager, sim) = manager(strict(4 * MIB));
    let first = make(&manager, 3 * MIB);
    sim.reset_counts();
    let before = manager.stats();
    for size in [MIB + 1, 4 * MIB, u64::MAX / 2] {
        let error =
            manager.allocate_buffer(&buffer(size.min(1 << 31)).label("too big")).unwrap_err();
        let ErrorKind::OverBudget { requested, available, .. } = error.kind() else {
            panic!("{error}");
        };
        assert!(requested >= size.min(1 << 31));
        assert_eq!(available, MIB);
        assert!(error.to_string().contains("`too big`"), "{error}");
    }
    assert_eq!(sim.counts().total(), 0, "the driver was asked: {:?}", sim.counts());
    assert_eq!(manager.stats(), before, "nothing has changed");
    let last = make(&manager, MIB);
    assert_eq!(manager.stats().available, 0, "exactly filling is allowed");
    assert!(!manager.is_over_budget());
    free(&manager, first);
    free(&manager, last);
}

/// Behaviour 17: without strictness an allocation beyond the budget succeeds, and shows.
#[test]
fn a_lenient_budget_only_judges() {
    let config = BudgetConfig { device_memory_budget: MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let first = make(&manager, MIB);
    assert!(!manager.is_over_budget(), "exactly full is not over");
    let second = make(&manager, 1);
    assert!(manager.is_over_budget());
    manager.set_strict(true);
    let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
    free(&manager, second);
    free(&manager, first);
}

/// Behaviour 18: sizes near the end of the numbers are refused, never wrapped.
#[test]
fn absurd_sizes_are_refused() {
    for config in [strict(MIB), BudgetConfig::default()] {
        let (manager, _sim) = manager(config);
        let held = make(&manager, 1000);
        let before = manager.stats();
        for size in [u64::MAX, u64::MAX - 1, u64::MAX - 1000, 1 << 63] {
            manager.allocate_buffer(&buffer(size)).unwrap_err();
            let block = MemoryBlockRequest::new(size, u32::MAX);
            manager.allocate_memory(&block).unwrap_err();
        }
        assert_eq!(manager.stats(), before);
        free(&manager, held);
    }
}

/// Behaviour 20: near from the warning line on, over beyond the budget.
#[test]
fn near_and_over_are_where_they_say() {
    let config = BudgetConfig { device_memory_budget: 4 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let states =
        |manager: &DeviceBudgetManager| (manager.is_near_budget_limit(), manager.is_over_budget());
    assert_eq!(states(&manager), (false, false));
    let mut held = vec![make(&manager, 3 * MIB - 256)];
    assert_eq!(states(&manager), (false, false), "one step below the line");
    held.push(make(&manager, 256));
    assert_eq!(states(&manager), (true, false), "at the line");
    held.push(make(&manager, MIB));
    assert_eq!(states(&manager), (true, false), "exactly full");
    held.push(make(&manager, 1));
    assert_eq!(states(&manager), (true, true));
    manager.set_device_budget(1 << 40);
    assert_eq!(states(&manager), (false, false), "limits may change at any time");
    held.into_iter().for_each(|buffer| free(&manager, buffer));
}

/// Behaviour 14: limits of single heaps stand apart, and lowering one below its use makes it over.
#[test]
fn heaps_have_limits_of_their_own() {
    let (manager, sim) = manager(strict(1 << 40));
    let held = make(&manager, 2 * MIB);
    let heap = manager.stats().heaps.iter().position(|heap| heap.used() > 0).unwrap();
    let heap = u32::try_from(heap).unwrap();
    manager.set_heap_limit(heap, Some(MIB)).unwrap();
    assert!(manager.is_over_budget());
    sim.reset_counts();
    let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
    assert_eq!(sim.counts().total(), 0, "other heaps have room, which is of no use here");
    manager.set_heap_limit(heap, None).unwrap();
    assert!(!manager.is_over_budget());
    manager.set_heap_limit(99, Some(1)).unwrap_err();
    let config = BudgetConfig { heap_limits: vec![(99, 1)], ..BudgetConfig::default() };
    let allocator = manager.allocator().clone();
    let error = DeviceBudgetManager::new(allocator, config).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
    free(&manager, held);
}

/// Behaviours 17 and 20: limits below what is used refuse everything that costs, until frees have made room.
#[test]
fn limits_below_use_refuse_until_there_is_room() {
    let (manager, sim) = manager(strict(8 * MIB));
    let source = manager.allocate_buffer(&buffer(3 * MIB).aliasable()).unwrap();
    let held = make(&manager, MIB);
    let memory = source.memory().cloned().unwrap();
    manager.set_device_budget(2 * MIB);
    manager.set_heap_limit(0, Some(MIB)).unwrap();
    manager.set_heap_limit(1, Some(0)).unwrap();
    assert!(manager.is_over_budget());
    let before = manager.stats();
    assert_eq!((before.used, before.available), (4 * MIB, 0));
    sim.reset_counts();
    let usage = ash::vk::ImageUsageFlags::SAMPLED;
    let image = ImageRequest::new_2d(ash::vk::Format::R8_UNORM, 4, 4, usage);
    let host = buffer(1).location(MemoryLocation::HostCached);
    let refused = [
        manager.allocate_buffer(&buffer(1)).unwrap_err(),
        manager.allocate_buffer(&host).unwrap_err(),
        manager.allocate_image(&image).unwrap_err(),
        manager.allocate_memory(&MemoryBlockRequest::new(1, u32::MAX)).unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
    }
    assert_eq!((manager.stats(), sim.counts().of(Call::AllocateMemory)), (before, 0));
    sim.allow_alias(memory.raw(), 0..memory.size());
    let alias = BufferRequest::new(64, ash::vk::BufferUsageFlags::TRANSFER_DST);
    let alias = AliasedBufferRequest { memory: &memory, offset: 0, buffer: alias };
    let alias = manager.create_aliased_buffer(&alias).unwrap();
    drop(memory);
    free(&manager, alias);
    free(&manager, source);
    assert!(!manager.is_over_budget(), "exactly full");
    manager.allocate_buffer(&buffer(1)).unwrap_err();
    free(&manager, held);
    let fits = make(&manager, MIB);
    manager.set_device_budget(1);
    assert!(manager.is_over_budget(), "frees below a limit always succeed");
    free(&manager, fits);
    assert_eq!(manager.stats().used, 0);
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviour 31: requests for memory alone obey their rules, and those that do not change nothing.
#[test]
fn blocks_obey_their_rules() {
    let (manager, sim) = manager(strict(MIB));
    let before = manager.stats();
    sim.reset_counts();
    let block = |size, alignment| MemoryBlockRequest::new(size, u32::MAX).alignment(alignment);
    for (rule, request) in [
        ("zero", block(0, 1)),
        ("power of two", block(64, 3)),
        ("power of two", block(64, 0)),
        ("half the address space", block(u64::MAX, 1)),
        ("half the address space", block(1 << 63, 1)),
        ("half the address space", block(64, 1 << 63)),
    ] {
        let error = manager.allocate_memory(&request.label("raw")).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{rule}: {error}");
        assert!(error.to_string().contains(rule) && error.to_string().contains("`raw`"), "{error}");
    }
    let none = MemoryBlockRequest::new(64, 0);
    assert_eq!(manager.allocate_memory(&none).unwrap_err().kind(), ErrorKind::NoSuitableMemoryType);
    assert_eq!(sim.counts().total(), 0, "the driver was asked: {:?}", sim.counts());
    assert_eq!(manager.stats(), before);
    let aligned = manager.allocate_memory(&block(64, 1 << 40)).unwrap();
    assert!(aligned.offset().is_multiple_of(1 << 40), "an own object has every alignment");
    drop((aligned, manager));
    sim.verdict().unwrap();
}

/// Behaviour 17: what the requirement adds to the size is admitted with it, before any memory is taken.
#[test]
fn the_exact_size_is_admitted_before_any_memory() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let allocator = Arc::new(DirectAllocator::new(&context));
    // Without maintenance4 nothing is known before the object; the requirement is a multiple of its alignment.
    let manager = DeviceBudgetManager::new(allocator, strict(1000)).unwrap();
    let odd = BufferRequest::new(1000, ash::vk::BufferUsageFlags::UNIFORM_BUFFER);
    let needs = manager.buffer_requirements(&odd).unwrap().size;
    assert!(needs > 1000, "the profile rounds up");
    let error = manager.allocate_buffer(&odd).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    assert_eq!(manager.stats().used, 0);
    assert_eq!(sim.counts().of(Call::AllocateMemory), 0, "no memory before admission");
    drop((manager, context));
    sim.verdict().unwrap();
}

/// Behaviour 14: without the driver's word, 80 % of the heap is the budget.
#[test]
fn a_share_of_the_heap_stands_in_for_the_driver() {
    let mut profile = Profile::desktop_rebar();
    profile.extensions.retain(|name| name != "VK_EXT_memory_budget");
    let (context, _sim) = simulated(profile);
    let allocator = Arc::new(DirectAllocator::new(&context));
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let heap = manager.heap_budget(0);
    assert_eq!(heap.driver_budget, heap.size / 100 * 80);
    let held = make(&manager, MIB);
    assert_eq!(manager.heap_budget(0).driver_usage, manager.heap_budget(0).block_bytes);
    free(&manager, held);
}

/// Behaviour 14: that share is a guess, which a heap's own limit overrules in both directions.
#[test]
fn a_limit_of_the_user_overrules_the_share() {
    let mut profile = Profile::desktop_rebar();
    profile.extensions.retain(|name| name != "VK_EXT_memory_budget");
    profile.heaps[0].size = 64 * MIB;
    profile.heaps[0].budget = None;
    let (manager, sim) = manager_on(profile, strict(64 * MIB));
    let error = manager.allocate_buffer(&buffer(60 * MIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    manager.set_heap_limit(0, Some(64 * MIB)).unwrap();
    let held = make(&manager, 60 * MIB);
    manager.allocate_buffer(&buffer(5 * MIB)).unwrap_err();
    free(&manager, held);
    manager.set_heap_limit(0, Some(MIB)).unwrap();
    manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviour 14: strict budgets bind host memory by its heap's limit alone.
#[test]
fn host_memory_is_not_device_memory() {
    let (manager, _sim) = manager(strict(MIB));
    let request = buffer(8 * MIB).location(MemoryLocation::HostCached);
    let host = manager.allocate_buffer(&request).unwrap();
    assert_eq!(manager.stats().used, 0);
    free(&manager, host);
}

/// Behaviours 14 and 26: without strictness the driver's word is no bound on blocks either.
#[test]
fn a_lenient_manager_is_not_bound_by_the_driver() {
    let (manager, sim) = manager(BudgetConfig::default());
    (0..2).for_each(|heap| sim.set_budget(heap, Some(MIB)));
    manager.begin_frame();
    let held = make(&manager, 4 * MIB);
    assert!(manager.is_over_budget());
    manager.set_strict(true);
    manager.set_device_budget(u64::MAX);
    manager.set_heap_limit(0, Some(u64::MAX)).unwrap();
    let error = manager.allocate_buffer(&buffer(MIB)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory, "strict, blocks are bound: {error}");
    free(&manager, held);
}
