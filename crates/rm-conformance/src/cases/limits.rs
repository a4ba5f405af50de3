//! Behaviour 37: the number of objects, their largest size and the heaps are respected before the driver is asked.

use ash::vk;
use rm_alloc_core::{Allocation, AllocatorCapabilities, MemoryError, MemoryRequest, TilingClass};
use rm_vksim::Call;

use crate::{
    Environment, Outcome, Skip, Stage,
    stage::{Placed, Shape},
};

/// Objects beyond `maxMemoryAllocationCount` are refused; one freed makes room for one.
pub fn the_number_of_objects_is_respected(environment: &Environment) -> Outcome {
    let stage = few_objects(environment)?;
    let mut held = Vec::new();
    let refused = fill(&stage, &mut held);
    assert_eq!(refused, MemoryError::TooManyAllocations, "after {} objects", held.len());
    assert!(!held.is_empty() && held.len() <= COUNT as usize, "{} objects of {COUNT}", held.len());
    let full = held.len();
    stage.remove(held.swap_remove(full / 2));
    assert_eq!(fill(&stage, &mut held), refused);
    assert_eq!(held.len(), full, "one freed makes room for one");
    assert_never_refused_by_the_driver(&stage)?;
    held.into_iter().for_each(|placed| stage.remove(placed));
    stage.finish();
    Ok(())
}

/// The limit is the device's: what another allocator holds is not there for this one.
pub fn other_allocators_count_too(environment: &Environment) -> Outcome {
    let mut stage = few_objects(environment)?;
    let other = environment.second(&mut stage)?;
    let (mut held, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..COUNT / 2 {
        theirs.push(own_object(&other).unwrap_or_else(|error| panic!("the other one: {error}")));
    }
    assert_eq!(fill(&stage, &mut held), MemoryError::TooManyAllocations);
    assert!(held.len() + theirs.len() <= COUNT as usize, "{} and {}", held.len(), theirs.len());
    theirs.into_iter().for_each(|placed| other.remove(placed));
    other.finish();
    fill(&stage, &mut held);
    assert!(held.len() > COUNT as usize / 2, "what the other one freed is there again");
    assert_never_refused_by_the_driver(&stage)?;
    held.into_iter().for_each(|placed| stage.remove(placed));
    stage.finish();
    Ok(())
}

/// Nothing larger than `maxMemoryAllocationSize` is asked of the driver, and the error says so.
pub fn the_largest_object_is_respected(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let limit = stage.context().limits().max_allocation_size;
    for memory_type in stage.types() {
        for beyond in [1, 4096, limit / 2] {
            let size = limit.saturating_add(beyond);
            let request = MemoryRequest::new(size, 1, memory_type, TilingClass::Linear);
            let refused = stage.allocate(&request).err();
            let large = matches!(refused, Some(MemoryError::TooLarge { .. }));
            assert!(large, "{size} bytes with a limit of {limit}: {refused:?}");
        }
    }
    if stage.sim().is_ok() {
        assert_never_refused_by_the_driver(&stage)?;
    }
    stage.finish();
    Ok(())
}

/// A heap is filled to its size at most, and whoever does not fit is told that it is full.
pub fn a_heap_is_never_overfilled(environment: &Environment) -> Outcome {
    let stage = environment.stage_with(|profile| {
        profile.heaps.iter_mut().for_each(|heap| {
            heap.size = HEAP;
            heap.budget = None;
        });
    })?;
    for memory_type in stage.types() {
        let request = MemoryRequest::new(PIECE, 1, memory_type, TilingClass::Linear);
        let mut held: Vec<Allocation> = Vec::new();
        let refused = loop {
            match stage.allocate(&request) {
                Ok(allocation) => held.push(allocation),
                Err(error) => break error,
            }
            assert!(held.len() as u64 * PIECE <= HEAP, "more than there is");
        };
        assert_eq!(refused, MemoryError::OutOfDeviceMemory, "after {} pieces", held.len());
        // Whoever shares blocks may lose some of a heap to their headers and sizes, but not half.
        let shares = stage.has(AllocatorCapabilities::SUBALLOCATES);
        let least = if shares { HEAP / 2 } else { HEAP };
        assert!(held.len() as u64 * PIECE >= least, "only {} pieces fit", held.len());
        let heap = stage.heap_of(memory_type);
        assert!(stage.sim()?.heap_usage(heap) <= HEAP);
        held.into_iter().for_each(|allocation| stage.free(allocation));
        if stage.has(AllocatorCapabilities::TRIM) {
            stage.allocator().trim(heap, 0);
        }
    }
    assert_never_refused_by_the_driver(&stage)?;
    stage.finish();
    Ok(())
}

const COUNT: u32 = 12;
const HEAP: u64 = 64 << 20;
const PIECE: u64 = 1 << 20;

/// A device with [`COUNT`] objects, for a backend that can be made to take one.
fn few_objects(environment: &Environment) -> Result<Stage, Skip> {
    let stage = environment.stage_with(|profile| {
        profile.limits.max_memory_allocation_count = COUNT;
    })?;
    if stage.has(AllocatorCapabilities::SUBALLOCATES) {
        stage.needs(AllocatorCapabilities::DEDICATED)?;
    }
    Ok(stage)
}

/// Takes objects until one is refused.
fn fill(stage: &Stage, held: &mut Vec<Placed>) -> MemoryError {
    loop {
        match own_object(stage) {
            Ok(placed) => held.push(placed),
            Err(error) => return error,
        }
        assert!(held.len() <= COUNT as usize, "more than the device allows");
    }
}

/// A small buffer that costs one object.
fn own_object(stage: &Stage) -> Result<Placed, MemoryError> {
    let object = stage.object(Shape::Buffer { size: 256 })?;
    let memory_type = object.types.trailing_zeros();
    let request = match stage.has(AllocatorCapabilities::DEDICATED) {
        true => object.dedicated(memory_type),
        false => object.request(memory_type),
    };
    stage.try_place(object, &request).unwrap_or_else(|broken| panic!("{broken}"))
}

/// The driver had to refuse nothing: the limits were respected before.
fn assert_never_refused_by_the_driver(stage: &Stage) -> Outcome {
    let journal = stage.sim()?.journal();
    let refused = journal
        .iter()
        .find(|entry| entry.call == Call::AllocateMemory && entry.result != vk::Result::SUCCESS);
    assert_eq!(refused, None, "the driver was asked in vain");
    Ok(())
}
