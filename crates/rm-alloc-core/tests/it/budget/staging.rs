//! Behaviour 23: the staging quota.

use std::{sync::Arc, thread};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{BudgetConfig, BufferRequest, Category, MemoryLocation};
use rm_alloc_direct::DirectAllocator;

use super::{MIB, free};
use crate::support::manager;

fn quota(bytes: u64) -> BudgetConfig {
    BudgetConfig { staging_quota: bytes, ..BudgetConfig::default() }
}

/// Behaviour 23: what fits is counted, what does not changes nothing, and dropping gives back.
#[test]
fn reservations_fit_or_change_nothing() {
    let (manager, _sim) = manager(quota(10));
    let first = manager.try_reserve_staging(6).unwrap();
    assert!(manager.try_reserve_staging(5).is_none());
    assert!(manager.try_reserve_staging(u64::MAX).is_none());
    assert_eq!(manager.stats().staging_used, 6);
    let second = manager.try_reserve_staging(4).unwrap();
    assert_eq!((second.bytes(), manager.stats().staging_used), (4, 10), "exactly full");
    drop(first);
    assert_eq!((manager.stats().staging_used, manager.stats().staging_max), (4, 10));
    manager.set_staging_quota(1);
    assert_eq!((manager.staging_figures().used, manager.staging_figures().limit), (4, 1));
    assert!(manager.try_reserve_staging(1).is_none(), "below what is taken nothing new fits");
    drop(second);
    assert_eq!(manager.stats().staging_used, 0);
}

/// Behaviour 23: the seed's pair releases only what it took.
#[test]
fn the_paired_calls_release_only_what_they_took() {
    let (manager, _sim) = manager(quota(10));
    let held = manager.try_reserve_staging(5).unwrap();
    assert!(manager.try_reserve_staging_quota(4));
    assert!(!manager.try_reserve_staging_quota(2));
    manager.release_staging_quota(5).unwrap_err();
    assert_eq!(manager.stats().staging_used, 9, "nothing was released");
    manager.release_staging_quota(4).unwrap();
    manager.release_staging_quota(1).unwrap_err();
    drop(held);
    assert_eq!(manager.stats().staging_used, 0);
}

/// Behaviour 23: threads together never exceed the quota, and it is whole at the end.
#[test]
fn threads_never_exceed_the_quota() {
    let (manager, _sim) = manager(quota(MIB));
    thread::scope(|scope| {
        for seed in 1..=4 {
            let manager = manager.clone();
            scope.spawn(move || {
                for step in 0..2000 {
                    let held = manager.try_reserve_staging((step * seed * 977) % (MIB / 2));
                    assert!(manager.stats().staging_used <= MIB);
                    drop(held);
                }
            });
        }
    });
    assert_eq!(manager.stats().staging_used, 0);
    assert!(manager.try_reserve_staging(MIB).is_some());
}

/// Behaviour 23: a staging buffer that is pooled counts once while it exists, through whichever handle, and only there.
#[test]
fn a_pooled_buffer_counts_once() {
    let (manager, _sim) = manager(quota(4 * MIB));
    let allocator = Arc::new(DirectAllocator::new(manager.context()));
    let other = manager.with_allocator(allocator).unwrap();
    let request = BufferRequest::new(MIB, BufferUsageFlags::TRANSFER_SRC)
        .location(MemoryLocation::HostVisible)
        .category(Category::Staging);
    let pooled = (manager.try_reserve_staging(MIB).unwrap(), manager.allocate_buffer(&request));
    for _upload in 0..3 {
        for handle in [&manager, &other] {
            assert_eq!(handle.stats().staging_used, MIB);
            assert_eq!(handle.category_figures(Category::Staging).used(), MIB);
        }
    }
    let (reservation, buffer) = pooled;
    drop((manager, reservation));
    assert_eq!((other.stats().staging_used, other.stats().staging_max), (0, 4 * MIB));
    free(&other, buffer.unwrap());
    assert_eq!(other.category_figures(Category::Staging).used(), 0);
}
