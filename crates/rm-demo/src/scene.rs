//! What is streamed: meshes and textures of the sizes that games have.

#[cfg(test)]
mod tests;

use std::iter;

use ash::vk;

/// Bytes of a vertex: position, normal, tangent and two texture coordinates, packed.
const VERTEX_BYTES: u64 = 32;

/// Vertices below which a mesh has no lower detail.
const FEWEST_VERTICES: u32 = 500;

/// Texels on the side below which a texture has no lower detail.
const SMALLEST_SIDE: u32 = 64;

/// Bytes that the lowest detail of an asset stays below, gaps between its parts included.
pub(crate) const LOWEST_DETAIL_BYTES: u64 = 64 << 10;

/// A mesh, by its sizes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mesh {
    /// Vertices of [`VERTEX_BYTES`] each.
    vertices: u32,
    /// Indices, three a triangle.
    indices: u32,
    /// Bytes of an index, two or four.
    index_bytes: u32,
}

impl Mesh {
    /// Bytes of the vertex buffer.
    pub(crate) fn vertex_bytes(self) -> u64 {
        u64::from(self.vertices) * VERTEX_BYTES
    }

    /// Bytes of the index buffer.
    pub(crate) fn index_bytes(self) -> u64 {
        u64::from(self.indices) * u64::from(self.index_bytes)
    }

    /// The next lower level of detail: half the vertices and triangles.
    fn reduced(self) -> Option<Self> {
        let (vertices, indices) = (self.vertices / 2, self.indices / 6 * 3);
        (vertices >= FEWEST_VERTICES).then_some(Self { vertices, indices, ..self })
    }
}

/// A square texture with all its mip levels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Texture {
    /// Width and height of the largest level in texels, a power of two.
    side: u32,
    texels: Texels,
}

/// A format, and how its texels are packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Texels {
    format: vk::Format,
    /// Texels on the side of a block.
    block: u32,
    /// Bytes of a block, a multiple of four.
    bytes: u32,
}

/// Half of what games load is block compressed, but each format gets its share here.
const FORMATS: [Texels; 4] = [
    Texels { format: vk::Format::R8G8B8A8_SRGB, block: 1, bytes: 4 },
    Texels { format: vk::Format::R8G8B8A8_UNORM, block: 1, bytes: 4 },
    Texels { format: vk::Format::R16G16B16A16_SFLOAT, block: 1, bytes: 8 },
    Texels { format: vk::Format::BC7_SRGB_BLOCK, block: 4, bytes: 16 },
];

/// One entry a tenth of all textures.
const SIDES: [u32; 10] = [256, 256, 512, 512, 512, 512, 1024, 1024, 1024, 2048];

impl Texture {
    /// One of so many texels on the side, a power of two, in a format that every device has.
    pub(crate) fn plain(side: u32) -> Self {
        let [texels, ..] = FORMATS;
        Self { side, texels }
    }

    /// The same in a format that every device has, unless it is in that already.
    pub(crate) fn fallback(self) -> Option<Self> {
        let plain = Self::plain(self.side);
        (self != plain).then_some(plain)
    }

    /// The same without its largest level.
    fn reduced(self) -> Option<Self> {
        let side = self.side / 2;
        (side >= SMALLEST_SIDE).then_some(Self { side, ..self })
    }

    /// Width and height in texels.
    pub(crate) fn side(self) -> u32 {
        self.side
    }

    /// Format of the texels.
    pub(crate) fn format(self) -> vk::Format {
        self.texels.format
    }

    /// Number of mip levels, down to a single texel.
    pub(crate) fn levels(self) -> u32 {
        u32::BITS - self.side.leading_zeros()
    }

    /// Bytes of all levels, one after the other without gaps.
    pub(crate) fn bytes(self) -> u64 {
        (0..self.levels()).map(|level| self.level_bytes(level)).sum()
    }

    /// What copies all levels from or to a buffer where they begin at `offset`, a multiple of 16 bytes.
    pub(crate) fn regions(self, offset: u64) -> Vec<vk::BufferImageCopy> {
        let mut next = offset;
        let region = |level| {
            let layers = vk::ImageSubresourceLayers::default()
                .aspect_mask(vk::ImageAspectFlags::COLOR)
                .mip_level(level)
                .layer_count(1);
            let side = self.side >> level;
            let region = vk::BufferImageCopy::default()
                .buffer_offset(next)
                .image_subresource(layers)
                .image_extent(vk::Extent3D { width: side, height: side, depth: 1 });
            // Whole blocks, so the next level is aligned to a block as well.
            next += self.level_bytes(level);
            region
        };
        (0..self.levels()).map(region).collect()
    }

    fn level_bytes(self, level: u32) -> u64 {
        let blocks = u64::from((self.side >> level).div_ceil(self.texels.block));
        blocks * blocks * u64::from(self.texels.bytes)
    }
}

/// Something to stream in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asset {
    Mesh(Mesh),
    Texture(Texture),
}

impl Asset {
    /// The same with the next lower detail, if there is one: a mip level less, or a coarser mesh.
    pub(crate) fn reduced(self) -> Option<Self> {
        match self {
            Self::Mesh(mesh) => mesh.reduced().map(Self::Mesh),
            Self::Texture(texture) => texture.reduced().map(Self::Texture),
        }
    }

    /// Bytes of each of its parts.
    pub(crate) fn part_bytes(self) -> impl Iterator<Item = u64> {
        let (first, second) = match self {
            Self::Mesh(mesh) => (mesh.vertex_bytes(), Some(mesh.index_bytes())),
            Self::Texture(texture) => (texture.bytes(), None),
        };
        iter::once(first).chain(second)
    }
}

/// An endless supply of assets, the same ones in every run.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    random: fastrand::Rng,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { random: fastrand::Rng::with_seed(0x5EED) }
    }

    /// What the next frame streams in: one to three assets.
    pub(crate) fn next_frame(&mut self) -> Vec<Asset> {
        (0..self.random.usize(1..=3)).map(|_| self.asset()).collect()
    }

    fn asset(&mut self) -> Asset {
        if self.random.bool() { Asset::Mesh(self.mesh()) } else { Asset::Texture(self.texture()) }
    }

    fn mesh(&mut self) -> Mesh {
        let vertices = self.random.u32(2_000..=60_000);
        // A closed mesh has about two triangles a vertex; seams and open edges leave fewer.
        let indices = vertices * self.random.u32(4..=6) / 3 * 3;
        let index_bytes = if self.random.u32(0..4) == 0 { 4 } else { 2 };
        Mesh { vertices, indices, index_bytes }
    }

    fn texture(&mut self) -> Texture {
        let side = SIDES[self.random.usize(..SIDES.len())];
        Texture { side, texels: FORMATS[self.random.usize(..FORMATS.len())] }
    }
}
