//! What the model test does, and how it is drawn at random.

use rm_alloc_core::TilingClass;

use super::Trace;

/// One thing to do. Slots are numbers that the trace gives its allocations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Takes memory.
    Allocate(Wanted),
    /// Verifies the bytes of a slot, and frees it.
    Free {
        /// The slot.
        slot: u32,
    },
    /// Fills a slot with a pattern.
    Write {
        /// The slot.
        slot: u32,
        /// What the pattern is made from.
        seed: u64,
    },
    /// Compares the bytes of a slot with what was written last.
    Verify {
        /// The slot.
        slot: u32,
    },
    /// Gives empty blocks back.
    Trim {
        /// The heap, modulo the number that the device has.
        heap: u32,
        /// Bytes to keep.
        keep: u64,
    },
    /// Verifies the bytes of every slot.
    VerifyAll,
}

/// What an allocation asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// The slot that holds it from now on.
    pub slot: u32,
    /// What is to lie there.
    pub what: What,
    /// Bytes, roughly: a resource rounds them.
    pub size: u64,
    /// Least alignment in bytes.
    pub alignment: u64,
    /// Which of the types that can serve, modulo their number.
    pub memory_type: u32,
    /// Whether it wants an object of its own.
    pub wish: Wish,
    /// Whether the host must reach it, where it can.
    pub map: bool,
    /// Whether it has a label, made from its slot.
    pub label: bool,
}

/// What lies in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// A buffer.
    Buffer,
    /// An optimally tiled image.
    Image,
    /// A buffer in memory of the mixed class, where the backend serves it.
    Mixed,
    /// Nothing; memory for a class of tiling alone.
    Raw(TilingClass),
}

/// Whether it wants an object of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wish {
    /// The backend decides.
    No,
    /// Prefers one.
    Prefer,
    /// Requires one, where the backend can.
    Require,
}

/// Draws `length` operations.
pub(super) fn random(seed: u64, length: usize) -> Trace {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut slots: Vec<u32> = Vec::new();
    let mut next = 0;
    let operations = (0..length).map(|_| {
        let slot = if slots.is_empty() { 0 } else { slots[rng.usize(..slots.len())] };
        match rng.u32(..100) {
            0..45 if slots.len() < 32 => {
                next += 1;
                slots.push(next);
                Operation::Allocate(wanted(&mut rng, next))
            }
            0..75 => {
                slots.retain(|known| *known != slot);
                Operation::Free { slot }
            }
            75..85 => Operation::Write { slot, seed: rng.u64(..1 << 32) },
            85..92 => Operation::Verify { slot },
            92..96 => Operation::Trim { heap: rng.u32(..3), keep: rng.u64(..2) << 20 },
            _ => Operation::VerifyAll,
        }
    });
    Trace { operations: operations.collect() }
}

fn wanted(rng: &mut fastrand::Rng, slot: u32) -> Wanted {
    let tilings = [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed];
    Wanted {
        slot,
        what: match rng.u32(..10) {
            0..3 => What::Buffer,
            3..5 => What::Image,
            5 => What::Mixed,
            _ => What::Raw(tilings[rng.usize(..3)]),
        },
        // Every order of magnitude alike, and now and then a power of two.
        size: match rng.u32(..18) {
            shift if rng.bool() => 1 << shift,
            shift => rng.u64(1..=1 << shift),
        },
        alignment: if rng.bool() { 1 } else { 1 << rng.u32(..13) },
        memory_type: rng.u32(..8),
        wish: match rng.u32(..12) {
            0 => Wish::Require,
            1 => Wish::Prefer,
            _ => Wish::No,
        },
        map: rng.bool(),
        label: rng.bool(),
    }
}
