//! Behaviour 18: no interleaving of threads exceeds a strict budget by one byte, and nothing is refused while the sum fits.

use std::{
    env,
    ptr::NonNull,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocationParts, AllocatorCapabilities, BudgetConfig, DeviceBudgetManager,
    DeviceContext, ErrorKind, MemoryAllocator, MemoryBlock, MemoryBlockRequest, MemoryError,
    MemoryRequest,
};
use rm_vksim::Profile;

use crate::support::{simulated, strict};

const THREADS: u64 = 16;

/// Adds in `allocate`, subtracts in `free`, and remembers the most it ever held.
#[derive(Debug)]
struct Counting {
    context: Arc<DeviceContext>,
    /// What it grants are multiples of this.
    grain: u64,
    held: AtomicU64,
    most: AtomicU64,
}

// SAFETY: nobody ever touches the memory; the handle is null and the mapping dangles, unread.
unsafe impl MemoryAllocator for Counting {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let size = request.size.next_multiple_of(self.grain);
        let held = self.held.fetch_add(size, Ordering::Relaxed) + size;
        self.most.fetch_max(held, Ordering::Relaxed);
        let parts = AllocationParts {
            memory: vk::DeviceMemory::null(),
            offset: 0,
            size,
            mapped: request.map.then_some(NonNull::dangling()),
            memory_type: request.memory_type,
            cookie: [0; 2],
        };
        // SAFETY: as of the implementation.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    unsafe fn free(&self, allocation: Allocation) {
        self.held.fetch_sub(allocation.into_parts().size, Ordering::Relaxed);
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
    }
}

fn counting(config: BudgetConfig, grain: u64) -> (DeviceBudgetManager, Arc<Counting>) {
    let (context, _sim) = simulated(Profile::integrated());
    let (held, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let counting = Arc::new(Counting { context, grain, held, most });
    (DeviceBudgetManager::new(counting.clone(), config).unwrap(), counting)
}

/// Operations a thread; a million with `RM_STRESS=1000000`.
pub(super) fn operations() -> u64 {
    env::var("RM_STRESS").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000)
}

/// Runs `work(manager, thread)` on every thread.
fn on_threads(manager: &DeviceBudgetManager, work: impl Fn(&DeviceBudgetManager, u64) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (manager, work) = (manager.clone(), &work);
            scope.spawn(move || work(&manager, number));
        }
    });
}

/// Numbers without pattern, from a seed.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Behaviour 18: threads that want more than there is never get a byte too much, and all of it comes back.
#[test]
fn a_strict_budget_is_never_exceeded() {
    const BUDGET: u64 = 100_003;
    let (manager, counting) = counting(strict(BUDGET), 1);
    let refused = AtomicU64::new(0);
    on_threads(&manager, |manager, number| {
        let mut state = number + 1;
        let mut held = Vec::new();
        for _ in 0..operations() {
            let request = MemoryBlockRequest::new(random(&mut state) % 20_000 + 1, u32::MAX);
            match manager.allocate_memory(&request) {
                Ok(block) => held.push(block),
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
                    refused.fetch_add(1, Ordering::Relaxed);
                    held.clear();
                }
            }
            if held.len() > 2 {
                let at = usize::try_from(random(&mut state)).unwrap() % held.len();
                drop(held.swap_remove(at));
            }
        }
    });
    assert!(counting.most.load(Ordering::Relaxed) <= BUDGET, "{counting:?}");
    assert!(refused.into_inner() > 0, "the budget was never tight");
    let stats = manager.stats();
    assert_eq!((stats.used, stats.allocations), (0, 0));
    assert!(stats.peak <= BUDGET);
    assert_eq!(counting.held.load(Ordering::Relaxed), 0);
}

/// Behaviour 18: what fits in all is never refused, however it interleaves with changes of the limit above it.
#[test]
fn what_fits_is_never_refused() {
    const SHARE: u64 = 1000;
    let (manager, counting) = counting(strict(THREADS * SHARE), 1);
    on_threads(&manager, |manager, number| {
        for step in 0..operations() / 2 {
            if number == 0 && step % 64 == 0 {
                manager.set_device_budget(THREADS * SHARE + step);
            }
            let size = 1 + step % SHARE;
            let block = manager.allocate_memory(&MemoryBlockRequest::new(size, u32::MAX));
            drop(block.unwrap());
        }
    });
    assert!(counting.most.load(Ordering::Relaxed) <= THREADS * SHARE);
    assert_eq!(manager.stats().used, 0);
}

/// Behaviour 18: nor when the backend grants more than was asked; what users hold is never a byte beyond the budget.
#[test]
fn surpluses_never_exceed_a_strict_budget() {
    const BUDGET: u64 = 100_003;
    const GRAIN: u64 = 4096;
    let (manager, counting) = counting(strict(BUDGET), GRAIN);
    let (users, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let refused = AtomicU64::new(0);
    on_threads(&manager, |manager, number| {
        let mut state = number + 1;
        let mut held = Vec::new();
        let give = |block: MemoryBlock| {
            users.fetch_sub(block.size(), Ordering::Relaxed);
            drop(block);
        };
        for _ in 0..operations() {
            let request = MemoryBlockRequest::new(random(&mut state) % 20_000 + 1, u32::MAX);
            match manager.allocate_memory(&request) {
                Ok(block) => {
                    let now = users.fetch_add(block.size(), Ordering::Relaxed) + block.size();
                    most.fetch_max(now, Ordering::Relaxed);
                    held.push(block);
                }
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
                    refused.fetch_add(1, Ordering::Relaxed);
                    held.drain(..).for_each(give);
                }
            }
            let figures = manager.device_figures();
            assert!(figures.reserved + figures.pending <= BUDGET, "{figures:?}");
            if held.len() > 2 {
                give(held.swap_remove(usize::try_from(random(&mut state)).unwrap() % held.len()));
            }
        }
        held.drain(..).for_each(give);
    });
    assert!(most.into_inner() <= BUDGET);
    assert!(refused.into_inner() > 0, "the budget was never tight");
    // A backend says what it grants only when it has granted it: less than a grain an attempt under way.
    assert!(counting.most.load(Ordering::Relaxed) < BUDGET + THREADS * GRAIN, "{counting:?}");
    let figures = manager.device_figures();
    assert_eq!((figures.reserved, figures.pending, figures.count), (0, 0, 0));
    assert!(figures.peak <= BUDGET);
    assert_eq!(counting.held.load(Ordering::Relaxed), 0);
}
