//! Reports: every byte of every block, and every label.

use rm_alloc_core::{Allocation, AllocatorCapabilities, MemoryRequest, TilingClass};

use crate::{Environment, Outcome};

/// The ranges of each block follow one another from its first byte to its last, and sum to the statistics.
pub fn ranges_cover_each_block(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::REPORT)?;
    let mut rng = fastrand::Rng::with_seed(6);
    let types = stage.types();
    let mut held: Vec<Allocation> = Vec::new();
    for _ in 0..120 {
        if held.len() < 20 && rng.u8(..) < 150 {
            let memory_type = types[rng.usize(..types.len())];
            let (size, alignment) = (rng.u64(1..100_000), 1 << rng.u32(0..16));
            let request = MemoryRequest::new(size, alignment, memory_type, TilingClass::Linear);
            // The report is looked at after every step.
            held.push(stage.take(&request));
        } else if !held.is_empty() {
            stage.free(held.swap_remove(rng.usize(..held.len())));
        }
    }
    held.into_iter().for_each(|allocation| stage.free(allocation));
    let report = stage.allocator().report();
    let used = report.blocks.iter().flat_map(|block| &block.ranges).filter(|range| range.used);
    assert_eq!(used.count(), 0, "everything was freed: {report:?}");
    stage.finish();
    Ok(())
}

/// A label is in the report as long as its memory lives, and on that memory alone.
pub fn labels_are_reported(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.needs(AllocatorCapabilities::REPORT)?;
    let count = |label: Option<&str>| {
        let report = stage.allocator().report();
        let ranges = report.blocks.iter().flat_map(|block| &block.ranges);
        ranges.filter(|range| range.used && range.label.as_deref() == label).count()
    };
    let request = MemoryRequest::new(1000, 1, 0, TilingClass::Linear);
    let nameless = stage.take(&request);
    let one = stage.take(&request.clone().label("one"));
    let two = stage.take(&request.clone().label("two"));
    let twin = stage.take(&request.clone().label("two"));
    assert_eq!([Some("one"), Some("two"), None].map(count), [1, 2, 1]);
    stage.free(two);
    assert_eq!([Some("one"), Some("two"), None].map(count), [1, 1, 1]);
    stage.free(one);
    let successor = stage.take(&request);
    assert_eq!([Some("one"), Some("two"), None].map(count), [0, 1, 2], "no label is inherited");
    [nameless, twin, successor].into_iter().for_each(|allocation| stage.free(allocation));
    stage.finish();
    Ok(())
}
