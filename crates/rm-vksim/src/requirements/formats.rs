//! The formats of Vulkan 1.3: how many bytes a texel block has, and what kind of numbers it holds.
//!
//! Core formats are numbered without gaps, and runs of them repeat the same numeric kinds, so a run is one line.

use ash::vk;

/// A format, as far as sizes and uses depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Width and height of a texel block in texels.
    pub(super) block: [u32; 2],
    /// The planes; most formats have one.
    pub(super) planes: &'static [Plane],
    /// What it is for.
    pub(super) class: Class,
    /// The numbers that it holds.
    pub(super) kind: Kind,
}

/// A plane of a format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    /// Bytes of a texel block.
    pub(super) bytes: u32,
    /// What width and height are divided by.
    pub(super) divide: [u32; 2],
}

/// What a format is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Astc,
    Bc,
    /// One, two or four components, of the same width.
    Color,
    Depth,
    /// Depth with 24 bits.
    Depth24,
    Etc2,
    /// Several components in one word, of which not all can be written by shaders.
    Packed,
    /// A shared exponent: can be read only.
    Shared,
    Stencil,
    /// Three components, and words of 64 bits: hardly more than vertex data.
    Vertex,
    Ycbcr,
}

/// The numbers that a format holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Float,
    Integer,
    Normalised,
    Scaled,
    Srgb,
}

const BYTE: &[Kind] = &[
    Kind::Normalised,
    Kind::Normalised,
    Kind::Scaled,
    Kind::Scaled,
    Kind::Integer,
    Kind::Integer,
    Kind::Srgb,
];
const TEN: &[Kind] = BYTE.split_at(6).0;
const HALF: &[Kind] = &[
    Kind::Normalised,
    Kind::Normalised,
    Kind::Scaled,
    Kind::Scaled,
    Kind::Integer,
    Kind::Integer,
    Kind::Float,
];
const WORD: &[Kind] = &[Kind::Integer, Kind::Integer, Kind::Float];
const NORM: &[Kind] = &[Kind::Normalised];
const FLOAT: &[Kind] = &[Kind::Float];
const INTEGER: &[Kind] = &[Kind::Integer];
const COLOR: &[Kind] = &[Kind::Normalised, Kind::Srgb];

/// A run of formats: first number, count, width and height of a block, planes, class, kinds in turn.
struct Run(i32, i32, [u32; 2], &'static [Plane], Class, &'static [Kind]);

const fn plane(bytes: u32, across: u32, down: u32) -> Plane {
    Plane { bytes, divide: [across, down] }
}

macro_rules! planes {
    ($($bytes:literal)*) => { &[$(plane($bytes, 1, 1)),*] };
}

const TEXEL: [u32; 2] = [1, 1];
const BLOCK: [u32; 2] = [4, 4];
/// The first format of `VK_KHR_sampler_ycbcr_conversion`.
const YCBCR: i32 = vk::Format::G8B8G8R8_422_UNORM.as_raw();
const RGBA4: i32 = vk::Format::A4R4G4B4_UNORM_PACK16.as_raw();

const UNKNOWN: Layout =
    Layout { block: TEXEL, planes: planes![16], class: Class::Vertex, kind: Kind::Scaled };

#[rustfmt::skip] // A table: one line a run.
const RUNS: &[Run] = &[
    Run(1, 1, TEXEL, planes![1], Class::Packed, NORM), // R4G4
    Run(2, 7, TEXEL, planes![2], Class::Packed, NORM), // R4G4B4A4 to A1R5G5B5
    Run(9, 7, TEXEL, planes![1], Class::Color, BYTE), // R8
    Run(16, 7, TEXEL, planes![2], Class::Color, BYTE), // R8G8
    Run(23, 14, TEXEL, planes![3], Class::Vertex, BYTE), // R8G8B8, B8G8R8
    Run(37, 21, TEXEL, planes![4], Class::Color, BYTE), // R8G8B8A8, B8G8R8A8, A8B8G8R8
    Run(58, 12, TEXEL, planes![4], Class::Color, TEN), // A2R10G10B10, A2B10G10R10
    Run(70, 7, TEXEL, planes![2], Class::Color, HALF), // R16
    Run(77, 7, TEXEL, planes![4], Class::Color, HALF),
    Run(84, 7, TEXEL, planes![6], Class::Vertex, HALF),
    Run(91, 7, TEXEL, planes![8], Class::Color, HALF),
    Run(98, 3, TEXEL, planes![4], Class::Color, WORD), // R32
    Run(101, 3, TEXEL, planes![8], Class::Color, WORD),
    Run(104, 3, TEXEL, planes![12], Class::Vertex, WORD),
    Run(107, 3, TEXEL, planes![16], Class::Color, WORD),
    Run(110, 3, TEXEL, planes![8], Class::Vertex, WORD), // R64
    Run(113, 3, TEXEL, planes![16], Class::Vertex, WORD),
    Run(116, 3, TEXEL, planes![24], Class::Vertex, WORD),
    Run(119, 3, TEXEL, planes![32], Class::Vertex, WORD),
    Run(122, 1, TEXEL, planes![4], Class::Color, FLOAT), // B10G11R11
    Run(123, 1, TEXEL, planes![4], Class::Shared, FLOAT), // E5B9G9R9
    Run(124, 1, TEXEL, planes![2], Class::Depth, NORM), // D16
    Run(125, 1, TEXEL, planes![4], Class::Depth24, NORM), // X8_D24
    Run(126, 1, TEXEL, planes![4], Class::Depth, FLOAT), // D32
    Run(127, 1, TEXEL, planes![1], Class::Stencil, INTEGER), // S8
    Run(128, 1, TEXEL, planes![2 1], Class::Depth, NORM), // D16_S8
    Run(129, 1, TEXEL, planes![4], Class::Depth24, NORM), // D24_S8
    Run(130, 1, TEXEL, planes![4 1], Class::Depth, FLOAT), // D32_S8
    Run(131, 4, BLOCK, planes![8], Class::Bc, COLOR), // BC1
    Run(135, 4, BLOCK, planes![16], Class::Bc, COLOR), // BC2, BC3
    Run(139, 2, BLOCK, planes![8], Class::Bc, NORM), // BC4
    Run(141, 2, BLOCK, planes![16], Class::Bc, NORM), // BC5
    Run(143, 2, BLOCK, planes![16], Class::Bc, FLOAT), // BC6H
    Run(145, 2, BLOCK, planes![16], Class::Bc, COLOR), // BC7
    Run(147, 4, BLOCK, planes![8], Class::Etc2, COLOR), // R8G8B8, R8G8B8A1
    Run(151, 2, BLOCK, planes![16], Class::Etc2, COLOR), // R8G8B8A8
    Run(153, 2, BLOCK, planes![8], Class::Etc2, NORM), // EAC R11
    Run(155, 2, BLOCK, planes![16], Class::Etc2, NORM), // EAC R11G11
    Run(157, 2, [4, 4], planes![16], Class::Astc, COLOR),
    Run(159, 2, [5, 4], planes![16], Class::Astc, COLOR),
    Run(161, 2, [5, 5], planes![16], Class::Astc, COLOR),
    Run(163, 2, [6, 5], planes![16], Class::Astc, COLOR),
    Run(165, 2, [6, 6], planes![16], Class::Astc, COLOR),
    Run(167, 2, [8, 5], planes![16], Class::Astc, COLOR),
    Run(169, 2, [8, 6], planes![16], Class::Astc, COLOR),
    Run(171, 2, [8, 8], planes![16], Class::Astc, COLOR),
    Run(173, 2, [10, 5], planes![16], Class::Astc, COLOR),
    Run(175, 2, [10, 6], planes![16], Class::Astc, COLOR),
    Run(177, 2, [10, 8], planes![16], Class::Astc, COLOR),
    Run(179, 2, [10, 10], planes![16], Class::Astc, COLOR),
    Run(181, 2, [12, 10], planes![16], Class::Astc, COLOR),
    Run(183, 2, [12, 12], planes![16], Class::Astc, COLOR),
    Run(YCBCR, 2, [2, 1], planes![4], Class::Ycbcr, NORM), // G8B8G8R8, B8G8R8G8
    Run(YCBCR + 2, 1, TEXEL, &[plane(1, 1, 1), plane(1, 2, 2), plane(1, 2, 2)], Class::Ycbcr, NORM),
    Run(YCBCR + 3, 1, TEXEL, &[plane(1, 1, 1), plane(2, 2, 2)], Class::Ycbcr, NORM),
    Run(YCBCR + 4, 1, TEXEL, &[plane(1, 1, 1), plane(1, 2, 1), plane(1, 2, 1)], Class::Ycbcr, NORM),
    Run(YCBCR + 5, 1, TEXEL, &[plane(1, 1, 1), plane(2, 2, 1)], Class::Ycbcr, NORM),
    Run(YCBCR + 6, 1, TEXEL, planes![1 1 1], Class::Ycbcr, NORM),
    Run(YCBCR + 13, 1, TEXEL, &[plane(2, 1, 1), plane(4, 2, 2)], Class::Ycbcr, NORM), // 10 bits
    Run(RGBA4, 2, TEXEL, planes![2], Class::Packed, NORM), // A4R4G4B4, A4B4G4R4
];

impl Layout {
    /// The layout of `format`; of one that the table does not know, sixteen bytes a texel.
    pub(super) fn of(format: vk::Format) -> Self {
        Self::known(format).unwrap_or(UNKNOWN)
    }

    /// The layout of `format`, if the table knows it.
    pub(super) fn known(format: vk::Format) -> Option<Self> {
        let raw = format.as_raw();
        let run = RUNS.iter().find(|run| (run.0..run.0 + run.1).contains(&raw))?;
        let &Run(first, _, block, planes, class, kinds) = run;
        let turn = usize::try_from(raw - first).unwrap_or(0) % kinds.len();
        Some(Self { block, planes, class, kind: kinds[turn] })
    }
}

/// Every format of the table.
pub(crate) fn all() -> impl Iterator<Item = vk::Format> {
    RUNS.iter().flat_map(|run| (run.0..run.0 + run.1).map(vk::Format::from_raw))
}
