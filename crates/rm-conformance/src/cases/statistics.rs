//! Figures: right after every step, zero at the end, and changed by nothing else.

use rm_alloc_core::{AllocatorCapabilities, FreedParcel, MemoryRequest, ParcelKind, TilingClass};

use crate::{Environment, Outcome};

/// After every step of a random sequence the figures are the sums over what is live, a heap each.
pub fn figures_follow_every_step(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs_statistics()?;
    let mut rng = fastrand::Rng::with_seed(5);
    let types = stage.types();
    let mut held = Vec::new();
    for step in 0..120 {
        // Grows, then shrinks.
        if rng.u32(..120) >= step || held.is_empty() {
            let memory_type = types[rng.usize(..types.len())];
            let top = 1 << rng.u32(1..22);
            let size = rng.u64(1..top);
            let request = MemoryRequest::new(size, 64, memory_type, TilingClass::Optimal);
            held.push(stage.take(&request));
        } else {
            stage.free(held.swap_remove(rng.usize(..held.len())));
        }
        let total = stage.allocator().stats().total();
        assert_eq!(total.allocations as usize, held.len(), "after step {step}");
        let bytes: u64 = held.iter().map(rm_alloc_core::Allocation::size).sum();
        assert_eq!(total.used_bytes, bytes, "after step {step}");
    }
    held.into_iter().for_each(|allocation| stage.free(allocation));
    stage.finish();
    Ok(())
}

/// When everything is freed nothing is used, and only whoever shares blocks keeps any.
pub fn everything_freed_leaves_nothing_used(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs_statistics()?;
    for round in 0..3 {
        let types = stage.types();
        let requests = types.iter().flat_map(|memory_type| {
            [1, 5000, 300_000]
                .map(|size| MemoryRequest::new(size, 1, *memory_type, TilingClass::Linear))
        });
        let held: Vec<_> = requests.map(|request| stage.take(&request)).collect();
        held.into_iter().for_each(|allocation| stage.free(allocation));
        let total = stage.allocator().stats().total();
        assert_eq!((total.used_bytes, total.allocations), (0, 0), "round {round}");
        if !stage.has(AllocatorCapabilities::SUBALLOCATES) {
            assert_eq!((total.block_bytes, total.blocks), (0, 0), "round {round}");
        }
    }
    stage.finish();
    Ok(())
}

/// Hearing of a freed resource is no reason to count anything.
pub fn parcels_change_no_figure(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let kept = stage.take(&MemoryRequest::new(100, 1, 0, TilingClass::Linear));
    let before = stage.figures();
    for kind in [ParcelKind::Buffer, ParcelKind::Image, ParcelKind::Raw] {
        let parcel = FreedParcel { reserved: 4096, committed: 4000, kind };
        stage.allocator().notify_freed(parcel);
    }
    assert_eq!(stage.figures(), before);
    stage.assert_whole();
    stage.free(kept);
    stage.finish();
    Ok(())
}

/// `trim` gives back what it says, keeps what it is told to keep, and never touches what is used.
pub fn trim_gives_back_what_it_says(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::TRIM)?;
    let trim = |heap, keep| {
        let of_heap = || stage.allocator().stats().heaps.get(heap as usize).copied();
        let before = of_heap().unwrap_or_default();
        let given = stage.allocator().trim(heap, keep);
        let after = of_heap().unwrap_or_default();
        assert_eq!(before.block_bytes - given, after.block_bytes, "heap {heap}, keeping {keep}");
        assert_eq!(before.used_bytes, after.used_bytes, "heap {heap}, keeping {keep}");
        stage.assert_whole();
        given
    };
    for memory_type in stage.types() {
        let heap = stage.heap_of(memory_type);
        let request = MemoryRequest::new(200_000, 1, memory_type, TilingClass::Linear);
        let kept = stage.take(&request);
        stage.fill(&kept, 9);
        let rest: Vec<_> = (0..40).map(|_| stage.take(&request)).collect();
        rest.into_iter().for_each(|allocation| stage.free(allocation));
        trim(heap, u64::MAX);
        trim(heap, 1 << 20);
        let empty = || {
            let stats = stage.allocator().stats();
            let figures = stats.heaps[heap as usize];
            figures.block_bytes - figures.used_bytes
        };
        trim(heap, 0);
        let left = empty();
        assert_eq!(trim(heap, 0), 0, "nothing is left to give back");
        assert_eq!(empty(), left);
        stage.assert_holds(&kept, 9);
        stage.free(kept);
        trim(heap, 0);
        let figures = stage.allocator().stats().heaps[heap as usize];
        assert_eq!(figures.block_bytes, 0, "nothing used, nothing kept");
    }
    assert_eq!(stage.allocator().trim(u32::MAX, 0), 0, "a heap that does not exist");
    stage.finish();
    Ok(())
}
