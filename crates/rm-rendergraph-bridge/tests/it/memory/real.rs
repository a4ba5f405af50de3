//! On the driver that is present: objects at planned offsets, which validation has nothing to say about.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, PipelineStageFlags2};
use rm_alloc_core::{BudgetConfig, BufferRequest, DeviceBudgetManager};
use rm_alloc_direct::DirectAllocator;
use rm_headless::testing;
use rm_lifetime::{DeferredDestructionQueue, ManualTimeline, SharedResourceFactory};
use rm_rendergraph_bridge::{Access, GraphMemory, GraphMemoryConfig};

use crate::rig::Chain;

#[test]
fn images_and_buffers_share_memory_on_a_real_device() {
    testing::with_device(|_, context| {
        let allocator = Arc::new(DirectAllocator::new(context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let queue = DeferredDestructionQueue::new(&manager);
        // SAFETY: nothing is submitted.
        queue.attach(Arc::new(unsafe { ManualTimeline::new() })).unwrap();
        let factory = SharedResourceFactory::new(&manager, &queue);
        let mut memory = GraphMemory::new(&factory, GraphMemoryConfig::new());
        for sides in [[512, 256, 512, 64], [256, 256, 512, 128], [512, 256, 512, 64]] {
            let mut chain = Chain::new(&sides);
            let request = BufferRequest::new(1 << 18, BufferUsageFlags::STORAGE_BUFFER);
            let buffer = chain.graph.buffer(&request.label("list"));
            let stage = PipelineStageFlags2::FRAGMENT_SHADER;
            chain.graph.access(chain.passes[2], buffer, Access::storage_write(stage));
            chain.graph.access(chain.passes[3], buffer, Access::storage_read(stage));
            let frame = memory.update(&chain.graph).unwrap();
            let report = frame.report();
            assert!(report.planned < report.unaliased && report.proof.is_optimal(), "{report}");
            let placed = frame.plan().place(buffer).unwrap().unwrap();
            let real = frame.buffer(buffer).unwrap();
            let image = frame.image(chain.images[0]).unwrap();
            assert_eq!(real.device_memory(), image.device_memory(), "of one block");
            let first = frame.plan().place(chain.images[0]).unwrap().unwrap();
            assert_eq!(
                real.memory_offset().wrapping_sub(image.memory_offset()),
                placed.offset.wrapping_sub(first.offset)
            );
            assert!(manager.stats().used >= memory.block_bytes());
        }
        drop(memory);
        queue.shutdown(std::time::Duration::ZERO).ok();
        assert_eq!(manager.stats().used, 0);
    });
}
