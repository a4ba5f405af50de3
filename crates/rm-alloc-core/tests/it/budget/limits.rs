//! Limits refuse, or only judge, and may change at any time.

use std::sync::Arc;

use rm_alloc_core::{BudgetConfig, BufferRequest, DeviceBudgetManager, ErrorKind, MemoryLocation};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Call, Profile};

use super::{MIB, buffer, free, make};
use crate::support::{manager, simulated, strict};

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
            let block = rm_alloc_core::MemoryBlockRequest::new(size, u32::MAX);
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
    let (manager, _sim) = manager(strict(1 << 40));
    let held = make(&manager, 2 * MIB);
    let heap = manager.stats().heaps.iter().position(|heap| heap.used() > 0).unwrap();
    let heap = u32::try_from(heap).unwrap();
    manager.set_heap_limit(heap, Some(MIB)).unwrap();
    assert!(manager.is_over_budget());
    let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
    manager.set_heap_limit(heap, None).unwrap();
    assert!(!manager.is_over_budget());
    manager.set_heap_limit(99, Some(1)).unwrap_err();
    let config = BudgetConfig { heap_limits: vec![(99, 1)], ..BudgetConfig::default() };
    let allocator = manager.allocator().clone();
    let error = DeviceBudgetManager::new(allocator, config).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
    free(&manager, held);
}

/// A surplus that the backend granted is admitted, or everything is undone.
#[test]
fn a_surplus_is_admitted_or_undone() {
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

/// Without the driver's word, 80 % of the heap is the budget.
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

/// Strict budgets bind host memory by its heap's limit alone.
#[test]
fn host_memory_is_not_device_memory() {
    let (manager, _sim) = manager(strict(MIB));
    let request = buffer(8 * MIB).location(MemoryLocation::HostCached);
    let host = manager.allocate_buffer(&request).unwrap();
    assert_eq!(manager.stats().used, 0);
    free(&manager, host);
}
