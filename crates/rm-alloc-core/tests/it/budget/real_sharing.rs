//! Memory under several resources on the present driver, and what the host and the layer see of it.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags, MemoryPropertyFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, AllocationError, BudgetConfig, BufferAllocation,
    BufferRequest, DeviceBudgetManager, DeviceContext, ErrorKind, ImageRequest, MemoryBlock,
    MemoryBlockRequest, MemoryLocation, TilingClass,
};
use rm_headless::testing::with_device;

use super::{
    MIB, buffer,
    real::{free, free_image, over},
};

fn image() -> ImageRequest<'static> {
    let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 128, 128, usage).label("placed image")
}

fn place(
    manager: &DeviceBudgetManager,
    memory: &MemoryBlock,
    offset: u64,
    size: u64,
) -> Result<BufferAllocation, AllocationError> {
    let usage = BufferUsageFlags::TRANSFER_SRC | BufferUsageFlags::TRANSFER_DST;
    let buffer = BufferRequest::new(size, usage).label("placed buffer");
    manager.create_aliased_buffer(&AliasedBufferRequest { memory, offset, buffer })
}

fn invalid<T: std::fmt::Debug>(placed: Result<T, AllocationError>, rule: &str) {
    let error = placed.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{rule}: {error}");
    assert!(error.to_string().contains(rule), "{error}");
}

/// Behaviour 30: buffers and images share one block in turn, for nothing, and the bytes live with the last holder.
#[test]
fn buffers_and_images_share_a_block() {
    with_device(|_, context| {
        let manager = over(context, BudgetConfig::default());
        let small = BufferRequest::new(1000, BufferUsageFlags::STORAGE_BUFFER);
        let needs = [
            manager.image_requirements(&image()).unwrap(),
            manager.buffer_requirements(&small).unwrap(),
        ];
        let mut request = MemoryBlockRequest::for_any_of(&needs).label("graph");
        let page = context.limits().buffer_image_granularity;
        let step = request.alignment.max(page).max(context.limits().non_coherent_atom_size);
        let second = request.size.next_multiple_of(step);
        request.size = second + needs[1].size.max(1000);
        let memory = manager.allocate_memory(&request.alignment(step)).unwrap();
        let charged = manager.stats().used;
        assert_eq!(charged, memory.size());

        let whole = AliasedImageRequest { memory: &memory, offset: 0, image: image() };
        let whole = manager.create_aliased_image(&whole).unwrap();
        let over_it = AliasedBufferRequest { memory: &memory, offset: 0, buffer: small.clone() };
        let over_it = manager.create_aliased_buffer(&over_it).unwrap();
        let beside = AliasedBufferRequest { memory: &memory, offset: second, buffer: small };
        let beside = manager.create_aliased_buffer(&beside).unwrap();
        assert!(whole.is_aliased() && over_it.is_aliased());
        assert_eq!(whole.device_memory(), over_it.device_memory());
        assert_eq!(beside.memory_offset(), memory.offset() + second);
        assert_eq!((manager.stats().used, manager.stats().allocations), (charged, 1));
        assert_eq!((manager.aliased_allocation_count(), memory.holders()), (3, 4));
        drop(memory);
        free_image(&manager, whole);
        free(&manager, over_it);
        assert_eq!(manager.stats().used, charged, "one holder is left");
        free(&manager, beside);
        assert_eq!((manager.stats().used, manager.aliased_allocation_count()), (0, 0));
    });
}

/// Behaviours 30 and 31: out of bounds, misaligned, of a wrong memory type, tiling or device: refused, in silence.
#[test]
fn what_does_not_fit_is_refused() {
    with_device(|device, context| {
        let manager = over(context, BudgetConfig::default());
        let plain = manager.allocate_buffer(&buffer(MIB)).unwrap();
        assert!(plain.memory().is_none(), "not aliasable");
        let source = manager.allocate_buffer(&buffer(MIB).aliasable()).unwrap();
        let memory = source.memory().cloned().unwrap();
        let end = memory.size();
        invalid(place(&manager, &memory, end, 64), "leaves");
        invalid(place(&manager, &memory, 0, end + 1), "leaves");
        invalid(place(&manager, &memory, u64::MAX - 15, 16), "leaves");
        invalid(place(&manager, &memory, 1, 64), "aligned");
        invalid(place(&manager, &memory, 0, 0), "zero");
        let request = MemoryBlockRequest::new(MIB, u32::MAX).tiling(TilingClass::Linear);
        let linear = manager.allocate_memory(&request).unwrap();
        let on_linear = AliasedImageRequest { memory: &linear, offset: 0, image: image() };
        invalid(manager.create_aliased_image(&on_linear), "other tiling");
        let other = over(&device.context(), BudgetConfig::default());
        invalid(place(&other, &memory, 0, 64), "another device");
        let bits = manager.image_requirements(&image()).unwrap().memory_type_bits;
        let request = MemoryBlockRequest::new(MIB, !bits).location(MemoryLocation::Auto);
        if let Ok(memory) = manager.allocate_memory(&request) {
            let request = AliasedImageRequest { memory: &memory, offset: 0, image: image() };
            invalid(manager.create_aliased_image(&request), "memory type");
        }
        assert_eq!(manager.aliased_allocation_count(), 0);
        drop((memory, linear, other));
        free(&manager, plain);
        free(&manager, source);
        assert_eq!((manager.stats().used, context.blocks().count), (0, 0));
    });
}

/// Runs `body` on the driver's own coherence, then on one that has to be flushed.
fn each_coherence(body: impl Fn(&Arc<DeviceContext>)) {
    for coherent in [true, false] {
        with_device(|device, _| {
            let context = device.counted_context(|limits| {
                for memory_type in &mut limits.memory_properties.memory_types {
                    if !coherent {
                        memory_type.property_flags &= !MemoryPropertyFlags::HOST_COHERENT;
                    }
                }
            });
            body(&context.unwrap());
        });
    }
}

/// Behaviour 33: written bytes are read back, through the resource, an alias of it and a block, coherent or not.
#[test]
fn what_is_written_is_read() {
    each_coherence(|context| {
        let manager = over(context, BudgetConfig::default());
        let request = buffer(1003).location(MemoryLocation::HostVisible);
        let mut own = manager.allocate_buffer(&request).unwrap();
        own.write(1, b"own bytes").unwrap();
        own.flush(0, 1003).unwrap();
        own.invalidate(5, 1).unwrap();
        let mut seen = [0; 9];
        // SAFETY: the device never touches the buffer, and no other thread does.
        unsafe { own.read(1, &mut seen) }.unwrap();
        assert_eq!(&seen, b"own bytes");
        own.write(1000, b"beyond").unwrap_err();

        let mut source = manager.allocate_buffer(&request.aliasable()).unwrap();
        source.write(0, &[1]).unwrap_err();
        let memory = source.memory().cloned().unwrap();
        let needs = manager.buffer_requirements(&buffer(64)).unwrap();
        let atom = context.limits().non_coherent_atom_size;
        let page = context.limits().buffer_image_granularity;
        let offset = needs.alignment.max(atom).max(page);
        // Where a page is as large as the source, the alias begins with it.
        let offset = if offset + 64 <= memory.size() { offset } else { 0 };
        let alias = place(&manager, &memory, offset, 64).unwrap();
        // SAFETY: the device never touches the bytes, and no other thread does.
        unsafe { alias.write_shared(3, b"through") }.unwrap();
        let mut seen = [0; 7];
        // SAFETY: the device never touches the bytes, and no other thread does.
        unsafe { source.read(offset + 3, &mut seen) }.unwrap();
        assert_eq!(&seen, b"through", "one range of bytes under two buffers");
        let [base, placed] = [&source, &alias].map(|buffer| buffer.mapped().unwrap().addr().get());
        assert_eq!((placed - base) as u64, offset);
        drop(memory);
        [own, source, alias].into_iter().for_each(|buffer| free(&manager, buffer));
        assert_eq!(manager.stats().used, 0);
    });
}

/// Behaviour 32: labels are in reports and errors, and in what the layer says of resources, placed ones too.
#[test]
fn labels_reach_reports_errors_and_driver() {
    with_device(|device, context| {
        let manager = over(context, BudgetConfig::default());
        let request = buffer(MIB).aliasable().label("particle pool");
        let source = manager.allocate_buffer(&request).unwrap();
        let memory = source.memory().cloned().unwrap();
        let alias = place(&manager, &memory, 0, 64).unwrap();
        let picture = manager.allocate_image(&image().label("shadow map")).unwrap();
        let report = manager.allocator().report();
        let labels = report.blocks.iter().map(|block| block.ranges[0].label.as_deref());
        assert_eq!(labels.collect::<Vec<_>>(), [Some("particle pool"), Some("shadow map")]);
        let error = manager.allocate_buffer(&buffer(0).label("nothing")).unwrap_err();
        assert!(error.to_string().contains("`nothing`"), "{error}");
        if device.validation() {
            for (buffer, label) in [(&source, "particle pool"), (&alias, "placed buffer")] {
                // SAFETY: binding a bound buffer is an error on purpose: validation reports it, and the layer stops nothing
                // that a driver would mind, since the binding is the one that is already there.
                let _again =
                    unsafe { context.device().bind_buffer_memory(buffer.raw(), memory.raw(), 0) };
                let messages = device.recorder().take().join("\n");
                assert!(messages.contains(label), "{messages}");
            }
            let (raw, own) = (picture.raw(), picture.device_memory());
            // SAFETY: as above, for an image.
            let _again = unsafe { context.device().bind_image_memory(raw, own, 0) };
            let messages = device.recorder().take().join("\n");
            assert!(messages.contains("shadow map"), "{messages}");
        }
        drop(memory);
        free(&manager, source);
        free(&manager, alias);
        free_image(&manager, picture);
        assert!(manager.allocator().report().blocks.is_empty());
    });
}
