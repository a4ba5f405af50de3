// An image at half its size; the first time without what is not bright.

@group(0) @binding(8) var wide: texture_2d<f32>;

struct Corners { middle: vec3f, others: array<vec3f, 4> }

fn look(position: vec2f) -> Corners {
    let texel = 1.0 / vec2f(textureDimensions(wide));
    // Of the image that is drawn, whose texels are about twice as large.
    let uv = clamp(position * 2.0 * texel, vec2f(0.0), vec2f(1.0));
    var others: array<vec3f, 4>;
    others[0] = textureSampleLevel(wide, bilinear, uv + texel * vec2f(-1.0, -1.0), 0.0).xyz;
    others[1] = textureSampleLevel(wide, bilinear, uv + texel * vec2f(1.0, -1.0), 0.0).xyz;
    others[2] = textureSampleLevel(wide, bilinear, uv + texel * vec2f(-1.0, 1.0), 0.0).xyz;
    others[3] = textureSampleLevel(wide, bilinear, uv + texel * vec2f(1.0, 1.0), 0.0).xyz;
    return Corners(textureSampleLevel(wide, bilinear, uv, 0.0).xyz, others);
}

fn bright(color: vec3f) -> vec4f {
    let strength = luminance(color);
    let kept = smoothstep(0.9, 2.6, strength);
    // Single bright texels would flicker.
    let weight = 1.0 / (1.0 + 0.15 * strength);
    return vec4f(color * kept * weight, weight);
}

@fragment
fn first(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let corners = look(position.xy);
    let others = corners.others;
    let sum = 4.0 * bright(corners.middle)
        + bright(others[0]) + bright(others[1]) + bright(others[2]) + bright(others[3]);
    return vec4f(sum.xyz / sum.w, 1.0);
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let corners = look(position.xy);
    let others = corners.others;
    let sum = 4.0 * corners.middle + others[0] + others[1] + others[2] + others[3];
    return vec4f(sum / 8.0, 1.0);
}
