//! What every shader of a frame knows, in the layout of `shaders/frame.wgsl`.

use crate::{
    camera::{Camera, NEAR, Sun},
    math::Mat4,
    options::Size,
    scene::{LIGHTS, lights, materials},
    table::TILE,
};

/// Bytes in the layout of the shaders, put down one by one.
#[derive(Clone, Debug, Default)]
struct Words(Vec<u8>);

impl Words {
    fn vector(&mut self, vector: [f32; 4]) {
        self.0.extend(vector.into_iter().flat_map(f32::to_ne_bytes));
    }

    fn matrix(&mut self, matrix: &Mat4) {
        matrix.iter().for_each(|column| self.vector(*column));
    }

    fn numbers(&mut self, numbers: [u32; 4]) {
        self.0.extend(numbers.into_iter().flat_map(u32::to_ne_bytes));
    }
}

/// The bytes of the frame of that number; `odd` puts the sun elsewhere.
pub(crate) fn bytes(frame: u16, size: Size, odd: bool) -> Vec<u8> {
    let time = f32::from(frame);
    let camera = Camera::of(time, size);
    let sun = Sun::of(if odd { time + 40.0 } else { time });
    let mut words = Words::default();
    words.matrix(&camera.view_projection);
    words.matrix(&camera.inverse);
    words.matrix(&camera.view);
    words.matrix(&sun.view_projection);
    let [x, y, z] = camera.eye;
    words.vector([x, y, z, time]);
    let [x, y, z] = sun.direction;
    words.vector([x, y, z, 0.0]);
    let [r, g, b] = sun.color;
    words.vector([r, g, b, 0.0]);
    words.vector([camera.tangents[0], camera.tangents[1], NEAR, 0.0]);
    let lights = lights();
    let count = u32::try_from(lights.len().min(LIGHTS)).unwrap_or(0);
    words.numbers([size.width, size.height, size.width.div_ceil(TILE), count]);
    for substance in materials() {
        let [r, g, b] = substance.albedo;
        words.vector([r, g, b, substance.roughness]);
        words.vector([substance.metal, substance.glow, substance.pattern, 0.0]);
    }
    for light in lights.iter().take(LIGHTS) {
        let [x, y, z] = light.place;
        words.vector([x, y, z, light.reach]);
        let [r, g, b] = light.color;
        words.vector([r, g, b, light.radius]);
    }
    words.0.resize(SIZE, 0);
    words.0
}

/// Bytes of them all: four matrices, five vectors, and two vectors a material and a light.
pub(crate) const SIZE: usize = 16 * (4 * 4 + 5 + 2 * crate::scene::MATERIALS + 2 * LIGHTS);
