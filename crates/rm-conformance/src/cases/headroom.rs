//! Headroom: a request causes no more new block bytes than it allows.

use rm_alloc_core::{AllocatorCapabilities, MemoryError, MemoryRequest, TilingClass};

use crate::{Environment, Outcome, Stage};

/// Whatever headroom a request has, blocks grow by no more than that, and not at all where it is refused.
pub fn headroom_bounds_new_blocks(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::HEADROOM)?;
    let mut held = Vec::new();
    for memory_type in stage.types() {
        for size in [1, 4096, 100_000, 3 << 20] {
            for headroom in [0, 1, size - 1, size, size * 2, 8 << 20, u64::MAX] {
                let request = MemoryRequest::new(size, 1, memory_type, TilingClass::Linear);
                let before = block_bytes(&stage);
                let answer = stage.allocate(&request.headroom(headroom));
                let grown = block_bytes(&stage).saturating_sub(before);
                assert!(grown <= headroom, "{grown} new bytes with a headroom of {headroom}");
                match answer {
                    Ok(allocation) => held.push(allocation),
                    Err(MemoryError::OverHeadroom { headroom: named, .. }) => {
                        assert_eq!(named, headroom);
                    }
                    Err(error) => panic!("{size} bytes, headroom {headroom}: {error}"),
                }
            }
        }
        held.drain(..).for_each(|allocation| stage.free(allocation));
    }
    stage.finish();
    Ok(())
}

/// A refusal names the block that would have served; with that much headroom the same request is served.
pub fn the_refusal_names_enough_headroom(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::HEADROOM)?;
    for memory_type in stage.types() {
        for size in [1, 5000, 1 << 20] {
            let request = MemoryRequest::new(size, 256, memory_type, TilingClass::Optimal);
            let enough = match stage.allocate(&request.clone().headroom(0)) {
                // A block that is kept from before had room.
                Ok(allocation) => {
                    assert!(stage.has(AllocatorCapabilities::SUBALLOCATES), "out of nothing");
                    stage.free(allocation);
                    continue;
                }
                Err(MemoryError::OverHeadroom { size: enough, headroom: 0 }) => enough,
                Err(error) => panic!("{size} bytes, no headroom: {error}"),
            };
            assert!(enough >= size, "{enough} bytes hold no {size}");
            let served = stage.take(&request.headroom(enough));
            stage.free(served);
        }
    }
    stage.finish();
    Ok(())
}

fn block_bytes(stage: &Stage) -> u64 {
    match stage.sim() {
        Ok(sim) => stage.heaps().map(|heap| sim.heap_usage(heap)).sum(),
        Err(_) => stage.allocator().stats().total().block_bytes,
    }
}
