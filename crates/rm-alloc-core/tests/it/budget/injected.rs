//! A driver that fails at any call of a scenario leaves the books exact and nothing behind.

use std::sync::Arc;

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, AllocationError, BudgetConfig, BufferAllocation,
    BufferRequest, Category, DeviceBudgetManager, ImageAllocation, ImageRequest, MemoryBlock,
    MemoryBlockRequest, MemoryLocation, Tag,
};
use rm_vksim::{Profile, SimDevice};

use super::{MIB, buffer, free};
use crate::support::{Layer, simulated, strict};

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

/// Places a buffer and an image over `memory`, which is as large as both need.
fn place(
    manager: &DeviceBudgetManager,
    sim: &SimDevice,
    memory: &MemoryBlock,
    held: &mut Held,
) -> Result<(), AllocationError> {
    let start = memory.offset();
    sim.allow_alias(memory.raw(), start..start + memory.size());
    let buffer = BufferRequest::new(4096, BufferUsageFlags::TRANSFER_DST).tag(Tag(9));
    let buffer = AliasedBufferRequest { memory, offset: 0, buffer };
    held.buffers.push(manager.create_aliased_buffer(&buffer)?);
    let image = AliasedImageRequest { memory, offset: 0, image: image() };
    held.images.push(manager.create_aliased_image(&image)?);
    Ok(())
}

fn image() -> ImageRequest<'static> {
    let usage = ImageUsageFlags::SAMPLED;
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage).full_mip_chain().tag(Tag(9))
}

/// Buffers, images, blocks, aliases, retiring, a budget that shrinks: stops at the first error.
fn scenario(
    manager: &DeviceBudgetManager,
    sim: &SimDevice,
    held: &mut Held,
) -> Result<(), AllocationError> {
    for round in 1..=3 {
        manager.begin_frame();
        let plain = buffer(round * 1000).label("plain").tag(Tag(9));
        held.buffers.push(manager.allocate_buffer(&plain)?);
        let host = buffer(5000).location(MemoryLocation::HostVisible).category(Category::Staging);
        let mut host = manager.allocate_buffer(&host)?;
        let written = host.write(1, &[1, 2, 3]);
        held.buffers.push(host);
        written?;
        held.images.push(manager.allocate_image(&image())?);
        held.images.push(manager.allocate_image(&image().dedicated())?);
        held.buffers.push(manager.allocate_buffer(&buffer(MIB).dedicated())?);
        let source = manager.allocate_buffer(&buffer(MIB).aliasable().label("source"))?;
        let memory = source.memory().cloned().into_iter().collect::<Vec<_>>();
        held.buffers.push(source);
        for memory in memory {
            place(manager, sim, &memory, held)?;
        }
        let block = MemoryBlockRequest::new(MIB, u32::MAX).category(Category::Transient);
        held.blocks.push(manager.allocate_memory(&block)?);
        if let Some(block) = held.blocks.first().cloned() {
            place(manager, sim, &block, held)?;
        }
        // The driver has less for us each time, and so have we.
        sim.set_budget(0, Some(64 * MIB / round));
        manager.set_device_budget(32 * MIB / round);
        manager.end_frame();
        if let Some(first) = held.buffers.first() {
            manager.mark_retiring(first);
        }
        held.release(manager);
    }
    Ok(())
}

/// Every account says the same as the allocator, and nothing is pending.
fn agree(manager: &DeviceBudgetManager, when: &str) {
    let stats = manager.stats();
    let taken = manager.allocator_stats();
    let device = manager.device_figures();
    let mut sum = (0, 0, 0);
    for (heap, taken) in stats.heaps.iter().zip(taken.heaps) {
        assert_eq!(heap.reserved, taken.used_bytes, "{when}");
        assert_eq!((heap.count, heap.pending), (taken.allocations.into(), 0), "{when}");
        assert!(heap.committed <= heap.reserved && heap.reserved <= heap.peak, "{when}: {heap:?}");
        sum = (sum.0 + heap.reserved, sum.1 + heap.committed, sum.2 + heap.count);
    }
    // Heap 0 alone is the device's own.
    let local = stats.heaps[0];
    assert_eq!((device.reserved, device.committed), (local.reserved, local.committed), "{when}");
    assert_eq!((device.count, device.pending), (local.count, 0), "{when}");
    let categories = [
        Category::Buffer,
        Category::Image,
        Category::Staging,
        Category::Transient,
        Category::Other,
    ];
    let categories = categories.map(|category| manager.category_figures(category));
    let by_category = categories.iter().fold((0, 0, 0), |sum, category| {
        (sum.0 + category.reserved, sum.1 + category.committed, sum.2 + category.count)
    });
    assert_eq!(by_category, sum, "{when}");
}

/// Whose backend grants how much, over which figures.
fn set_up(config: &BudgetConfig, grain: u64) -> (DeviceBudgetManager, Arc<SimDevice>) {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let manager = DeviceBudgetManager::new(Layer::generous(&context, grain), config.clone());
    (manager.unwrap(), sim)
}

fn fails_everywhere(config: &BudgetConfig, grain: u64) {
    let calls = {
        let (manager, sim) = set_up(config, grain);
        let (mut held, before) = (Held::default(), sim.fallible_calls());
        scenario(&manager, &sim, &mut held).unwrap();
        sim.fallible_calls() - before
    };
    assert!(calls > 80, "only {calls} calls can fail");
    let codes = [vk::Result::ERROR_OUT_OF_DEVICE_MEMORY, vk::Result::ERROR_UNKNOWN];
    for (nth, code) in (1..=calls).flat_map(|nth| codes.map(|code| (nth, code))) {
        let when = format!("call {nth}, {code:?}, grain {grain}");
        let (manager, sim) = set_up(config, grain);
        sim.fail_call_number(nth, code);
        let mut held = Held::default();
        // A shortage may be made good by another memory type; then all went well.
        let _outcome = scenario(&manager, &sim, &mut held);
        agree(&manager, &when);
        let aliases = held.buffers.iter().filter(|buffer| buffer.is_aliased()).count()
            + held.images.iter().filter(|image| image.is_aliased()).count();
        let counted = manager.aliased_allocation_count();
        assert_eq!(u32::try_from(aliases), Ok(counted), "{when}");
        held.release(&manager);
        agree(&manager, &when);
        let stats = manager.stats();
        assert_eq!((stats.used, stats.allocations, stats.retiring), (0, 0, 0), "{when}");
        assert_eq!((stats.aliases, manager.tag_figures(Tag(9)).count), (0, 0), "{when}");
        drop(manager);
        sim.verdict().unwrap();
    }
}

/// Behaviours 16, 17 and 30: with limits that only judge.
#[test]
fn a_failure_at_any_call_leaves_the_books_exact() {
    fails_everywhere(&BudgetConfig::default(), 1);
}

/// Behaviours 16, 17 and 30: with limits that refuse.
#[test]
fn a_failure_at_any_call_of_a_strict_budget_leaves_the_books_exact() {
    fails_everywhere(&strict(32 * MIB), 1);
}

/// Behaviours 16, 17 and 30: and with a backend that grants more than was asked.
#[test]
fn a_failure_at_any_call_of_a_generous_backend_leaves_the_books_exact() {
    fails_everywhere(&strict(32 * MIB), 64 << 10);
}
