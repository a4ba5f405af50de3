//! Plain memory: what comes is what was asked for, and what cannot be served is refused and changes nothing.

use ash::vk;
use rm_alloc_core::{AllocatorCapabilities, MemoryError, MemoryRequest, Priority, TilingClass};

use crate::{Environment, Outcome, Stage, stage::Shape};

/// Sizes, alignments and tilings of every kind on every type: each allocation has what its request says.
pub fn memory_is_what_was_asked_for(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for memory_type in stage.types() {
        for (size, alignment) in [1, 3, 255, 4096, 65_537, 1 << 20]
            .into_iter()
            .flat_map(|size| [1, 16, 256, 4096, 65_536].map(|alignment| (size, alignment)))
        {
            for tiling in stage.tilings() {
                let request = MemoryRequest::new(size, alignment, memory_type, tiling);
                let one = stage.take(&request);
                // The second lies where the first has left an odd end.
                let other = stage.take(&MemoryRequest::new(size, alignment, memory_type, tiling));
                stage.free(one);
                stage.free(other);
            }
        }
    }
    stage.finish();
    Ok(())
}

/// Memory that claims a type is of that type: a resource that can live nowhere else binds to it.
pub fn memory_is_of_the_requested_type(environment: &Environment) -> Outcome {
    let lazily = vk::MemoryPropertyFlags::LAZILY_ALLOCATED;
    let first = environment.stage()?;
    let mut types = first.types();
    // Only transient attachments live there.
    types.retain(|index| !first.context().type_flags(*index).contains(lazily));
    first.finish();
    for memory_type in types {
        let stage = environment.stage_with(|profile| {
            profile.rules.buffers.types = Some(1 << memory_type);
            profile.captured.clear();
        })?;
        let placed = stage.place(Shape::Buffer { size: 5000 }, memory_type);
        stage.remove(placed);
        stage.finish();
    }
    Ok(())
}

/// While memory comes and goes at random, no two live ranges share a byte.
pub fn live_ranges_never_overlap(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let mut rng = fastrand::Rng::with_seed(1);
    let (types, tilings) = (stage.types(), stage.tilings());
    let mut held = Vec::new();
    for _ in 0..160 {
        if held.len() < 24 && rng.u8(..) < 150 {
            let top = 1 << rng.u32(1..18);
            let size = rng.u64(1..top);
            let memory_type = types[rng.usize(..types.len())];
            let tiling = tilings[rng.usize(..tilings.len())];
            // Checked against every other live range when it comes.
            held.push(stage.take(&MemoryRequest::new(
                size,
                1 << rng.u32(0..13),
                memory_type,
                tiling,
            )));
        } else if !held.is_empty() {
            stage.free(held.swap_remove(rng.usize(..held.len())));
        }
    }
    held.into_iter().for_each(|allocation| stage.free(allocation));
    stage.finish();
    Ok(())
}

/// What was written into a range is still there whatever came and went around it.
pub fn contents_stay_apart(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let mut rng = fastrand::Rng::with_seed(2);
    let (types, visible) = (stage.types(), stage.visible_types());
    let mut held = Vec::new();
    for seed in 0..160 {
        if held.len() < 24 && rng.u8(..) < 150 {
            let memory_type = types[rng.usize(..types.len())];
            let top = 1 << rng.u32(1..14);
            let size = rng.u64(1..top);
            let mut request = MemoryRequest::new(size, 1, memory_type, TilingClass::Linear);
            request.map = visible.contains(&memory_type);
            let allocation = stage.take(&request);
            stage.fill(&allocation, seed);
            held.push((allocation, seed));
        } else if !held.is_empty() {
            let (allocation, seed) = held.swap_remove(rng.usize(..held.len()));
            stage.assert_holds(&allocation, seed);
            stage.free(allocation);
        }
        held.iter().for_each(|(allocation, seed)| stage.assert_holds(allocation, *seed));
    }
    held.into_iter().for_each(|(allocation, _)| stage.free(allocation));
    stage.finish();
    Ok(())
}

/// A zero-sized request is refused and changes nothing.
pub fn zero_size_is_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for memory_type in stage.types() {
        let request = MemoryRequest::new(0, 1, memory_type, TilingClass::Linear);
        assert_invalid(&stage, &request);
    }
    stage.finish();
    Ok(())
}

/// An alignment that is no power of two is refused and changes nothing.
pub fn bad_alignments_are_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for alignment in [0, 3, 24, (1 << 40) + 1, u64::MAX] {
        assert_invalid(&stage, &MemoryRequest::new(64, alignment, 0, TilingClass::Linear));
    }
    stage.finish();
    Ok(())
}

/// A memory type that the device does not have is refused and changes nothing.
pub fn an_unknown_type_is_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let count = stage.context().memory_properties().memory_type_count;
    for memory_type in [count, 31, 32, u32::MAX] {
        if memory_type >= count {
            assert_invalid(&stage, &MemoryRequest::new(64, 1, memory_type, TilingClass::Linear));
        }
    }
    stage.finish();
    Ok(())
}

/// Sizes and alignments at the end of the address space are refused, never wrapped.
pub fn sizes_near_the_end_are_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let kept = stage.take(&MemoryRequest::new(100, 1, 0, TilingClass::Linear));
    let half = 1_u64 << 63;
    for tiling in stage.tilings() {
        for size in [u64::MAX, u64::MAX - 1, u64::MAX - 0xffff, half + 1, half, half - 1, 1 << 62] {
            for alignment in [1, 4096, 1 << 62] {
                let request = MemoryRequest::new(size, alignment, 0, tiling);
                let error = refused(&stage, &request);
                let expected = size < half || matches!(error, MemoryError::InvalidRequest(_));
                assert!(expected, "{request:?} was answered by {error}");
            }
        }
        assert_invalid(&stage, &MemoryRequest::new(1, half, 0, tiling));
    }
    stage.free(kept);
    stage.finish();
    Ok(())
}

/// After every kind of refusal the same memory can be had as before.
pub fn a_refused_request_changes_nothing(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let request = MemoryRequest::new(1000, 256, 0, TilingClass::Linear).label("kept");
    let kept = stage.take(&request);
    stage.fill(&kept, 7);
    let limit = stage.context().limits().max_allocation_size;
    for wrong in [
        MemoryRequest::new(0, 1, 0, TilingClass::Linear),
        MemoryRequest::new(64, 3, 0, TilingClass::Optimal),
        MemoryRequest::new(64, 1, u32::MAX, TilingClass::Linear),
        MemoryRequest::new(limit.saturating_add(1), 1, 0, TilingClass::Linear),
    ] {
        for _ in 0..3 {
            refused(&stage, &wrong);
        }
    }
    stage.assert_holds(&kept, 7);
    let again = stage.take(&request);
    stage.free(again);
    stage.free(kept);
    stage.finish();
    Ok(())
}

/// Labels are untrusted text: empty, long, with zeros and line ends, in any script.
pub fn any_label_is_accepted(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let long = "ever longer ".repeat(400);
    for label in
        ["", "plain", "with \0 inside", "two\nlines", "\"quoted\", <b>", "Größe 大きさ", &long]
    {
        let request = MemoryRequest::new(64, 1, 0, TilingClass::Linear).label(label);
        let allocation = stage.take(&request);
        stage.free(allocation);
    }
    stage.finish();
    Ok(())
}

/// A priority is a wish, and no reason to refuse.
pub fn any_priority_is_accepted(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let request = MemoryRequest::new(64, 1, 0, TilingClass::Linear);
    let held = [Priority::Low, Priority::Normal, Priority::High]
        .map(|priority| stage.take(&request.clone().priority(priority)));
    held.into_iter().for_each(|allocation| stage.free(allocation));
    stage.finish();
    Ok(())
}

/// Memory is exportable in ways that the device offers, and refused otherwise.
pub fn unknown_exports_are_refused(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::EXPORT)?;
    let request = MemoryRequest::new(4096, 1, 0, TilingClass::Linear);
    let unknown = vk::ExternalMemoryHandleTypeFlags::from_raw(1 << 30);
    let error = refused(&stage, &request.clone().export(unknown));
    assert!(matches!(error, MemoryError::Unsupported(_)), "an unknown handle type: {error}");
    let known = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
    match stage.allocate(&request.export(known)) {
        Ok(allocation) => stage.free(allocation),
        Err(MemoryError::Unsupported(_)) => {}
        Err(error) => panic!("a handle type that the device may lack: {error}"),
    }
    stage.finish();
    Ok(())
}

/// Name, abilities and device are the same at any time.
pub fn names_and_abilities_do_not_change(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let allocator = stage.allocator();
    let (name, abilities) = (allocator.name().to_owned(), allocator.capabilities());
    assert!(!name.is_empty(), "errors and dumps show the name");
    let allocation = stage.take(&MemoryRequest::new(64, 1, 0, TilingClass::Linear));
    assert_eq!((allocator.name(), allocator.capabilities()), (&*name, abilities));
    assert!(std::sync::Arc::ptr_eq(allocator.context(), stage.context()), "another device");
    stage.free(allocation);
    assert_eq!((allocator.name(), allocator.capabilities()), (&*name, abilities));
    stage.finish();
    Ok(())
}

/// The answer to a request that must not be served.
fn refused(stage: &Stage, request: &MemoryRequest<'_>) -> MemoryError {
    match stage.allocate(request) {
        Ok(allocation) => panic!("{request:?} was served with {allocation:?}"),
        Err(error) => error,
    }
}

fn assert_invalid(stage: &Stage, request: &MemoryRequest<'_>) {
    let error = refused(stage, request);
    assert!(matches!(error, MemoryError::InvalidRequest(_)), "{request:?} got {error}");
}
