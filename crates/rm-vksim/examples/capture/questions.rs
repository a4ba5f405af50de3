//! The table of resources that a device is asked about.

use ash::vk::{
    BufferCreateFlags, BufferUsageFlags as BufferUsage, Extent3D, Format, ImageCreateFlags,
    ImageTiling, ImageType, ImageUsageFlags as Usage, SampleCountFlags,
};
use rm_vksim::{BufferShape, ImageShape};

/// Formats whose features are asked, and whose images are.
pub(crate) const FORMATS: &[Format] = &[
    Format::R5G6B5_UNORM_PACK16,
    Format::R8_UNORM,
    Format::R8G8_UNORM,
    Format::R8G8B8_UNORM,
    Format::R8G8B8A8_UNORM,
    Format::R8G8B8A8_SRGB,
    Format::B8G8R8A8_UNORM,
    Format::B8G8R8A8_SRGB,
    Format::A2B10G10R10_UNORM_PACK32,
    Format::R16_SFLOAT,
    Format::R16G16B16A16_SFLOAT,
    Format::R32_UINT,
    Format::R32_SFLOAT,
    Format::R32G32B32A32_SFLOAT,
    Format::B10G11R11_UFLOAT_PACK32,
    Format::E5B9G9R9_UFLOAT_PACK32,
    Format::D16_UNORM,
    Format::X8_D24_UNORM_PACK32,
    Format::D32_SFLOAT,
    Format::S8_UINT,
    Format::D24_UNORM_S8_UINT,
    Format::D32_SFLOAT_S8_UINT,
    Format::BC1_RGBA_UNORM_BLOCK,
    Format::BC3_UNORM_BLOCK,
    Format::BC5_UNORM_BLOCK,
    Format::BC6H_UFLOAT_BLOCK,
    Format::BC7_UNORM_BLOCK,
    Format::BC7_SRGB_BLOCK,
    Format::ETC2_R8G8B8A8_UNORM_BLOCK,
    Format::ASTC_4X4_UNORM_BLOCK,
    Format::ASTC_8X8_SRGB_BLOCK,
    Format::G8_B8R8_2PLANE_420_UNORM,
    Format::G8_B8_R8_3PLANE_420_UNORM,
];

/// Formats of textures: everything that is neither depth nor video.
const TEXTURES: usize = 16;

/// Buffers from a byte to a GiB, of every common use.
pub(crate) fn buffers(address: bool) -> Vec<BufferShape> {
    let copied = BufferUsage::TRANSFER_SRC | BufferUsage::TRANSFER_DST;
    let mut usages = vec![
        BufferUsage::TRANSFER_SRC,
        copied,
        BufferUsage::VERTEX_BUFFER | BufferUsage::TRANSFER_DST,
        BufferUsage::INDEX_BUFFER | BufferUsage::TRANSFER_DST,
        BufferUsage::UNIFORM_BUFFER,
        BufferUsage::STORAGE_BUFFER,
        BufferUsage::STORAGE_BUFFER | copied,
        BufferUsage::UNIFORM_TEXEL_BUFFER | BufferUsage::TRANSFER_DST,
        BufferUsage::STORAGE_TEXEL_BUFFER,
        BufferUsage::INDIRECT_BUFFER | BufferUsage::STORAGE_BUFFER,
    ];
    if address {
        usages.push(BufferUsage::STORAGE_BUFFER | BufferUsage::SHADER_DEVICE_ADDRESS);
    }
    let sizes = [1, 255, 4 << 10, (64 << 10) + 1, 1 << 20, (16 << 20) + 4, 256 << 20, 1 << 30];
    let flags = BufferCreateFlags::empty();
    let of_usage =
        |usage: &BufferUsage| sizes.map(|size| BufferShape { size, usage: *usage, flags });
    usages.iter().flat_map(of_usage).collect()
}

/// Images of every shape, whether the device supports them or not.
pub(crate) fn images() -> Vec<ImageShape> {
    let mut table = Vec::new();
    textures(&mut table);
    attachments(&mut table);
    shapes(&mut table);
    linear(&mut table);
    table
}

/// A texture of one layer and level.
fn flat(format: Format, width: u32, height: u32) -> ImageShape {
    ImageShape {
        flags: ImageCreateFlags::empty(),
        image_type: ImageType::TYPE_2D,
        format,
        extent: Extent3D { width, height, depth: 1 },
        mips: 1,
        layers: 1,
        samples: SampleCountFlags::TYPE_1,
        tiling: ImageTiling::OPTIMAL,
        usage: Usage::SAMPLED | Usage::TRANSFER_DST,
    }
}

/// The same with all its levels.
fn mipped(image: ImageShape) -> ImageShape {
    let Extent3D { width, height, depth } = image.extent;
    ImageShape { mips: width.max(height).max(depth).ilog2() + 1, ..image }
}

fn textures(table: &mut Vec<ImageShape>) {
    let compressed = FORMATS.iter().filter(|format| (131..=184).contains(&format.as_raw()));
    for format in FORMATS[..TEXTURES].iter().chain(compressed) {
        for (width, height) in [(1, 1), (64, 64), (100, 37), (1024, 1024), (4096, 2048)] {
            table.push(mipped(flat(*format, width, height)));
        }
    }
    for format in [Format::R8G8B8A8_UNORM, Format::BC7_UNORM_BLOCK] {
        for side in [4, 16, 128, 256, 512, 2048, 8192] {
            table.push(flat(format, side, side));
        }
    }
    let mutable = flat(Format::R8G8B8A8_UNORM, 512, 512);
    table.push(ImageShape { flags: ImageCreateFlags::MUTABLE_FORMAT, ..mutable });
    for format in [Format::G8_B8R8_2PLANE_420_UNORM, Format::G8_B8_R8_3PLANE_420_UNORM] {
        table.push(flat(format, 1920, 1080));
    }
}

fn attachments(table: &mut Vec<ImageShape>) {
    let all = [1, 2, 4, 8].map(SampleCountFlags::from_raw);
    let color = Usage::COLOR_ATTACHMENT | Usage::SAMPLED;
    let depth = Usage::DEPTH_STENCIL_ATTACHMENT | Usage::SAMPLED;
    for format in [Format::R8G8B8A8_UNORM, Format::B8G8R8A8_SRGB, Format::R16G16B16A16_SFLOAT] {
        for (width, height) in [(64, 64), (1280, 720), (1920, 1080), (3840, 2160)] {
            for samples in all {
                table.push(ImageShape { samples, usage: color, ..flat(format, width, height) });
            }
        }
    }
    let depths = FORMATS.iter().filter(|format| (124..=130).contains(&format.as_raw()));
    for format in depths {
        for (width, height) in [(64, 64), (1920, 1080), (4096, 4096)] {
            for samples in [all[0], all[2]] {
                table.push(ImageShape { samples, usage: depth, ..flat(*format, width, height) });
            }
        }
    }
    let kept = Usage::TRANSIENT_ATTACHMENT | Usage::INPUT_ATTACHMENT;
    for samples in [all[0], all[2]] {
        for (format, usage) in [
            (Format::R8G8B8A8_UNORM, Usage::COLOR_ATTACHMENT | kept),
            (Format::D32_SFLOAT, Usage::DEPTH_STENCIL_ATTACHMENT | kept),
        ] {
            table.push(ImageShape { samples, usage, ..flat(format, 1920, 1080) });
        }
    }
    for format in [Format::R8G8B8A8_UNORM, Format::R32_SFLOAT, Format::R16G16B16A16_SFLOAT] {
        for side in [64, 256, 2048] {
            let usage = Usage::STORAGE | Usage::SAMPLED;
            table.push(ImageShape { usage, ..flat(format, side, side) });
        }
    }
}

/// Lines, volumes, cubes and arrays.
fn shapes(table: &mut Vec<ImageShape>) {
    for format in [Format::R8_UNORM, Format::R8G8B8A8_UNORM] {
        for (width, layers) in [(1, 1), (256, 1), (4096, 1), (256, 8)] {
            let image_type = ImageType::TYPE_1D;
            table.push(mipped(ImageShape { image_type, layers, ..flat(format, width, 1) }));
        }
    }
    for format in [Format::R8_UNORM, Format::R8G8B8A8_UNORM, Format::R16G16B16A16_SFLOAT] {
        for side in [8, 33, 128] {
            let extent = Extent3D { width: side, height: side, depth: side };
            let image_type = ImageType::TYPE_3D;
            let volume = ImageShape { image_type, extent, ..flat(format, side, side) };
            table.extend([volume, mipped(volume)]);
        }
    }
    for format in [Format::R8G8B8A8_UNORM, Format::R16G16B16A16_SFLOAT, Format::BC7_UNORM_BLOCK] {
        for (side, layers) in [(16, 6), (512, 6), (1024, 6), (128, 24)] {
            let flags = ImageCreateFlags::CUBE_COMPATIBLE;
            table.push(mipped(ImageShape { flags, layers, ..flat(format, side, side) }));
        }
    }
    for format in [Format::R8G8B8A8_UNORM, Format::BC1_RGBA_UNORM_BLOCK] {
        for (side, layers) in [(32, 2), (32, 256), (256, 3), (256, 64), (1024, 16)] {
            table.push(ImageShape { layers, ..flat(format, side, side) });
            table.push(mipped(ImageShape { layers, ..flat(format, side, side) }));
        }
    }
}

fn linear(table: &mut Vec<ImageShape>) {
    let copied = Usage::TRANSFER_SRC | Usage::TRANSFER_DST;
    for format in [Format::R8_UNORM, Format::R8G8B8A8_UNORM, Format::R32G32B32A32_SFLOAT] {
        for (width, height) in [(1, 1), (100, 37), (1024, 1024), (1920, 1080)] {
            for usage in [copied, Usage::SAMPLED | Usage::TRANSFER_DST] {
                let tiling = ImageTiling::LINEAR;
                table.push(ImageShape { tiling, usage, ..flat(format, width, height) });
            }
        }
    }
}
