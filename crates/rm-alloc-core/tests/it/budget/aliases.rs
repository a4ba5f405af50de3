//! Behaviour 30: resources over memory that something else pays for.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, BudgetConfig, BufferRequest, DeviceBudgetManager,
    ErrorKind, ImageRequest, MemoryBlockRequest, MemoryLocation, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Profile, SimDevice};

use super::{MIB, buffer, free, make};
use crate::support::{manager, simulated};

fn aliased<'a>(
    memory: &'a rm_alloc_core::MemoryBlock,
    offset: u64,
    size: u64,
) -> AliasedBufferRequest<'a> {
    let buffer = BufferRequest::new(size, BufferUsageFlags::TRANSFER_DST).label("alias");
    AliasedBufferRequest { memory, offset, buffer }
}

fn allow(sim: &SimDevice, memory: &rm_alloc_core::MemoryBlock) {
    let start = memory.offset();
    sim.allow_alias(memory.raw(), start..start + memory.size());
}

/// Behaviour 30: an alias costs nothing, counts, and the bytes live while any holder lives, in any order.
#[test]
fn bytes_live_while_any_holder_lives() {
    for order in 0..6 {
        let (manager, sim) = manager(BudgetConfig::default());
        let source = manager.allocate_buffer(&buffer(4 * MIB).aliasable().label("source")).unwrap();
        assert!(!source.is_aliased());
        let memory = source.memory().cloned().unwrap();
        allow(&sim, &memory);
        let alias = manager.create_aliased_buffer(&aliased(&memory, MIB, MIB)).unwrap();
        assert!(alias.is_aliased());
        assert_eq!((manager.stats().used, manager.stats().allocations), (4 * MIB, 1));
        assert_eq!(manager.aliased_allocation_count(), 1);
        let (mut source, mut alias, mut memory) = (Some(source), Some(alias), Some(memory));
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (step, which) in orders[order].into_iter().enumerate() {
            assert_eq!(manager.stats().used, 4 * MIB, "order {order}, step {step}");
            match which {
                0 => free(&manager, source.take().unwrap()),
                1 => free(&manager, alias.take().unwrap()),
                _ => drop(memory.take()),
            }
        }
        assert_eq!((manager.stats().used, manager.aliased_allocation_count()), (0, 0));
        drop(manager);
        sim.verdict().unwrap();
    }
}

/// Behaviour 30: out of bounds, misaligned, wrong memory type, wrong device, or a source that is not aliasable: refused.
#[test]
fn what_does_not_fit_is_refused() {
    let (manager, sim) = manager(BudgetConfig::default());
    let plain = make(&manager, MIB);
    assert!(plain.memory().is_none(), "not aliasable");
    let source = manager.allocate_buffer(&buffer(MIB).aliasable()).unwrap();
    let memory = source.memory().cloned().unwrap();
    let dedicated = AliasedBufferRequest {
        buffer: BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST).dedicated(),
        ..aliased(&memory, 0, 64)
    };
    let far = AliasedBufferRequest {
        buffer: BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST).min_alignment(2 * MIB),
        ..aliased(&memory, 4096, 64)
    };
    let refused = [
        ("leaves", aliased(&memory, MIB, 64)),
        ("leaves", aliased(&memory, 0, 2 * MIB)),
        ("leaves", aliased(&memory, u64::MAX - 63, 64)),
        ("aligned", aliased(&memory, 1, 64)),
        ("aligned", far),
        ("of its own", dedicated),
        ("size is zero", aliased(&memory, 0, 0)),
    ];
    let used = manager.stats().used;
    for (rule, request) in refused {
        let error = manager.create_aliased_buffer(&request).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{rule}: {error}");
        assert!(error.to_string().contains(rule), "{rule}: {error}");
    }
    let host = buffer(MIB).location(MemoryLocation::HostCached).aliasable();
    let host = manager.allocate_buffer(&host).unwrap();
    let usage = ImageUsageFlags::COLOR_ATTACHMENT;
    let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage);
    let (foreign, _sim) = simulated(Profile::desktop_rebar());
    let foreign = Arc::new(DirectAllocator::new(&foreign));
    let foreign = DeviceBudgetManager::new(foreign, BudgetConfig::default()).unwrap();
    let error = foreign.create_aliased_buffer(&aliased(&memory, 0, 64)).unwrap_err();
    assert!(error.to_string().contains("another device"), "{error}");
    let linear = MemoryBlockRequest {
        tiling: TilingClass::Linear,
        ..MemoryBlockRequest::new(MIB, u32::MAX)
    };
    let linear = manager.allocate_memory(&linear).unwrap();
    let place = |memory| AliasedImageRequest { memory, offset: 0, image: image.clone() };
    let error = manager.create_aliased_image(&place(&linear)).unwrap_err();
    assert!(error.to_string().contains("other tiling"), "{error}");
    drop(linear);
    free(&manager, host);
    assert_eq!(manager.stats().used, used, "nothing has changed");
    assert_eq!(manager.aliased_allocation_count(), 0);
    free(&manager, plain);
    free(&manager, source);
    drop((memory, manager));
    sim.verdict().unwrap();
}

/// Behaviour 30: images and buffers placed in one block at the offsets that their requirements allow.
#[test]
fn placed_resources_share_a_block() {
    for profile in ["desktop-rebar", "h200", "granularity-64k", "arm-noncoherent"] {
        let (context, sim) = simulated(Profile::builtin(profile).unwrap());
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 128, 128, usage);
        let small = BufferRequest::new(1000, BufferUsageFlags::STORAGE_BUFFER);
        let (for_image, for_buffer) = (
            manager.image_requirements(&image).unwrap(),
            manager.buffer_requirements(&small).unwrap(),
        );
        let page = context.limits().buffer_image_granularity;
        let step = for_image.alignment.max(for_buffer.alignment).max(page);
        let second = for_buffer.size.next_multiple_of(step);
        let bits = for_image.memory_type_bits & for_buffer.memory_type_bits;
        let request = MemoryBlockRequest {
            alignment: step,
            label: Some("graph"),
            ..MemoryBlockRequest::new(second + for_image.size, bits)
        };
        let memory = manager.allocate_memory(&request).unwrap();
        let placed = AliasedBufferRequest { memory: &memory, offset: 0, buffer: small };
        let buffer = manager.create_aliased_buffer(&placed).unwrap();
        let placed = AliasedImageRequest { memory: &memory, offset: second, image };
        let image = manager.create_aliased_image(&placed).unwrap();
        assert_eq!(manager.stats().allocations, 1, "{profile}: paid once");
        drop(memory);
        // SAFETY: no simulated device uses anything.
        unsafe { manager.free_image(image) };
        free(&manager, buffer);
        assert_eq!(manager.stats().used, 0, "{profile}");
        drop((manager, context));
        sim.verdict().unwrap();
    }
}

/// Behaviour 33: bytes that others may write are not written by safe code.
#[test]
fn shared_bytes_are_written_by_unsafe_code_alone() {
    let (manager, sim) = manager(BudgetConfig::default());
    let request = buffer(4096).location(MemoryLocation::HostVisible).aliasable();
    let mut source = manager.allocate_buffer(&request).unwrap();
    source.write(0, &[1]).unwrap_err();
    let memory = source.memory().cloned().unwrap();
    allow(&sim, &memory);
    let alias = manager.create_aliased_buffer(&aliased(&memory, 1024, 64)).unwrap();
    // SAFETY: this thread alone touches the bytes.
    unsafe { alias.write_shared(3, b"through") }.unwrap();
    let mut seen = [0; 7];
    // SAFETY: this thread alone touches the bytes.
    unsafe { source.read(1027, &mut seen) }.unwrap();
    assert_eq!(&seen, b"through", "one range of bytes under two buffers");
    // SAFETY: this thread alone touches the bytes.
    unsafe { alias.write_shared(60, b"beyond") }.unwrap_err();
    free(&manager, alias);
    free(&manager, source);
}

/// Behaviour 32: a resource that is dropped instead of freed leaks, and never takes its bytes from under its object.
#[test]
fn a_dropped_resource_keeps_its_bytes() {
    let (manager, sim) = manager(BudgetConfig::default());
    let source = manager.allocate_buffer(&buffer(MIB).aliasable().label("forgotten")).unwrap();
    let memory = source.memory().cloned().unwrap();
    drop(source);
    drop(memory);
    assert_eq!(manager.stats().used, MIB, "the leaked buffer still holds its memory");
    let leaks: Vec<_> = sim.leaks().iter().map(ToString::to_string).collect();
    assert_eq!(leaks.len(), 2, "buffer and memory are alive: {leaks:?}");
    // The leak keeps the simulated device for ever; its verdict is taken here.
    assert!(sim.verdict().is_err());
}
