//! The ladder: who is asked for memory, for what, and how often.

use std::sync::{Arc, Mutex};

use ash::vk;
use rm_alloc_core::{
    BudgetConfig, BudgetLimit, DeviceBudgetManager, ErrorKind, MemoryBlockRequest, MemoryLocation,
    MemoryRelief, ReliefStage, Shortage,
};
use rm_vksim::{Call, Profile, SimDevice};

use super::{MIB, buffer, free, make};
use crate::support::{Layer, Moment, manager, manager_on, simulated, strict};

type Story = Arc<Mutex<Vec<String>>>;

fn told(story: &Story) -> Vec<String> {
    std::mem::take(&mut *story.lock().unwrap())
}

/// Writes down what it is asked, and claims to have given `answer` bytes back.
struct Asked {
    stage: ReliefStage,
    answer: u64,
    story: Story,
}

impl MemoryRelief for Asked {
    fn stage(&self) -> ReliefStage {
        self.stage
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        self.story.lock().unwrap().push(format!("{:?} of heap {}", self.stage, shortage.heap));
        self.answer
    }
}

fn attach(
    manager: &DeviceBudgetManager,
    stage: ReliefStage,
    answer: u64,
    story: &Story,
) -> Arc<dyn MemoryRelief> {
    let relief: Arc<dyn MemoryRelief> = Arc::new(Asked { stage, answer, story: story.clone() });
    manager.attach_relief(&relief);
    relief
}

/// A relief is not asked for what no amount of memory would let through.
#[test]
fn nobody_is_asked_for_what_can_never_fit() {
    const BUDGET: u64 = 4 * MIB;
    let heap = Profile::desktop_rebar().heaps[0].size;
    let limit = BudgetLimit::bytes(BUDGET);
    let (lenient, unbounded) = (BudgetConfig::default(), strict(u64::MAX));
    for (why, config, policy, bytes) in [
        ("beyond the budget", strict(BUDGET), None, BUDGET + 1),
        ("beyond the policy's limit", lenient.clone(), Some(Arc::new(limit)), BUDGET + 1),
        ("beyond the heap, lenient", lenient.clone(), None, heap + 1),
        ("beyond the heap, strict", unbounded, None, heap + 1),
        ("beyond every number", lenient, None, u64::MAX),
    ] {
        let (manager, sim) = manager(config);
        manager.set_heap_limit(0, Some(u64::MAX)).unwrap();
        if let Some(policy) = policy {
            manager.set_policy(Some(policy));
        }
        let story = Story::default();
        let relief = attach(&manager, ReliefStage::Collect, 1 << 40, &story);
        manager.allocate_memory(&MemoryBlockRequest::new(bytes, u32::MAX)).unwrap_err();
        manager.allocate_buffer(&buffer(bytes)).unwrap_err();
        assert_eq!(told(&story), [""; 0], "{why}");
        drop((relief, manager));
        sim.verdict().unwrap();
    }
}

/// A surplus that alone is beyond the limit is nobody's matter either.
#[test]
fn nobody_is_asked_for_a_surplus_that_can_never_fit() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let manager = DeviceBudgetManager::new(Layer::generous(&context, MIB), strict(4096)).unwrap();
    let story = Story::default();
    let relief = attach(&manager, ReliefStage::Evict, 1 << 40, &story);
    let error = manager.allocate_buffer(&buffer(1024)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { requested: MIB, .. }), "{error}");
    assert_eq!((told(&story), manager.stats().used), (vec![], 0));
    drop((relief, manager, context));
    sim.verdict().unwrap();
}

/// Whoever has nothing to give is asked once a heap; whoever only promises is asked a bounded number of times.
#[test]
fn no_relief_is_asked_for_ever() {
    for answer in [0, 1, u64::MAX] {
        let (manager, sim) = manager_on(Profile::desktop_bar256(), BudgetConfig::default());
        let story = Story::default();
        let relief = attach(&manager, ReliefStage::Collect, answer, &story);
        (0..3).for_each(|heap| sim.limit_heap(heap, Some(0)));
        let request = buffer(MIB).location(MemoryLocation::HostVisible);
        manager.allocate_buffer(&request).unwrap_err();
        // Types 2, then 1 and 3, which share a heap.
        let once = ["Collect of heap 2", "Collect of heap 1"];
        assert_eq!(told(&story), once, "the driver is short, {answer} promised");
        sim.clear_faults();

        manager.set_strict(true);
        for heap in 0..3 {
            manager.set_heap_limit(heap, Some(MIB)).unwrap();
        }
        let full: Vec<_> = (1..=2).map(|heap| fill(&manager, heap)).collect();
        let before = manager.stats();
        manager.allocate_buffer(&request).unwrap_err();
        let mut asked = told(&story);
        assert!(asked.len() <= 40, "asked {} times", asked.len());
        asked.sort();
        asked.dedup();
        assert_eq!(asked, ["Collect of heap 1", "Collect of heap 2"], "the budget is short");
        assert_eq!(manager.stats(), before);
        manager.allocate_buffer(&request).unwrap_err();
        let asked = told(&story).len();
        assert!(answer > 0 || asked == 2, "once each, not {asked} times");
        drop((full, relief, manager));
        sim.verdict().unwrap();
    }
}

/// A block that leaves no byte of a limit of 1 MiB on `heap`.
fn fill(manager: &DeviceBudgetManager, heap: u32) -> rm_alloc_core::MemoryBlock {
    let types = manager.context().memory_properties().memory_types_as_slice();
    let bits = (0..types.len()).filter(|t| types[*t].heap_index == heap);
    let bits = bits.fold(0, |bits, index| bits | 1 << index);
    let request = MemoryBlockRequest::new(MIB, bits).location(MemoryLocation::Auto);
    manager.allocate_memory(&request).unwrap()
}

/// A manager whose backend tells of trims, and reliefs that are asked around them.
fn trimming(
    config: BudgetConfig,
    trimmed: u64,
) -> (DeviceBudgetManager, Arc<SimDevice>, Story, [Arc<dyn MemoryRelief>; 3]) {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let story = Story::default();
    let notes = story.clone();
    let layer = Layer::new(&context, 1, move |moment| {
        let Moment::Trim(heap) = moment else { return 0 };
        notes.lock().unwrap().push(format!("trim of heap {heap}"));
        trimmed
    });
    let manager = DeviceBudgetManager::new(layer, config).unwrap();
    let stages = [ReliefStage::Evict, ReliefStage::Spares, ReliefStage::Collect];
    let reliefs = stages.map(|stage| attach(&manager, stage, 0, &story));
    (manager, sim, story, reliefs)
}

/// Empty blocks go back after spares and after eviction, where the driver is short and only there.
#[test]
fn blocks_are_trimmed_for_the_driver_alone() {
    let [collect, spares] = ["Collect of heap 0", "Spares of heap 0"];
    let [trim, evict] = ["trim of heap 0", "Evict of heap 0"];
    let (manager, sim, story, _reliefs) = trimming(strict(4 * MIB), 0);
    let held = make(&manager, 4 * MIB);
    manager.allocate_buffer(&buffer(MIB)).unwrap_err();
    assert_eq!(told(&story), [collect, spares, evict], "a budget is not met by empty blocks");
    free(&manager, held);
    sim.limit_heap(0, Some(0));
    manager.allocate_buffer(&buffer(MIB)).unwrap_err();
    assert_eq!(told(&story), [collect, spares, trim, evict, trim], "the driver is short");
}

/// Between two steps the driver is asked again, and what it gives ends the climb.
#[test]
fn each_step_is_followed_by_an_attempt() {
    let [collect, spares] = ["Collect of heap 0", "Spares of heap 0"];
    let [trim, evict] = ["trim of heap 0", "Evict of heap 0"];
    for (refusals, trimmed, expected) in [
        (1, 0, &[collect][..]),
        (2, 0, &[collect, spares]),
        (3, MIB, &[collect, spares, trim]),
        (3, 0, &[collect, spares, trim, evict]),
        (4, MIB, &[collect, spares, trim, evict]),
        (5, MIB, &[collect, spares, trim, evict, trim]),
    ] {
        let (manager, sim, story, _reliefs) = trimming(BudgetConfig::default(), trimmed);
        for nth in 1..=refusals {
            sim.fail(Call::AllocateMemory, nth, vk::Result::ERROR_TOO_MANY_OBJECTS);
        }
        let held = make(&manager, MIB);
        assert_eq!(told(&story), expected, "{refusals} refusals, {trimmed} trimmed");
        assert_eq!((sim.pending_faults(), manager.stats().used), (0, MIB));
        free(&manager, held);
    }
}
