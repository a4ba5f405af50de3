//! Observers and allocators that do what they should not.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    AliasedBufferRequest, Allocation, BudgetConfig, BufferRequest, DeviceBudgetManager,
    DeviceContext, EventMask, MemoryAllocator, MemoryError, MemoryEvent, MemoryObserver,
    MemoryRequest,
};
use rm_alloc_direct::DirectAllocator;

use super::{MIB, buffer, free, make};
use crate::support::{Heard, manager, strict};

/// Panics at everything.
struct Panicking(AtomicU64);

impl MemoryObserver for Panicking {
    fn event(&self, _: &MemoryEvent<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("an observer of the test panics, as it should");
    }
}

/// Every event of a manager is told of, panics or not.
fn every_event(manager: &DeviceBudgetManager) {
    let held = make(manager, 3 * MIB);
    manager.allocate_buffer(&buffer(2 * MIB)).unwrap_err();
    manager.set_strict(false);
    let over = manager.allocate_buffer(&buffer(2 * MIB).aliasable()).unwrap();
    let memory = over.memory().cloned().into_iter().collect::<Vec<_>>();
    for memory in &memory {
        let alias = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST);
        let request = AliasedBufferRequest { memory, offset: 2 * MIB, buffer: alias };
        manager.create_aliased_buffer(&request).unwrap_err();
    }
    manager.set_device_budget(3 * MIB);
    manager.end_frame();
    free(manager, held);
    free(manager, over);
    drop(memory);
    manager.set_strict(true);
    manager.set_device_budget(4 * MIB);
}

fn config() -> BudgetConfig {
    BudgetConfig { frame_threshold: Some(1), ..strict(4 * MIB) }
}

/// Behaviours 16 and 20: an observer that panics hurts neither figures nor memory, nor those who listen after it.
#[test]
fn a_panicking_observer_is_contained() {
    let (manager, sim) = manager(config());
    let panicking = Arc::new(Panicking(AtomicU64::new(0)));
    let observer: Arc<dyn MemoryObserver> = panicking.clone();
    manager.observe(&observer);
    let calm = Heard::of(&manager, EventMask::all());
    every_event(&manager);
    let heard = calm.story().len();
    assert!(heard >= 8, "{heard} events");
    assert_eq!(panicking.0.load(Ordering::Relaxed), heard as u64);
    let stats = manager.stats();
    assert_eq!((stats.used, stats.allocations, stats.retiring), (0, 0, 0));
    drop(manager);
    sim.verdict().unwrap();
}

/// Owns the manager, and calls back from every event, without end if it were told of what it does.
#[derive(Default)]
struct Reentrant {
    manager: OnceLock<DeviceBudgetManager>,
    told: AtomicU64,
    more: Mutex<Vec<Arc<dyn MemoryObserver>>>,
}

impl MemoryObserver for Reentrant {
    fn event(&self, _: &MemoryEvent<'_>) {
        self.told.fetch_add(1, Ordering::Relaxed);
        let Some(manager) = self.manager.get() else { return };
        if let Ok(inner) = manager.allocate_buffer(&buffer(64)) {
            manager.mark_retiring(&inner);
            free(manager, inner);
        }
        let more: Arc<dyn MemoryObserver> = Arc::new(Self::default());
        manager.observe(&more);
        self.more.lock().unwrap().push(more);
        manager.set_staging_quota(MIB);
        manager.begin_frame();
        let _figures = (manager.stats(), manager.is_over_budget(), manager.end_frame());
    }
}

/// Behaviours 16, 20 and 27: observers that own the manager and call back neither deadlock nor leak, nor have they no end.
#[test]
fn observers_may_own_and_reenter_the_manager() {
    let (manager, sim) = manager(config());
    let both = [(); 2].map(|()| {
        let reentrant = Arc::new(Reentrant::default());
        reentrant.manager.set(manager.clone()).unwrap();
        let observer: Arc<dyn MemoryObserver> = reentrant.clone();
        manager.observe(&observer);
        reentrant
    });
    every_event(&manager);
    for reentrant in &both {
        assert!(!reentrant.more.lock().unwrap().is_empty(), "it was called");
        assert!(reentrant.told.load(Ordering::Relaxed) < 1000, "bounded by what the other does");
    }
    let stats = manager.stats();
    assert_eq!((stats.used, stats.allocations, stats.retiring), (0, 0, 0));
    let weak = both.each_ref().map(Arc::downgrade);
    drop((both, manager));
    assert_eq!(weak.map(|weak| weak.strong_count()), [0, 0], "nothing keeps them");
    sim.verdict().unwrap();
}

/// Behaviour 27: an observer whose last handle goes while it is being told takes the last manager with it, in peace.
#[test]
fn the_last_handle_may_go_inside_an_event() {
    struct Last(Mutex<Option<(Arc<dyn MemoryObserver>, DeviceBudgetManager)>>);
    impl MemoryObserver for Last {
        fn event(&self, _: &MemoryEvent<'_>) {
            let gone = self.0.lock().unwrap().take();
            drop(gone);
        }
    }
    let (manager, sim) = manager(BudgetConfig::default());
    let last = Arc::new(Last(Mutex::new(None)));
    let observer: Arc<dyn MemoryObserver> = last.clone();
    manager.observe(&observer);
    let held = make(&manager, MIB);
    assert!(last.0.lock().unwrap().is_none());
    let (context, borrowed) = (manager.context().clone(), manager.clone());
    *last.0.lock().unwrap() = Some((observer, manager));
    drop(last);
    free(&borrowed, held);
    assert_eq!(borrowed.stats().used, 0);
    drop((borrowed, context));
    sim.verdict().unwrap();
}

/// Three methods, and a panic at the end.
#[derive(Debug)]
struct Explosive(DirectAllocator);

// SAFETY: every promise is kept by the allocator within.
unsafe impl MemoryAllocator for Explosive {
    fn context(&self) -> &Arc<DeviceContext> {
        self.0.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.0.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.0.free(allocation) };
    }
}

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("an allocator of the test panics at its end, as it should");
    }
}

/// Behaviours 27 and 28: an allocator that panics when its last resource goes is contained, and the books are exact.
#[test]
fn an_allocator_that_panics_at_its_end_is_contained() {
    let (manager, sim) = manager(BudgetConfig::default());
    let explosive = Arc::new(Explosive(DirectAllocator::new(manager.context())));
    let weak = Arc::downgrade(&explosive);
    let other = manager.with_allocator(explosive).unwrap();
    let held = make(&other, MIB);
    drop(other);
    assert_eq!((weak.strong_count(), manager.stats().used), (1, MIB), "the resource keeps it");
    free(&manager, held);
    assert_eq!((weak.strong_count(), manager.stats().used), (0, 0));
    drop(manager);
    sim.verdict().unwrap();
}
