// The occlusion without its noise, within one surface.

@group(0) @binding(8) var occlusion: texture_2d<f32>;
@group(0) @binding(9) var depths: texture_depth_2d;

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) f32 {
    let texel = vec2i(position.xy);
    let depth = textureLoad(depths, texel, 0);
    if depth == 0.0 {
        return 1.0;
    }
    let last = vec2i(frame.counts.xy) - 1;
    var sum = 0.0;
    var weights = 0.0;
    for (var y = -2; y <= 2; y++) {
        for (var x = -2; x <= 2; x++) {
            let at = clamp(texel + vec2i(x, y), vec2i(0), last);
            let there = textureLoad(depths, at, 0);
            let apart = abs(there - depth) / depth;
            let weight = exp(-f32(x * x + y * y) * 0.16) * max(1.0 - apart * 24.0, 0.0) + 1e-5;
            sum += weight * textureLoad(occlusion, at, 0).x;
            weights += weight;
        }
    }
    return sum / weights;
}
