//! Vectors and matrices, as little as the frame needs; matrices are arrays of columns.

use std::array;

/// A point, a direction or a colour.
pub(crate) type Vec3 = [f32; 3];

/// Four columns.
pub(crate) type Mat4 = [[f32; 4]; 4];

pub(crate) fn add(a: Vec3, b: Vec3) -> Vec3 {
    array::from_fn(|i| a[i] + b[i])
}

pub(crate) fn sub(a: Vec3, b: Vec3) -> Vec3 {
    array::from_fn(|i| a[i] - b[i])
}

pub(crate) fn scale(a: Vec3, by: f32) -> Vec3 {
    a.map(|it| it * by)
}

pub(crate) fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The direction of `a`, which is not zero.
pub(crate) fn normalize(a: Vec3) -> Vec3 {
    scale(a, 1.0 / dot(a, a).sqrt())
}

/// First `b`, then `a`.
pub(crate) fn multiply(a: &Mat4, b: &Mat4) -> Mat4 {
    b.map(|column| array::from_fn(|row| (0..4).map(|i| a[i][row] * column[i]).sum()))
}

/// From the world to what somebody at `eye` who looks at `target` sees: right, up, backwards.
pub(crate) fn look_at(eye: Vec3, target: Vec3) -> Mat4 {
    let back = normalize(sub(eye, target));
    let right = normalize(cross([0.0, 1.0, 0.0], back));
    let up = cross(back, right);
    let row = |i: usize| [right[i], up[i], back[i], 0.0];
    [row(0), row(1), row(2), [-dot(right, eye), -dot(up, eye), -dot(back, eye), 1.0]]
}

/// To Vulkan's clip space with its depth reversed: 1 at `near`, 0 at infinity.
///
/// `tangents` are those of half the angles of view, across and up.
pub(crate) fn perspective(tangents: [f32; 2], near: f32) -> Mat4 {
    [
        [1.0 / tangents[0], 0.0, 0.0, 0.0],
        [0.0, -1.0 / tangents[1], 0.0, 0.0],
        [0.0, 0.0, 0.0, -1.0],
        [0.0, 0.0, near, 0.0],
    ]
}

/// To Vulkan's clip space, without foreshortening: `half` is half the width, and `depth` how far it reaches.
pub(crate) fn orthographic(half: f32, depth: f32) -> Mat4 {
    [
        [1.0 / half, 0.0, 0.0, 0.0],
        [0.0, -1.0 / half, 0.0, 0.0],
        [0.0, 0.0, -1.0 / depth, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
}

/// The way back, by Gauss and Jordan; `m` has one.
pub(crate) fn invert(m: &Mat4) -> Mat4 {
    let mut left = *m;
    let mut right: Mat4 = array::from_fn(|i| array::from_fn(|j| if i == j { 1.0 } else { 0.0 }));
    for pivot in 0..4 {
        let best =
            (pivot..4).max_by(|a, b| left[*a][pivot].abs().total_cmp(&left[*b][pivot].abs()));
        let best = best.unwrap_or(pivot);
        left.swap(pivot, best);
        right.swap(pivot, best);
        let by = 1.0 / left[pivot][pivot];
        left[pivot] = left[pivot].map(|it| it * by);
        right[pivot] = right[pivot].map(|it| it * by);
        for other in (0..4).filter(|it| *it != pivot) {
            let by = left[other][pivot];
            for i in 0..4 {
                left[other][i] -= by * left[pivot][i];
                right[other][i] -= by * right[pivot][i];
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::{Mat4, invert, look_at, multiply, perspective};

    fn is_identity(m: &Mat4) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
        (0..4).all(|i| (0..4).all(|j| near(m[i][j], if i == j { 1.0 } else { 0.0 })))
    }

    #[test]
    fn an_inverse_undoes_a_camera() {
        let view = look_at([3.0, 2.0, 9.0], [-1.0, 2.5, -12.0]);
        let both = multiply(&perspective([0.9, 0.5], 0.1), &view);
        let undone = multiply(&invert(&both), &both);
        assert!(is_identity(&undone), "{undone:?}");
    }

    #[test]
    fn depth_is_one_at_the_near_plane_and_falls() {
        let projection = perspective([1.0, 1.0], 0.25);
        let depth = |z: f32| projection[3][2] / -z;
        assert!((depth(-0.25) - 1.0).abs() < 1e-6 && depth(-1.0) > depth(-2.0));
    }
}
