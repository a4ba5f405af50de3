//! Other people's allocators run on the device unchanged, and keep its rules.

mod gpu_allocator;
mod vma;

/// Operations on each profile.
const OPERATIONS: u32 = 100_000;

/// Sizes as renderers have them: many small ones, some large.
fn some_size(random: &mut fastrand::Rng) -> u64 {
    let most: u64 = match random.u8(0..100) {
        0 => 64 << 20,
        1..10 => 4 << 20,
        _ => 128 << 10,
    };
    random.u64(1..most)
}
