//! Where the resources of a run come from, and where they go when nobody holds them any more.

#[cfg(test)]
use resource_management::lifetime::ManualTimeline;
use resource_management::{
    alloc::DeviceBudgetManager,
    lifetime::{
        DeferredDestructionQueue, Points, RetireAt, Retirer, SharedResourceFactory, TransientError,
    },
};

use crate::{budget::Budget, error::DemoError};

/// The budget of a run, and the makers of handles that retire when they are dropped.
///
/// A handle itself: clones make resources for the same queue.
#[derive(Clone, Debug)]
pub(crate) struct Supply {
    // Invariant: the factory is of the manager of `budget`.
    budget: Budget,
    factory: SharedResourceFactory,
}

impl Supply {
    /// Resources of `budget` that retire to `queue`, whose timelines are attached by now.
    pub(crate) fn new(budget: &Budget, queue: &DeferredDestructionQueue) -> Self {
        let factory = SharedResourceFactory::new(budget.manager(), queue);
        Self { budget: budget.clone(), factory }
    }

    /// The error of a request that nothing smaller can take the place of.
    pub(crate) fn explain(&self, error: impl Into<DemoError>) -> DemoError {
        match error.into() {
            DemoError::Allocation(error)
            | DemoError::Transient(TransientError::Allocation(error)) => self.budget.explain(error),
            error => error,
        }
    }

    /// What may be taken.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Whose resources these are.
    pub(crate) fn manager(&self) -> &DeviceBudgetManager {
        self.budget.manager()
    }

    /// Who makes handles.
    pub(crate) fn factory(&self) -> &SharedResourceFactory {
        &self.factory
    }

    /// Where they go.
    pub(crate) fn retirer(&self) -> &Retirer {
        self.factory.retirer()
    }
}

/// When to retire what the device is done with, or has never seen: at once.
///
/// # Safety
///
/// - It is done with what is retired then, or has never seen it.
pub(crate) unsafe fn at_once() -> RetireAt {
    // SAFETY: nothing has to be waited for (caller).
    unsafe { Points::new(&[]) }.map_or(RetireAt::Now, RetireAt::Points)
}

#[cfg(test)]
impl Supply {
    /// Resources of `budget`, and a queue for them that waits for a device to which nothing is submitted.
    pub(crate) fn idle(budget: &Budget) -> (Self, DeferredDestructionQueue) {
        let queue = DeferredDestructionQueue::new(budget.manager());
        // SAFETY: nothing is ever submitted.
        queue.attach(std::sync::Arc::new(unsafe { ManualTimeline::new() })).unwrap();
        (Self::new(budget, &queue), queue)
    }
}
