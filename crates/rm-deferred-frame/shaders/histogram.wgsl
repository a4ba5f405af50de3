// How many texels are how bright.

@group(0) @binding(8) var scene: texture_2d<f32>;
@group(0) @binding(9) var<storage, read_write> histogram: array<atomic<u32>>;

var<workgroup> counts: array<atomic<u32>, 256>;

// From 2 to the -8 up to 2 to the 8.
fn bin(color: vec3f) -> u32 {
    let stops = log2(max(luminance(color), 1e-4));
    return u32(clamp((stops + 8.0) * 16.0, 0.0, 255.0));
}

@compute @workgroup_size(16, 16)
fn main(
    @builtin(global_invocation_id) texel: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    atomicStore(&counts[index], 0u);
    workgroupBarrier();
    if all(texel.xy < frame.counts.xy) {
        atomicAdd(&counts[bin(textureLoad(scene, texel.xy, 0).xyz)], 1u);
    }
    workgroupBarrier();
    let count = atomicLoad(&counts[index]);
    if count > 0u {
        atomicAdd(&histogram[index], count);
    }
}
