//! The lamps, and the light they give.

use super::Material;
use crate::math::Vec3;

/// Most lights that the shaders have room for.
pub(crate) const LIGHTS: usize = 48;

/// A lamp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Light {
    pub(crate) place: Vec3,
    /// Of the ball that shines.
    pub(crate) radius: f32,
    pub(crate) material: Material,
    /// How far its light reaches.
    pub(crate) reach: f32,
    /// Power of the light, by colour.
    pub(crate) color: Vec3,
}

impl Light {
    fn new(place: Vec3, radius: f32, material: Material) -> Self {
        let color = match material {
            Material::Teal => [0.10, 0.75, 1.00],
            Material::Rose => [1.00, 0.16, 0.50],
            Material::Moon => [0.65, 0.78, 1.00],
            _ => [1.00, 0.46, 0.14],
        };
        let power = radius * radius * 150.0;
        let color = color.map(|it| it * power);
        Self { place, radius, material, reach: 2.0 + 28.0 * radius, color }
    }
}

/// All lamps.
pub(crate) fn lights() -> Vec<Light> {
    let mut lights = Vec::new();
    // One on a post before every column.
    for bay in 0..7_u8 {
        let z = 4.0 - 5.0 * f32::from(bay);
        let pick = |shift: u8| match (bay + shift) % 3 {
            0 => Material::Amber,
            1 => Material::Teal,
            _ => Material::Rose,
        };
        lights.push(Light::new([-3.75, 1.42, z], 0.20, pick(0)));
        lights.push(Light::new([3.75, 1.42, z], 0.20, pick(2)));
    }
    // Hanging from the cross beams.
    for bay in 0..6_u8 {
        let z = 1.5 - 5.0 * f32::from(bay);
        let drop = 4.9 + 0.35 * f32::from(bay % 2);
        lights.push(Light::new([0.0, drop, z], 0.24, Material::Amber));
    }
    // Small ones that lie about.
    for number in 0..20_u8 {
        let turn = f32::from(number);
        let x = 2.9 * (turn * 2.4).sin();
        let z = 4.5 - 1.55 * turn;
        let material = match number % 4 {
            0 => Material::Moon,
            1 => Material::Rose,
            2 => Material::Teal,
            _ => Material::Amber,
        };
        lights.push(Light::new([x, 0.07, z], 0.07, material));
    }
    lights
}
