//! Mapped memory: there when asked for, as long as asked for, the same bytes for host and device, whole atoms.

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{BufferRequest, MemoryError, MemoryLocation, MemoryRequest, TilingClass};

use crate::{
    Environment, Outcome, Skip,
    stage::{Shape, pattern},
};

/// Whoever asks for a mapping gets one, on every type that the host can see, and can write every byte.
pub fn a_requested_mapping_exists(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for memory_type in stage.visible_types() {
        for size in [1, 100, 4096, 70_001] {
            let request = MemoryRequest::new(size, 1, memory_type, TilingClass::Linear).mapped();
            let allocation = stage.take(&request);
            stage.fill(&allocation, size);
            stage.assert_holds(&allocation, size);
            stage.free(allocation);
        }
    }
    stage.finish();
    Ok(())
}

/// The mapping leads to the very bytes that the device sees, and both see what the other writes.
pub fn the_device_sees_what_the_host_writes(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    for memory_type in stage.visible_types() {
        let request = MemoryRequest::new(3000, 1, memory_type, TilingClass::Linear).mapped();
        let held: Vec<_> = (0..6).map(|_| stage.take(&request)).collect();
        for (seed, allocation) in (10..).zip(&held) {
            stage.fill(allocation, seed);
        }
        for (seed, allocation) in (10..).zip(&held) {
            stage.assert_holds(allocation, seed);
            let (memory, offset) = (allocation.memory(), allocation.offset());
            let bytes = pattern(seed * 3, allocation.size());
            assert!(sim.write_bytes(memory, offset, &bytes), "unknown memory: {allocation:?}");
        }
        for (seed, allocation) in (10..).zip(&held) {
            stage.assert_holds(allocation, seed * 3);
        }
        held.into_iter().for_each(|allocation| stage.free(allocation));
    }
    stage.finish();
    Ok(())
}

/// A mapping of memory that the host cannot see is refused and changes nothing.
pub fn mapping_unseen_memory_is_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let visible = stage.visible_types();
    let mut types = stage.types();
    types.retain(|memory_type| !visible.contains(memory_type));
    if types.is_empty() {
        return Err(Skip::NotHere("the host sees every memory type"));
    }
    for memory_type in types {
        let request = MemoryRequest::new(4096, 1, memory_type, TilingClass::Linear).mapped();
        match stage.allocate(&request) {
            Ok(allocation) => panic!("{request:?} was served with {allocation:?}"),
            Err(error) => {
                let invalid = matches!(error, MemoryError::InvalidRequest(_));
                assert!(invalid, "{request:?} got {error}");
            }
        }
    }
    stage.finish();
    Ok(())
}

/// On non-coherent types no two resources share an atom, so that flushing one never disturbs another.
pub fn atoms_are_never_shared(environment: &Environment) -> Outcome {
    // Where the device can be changed, buffers need no alignment that keeps them apart anyway.
    let narrow = environment.stage_with(|profile| {
        let buffers = &mut profile.rules.buffers;
        (buffers.alignment, buffers.uniform, buffers.texel, buffers.storage) = (4, 4, 4, 4);
        profile.captured.clear();
    });
    let stage = narrow.or_else(|_| environment.stage())?;
    let mut types = stage.visible_types();
    types.retain(|memory_type| stage.context().is_non_coherent(*memory_type));
    if types.is_empty() {
        return Err(Skip::NotHere("all memory that the host sees is coherent"));
    }
    for memory_type in types {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut held = Vec::new();
        for _ in 0..60 {
            if held.len() < 20 && rng.u8(..) < 170 {
                // Ends in the middle of an atom.
                let size = rng.u64(1..200);
                let shape = match rng.bool() {
                    true => Shape::Buffer { size },
                    false => Shape::Raw { size, tiling: TilingClass::Linear },
                };
                held.push(stage.place(shape, memory_type));
            } else if !held.is_empty() {
                stage.remove(held.swap_remove(rng.usize(..held.len())));
            }
        }
        held.into_iter().for_each(|placed| stage.remove(placed));
    }
    stage.finish();
    Ok(())
}

/// A mapping stays, and can be flushed, when memory around it is mapped and freed.
pub fn mappings_outlive_their_neighbours(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for memory_type in stage.visible_types() {
        let request = MemoryRequest::new(1024, 256, memory_type, TilingClass::Linear);
        let mapped = request.clone().mapped();
        let kept = stage.take(&mapped);
        stage.fill(&kept, 5);
        let start = kept.mapped();
        let neighbours: Vec<_> =
            (0..8).map(|at| stage.take(if at % 2 == 0 { &mapped } else { &request })).collect();
        for neighbour in neighbours {
            stage.free(neighbour);
            let flushed = stage.flush(&kept);
            flushed.unwrap_or_else(|broken| panic!("{broken}"));
            stage.assert_holds(&kept, 5);
        }
        assert_eq!(kept.mapped(), start, "the mapping has moved");
        stage.free(kept);
    }
    stage.finish();
    Ok(())
}

/// What a buffer's `write` writes at odd places its `read` reads, flushed and invalidated in whole atoms.
pub fn host_writes_are_read_back(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for location in [MemoryLocation::HostVisible, MemoryLocation::HostCached] {
        let request = BufferRequest::new(1000, BufferUsageFlags::STORAGE_BUFFER).location(location);
        let mut buffers: Vec<_> = (0..5)
            .map(|_| stage.buffer(&request).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        for (seed, buffer) in (1_u8..).zip(&mut buffers) {
            for (offset, length) in [(0, 1), (1, 63), (64, 64), (129, 700), (999, 1), (1000, 0)] {
                let written = buffer.write(offset, &vec![seed; length]);
                written.unwrap_or_else(|error| panic!("{length} bytes at {offset}: {error}"));
            }
            let beyond = buffer.write(999, &[0; 2]);
            assert!(matches!(beyond, Err(MemoryError::InvalidRequest(_))), "{beyond:?}");
        }
        for (seed, buffer) in (1_u8..).zip(&buffers) {
            let mut bytes = [0; 700];
            // SAFETY: no device writes it: nothing is ever submitted.
            let read = unsafe { buffer.read(129, &mut bytes) };
            read.unwrap_or_else(|error| panic!("{error}"));
            assert!(bytes.iter().all(|byte| *byte == seed), "buffer {seed} holds other bytes");
        }
        buffers.into_iter().for_each(|buffer| stage.free_buffer(buffer));
    }
    stage.finish();
    Ok(())
}
