//! What all handles of a manager share, and what each has of its own.

#[cfg(test)]
mod tests;

use std::{
    mem,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use ash::vk;

use super::{BudgetConfig, attempt::PANICKED};
use crate::{
    AllocationError, BudgetPolicy, BudgetSnapshot, DeviceContext, ErrorKind, FrameDelta,
    MemoryAllocator, MemoryError, MemoryEvent, Reason,
    callback::{Guarded, contained},
    context::DriverBudget,
    ledger::{Judge, Ledger, PolicyAccount},
    observer::Observers,
    relief::Reliefs,
    staging::StagingQuota,
    sync::{Mutex, lock},
};

/// A handle's own part: which source. Resources hold it, so any drop order works.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) core: Arc<Core>,
    pub(crate) allocator: Guarded<dyn MemoryAllocator>,
}

/// The shared part.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) context: Arc<DeviceContext>,
    pub(crate) ledger: Ledger,
    pub(crate) observers: Observers,
    pub(crate) reliefs: Reliefs,
    pub(crate) staging: Arc<StagingQuota>,
    /// Aliases that exist.
    pub(crate) aliases: AtomicU32,
    policies: Mutex<Policies>,
    // Whether one is installed; set under the lock, relaxed, because it only saves a lock: who installs a policy is not
    // ordered with allocations of other threads anyway.
    has_policy: AtomicBool,
    limits: Mutex<Limits>,
    /// The heap of each memory type.
    heaps: [u8; vk::MAX_MEMORY_TYPES],
    pub(crate) warning_percent: u8,
    frame_threshold: Option<u64>,
}

/// The policy of the day, and those whose resources are still out.
#[derive(Debug, Default)]
struct Policies {
    installed: Option<Arc<PolicyAccount>>,
    /// By address, so that looking for one never holds, and so never ends, another.
    known: Vec<(usize, Weak<PolicyAccount>)>,
}

/// The driver's word and the user's.
#[derive(Debug)]
struct Limits {
    driver: DriverBudget,
    device: u64,
    heaps: [Option<u64>; vk::MAX_MEMORY_HEAPS],
}

impl Core {
    pub(crate) fn new(
        context: &Arc<DeviceContext>,
        config: &BudgetConfig,
    ) -> Result<Self, AllocationError> {
        if config.warning_percent > 100 {
            return Err(ErrorKind::InvalidRequest("the warning line is beyond 100 %").into());
        }
        let heaps = context.memory_properties().memory_heaps_as_slice().iter();
        let local: Vec<bool> = heaps.map(is_local).collect();
        let core = Self {
            context: Arc::clone(context),
            ledger: Ledger::new(&local, config.strict, config.warning_percent),
            observers: Observers::default(),
            reliefs: Reliefs::default(),
            staging: Arc::new(StagingQuota::new(config.staging_quota)),
            aliases: AtomicU32::new(0),
            policies: Mutex::default(),
            has_policy: AtomicBool::new(false),
            limits: Mutex::new(Limits {
                driver: context.poll_budget(),
                device: config.device_memory_budget,
                heaps: [None; vk::MAX_MEMORY_HEAPS],
            }),
            // There are 16 heaps at most.
            heaps: std::array::from_fn(|index| {
                let heap = context.memory_properties().memory_types[index].heap_index;
                u8::try_from(heap).unwrap_or_default()
            }),
            warning_percent: config.warning_percent,
            frame_threshold: config.frame_threshold,
        };
        for (heap, limit) in &config.heap_limits {
            core.set_heap_limit(*heap, Some(*limit))?;
        }
        core.change_limits(|_| ());
        Ok(core)
    }

    pub(crate) fn set_policy(&self, policy: Option<Arc<dyn BudgetPolicy>>) {
        let mut policies = lock(&self.policies);
        let new = policy.map(|policy| policies.account_of(policy));
        self.has_policy.store(new.is_some(), Ordering::Relaxed);
        let old = mem::replace(&mut policies.installed, new);
        drop(policies);
        // Outside the lock: the last handle of a policy may end anything, this manager included.
        contained(move || drop(old));
    }

    fn policy(&self) -> Option<Arc<PolicyAccount>> {
        if !self.has_policy.load(Ordering::Relaxed) {
            return None;
        }
        lock(&self.policies).installed.clone()
    }

    /// The policy, and its limit at this moment; a policy that panics refuses.
    pub(crate) fn judge(&self) -> Result<Option<Judge>, Reason> {
        let Some(account) = self.policy() else { return Ok(None) };
        let limit = contained(|| account.policy.limit()).ok_or(Reason::Policy(PANICKED))?;
        Ok(Some(Judge { account, limit }))
    }

    pub(crate) fn set_device_budget(&self, bytes: u64) {
        self.change_limits(|limits| limits.device = bytes);
    }

    pub(crate) fn set_heap_limit(&self, heap: u32, limit: Option<u64>) -> Result<(), MemoryError> {
        if heap >= self.context.memory_properties().memory_heap_count {
            return Err(MemoryError::InvalidRequest("there is no such heap"));
        }
        self.change_limits(|limits| limits.heaps[heap as usize] = limit);
        Ok(())
    }

    pub(crate) fn begin_frame(&self) {
        let polled = self.context.poll_budget();
        self.change_limits(|limits| limits.driver = polled);
    }

    /// Ends the frame, and copies the accounts of that moment.
    pub(crate) fn end_frame_into(&self, snapshot: Option<&mut BudgetSnapshot>) -> FrameDelta {
        let delta = self.ledger.turn_frame(snapshot);
        if self.frame_threshold.is_some_and(|threshold| delta.allocated_bytes > threshold) {
            self.observers.tell(&MemoryEvent::FrameThreshold(delta));
        }
        delta
    }

    /// The driver's word of the last poll.
    pub(crate) fn driver_budget(&self) -> DriverBudget {
        lock(&self.limits).driver
    }

    /// Bytes of new blocks that `heap` still has room for, by the driver's word.
    pub(crate) fn block_headroom(&self, heap: u32) -> u64 {
        let (index, blocks) = (heap as usize, self.context.block_bytes(heap));
        let limits = lock(&self.limits);
        let driver = &limits.driver;
        // A share of the heap is a guess, which the user may know better.
        let known = limits.heaps[index].filter(|_| !driver.spoken);
        known.unwrap_or(driver.budget[index]).saturating_sub(driver.usage_now(index, blocks))
    }

    /// Whether anything could refuse an allocation before the driver does.
    #[inline]
    pub(crate) fn could_refuse(&self) -> bool {
        self.has_policy.load(Ordering::Relaxed) || self.ledger.is_strict()
    }

    /// The heap of memory type `index`, as accounts have it; 0 if there is no such type.
    #[inline]
    pub(crate) fn heap_of(&self, index: u32) -> u8 {
        self.heaps.get(index as usize).copied().unwrap_or_default()
    }

    /// Size of `heap` in bytes.
    pub(crate) fn heap_size(&self, heap: u32) -> u64 {
        let heaps = &self.context.memory_properties().memory_heaps;
        heaps.get(heap as usize).map_or(0, |heap| heap.size)
    }

    /// Whether `heap` could ever give `bytes` in one piece.
    pub(crate) fn check_piece(&self, heap: u32, bytes: u64) -> Result<(), MemoryError> {
        let limit = self.heap_size(heap).min(self.context.limits().max_allocation_size);
        if bytes > limit { Err(MemoryError::TooLarge { size: bytes, limit }) } else { Ok(()) }
    }

    /// The size of device memory in bytes.
    pub(crate) fn device_size(&self) -> u64 {
        let table = self.context.memory_properties();
        let mut sizes = [0; vk::MAX_MEMORY_HEAPS];
        for (size, heap) in sizes.iter_mut().zip(table.memory_heaps_as_slice()) {
            *size = heap.size;
        }
        device_budget(table, &sizes)
    }

    /// The sum of `bytes` over the heaps that count for the device.
    pub(crate) fn device_budget_of(&self, bytes: &[u64]) -> u64 {
        device_budget(self.context.memory_properties(), bytes)
    }

    /// Tells observers of the lines that changes have crossed since the last time.
    #[inline]
    pub(crate) fn tell_crossings(&self) {
        if self.ledger.has_news() {
            self.tell_news();
        }
    }

    #[cold]
    fn tell_news(&self) {
        for pressure in self.ledger.take_crossed() {
            let event = if pressure.over {
                MemoryEvent::Over(pressure)
            } else {
                MemoryEvent::Near(pressure)
            };
            self.observers.tell(&event);
        }
    }

    /// Changes a limit, and hands those that hold now to the ledger; both under one lock, so that no two threads mix theirs.
    fn change_limits(&self, change: impl FnOnce(&mut Limits)) {
        let table = self.context.memory_properties();
        let mut limits = lock(&self.limits);
        change(&mut limits);
        let driver = &limits.driver.budget;
        let device = match limits.device {
            0 => device_budget(table, driver),
            bytes => bytes,
        };
        let mut heaps = limits.heaps;
        for (heap, driver) in heaps.iter_mut().zip(driver).take(table.memory_heap_count as usize) {
            *heap = heap.or(Some(*driver));
        }
        self.ledger.set_limits(device, &heaps);
        drop(limits);
        self.tell_crossings();
    }
}

impl Policies {
    /// The account of `policy`: its old one while resources that it admitted are out.
    fn account_of(&mut self, policy: Arc<dyn BudgetPolicy>) -> Arc<PolicyAccount> {
        let address = Arc::as_ptr(&policy).addr();
        self.known.retain(|(_, known)| known.strong_count() > 0);
        let known = self.known.iter().find(|(known, _)| *known == address);
        if let Some(account) = known.and_then(|(_, known)| known.upgrade()) {
            return account;
        }
        let account = Arc::new(PolicyAccount::new(policy));
        self.known.push((address, Arc::downgrade(&account)));
        account
    }
}

fn is_local(heap: &vk::MemoryHeap) -> bool {
    heap.flags.contains(vk::MemoryHeapFlags::DEVICE_LOCAL)
}

/// The sum of `budget` over the device-local heaps, a window onto another of them not counted twice.
///
/// A heap that the host sees through every type of it, beside one that it does not see at all, is such a window; what is
/// taken there is paid for all the same.
fn device_budget(table: &vk::PhysicalDeviceMemoryProperties, budget: &[u64]) -> u64 {
    let flags = |heap: u32| {
        let types = table.memory_types_as_slice().iter().filter(move |t| t.heap_index == heap);
        types.map(|t| t.property_flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE))
    };
    let hidden = |heap: &u32| flags(*heap).count() > 0 && !flags(*heap).any(|visible| visible);
    let seen = |heap: &u32| flags(*heap).count() > 0 && flags(*heap).all(|visible| visible);
    let local = |heap: &u32| is_local(&table.memory_heaps[*heap as usize]);
    let heaps = || (0..table.memory_heap_count).filter(local);
    let windows = heaps().any(|heap| hidden(&heap));
    heaps()
        .filter(|heap| !(windows && seen(heap)))
        .fold(0, |sum: u64, heap| sum.saturating_add(budget[heap as usize]))
}
