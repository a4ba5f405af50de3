//! Behaviour 37: the book is exact after every step, whoever asks and whatever comes of it.

use super::{Book, DeviceBlocks, HeapBlocks, Record, Room};
use crate::{HeapStats, MemoryError};

fn room(size: u64, heap: u32) -> Room {
    Room { size, heap, heap_size: 100, max_count: 3 }
}

fn record(owner: u32, room: Room) -> Record {
    let Room { size, heap, .. } = room;
    let memory = ash::vk::DeviceMemory::null();
    Record { memory, owner, size, memory_type: heap, heap, dedicated: false, label: None }
}

fn enter(book: &mut Book, owner: u32, size: u64, heap: u32) -> u32 {
    book.reserve(room(size, heap)).unwrap();
    book.settle(room(size, heap), record(owner, room(size, heap)))
}

/// What is reserved counts against every bound at once, and shows in no figure before it settles.
#[test]
fn reservations_count_and_do_not_show() {
    let mut book = Book::new();
    book.reserve(room(60, 0)).unwrap();
    book.reserve(room(40, 0)).unwrap();
    assert_eq!(book.reserve(room(1, 0)), Err(MemoryError::OutOfDeviceMemory), "full to the byte");
    book.reserve(room(100, 1)).unwrap();
    assert_eq!(book.reserve(room(1, 2)), Err(MemoryError::TooManyAllocations), "three at most");
    assert_eq!(book.device(), DeviceBlocks::default());
    book.refund(room(40, 0));
    assert_eq!(book.reserve(room(41, 0)), Err(MemoryError::OutOfDeviceMemory));
    book.reserve(room(40, 0)).unwrap();
    for room in [room(60, 0), room(40, 0), room(100, 1)] {
        book.refund(room);
    }
    assert_eq!(book.device(), DeviceBlocks::default(), "as if nothing had been");
    assert_eq!(book.reserve(room(u64::MAX, 0)), Err(MemoryError::OutOfDeviceMemory));
}

/// Figures of the device, of every heap and of every owner follow each block in and out.
#[test]
fn figures_follow_every_block() {
    let mut book = Book::new();
    let (one, two) = (book.open("one"), book.open("two"));
    let first = enter(&mut book, one, 30, 0);
    let second = enter(&mut book, two, 50, 0);
    let third = enter(&mut book, one, 10, 1);
    let mut expected =
        DeviceBlocks { count: 3, made: 3, bytes: 90, peak_bytes: 90, ..book.device() };
    expected.heaps[0] = HeapBlocks { bytes: 80, peak_bytes: 80, count: 2 };
    expected.heaps[1] = HeapBlocks { bytes: 10, peak_bytes: 10, count: 1 };
    assert_eq!(book.device(), expected);
    let stats = |block_bytes, blocks| HeapStats { block_bytes, blocks, ..HeapStats::default() };
    assert_eq!(book.stats(one)[..2], [stats(30, 1), stats(10, 1)]);
    assert_eq!(book.stats(two)[..2], [stats(50, 1), stats(0, 0)]);
    assert_eq!(book.records(one).count(), 2);

    assert_eq!(book.strike(first).map(|record| record.size), Some(30));
    assert!(book.strike(first).is_none(), "once");
    assert!(book.strike(99).is_none(), "never entered");
    (expected.count, expected.bytes) = (2, 60);
    expected.heaps[0] = HeapBlocks { bytes: 50, peak_bytes: 80, count: 1 };
    assert_eq!(book.device(), expected, "peaks and what was made stay");
    assert_eq!(book.stats(one)[..2], [stats(0, 0), stats(10, 1)]);
    let again = enter(&mut book, two, 20, 0);
    assert_eq!(again, first, "a free record is used again");
    for index in [second, third, again] {
        book.strike(index);
    }
    assert_eq!((book.device().count, book.device().bytes, book.device().made), (0, 0, 4));
    assert_eq!(book.device().peak_bytes, 90);
}

/// An account is used again once it is closed and its last block is gone, and not before.
#[test]
fn accounts_are_used_again() {
    let mut book = Book::new();
    let first = book.open("first");
    let block = enter(&mut book, first, 1, 0);
    assert_ne!(book.open("second"), first, "it is open");
    book.close(first);
    assert_ne!(book.open("third"), first, "its block is still out");
    book.strike(block);
    assert_eq!(book.open("fourth"), first);
    assert_eq!(&*book.name(first), "fourth");
    assert_ne!(book.open("fifth"), first, "it is open again");
}
