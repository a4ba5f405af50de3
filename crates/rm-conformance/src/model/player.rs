//! Plays a trace on a fresh device, with a model of what every slot holds.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rm_alloc_core::{AllocatorCapabilities, Dedicated, MemoryError, MemoryRequest, TilingClass};

use super::{Failure, Operation, Wanted, What, Wish};
use crate::{
    Environment, Skip, Stage,
    stage::{Broken, Object, Placed, Shape},
};

/// A slot: its memory, and the pattern that was written last.
#[derive(Debug)]
struct Slot {
    placed: Placed,
    pattern: Option<u64>,
}

type Slots = BTreeMap<u32, Slot>;

/// Plays `operations`, and says what was broken; a panic of the backend breaks a promise too.
pub(super) fn play(
    environment: &Environment,
    operations: &[Operation],
) -> Result<Option<Failure>, Skip> {
    let stage = environment.stage()?;
    let mut at = 0;
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut slots = Slots::new();
        for (index, operation) in operations.iter().enumerate() {
            at = index;
            step(&stage, &mut slots, *operation)?;
        }
        at = operations.len();
        slots.into_values().try_for_each(|slot| end(&stage, slot))
    }));
    let message = match played {
        Ok(Ok(())) => match catch_unwind(AssertUnwindSafe(|| stage.finish())) {
            Ok(()) => return Ok(None),
            Err(thrown) => in_words(&*thrown),
        },
        Ok(Err(Broken(message))) => forgiven(stage, message),
        Err(thrown) => forgiven(stage, in_words(&*thrown)),
    };
    Ok(Some(Failure { operation: at, message }))
}

fn step(stage: &Stage, slots: &mut Slots, operation: Operation) -> Result<(), Broken> {
    match operation {
        Operation::Allocate(wanted) => {
            if let Some(old) = slots.remove(&wanted.slot) {
                end(stage, old)?;
            }
            if let Some(placed) = allocate(stage, wanted)? {
                slots.insert(wanted.slot, Slot { placed, pattern: None });
            }
        }
        Operation::Free { slot } => {
            if let Some(slot) = slots.remove(&slot) {
                end(stage, slot)?;
            }
        }
        Operation::Write { slot, seed } => {
            if let Some(slot) = slots.get_mut(&slot) {
                stage.fill(&slot.placed.allocation, seed);
                slot.pattern = Some(seed);
            }
        }
        Operation::Verify { slot } => {
            if let Some(slot) = slots.get(&slot) {
                verify(stage, slot)?;
            }
        }
        Operation::Trim { heap, keep } => {
            stage.allocator().trim(heap % stage.heaps().end.max(1), keep);
            stage.check()?;
        }
        Operation::VerifyAll => slots.values().try_for_each(|slot| verify(stage, slot))?,
    }
    Ok(())
}

fn verify(stage: &Stage, slot: &Slot) -> Result<(), Broken> {
    slot.pattern.map_or(Ok(()), |seed| stage.verify(&slot.placed.allocation, seed))
}

fn end(stage: &Stage, slot: Slot) -> Result<(), Broken> {
    verify(stage, &slot)?;
    stage.try_remove(slot.placed)
}

/// Serves one wish as far as backend and device can; what they cannot is left out, never refused.
fn allocate(stage: &Stage, wanted: Wanted) -> Result<Option<Placed>, Broken> {
    let mixed = stage.has(AllocatorCapabilities::MIXED);
    let shape = match wanted.what {
        What::Buffer | What::Mixed => Shape::Buffer { size: wanted.size },
        What::Image => image_of(wanted.size),
        What::Raw(TilingClass::Mixed) if !mixed => {
            Shape::Raw { size: wanted.size, tiling: TilingClass::Linear }
        }
        What::Raw(tiling) => Shape::Raw { size: wanted.size, tiling },
    };
    let object = stage.object(shape).map_err(|error| refused(shape, error))?;
    let types: Vec<_> = (0..32).filter(|index| object.types & (1 << index) != 0).collect();
    let Some(memory_type) = types.get(wanted.memory_type as usize % types.len().max(1)) else {
        stage.destroy(object);
        return Ok(None);
    };
    let label = wanted.label.then(|| format!("slot {}", wanted.slot));
    let mut request = object.request(*memory_type);
    request.alignment = request.alignment.max(wanted.alignment);
    request.dedicated = dedicated(stage, &object, wanted.wish);
    request.map = wanted.map && stage.visible_types().contains(memory_type);
    request.label = label.as_deref();
    if wanted.what == What::Mixed && mixed && request.dedicated == Dedicated::No {
        request.tiling = TilingClass::Mixed;
    }
    match stage.try_place(object, &request)? {
        Ok(placed) => Ok(Some(placed)),
        Err(error) => Err(refused_request(&request, error)),
    }
}

fn dedicated(stage: &Stage, object: &Object, wish: Wish) -> Dedicated {
    match (wish, object.resource) {
        (Wish::Prefer, Some(resource)) => Dedicated::Prefer(resource),
        (Wish::Require, Some(resource)) if stage.has(AllocatorCapabilities::DEDICATED) => {
            Dedicated::Require(resource)
        }
        _ => Dedicated::No,
    }
}

/// An image of about `size` bytes.
fn image_of(size: u64) -> Shape {
    let texels = u32::try_from(size / 4).unwrap_or(u32::MAX).max(1);
    let width = texels.isqrt();
    Shape::Image { width, height: texels / width }
}

fn refused(shape: Shape, error: MemoryError) -> Broken {
    Broken(format!("{shape:?} was refused: {error}"))
}

fn refused_request(request: &MemoryRequest<'_>, error: MemoryError) -> Broken {
    Broken(format!("{request:?} was refused: {error}"))
}

/// Settles with the device of a stage that has failed, so that dropping it does not fail again.
fn forgiven(stage: Stage, message: String) -> String {
    let (allocator, context, sim) = stage.into_parts();
    // What failed once may fail again, and what is left is not worth hearing of.
    let _again = catch_unwind(AssertUnwindSafe(|| drop((allocator, context))));
    if let Some(sim) = sim {
        let _known = sim.verdict();
    }
    message
}

fn in_words(thrown: &(dyn Any + Send)) -> String {
    let text = thrown.downcast_ref::<&str>().copied();
    let text = text.or_else(|| thrown.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a word"))
}
