// How bright the picture is to be: the middle of the scene becomes a middle grey.

@group(0) @binding(8) var<storage, read> histogram: array<u32>;
@group(0) @binding(9) var<storage, read_write> exposure: array<f32>;

@compute @workgroup_size(1)
fn main() {
    // The darkest and the brightest texels do not count.
    let all = f32(frame.counts.x * frame.counts.y);
    let low = all * 0.15;
    let high = all * 0.96;
    var before = 0.0;
    var sum = 0.0;
    var weight = 0.0;
    for (var i = 0u; i < 256u; i++) {
        let count = f32(histogram[i]);
        let part = max(min(before + count, high) - max(before, low), 0.0);
        sum += part * ((f32(i) + 0.5) / 16.0 - 8.0);
        weight += part;
        before += count;
    }
    let middle = exp2(sum / max(weight, 1.0));
    exposure[0] = clamp(0.135 / middle, 0.2, 4.0);
    exposure[1] = middle;
    exposure[2] = 0.0;
    exposure[3] = 0.0;
}
