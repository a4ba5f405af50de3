//! Behaviours 25 and 26: policies judge, count their own, and cannot break anything.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use rm_alloc_core::{
    Admission, BudgetConfig, BudgetLimit, BudgetPolicy, DeviceBudgetManager, ErrorKind,
    FreedParcel, Parcel,
};
use rm_vksim::Call;

use super::{MIB, buffer, free, make};
use crate::support::manager;

/// Behaviour 26: with no policy and no limit only counters run.
#[test]
fn the_default_passes_everything_through() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let held = make(&manager, MIB);
    assert_eq!(manager.stats().used, MIB);
    free(&manager, held);
}

/// Behaviour 25: a limit is enforced on what its policy admitted, and tracking alone never refuses.
#[test]
fn shipped_policies_limit_and_track() {
    let (manager, sim) = manager(BudgetConfig::default());
    let before = make(&manager, 8 * MIB);
    let limit = Arc::new(BudgetLimit::bytes(2 * MIB));
    manager.set_policy(Some(limit.clone()));
    let held = make(&manager, 2 * MIB);
    assert_eq!(limit.allocated_bytes(), 2 * MIB, "what was there before is not its own");
    sim.reset_counts();
    let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
    assert_eq!(sim.counts().of(Call::AllocateMemory), 0);

    let tracking = Arc::new(BudgetLimit::tracking());
    manager.set_policy(Some(tracking.clone()));
    let tracked = make(&manager, 4 * MIB);
    assert_eq!((limit.allocated_bytes(), tracking.allocated_bytes()), (2 * MIB, 4 * MIB));
    manager.set_policy(None);
    free(&manager, held);
    free(&manager, before);
    free(&manager, tracked);
    assert_eq!(
        (limit.allocated_bytes(), tracking.allocated_bytes()),
        (0, 0),
        "each hears of its own"
    );
    assert_eq!(manager.stats().used, 0);
}

/// Says no on demand, and writes down what it hears.
#[derive(Debug, Default)]
struct Judge {
    refusing: AtomicU64,
    heard: Mutex<Vec<String>>,
}

impl BudgetPolicy for Judge {
    fn before_alloc(&self, admission: &Admission<'_>) -> Result<(), &'static str> {
        let Admission { requested, label, .. } = admission;
        self.heard.lock().unwrap().push(format!("before {requested} {}", label.unwrap_or("-")));
        if self.refusing.load(Ordering::Relaxed) > 0 { Err("the level is loading") } else { Ok(()) }
    }

    fn after_alloc(&self, parcel: &Parcel<'_>) {
        self.heard.lock().unwrap().push(format!("after {} {:?}", parcel.bytes, parcel.kind));
    }

    fn on_freed(&self, parcel: FreedParcel) {
        self.heard.lock().unwrap().push(format!("freed {} {:?}", parcel.reserved, parcel.kind));
    }
}

/// Behaviour 25: a refusal gives its reason and changes nothing; every admitted parcel is heard of twice.
#[test]
fn a_policy_judges_with_a_reason() {
    let (manager, sim) = manager(BudgetConfig::default());
    let judge = Arc::new(Judge::default());
    manager.set_policy(Some(judge.clone()));
    let held = manager.allocate_buffer(&buffer(1024).label("kept")).unwrap();
    judge.refusing.store(1, Ordering::Relaxed);
    let before = manager.stats();
    let allocated = sim.counts().of(Call::AllocateMemory);
    let error = manager.allocate_buffer(&buffer(2048)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused("the level is loading"), "{error}");
    assert_eq!(manager.stats(), before);
    assert_eq!(sim.counts().of(Call::AllocateMemory), allocated);
    manager.set_policy(None);
    free(&manager, held);
    let heard = judge.heard.lock().unwrap();
    assert_eq!(
        *heard,
        ["before 1024 kept", "after 1024 Buffer", "before 2048 -", "freed 1024 Buffer"]
    );
}

/// Panics at every occasion.
#[derive(Debug)]
struct Panicking(&'static str);

impl BudgetPolicy for Panicking {
    fn limit(&self) -> Option<u64> {
        assert_ne!(self.0, "limit", "a policy of the test panics, as it should");
        None
    }

    fn before_alloc(&self, _: &Admission<'_>) -> Result<(), &'static str> {
        assert_ne!(self.0, "before", "a policy of the test panics, as it should");
        Ok(())
    }

    fn after_alloc(&self, _: &Parcel<'_>) {
        assert_ne!(self.0, "after", "a policy of the test panics, as it should");
    }

    fn on_freed(&self, _: FreedParcel) {
        assert_ne!(self.0, "freed", "a policy of the test panics, as it should");
    }
}

/// Behaviour 25: a panicking policy refuses at worst, and never leaks, deadlocks or skews a figure.
#[test]
fn a_panicking_policy_is_contained() {
    let (manager, sim) = manager(BudgetConfig::default());
    for (occasion, refuses) in
        [("limit", true), ("before", true), ("after", false), ("freed", false)]
    {
        manager.set_policy(Some(Arc::new(Panicking(occasion))));
        match manager.allocate_buffer(&buffer(1000)) {
            Ok(held) => {
                assert!(!refuses, "{occasion}");
                free(&manager, held);
            }
            Err(error) => {
                assert!(refuses, "{occasion}: {error}");
                assert_eq!(error.kind(), ErrorKind::Refused("the policy panicked"));
            }
        }
        assert_eq!(manager.stats().used, 0, "{occasion}");
    }
    drop(manager);
    sim.verdict().unwrap();
}

/// Owns the manager and calls back from every occasion.
#[derive(Debug, Default)]
struct Reentrant {
    manager: OnceLock<DeviceBudgetManager>,
    depth: AtomicU64,
}

impl Reentrant {
    fn call_back(&self) {
        if self.depth.fetch_add(1, Ordering::Relaxed) < 2
            && let Some(manager) = self.manager.get()
        {
            let inner = manager.allocate_buffer(&buffer(64)).unwrap();
            let _figures = (manager.stats(), manager.is_over_budget());
            free(manager, inner);
        }
        self.depth.fetch_sub(1, Ordering::Relaxed);
    }
}

impl BudgetPolicy for Reentrant {
    fn before_alloc(&self, _: &Admission<'_>) -> Result<(), &'static str> {
        self.call_back();
        Ok(())
    }

    fn after_alloc(&self, _: &Parcel<'_>) {
        self.call_back();
    }

    fn on_freed(&self, _: FreedParcel) {
        self.call_back();
    }
}

/// Behaviour 25: a policy that owns the manager and re-enters it neither deadlocks nor leaks once it is removed.
#[test]
fn a_policy_may_own_and_reenter_the_manager() {
    let (manager, sim) = manager(BudgetConfig::default());
    let policy = Arc::new(Reentrant::default());
    policy.manager.set(manager.clone()).unwrap();
    manager.set_policy(Some(policy.clone()));
    let held = make(&manager, MIB);
    assert_eq!(manager.stats().used, MIB);
    free(&manager, held);
    manager.set_policy(None);
    let weak = Arc::downgrade(&policy);
    drop((policy, manager));
    assert_eq!(weak.strong_count(), 0, "nothing keeps it");
    sim.verdict().unwrap();
}
