// From light to what a screen shows.

@group(0) @binding(8) var scene: texture_2d<f32>;
@group(0) @binding(9) var bloom: texture_2d<f32>;
@group(0) @binding(10) var<storage, read> exposure: array<f32>;

// Bright colours roll off towards white, like those of film.
fn film(color: vec3f) -> vec3f {
    let a = color * (2.51 * color + 0.03);
    let b = color * (2.43 * color + 0.59) + 0.14;
    return clamp(a / b, vec3f(0.0), vec3f(1.0));
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let size = vec2f(frame.counts.xy);
    let uv = position.xy / size;
    let glow = textureSampleLevel(bloom, bilinear, uv, 0.0).xyz;
    var color = textureLoad(scene, vec2i(position.xy), 0).xyz + glow * 0.20;
    let off = (uv - 0.5) * vec2f(1.0, size.y / size.x);
    color *= exposure[0] * (1.0 - 0.85 * dot(off, off));
    // Strong light washes colours out a little.
    let strength = luminance(color);
    color = mix(color, vec3f(strength), smoothstep(2.0, 16.0, strength) * 0.35);
    let shown = pow(film(color * 0.92), vec3f(1.0 / 2.2));
    let noise = (dither(position.xy) - 0.5) / 255.0;
    return vec4f(shown + noise, 1.0);
}
