// What smooth surfaces mirror: what the picture shows already, or else the surroundings.

@group(0) @binding(8) var lit: texture_2d<f32>;
@group(0) @binding(9) var normals: texture_2d<f32>;
@group(0) @binding(10) var materials: texture_2d<f32>;
@group(0) @binding(11) var depths: texture_depth_2d;

const STEPS: u32 = 44u;
const END: f32 = 26.0;
const ROUGHEST: f32 = 0.34;

// Where on the screen a place is, and how far along the view.
fn project(place: vec3f) -> vec3f {
    let clip = frame.view_projection * vec4f(place, 1.0);
    return vec3f(clip.xy / clip.w * 0.5 + 0.5, clip.w);
}

// How far along the view the picture is at `uv`.
fn scene_at(uv: vec2f) -> f32 {
    let size = vec2f(frame.counts.xy);
    let depth = textureLoad(depths, vec2i(clamp(uv * size, vec2f(0.0), size - 1.0)), 0);
    return distance_of(max(depth, 1e-5));
}

// Where a ray meets the picture, and how much that counts.
fn march(start: vec3f, ray: vec3f, noise: f32) -> vec3f {
    var before = 0.0;
    for (var i = 0u; i < STEPS; i++) {
        let part = (f32(i) + 0.4 + 0.6 * noise) / f32(STEPS);
        var after = END * part * part + 0.02;
        let at = project(start + ray * after);
        if at.z < frame.lens.z || any(at.xy < vec2f(0.0)) || any(at.xy > vec2f(1.0)) {
            return vec3f(0.0);
        }
        let behind = at.z - scene_at(at.xy);
        let thick = 0.25 + (after - before) * 1.2;
        if behind > 0.0 && behind < thick {
            var near = before;
            for (var step = 0; step < 6; step++) {
                let middle = 0.5 * (near + after);
                let there = project(start + ray * middle);
                if there.z > scene_at(there.xy) {
                    after = middle;
                } else {
                    near = middle;
                }
            }
            let hit = project(start + ray * after);
            if abs(hit.z - scene_at(hit.xy)) > 0.35 {
                return vec3f(0.0);
            }
            let edge = min(hit.xy, 1.0 - hit.xy);
            let inside = smoothstep(0.0, 0.06, min(edge.x, edge.y));
            return vec3f(hit.xy, inside * (1.0 - smoothstep(0.7, 1.0, after / END)));
        }
        before = after;
    }
    return vec3f(0.0);
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = vec2i(position.xy);
    let depth = textureLoad(depths, texel, 0);
    if depth == 0.0 {
        return vec4f(0.0);
    }
    let size = vec2f(frame.counts.xy);
    let place = world_of(position.xy / size, depth);
    let normal = normalize(textureLoad(normals, texel, 0).xyz);
    let roughness = textureLoad(materials, texel, 0).x;
    let ray = reflect(normalize(place - frame.eye.xyz), normal);
    let around = surroundings(ray, roughness);
    if roughness > ROUGHEST {
        return vec4f(around, 0.0);
    }
    let away = distance_of(depth);
    let met = march(place + normal * (0.012 + 0.004 * away), ray, dither(position.xy));
    let hit = textureSampleLevel(lit, bilinear, met.xy, 0.0).xyz;
    let weight = met.z * (1.0 - smoothstep(0.2, ROUGHEST, roughness));
    let color = mix(around, min(hit, vec3f(24.0)), weight);
    // How far the reflection may be blurred: more where it is rough.
    return vec4f(color, roughness);
}
