//! Behaviour 25: what a policy admitted stays on its account, whatever is installed meanwhile.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use rm_alloc_core::{
    Admission, BudgetConfig, BudgetLimit, BudgetPolicy, DeviceBudgetManager, ErrorKind,
    FreedParcel, Parcel,
};

use super::{MIB, buffer, free, make};
use crate::support::{manager, strict};

/// Behaviour 25: installed again while its resources live, a policy's limit still counts them.
#[test]
fn a_policy_installed_again_keeps_its_account() {
    let (manager, sim) = manager(BudgetConfig::default());
    let limit = Arc::new(BudgetLimit::bytes(2 * MIB));
    let other: Arc<dyn BudgetPolicy> = Arc::new(BudgetLimit::tracking());
    manager.set_policy(Some(limit.clone()));
    let held = make(&manager, 2 * MIB);
    for between in [None, Some(other), Some(limit.clone() as _)] {
        manager.set_policy(between);
        manager.set_policy(Some(limit.clone()));
        let error = manager.allocate_buffer(&buffer(1)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OverBudget { available: 0, .. }), "{error}");
        assert_eq!(limit.allocated_bytes(), 2 * MIB);
    }
    free(&manager, held);
    let fits = make(&manager, 2 * MIB);
    free(&manager, fits);
    manager.set_policy(None);
    let weak = Arc::downgrade(&limit);
    drop(limit);
    assert_eq!(weak.strong_count(), 0, "its account went with its last resource");
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviour 25: a policy is kept by what it admitted, and by nothing else.
#[test]
fn the_last_resource_of_a_policy_lets_it_go() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let limit = Arc::new(BudgetLimit::tracking());
    let weak = Arc::downgrade(&limit);
    manager.set_policy(Some(limit));
    let held = make(&manager, MIB);
    manager.set_policy(None);
    assert_eq!(weak.upgrade().unwrap().allocated_bytes(), MIB, "it has to hear of the free");
    free(&manager, held);
    assert_eq!(weak.strong_count(), 0);
}

/// Behaviour 25: two managers under one policy have an account each, and the policy hears of both.
#[test]
fn one_policy_limits_each_manager_alone() {
    let ((one, _a), (two, _b)) = (manager(BudgetConfig::default()), manager(strict(1 << 30)));
    let limit = Arc::new(BudgetLimit::bytes(2 * MIB));
    one.set_policy(Some(limit.clone()));
    two.set_policy(Some(limit.clone()));
    let (first, second) = (make(&one, 2 * MIB), make(&two, 2 * MIB));
    assert_eq!(limit.allocated_bytes(), 4 * MIB);
    two.allocate_buffer(&buffer(1)).unwrap_err();
    free(&two, first);
    free(&one, second);
    assert_eq!(limit.allocated_bytes(), 0);
}

/// Behaviours 25 and 47: a policy's refusal says how much of its own waits for the device.
#[test]
fn a_policys_refusal_shows_what_retires() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let others = make(&manager, MIB);
    manager.mark_retiring(&others);
    manager.set_policy(Some(Arc::new(BudgetLimit::bytes(3 * MIB))));
    let held = [MIB, 2 * MIB].map(|bytes| make(&manager, bytes));
    manager.mark_retiring(&held[1]);
    let error = manager.allocate_buffer(&buffer(MIB)).unwrap_err();
    let expected = ErrorKind::OverBudget { requested: MIB, available: 0, retiring: 2 * MIB };
    assert_eq!(error.kind(), expected);
    held.into_iter().for_each(|buffer| free(&manager, buffer));
    free(&manager, others);
}

/// Removes itself as soon as it hears of anything.
#[derive(Debug, Default)]
struct Fleeting {
    manager: OnceLock<DeviceBudgetManager>,
    freed: AtomicBool,
}

impl BudgetPolicy for Fleeting {
    fn after_alloc(&self, _: &Parcel<'_>) {
        if let Some(manager) = self.manager.get() {
            manager.set_policy(None);
        }
    }

    fn on_freed(&self, _: FreedParcel) {
        self.freed.store(true, Ordering::Relaxed);
    }
}

/// Behaviour 25: a policy may remove itself from within, and hears of the free all the same.
#[test]
fn a_policy_may_remove_itself() {
    let (manager, sim) = manager(BudgetConfig::default());
    let policy = Arc::new(Fleeting::default());
    policy.manager.set(manager.clone()).unwrap();
    manager.set_policy(Some(policy.clone()));
    let held = make(&manager, MIB);
    free(&manager, held);
    assert!(policy.freed.load(Ordering::Relaxed));
    let weak = Arc::downgrade(&policy);
    drop((policy, manager));
    assert_eq!(weak.strong_count(), 0, "nothing keeps it");
    sim.verdict().unwrap();
}

/// Removes itself while it judges, says no, and panics when its last handle goes, which is then the judge's.
#[derive(Debug)]
struct Explosive {
    manager: DeviceBudgetManager,
    refuses: bool,
    gone: Arc<AtomicBool>,
}

impl BudgetPolicy for Explosive {
    fn before_alloc(&self, _: &Admission<'_>) -> Result<(), &'static str> {
        self.manager.set_policy(None);
        if self.refuses { Err("the last word") } else { Ok(()) }
    }
}

impl Drop for Explosive {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        panic!("a policy of the test panics at its end, as it should");
    }
}

/// Behaviour 25: a policy that panics when it ends is contained, whoever holds it last, and nothing leaks.
#[test]
fn a_policy_that_panics_at_its_end_is_contained() {
    for refuses in [true, false] {
        let (manager, sim) = manager(BudgetConfig::default());
        let gone = Arc::new(AtomicBool::new(false));
        let policy = Explosive { manager: manager.clone(), refuses, gone: gone.clone() };
        manager.set_policy(Some(Arc::new(policy)));
        match manager.allocate_buffer(&buffer(MIB)) {
            Ok(made) => {
                assert!(!refuses && !gone.load(Ordering::Relaxed), "it has to hear of the free");
                free(&manager, made);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Refused("the last word")),
        }
        assert!(gone.load(Ordering::Relaxed), "nothing keeps it");
        assert_eq!((manager.stats().used, manager.stats().heaps[0].pending), (0, 0));
        drop(manager);
        sim.verdict().unwrap();
    }
}
