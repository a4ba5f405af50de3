// The scene: light, what is mirrored in it, and the air in between.

@group(0) @binding(8) var lit: texture_2d<f32>;
@group(0) @binding(9) var mirrored: texture_2d<f32>;
@group(0) @binding(10) var haze: texture_2d<f32>;
@group(0) @binding(11) var albedos: texture_2d<f32>;
@group(0) @binding(12) var normals: texture_2d<f32>;
@group(0) @binding(13) var materials: texture_2d<f32>;
@group(0) @binding(14) var depths: texture_depth_2d;
@group(0) @binding(15) var occlusion: texture_2d<f32>;

// What is mirrored around a texel of the same surface.
fn mirror(texel: vec2f, depth: f32, normal: vec3f, roughness: f32) -> vec3f {
    let size = vec2f(frame.counts.xy);
    let reach = (0.5 + 26.0 * roughness * roughness) * size.y / 720.0;
    let turn = dither(texel) * 2.0 * PI;
    var sum = textureLoad(mirrored, vec2i(texel), 0).xyz;
    var weights = 1.0;
    for (var i = 0u; i < 12u; i++) {
        let angle = turn + f32(i) * 2.3999632;
        let away = vec2f(cos(angle), sin(angle)) * sqrt((f32(i) + 0.5) / 12.0) * reach;
        let at = vec2i(clamp(texel + away, vec2f(0.0), size - 1.0));
        let apart = abs(textureLoad(depths, at, 0) - depth) / depth;
        let same = dot(textureLoad(normals, at, 0).xyz, normal);
        let weight = max(1.0 - apart * 10.0, 0.0) * smoothstep(0.94, 0.99, same);
        sum += weight * textureLoad(mirrored, at, 0).xyz;
        weights += weight;
    }
    return sum / weights;
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = vec2i(position.xy);
    let uv = position.xy / vec2f(frame.counts.xy);
    let depth = textureLoad(depths, texel, 0);
    var color = textureLoad(lit, texel, 0).xyz;
    if depth > 0.0 {
        let root = textureLoad(albedos, texel, 0).xyz;
        let coded = textureLoad(normals, texel, 0);
        let normal = normalize(coded.xyz);
        let kind = textureLoad(materials, texel, 0).xy;
        let base = mix(vec3f(0.04), root * root, kind.y);
        let eye = normalize(frame.eye.xyz - world_of(uv, depth));
        let open = textureLoad(occlusion, texel, 0).x;
        let share = glance(max(dot(normal, eye), 0.0), kind.x, base);
        let dull = select(1.0, 0.0, coded.w > 0.0);
        color += mirror(position.xy, depth, normal, kind.x) * share * mix(open, 1.0, 0.3) * dull;
    }
    let air = textureSampleLevel(haze, bilinear, uv, 0.0);
    return vec4f(color * air.w + air.xyz, 1.0);
}
