//! The frame itself: a shadow map, a G-buffer, light, reflections, bloom, exposure, and a picture.

use ash::vk;

use super::{ResourceId, Table, Use, Work};
use crate::{
    options::Size,
    shader::{self, Program},
};

/// Texels of a side of the squares that have a list of lights each.
pub(crate) const TILE: u32 = 16;
/// Bytes of such a list: how many lights, and which.
const LIST_BYTES: u64 = 32 * 4;
/// Images of the bloom chain, each of half the size of the one before.
const BLOOM_LEVELS: u32 = 6;
/// Bytes of the histogram of brightness.
const HISTOGRAM_BYTES: u64 = 256 * 4;
/// Bytes of what the exposure is written to.
const EXPOSURE_BYTES: u64 = 16;

const DEPTH: vk::Format = vk::Format::D32_SFLOAT;
const HALF: vk::Format = vk::Format::R16G16B16A16_SFLOAT;
const BYTES: vk::Format = vk::Format::R8G8B8A8_UNORM;
const PAIR: vk::Format = vk::Format::R8G8_UNORM;
const SINGLE: vk::Format = vk::Format::R8_UNORM;

/// What the last passes need of the first ones.
struct Seen {
    shadow: ResourceId,
    albedo: ResourceId,
    normal: ResourceId,
    material: ResourceId,
    depth: ResourceId,
}

impl Table {
    /// The frame of a picture of `size`.
    pub(crate) fn deferred(size: Size) -> Self {
        let full = vk::Extent2D { width: size.width, height: size.height };
        let mut table = Self::default();
        let seen = table.geometry(full);
        let scene = table.light(full, &seen);
        let bloom = table.bloom(full, scene);
        let exposure = table.exposure(full, scene);
        table.picture(full, [scene, bloom, exposure]);
        table
    }

    /// What the sun and the camera see.
    fn geometry(&mut self, full: vk::Extent2D) -> Seen {
        let side = (full.height + full.height / 2).next_power_of_two().clamp(1024, 4096);
        let side = vk::Extent2D { width: side, height: side };
        let shadow = self.image("shadow", DEPTH, side);
        self.pass("shadow", Work::Scene(shader::SHADOW), &[(shadow, Use::Depth)]);
        let albedo = self.image("albedo", BYTES, full);
        let normal = self.image("normal", HALF, full);
        let material = self.image("material", PAIR, full);
        let depth = self.image("depth", DEPTH, full);
        let colors = [albedo, normal, material].map(|it| (it, Use::Color));
        let uses = [&colors[..], &[(depth, Use::Depth)]].concat();
        self.pass("g-buffer", Work::Scene(shader::GBUFFER), &uses);
        Seen { shadow, albedo, normal, material, depth }
    }

    /// The lit scene.
    fn light(&mut self, full: vk::Extent2D, seen: &Seen) -> ResourceId {
        let Seen { shadow, albedo, normal, material, depth } = *seen;
        let tiles = [full.width.div_ceil(TILE), full.height.div_ceil(TILE), 1];
        let lists = u64::from(tiles[0]) * u64::from(tiles[1]) * LIST_BYTES;
        let lists = self.buffer("light lists", lists);
        let work = Work::Compute(shader::TILES, tiles);
        self.pass("light lists", work, &[(depth, Use::Sampled), (lists, Use::StorageWrite)]);
        let half = shrunk(full, 1);
        let rough = self.screen("occlusion", shader::OCCLUSION, (SINGLE, full), &[depth, normal]);
        let occlusion =
            self.screen("occlusion blur", shader::OCCLUSION_BLUR, (SINGLE, full), &[rough, depth]);
        let rays = self.screen("haze", shader::HAZE, (HALF, half), &[depth, shadow]);
        let haze = self.screen("haze blur", shader::HAZE_BLUR, (HALF, half), &[rays, depth]);

        let lit = self.image("lit", HALF, full);
        let read =
            [albedo, normal, material, depth, occlusion, shadow].map(|it| (it, Use::Sampled));
        let uses = [&read[..], &[(lists, Use::StorageRead), (lit, Use::Color)]].concat();
        self.pass("lighting", Work::Screen(shader::LIGHTING), &uses);

        let read = [lit, normal, material, depth];
        let mirrored = self.screen("reflections", shader::REFLECTIONS, (HALF, full), &read);
        let read = [lit, mirrored, haze, albedo, normal, material, depth, occlusion];
        self.screen("scene", shader::COMPOSE, (HALF, full), &read)
    }

    /// What is so bright that it shines over its edges: down to small images, and up again.
    fn bloom(&mut self, full: vk::Extent2D, scene: ResourceId) -> ResourceId {
        let mut down = Vec::new();
        for level in 0..BLOOM_LEVELS {
            let program = if level == 0 { shader::BLOOM_FIRST } else { shader::BLOOM_DOWN };
            let from = down.last().copied().unwrap_or(scene);
            let extent = shrunk(full, level + 1);
            down.push(self.screen(format!("bloom down {level}"), program, (HALF, extent), &[from]));
        }
        let mut wide = down[down.len() - 1];
        for level in (0..BLOOM_LEVELS - 1).rev() {
            let extent = shrunk(full, level + 1);
            let read = [wide, down[level as usize]];
            let label = format!("bloom up {level}");
            wide = self.screen(label, shader::BLOOM_UP, (HALF, extent), &read);
        }
        wide
    }

    /// How bright the picture is to be, from how bright the scene is.
    fn exposure(&mut self, full: vk::Extent2D, scene: ResourceId) -> ResourceId {
        let histogram = self.buffer("histogram", HISTOGRAM_BYTES);
        self.pass("no histogram", Work::Zero, &[(histogram, Use::Zeroed)]);
        let groups = [full.width.div_ceil(16), full.height.div_ceil(16), 1];
        let work = Work::Compute(shader::HISTOGRAM, groups);
        let uses = [(scene, Use::Sampled), (histogram, Use::StorageUpdate)];
        self.pass("histogram", work, &uses);
        let exposure = self.buffer("exposure", EXPOSURE_BYTES);
        let work = Work::Compute(shader::EXPOSURE, [1, 1, 1]);
        let uses = [(histogram, Use::StorageRead), (exposure, Use::StorageWrite)];
        self.pass("exposure", work, &uses);
        exposure
    }

    /// What the host gets.
    fn picture(&mut self, full: vk::Extent2D, [scene, bloom, exposure]: [ResourceId; 3]) {
        let toned = self.image("toned", BYTES, full);
        let uses = [
            (scene, Use::Sampled),
            (bloom, Use::Sampled),
            (exposure, Use::StorageRead),
            (toned, Use::Color),
        ];
        self.pass("tone map", Work::Screen(shader::TONE_MAP), &uses);
        let output = self.screen("output", shader::SMOOTH, (BYTES, full), &[toned]);
        self.resources[output].external = true;
        self.pass("read back", Work::ReadBack, &[(output, Use::CopyFrom)]);
    }

    /// Adds a pass of that label, and the image of `what` that it draws from those it reads.
    fn screen(
        &mut self,
        label: impl Into<String>,
        program: Program,
        what: (vk::Format, vk::Extent2D),
        read: &[ResourceId],
    ) -> ResourceId {
        let label = label.into();
        let drawn = self.image(label.clone(), what.0, what.1);
        let mut uses: Vec<_> = read.iter().map(|it| (*it, Use::Sampled)).collect();
        uses.push((drawn, Use::Color));
        self.pass(label, Work::Screen(program), &uses);
        drawn
    }
}

/// `extent` halved so many times.
fn shrunk(extent: vk::Extent2D, times: u32) -> vk::Extent2D {
    let side = |side: u32| (side >> times).max(1);
    vk::Extent2D { width: side(extent.width), height: side(extent.height) }
}
