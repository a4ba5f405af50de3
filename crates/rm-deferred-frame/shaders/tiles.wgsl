// For each square of 16 × 16 texels, the lights that reach what is seen there.

@group(0) @binding(8) var depths: texture_depth_2d;
@group(0) @binding(9) var<storage, read_write> lists: array<u32>;

// Depths are not negative, so that their bits are ordered like them.
var<workgroup> nearest: atomic<u32>;
var<workgroup> farthest: atomic<u32>;

const LIST: u32 = 32u;

fn reaches(light: Light, low: vec2f, high: vec2f, near: f32, far: f32) -> bool {
    let center = (frame.view * vec4f(light.place, 1.0)).xyz;
    let reach = light.reach;
    if -center.z + reach < near || -center.z - reach > far {
        return false;
    }
    // Sides of the pyramid of the square, which all pass through the eye.
    let left = dot(normalize(vec2f(1.0, low.x)), center.xz);
    let right = dot(normalize(vec2f(-1.0, -high.x)), center.xz);
    let below = dot(normalize(vec2f(1.0, low.y)), center.yz);
    let above = dot(normalize(vec2f(-1.0, -high.y)), center.yz);
    return min(min(left, right), min(below, above)) > -reach;
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) tile: vec3u,
    @builtin(local_invocation_id) local: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    if index == 0u {
        atomicStore(&nearest, 0u);
        atomicStore(&farthest, 0x7f800000u);
    }
    workgroupBarrier();
    let size = frame.counts.xy;
    for (var i = 0u; i < 4u; i++) {
        let texel = tile.xy * 16u + local.xy * 2u + vec2u(i & 1u, i >> 1u);
        if all(texel < size) {
            let bits = bitcast<u32>(textureLoad(depths, texel, 0));
            atomicMax(&nearest, bits);
            atomicMin(&farthest, bits);
        }
    }
    workgroupBarrier();
    if index != 0u {
        return;
    }
    // Where there is nothing but sky, the pyramid has no end.
    let near = distance_of(max(bitcast<f32>(atomicLoad(&nearest)), 1e-6));
    let far = distance_of(max(bitcast<f32>(atomicLoad(&farthest)), 1e-6));
    let scale = 2.0 / vec2f(size);
    let first = vec2f(tile.xy * 16u) * scale - 1.0;
    let last = vec2f((tile.xy + 1u) * 16u) * scale - 1.0;
    // Up is positive in view space, and down on the screen.
    let low = vec2f(first.x, -last.y) * frame.lens.xy;
    let high = vec2f(last.x, -first.y) * frame.lens.xy;
    let start = (tile.y * frame.counts.z + tile.x) * LIST;
    var count = 0u;
    for (var number = 0u; number < frame.counts.w && count < LIST - 1u; number++) {
        if reaches(frame.lights[number], low, high, near, far) {
            count += 1u;
            lists[start + count] = number;
        }
    }
    lists[start] = count;
}
