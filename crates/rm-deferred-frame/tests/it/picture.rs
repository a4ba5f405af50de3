//! The picture shows something, and what it is meant to show.

use std::collections::HashSet;

use rm_deferred_frame::{Options, Picture};

use crate::{render, small};

/// Red, green and blue of every texel, row by row.
fn colors(picture: &Picture) -> Vec<[i32; 3]> {
    let texels = picture.bytes.chunks_exact(4);
    texels.map(|texel| [0, 1, 2].map(|channel| i32::from(texel[channel]))).collect()
}

fn brightness([red, green, blue]: [i32; 3]) -> i32 {
    (red * 2 + green * 7 + blue) / 10
}

#[test]
fn it_has_many_colours_and_bright_and_dark_parts() {
    let Some(summary) = render(&small()) else { return };
    let colors = colors(&summary.picture);
    let distinct: HashSet<_> = colors.iter().collect();
    assert!(distinct.len() > 3_000, "{} colours", distinct.len());
    let share = |wanted: &dyn Fn(i32) -> bool| {
        colors.iter().filter(|color| wanted(brightness(**color))).count() * 100 / colors.len()
    };
    let (dark, bright) = (share(&|it| it < 64), share(&|it| it > 192));
    assert!(dark >= 2 && bright >= 2 && dark + bright < 90, "{dark} % dark, {bright} % bright");
}

#[test]
fn lamps_glow_in_their_colours_and_the_ball_is_red() {
    let Some(summary) = render(&Options { frames: 3, ..small() }) else { return };
    let colors = colors(&summary.picture);
    let count = |wanted: fn([i32; 3]) -> bool| colors.iter().filter(|it| wanted(**it)).count();
    let amber = count(|[r, g, b]| r > 230 && g > 140 && b < 150);
    let teal = count(|[r, g, b]| b > 200 && g > 180 && r < 160);
    let red = count(|[r, g, b]| r > 80 && g * 2 < r && b * 2 < r);
    assert!(amber > 20 && teal > 5 && red > 20, "{amber} amber, {teal} teal, {red} red texels");
}
