//! A driver that fails at any call of a scenario leaves the books exact and nothing behind.

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AllocationError, BudgetConfig, BufferAllocation, BufferRequest,
    DeviceBudgetManager, ImageAllocation, ImageRequest, MemoryBlock, MemoryBlockRequest,
    MemoryLocation,
};
use rm_vksim::SimDevice;

use super::{MIB, buffer, free};
use crate::support::{manager, strict};

#[derive(Default)]
struct Held {
    buffers: Vec<BufferAllocation>,
    images: Vec<ImageAllocation>,
    blocks: Vec<MemoryBlock>,
}

impl Held {
    fn release(&mut self, manager: &DeviceBudgetManager) {
        self.buffers.drain(..).for_each(|buffer| free(manager, buffer));
        for image in self.images.drain(..) {
            // SAFETY: no simulated device uses anything.
            unsafe { manager.free_image(image) };
        }
        self.blocks.clear();
    }
}

/// Buffers, images, blocks, aliases, retiring, a budget that shrinks: stops at the first error.
fn scenario(
    manager: &DeviceBudgetManager,
    sim: &SimDevice,
    held: &mut Held,
) -> Result<(), AllocationError> {
    for round in 1..=3 {
        manager.begin_frame();
        held.buffers.push(manager.allocate_buffer(&buffer(round * 1000).label("plain"))?);
        let host = buffer(5000).location(MemoryLocation::HostVisible);
        let mut host = manager.allocate_buffer(&host)?;
        let written = host.write(1, &[1, 2, 3]);
        held.buffers.push(host);
        written?;
        let usage = ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage).full_mip_chain();
        held.images.push(manager.allocate_image(&image)?);
        held.buffers.push(manager.allocate_buffer(&buffer(MIB).dedicated())?);
        let source = manager.allocate_buffer(&buffer(MIB).aliasable().label("source"))?;
        let memory = source.memory().cloned().into_iter().collect::<Vec<_>>();
        held.buffers.push(source);
        for memory in memory {
            let start = memory.offset();
            sim.allow_alias(memory.raw(), start..start + memory.size());
            let alias = BufferRequest::new(4096, BufferUsageFlags::TRANSFER_DST);
            let alias = AliasedBufferRequest { memory: &memory, offset: 0, buffer: alias };
            held.buffers.push(manager.create_aliased_buffer(&alias)?);
        }
        held.blocks.push(manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX))?);
        sim.set_budget(0, Some(64 * MIB / round));
        manager.end_frame();
        if let Some(first) = held.buffers.first() {
            manager.mark_retiring(first);
        }
        held.release(manager);
    }
    Ok(())
}

fn fails_everywhere(config: &BudgetConfig) {
    let calls = {
        let (manager, sim) = manager(config.clone());
        let (mut held, before) = (Held::default(), sim.fallible_calls());
        scenario(&manager, &sim, &mut held).unwrap();
        sim.fallible_calls() - before
    };
    assert!(calls > 30, "only {calls} calls can fail");
    let codes = [vk::Result::ERROR_OUT_OF_DEVICE_MEMORY, vk::Result::ERROR_UNKNOWN];
    for (nth, code) in (1..=calls).flat_map(|nth| codes.map(|code| (nth, code))) {
        let (manager, sim) = manager(config.clone());
        sim.fail_call_number(nth, code);
        let mut held = Held::default();
        // A shortage may be made good by another memory type; then all went well.
        let _outcome = scenario(&manager, &sim, &mut held);
        let expected: u64 = manager.stats().heaps.iter().map(|heap| heap.used()).sum();
        assert_eq!(expected, manager.allocator_stats().total().used_bytes, "call {nth}, {code:?}");
        held.release(&manager);
        let stats = manager.stats();
        assert_eq!((stats.used, stats.allocations, stats.retiring), (0, 0, 0), "call {nth}");
        assert_eq!(manager.aliased_allocation_count(), 0, "call {nth}, {code:?}");
        drop(manager);
        sim.verdict().unwrap();
    }
}

/// Behaviours 16, 17 and 30: with limits that only judge.
#[test]
fn a_failure_at_any_call_leaves_the_books_exact() {
    fails_everywhere(&BudgetConfig::default());
}

/// Behaviours 16, 17 and 30: with limits that refuse.
#[test]
fn a_failure_at_any_call_of_a_strict_budget_leaves_the_books_exact() {
    fails_everywhere(&strict(32 * MIB));
}
