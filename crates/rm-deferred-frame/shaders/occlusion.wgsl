// How much of the sky near things hide from each other.

@group(0) @binding(8) var depths: texture_depth_2d;
@group(0) @binding(9) var normals: texture_2d<f32>;

const SAMPLES: u32 = 14u;
const RADIUS: f32 = 0.9;

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) f32 {
    let size = vec2f(frame.counts.xy);
    let texel = vec2i(position.xy);
    let depth = textureLoad(depths, texel, 0);
    if depth == 0.0 {
        return 1.0;
    }
    let place = world_of(position.xy / size, depth);
    let normal = textureLoad(normals, texel, 0).xyz;
    let away = distance_of(depth);
    // Texels that the radius covers there.
    let reach = min(RADIUS / (away * frame.lens.y) * 0.5 * size.y, 0.25 * size.y);
    let turn = dither(position.xy) * 2.0 * PI;
    var hidden = 0.0;
    for (var i = 0u; i < SAMPLES; i++) {
        let part = (f32(i) + 0.5) / f32(SAMPLES);
        let angle = turn + f32(i) * 2.3999632;
        let at = position.xy + vec2f(cos(angle), sin(angle)) * reach * sqrt(part);
        if any(at < vec2f(0.0)) || any(at >= size) {
            continue;
        }
        let there = textureLoad(depths, vec2i(at), 0);
        if there == 0.0 {
            continue;
        }
        // The middle of the texel that was looked at.
        let toward = world_of((floor(at) + 0.5) / size, there) - place;
        let square = dot(toward, toward);
        let fade = max(1.0 - square / (RADIUS * RADIUS), 0.0);
        let lift = max(dot(toward, normal) - 0.012 * away * 0.1 - 0.01, 0.0);
        hidden += fade * lift / (sqrt(square) * 0.9 + 0.02);
    }
    let open = 1.0 - 1.9 * hidden / f32(SAMPLES);
    return clamp(open * open, 0.0, 1.0);
}
