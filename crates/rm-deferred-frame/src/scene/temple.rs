//! The colonnade, what stands in it, and the hills around.

use super::{
    Material, lights,
    mesh::{Look, Mesh},
    shapes::{knot, ring},
};
use crate::math::{Vec3, normalize};

/// Columns of a row.
const COLUMNS: u8 = 8;
/// From the middle to a row of columns.
const ASIDE: f32 = 5.0;
/// Height of a column.
const HEIGHT: f32 = 6.6;

/// Everything, in world space.
pub(crate) fn temple() -> Mesh {
    let mut mesh = Mesh::default();
    ground(&mut mesh);
    for number in 0..COLUMNS {
        let z = 6.5 - 5.0 * f32::from(number);
        let seed = f32::from(number);
        column(&mut mesh, [-ASIDE, 0.0, z], seed);
        column(&mut mesh, [ASIDE, 0.0, z], seed + 0.5);
    }
    beams(&mut mesh);
    lamps(&mut mesh);
    statue(&mut mesh, [0.0, 0.0, -11.0]);
    exhibits(&mut mesh);
    mesh
}

fn look(material: Material, seed: f32) -> Look {
    Look { material, seed }
}

fn ground(mesh: &mut Mesh) {
    let floor = |u: f32, v: f32| ([-22.0 + 44.0 * u, 0.0, 16.0 - 62.0 * v], [0.0, 1.0, 0.0]);
    mesh.net(look(Material::Floor, 0.0), (22, 31), floor);
    let hills = |u: f32, v: f32| {
        let at = |u: f32, v: f32| -> Vec3 {
            let (x, z) = (-150.0 + 300.0 * u, 40.0 - 260.0 * v);
            [x, height(x, z), z]
        };
        let (step, here) = (1.0 / 96.0, at(u, v));
        let (left, right) = (at(u - step, v)[1], at(u + step, v)[1]);
        let (near, far) = (at(u, v - step)[1], at(u, v + step)[1]);
        let slope = [(left - right) / 6.25, 1.0, -(near - far) / 5.4];
        (here, normalize(slope))
    };
    mesh.net(look(Material::Hills, 0.0), (96, 96), hills);
}

/// Of the hills: below the floor where that is, and rising behind it.
fn height(x: f32, z: f32) -> f32 {
    let away = ((x.abs() - 26.0).max(0.0)).hypot((-z - 50.0).max(0.0).max(z - 20.0));
    let rise = (away / 60.0).min(1.0);
    let waves = (x * 0.043 + 1.0).sin() * (z * 0.037).cos()
        + 0.5 * (x * 0.101 + z * 0.062).sin()
        + 0.25 * (x * 0.23 - z * 0.19 + 2.0).sin();
    -0.6 + rise * rise * (14.0 + 9.0 * waves)
}

fn column(mesh: &mut Mesh, foot: Vec3, seed: f32) {
    let [x, _, z] = foot;
    let stone = look(Material::Sandstone, seed);
    mesh.block(stone, [x - 0.80, 0.0, z - 0.80], [x + 0.80, 0.28, z + 0.80]);
    let base = [[0.74, 0.28], [0.78, 0.36], [0.74, 0.46], [0.62, 0.50], [0.64, 0.58], [0.56, 0.66]];
    mesh.lathe(stone, foot, &base, 32);
    // The shaft swells a little, as they do.
    let shaft = |at: f32| [0.54 - 0.10 * at + 0.035 * (at * 3.1).sin(), 0.66 + 5.24 * at];
    let shaft: Vec<_> = (0..=8_u8).map(|step| shaft(f32::from(step) / 8.0)).collect();
    let marble = look(Material::Marble, seed);
    mesh.lathe(marble, foot, &shaft, 40);
    let capital = [[0.46, 5.90], [0.52, 5.96], [0.48, 6.04], [0.60, 6.20], [0.78, 6.34]];
    mesh.lathe(stone, foot, &capital, 32);
    mesh.block(stone, [x - 0.84, 6.34, z - 0.84], [x + 0.84, HEIGHT, z + 0.84]);
}

fn beams(mesh: &mut Mesh) {
    let stone = look(Material::Sandstone, 11.0);
    for x in [-ASIDE, ASIDE] {
        mesh.block(stone, [x - 0.70, HEIGHT, -30.0], [x + 0.70, HEIGHT + 0.55, 8.0]);
        mesh.block(stone, [x - 0.95, HEIGHT + 0.55, -30.3], [x + 0.95, HEIGHT + 0.85, 8.3]);
    }
    for number in 0..15_u8 {
        let z = 6.5 - 2.5 * f32::from(number);
        let beam = look(Material::Sandstone, 20.0 + f32::from(number));
        mesh.block(beam, [-6.6, HEIGHT + 0.85, z - 0.22], [6.6, HEIGHT + 1.35, z + 0.22]);
    }
}

fn lamps(mesh: &mut Mesh) {
    for light in lights() {
        let [x, y, z] = light.place;
        let quads = if light.radius > 0.1 { (24, 14) } else { (14, 8) };
        mesh.ball(look(light.material, 0.0), light.place, light.radius, quads);
        let bronze = look(Material::Bronze, 0.0);
        let (thin, r) = (0.025, light.radius);
        if y > 3.0 {
            let rod = [[thin, 0.0], [thin, HEIGHT + 0.85 - y - r]];
            mesh.lathe(bronze, [x, y + r, z], &rod, 8);
            let cap = [[r * 0.95, -0.06], [r * 0.7, 0.06], [0.03, 0.12]];
            mesh.lathe(bronze, [x, y + r, z], &cap, 20);
        } else if y > 1.0 {
            let foot = y - r;
            let post = [
                [0.26, 0.0],
                [0.26, 0.06],
                [0.09, 0.12],
                [0.06, foot - 0.12],
                [0.17, foot],
                [0.17, foot + 0.05],
            ];
            mesh.lathe(bronze, [x, 0.0, z], &post, 20);
        }
    }
}

fn statue(mesh: &mut Mesh, foot: Vec3) {
    let stone = look(Material::Marble, 3.7);
    let steps = [
        [2.30, 0.0],
        [2.30, 0.18],
        [1.90, 0.18],
        [1.90, 0.36],
        [1.50, 0.36],
        [1.50, 0.54],
        [0.80, 0.54],
        [0.72, 1.30],
        [0.92, 1.42],
        [0.92, 1.58],
        [0.0, 1.58],
    ];
    mesh.lathe(stone, foot, &steps, 48);
    let center = [foot[0], 3.45, foot[2]];
    mesh.tube(look(Material::Gold, 0.0), knot(center, 1.18, (2.0, 3.0)), 0.30, (260, 22));
}

/// Things on the floor, nearest first.
fn exhibits(mesh: &mut Mesh) {
    let fine = (48, 28);
    mesh.ball(look(Material::Chrome, 0.0), [1.55, 0.72, 1.6], 0.72, fine);
    mesh.ball(look(Material::Lacquer, 0.0), [-1.75, 0.50, 2.2], 0.50, fine);
    mesh.ball(look(Material::Jade, 0.0), [-0.35, 0.36, 3.3], 0.36, fine);
    mesh.ball(look(Material::Copper, 0.0), [-2.3, 0.62, -3.4], 0.62, fine);
    mesh.ball(look(Material::Marble, 6.0), [2.5, 0.55, -4.8], 0.55, fine);
    mesh.ball(look(Material::Gold, 0.0), [2.35, 0.30, 2.6], 0.30, fine);
    let hoop = ring([-0.2, 0.93, -1.2], 0.75, 1.25);
    mesh.tube(look(Material::Copper, 0.0), hoop, 0.18, (72, 20));
    let stone = look(Material::Sandstone, 31.0);
    mesh.block(stone, [2.3, 0.0, -0.9], [3.1, 0.8, -0.1]);
    mesh.tube(look(Material::Jade, 0.0), ring([2.7, 1.12, -0.5], 0.30, 0.9), 0.11, (56, 18));
}
