//! Behaviour 36: an object of its own where one is required, and where it is preferred while there are enough.

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    AllocatorCapabilities, BufferRequest, Dedicated, ErrorKind, MemoryAllocatorExt, MemoryRequest,
};

use crate::{
    Environment, Outcome, Stage,
    stage::{Placed, Shape},
};

/// Memory of which it is required is an object of exactly the size asked for, and nobody else's.
pub fn required_memory_is_an_object_of_its_own(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::DEDICATED)?;
    // Something to be put beside, if the backend is tempted.
    let other = place_own(&stage, Shape::Buffer { size: 1 << 16 }, Own::No);
    for size in [1, 100, 5000, 1 << 20] {
        let shapes = [Shape::Buffer { size }, Shape::Image { width: 40, height: 30 }];
        let held = shapes.map(|shape| place_own(&stage, shape, Own::Required));
        for placed in held {
            assert_reported_dedicated(&stage, &placed);
            stage.remove(placed);
        }
    }
    stage.remove(other);
    stage.finish();
    Ok(())
}

/// While the device has objects to spare, a preference gets an object of its own too.
pub fn a_preference_is_honoured(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::DEDICATED)?;
    let other = place_own(&stage, Shape::Buffer { size: 1 << 16 }, Own::No);
    for shape in [Shape::Buffer { size: 3000 }, Shape::Image { width: 40, height: 30 }] {
        let placed = place_own(&stage, shape, Own::Preferred);
        assert_eq!(placed.allocation.offset(), 0, "{shape:?} lies in somebody else's object");
        assert_reported_dedicated(&stage, &placed);
        stage.remove(placed);
    }
    stage.remove(other);
    stage.finish();
    Ok(())
}

/// The resource is the backend's business during the call alone: it may be gone before its memory is freed.
pub fn a_resource_is_not_kept(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::DEDICATED)?;
    let place = || place_own(&stage, Shape::Buffer { size: 7000 }, Own::Required);
    // The oracle would object to any use of a buffer that is gone.
    let Placed { object, allocation } = place();
    stage.destroy(object);
    stage.free(allocation);
    let Placed { object, allocation } = place();
    stage.destroy(object);
    let next = place();
    stage.free(allocation);
    stage.remove(next);
    stage.finish();
    Ok(())
}

/// Near the device's limit on objects a wish is no longer granted, a need still is.
pub fn near_the_count_limit_only_needs_are_dedicated(environment: &Environment) -> Outcome {
    let stage = environment.stage_with(|profile| {
        profile.limits.max_memory_allocation_count = 16;
        profile.rules.buffers.dedicated_from = Some(4096);
        profile.captured.clear();
    })?;
    stage.needs(AllocatorCapabilities::DEDICATED | AllocatorCapabilities::REPORT)?;
    let small = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST).dedicated();
    let wishing = BufferRequest::new(4096, BufferUsageFlags::TRANSFER_DST);
    let made = |request: &BufferRequest<'_>| {
        stage.buffer(request).unwrap_or_else(|error| panic!("{request:?}: {error}"))
    };
    let is_dedicated = |label: &str| {
        let blocks = stage.allocator().report().blocks;
        blocks.iter().any(|block| {
            block.dedicated
                && block.ranges.iter().any(|range| range.label.as_deref() == Some(label))
        })
    };
    let granted = made(&wishing.clone().label("granted"));
    assert!(is_dedicated("granted"), "there are objects to spare");
    let mut held = vec![granted];
    while !stage.context().near_allocation_limit() {
        held.push(made(&small));
        assert!(held.len() <= 16, "no object for each of {} needs", held.len());
    }
    match stage.buffer(&wishing.label("refused")) {
        Ok(buffer) => {
            assert!(!is_dedicated("refused"), "a wish was granted near the limit");
            held.push(buffer);
        }
        Err(error) => panic!("a wish that is not granted is still served: {error}"),
    }
    held.push(made(&small.label("needed")));
    assert!(is_dedicated("needed"), "a need is a need");
    held.into_iter().for_each(|buffer| stage.free_buffer(buffer));
    stage.finish();
    Ok(())
}

/// Memory that others may be placed over is never dedicated: a need for both is refused, a wish is dropped.
pub fn aliasable_memory_is_never_dedicated(environment: &Environment) -> Outcome {
    let stage = environment.stage_with(|profile| {
        profile.rules.buffers.dedicated_from = Some(1);
        profile.captured.clear();
    })?;
    stage.needs(AllocatorCapabilities::MIXED | AllocatorCapabilities::REPORT)?;
    let request = BufferRequest::new(4096, BufferUsageFlags::STORAGE_BUFFER).aliasable();
    let needs = stage.allocator().buffer_requirements(&request);
    let prefers = needs.map(|needs| needs.prefers_dedicated);
    assert_eq!(prefers.ok(), Some(true), "the profile makes every buffer wish");
    let both = stage.buffer(&request.clone().dedicated());
    let kind = both.err().map(|error| error.kind());
    assert!(matches!(kind, Some(ErrorKind::Unsupported(_))), "{kind:?}");
    let buffer = stage.buffer(&request).unwrap_or_else(|error| panic!("{error}"));
    let report = stage.allocator().report();
    assert!(report.blocks.iter().all(|block| !block.dedicated), "{report:?}");
    stage.free_buffer(buffer);
    stage.finish();
    Ok(())
}

/// Whether a resource gets an object of its own.
#[derive(Clone, Copy)]
enum Own {
    No,
    Preferred,
    Required,
}

/// Places a resource in the first type that it can live in.
fn place_own(stage: &Stage, shape: Shape, own: Own) -> Placed {
    let object = stage.object(shape).unwrap_or_else(|e| panic!("{shape:?} was refused: {e}"));
    let request: MemoryRequest<'_> = object.request(object.types.trailing_zeros());
    let dedicated = match (own, object.resource) {
        (Own::Preferred, Some(resource)) => Dedicated::Prefer(resource),
        (Own::Required, Some(resource)) => Dedicated::Require(resource),
        _ => Dedicated::No,
    };
    let placed = stage.try_place(object, &request.dedicated(dedicated));
    let placed = placed.unwrap_or_else(|broken| panic!("{broken}"));
    placed.unwrap_or_else(|error| panic!("{shape:?} was refused: {error}"))
}

/// The report, if there is one, has a dedicated block of exactly this size.
fn assert_reported_dedicated(stage: &Stage, placed: &Placed) {
    if !stage.has(AllocatorCapabilities::REPORT) {
        return;
    }
    let report = stage.allocator().report();
    let size = placed.allocation.size();
    let found = report.blocks.iter().any(|block| block.dedicated && block.size == size);
    assert!(found, "no dedicated block of {size} bytes in {report:?}");
}
