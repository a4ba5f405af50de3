//! The scene is whole, and of a size that a software device can draw.

use super::{LIGHTS, MATERIALS, lights, temple};

#[test]
fn triangles_are_within_the_mesh_and_not_too_many() {
    let mesh = temple();
    let count = u32::try_from(mesh.vertices.len()).unwrap();
    assert!(mesh.indices.iter().all(|index| *index < count));
    let triangles = mesh.indices.len() / 3;
    assert!((10_000..100_000).contains(&triangles), "{triangles} triangles");
}

#[test]
fn normals_have_length_one_and_materials_exist() {
    for vertex in temple().vertices {
        let length: f32 = vertex.normal.iter().map(|it| it * it).sum();
        assert!((length - 1.0).abs() < 1e-3, "{vertex:?}");
        assert!(
            (vertex.material as usize) < MATERIALS && vertex.place.iter().all(|it| it.is_finite())
        );
    }
}

#[test]
fn the_shaders_have_room_for_every_light() {
    assert!(lights().len() <= LIGHTS, "{} lights", lights().len());
}
