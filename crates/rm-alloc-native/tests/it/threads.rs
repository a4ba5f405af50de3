//! Threads that allocate, write, hand over and free.

use std::{ptr, sync::Mutex, thread};

use rm_alloc_core::{Allocation, MemoryAllocator, MemoryRequest, TilingClass};
use rm_alloc_native::{BackgroundGrower, NativeAllocator, NativeConfig};
use rm_vksim::Profile;

use crate::sim::{device, free_all};

const THREADS: usize = 16;
const PAIRS: usize = 400;

/// An allocation whose every byte is the number beside it.
struct Written(Allocation, u8);

fn write(allocation: Allocation, value: u8) -> Written {
    let (base, size) = (allocation.mapped().unwrap(), usize::try_from(allocation.size()).unwrap());
    // SAFETY: it is mapped for its whole size, and ours alone.
    unsafe { ptr::write_bytes(base.as_ptr(), value, size) };
    Written(allocation, value)
}

/// Whether nobody else has written there.
fn check(Written(allocation, value): &Written) {
    let (base, size) = (allocation.mapped().unwrap(), usize::try_from(allocation.size()).unwrap());
    for at in [0, size / 2, size - 1] {
        // SAFETY: within the mapped allocation, which is ours.
        let found = unsafe { base.as_ptr().wrapping_add(at).read() };
        assert_eq!(found, *value, "byte {at} of {size}");
    }
}

/// Sixteen threads, each of which frees what others took; every byte is its owner's.
fn play(allocator: &NativeAllocator) {
    let shared = Mutex::new(Vec::<Written>::new());
    thread::scope(|scope| {
        for number in 1..=THREADS {
            let shared = &shared;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(number as u64);
                let value = u8::try_from(number).unwrap();
                let mut held = Vec::new();
                for _ in 0..PAIRS {
                    let size = random.u64(1..30_000);
                    let request = MemoryRequest::new(size, 64, 2, TilingClass::Linear).mapped();
                    held.push(write(allocator.allocate(&request).unwrap(), value));
                    if held.len() < 16 {
                        continue;
                    }
                    let mine = held.swap_remove(random.usize(..held.len()));
                    check(&mine);
                    let mut pile = shared.lock().unwrap();
                    pile.push(mine);
                    let other = if pile.len() > 32 { Some(pile.swap_remove(0)) } else { None };
                    drop(pile);
                    if let Some(other) = other {
                        check(&other);
                        free_all(allocator, [other.0]);
                    }
                }
                held.iter().for_each(check);
                free_all(allocator, held.into_iter().map(|it| it.0));
            });
        }
    });
    let left = shared.into_inner().unwrap();
    left.iter().for_each(check);
    free_all(allocator, left.into_iter().map(|it| it.0));
    assert_eq!(allocator.stats().total().used_bytes, 0);
    assert_eq!(allocator.stats().total().allocations, 0);
}

#[test]
fn every_byte_has_one_owner() {
    for shards in [1, 8] {
        let (_sim, context) = device(Profile::h200());
        let config = NativeConfig::default().shards(shards).least_block(1 << 20);
        play(&NativeAllocator::with_config(&context, &config).unwrap());
    }
}

#[test]
fn every_byte_has_one_owner_while_blocks_come_and_go_elsewhere() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().least_block(64 << 10).grow_ahead();
    let config = config.keep_empty(0, std::time::Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let grower = BackgroundGrower::spawn(&allocator, BackgroundGrower::SHORTEST_PERIOD).unwrap();
    play(&allocator);
    grower.stop();
}
