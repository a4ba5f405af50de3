//! Behaviours 15 and 31 as tables: each rule refuses what breaks it, and nothing else.

use ash::vk;

use super::{DeviceRules, check_buffer, check_image, check_image_limits};
use crate::{
    BufferRequest, DeviceLimits, ImageRequest, MemoryError, MemoryFeatures, Priority, Tag,
    request::format,
};

const MESH: vk::BufferUsageFlags = vk::BufferUsageFlags::VERTEX_BUFFER;

/// A Vulkan 1.3 device with small limits and no optional features.
fn rules() -> DeviceRules {
    DeviceRules {
        api_version: vk::API_VERSION_1_3,
        features: MemoryFeatures::empty(),
        limits: DeviceLimits {
            max_allocation_count: 4096,
            max_allocation_size: 1 << 30,
            max_buffer_size: 1 << 20,
            buffer_image_granularity: 1024,
            non_coherent_atom_size: 64,
            max_framebuffer_width: 1000,
            max_framebuffer_height: 500,
            queue_families: 3,
        },
        buffer_usage: MESH | vk::BufferUsageFlags::TRANSFER_DST,
        image_usage: vk::ImageUsageFlags::from_raw(0xff),
    }
}

fn with(features: MemoryFeatures) -> DeviceRules {
    DeviceRules { features, ..rules() }
}

fn buffer() -> BufferRequest<'static> {
    BufferRequest::new(256, MESH)
}

fn texture() -> ImageRequest<'static> {
    ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 64, 32, vk::ImageUsageFlags::SAMPLED)
}

/// The texture with something changed.
fn edit(change: impl FnOnce(&mut ImageRequest<'static>)) -> ImageRequest<'static> {
    let mut request = texture();
    change(&mut request);
    request
}

fn volume() -> ImageRequest<'static> {
    let extent = vk::Extent3D { width: 8, height: 8, depth: 8 };
    let usage = vk::ImageUsageFlags::SAMPLED;
    ImageRequest::new(vk::ImageType::TYPE_3D, vk::Format::R8_UNORM, extent, usage)
}

/// Behaviour 31: every rule of `vkCreateBuffer` that a plain request could break.
#[test]
fn broken_buffer_requests_are_refused() {
    let huge = vk::BufferUsageFlags::from_raw(1 << 31);
    let refused: [(&str, BufferRequest<'_>); 11] = [
        ("size is zero", BufferRequest::new(0, MESH)),
        ("no usage", BufferRequest::new(1, vk::BufferUsageFlags::empty())),
        ("usage bit", BufferRequest::new(1, MESH | huge)),
        ("usage bit", BufferRequest::new(1, vk::BufferUsageFlags::TRANSFORM_FEEDBACK_BUFFER_EXT)),
        ("alignment", buffer().min_alignment(0)),
        ("alignment", buffer().min_alignment(48)),
        ("alignment", buffer().min_alignment(1 << 63)),
        ("family does not exist", buffer().queue_families(&[3])),
        ("family does not exist", buffer().queue_families(&[0, u32::MAX])),
        ("named twice", buffer().queue_families(&[1, 0, 1])),
        ("cannot be aliased", buffer().dedicated().aliasable()),
    ];
    for (rule, request) in refused {
        let error = check_buffer(&rules(), &request).unwrap_err();
        assert!(error.to_string().contains(rule), "{request:?} gave {error}");
    }
    for size in [(1 << 20) + 1, 1 << 40, u64::MAX - 1, u64::MAX] {
        let error = check_buffer(&rules(), &BufferRequest::new(size, MESH)).unwrap_err();
        assert_eq!(error, MemoryError::TooLarge { size, limit: 1 << 20 });
    }
    let address = buffer().device_address();
    let error = check_buffer(&rules(), &address).unwrap_err();
    assert!(matches!(error, MemoryError::Unsupported(_)), "got {error}");
    check_buffer(&with(MemoryFeatures::BUFFER_DEVICE_ADDRESS), &address).unwrap();
}

/// Behaviour 15: every field of a good request passes, up to the limits themselves.
#[test]
fn good_buffer_requests_pass() {
    let good = [
        buffer(),
        BufferRequest::new(1, MESH),
        BufferRequest::new(1 << 20, MESH | vk::BufferUsageFlags::TRANSFER_DST),
        buffer().min_alignment(1 << 62).priority(Priority::High).tag(Tag(7)).label("all"),
        buffer().queue_families(&[2]),
        buffer().queue_families(&[2, 0, 1]).dedicated(),
        buffer().aliasable(),
    ];
    for request in good {
        check_buffer(&rules(), &request).unwrap();
    }
    let pair = buffer().queue_families(&[0, 1]);
    assert_eq!(pair.create_info().sharing_mode, vk::SharingMode::CONCURRENT);
    let alone = buffer().queue_families(&[0]);
    assert_eq!(alone.create_info().sharing_mode, vk::SharingMode::EXCLUSIVE);
}

/// Behaviour 31: every rule of `vkCreateImage` that a plain request could break.
#[test]
fn broken_image_requests_are_refused() {
    use vk::{Format as F, ImageCreateFlags as Flags, ImageUsageFlags as Usage};
    let of = |format| edit(|r| r.format = format);
    let sized = |width, height| ImageRequest::new_2d(F::R8_UNORM, width, height, Usage::SAMPLED);
    let used = |usage| edit(|r| r.usage = usage);
    let deep = edit(|r| r.extent = vk::Extent3D { depth: 2, ..texture().extent });
    let four = vk::SampleCountFlags::TYPE_4;
    let nv12 = edit(|r| r.format = F::G8_B8R8_2PLANE_420_UNORM);
    let chroma = "format with chroma";
    let refused: [(&str, ImageRequest<'_>); 49] = [
        ("type is unknown", edit(|r| r.image_type = vk::ImageType::from_raw(9))),
        ("extent is empty", sized(0, 1)),
        ("extent is empty", sized(1, 0)),
        ("extent is empty", {
            let mut r = volume();
            r.extent = vk::Extent3D::default();
            r
        }),
        ("has a height", edit(|r| r.image_type = vk::ImageType::TYPE_1D)),
        ("has a depth", deep),
        ("mip levels", texture().mip_levels(0)),
        ("mip levels", texture().mip_levels(8)),
        ("mip levels", texture().mip_levels(u32::MAX)),
        ("array layers", texture().array_layers(0)),
        ("array layers", volume().array_layers(2)),
        ("cube", sized(8, 8).array_layers(5).flags(Flags::CUBE_COMPATIBLE)),
        ("cube", sized(8, 4).array_layers(6).flags(Flags::CUBE_COMPATIBLE)),
        ("cube", volume().flags(Flags::CUBE_COMPATIBLE)),
        (chroma, nv12.clone().mip_levels(2)),
        (chroma, nv12.clone().array_layers(2)),
        (chroma, nv12.samples(four)),
        (
            chroma,
            edit(|r| {
                (r.format, r.image_type) = (F::G8_B8R8_2PLANE_444_UNORM, vk::ImageType::TYPE_3D);
            }),
        ),
        ("viewed as an array", texture().flags(Flags::TYPE_2D_ARRAY_COMPATIBLE)),
        ("odd", {
            let mut r = sized(8, 7);
            r.format = F::G8_B8R8_2PLANE_420_UNORM;
            r
        }),
        ("odd", {
            let mut r = sized(7, 8);
            r.format = F::G8_B8R8_2PLANE_422_UNORM;
            r
        }),
        ("one count", texture().samples(vk::SampleCountFlags::empty())),
        ("one count", texture().samples(four | vk::SampleCountFlags::TYPE_1)),
        ("multisampled image", volume().samples(four)),
        ("multisampled image", texture().samples(four).mip_levels(2)),
        ("multisampled image", texture().samples(four).tiling(vk::ImageTiling::LINEAR)),
        (
            "multisampled image",
            sized(8, 8).array_layers(6).flags(Flags::CUBE_COMPATIBLE).samples(four),
        ),
        ("multisampled storage", used(Usage::STORAGE).samples(four)),
        ("no usage", used(Usage::empty())),
        ("usage bit", used(Usage::SAMPLED | Usage::HOST_TRANSFER_EXT)),
        ("usage bit", used(Usage::from_raw(1 << 31))),
        ("transient", used(Usage::TRANSIENT_ATTACHMENT)),
        ("transient", used(Usage::TRANSIENT_ATTACHMENT | Usage::COLOR_ATTACHMENT | Usage::SAMPLED)),
        ("framebuffer", {
            let mut r = sized(1001, 1);
            r.usage = Usage::COLOR_ATTACHMENT;
            r
        }),
        ("framebuffer", {
            let mut r = sized(1, 501);
            r.usage = Usage::DEPTH_STENCIL_ATTACHMENT;
            r
        }),
        ("tiling", texture().tiling(vk::ImageTiling::DRM_FORMAT_MODIFIER_EXT)),
        ("born", texture().initial_layout(vk::ImageLayout::GENERAL)),
        ("format is unknown", of(F::UNDEFINED)),
        ("format is unknown", of(F::from_raw(-1))),
        ("format is unknown", of(F::from_raw(185))),
        ("format is unknown", of(F::from_raw(12_345_678))),
        ("format is unknown", of(F::PVRTC1_2BPP_UNORM_BLOCK_IMG)),
        ("not compatible", texture().view_formats(&[F::R8_UNORM])),
        ("mutable", texture().view_formats(&[F::R8G8B8A8_UNORM, F::R8G8B8A8_SRGB])),
        ("compressed", texture().flags(Flags::BLOCK_TEXEL_VIEW_COMPATIBLE)),
        ("compressed", of(F::BC7_SRGB_BLOCK).flags(Flags::BLOCK_TEXEL_VIEW_COMPATIBLE)),
        ("compressed", texture().flags(Flags::BLOCK_TEXEL_VIEW_COMPATIBLE | Flags::MUTABLE_FORMAT)),
        ("named twice", texture().queue_families(&[1, 1])),
        ("cannot be aliased", texture().aliasable().dedicated()),
    ];
    for (rule, request) in refused {
        let error = check_image(&rules(), &request).unwrap_err();
        assert!(error.to_string().contains(rule), "{request:?} gave {error}");
    }
    for flags in
        [Flags::SPARSE_BINDING, Flags::DISJOINT, Flags::PROTECTED, Flags::from_raw(1 << 30)]
    {
        let error = check_image(&rules(), &texture().flags(flags)).unwrap_err();
        assert!(matches!(error, MemoryError::Unsupported(_)), "{flags:?} gave {error}");
    }
}

/// Behaviour 15: good images of every shape pass, and ask the device with their own values.
#[test]
fn good_image_requests_pass() {
    use vk::{Format as F, ImageCreateFlags as Flags, ImageUsageFlags as Usage};
    let square = edit(|r| r.extent = vk::Extent3D { height: 64, ..texture().extent });
    let attachment = Usage::COLOR_ATTACHMENT | Usage::TRANSIENT_ATTACHMENT;
    let line = edit(|r| {
        r.image_type = vk::ImageType::TYPE_1D;
        r.extent = vk::Extent3D { height: 1, ..texture().extent };
    });
    let srgb = [F::R8G8B8A8_SRGB, F::R8G8B8A8_UNORM, F::R32_UINT];
    let views = texture().flags(Flags::MUTABLE_FORMAT).view_formats(&srgb);
    let blocks = Flags::BLOCK_TEXEL_VIEW_COMPATIBLE | Flags::MUTABLE_FORMAT;
    let good = [
        line,
        texture().full_mip_chain().array_layers(4),
        texture().tiling(vk::ImageTiling::LINEAR).initial_layout(vk::ImageLayout::PREINITIALIZED),
        square.array_layers(6).flags(Flags::CUBE_COMPATIBLE),
        volume().full_mip_chain().flags(Flags::TYPE_2D_ARRAY_COMPATIBLE),
        texture().samples(vk::SampleCountFlags::TYPE_4).array_layers(2),
        edit(|r| r.usage = attachment),
        edit(|r| {
            r.extent = vk::Extent3D { width: 1000, height: 500, depth: 1 };
            r.usage = attachment;
        }),
        edit(|r| r.format = F::BC7_SRGB_BLOCK).flags(blocks),
        edit(|r| r.format = F::G8_B8R8_2PLANE_420_UNORM),
        edit(|r| r.format = F::A4R4G4B4_UNORM_PACK16),
        texture().view_formats(&[F::R8G8B8A8_SRGB]),
        views,
    ];
    for request in good {
        let query = check_image(&rules(), &request).unwrap().expect("a plain request");
        assert_eq!((query.format, query.usage), (request.format, request.usage));
        assert_eq!((query.tiling, query.flags), (request.tiling, request.flags));
        assert_eq!(query.image_type, request.image_type);
    }
    let old = DeviceRules { api_version: vk::API_VERSION_1_1, ..rules() };
    assert!(check_image(&old, &texture().view_formats(&[F::R8G8B8A8_SRGB])).is_err());
    assert!(check_image(&old, &edit(|r| r.format = F::A4R4G4B4_UNORM_PACK16)).is_err());
    let layered = texture().samples(vk::SampleCountFlags::TYPE_4).array_layers(2);
    let portable = with(MemoryFeatures::PORTABILITY_SUBSET);
    check_image(&portable, &texture().samples(vk::SampleCountFlags::TYPE_4)).unwrap();
    let listed = texture().view_formats(&[F::R8G8B8A8_SRGB]);
    let first = DeviceRules { api_version: vk::API_VERSION_1_2, ..rules() };
    check_image(&first, &listed).unwrap();
    let sliced = volume().flags(Flags::TYPE_2D_ARRAY_COMPATIBLE);
    for request in [layered, sliced] {
        assert!(check_image(&portable, &request).is_err());
    }
    check_image(&with(MemoryFeatures::PROTECTED), &texture().flags(Flags::PROTECTED)).unwrap();
}

/// Behaviour 15: what goes through a create info is the maker's word, sparse and disjoint aside.
#[test]
fn create_infos_are_taken_at_their_word() {
    let info = vk::ImageCreateInfo::default().mip_levels(99).usage(vk::ImageUsageFlags::SAMPLED);
    // SAFETY: the request is only checked and never reaches a driver; there are no pointers in it.
    let mut request = unsafe { ImageRequest::from_create_info(info) };
    assert!(check_image(&rules(), &request).unwrap().is_none());
    request.mip_levels = 0;
    let mut list = vk::ImageFormatListCreateInfo::default();
    assert_eq!(request.create_info(&mut list).mip_levels, 99, "a plain field changed the promise");

    let sparse = info.flags(vk::ImageCreateFlags::SPARSE_BINDING);
    // SAFETY: as above.
    let sparse = unsafe { ImageRequest::from_create_info(sparse) };
    let error = check_image(&rules(), &sparse).unwrap_err();
    assert!(matches!(error, MemoryError::Unsupported(_)), "got {error}");
}

/// Behaviour 31: the device's own limits for a format hold, each of them, and are reached exactly.
#[test]
fn format_limits_hold() {
    let limits = vk::ImageFormatProperties {
        max_extent: vk::Extent3D { width: 64, height: 32, depth: 4 },
        max_mip_levels: 3,
        max_array_layers: 2,
        sample_counts: vk::SampleCountFlags::TYPE_1 | vk::SampleCountFlags::TYPE_4,
        max_resource_size: u64::MAX,
    };
    let extent = |width, height, depth| edit(|r| r.extent = vk::Extent3D { width, height, depth });
    let full = extent(64, 32, 4).mip_levels(3).array_layers(2);
    check_image_limits(&full.samples(vk::SampleCountFlags::TYPE_4), &limits).unwrap();
    let beyond = [
        ("extent", extent(65, 32, 4)),
        ("extent", extent(64, 33, 4)),
        ("extent", extent(64, 32, 5)),
        ("mip", texture().mip_levels(4)),
        ("layers", texture().array_layers(3)),
        ("samples", texture().samples(vk::SampleCountFlags::TYPE_2)),
    ];
    for (rule, request) in beyond {
        let error = check_image_limits(&request, &limits).unwrap_err();
        assert!(error.to_string().contains(rule), "{request:?} gave {error}");
    }
}

/// Formats share views exactly within the classes of the specification's table.
#[test]
fn view_compatibility_follows_the_classes() {
    use vk::Format as F;
    let same = [
        (F::R8G8B8A8_UNORM, F::B8G8R8A8_SRGB),
        (F::R8G8B8A8_UNORM, F::E5B9G9R9_UFLOAT_PACK32),
        (F::R16G16B16A16_SFLOAT, F::R32G32_UINT),
        (F::R4G4B4A4_UNORM_PACK16, F::R16_SFLOAT),
        (F::R8_UNORM, F::R4G4_UNORM_PACK8),
        (F::R8G8B8_UNORM, F::B8G8R8_SRGB),
        (F::R64G64B64A64_UINT, F::R64G64B64A64_SFLOAT),
        (F::BC1_RGB_UNORM_BLOCK, F::BC1_RGB_SRGB_BLOCK),
        (F::BC6H_UFLOAT_BLOCK, F::BC6H_SFLOAT_BLOCK),
        (F::EAC_R11_UNORM_BLOCK, F::EAC_R11_SNORM_BLOCK),
        (F::ASTC_12X12_UNORM_BLOCK, F::ASTC_12X12_SRGB_BLOCK),
        (F::D32_SFLOAT, F::D32_SFLOAT),
    ];
    let other = [
        (F::R8G8B8A8_UNORM, F::R16_UNORM),
        (F::BC1_RGB_UNORM_BLOCK, F::BC1_RGBA_UNORM_BLOCK),
        (F::BC2_UNORM_BLOCK, F::BC3_UNORM_BLOCK),
        (F::D32_SFLOAT, F::R32_SFLOAT),
        (F::D24_UNORM_S8_UINT, F::D32_SFLOAT),
        (F::S8_UINT, F::R8_UINT),
        (F::R8_UNORM, F::UNDEFINED),
        (F::R8_UNORM, F::from_raw(-5)),
        (F::G8_B8R8_2PLANE_420_UNORM, F::R8_UNORM),
    ];
    for (left, right) in same {
        assert!(format::is_compatible(left, right), "{left:?} and {right:?}");
        assert!(format::is_compatible(right, left), "{right:?} and {left:?}");
    }
    for (left, right) in other {
        assert!(!format::is_compatible(left, right), "{left:?} and {right:?}");
        assert!(!format::is_compatible(right, left), "{right:?} and {left:?}");
    }
}
