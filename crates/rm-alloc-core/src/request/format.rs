//! What safe code needs to know of formats: which are defined, and which views are compatible.
//!
//! From the specification's chapter "Formats", section "Compatible Formats of Planes" and the table
//! "Format Compatibility Classes".

use ash::vk;

/// The last format of Vulkan 1.0.
const LAST_CORE: i32 = vk::Format::ASTC_12X12_SRGB_BLOCK.as_raw();

/// Multi-planar and single-plane YCbCr formats, core since 1.1.
const YCBCR: std::ops::RangeInclusive<i32> =
    vk::Format::G8B8G8R8_422_UNORM.as_raw()..=vk::Format::G16_B16_R16_3PLANE_444_UNORM.as_raw();

/// Whether `format` is defined for a device of `api_version`, extensions aside.
pub(super) fn is_known(format: vk::Format, api_version: u32) -> bool {
    let raw = format.as_raw();
    let core_1_3 = [
        vk::Format::ASTC_4X4_SFLOAT_BLOCK.as_raw()..=vk::Format::ASTC_12X12_SFLOAT_BLOCK.as_raw(),
        vk::Format::G8_B8R8_2PLANE_444_UNORM.as_raw()
            ..=vk::Format::G16_B16R16_2PLANE_444_UNORM.as_raw(),
        vk::Format::A4R4G4B4_UNORM_PACK16.as_raw()..=vk::Format::A4B4G4R4_UNORM_PACK16.as_raw(),
    ];
    (1..=LAST_CORE).contains(&raw)
        || YCBCR.contains(&raw)
        || (api_version >= vk::API_VERSION_1_3 && core_1_3.iter().any(|range| range.contains(&raw)))
}

/// Whether the format has chroma of its own, in planes or in pairs of texels.
///
/// The two-plane formats of Vulkan 1.3 count as well; the few single-component packs in between are treated alike.
pub(super) fn is_ycbcr(format: vk::Format) -> bool {
    let two_planes = vk::Format::G8_B8R8_2PLANE_444_UNORM.as_raw()
        ..=vk::Format::G16_B16R16_2PLANE_444_UNORM.as_raw();
    YCBCR.contains(&format.as_raw()) || two_planes.contains(&format.as_raw())
}

/// Texels that width and height must be multiples of, for formats with subsampled chroma.
pub(super) fn chroma_block(format: vk::Format) -> (u32, u32) {
    use vk::Format as F;
    match format {
        F::G8_B8_R8_3PLANE_420_UNORM
        | F::G8_B8R8_2PLANE_420_UNORM
        | F::G10X6_B10X6_R10X6_3PLANE_420_UNORM_3PACK16
        | F::G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16
        | F::G12X4_B12X4_R12X4_3PLANE_420_UNORM_3PACK16
        | F::G12X4_B12X4R12X4_2PLANE_420_UNORM_3PACK16
        | F::G16_B16_R16_3PLANE_420_UNORM
        | F::G16_B16R16_2PLANE_420_UNORM => (2, 2),
        F::G8B8G8R8_422_UNORM
        | F::B8G8R8G8_422_UNORM
        | F::G8_B8_R8_3PLANE_422_UNORM
        | F::G8_B8R8_2PLANE_422_UNORM
        | F::G10X6B10X6G10X6R10X6_422_UNORM_4PACK16
        | F::B10X6G10X6R10X6G10X6_422_UNORM_4PACK16
        | F::G10X6_B10X6_R10X6_3PLANE_422_UNORM_3PACK16
        | F::G10X6_B10X6R10X6_2PLANE_422_UNORM_3PACK16
        | F::G12X4B12X4G12X4R12X4_422_UNORM_4PACK16
        | F::B12X4G12X4R12X4G12X4_422_UNORM_4PACK16
        | F::G12X4_B12X4_R12X4_3PLANE_422_UNORM_3PACK16
        | F::G12X4_B12X4R12X4_2PLANE_422_UNORM_3PACK16
        | F::G16B16G16R16_422_UNORM
        | F::B16G16R16G16_422_UNORM
        | F::G16_B16_R16_3PLANE_422_UNORM
        | F::G16_B16R16_2PLANE_422_UNORM => (2, 1),
        _ => (1, 1),
    }
}

/// Whether the texels come in compressed blocks.
pub(super) fn is_block_compressed(format: vk::Format) -> bool {
    let raw = format.as_raw();
    (vk::Format::BC1_RGB_UNORM_BLOCK.as_raw()..=LAST_CORE).contains(&raw)
        || (vk::Format::ASTC_4X4_SFLOAT_BLOCK.as_raw()
            ..=vk::Format::ASTC_12X12_SFLOAT_BLOCK.as_raw())
            .contains(&raw)
}

/// Whether an image of `format` may have views of `view`.
pub(super) fn is_compatible(format: vk::Format, view: vk::Format) -> bool {
    format == view || class(format).is_some_and(|class_of| class(view) == Some(class_of))
}

/// A number that formats of one compatibility class share; `None` for those that stand alone.
fn class(format: vk::Format) -> Option<i32> {
    use vk::Format as F;
    // Last format of each run of equal size, and that size in bits.
    const UNCOMPRESSED: [(F, i32); 20] = [
        (F::R4G4_UNORM_PACK8, 8),
        (F::A1R5G5B5_UNORM_PACK16, 16),
        (F::R8_SRGB, 8),
        (F::R8G8_SRGB, 16),
        (F::B8G8R8_SRGB, 24),
        (F::A2B10G10R10_SINT_PACK32, 32),
        (F::R16_SFLOAT, 16),
        (F::R16G16_SFLOAT, 32),
        (F::R16G16B16_SFLOAT, 48),
        (F::R16G16B16A16_SFLOAT, 64),
        (F::R32_SFLOAT, 32),
        (F::R32G32_SFLOAT, 64),
        (F::R32G32B32_SFLOAT, 96),
        (F::R32G32B32A32_SFLOAT, 128),
        (F::R64_SFLOAT, 64),
        (F::R64G64_SFLOAT, 128),
        (F::R64G64B64_SFLOAT, 192),
        (F::R64G64B64A64_SFLOAT, 256),
        (F::B10G11R11_UFLOAT_PACK32, 32),
        (F::E5B9G9R9_UFLOAT_PACK32, 32),
    ];
    let raw = format.as_raw();
    let size = UNCOMPRESSED.iter().find(|(last, _)| raw <= last.as_raw());
    if let Some(&(_, bits)) = size {
        return (raw > 0).then_some(bits);
    }
    // Compressed formats come in pairs (linear and sRGB, or unsigned and signed) from an odd number on;
    // depth and stencil formats stand alone.
    let first = vk::Format::BC1_RGB_UNORM_BLOCK.as_raw();
    (first..=LAST_CORE).contains(&raw).then(|| 1000 + (raw - first) / 2)
}
