//! Trimming: what is empty goes, as far as is asked, and nothing else.

use rm_alloc_core::{MemoryAllocator, MemoryRequest, TilingClass};
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

const MIB: u64 = 1 << 20;

/// All classes of the heap count together, and other heaps are left alone.
#[test]
fn what_may_be_kept_is_kept() {
    let (sim, context) = device(Profile::h200());
    let (heap, other) = (context.heap_of(0), context.heap_of(1));
    assert_ne!(heap, other);
    let allocator = NativeAllocator::new(&context).unwrap();
    let request = |memory_type, class| MemoryRequest::new(1000, 1, memory_type, class);
    let classes = [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed];
    let mut held = Vec::from(classes.map(|class| allocator.allocate(&request(0, class)).unwrap()));
    held.push(allocator.allocate(&request(1, TilingClass::Linear)).unwrap());
    free_all(&allocator, held);
    assert_eq!(sim.heap_usage(heap), 12 * MIB);
    assert_eq!(allocator.trim(heap, 12 * MIB), 0, "all of it may stay");
    assert_eq!(allocator.trim(heap, 5 * MIB), 8 * MIB);
    assert_eq!(sim.heap_usage(heap), 4 * MIB);
    assert_eq!(allocator.trim(heap, 0), 4 * MIB);
    assert_eq!((sim.heap_usage(heap), sim.heap_usage(other)), (0, 4 * MIB));
}

/// Something in it keeps a block, and a range that is only kept for the next one does not.
#[test]
fn only_what_is_empty_goes() {
    let (sim, context) = device(Profile::h200());
    let heap = context.heap_of(0);
    let allocator = NativeAllocator::new(&context).unwrap();
    let large = allocator.allocate(&linear(3 * MIB)).unwrap();
    let small = [(); 2].map(|()| allocator.allocate(&linear(2000)).unwrap());
    let rest = allocator.allocate(&linear(7 * MIB)).unwrap();
    assert_eq!(sim.heap_usage(heap), 12 * MIB);
    assert_eq!(allocator.trim(heap, 0), 0);
    free_all(&allocator, small.into_iter().chain([large]));
    assert_eq!(allocator.trim(heap, 0), 4 * MIB);
    free_all(&allocator, [rest]);
}

/// Blocks that wait for whoever tends the allocator are freed too, and only those of the heap are counted.
#[test]
fn what_waits_to_be_freed_is_freed() {
    let (sim, context) = device(Profile::h200());
    let (heap, other) = (context.heap_of(0), context.heap_of(1));
    let config = NativeConfig::default().grow_ahead().keep_empty(0, std::time::Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    for memory_type in [0, 1] {
        let request = MemoryRequest::new(3 * MIB, 1, memory_type, TilingClass::Linear);
        let held = [(); 2].map(|()| allocator.allocate(&request).unwrap());
        free_all(&allocator, held);
    }
    let before = sim.heap_usage(heap);
    assert!(before > 0 && sim.heap_usage(other) > 0);
    assert_eq!(allocator.trim(heap, 0), before);
    assert_eq!(sim.heap_usage(heap), 0);
}
