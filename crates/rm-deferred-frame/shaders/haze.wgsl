// Sunlight that the air scatters, and what the air swallows, at half the size.

@group(0) @binding(8) var depths: texture_depth_2d;
@group(0) @binding(9) var shadows: texture_depth_2d;

const STEPS: u32 = 28u;
const END: f32 = 60.0;

fn is_lit(place: vec3f) -> f32 {
    let seen = frame.sun_view_projection * vec4f(place, 1.0);
    let uv = seen.xy * 0.5 + 0.5;
    if any(uv < vec2f(0.0)) || any(uv > vec2f(1.0)) {
        return 1.0;
    }
    return textureSampleCompareLevel(shadows, comparing, uv, seen.z);
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let full = vec2i(frame.counts.xy);
    let texel = min(vec2i(position.xy) * 2, full - 1);
    let uv = (vec2f(texel) + 0.5) / vec2f(full);
    let depth = textureLoad(depths, texel, 0);
    let ray = ray_of(uv);
    var end = END;
    if depth > 0.0 {
        end = min(distance(world_of(uv, depth), frame.eye.xyz), END);
    }
    let cosine = dot(ray, frame.sun.xyz);
    let g = 0.72;
    let forward = (1.0 - g * g) / pow(1.0 + g * g - 2.0 * g * cosine, 1.5) / (4.0 * PI);
    let step = end / f32(STEPS);
    var light = vec3f(0.0);
    var through = 1.0;
    for (var i = 0u; i < STEPS; i++) {
        let at = frame.eye.xyz + ray * step * (f32(i) + dither(position.xy));
        let thick = 0.0022 + 0.017 * exp(-max(at.y, 0.0) * 0.32);
        let sunlit = frame.sun_color.xyz * is_lit(at) * (0.33 * forward + 0.010);
        let ambient = vec3f(0.045, 0.050, 0.085);
        let swallowed = exp(-thick * step);
        light += through * (1.0 - swallowed) * (sunlit * 2.2 + ambient);
        through *= swallowed;
    }
    return vec4f(light, through);
}
