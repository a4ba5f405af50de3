//! Triangles with what they are made of.

use std::mem::offset_of;

use ash::vk;

use super::Material;
use crate::math::Vec3;

/// One corner, as the vertex shaders read it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Vertex {
    pub(crate) place: Vec3,
    pub(crate) material: u32,
    pub(crate) normal: Vec3,
    /// Tells things of one material apart.
    pub(crate) seed: f32,
}

/// Triangles in world space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mesh {
    pub(crate) vertices: Vec<Vertex>,
    pub(crate) indices: Vec<u32>,
}

/// What a shape is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) material: Material,
    pub(crate) seed: f32,
}

impl Vertex {
    /// Bytes of a vertex.
    const BYTES: u32 = 32;

    /// How vertices follow each other.
    pub(crate) fn binding() -> vk::VertexInputBindingDescription {
        vk::VertexInputBindingDescription::default().stride(Self::BYTES)
    }

    /// Where the shaders find what.
    pub(crate) fn attributes() -> [vk::VertexInputAttributeDescription; 4] {
        let attribute = |location, format, offset| {
            let offset = u32::try_from(offset).unwrap_or(0);
            vk::VertexInputAttributeDescription { location, binding: 0, format, offset }
        };
        [
            attribute(0, vk::Format::R32G32B32_SFLOAT, offset_of!(Self, place)),
            attribute(1, vk::Format::R32_UINT, offset_of!(Self, material)),
            attribute(2, vk::Format::R32G32B32_SFLOAT, offset_of!(Self, normal)),
            attribute(3, vk::Format::R32_SFLOAT, offset_of!(Self, seed)),
        ]
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        let floats = |it: Vec3| it.map(f32::to_bits);
        let [x, y, z] = floats(self.place);
        let [u, v, w] = floats(self.normal);
        let words = [x, y, z, self.material, u, v, w, self.seed.to_bits()];
        words.into_iter().flat_map(u32::to_ne_bytes)
    }
}

impl Mesh {
    /// Adds a net of `columns` × `rows` quads over the unit square, whose corners `surface` places.
    pub(crate) fn net(
        &mut self,
        look: Look,
        (columns, rows): (u16, u16),
        surface: impl Fn(f32, f32) -> (Vec3, Vec3),
    ) {
        let first = u32::try_from(self.vertices.len()).unwrap_or(u32::MAX);
        for row in 0..=rows {
            for column in 0..=columns {
                let (place, normal) = surface(
                    f32::from(column) / f32::from(columns),
                    f32::from(row) / f32::from(rows),
                );
                let material = look.material as u32;
                self.vertices.push(Vertex { place, material, normal, seed: look.seed });
            }
        }
        let line = u32::from(columns) + 1;
        for row in 0..u32::from(rows) {
            for column in 0..u32::from(columns) {
                let at = first + row * line + column;
                self.indices.extend([at, at + 1, at + line, at + 1, at + line + 1, at + line]);
            }
        }
    }

    /// The vertices, as the device reads them.
    pub(crate) fn vertex_bytes(&self) -> Vec<u8> {
        self.vertices.iter().flat_map(Vertex::bytes).collect()
    }

    /// The indices, as the device reads them.
    pub(crate) fn index_bytes(&self) -> Vec<u8> {
        self.indices.iter().flat_map(|index| index.to_ne_bytes()).collect()
    }
}

const _: () = assert!(size_of::<Vertex>() == Vertex::BYTES as usize);
