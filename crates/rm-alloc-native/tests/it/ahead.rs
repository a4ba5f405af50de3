//! Growth ahead of need: who allocates and frees does not call the driver.

use std::{
    cell::{Cell, RefCell},
    io, thread,
    time::Duration,
};

use rm_alloc_core::MemoryAllocator;
use rm_alloc_native::{BackgroundGrower, NativeAllocator, NativeConfig};
use rm_vksim::{Call, Profile};

use crate::{
    sim::{counting, device, driver_calls, free_all, linear, sizes, small},
    trace::Player,
};

const MIB: u64 = 1 << 20;
/// Frames that are not looked at: there is nothing yet, and nobody knows what will be needed.
const WARM: usize = 10;

/// Frames after the warm-up in which this thread called the driver, of `play`, whose errands are done after each frame.
fn late_frames(
    play: impl FnOnce(&mut Player<'_>, &mut dyn FnMut(usize)),
) -> Vec<(usize, u64, u64)> {
    let context = counting(Profile::h200());
    let config = NativeConfig::default().grow_ahead();
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let (before, late) = (Cell::new(driver_calls()), RefCell::new(Vec::new()));
    let mut between = |frame| {
        let (now, last) = (driver_calls(), before.get());
        if frame >= WARM && now != last {
            late.borrow_mut().push((frame, now.0 - last.0, now.1 - last.1));
        }
        thread::scope(|scope| scope.spawn(|| allocator.tend()).join()).unwrap();
        before.set(driver_calls());
    };
    play(&mut Player { allocator: &allocator, look: &mut || {} }, &mut between);
    late.into_inner()
}

/// Neither to make nor to free a block, with the transients of three frames in flight.
#[test]
fn frames_never_call_the_driver() {
    let late = late_frames(|player, between| player.frames(1_000, between));
    assert_eq!(late, []);
}

/// Nor while assets come and go below a limit.
#[test]
fn streaming_never_calls_the_driver() {
    let late = late_frames(|player, between| player.streaming(2_000, 2 << 30, between));
    assert_eq!(late, []);
}

/// A block that was ordered is there for the next request that needs it; one order is one block.
#[test]
fn an_order_is_one_block() {
    let (sim, context) = device(Profile::h200());
    let allocator =
        NativeAllocator::with_config(&context, &NativeConfig::default().grow_ahead()).unwrap();
    let mut held = vec![allocator.allocate(&linear(MIB)).unwrap()];
    allocator.tend();
    allocator.tend();
    assert_eq!(sizes(&allocator.report()), [4 * MIB], "what is there is enough");
    held.extend((0..2).map(|_| allocator.allocate(&linear(MIB)).unwrap()));
    assert_eq!(sizes(&allocator.report()), [4 * MIB]);
    allocator.tend();
    allocator.tend();
    assert_eq!(sizes(&allocator.report()), [4 * MIB, 8 * MIB], "there is room for one alone");
    let calls = sim.counts().of(Call::AllocateMemory);
    held.extend((0..9).map(|_| allocator.allocate(&linear(MIB)).unwrap()));
    assert_eq!(sim.counts().of(Call::AllocateMemory), calls);
    free_all(&allocator, held);
}

/// An order keeps to the headroom of its request, whatever became of the heap meanwhile.
#[test]
fn an_order_stays_within_what_was_left_then() {
    let (_sim, context) = device(Profile::h200());
    let allocator =
        NativeAllocator::with_config(&context, &NativeConfig::default().grow_ahead()).unwrap();
    let heap = context.heap_of(0);
    let budget = 20 * MIB;
    let request = |size| linear(size).headroom(budget - context.block_bytes(heap));
    let mut held: Vec<_> = (0..4).map(|_| allocator.allocate(&request(MIB)).unwrap()).collect();
    // Ordered; but now somebody else takes most of it.
    let other = context.allocate_memory(&rm_alloc_core::BlockRequest::new(15 * MIB, 0)).unwrap();
    allocator.tend();
    assert!(context.block_bytes(heap) <= budget, "{}", context.block_bytes(heap));
    drop(other);
    held.push(allocator.allocate(&request(MIB)).unwrap());
    free_all(&allocator, held);
}

/// A shard whose order could not be served orders again, once there may be room.
#[test]
fn an_order_that_failed_is_made_again() {
    let (sim, context) = device(Profile::h200());
    let allocator =
        NativeAllocator::with_config(&context, &NativeConfig::default().grow_ahead()).unwrap();
    let heap = context.heap_of(0);
    let mut held: Vec<_> = (0..3).map(|_| allocator.allocate(&linear(MIB)).unwrap()).collect();
    sim.limit_heap(heap, Some(4 * MIB));
    allocator.tend();
    assert_eq!(sizes(&allocator.report()), [4 * MIB]);
    sim.limit_heap(heap, None);
    held.push(allocator.allocate(&linear(1000)).unwrap());
    allocator.tend();
    assert_eq!(sizes(&allocator.report()), [4 * MIB, 8 * MIB]);
    free_all(&allocator, held);
}

/// What is kept for what comes next is not given back and ordered again, over and over.
#[test]
fn what_is_needed_next_does_not_come_and_go() {
    let (sim, context) = device(Profile::h200());
    let config = NativeConfig::default().grow_ahead().keep_empty(0, Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let kept = allocator.allocate(&linear(3 * MIB)).unwrap();
    let pair = || {
        free_all(&allocator, [allocator.allocate(&linear(3 * MIB)).unwrap()]);
        allocator.tend();
    };
    (0..3).for_each(|_| pair());
    let before = sim.counts();
    (0..50).for_each(|_| pair());
    let calls = sim.counts().since(&before);
    assert_eq!((calls.of(Call::AllocateMemory), calls.of(Call::FreeMemory)), (0, 0));
    free_all(&allocator, [kept]);
}

/// The last part of a heap is not ordered either.
#[test]
fn a_tight_heap_is_left_alone() {
    let (sim, context) = device(small(64 * MIB));
    let config = NativeConfig::default().grow_ahead().shared_percent(50);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let held: Vec<_> = (0..30)
        .map(|_| {
            let taken = allocator.allocate(&linear(MIB)).unwrap();
            allocator.tend();
            taken
        })
        .collect();
    assert!(sim.heap_usage(0) <= 36 * MIB, "{}", sim.heap_usage(0));
    free_all(&allocator, held);
}

/// Nobody waits for a thread that has nothing to do.
#[test]
fn there_is_no_grower_for_who_does_not_grow_ahead() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let error = BackgroundGrower::spawn(&allocator, Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
}

/// Its thread makes what was ordered, without being asked.
#[test]
fn a_grower_serves_orders() {
    let (_sim, context) = device(Profile::h200());
    let allocator =
        NativeAllocator::with_config(&context, &NativeConfig::default().grow_ahead()).unwrap();
    let grower = BackgroundGrower::spawn(&allocator, Duration::from_secs(3600)).unwrap();
    let held: Vec<_> = (0..3).map(|_| allocator.allocate(&linear(MIB)).unwrap()).collect();
    while allocator.stats().total().blocks < 2 {
        thread::yield_now();
    }
    assert!(format!("{grower:?}").contains("running: true"));
    grower.stop();
    free_all(&allocator, held);
}

/// After `stop` no thread touches the device; what waits is done by whoever tends the allocator, or trims.
#[test]
fn stopping_waits_for_the_thread() {
    let (sim, context) = device(Profile::h200());
    let config = NativeConfig::default().grow_ahead();
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let grower = BackgroundGrower::spawn(&allocator, Duration::ZERO).unwrap();
    grower.stop();
    let held: Vec<_> = (0..3).map(|_| allocator.allocate(&linear(MIB)).unwrap()).collect();
    assert_eq!(sim.counts().of(Call::AllocateMemory), 1);
    allocator.tend();
    assert_eq!(sim.counts().of(Call::AllocateMemory), 2);
    free_all(&allocator, held);
}

/// The thread ends with its allocator, and takes no block with it.
#[test]
fn a_grower_ends_with_its_allocator() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().grow_ahead().keep_empty(0, Duration::ZERO);
    for _ in 0..50 {
        let allocator = NativeAllocator::with_config(&context, &config).unwrap();
        let grower = BackgroundGrower::spawn(&allocator, Duration::ZERO).unwrap();
        let held: Vec<_> = (0..8).map(|_| allocator.allocate(&linear(3 * MIB)).unwrap()).collect();
        free_all(&allocator, held);
        drop(allocator);
        while format!("{grower:?}").contains("running: true") {
            thread::yield_now();
        }
        grower.stop();
        assert_eq!(context.blocks().count, 0);
    }
}
