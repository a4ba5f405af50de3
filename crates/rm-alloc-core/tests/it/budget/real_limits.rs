//! Budgets on the present driver: what is refused, and when something is told.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{
    BudgetConfig, DeviceBudgetManager, ErrorKind, ImageRequest, MemoryBlockRequest, Tag,
};
use rm_headless::{
    calls::{self, Call},
    testing::with_device,
};

use super::{
    buffer,
    real::{cost, free, over},
};
use crate::support::strict;

/// Behaviour 17: a strict budget refuses without a driver call, and may be filled exactly.
#[test]
fn a_strict_budget_holds() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let one = cost(&over(&context, BudgetConfig::default()), 64 << 10);
        let manager = over(&context, strict(3 * one));
        let mut held: Vec<_> =
            (0..2).map(|_| manager.allocate_buffer(&buffer(64 << 10)).unwrap()).collect();
        let before = manager.stats();
        let (error, counts) =
            calls::counting(|| manager.allocate_buffer(&buffer(one + 1)).unwrap_err());
        let ErrorKind::OverBudget { requested, available, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!((requested, available, counts.total()), (one + 1, one, 0), "{error}");
        let large = ImageRequest::new_2d(Format::R8_UNORM, 2048, 2048, ImageUsageFlags::SAMPLED);
        let (error, counts) = calls::counting(|| manager.allocate_image(&large).unwrap_err());
        assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
        assert_eq!(counts.of(Call::AllocateMemory), 0, "no memory before admission");
        assert_eq!(manager.stats(), before, "nothing has changed");
        held.push(manager.allocate_buffer(&buffer(64 << 10)).unwrap());
        assert_eq!((manager.stats().available, manager.is_over_budget()), (0, false));
        manager.set_strict(false);
        held.push(manager.allocate_buffer(&buffer(1)).unwrap());
        assert!(manager.is_over_budget(), "limits that only judge");
        held.into_iter().for_each(|buffer| free(&manager, buffer));
    });
}

/// Behaviours 20 and 24: near, full and over where they say; a frame counts what came and went.
#[test]
fn lines_and_frames() {
    with_device(|_, context| {
        let one = cost(&over(context, BudgetConfig::default()), 64 << 10);
        let budget = BudgetConfig { device_memory_budget: 4 * one, ..BudgetConfig::default() };
        let manager = over(context, budget);
        let take = || manager.allocate_buffer(&buffer(64 << 10)).unwrap();
        let mut held = Vec::new();
        for states in [(false, false), (false, false), (true, false), (true, false), (true, true)] {
            held.push(take());
            let now = (manager.is_near_budget_limit(), manager.is_over_budget());
            assert_eq!(now, states, "{} of 4", held.len());
        }
        manager.end_frame();
        manager.begin_frame();
        free(&manager, take());
        held.drain(..4).for_each(|buffer| free(&manager, buffer));
        let delta = manager.end_frame();
        assert_eq!((delta.frame, delta.allocations, delta.frees), (1, 1, 5));
        assert_eq!((delta.allocated_bytes, delta.freed_bytes), (one, 5 * one));
        assert!((delta.utilisation - 0.25).abs() < 1e-9, "{delta:?}");
        held.into_iter().for_each(|buffer| free(&manager, buffer));
    });
}

/// Behaviour 31: a broken request is a typed error, the driver never hears of it, and nothing has changed.
#[test]
fn bad_requests_never_reach_the_driver() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let manager = over(&context, BudgetConfig::default());
        let before = manager.stats();
        let usage = ImageUsageFlags::SAMPLED;
        let image = |width| ImageRequest::new_2d(Format::R8_UNORM, width, 4, usage);
        let (errors, counts) = calls::counting(|| {
            [
                manager.allocate_buffer(&buffer(0)).unwrap_err(),
                manager.allocate_buffer(&buffer(64).min_alignment(3)).unwrap_err(),
                manager.allocate_buffer(&buffer(64).queue_families(&[0, 999])).unwrap_err(),
                manager.allocate_image(&image(0)).unwrap_err(),
                manager.allocate_image(&image(4).mip_levels(99)).unwrap_err(),
                manager.allocate_memory(&MemoryBlockRequest::new(u64::MAX, 1)).unwrap_err(),
                manager.allocate_memory(&MemoryBlockRequest::new(64, 1).alignment(3)).unwrap_err(),
            ]
        });
        for error in errors {
            assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
        }
        let huge = manager.allocate_buffer(&buffer(u64::MAX)).unwrap_err();
        assert_eq!(huge.kind(), ErrorKind::TooLarge);
        assert_eq!((counts.total(), manager.stats()), (0, before));
    });
}

/// Takes buffers until it is refused, then gives all of them back; again and again.
fn fill_and_empty(manager: &DeviceBudgetManager, number: u32, users: &[AtomicU64; 3]) {
    let [now, most, refused] = users;
    let mut held = Vec::new();
    for step in 0..300 {
        let request = buffer(u64::from(1 + (step * 7 + number) % 5) * 4096).tag(Tag(number));
        match manager.allocate_buffer(&request) {
            Ok(made) => {
                let sum = now.fetch_add(made.size(), Ordering::Relaxed) + made.size();
                most.fetch_max(sum, Ordering::Relaxed);
                held.push(made);
            }
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
                refused.fetch_add(1, Ordering::Relaxed);
                for made in held.drain(..) {
                    now.fetch_sub(made.size(), Ordering::Relaxed);
                    free(manager, made);
                }
            }
        }
        let figures = manager.device_figures();
        assert!(Some(figures.reserved + figures.pending) <= figures.limit, "{figures:?}");
    }
    for made in held {
        now.fetch_sub(made.size(), Ordering::Relaxed);
        free(manager, made);
    }
}

/// Behaviour 18: threads that want more than there is never get a byte too much from a real driver either.
#[test]
fn threads_share_a_strict_budget() {
    with_device(|_, context| {
        let budget = 24 * cost(&over(context, BudgetConfig::default()), 4096);
        let manager = over(context, strict(budget));
        let users = [const { AtomicU64::new(0) }; 3];
        thread::scope(|scope| {
            for number in 0..4 {
                let (manager, users) = (&manager, &users);
                scope.spawn(move || fill_and_empty(manager, number, users));
            }
        });
        let [now, most, refused] = users.map(AtomicU64::into_inner);
        assert!(most <= budget && manager.stats().peak <= budget);
        assert!(refused > 0, "the budget was never tight");
        let figures = manager.device_figures();
        assert_eq!((now, figures.reserved, figures.pending, figures.count), (0, 0, 0, 0));
        assert_eq!(context.blocks().count, 0);
    });
}
