// Stairs along edges, made into slopes: how far a step reaches says how much of the other side belongs to a texel.

@group(0) @binding(8) var toned: texture_2d<f32>;

const FARTHEST: u32 = 14u;

fn at(texel: vec2i) -> f32 {
    let last = vec2i(frame.counts.xy) - 1;
    return luminance(textureLoad(toned, clamp(texel, vec2i(0), last), 0).xyz);
}

// Between texels, as they are blended.
fn between(place: vec2f) -> vec3f {
    return textureSampleLevel(toned, bilinear, place / vec2f(frame.counts.xy), 0.0).xyz;
}

// How far it is along an edge to where it ends, and how bright it is there compared with `middle`.
fn walk(start: vec2f, along: vec2f, middle: f32, limit: f32) -> vec2f {
    var away = 0.0;
    var rise = 0.0;
    for (var i = 0u; i < FARTHEST; i++) {
        away += select(2.0, 1.0, i < 6u);
        rise = luminance(between(start + along * away)) - middle;
        if abs(rise) >= limit {
            break;
        }
    }
    return vec2f(away, rise);
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = vec2i(position.xy);
    let here = textureLoad(toned, texel, 0);
    let m = luminance(here.xyz);
    let n = at(texel + vec2i(0, -1));
    let s = at(texel + vec2i(0, 1));
    let w = at(texel + vec2i(-1, 0));
    let e = at(texel + vec2i(1, 0));
    let most = max(m, max(max(n, s), max(w, e)));
    let contrast = most - min(m, min(min(n, s), min(w, e)));
    if contrast < max(0.03, most * 0.09) {
        return here;
    }
    let nw = at(texel + vec2i(-1, -1));
    let ne = at(texel + vec2i(1, -1));
    let sw = at(texel + vec2i(-1, 1));
    let se = at(texel + vec2i(1, 1));
    let flat_edge = abs(n + s - 2.0 * m) * 2.0 + abs(ne + se - 2.0 * e) + abs(nw + sw - 2.0 * w);
    let upright = abs(w + e - 2.0 * m) * 2.0 + abs(nw + ne - 2.0 * n) + abs(sw + se - 2.0 * s);
    let is_flat = flat_edge >= upright;
    let along = select(vec2f(0.0, 1.0), vec2f(1.0, 0.0), is_flat);
    let before = select(w, n, is_flat);
    let after = select(e, s, is_flat);
    let is_after = abs(after - m) >= abs(before - m);
    let other = select(before, after, is_after);
    let across = along.yx * select(-1.0, 1.0, is_after);

    let middle = 0.5 * (m + other);
    let limit = 0.25 * abs(other - m);
    let start = position.xy + across * 0.5;
    let one = walk(start, along, middle, limit);
    let two = walk(start, -along, middle, limit);
    let nearer = select(two, one, one.x < two.x);
    // At that end the edge must turn to this side, or the texel is on the inside of the step.
    let turns = (nearer.y < 0.0) != (m - middle < 0.0);
    let slope = select(0.0, 0.5 - nearer.x / (one.x + two.x), turns);
    // What stands out from all around it is blended as well.
    let around = (2.0 * (n + s + w + e) + nw + ne + sw + se) / 12.0;
    let lone = smoothstep(0.0, 1.0, clamp(abs(around - m) / contrast, 0.0, 1.0));
    let shift = max(slope, lone * lone * 0.6);
    return vec4f(between(position.xy + across * shift), 1.0);
}
