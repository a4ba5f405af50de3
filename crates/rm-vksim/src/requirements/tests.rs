//! Properties of the rules, and captured answers word for word.

use ash::vk;
use proptest::{
    prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest},
    sample::select,
};

use super::{
    BufferShape, ImageShape, Needs, buffer_needs, format_properties,
    formats::{self, Layout},
    image_format_limits, image_needs, round_up,
};
use crate::profile::{Captured, Profile};

/// Any built-in profile, answering by rule.
fn by_rule() -> impl Strategy<Value = Profile> {
    select(Profile::names()).prop_map(|name| {
        let mut profile = Profile::builtin(name).unwrap();
        profile.captured.clear();
        profile
    })
}

fn buffers() -> impl Strategy<Value = BufferShape> {
    (any::<u64>(), 0..64u32, any::<u16>()).prop_map(|(size, shift, usage)| BufferShape {
        size: size >> shift,
        usage: vk::BufferUsageFlags::from_raw(usage.into()),
        flags: vk::BufferCreateFlags::empty(),
    })
}

/// Images of every extent, possible or absurd.
fn images() -> impl Strategy<Value = ImageShape> {
    let format = select(formats::all().collect::<Vec<_>>());
    let extent = (any::<[u32; 3]>(), 0..32u32);
    let tiling = select(vec![vk::ImageTiling::OPTIMAL, vk::ImageTiling::LINEAR]);
    (format, extent, 0..20u32, any::<u32>(), 0..5u32, tiling, any::<u8>()).prop_map(
        |(format, ([width, height, depth], shift), mips, layers, samples, tiling, usage)| {
            ImageShape {
                flags: vk::ImageCreateFlags::empty(),
                image_type: vk::ImageType::TYPE_2D,
                format,
                extent: vk::Extent3D {
                    width: width >> shift,
                    height: height >> shift,
                    depth: depth >> 31,
                },
                mips,
                layers: layers >> shift,
                samples: vk::SampleCountFlags::from_raw(1 << samples),
                tiling,
                usage: vk::ImageUsageFlags::from_raw(usage.into()),
            }
        },
    )
}

/// An image of one level and layer.
fn flat(format: vk::Format, width: u32, height: u32) -> ImageShape {
    ImageShape {
        flags: vk::ImageCreateFlags::empty(),
        image_type: vk::ImageType::TYPE_2D,
        format,
        extent: vk::Extent3D { width, height, depth: 1 },
        mips: 1,
        layers: 1,
        samples: vk::SampleCountFlags::TYPE_1,
        tiling: vk::ImageTiling::OPTIMAL,
        usage: vk::ImageUsageFlags::SAMPLED,
    }
}

fn flags_of(profile: &Profile, bits: u32) -> Vec<vk::MemoryPropertyFlags> {
    let types = profile.types.iter().enumerate().filter(|(index, _)| bits & 1 << index != 0);
    types.map(|(_, memory_type)| memory_type.properties()).collect()
}

/// What holds for every answer.
fn is_an_answer(profile: &Profile, needs: &Needs, host_reaches: bool) -> bool {
    use vk::MemoryPropertyFlags as Flags;
    let types = flags_of(profile, needs.memory_type_bits);
    let has = |flags| types.iter().any(|it| it.contains(flags));
    needs.size > 0
        && needs.alignment.is_power_of_two()
        && needs.size.is_multiple_of(needs.alignment)
        && needs.memory_type_bits & !profile.type_bits() == 0
        && has(Flags::DEVICE_LOCAL)
        && (!host_reaches || has(Flags::HOST_VISIBLE | Flags::HOST_COHERENT))
        && !has(Flags::PROTECTED)
}

proptest! {
    #[test]
    fn every_buffer_gets_an_answer(profile in by_rule(), shape in buffers()) {
        let needs = buffer_needs(&profile, &shape);
        prop_assert!(is_an_answer(&profile, &needs, true), "{shape:?}: {needs:?}");
        let most = round_up(u64::MAX, needs.alignment);
        prop_assert!(needs.size >= shape.size || needs.size == most, "{shape:?}: {needs:?}");
        prop_assert_eq!(needs, buffer_needs(&profile, &shape));
    }

    #[test]
    fn a_larger_buffer_needs_no_less(profile in by_rule(), shape in buffers(), more: u64) {
        let larger = BufferShape { size: shape.size.saturating_add(more), ..shape };
        let (needs, larger) = (buffer_needs(&profile, &shape), buffer_needs(&profile, &larger));
        prop_assert!(needs.size <= larger.size);
        prop_assert_eq!(needs.alignment, larger.alignment);
        prop_assert_eq!(needs.memory_type_bits, larger.memory_type_bits);
    }

    #[test]
    fn every_image_gets_an_answer(profile in by_rule(), shape in images()) {
        let needs = image_needs(&profile, &shape);
        let linear = shape.tiling == vk::ImageTiling::LINEAR;
        prop_assert!(is_an_answer(&profile, &needs, linear), "{shape:?}: {needs:?}");
        let lazily = flags_of(&profile, needs.memory_type_bits)
            .iter()
            .any(|flags| flags.contains(vk::MemoryPropertyFlags::LAZILY_ALLOCATED));
        let transient = shape.usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT);
        prop_assert!(transient || !lazily, "{shape:?}: {needs:?}");
        prop_assert_eq!(needs, image_needs(&profile, &shape));
    }

    #[test]
    fn a_larger_image_needs_no_less(profile in by_rule(), shape in images(), by: [u16; 5]) {
        let mut larger = shape;
        larger.extent.width = larger.extent.width.saturating_add(by[0].into());
        larger.extent.height = larger.extent.height.saturating_add(by[1].into());
        larger.layers = larger.layers.saturating_add(by[2].into());
        larger.mips += u32::from(by[3] % 4);
        larger.samples = vk::SampleCountFlags::from_raw(shape.samples.as_raw() << (by[4] % 3));
        let (needs, larger) = (image_needs(&profile, &shape), image_needs(&profile, &larger));
        prop_assert!(needs.size <= larger.size, "{shape:?}: {needs:?} and {larger:?}");
        prop_assert!(needs.alignment <= larger.alignment);
        prop_assert!(needs.prefers_dedicated <= larger.prefers_dedicated);
        // Vulkan: types depend on the kind of image, not on its size.
        prop_assert_eq!(needs.memory_type_bits, larger.memory_type_bits);
    }

    #[test]
    fn an_image_holds_all_its_texels(profile in by_rule(), width in 1..5000u32, height in 1..5000u32) {
        let texels = u64::from(width) * u64::from(height);
        let rgba = image_needs(&profile, &flat(vk::Format::R8G8B8A8_UNORM, width, height));
        prop_assert!(rgba.size >= texels * 4);
        let bc = image_needs(&profile, &flat(vk::Format::BC7_UNORM_BLOCK, width, height));
        prop_assert!(bc.size >= texels && bc.size <= rgba.size);
        let video = image_needs(&profile, &flat(vk::Format::G8_B8R8_2PLANE_420_UNORM, width, height));
        prop_assert!(video.size * 2 >= texels * 3);
    }
}

#[test]
fn captured_questions_get_the_captured_answers() {
    for profile in [Profile::h200(), Profile::lavapipe_22(), Profile::lavapipe_25()] {
        for entry in &profile.captured {
            match *entry {
                Captured::Buffer { info, needs } => {
                    assert_eq!(buffer_needs(&profile, &info), needs, "{info:?}");
                }
                Captured::Image { info, needs } => {
                    assert_eq!(image_needs(&profile, &info), needs, "{info:?}");
                    let ImageShape { format, image_type, tiling, usage, flags, .. } = info;
                    let limits =
                        image_format_limits(&profile, format, image_type, tiling, usage, flags);
                    assert!(limits.is_some_and(|it| it.max_mip_levels >= info.mips), "{info:?}");
                }
                Captured::Format { format, optimal, .. } => {
                    let got = format_properties(&profile, format).optimal_tiling_features;
                    assert_eq!(got.as_raw(), optimal, "{format:?}");
                }
                Captured::ImageFormat { query, limits } => {
                    let (tiling, usage) = (query.tiling, query.usage);
                    let got = image_format_limits(
                        &profile,
                        query.format,
                        query.image_type,
                        tiling,
                        usage,
                        query.flags,
                    );
                    assert_eq!(got.map(|it| it.max_extent), limits.map(|it| it.max_extent));
                    assert_eq!(got.map(|it| it.sample_counts), limits.map(|it| it.samples));
                }
            }
        }
    }
}

/// Where the rules can be held against a real device, they are near: no image has less than its texels.
#[test]
fn captured_images_are_no_smaller_than_their_texels() {
    for profile in [Profile::h200(), Profile::lavapipe_25()] {
        let mut tight = profile.clone();
        tight.captured.clear();
        let images = &mut tight.rules.images;
        (images.alignment, images.large_alignment, images.multisampled_alignment) = (1, 1, 1);
        (images.tile_width, images.tile_rows, images.linear_alignment) = (1, 1, 1);
        images.row_pitch = 1;
        for entry in &profile.captured {
            if let Captured::Image { info, needs } = entry {
                let texels = image_needs(&tight, info).size;
                assert!(texels <= needs.size, "{info:?}: {texels} of {needs:?}");
            }
        }
    }
}

#[test]
fn formats_are_as_large_as_vulkan_says() {
    for (format, block, bytes) in [
        (vk::Format::R8_UNORM, [1, 1], 1),
        (vk::Format::R5G6B5_UNORM_PACK16, [1, 1], 2),
        (vk::Format::B8G8R8_SRGB, [1, 1], 3),
        (vk::Format::A8B8G8R8_SRGB_PACK32, [1, 1], 4),
        (vk::Format::A2B10G10R10_SINT_PACK32, [1, 1], 4),
        (vk::Format::R16G16B16_SFLOAT, [1, 1], 6),
        (vk::Format::R32G32B32A32_SFLOAT, [1, 1], 16),
        (vk::Format::R64G64B64A64_SFLOAT, [1, 1], 32),
        (vk::Format::E5B9G9R9_UFLOAT_PACK32, [1, 1], 4),
        (vk::Format::D32_SFLOAT_S8_UINT, [1, 1], 5),
        (vk::Format::BC1_RGB_UNORM_BLOCK, [4, 4], 8),
        (vk::Format::BC7_SRGB_BLOCK, [4, 4], 16),
        (vk::Format::EAC_R11_SNORM_BLOCK, [4, 4], 8),
        (vk::Format::ASTC_12X12_SRGB_BLOCK, [12, 12], 16),
        (vk::Format::G8B8G8R8_422_UNORM, [2, 1], 4),
        (vk::Format::A4B4G4R4_UNORM_PACK16, [1, 1], 2),
    ] {
        let layout = Layout::known(format).unwrap();
        let sum: u32 = layout.planes.iter().map(|plane| plane.bytes).sum();
        assert_eq!((layout.block, sum), (block, bytes), "{format:?}");
    }
    let core = (1..=184).all(|raw| Layout::known(vk::Format::from_raw(raw)).is_some());
    assert!(core, "every core format is in the table");
    assert!(Layout::known(vk::Format::UNDEFINED).is_none());
}

/// Of Vulkan's tables of mandatory formats, the rows that programs rely on.
#[test]
fn mandatory_formats_are_supported_everywhere() {
    use vk::FormatFeatureFlags as Feature;
    let read = Feature::SAMPLED_IMAGE | Feature::BLIT_SRC;
    for profile in Profile::names().iter().map(|name| Profile::builtin(name).unwrap()) {
        for (format, features) in [
            (vk::Format::R8G8B8A8_UNORM, read | Feature::STORAGE_IMAGE | Feature::COLOR_ATTACHMENT),
            (vk::Format::B8G8R8A8_SRGB, read | Feature::COLOR_ATTACHMENT_BLEND),
            (vk::Format::R32_UINT, read | Feature::STORAGE_IMAGE_ATOMIC),
            (vk::Format::E5B9G9R9_UFLOAT_PACK32, read | Feature::SAMPLED_IMAGE_FILTER_LINEAR),
            (vk::Format::D16_UNORM, read | Feature::DEPTH_STENCIL_ATTACHMENT),
        ] {
            let got = format_properties(&profile, format).optimal_tiling_features;
            assert!(got.contains(features), "{} {format:?}: {got:?}", profile.name);
        }
    }
}

#[test]
fn images_that_no_device_has_are_refused() {
    use vk::{
        Format, ImageCreateFlags as Create, ImageTiling, ImageType, ImageUsageFlags as Usage,
    };
    let profile = Profile::desktop_rebar();
    let ask = |format, kind, tiling, usage, flags| {
        image_format_limits(&profile, format, kind, tiling, usage, flags)
    };
    let (flat, optimal, none) = (ImageType::TYPE_2D, ImageTiling::OPTIMAL, Create::empty());
    let rgba = Format::R8G8B8A8_UNORM;

    let plain = ask(rgba, flat, optimal, Usage::SAMPLED, none).unwrap();
    assert_eq!((plain.max_extent.width, plain.max_mip_levels), (16384, 15));
    assert_eq!(plain.sample_counts, vk::SampleCountFlags::TYPE_1);
    let target = ask(rgba, flat, optimal, Usage::COLOR_ATTACHMENT, none).unwrap();
    assert!(target.sample_counts.contains(vk::SampleCountFlags::TYPE_8));
    let volume = ask(rgba, ImageType::TYPE_3D, optimal, Usage::SAMPLED, none).unwrap();
    assert_eq!((volume.max_extent.depth, volume.max_array_layers), (2048, 1));

    let depth = Format::D32_SFLOAT;
    assert!(ask(depth, flat, optimal, Usage::COLOR_ATTACHMENT, none).is_none());
    assert!(ask(depth, flat, ImageTiling::LINEAR, Usage::SAMPLED, none).is_none());
    assert!(ask(depth, ImageType::TYPE_3D, optimal, Usage::SAMPLED, none).is_none());
    assert!(ask(Format::UNDEFINED, flat, optimal, Usage::SAMPLED, none).is_none());
    assert!(ask(Format::ASTC_4X4_UNORM_BLOCK, flat, optimal, Usage::SAMPLED, none).is_none());
    assert!(ask(rgba, flat, optimal, Usage::SAMPLED, Create::SPARSE_BINDING).is_none());
    assert!(ask(rgba, flat, optimal, Usage::SAMPLED, Create::PROTECTED).is_none());
}

#[test]
fn special_types_are_for_those_who_ask() {
    use vk::MemoryPropertyFlags as Flags;
    let profile = Profile::tiler_lazy();
    let of = |shape: ImageShape| {
        let bits = image_needs(&profile, &shape).memory_type_bits;
        flags_of(&profile, bits).into_iter().fold(Flags::empty(), |all, flags| all | flags)
    };
    let plain = flat(vk::Format::R8G8B8A8_UNORM, 256, 256);
    assert!(!of(plain).intersects(Flags::LAZILY_ALLOCATED | Flags::PROTECTED));
    let usage = vk::ImageUsageFlags::COLOR_ATTACHMENT | vk::ImageUsageFlags::TRANSIENT_ATTACHMENT;
    assert!(of(ImageShape { usage, ..plain }).contains(Flags::LAZILY_ALLOCATED));
    let flags = vk::ImageCreateFlags::PROTECTED;
    assert_eq!(of(ImageShape { flags, ..plain }), Flags::PROTECTED | Flags::DEVICE_LOCAL);

    let mut amd = Profile::amd_coherent();
    let shape = BufferShape { size: 64, ..BufferShape::default() };
    assert_eq!(buffer_needs(&amd, &shape).memory_type_bits, 0xff);
    amd.features.device_coherent = false;
    assert_eq!(buffer_needs(&amd, &shape).memory_type_bits, 0x0f);
}

#[test]
fn large_attachments_prefer_memory_of_their_own_and_rules_may_require_it() {
    let mut profile = Profile::desktop_rebar();
    let small = flat(vk::Format::R8G8B8A8_UNORM, 64, 64);
    let large = flat(vk::Format::R8G8B8A8_UNORM, 3840, 2160);
    let target = |shape| ImageShape { usage: vk::ImageUsageFlags::COLOR_ATTACHMENT, ..shape };
    let prefers = |shape| image_needs(&profile, &shape).prefers_dedicated;
    assert_eq!(
        [small, large, target(small), target(large)].map(prefers),
        [false, false, false, true]
    );

    profile.rules.images.dedicated_for = vk::ImageUsageFlags::COLOR_ATTACHMENT.as_raw();
    let needs = image_needs(&profile, &target(small));
    assert!(needs.requires_dedicated && needs.prefers_dedicated);
    assert!(!image_needs(&profile, &large).requires_dedicated);
}
