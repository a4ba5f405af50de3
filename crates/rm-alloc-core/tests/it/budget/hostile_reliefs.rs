//! Reliefs that allocate through the manager, which the rules forbid.

use std::sync::{Arc, Mutex, OnceLock};

use rm_alloc_core::{
    BufferAllocation, DeviceBudgetManager, ErrorKind, MemoryRelief, ReliefStage, Shortage,
};

use super::{MIB, buffer, free, make};
use crate::support::{manager, strict};

/// Allocates what does not fit, then what does.
#[derive(Default)]
struct Greedy {
    manager: OnceLock<DeviceBudgetManager>,
    asked: Mutex<u32>,
}

impl MemoryRelief for Greedy {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Spares
    }

    fn relieve(&self, _: Shortage) -> u64 {
        *self.asked.lock().unwrap() += 1;
        let Some(manager) = self.manager.get() else { return 0 };
        let error = manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
        let small = make(manager, MIB);
        let _figures = (manager.stats(), manager.end_frame());
        free(manager, small);
        0
    }
}

/// Behaviour 18: a relief that allocates against the rules neither climbs again nor deadlocks, and owns nothing for ever.
#[test]
fn a_relief_that_allocates_ends() {
    let (manager, sim) = manager(strict(4 * MIB));
    let held = make(&manager, 3 * MIB);
    let greedy = Arc::new(Greedy::default());
    greedy.manager.set(manager.clone()).unwrap();
    let relief: Arc<dyn MemoryRelief> = greedy.clone();
    manager.attach_relief(&relief);
    manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    assert_eq!(*greedy.asked.lock().unwrap(), 1, "not asked from within");
    assert_eq!(manager.stats().used, 3 * MIB);
    free(&manager, held);
    let weak = Arc::downgrade(&greedy);
    drop((greedy, relief, manager));
    assert_eq!(weak.strong_count(), 0, "nothing keeps it");
    sim.verdict().unwrap();
}

/// Gives a little back, and takes it again when it is asked the next time.
#[derive(Default)]
struct Trembling {
    manager: OnceLock<DeviceBudgetManager>,
    held: Mutex<Option<BufferAllocation>>,
    asked: Mutex<u32>,
}

impl MemoryRelief for Trembling {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Evict
    }

    fn relieve(&self, _: Shortage) -> u64 {
        *self.asked.lock().unwrap() += 1;
        let Some(manager) = self.manager.get() else { return 0 };
        let mut held = self.held.lock().unwrap();
        match held.take() {
            Some(buffer) => free(manager, buffer),
            None => *held = Some(make(manager, 4096)),
        }
        4096
    }
}

/// A shortage that changes without end, as it does where other threads take what comes back, is given up all the same.
#[test]
fn a_shortage_that_trembles_ends() {
    let (manager, sim) = manager(strict(4 * MIB));
    let held = make(&manager, 3 * MIB);
    let trembling = Arc::new(Trembling::default());
    trembling.manager.set(manager.clone()).unwrap();
    let relief: Arc<dyn MemoryRelief> = trembling.clone();
    manager.attach_relief(&relief);
    let error = manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    let asked = *trembling.asked.lock().unwrap();
    assert!((2..=40).contains(&asked), "asked {asked} times");
    let last = trembling.held.lock().unwrap().take();
    last.into_iter().for_each(|buffer| free(&manager, buffer));
    free(&manager, held);
    let weak = Arc::downgrade(&trembling);
    drop((trembling, relief, manager));
    assert_eq!(weak.strong_count(), 0, "nothing keeps it");
    sim.verdict().unwrap();
}
