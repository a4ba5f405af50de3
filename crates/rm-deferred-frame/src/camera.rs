//! Where it is seen from, and where the sun stands, in each frame.

use crate::{
    math::{
        Mat4, Vec3, add, invert, look_at, multiply, normalize, orthographic, perspective, scale,
    },
    options::Size,
};

/// Distance of the near plane.
pub(crate) const NEAR: f32 = 0.1;
/// Half the angle of view across, as a tangent, of a picture that is 16 wide and 9 high.
const TANGENT: f32 = 0.78;

/// What the scene is seen by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Camera {
    pub(crate) eye: Vec3,
    pub(crate) view: Mat4,
    pub(crate) view_projection: Mat4,
    /// The way back from what is seen.
    pub(crate) inverse: Mat4,
    /// Of half the angles of view, across and up.
    pub(crate) tangents: [f32; 2],
}

/// The light of the sun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sun {
    /// Towards it.
    pub(crate) direction: Vec3,
    pub(crate) color: Vec3,
    pub(crate) view_projection: Mat4,
}

impl Camera {
    /// The camera of a frame, which walks slowly.
    pub(crate) fn of(frame: f32, size: Size) -> Self {
        let sway = frame * 0.03;
        let eye = [-2.35 + 0.4 * sway.sin(), 1.72 + 0.08 * (sway * 1.7).sin(), 8.4 - sway];
        let target = [0.35, 2.42, -8.0];
        #[expect(clippy::cast_precision_loss, reason = "a side has few enough texels")]
        let aspect = size.width as f32 / size.height as f32;
        let up = TANGENT * 9.0 / 16.0;
        let tangents = [up * aspect, up];
        let view = look_at(eye, target);
        let view_projection = multiply(&perspective(tangents, NEAR), &view);
        Self { eye, view, view_projection, inverse: invert(&view_projection), tangents }
    }
}

impl Sun {
    /// The sun of a frame, which sinks slowly.
    pub(crate) fn of(frame: f32) -> Self {
        let direction = normalize([0.62, 0.40 - 0.0008 * frame, -0.66]);
        let center = [0.0, 2.0, -11.0];
        let view = look_at(add(center, scale(direction, 45.0)), center);
        let view_projection = multiply(&orthographic(25.0, 90.0), &view);
        Self { direction, color: [10.5, 5.7, 2.7], view_projection }
    }
}
