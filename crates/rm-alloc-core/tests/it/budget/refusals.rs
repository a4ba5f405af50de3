//! What observers hear of a refusal is what the caller gets.

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, AllocationError, BufferRequest, DeviceBudgetManager,
    EventMask, ImageRequest, MemoryBlock, MemoryBlockRequest,
};
use rm_vksim::{Call, SimDevice};

use super::{MIB, buffer};
use crate::support::{Heard, manager, strict};

type Attempt = fn(&DeviceBudgetManager, &SimDevice, &MemoryBlock) -> AllocationError;

fn image(side: u32) -> ImageRequest<'static> {
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, side, side, ImageUsageFlags::SAMPLED)
        .label("image")
}

/// Refusals of every kind: by rule, by budget, by driver; of buffers, images, blocks and aliases.
const ATTEMPTS: &[(&str, Attempt)] = &[
    ("rule, buffer", |manager, _, _| manager.allocate_buffer(&buffer(0).label("b")).unwrap_err()),
    ("budget, buffer", |manager, _, _| {
        manager.allocate_buffer(&buffer(8 * MIB).label("b")).unwrap_err()
    }),
    ("driver, buffer", |manager, sim, _| {
        sim.fail(Call::AllocateMemory, 1, vk::Result::ERROR_OUT_OF_HOST_MEMORY);
        manager.allocate_buffer(&buffer(64).label("b")).unwrap_err()
    }),
    ("rule, image", |manager, _, _| manager.allocate_image(&image(0)).unwrap_err()),
    ("budget, image", |manager, _, _| manager.allocate_image(&image(4096)).unwrap_err()),
    ("driver, image", |manager, sim, _| {
        sim.fail(Call::BindImageMemory, 1, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
        manager.allocate_image(&image(16)).unwrap_err()
    }),
    ("rule, block", |manager, _, _| {
        manager.allocate_memory(&MemoryBlockRequest::new(0, 1)).unwrap_err()
    }),
    ("no type, block", |manager, _, _| {
        manager.allocate_memory(&MemoryBlockRequest::new(64, 0)).unwrap_err()
    }),
    ("budget, block", |manager, _, _| {
        let request = MemoryBlockRequest::new(8 * MIB, u32::MAX).label("raw");
        manager.allocate_memory(&request).unwrap_err()
    }),
    ("bounds, alias of a buffer", |manager, _, memory| {
        let buffer = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST).label("alias");
        let request = AliasedBufferRequest { memory, offset: MIB, buffer };
        manager.create_aliased_buffer(&request).unwrap_err()
    }),
    ("driver, alias of a buffer", |manager, sim, memory| {
        sim.fail(Call::BindBufferMemory, 1, vk::Result::ERROR_UNKNOWN);
        let buffer = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST).label("alias");
        let request = AliasedBufferRequest { memory, offset: 0, buffer };
        manager.create_aliased_buffer(&request).unwrap_err()
    }),
    ("bounds, alias of an image", |manager, _, memory| {
        let request = AliasedImageRequest { memory, offset: 0, image: image(2048) };
        manager.create_aliased_image(&request).unwrap_err()
    }),
    ("driver, alias of an image", |manager, sim, memory| {
        sim.fail(Call::CreateImage, 1, vk::Result::ERROR_UNKNOWN);
        let request = AliasedImageRequest { memory, offset: 0, image: image(16) };
        manager.create_aliased_image(&request).unwrap_err()
    }),
];

/// Behaviour 17: one event a refusal, with the very error of the caller, whatever was refused and by whom.
#[test]
fn observers_hear_the_error_of_the_caller() {
    let (manager, sim) = manager(strict(4 * MIB));
    let memory = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    let heard = Heard::of(&manager, EventMask::all());
    for (what, attempt) in ATTEMPTS {
        let error = attempt(&manager, &sim, &memory);
        assert_eq!(heard.refused(), [error], "{what}");
        assert_eq!(heard.story().len(), 1, "{what}: nothing but the refusal");
        assert_eq!(sim.pending_faults(), 0, "{what}");
    }
    assert_eq!((manager.stats().used, manager.aliased_allocation_count()), (MIB, 0));
    drop((memory, manager));
    sim.verdict().unwrap();
}
