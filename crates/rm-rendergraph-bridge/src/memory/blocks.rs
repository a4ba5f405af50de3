//! Memory of a group.

use std::sync::atomic::{AtomicU64, Ordering};

use rm_alloc_core::{
    AllocationError, Category, DeviceBudgetManager, MemoryBlock, MemoryBlockRequest, Priority, Tag,
};

use crate::Group;

/// Memory, and what it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) memory: MemoryBlock,
    /// Bytes asked for; there may be more.
    pub(super) requested: u64,
    /// Told apart by this, in one process.
    pub(super) id: u64,
    /// The most bytes that a frame needed lately.
    pub(super) most_needed: u64,
    /// The last frame that needed so many.
    pub(super) needed_at: u64,
}

impl Block {
    pub(super) fn new(
        manager: &DeviceBudgetManager,
        group: &Group,
        tag: Tag,
    ) -> Result<Self, AllocationError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let request = MemoryBlockRequest::new(group.size, group.memory_type_bits)
            .alignment(group.alignment)
            .tiling(group.tiling)
            .priority(Priority::High)
            .category(Category::Transient)
            .tag(tag)
            .label("render graph");
        let memory = manager.allocate_memory(&request)?;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { memory, requested: group.size, id, most_needed: 0, needed_at: 0 })
    }

    /// Whether the other one could take over what lies here.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.memory.memory_type() == other.memory.memory_type()
            && self.memory.tiling() == other.memory.tiling()
    }

    fn serves(&self, group: &Group) -> bool {
        let memory = &self.memory;
        let start = memory.offset();
        memory.size() >= group.size
            && memory.tiling() == group.tiling
            && group.memory_type_bits & (1 << memory.memory_type()) != 0
            && start.is_multiple_of(group.alignment)
    }
}

/// For each group a block that is large enough, if there is one: the smallest that no other group has.
pub(super) fn choose(blocks: &[Block], groups: &[Group]) -> Vec<Option<usize>> {
    let mut taken = vec![false; blocks.len()];
    let choose = |group: &Group| {
        let free = (0..blocks.len()).filter(|index| !taken[*index] && blocks[*index].serves(group));
        let found = free.min_by_key(|index| blocks[*index].memory.size());
        if let Some(index) = found {
            taken[index] = true;
        }
        found
    };
    groups.iter().map(choose).collect()
}
