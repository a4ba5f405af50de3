//! What things are made of.

use crate::math::Vec3;

/// Number of materials.
pub(crate) const MATERIALS: usize = 14;

/// The number by which vertices name a material.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Material {
    Floor,
    Marble,
    Sandstone,
    Hills,
    Gold,
    Copper,
    Chrome,
    Jade,
    Lacquer,
    Bronze,
    Amber,
    Teal,
    Rose,
    Moon,
}

/// A material as the shaders see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Substance {
    pub(crate) albedo: Vec3,
    pub(crate) roughness: f32,
    /// 0 or 1.
    pub(crate) metal: f32,
    /// How many times its albedo it shines.
    pub(crate) glow: f32,
    /// Which of the patterns of `gbuffer.wgsl`.
    pub(crate) pattern: f32,
}

/// All of them, in the order of [`Material`].
pub(crate) fn materials() -> [Substance; MATERIALS] {
    let plain =
        |albedo, roughness| Substance { albedo, roughness, metal: 0.0, glow: 0.0, pattern: 0.0 };
    let patterned = |albedo, roughness, pattern| Substance { pattern, ..plain(albedo, roughness) };
    let metal = |albedo, roughness| Substance { metal: 1.0, ..plain(albedo, roughness) };
    let lamp = |albedo, glow| Substance { glow, ..plain(albedo, 1.0) };
    [
        patterned([0.30, 0.29, 0.31], 0.16, 1.0),
        patterned([0.72, 0.68, 0.63], 0.38, 2.0),
        patterned([0.55, 0.43, 0.33], 0.75, 3.0),
        patterned([0.11, 0.12, 0.09], 0.95, 4.0),
        metal([1.00, 0.77, 0.34], 0.20),
        metal([0.95, 0.64, 0.54], 0.32),
        metal([0.92, 0.93, 0.95], 0.06),
        plain([0.10, 0.42, 0.26], 0.12),
        plain([0.58, 0.04, 0.05], 0.16),
        metal([0.42, 0.32, 0.20], 0.42),
        lamp([1.00, 0.34, 0.06], 7.5),
        lamp([0.12, 0.80, 0.95], 6.0),
        lamp([0.98, 0.18, 0.52], 8.0),
        lamp([0.70, 0.80, 1.00], 5.0),
    ]
}
