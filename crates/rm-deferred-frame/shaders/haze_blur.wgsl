// The haze without its noise.

@group(0) @binding(8) var haze: texture_2d<f32>;
@group(0) @binding(9) var depths: texture_depth_2d;

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = vec2i(position.xy);
    let full = vec2i(frame.counts.xy) - 1;
    let last = vec2i(textureDimensions(haze)) - 1;
    let depth = max(textureLoad(depths, min(texel * 2, full), 0), 1e-4);
    var sum = vec4f(0.0);
    var weights = 0.0;
    for (var y = -2; y <= 2; y++) {
        for (var x = -2; x <= 2; x++) {
            let at = clamp(texel + vec2i(x, y), vec2i(0), last);
            let there = max(textureLoad(depths, min(at * 2, full), 0), 1e-4);
            let apart = abs(there - depth) / max(there, depth);
            let weight = exp(-f32(x * x + y * y) * 0.18) * max(1.0 - apart * 5.0, 0.0) + 1e-5;
            sum += weight * textureLoad(haze, at, 0);
            weights += weight;
        }
    }
    return sum / weights;
}
