//! What there is to see: a colonnade at dusk, made of numbers alone.

mod lights;
mod materials;
mod mesh;
mod shapes;
mod temple;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    lights::{LIGHTS, lights},
    materials::{MATERIALS, Material, materials},
    mesh::Vertex,
    temple::temple,
};
