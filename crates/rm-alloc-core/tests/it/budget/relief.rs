//! When memory runs out: who is asked, in which order, and what an error then says.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{
    BudgetConfig, BufferAllocation, DeviceBudgetManager, ErrorKind, MemoryRelief, Reason,
    ReliefStage, Shortage,
};
use rm_vksim::Call;

use super::{MIB, buffer, free, make};
use crate::support::{manager, strict};

type Story = Arc<Mutex<Vec<ReliefStage>>>;

/// Holds buffers, and frees them when asked.
struct Spares {
    stage: ReliefStage,
    manager: DeviceBudgetManager,
    held: Mutex<Vec<BufferAllocation>>,
    story: Story,
}

impl MemoryRelief for Spares {
    fn stage(&self) -> ReliefStage {
        self.stage
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        assert!(shortage.bytes > 0);
        self.story.lock().unwrap().push(self.stage);
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        let bytes = held.iter().map(BufferAllocation::size).sum();
        held.into_iter().for_each(|buffer| free(&self.manager, buffer));
        bytes
    }
}

fn attach(
    manager: &DeviceBudgetManager,
    stage: ReliefStage,
    held: Vec<BufferAllocation>,
    story: &Story,
) -> Arc<dyn MemoryRelief> {
    let (manager_of_its_own, held) = (manager.clone(), Mutex::new(held));
    let spares = Spares { stage, manager: manager_of_its_own, held, story: story.clone() };
    let relief: Arc<dyn MemoryRelief> = Arc::new(spares);
    manager.attach_relief(&relief);
    relief
}

/// Reliefs are asked stage by stage, until the shortage is met.
#[test]
fn reliefs_are_asked_in_order() {
    let (manager, sim) = manager(strict(4 * MIB));
    let story = Story::default();
    let evictable = vec![make(&manager, 2 * MIB)];
    let spares = vec![make(&manager, MIB)];
    let reliefs = [
        attach(&manager, ReliefStage::Evict, evictable, &story),
        attach(&manager, ReliefStage::Collect, vec![], &story),
        attach(&manager, ReliefStage::Spares, spares, &story),
    ];
    let first = make(&manager, 2 * MIB);
    let stages = [ReliefStage::Collect, ReliefStage::Spares];
    assert_eq!(*story.lock().unwrap(), stages, "eviction was not needed");
    story.lock().unwrap().clear();
    let second = make(&manager, 2 * MIB);
    let stages = [ReliefStage::Collect, ReliefStage::Spares, ReliefStage::Evict];
    assert_eq!(*story.lock().unwrap(), stages);
    story.lock().unwrap().clear();
    let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    drop(reliefs);
    free(&manager, first);
    free(&manager, second);
    drop(manager);
    sim.verdict().unwrap();
}

/// Once the shortage is met, the next of the same stage is left alone.
#[test]
fn a_met_shortage_asks_nobody_else() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let stories = [Story::default(), Story::default()];
    let held = [vec![make(&manager, 2 * MIB)], vec![make(&manager, 2 * MIB)]];
    let reliefs: Vec<_> = held
        .into_iter()
        .zip(&stories)
        .map(|(held, story)| attach(&manager, ReliefStage::Spares, held, story))
        .collect();
    let exact = make(&manager, 2 * MIB);
    let asked = stories.each_ref().map(|story| story.lock().unwrap().len());
    assert_eq!(asked, [1, 0], "the first gave exactly what was missing");
    drop(reliefs);
    free(&manager, exact);
}

/// A relief that is gone is not asked, and one that owns the manager does not keep it.
#[test]
fn reliefs_are_held_weakly() {
    let (manager, sim) = manager(strict(MIB));
    let story = Story::default();
    drop(attach(&manager, ReliefStage::Collect, vec![], &story));
    manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    assert!(story.lock().unwrap().is_empty());
    drop(manager);
    sim.verdict().unwrap();
}

/// The driver's refusal climbs the same ladder.
#[test]
fn a_refusal_of_the_driver_is_relieved_too() {
    let (manager, sim) = manager(BudgetConfig::default());
    let story = Story::default();
    let spare = vec![make(&manager, MIB)];
    let relief = attach(&manager, ReliefStage::Spares, spare, &story);
    sim.fail(Call::AllocateMemory, 1, ash::vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
    let held = make(&manager, MIB);
    assert_eq!(*story.lock().unwrap(), [ReliefStage::Spares]);
    assert_eq!(manager.stats().used, MIB);
    drop(relief);
    free(&manager, held);
}

/// An error that remains says of every memory type why, and what waits for the device.
#[test]
fn what_remains_is_explained() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let held = make(&manager, 3 * MIB);
    manager.mark_retiring(&held);
    let error = manager.allocate_buffer(&buffer(2 * MIB).label("shadow map")).unwrap_err();
    let ErrorKind::OverBudget { requested, available, retiring } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!((requested, available, retiring), (2 * MIB, MIB, 3 * MIB));
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.label.as_deref(), refusal.retiring), (Some("shadow map"), 3 * MIB));
    assert!(refusal.types.iter().any(|t| matches!(t.reason, Reason::Budget(_))), "{refusal:?}");
    free(&manager, held);
}

/// Panics when asked.
struct Broken;

impl MemoryRelief for Broken {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Collect
    }

    fn relieve(&self, _: Shortage) -> u64 {
        panic!("a relief of the test panics, as it should");
    }
}

/// A panicking relief gives nothing, and hurts nobody.
#[test]
fn a_panicking_relief_is_contained() {
    let (manager, _sim) = manager(strict(MIB));
    let broken: Arc<dyn MemoryRelief> = Arc::new(Broken);
    manager.attach_relief(&broken);
    let error = manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    let held = make(&manager, MIB);
    free(&manager, held);
}
