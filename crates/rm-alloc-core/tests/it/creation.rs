//! Buffers and images on a real driver: everything a request can say, and everything it must not.

use ash::vk::{
    self, BufferUsageFlags, Format, ImageCreateFlags, ImageUsageFlags, SampleCountFlags,
};
use rm_alloc_core::{
    BufferRequest, Category, ErrorKind, ImageRequest, MemoryAllocator, MemoryAllocatorExt,
    MemoryFeatures, MemoryLocation, Priority, Refusal, Tag,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    HeadlessOptions,
    calls::{self, Call},
    testing::{with_device, with_options},
};

const STORAGE: BufferUsageFlags = BufferUsageFlags::STORAGE_BUFFER;

fn buffer() -> BufferRequest<'static> {
    BufferRequest::new(1000, STORAGE)
}

fn texture(format: Format) -> ImageRequest<'static> {
    ImageRequest::new_2d(format, 64, 64, ImageUsageFlags::SAMPLED)
}

/// Behaviour 15: every field of a buffer request reaches the driver, which takes it in silence.
#[test]
fn buffers_of_every_kind() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        let mut requests = vec![
            buffer(),
            buffer().dedicated().priority(Priority::High),
            buffer().aliasable().priority(Priority::Low),
            buffer().min_alignment(4096).category(Category::Transient).tag(Tag(3)),
            buffer().queue_families(&[0]).label("a label with `odd` letters \u{1f980}\0 and more"),
            BufferRequest::new(1, BufferUsageFlags::TRANSFER_DST),
            BufferRequest::new(3 << 20, BufferUsageFlags::from_raw(0x1ff)),
        ];
        if context.features().contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS) {
            requests.push(buffer().device_address().label("addressed"));
        }
        use MemoryLocation::{Auto, DeviceLocal, HostCached, HostVisible};
        for location in [DeviceLocal, HostVisible, HostCached, Auto] {
            for request in &requests {
                let request = request.clone().location(location);
                let made = allocator.allocate_buffer(&request).unwrap();
                assert_eq!(made.size(), request.size);
                assert!(made.allocation().size() >= request.size);
                assert!(made.allocation().offset().is_multiple_of(request.min_alignment));
                let wanted = request.usage.contains(BufferUsageFlags::SHADER_DEVICE_ADDRESS);
                assert_eq!(made.device_address().is_some(), wanted);
                let mapped = made.mapped().is_some();
                match location {
                    DeviceLocal => assert!(!mapped),
                    HostVisible | HostCached => assert!(mapped),
                    Auto => (),
                }
                // SAFETY: it came from this allocator, and the device never used it.
                unsafe { allocator.free_buffer(made) };
            }
        }
        assert_eq!(allocator.stats(), Default::default(), "all memory is back");
    });
}

/// Behaviour 15: images of every shape that the device supports, in silence.
#[test]
fn images_of_every_kind() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        let colour = ImageUsageFlags::COLOR_ATTACHMENT;
        let mut line = texture(Format::R8_UNORM);
        (line.image_type, line.extent.height) = (vk::ImageType::TYPE_1D, 1);
        let mut attachment = texture(Format::R8G8B8A8_UNORM);
        attachment.usage = colour;
        let mut depth = texture(Format::D32_SFLOAT);
        depth.usage = ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT;
        let mut tile = attachment.clone();
        tile.usage |= ImageUsageFlags::TRANSIENT_ATTACHMENT;
        let extent = vk::Extent3D { width: 16, height: 16, depth: 16 };
        let volume = ImageRequest::new(
            vk::ImageType::TYPE_3D,
            Format::R16_SFLOAT,
            extent,
            ImageUsageFlags::SAMPLED,
        );
        let mut linear = texture(Format::R8G8B8A8_UNORM).tiling(vk::ImageTiling::LINEAR);
        linear.usage = ImageUsageFlags::TRANSFER_SRC;
        let views = [Format::R8G8B8A8_UNORM, Format::R8G8B8A8_SRGB];
        let requests = [
            line,
            attachment.clone().dedicated().priority(Priority::High),
            attachment.samples(SampleCountFlags::TYPE_4),
            depth.label("depth"),
            tile,
            volume.full_mip_chain(),
            linear.clone().location(MemoryLocation::HostVisible),
            linear.initial_layout(vk::ImageLayout::PREINITIALIZED).aliasable(),
            texture(Format::R8G8B8A8_SRGB).full_mip_chain().array_layers(3).label("layers"),
            texture(Format::R8G8B8A8_UNORM)
                .flags(ImageCreateFlags::CUBE_COMPATIBLE)
                .array_layers(6),
            texture(views[0]).flags(ImageCreateFlags::MUTABLE_FORMAT).view_formats(&views),
            texture(Format::R8_UNORM).queue_families(&[0]).location(MemoryLocation::Auto),
        ];
        for request in requests {
            let needs = allocator.image_requirements(&request).unwrap();
            let made = allocator.allocate_image(&request).unwrap();
            assert_eq!(made.size(), needs.size, "the real requirement");
            assert!(made.allocation().size() >= needs.size);
            assert!(needs.memory_type_bits & (1 << made.allocation().memory_type()) != 0);
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_image(made) };
        }
        assert_eq!(allocator.stats(), Default::default(), "all memory is back");
    });
}

/// Behaviour 15: what needs a chain comes as a create info whose maker vouches for it.
#[test]
fn images_from_a_create_info() {
    with_device(|device, context| {
        let allocator = DirectAllocator::new(context);
        let formats = [Format::R8G8B8A8_UNORM];
        let mut list = vk::ImageFormatListCreateInfo::default().view_formats(&formats);
        let info = vk::ImageCreateInfo::default()
            .image_type(vk::ImageType::TYPE_2D)
            .format(formats[0])
            .extent(vk::Extent3D { width: 8, height: 8, depth: 1 })
            .mip_levels(1)
            .array_layers(1)
            .samples(SampleCountFlags::TYPE_1)
            .usage(ImageUsageFlags::SAMPLED)
            .push_next(&mut list);
        // SAFETY: the info is valid for any device, and its chain lives as long as the request.
        let request = unsafe { ImageRequest::from_create_info(info) }.label("chained");
        let made = allocator.allocate_image(&request).unwrap();
        assert_ne!(made.raw(), vk::Image::null());
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_image(made) };

        // Vouched for as an image, not as a question: an object is made to ask.
        let counted = device.counted_context(|_| ()).unwrap();
        let allocator = DirectAllocator::new(&counted);
        let (asked, counts) = calls::counting(|| allocator.image_requirements(&request));
        asked.unwrap();
        assert_eq!((counts.of(Call::CreateImage), counts.of(Call::DestroyImage)), (1, 1));
    });
}

/// Requirements are the same with an object and without, and without costs no object.
#[test]
fn requirements_without_an_object() {
    for without in [MemoryFeatures::empty(), MemoryFeatures::MAINTENANCE4] {
        with_options(&HeadlessOptions::default().without(without), |device, _| {
            let context = device.counted_context(|_| ()).unwrap();
            let allocator = DirectAllocator::new(&context);
            let image = texture(Format::R8G8B8A8_SRGB).full_mip_chain();
            let ((), counts) = calls::counting(|| {
                let needs = allocator.buffer_requirements(&buffer()).unwrap();
                let made = allocator.allocate_buffer(&buffer()).unwrap();
                assert_eq!(made.allocation().size(), needs.size);
                // SAFETY: it came from this allocator, and the device never used it.
                unsafe { allocator.free_buffer(made) };
                let _needs = allocator.image_requirements(&image).unwrap();
            });
            let direct = context.features().contains(MemoryFeatures::MAINTENANCE4);
            let objects = if direct { (1, 0) } else { (2, 1) };
            let made = (counts.of(Call::CreateBuffer), counts.of(Call::CreateImage));
            assert_eq!(made, objects, "{counts:?}");
            let gone = (counts.of(Call::DestroyBuffer), counts.of(Call::DestroyImage));
            assert_eq!(gone, objects, "{counts:?}");
        });
    }
}

/// Features that a later version made core work on an older one, under their extensions' names.
#[test]
fn older_versions_use_the_names_of_extensions() {
    for version in [vk::API_VERSION_1_1, vk::API_VERSION_1_2] {
        let options = HeadlessOptions::default().api_version(version);
        with_options(&options, |device, _| {
            let context = device.counted_context(|_| ()).unwrap();
            assert_eq!(context.api_version(), version);
            let allocator = DirectAllocator::new(&context);
            let has = |feature| context.features().contains(feature);
            let (needs, counts) = calls::counting(|| allocator.buffer_requirements(&buffer()));
            let made = allocator.allocate_buffer(&buffer()).unwrap();
            assert_eq!(made.allocation().size(), needs.unwrap().size);
            let objects = if has(MemoryFeatures::MAINTENANCE4) { 0 } else { 1 };
            assert_eq!(counts.of(Call::CreateBuffer), objects);
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_buffer(made) };
            if has(MemoryFeatures::BUFFER_DEVICE_ADDRESS) {
                let made = allocator.allocate_buffer(&buffer().device_address()).unwrap();
                assert!(made.device_address().is_some());
                // SAFETY: it came from this allocator, and the device never used it.
                unsafe { allocator.free_buffer(made) };
            }
        });
    }
}

/// Behaviour 31: a broken request gets a typed error that names it, and the driver never hears of it.
#[test]
fn broken_requests_reach_no_driver() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let allocator = DirectAllocator::new(&context);
        let families = context.limits().queue_families;
        let far = [families];
        let buffers = [
            BufferRequest::new(0, STORAGE),
            BufferRequest::new(u64::MAX, STORAGE),
            BufferRequest::new(1 << 62, STORAGE),
            BufferRequest::new(1, BufferUsageFlags::empty()),
            BufferRequest::new(1, BufferUsageFlags::from_raw(1 << 31)),
            buffer().min_alignment(3),
            buffer().queue_families(&far),
            buffer().dedicated().aliasable(),
        ];
        let mut flat = texture(Format::R8_UNORM);
        flat.extent.height = 0;
        let mut sideways = texture(Format::R8_UNORM);
        sideways.usage = ImageUsageFlags::from_raw(1 << 31);
        let images = [
            flat,
            sideways,
            texture(Format::UNDEFINED),
            texture(Format::from_raw(777)),
            texture(Format::R8_UNORM).mip_levels(20),
            texture(Format::R8_UNORM).array_layers(u32::MAX),
            texture(Format::R8_UNORM).samples(SampleCountFlags::empty()),
            texture(Format::R8_UNORM).flags(ImageCreateFlags::SPARSE_BINDING),
        ];
        let ((), counts) = calls::counting(|| {
            for request in buffers {
                let request = request.label("bad buffer");
                let error = allocator.allocate_buffer(&request).unwrap_err();
                assert!(error.to_string().contains("buffer `bad buffer`"), "{error}");
                assert!(error.to_string().contains("`direct`"), "{error}");
                assert_eq!(error.refusal().unwrap().requested, request.size);
            }
            for request in images {
                let error = allocator.allocate_image(&request.label("bad image")).unwrap_err();
                assert_eq!(error.refusal().unwrap().requested, 0, "unknown so far");
                assert!(error.to_string().contains("image `bad image`"), "{error}");
            }
        });
        assert_eq!(counts.total(), 0, "the driver was asked: {counts:?}");
        assert_eq!(context.blocks(), Default::default());
    });
}

/// Behaviour 31: a device address without the feature is refused.
#[test]
fn device_addresses_need_their_feature() {
    let options = HeadlessOptions::default().without(MemoryFeatures::BUFFER_DEVICE_ADDRESS);
    with_options(&options, |_, context| {
        let allocator = DirectAllocator::new(context);
        let error = allocator.allocate_buffer(&buffer().device_address()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
    });
}

/// Behaviour 31: image parameters that the device does not support are found by a format query, asked once.
#[test]
fn unsupported_image_parameters_are_refused() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        // No device renders to compressed blocks.
        let mut blocks = texture(Format::BC1_RGB_UNORM_BLOCK).label("blocks");
        blocks.usage = ImageUsageFlags::COLOR_ATTACHMENT;
        for _ in 0..2 {
            let error = allocator.allocate_image(&blocks).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
        }
        let far = ImageRequest::new_2d(Format::R8_UNORM, 1 << 24, 1, ImageUsageFlags::SAMPLED);
        let error = allocator.allocate_image(&far).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
    });
}

/// Behaviour 31: a location that no memory type of the resource offers is explained type by type.
#[test]
fn no_control_character_of_a_label_reaches_a_log() {
    let refusal = Refusal::new("buffer", Some("red\x1b[31m\nnext"), 1, "direct");
    let shown = refusal.to_string();
    assert!(shown.contains("red") && !shown.chars().any(char::is_control), "{shown:?}");
}

#[test]
fn a_refusal_explains_every_memory_type() {
    with_device(|device, _| {
        let context = device
            .counted_context(|limits| {
                let types = &mut limits.memory_properties;
                for memory_type in &mut types.memory_types[..types.memory_type_count as usize] {
                    memory_type.property_flags = vk::MemoryPropertyFlags::DEVICE_LOCAL;
                }
            })
            .unwrap();
        let allocator = DirectAllocator::new(&context);
        let request = buffer().location(MemoryLocation::HostVisible).label("staging");
        let error = allocator.allocate_buffer(&request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSuitableMemoryType);
        let types = &error.refusal().unwrap().types;
        assert_eq!(types.len(), context.memory_properties().memory_type_count as usize);
        assert!(error.to_string().contains("lacks HOST_VISIBLE"), "{error}");
    });
}
