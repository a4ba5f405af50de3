//! The book of a device's memory objects: how many, how large, whose.
//!
//! Plain figures behind one short lock. Room is reserved before the driver is asked, so that no interleaving
//! of threads exceeds a limit, and becomes a record when the driver has given the block. What a refused
//! attempt reserved never shows in a figure.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ash::vk;

use crate::{AllocatorStats, HeapStats, MemoryError};

/// Memory objects of a device, made through its context.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DeviceBlocks {
    /// Objects that exist now.
    pub count: u32,
    /// Objects ever handed out.
    pub made: u64,
    /// Bytes now, over all heaps.
    pub bytes: u64,
    /// Most bytes at any time, over all heaps.
    pub peak_bytes: u64,
    /// Figures of each heap.
    pub heaps: [HeapBlocks; vk::MAX_MEMORY_HEAPS],
}

/// Memory objects in one heap.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HeapBlocks {
    /// Bytes now.
    pub bytes: u64,
    /// Most bytes at any time.
    pub peak_bytes: u64,
    /// Objects now.
    pub count: u32,
}

/// A new block, and what it has to fit into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) size: u64,
    pub(super) heap: u32,
    pub(super) heap_size: u64,
    pub(super) max_count: u32,
}

/// One block, as long as it exists.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) memory: vk::DeviceMemory,
    pub(super) owner: u32,
    pub(super) size: u64,
    pub(super) memory_type: u32,
    pub(super) heap: u32,
    pub(super) dedicated: bool,
    pub(super) label: Option<Box<str>>,
}

#[derive(Debug)]
struct Owner {
    name: Arc<str>,
    stats: AllocatorStats,
    // A closed owner whose blocks are still out keeps its slot until the last one is struck out.
    closed: bool,
}

/// The figures themselves.
#[derive(Debug)]
pub(super) struct Book {
    // Invariant: the figures of `device` and of the owners are the sums over `records`.
    device: DeviceBlocks,
    // What attempts under way have reserved beyond that.
    pending_count: u32,
    pending_bytes: [u64; vk::MAX_MEMORY_HEAPS],
    owners: Vec<Owner>,
    records: Vec<Option<Record>>,
    free_records: Vec<u32>,
}

impl Book {
    /// The owner of blocks that nobody claims.
    pub(super) const NOBODY: u32 = 0;

    pub(super) fn new() -> Self {
        let mut book = Self {
            device: DeviceBlocks::default(),
            pending_count: 0,
            pending_bytes: [0; vk::MAX_MEMORY_HEAPS],
            owners: Vec::new(),
            records: Vec::new(),
            free_records: Vec::new(),
        };
        book.open("device context");
        book
    }

    /// Opens an account for the blocks of an allocator called `name`.
    pub(super) fn open(&mut self, name: &str) -> u32 {
        let owner = Owner { name: name.into(), stats: AllocatorStats::default(), closed: false };
        let free =
            self.owners.iter().position(|o| o.closed && o.stats == AllocatorStats::default());
        let index = free.unwrap_or(self.owners.len());
        if index == self.owners.len() {
            self.owners.push(owner);
        } else {
            self.owners[index] = owner;
        }
        // Owners are allocators; nobody has four billion.
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Closes the account; blocks still out keep counting for the device.
    pub(super) fn close(&mut self, owner: u32) {
        self.owners[owner as usize].closed = true;
    }

    /// Sets room aside for a block, or says which bound it would break.
    pub(super) fn reserve(&mut self, room: Room) -> Result<(), MemoryError> {
        let pending = &mut self.pending_bytes[room.heap as usize];
        if self.device.count + self.pending_count >= room.max_count {
            return Err(MemoryError::TooManyAllocations);
        }
        let taken = self.device.heaps[room.heap as usize].bytes + *pending;
        if taken.checked_add(room.size).is_none_or(|sum| sum > room.heap_size) {
            return Err(MemoryError::OutOfDeviceMemory);
        }
        *pending += room.size;
        self.pending_count += 1;
        Ok(())
    }

    /// Gives back room whose block never came.
    pub(super) fn refund(&mut self, room: Room) {
        self.pending_bytes[room.heap as usize] -= room.size;
        self.pending_count -= 1;
    }

    /// Turns room into a record of the block that came.
    pub(super) fn settle(&mut self, room: Room, record: Record) -> u32 {
        self.refund(room);
        self.device.count += 1;
        self.device.made += 1;
        self.device.bytes += room.size;
        self.device.peak_bytes = self.device.peak_bytes.max(self.device.bytes);
        let heap = &mut self.device.heaps[room.heap as usize];
        heap.count += 1;
        heap.bytes += room.size;
        heap.peak_bytes = heap.peak_bytes.max(heap.bytes);
        let own = &mut self.owners[record.owner as usize].stats.heaps[room.heap as usize];
        own.block_bytes += room.size;
        own.blocks += 1;
        if let Some(index) = self.free_records.pop() {
            self.records[index as usize] = Some(record);
            return index;
        }
        self.records.push(Some(record));
        // The count is bounded by a 32-bit limit of the device, checked when room was reserved.
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    /// Strikes out a block that is gone.
    pub(super) fn strike(&mut self, index: u32) -> Option<Record> {
        let record = self.records.get_mut(index as usize)?.take()?;
        self.free_records.push(index);
        self.device.count -= 1;
        self.device.bytes -= record.size;
        let heap = &mut self.device.heaps[record.heap as usize];
        heap.count -= 1;
        heap.bytes -= record.size;
        let own = &mut self.owners[record.owner as usize].stats.heaps[record.heap as usize];
        own.block_bytes -= record.size;
        own.blocks -= 1;
        Some(record)
    }

    pub(super) fn device(&self) -> DeviceBlocks {
        self.device
    }

    pub(super) fn count(&self) -> u32 {
        self.device.count
    }

    /// 0 if there is no such heap.
    pub(super) fn heap_bytes(&self, heap: u32) -> u64 {
        self.device.heaps.get(heap as usize).map_or(0, |heap| heap.bytes)
    }

    pub(super) fn name(&self, owner: u32) -> Arc<str> {
        Arc::clone(&self.owners[owner as usize].name)
    }

    /// Block bytes and blocks of `owner`, a heap each.
    pub(super) fn stats(&self, owner: u32) -> [HeapStats; vk::MAX_MEMORY_HEAPS] {
        self.owners[owner as usize].stats.heaps
    }

    /// The blocks of `owner` among `most` records from `first` on.
    pub(super) fn page(
        &self,
        owner: u32,
        first: usize,
        most: usize,
    ) -> impl Iterator<Item = &Record> {
        let records = self.records.iter().skip(first).take(most);
        records.flatten().filter(move |record| record.owner == owner)
    }

    /// Places of records, empty ones included.
    pub(super) fn places(&self) -> usize {
        self.records.len()
    }

    /// The blocks of `owner`.
    pub(super) fn records(&self, owner: u32) -> impl Iterator<Item = &Record> {
        self.records.iter().flatten().filter(move |record| record.owner == owner)
    }
}
