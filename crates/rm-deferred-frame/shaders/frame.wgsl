// What all shaders share; the build puts it before each of them.

struct Material { albedo: vec3f, roughness: f32, metal: f32, glow: f32, pattern: f32, spare: f32 }
struct Light { place: vec3f, reach: f32, color: vec3f, radius: f32 }

struct Frame {
    view_projection: mat4x4f,
    inverse: mat4x4f,
    view: mat4x4f,
    sun_view_projection: mat4x4f,
    // The fourth is the number of the frame.
    eye: vec4f,
    // Towards it.
    sun: vec4f,
    sun_color: vec4f,
    // Tangents of half the angles of view, and the near plane.
    lens: vec4f,
    // Width, height, tiles across, lights.
    counts: vec4u,
    materials: array<Material, 14>,
    lights: array<Light, 48>,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var bilinear: sampler;
@group(0) @binding(2) var comparing: sampler_comparison;

const PI: f32 = 3.14159265;

// One triangle that covers everything.
@vertex
fn screen(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(corner * 2.0 - 1.0, 0.5, 1.0);
}

fn luminance(color: vec3f) -> f32 {
    return dot(color, vec3f(0.2126, 0.7152, 0.0722));
}

// Distance along the view from a reversed depth, which is not 0.
fn distance_of(depth: f32) -> f32 {
    return frame.lens.z / depth;
}

// Where in the world something of that depth is.
fn world_of(uv: vec2f, depth: f32) -> vec3f {
    let place = frame.inverse * vec4f(uv * 2.0 - 1.0, depth, 1.0);
    return place.xyz / place.w;
}

// Where the camera looks at `uv`.
fn ray_of(uv: vec2f) -> vec3f {
    return normalize(world_of(uv, 0.01) - frame.eye.xyz);
}

// Noise that is spread well over neighbouring texels, from 0 to 1.
fn dither(texel: vec2f) -> f32 {
    return fract(52.9829189 * fract(dot(texel, vec2f(0.06711056, 0.00583715))));
}

fn scramble(seed: u32) -> u32 {
    let state = seed * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

// From 0 to 1, one for each corner of a grid.
fn grain(cell: vec3i) -> f32 {
    let mixed = scramble(u32(cell.x) + scramble(u32(cell.y) + scramble(u32(cell.z))));
    return f32(mixed >> 8u) / 16777216.0;
}

// Smooth noise from 0 to 1.
fn noise(place: vec3f) -> f32 {
    let cell = vec3i(floor(place));
    let part = place - floor(place);
    let at = part * part * (3.0 - 2.0 * part);
    let low = mix(
        mix(grain(cell), grain(cell + vec3i(1, 0, 0)), at.x),
        mix(grain(cell + vec3i(0, 1, 0)), grain(cell + vec3i(1, 1, 0)), at.x),
        at.y,
    );
    let high = mix(
        mix(grain(cell + vec3i(0, 0, 1)), grain(cell + vec3i(1, 0, 1)), at.x),
        mix(grain(cell + vec3i(0, 1, 1)), grain(cell + vec3i(1, 1, 1)), at.x),
        at.y,
    );
    return mix(low, high, at.z);
}

// Noise with finer noise on top, from 0 to 1.
fn rough_noise(place: vec3f) -> f32 {
    var sum = 0.0;
    var weight = 0.5;
    var at = place;
    for (var octave = 0; octave < 4; octave++) {
        sum += weight * noise(at);
        at = at * 2.03 + vec3f(17.1, 9.2, 3.7);
        weight *= 0.5;
    }
    return sum / 0.9375;
}

// The sky at dusk, without the sun itself.
fn sky(direction: vec3f) -> vec3f {
    let up = max(direction.y, 0.0);
    let toward = dot(direction, frame.sun.xyz);
    let side = normalize(direction.xz + vec2f(1e-5, 0.0));
    let facing = 0.5 + 0.5 * dot(side, normalize(frame.sun.xz));
    let horizon = mix(vec3f(0.34, 0.30, 0.46), vec3f(1.00, 0.42, 0.17), facing * facing);
    let middle = mix(vec3f(0.16, 0.22, 0.44), vec3f(0.44, 0.36, 0.50), facing);
    let zenith = vec3f(0.045, 0.10, 0.27);
    var color = mix(horizon, middle, smoothstep(0.0, 0.30, up));
    color = mix(color, zenith, smoothstep(0.15, 0.85, up));
    let near = max(toward, 0.0);
    return color + frame.sun_color.xyz * (0.022 * pow(near, 8.0) + 0.09 * pow(near, 60.0));
}

// What comes from a direction where nothing is known to be: sky, or floor.
fn surroundings(direction: vec3f, roughness: f32) -> vec3f {
    let ground = vec3f(0.075, 0.062, 0.060);
    let blur = 0.03 + 0.4 * roughness;
    let lifted = normalize(vec3f(direction.x, max(direction.y, 0.02), direction.z));
    return mix(ground, sky(lifted), smoothstep(-blur, blur, direction.y));
}

// How much of the light comes back at a glance, with what the surface is like.
fn glance(cosine: f32, roughness: f32, base: vec3f) -> vec3f {
    let c0 = vec4f(-1.0, -0.0275, -0.572, 0.022);
    let c1 = vec4f(1.0, 0.0425, 1.04, -0.04);
    let r = roughness * c0 + c1;
    let a = min(r.x * r.x, exp2(-9.28 * cosine)) * r.x + r.y;
    let ab = vec2f(-1.04, 1.04) * a + r.zw;
    return base * ab.x + ab.y;
}
