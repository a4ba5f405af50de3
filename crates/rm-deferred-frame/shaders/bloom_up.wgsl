// A small image, widened softly, on top of one of twice its size.

@group(0) @binding(8) var small: texture_2d<f32>;
@group(0) @binding(9) var large: texture_2d<f32>;

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let uv = position.xy / vec2f(textureDimensions(large));
    let texel = 1.0 / vec2f(textureDimensions(small));
    var sum = vec3f(0.0);
    for (var y = -1; y <= 1; y++) {
        for (var x = -1; x <= 1; x++) {
            let weight = f32((2 - abs(x)) * (2 - abs(y))) / 16.0;
            sum += weight * textureSampleLevel(small, bilinear, uv + texel * vec2f(f32(x), f32(y)), 0.0).xyz;
        }
    }
    let here = textureLoad(large, vec2i(position.xy), 0).xyz;
    return vec4f(here + sum * 0.92, 1.0);
}
