//! What shares a block, and what does not.

use rm_alloc_core::{
    MemoryAllocator, MemoryError, MemoryFeatures, MemoryRequest, Priority, TilingClass,
};
use rm_alloc_native::NativeAllocator;
use rm_headless::simulated;
use rm_vksim::{Profile, SimDevice};

use crate::sim::{device, free_all, linear};

/// Blocks have a priority each where the device knows any, and none otherwise.
#[test]
fn priorities_share_no_block_where_they_matter() {
    for (features, blocks) in [(MemoryFeatures::MEMORY_PRIORITY, 3), (MemoryFeatures::empty(), 1)] {
        let sim = SimDevice::new(Profile::h200()).unwrap();
        let (context, _sim) = simulated::context_with(sim, features);
        let allocator = NativeAllocator::new(&context).unwrap();
        let held = [Priority::Low, Priority::Normal, Priority::High]
            .map(|priority| allocator.allocate(&linear(1000).priority(priority)).unwrap());
        assert_eq!(allocator.stats().total().blocks, blocks, "{features:?}");
        free_all(&allocator, held);
    }
}

/// Buffers and images have blocks of their own, and whoever comes later joins its class.
#[test]
fn tiling_classes_share_no_block() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let classes = [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed];
    let take = |class| allocator.allocate(&MemoryRequest::new(1000, 16, 0, class)).unwrap();
    let held = classes.map(|class| [take(class), take(class)]);
    assert!(held.iter().all(|[one, other]| one.memory() == other.memory()));
    assert_eq!(allocator.stats().total().blocks, 3);
    free_all(&allocator, held.into_iter().flatten());
}

/// Sizes and alignments beyond anything are refused without a block, and nothing overflows.
#[test]
fn absurd_requests_are_refused() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let most = i64::MAX as u64;
    for size in [most, most - 1, 1 << 62, u64::from(u32::MAX) << 10] {
        let error = allocator.allocate(&linear(size)).unwrap_err();
        assert!(matches!(error, MemoryError::TooLarge { .. }), "{size}: {error}");
    }
    let beyond = allocator.allocate(&linear(most + 1)).unwrap_err();
    assert!(matches!(beyond, MemoryError::InvalidRequest(_)), "{beyond}");
    let nowhere = allocator.allocate(&MemoryRequest::new(1, 1, 99, TilingClass::Linear));
    assert!(matches!(nowhere, Err(MemoryError::InvalidRequest(_))), "{nowhere:?}");
    let hidden = allocator.allocate(&linear(1000).mapped()).unwrap_err();
    assert!(matches!(hidden, MemoryError::InvalidRequest(_)), "{hidden}");
    assert_eq!(context.blocks().count, 0);
    // The beginning of an object is aligned to everything.
    let aligned = allocator.allocate(&MemoryRequest::new(64, 1 << 62, 0, TilingClass::Linear));
    let aligned = aligned.unwrap();
    assert_eq!(aligned.offset(), 0);
    free_all(&allocator, [aligned]);
}
