//! `bufferImageGranularity`: linear and optimal resources keep their pages apart, and the oracle looks.

use rm_alloc_core::{AllocatorCapabilities, TilingClass};

use crate::{
    Environment, Outcome, Skip, Stage,
    stage::{Placed, Shape},
};

/// Small buffers and images, mixed at random in one memory type, never meet in a page.
pub fn linear_and_optimal_never_share_a_page(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    needs_pages(&stage)?;
    for memory_type in shared_types(&stage)? {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut held: Vec<Placed> = Vec::new();
        for _ in 0..80 {
            if held.len() < 24 && rng.u8(..) < 160 {
                let shape = if rng.bool() {
                    Shape::Buffer { size: rng.u64(1..3000) }
                } else {
                    Shape::Image { width: rng.u32(1..24), height: rng.u32(1..24) }
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

/// A buffer may be placed over any mixed memory, whatever lies around it.
pub fn mixed_memory_owns_its_pages(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    needs_pages(&stage)?;
    stage.needs(AllocatorCapabilities::MIXED)?;
    for memory_type in shared_types(&stage)? {
        let mut held = Vec::new();
        for step in 0..12 {
            held.push(stage.place(Shape::Buffer { size: 100 + step }, memory_type));
            let object = stage.object(Shape::Image { width: 5, height: 3 });
            let object = object.unwrap_or_else(|error| panic!("an image was refused: {error}"));
            let mut request = object.request(memory_type);
            request.tiling = TilingClass::Mixed;
            let placed = stage.try_place(object, &request);
            let placed = placed.unwrap_or_else(|broken| panic!("{broken}"));
            held.push(placed.unwrap_or_else(|error| panic!("mixed memory: {error}")));
            held.push(stage.place(Shape::Image { width: 3, height: 3 }, memory_type));
        }
        // Leaves holes between what stays.
        for index in (0..held.len()).rev().step_by(2) {
            stage.remove(held.swap_remove(index));
        }
        held.push(stage.place(Shape::Buffer { size: 64 }, memory_type));
        held.into_iter().for_each(|placed| stage.remove(placed));
    }
    stage.finish();
    Ok(())
}

fn needs_pages(stage: &Stage) -> Outcome {
    match stage.context().limits().buffer_image_granularity {
        1 => Err(Skip::NotHere("linear and optimal resources may touch on this device")),
        _ => Ok(()),
    }
}

/// The types that both buffers and images can live in.
fn shared_types(stage: &Stage) -> Result<Vec<u32>, Skip> {
    let bits = [Shape::Buffer { size: 64 }, Shape::Image { width: 4, height: 4 }].map(|shape| {
        let object = stage.object(shape).unwrap_or_else(|e| panic!("{shape:?} was refused: {e}"));
        stage.destroy(object);
        object.types
    });
    let shared = bits[0] & bits[1];
    let types: Vec<_> = (0..32).filter(|index| shared & (1 << index) != 0).collect();
    match types.is_empty() {
        true => Err(Skip::NotHere("buffers and images share no memory type")),
        false => Ok(types),
    }
}
