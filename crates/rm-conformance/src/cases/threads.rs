//! Any thread at any time: a backend is `Sync`, and its promises hold across threads.

use std::{
    sync::{Barrier, Mutex, PoisonError, mpsc},
    thread,
};

use ash::vk::Handle;
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, MemoryAllocator, MemoryError, MemoryRequest, TilingClass,
};

use crate::{Environment, Outcome, Stage};

const THREADS: u64 = 4;

/// Lets four threads begin together, so that none is done before the next has begun.
fn together() -> Barrier {
    Barrier::new(4)
}

/// The ranges that are out, of all threads.
#[derive(Debug, Default)]
struct Registry(Mutex<Vec<(u64, u64, u64)>>);

impl Registry {
    /// Enters a range that was just granted, and checks that nobody else has a byte of it.
    fn enter(&self, allocation: &Allocation) {
        let range = range(allocation);
        let (memory, start, end) = range;
        let mut ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other = ranges.iter().find(|(m, s, e)| *m == memory && *s < end && start < *e);
        assert_eq!(other, None, "{allocation:?} was granted to another thread too");
        ranges.push(range);
    }

    /// Strikes out a range that is about to be freed.
    fn strike(&self, allocation: &Allocation) {
        let range = range(allocation);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| *known != range);
    }
}

fn range(allocation: &Allocation) -> (u64, u64, u64) {
    let start = allocation.offset();
    (allocation.memory().as_raw(), start, start + allocation.size())
}

/// Four threads take, fill, verify and free; none is granted what another holds, none finds other bytes.
pub fn threads_never_share_memory(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let (registry, start) = (Registry::default(), together());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (stage, registry, start) = (&stage, &registry, &start);
            scope.spawn(move || {
                start.wait();
                churn(stage, registry, thread);
            });
        }
    });
    stage.finish();
    Ok(())
}

fn churn(stage: &Stage, registry: &Registry, thread: u64) {
    let (allocator, mut rng) = (stage.allocator(), fastrand::Rng::with_seed(thread));
    let (mut types, visible) = (stage.types(), stage.visible_types());
    // Few types, so that threads meet.
    types.truncate(3);
    let mut held: Vec<(Allocation, u64)> = Vec::new();
    for step in 0..120 {
        if held.len() < 12 && rng.u8(..) < 150 {
            let memory_type = types[rng.usize(..types.len())];
            let tiling = if rng.bool() { TilingClass::Linear } else { TilingClass::Optimal };
            let mut request = MemoryRequest::new(rng.u64(1..5000), 64, memory_type, tiling);
            request.map = visible.contains(&memory_type);
            let taken = allocator.allocate(&request);
            let allocation = taken.unwrap_or_else(|e| panic!("{request:?} was refused: {e}"));
            registry.enter(&allocation);
            let seed = thread << 32 | step;
            stage.fill(&allocation, seed);
            held.push((allocation, seed));
        } else if !held.is_empty() {
            let (allocation, seed) = held.swap_remove(rng.usize(..held.len()));
            stage.assert_holds(&allocation, seed);
            registry.strike(&allocation);
            // SAFETY: it came from this allocator, and nothing was bound to it.
            unsafe { allocator.free(allocation) };
        }
    }
    for (allocation, seed) in held {
        stage.assert_holds(&allocation, seed);
        registry.strike(&allocation);
        // SAFETY: it came from this allocator, and nothing was bound to it.
        unsafe { allocator.free(allocation) };
    }
}

/// What one thread has taken another may free.
pub fn memory_is_freed_on_any_thread(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let allocator: &dyn MemoryAllocator = stage.allocator();
    let (registry, start) = (Registry::default(), together());
    let types = stage.types();
    thread::scope(|scope| {
        let (registry, start, types) = (&registry, &start, &types);
        for thread in 0..THREADS / 2 {
            let (give, take) = mpsc::sync_channel::<Allocation>(8);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                start.wait();
                for _ in 0..120 {
                    let memory_type = types[rng.usize(..types.len())];
                    let size = rng.u64(1..9000);
                    let request = MemoryRequest::new(size, 1, memory_type, TilingClass::Linear);
                    let taken = allocator.allocate(&request);
                    let allocation =
                        taken.unwrap_or_else(|e| panic!("{request:?} was refused: {e}"));
                    registry.enter(&allocation);
                    if give.send(allocation).is_err() {
                        // The other thread has failed, and says why.
                        return;
                    }
                }
            });
            scope.spawn(move || {
                start.wait();
                for allocation in take {
                    registry.strike(&allocation);
                    // SAFETY: it came from this allocator, and nothing was bound to it.
                    unsafe { allocator.free(allocation) };
                }
            });
        }
    });
    stage.finish();
    Ok(())
}

/// Threads that fill a heap together never exceed it, are refused with the reason, and leave it as they found it.
pub fn threads_share_a_full_heap(environment: &Environment) -> Outcome {
    const HEAP: u64 = 16 << 20;
    let stage = environment.stage_with(|profile| {
        profile.heaps.iter_mut().for_each(|heap| {
            heap.size = HEAP;
            heap.budget = None;
        });
    })?;
    let allocator: &dyn MemoryAllocator = stage.allocator();
    let (sim, start) = (stage.sim()?, together());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..3 {
                    let request = MemoryRequest::new(700_000, 1, 0, TilingClass::Linear);
                    let mut held = Vec::new();
                    let refused = loop {
                        match allocator.allocate(&request) {
                            Ok(allocation) => held.push(allocation),
                            Err(error) => break error,
                        }
                        assert!(held.len() < 24, "more than the heap has");
                    };
                    assert_eq!(refused, MemoryError::OutOfDeviceMemory);
                    let heap = stage.heap_of(0);
                    assert!(sim.heap_usage(heap) <= HEAP, "the heap is overfilled");
                    for allocation in held {
                        // SAFETY: it came from this allocator, and nothing was bound to it.
                        unsafe { allocator.free(allocation) };
                    }
                }
            });
        }
    });
    if !stage.has(AllocatorCapabilities::SUBALLOCATES) {
        assert_eq!(sim.heap_usage(stage.heap_of(0)), 0, "all was freed");
    }
    stage.finish();
    Ok(())
}
