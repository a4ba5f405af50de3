//! Shapes that the scene is built of.

use std::f32::consts::TAU;

use super::mesh::{Look, Mesh};
use crate::math::{Vec3, add, cross, normalize, scale, sub};

/// A step along a tube, to find where it is heading.
const STEP: f32 = 1e-3;

impl Mesh {
    /// A box between two corners.
    pub(super) fn block(&mut self, look: Look, low: Vec3, high: Vec3) {
        for axis in 0..3 {
            for (side, sign) in [(low, -1.0), (high, 1.0)] {
                let mut normal = [0.0; 3];
                normal[axis] = sign;
                let (across, along) = ((axis + 1) % 3, (axis + 2) % 3);
                self.net(look, (1, 1), |u, v| {
                    let mut place = side;
                    place[across] = low[across] + (high[across] - low[across]) * u;
                    place[along] = low[along] + (high[along] - low[along]) * v;
                    (place, normal)
                });
            }
        }
    }

    /// A sphere.
    pub(super) fn ball(&mut self, look: Look, center: Vec3, radius: f32, quads: (u16, u16)) {
        self.net(look, quads, |u, v| {
            let (round, down) = (u * TAU, v * TAU / 2.0);
            let ring = down.sin();
            let normal = [ring * round.cos(), down.cos(), ring * round.sin()];
            (add(center, scale(normal, radius)), normal)
        });
    }

    /// What comes of turning a line about the upright axis through `foot`; its points are radius and height, from below.
    ///
    /// Corners are sharp: every piece of the line has a direction of its own.
    pub(super) fn lathe(&mut self, look: Look, foot: Vec3, line: &[[f32; 2]], around: u16) {
        for pair in line.windows(2) {
            let ([r0, h0], [r1, h1]) = (pair[0], pair[1]);
            let (out, up) = (h1 - h0, r0 - r1);
            let length = out.hypot(up).max(1e-6);
            self.net(look, (around, 1), |u, v| {
                let (sin, cos) = (u * TAU).sin_cos();
                let (radius, height) = (r0 + (r1 - r0) * v, h0 + (h1 - h0) * v);
                let normal = [cos * out / length, up / length, sin * out / length];
                (add(foot, [cos * radius, height, sin * radius]), normal)
            });
        }
    }

    /// A tube of `radius` along a closed curve.
    pub(super) fn tube(
        &mut self,
        look: Look,
        curve: impl Fn(f32) -> Vec3,
        radius: f32,
        quads: (u16, u16),
    ) {
        self.net(look, quads, |u, v| {
            let here = curve(u);
            let ahead = normalize(sub(curve(u + STEP), curve(u - STEP)));
            // Any direction that the curves at hand never take.
            let side = normalize(cross(ahead, [0.13, 0.98, 0.15]));
            let up = cross(side, ahead);
            let (sin, cos) = (v * TAU).sin_cos();
            let normal = add(scale(side, cos), scale(up, sin));
            (add(here, scale(normal, radius)), normal)
        });
    }
}

/// A curve that winds around a ring `around` times while it goes around it `along` times.
pub(super) fn knot(center: Vec3, size: f32, (along, around): (f32, f32)) -> impl Fn(f32) -> Vec3 {
    move |at| {
        let (a, b) = (at * TAU * along, at * TAU * around);
        let wide = 1.0 + 0.45 * b.cos();
        // Upright, so that it is seen from the front.
        add(center, scale([wide * a.cos(), wide * a.sin(), 0.45 * b.sin()], size))
    }
}

/// A ring that is tilted towards whoever comes.
pub(super) fn ring(center: Vec3, radius: f32, tilt: f32) -> impl Fn(f32) -> Vec3 {
    move |at| {
        let (sin, cos) = (at * TAU).sin_cos();
        add(center, scale([cos, sin * tilt.sin(), sin * tilt.cos()], radius))
    }
}
