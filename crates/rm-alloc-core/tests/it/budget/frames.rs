//! Frames: what came, what went, and how often the driver was asked.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{
    AliasedBufferRequest, BudgetConfig, BufferRequest, EventMask, MemoryEvent, MemoryObserver,
};
use rm_vksim::Call;

use super::{MIB, buffer, free, make};
use crate::support::manager;

/// Behaviour 24: bytes and counts allocated and freed inside the frame, so that churn is visible; net and utilisation.
#[test]
fn churn_is_visible() {
    let config = BudgetConfig { device_memory_budget: 10 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let old = make(&manager, 4 * MIB);
    let before = manager.end_frame();
    assert_eq!((before.frame, before.allocations), (0, 1));
    manager.begin_frame();
    for _ in 0..3 {
        let short = make(&manager, MIB);
        free(&manager, short);
    }
    let stays = make(&manager, MIB);
    free(&manager, old);
    let delta = manager.end_frame();
    assert_eq!((delta.frame, delta.allocations, delta.frees), (1, 4, 4));
    assert_eq!((delta.allocated_bytes, delta.freed_bytes), (4 * MIB, 7 * MIB));
    assert_eq!(delta.net_bytes(), -(3 << 20));
    assert!((delta.utilisation - 0.1).abs() < 1e-9, "{delta:?}");
    free(&manager, stays);
}

/// Behaviour 24: what retires counts where it is freed at last, and not before; aliases count nowhere.
#[test]
fn deferred_frees_are_inside_their_frame() {
    let (manager, sim) = manager(BudgetConfig::default());
    let source = manager.allocate_buffer(&buffer(MIB).aliasable()).unwrap();
    manager.end_frame();
    let memory = source.memory().cloned().unwrap();
    sim.allow_alias(memory.raw(), 0..memory.size());
    let alias = BufferRequest::new(64, ash::vk::BufferUsageFlags::TRANSFER_DST);
    let alias = AliasedBufferRequest { memory: &memory, offset: 0, buffer: alias };
    let alias = manager.create_aliased_buffer(&alias).unwrap();
    drop(memory);
    free(&manager, alias);
    manager.mark_retiring(&source);
    let retired = manager.end_frame();
    assert_eq!((retired.allocations, retired.frees, retired.freed_bytes), (0, 0, 0));
    free(&manager, source);
    let freed = manager.end_frame();
    assert_eq!((freed.allocations, freed.frees, freed.freed_bytes), (0, 1, MIB));
}

#[derive(Default)]
struct Thresholds(Mutex<Vec<u64>>);

impl MemoryObserver for Thresholds {
    fn mask(&self) -> EventMask {
        EventMask::FRAME
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let MemoryEvent::FrameThreshold(delta) = event else { panic!("{event:?}") };
        self.0.lock().unwrap().push(delta.frame);
    }
}

/// Behaviour 24: the threshold is told of strictly above it.
#[test]
fn the_threshold_is_strict() {
    let config = BudgetConfig { frame_threshold: Some(MIB), ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let heard = Arc::new(Thresholds::default());
    let observer: Arc<dyn MemoryObserver> = heard.clone();
    manager.observe(&observer);
    for bytes in [MIB, MIB + 256, 256] {
        manager.begin_frame();
        let buffer = make(&manager, bytes);
        free(&manager, buffer);
        manager.end_frame();
    }
    assert_eq!(*heard.0.lock().unwrap(), [1]);
}

/// Behaviour 21: the driver is asked for its budget once a frame, whatever the number of allocations.
#[test]
fn the_driver_is_asked_once_a_frame() {
    let (manager, sim) = manager(BudgetConfig::default());
    sim.reset_counts();
    for _ in 0..5 {
        manager.begin_frame();
        for _ in 0..20 {
            let buffer = make(&manager, 1000);
            free(&manager, buffer);
        }
        let _stats = (manager.stats(), manager.heap_budget(0), manager.is_near_budget_limit());
        manager.end_frame();
    }
    assert_eq!(sim.counts().of(Call::GetPhysicalDeviceMemoryProperties2), 5);
}
