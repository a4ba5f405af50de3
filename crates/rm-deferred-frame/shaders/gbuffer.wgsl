// The scene as the camera sees it: what is there, not yet how it is lit.

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) place: vec3f,
    @location(1) normal: vec3f,
    @location(2) @interpolate(flat) material: u32,
    @location(3) @interpolate(flat) seed: f32,
}

struct Texel {
    @location(0) albedo: vec4f,
    // The fourth is how many times its albedo it shines.
    @location(1) normal: vec4f,
    // Roughness, metal.
    @location(2) material: vec4f,
}

struct Surface { albedo: vec3f, roughness: f32, normal: vec3f }

@vertex
fn place(
    @location(0) place: vec3f,
    @location(1) material: u32,
    @location(2) normal: vec3f,
    @location(3) seed: f32,
) -> Corner {
    return Corner(frame.view_projection * vec4f(place, 1.0), place, normal, material, seed);
}

// Slabs in two tones with a lighter frame, polished to different degrees.
fn slabs(surface: Surface, place: vec3f, width: f32) -> Surface {
    let at = place.xz / 1.25;
    let cell = floor(at);
    let inner = abs(fract(at) - 0.5);
    let edge = 0.5 - max(inner.x, inner.y);
    let blur = width / 1.25;
    let joint = 1.0 - smoothstep(0.010, 0.018 + blur, edge);
    let border = smoothstep(0.045, 0.055 + blur, edge) * (1.0 - smoothstep(0.085, 0.095 + blur, edge));
    let odd = (i32(cell.x) + i32(cell.y)) & 1;
    let tone = grain(vec3i(vec2i(cell), 7));
    let cloud = rough_noise(vec3f(place.xz * 1.7, tone * 9.0));
    let vein = 1.0 - smoothstep(0.0, 0.05, abs(rough_noise(vec3f(place.xz * 0.9, 4.0 + tone * 7.0)) - 0.5));
    let dark = vec3f(0.060, 0.065, 0.080) * (0.7 + 0.6 * cloud) + vec3f(0.10, 0.10, 0.11) * vein;
    let pale = vec3f(0.40, 0.36, 0.31) * (0.75 + 0.4 * cloud + 0.12 * tone) - vec3f(0.10, 0.09, 0.07) * vein;
    var out = surface;
    out.albedo = select(pale, dark, odd == 1);
    out.albedo = mix(out.albedo, vec3f(0.36, 0.24, 0.10), border * select(0.25, 0.8, odd == 1));
    out.albedo = mix(out.albedo, vec3f(0.035, 0.032, 0.030), joint);
    // Where a slab is no larger than a texel, only what they are like on the whole can be seen.
    let merged = smoothstep(0.12, 0.7, blur);
    out.albedo = mix(out.albedo, vec3f(0.20, 0.185, 0.165), merged);
    let worn = rough_noise(vec3f(place.xz * 0.45, 2.0));
    out.roughness = clamp(0.05 + 0.34 * worn * worn + 0.05 * tone + 0.6 * joint * (1.0 - merged), 0.04, 0.9);
    let tilt = vec2f(tone, grain(vec3i(vec2i(cell), 8))) - 0.5;
    out.normal = normalize(vec3f(tilt.x * 0.008, 1.0, tilt.y * 0.008));
    return out;
}

// Pale stone with grey veins, and flutes where it stands upright.
fn marble(surface: Surface, place: vec3f, seed: f32) -> Surface {
    let at = place + seed * 13.7;
    let bend = rough_noise(at * 0.8) * 4.0;
    let vein = pow(1.0 - abs(sin(at.y * 1.1 + at.x * 1.9 + bend * 2.2)), 5.0);
    let cloud = rough_noise(at * 2.3);
    var out = surface;
    out.albedo = surface.albedo * (0.86 + 0.22 * cloud) * mix(vec3f(1.0), vec3f(0.42, 0.42, 0.46), vein * 0.8);
    out.roughness = surface.roughness - 0.14 * vein + 0.10 * (cloud - 0.5);
    return out;
}

// Blocks of a warm stone, weathered.
fn sandstone(surface: Surface, place: vec3f, seed: f32) -> Surface {
    let at = place + seed * 5.3;
    let layer = rough_noise(vec3f(at.x * 0.7, at.y * 5.0, at.z * 0.7));
    let pore = rough_noise(at * 7.0);
    let tint = 0.88 + 0.24 * grain(vec3i(i32(seed * 2.0), 3, 1));
    var out = surface;
    out.albedo = surface.albedo * (0.62 + 0.42 * layer + 0.26 * pore) * tint;
    out.roughness = clamp(surface.roughness + 0.25 * (pore - 0.5), 0.3, 1.0);
    return out;
}

// Dry grass, and rock where it is steep.
fn hills(surface: Surface, place: vec3f) -> Surface {
    let patch_ = rough_noise(place * 0.11);
    let fine = rough_noise(place * 0.7);
    let steep = 1.0 - smoothstep(0.55, 0.85, surface.normal.y);
    var out = surface;
    let grass = mix(vec3f(0.075, 0.085, 0.035), vec3f(0.17, 0.13, 0.06), patch_);
    out.albedo = mix(grass, vec3f(0.16, 0.13, 0.12), steep) * (0.6 + 0.7 * fine);
    return out;
}

@fragment
fn main(in: Corner) -> Texel {
    let width = max(fwidth(in.place.x), fwidth(in.place.z));
    let material = frame.materials[min(in.material, 13u)];
    var surface = Surface(material.albedo, material.roughness, normalize(in.normal));
    if material.pattern > 3.5 {
        surface = hills(surface, in.place);
    } else if material.pattern > 2.5 {
        surface = sandstone(surface, in.place, in.seed);
    } else if material.pattern > 1.5 {
        surface = marble(surface, in.place, in.seed);
    } else if material.pattern > 0.5 {
        surface = slabs(surface, in.place, width);
    }
    // Stored as the square root, where eight bits are spread better.
    let albedo = sqrt(clamp(surface.albedo, vec3f(0.0), vec3f(1.0)));
    return Texel(
        vec4f(albedo, 1.0),
        vec4f(surface.normal, material.glow),
        vec4f(surface.roughness, material.metal, 0.0, 0.0),
    );
}
