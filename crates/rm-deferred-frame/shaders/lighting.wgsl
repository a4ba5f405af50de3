// Sun, lamps and sky on what the camera sees; what mirrors comes later.

@group(0) @binding(8) var albedos: texture_2d<f32>;
@group(0) @binding(9) var normals: texture_2d<f32>;
@group(0) @binding(10) var materials: texture_2d<f32>;
@group(0) @binding(11) var depths: texture_depth_2d;
@group(0) @binding(12) var occlusion: texture_2d<f32>;
@group(0) @binding(13) var shadows: texture_depth_2d;
@group(0) @binding(14) var<storage, read> lists: array<u32>;

struct Surface {
    place: vec3f,
    normal: vec3f,
    eye: vec3f,
    diffuse: vec3f,
    base: vec3f,
    roughness: f32,
}

// Light from one direction, before its colour.
fn shade(surface: Surface, light: vec3f) -> vec3f {
    let cosine = dot(surface.normal, light);
    if cosine <= 0.0 {
        return vec3f(0.0);
    }
    let half = normalize(light + surface.eye);
    let view = max(dot(surface.normal, surface.eye), 1e-3);
    let facing = max(dot(surface.normal, half), 0.0);
    let a = max(surface.roughness * surface.roughness, 0.004);
    let spread = facing * facing * (a * a - 1.0) + 1.0;
    let many = a * a / (PI * spread * spread);
    let k = a * 0.5;
    let open = 0.25 / ((cosine * (1.0 - k) + k) * (view * (1.0 - k) + k));
    let fresnel = surface.base + (1.0 - surface.base) * pow(1.0 - max(dot(half, light), 0.0), 5.0);
    return ((1.0 - fresnel) * surface.diffuse / PI + fresnel * min(many * open, 64.0)) * cosine;
}

// The part of the sun that is not hidden.
fn sunlight(surface: Surface, texel: vec2f) -> f32 {
    let offset = surface.place + surface.normal * 0.045;
    let seen = frame.sun_view_projection * vec4f(offset, 1.0);
    let uv = seen.xy * 0.5 + 0.5;
    if any(uv < vec2f(0.0)) || any(uv > vec2f(1.0)) {
        return 1.0;
    }
    let wide = 0.055 / 25.0 * 0.5;
    let turn = dither(texel) * 2.0 * PI;
    var sum = 0.0;
    for (var i = 0u; i < 16u; i++) {
        let angle = turn + f32(i) * 2.3999632;
        let at = uv + vec2f(cos(angle), sin(angle)) * sqrt((f32(i) + 0.5) / 16.0) * wide;
        sum += textureSampleCompareLevel(shadows, comparing, at, seen.z);
    }
    return sum / 16.0;
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = vec2i(position.xy);
    let uv = position.xy / vec2f(frame.counts.xy);
    let depth = textureLoad(depths, texel, 0);
    if depth == 0.0 {
        let ray = ray_of(uv);
        let disc = smoothstep(0.99930, 0.99965, dot(ray, frame.sun.xyz));
        let high = ray.xz / max(ray.y, 0.04);
        let streak = rough_noise(vec3f(high.x * 0.7, high.y * 1.9, 1.0));
        let cloud = smoothstep(0.50, 0.78, streak) * smoothstep(0.03, 0.2, ray.y);
        let lit = 0.35 + 1.6 * pow(max(dot(ray, frame.sun.xyz), 0.0), 3.0);
        let color = mix(sky(ray), vec3f(1.05, 0.52, 0.36) * lit, cloud * 0.55);
        return vec4f(color + frame.sun_color.xyz * disc * 6.0, 1.0);
    }
    let root = textureLoad(albedos, texel, 0).xyz;
    let albedo = root * root;
    let coded = textureLoad(normals, texel, 0);
    let kind = textureLoad(materials, texel, 0).xy;
    let place = world_of(uv, depth);
    let surface = Surface(
        place,
        normalize(coded.xyz),
        normalize(frame.eye.xyz - place),
        albedo * (1.0 - kind.y),
        mix(vec3f(0.04), albedo, kind.y),
        kind.x,
    );
    let open = textureLoad(occlusion, texel, 0).x;
    let up = surface.normal.y * 0.5 + 0.5;
    let ambient = mix(vec3f(0.070, 0.055, 0.050), vec3f(0.17, 0.20, 0.34), up);
    var color = surface.diffuse * ambient * open + albedo * coded.w;
    color += shade(surface, frame.sun.xyz) * frame.sun_color.xyz * sunlight(surface, position.xy);

    let tile = vec2u(texel) / 16u;
    let start = (tile.y * frame.counts.z + tile.x) * 32u;
    let count = min(lists[start], 31u);
    for (var i = 1u; i <= count; i++) {
        let light = frame.lights[min(lists[start + i], 47u)];
        let toward = light.place - place;
        let square = dot(toward, toward);
        let part = square / (light.reach * light.reach);
        let window = max(1.0 - part * part, 0.0);
        let falling = window * window / (square + light.radius * light.radius);
        let far = sqrt(square);
        // The ball that shines would shade itself.
        let outside = smoothstep(light.radius * 1.02, light.radius * 1.3, far);
        let lit = shade(surface, toward / max(far, 1e-4));
        color += lit * light.color * falling * outside * mix(1.0, open, 0.6);
    }
    return vec4f(min(color, vec3f(200.0)), 1.0);
}
