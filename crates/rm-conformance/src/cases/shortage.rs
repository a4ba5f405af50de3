//! A driver that runs out: the refusal changes nothing, says what it is, and does not last.

use ash::vk;
use rm_alloc_core::{Allocation, MemoryError, MemoryRequest, TilingClass};
use rm_vksim::Call;

use crate::{Environment, Outcome, Skip, Stage};

const OUT: vk::Result = vk::Result::ERROR_OUT_OF_DEVICE_MEMORY;

/// When the driver refuses an object, the backend refuses the request or finds other room; nothing else changes.
pub fn a_refusing_driver_changes_nothing(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    for memory_type in stage.types() {
        let request = MemoryRequest::new(300_000, 1, memory_type, TilingClass::Linear);
        let kept = stage.take(&request);
        stage.fill(&kept, 11);
        for nth in 1..4 {
            sim.fail(Call::AllocateMemory, nth, OUT);
            let held: Vec<_> = (0..4)
                .filter_map(|_| served_or(&stage, &request, MemoryError::OutOfDeviceMemory))
                .collect();
            sim.clear_faults();
            held.into_iter().for_each(|allocation| stage.free(allocation));
        }
        stage.assert_holds(&kept, 11);
        let again = stage.take(&request);
        stage.free(again);
        stage.free(kept);
    }
    stage.finish();
    Ok(())
}

/// With every n-th object refused, what is served is whole and what is not leaves nothing.
pub fn every_nth_object_may_fail(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    let mut rng = fastrand::Rng::with_seed(8);
    let types = stage.types();
    for nth in [1, 2, 3, 5] {
        let mut held: Vec<(Allocation, u64)> = Vec::new();
        for seed in 0..40 {
            if sim.pending_faults() == 0 {
                sim.fail(Call::AllocateMemory, nth, OUT);
            }
            if rng.u8(..) < 170 {
                let memory_type = types[rng.usize(..types.len())];
                let request =
                    MemoryRequest::new(rng.u64(1..9000), 16, memory_type, TilingClass::Linear);
                let served = served_or(&stage, &request, MemoryError::OutOfDeviceMemory);
                let Some(allocation) = served else { continue };
                stage.fill(&allocation, seed);
                held.push((allocation, seed));
            } else if !held.is_empty() {
                let (allocation, seed) = held.swap_remove(rng.usize(..held.len()));
                stage.assert_holds(&allocation, seed);
                stage.free(allocation);
            }
        }
        for (allocation, seed) in held {
            stage.assert_holds(&allocation, seed);
            stage.free(allocation);
        }
        sim.clear_faults();
    }
    stage.finish();
    Ok(())
}

/// A heap that is full says so; when its memory is freed, as much can be had as before.
pub fn a_full_heap_recovers(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    for memory_type in stage.types() {
        let heap = stage.heap_of(memory_type);
        sim.limit_heap(heap, Some(24 << 20));
        let request = MemoryRequest::new(1 << 20, 1, memory_type, TilingClass::Linear);
        let fill = || {
            let mut held = Vec::new();
            while let Some(allocation) = served_or(&stage, &request, MemoryError::OutOfDeviceMemory)
            {
                held.push(allocation);
                assert!(held.len() <= 24, "more than the heap has");
            }
            held
        };
        let first = fill();
        assert!(first.len() >= 6, "only {} of 24 pieces fit", first.len());
        let count = first.len();
        first.into_iter().for_each(|allocation| stage.free(allocation));
        let second = fill();
        assert_eq!(second.len(), count, "as much as before");
        second.into_iter().for_each(|allocation| stage.free(allocation));
        stage.allocator().trim(heap, 0);
        sim.limit_heap(heap, None);
    }
    stage.finish();
    Ok(())
}

/// An object that cannot be mapped goes back to the driver.
pub fn a_failed_mapping_leaves_nothing(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    let types = stage.visible_types();
    if types.is_empty() {
        return Err(Skip::NotHere("the host sees no memory type"));
    }
    for memory_type in types {
        let request = MemoryRequest::new(5000, 1, memory_type, TilingClass::Linear).mapped();
        for code in [vk::Result::ERROR_MEMORY_MAP_FAILED, vk::Result::ERROR_OUT_OF_HOST_MEMORY] {
            sim.fail(Call::MapMemory, 1, code);
            if let Some(allocation) = served_or(&stage, &request, code.into()) {
                stage.free(allocation);
            }
            sim.clear_faults();
        }
        let again = stage.take(&request);
        stage.fill(&again, 3);
        stage.free(again);
    }
    stage.finish();
    Ok(())
}

/// What the driver answered reaches the caller, who acts on it.
pub fn codes_are_told_apart(environment: &Environment) -> Outcome {
    let codes = [
        (vk::Result::ERROR_OUT_OF_DEVICE_MEMORY, MemoryError::OutOfDeviceMemory),
        (vk::Result::ERROR_OUT_OF_HOST_MEMORY, MemoryError::OutOfHostMemory),
        (vk::Result::ERROR_TOO_MANY_OBJECTS, MemoryError::TooManyAllocations),
        (vk::Result::ERROR_DEVICE_LOST, MemoryError::DeviceLost),
        (vk::Result::ERROR_UNKNOWN, MemoryError::Vulkan(vk::Result::ERROR_UNKNOWN)),
    ];
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    let request = MemoryRequest::new(1 << 20, 1, 0, TilingClass::Linear);
    for (code, expected) in codes {
        // However many objects the backend tries.
        (1..=64).for_each(|nth| sim.fail(Call::AllocateMemory, nth, code));
        let refused = stage.allocate(&request).err();
        assert_eq!(refused, Some(expected), "the driver answered {code:?}");
        sim.clear_faults();
    }
    stage.finish();
    Ok(())
}

/// What was served, or nothing if it was refused with `expected`.
fn served_or(
    stage: &Stage,
    request: &MemoryRequest<'_>,
    expected: MemoryError,
) -> Option<Allocation> {
    match stage.allocate(request) {
        Ok(allocation) => Some(allocation),
        Err(error) => {
            assert_eq!(error, expected, "{request:?}");
            None
        }
    }
}
