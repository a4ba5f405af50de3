//! Synchronisation scopes as sets of bits: single stages, and single accesses of single stages.
//!
//! From the tables "Supported access types" and "Supported pipeline stage flags" of the Vulkan specification, as far as the
//! drawn graphs go. Nothing here is taken from the library.

use std::sync::LazyLock;

use ash::vk::{AccessFlags2 as A, PipelineStageFlags2 as S};

/// Stages and accesses of a barrier, semaphore or touch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Scope {
    /// One bit a stage of [`STAGES`].
    pub(crate) stages: u32,
    /// One bit for each single access of each single stage, in the order of [`PAIRS`].
    pub(crate) pairs: u64,
}

/// A single access in a single stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// Its bit in [`Scope::stages`].
    pub(crate) stage: u32,
    /// Its bit in [`Scope::pairs`].
    pub(crate) bit: u64,
    pub(crate) writes: bool,
}

const SHADER: A = A::from_raw(
    A::UNIFORM_READ.as_raw()
        | A::SHADER_SAMPLED_READ.as_raw()
        | A::SHADER_STORAGE_READ.as_raw()
        | A::SHADER_STORAGE_WRITE.as_raw(),
);
const TRANSFER: A = A::from_raw(A::TRANSFER_READ.as_raw() | A::TRANSFER_WRITE.as_raw());
const COLOR: A =
    A::from_raw(A::COLOR_ATTACHMENT_READ.as_raw() | A::COLOR_ATTACHMENT_WRITE.as_raw());
const DEPTH: A = A::from_raw(
    A::DEPTH_STENCIL_ATTACHMENT_READ.as_raw() | A::DEPTH_STENCIL_ATTACHMENT_WRITE.as_raw(),
);

/// Every single stage with what it can do.
const STAGES: [(S, A); 19] = [
    (S::DRAW_INDIRECT, A::INDIRECT_COMMAND_READ),
    (S::INDEX_INPUT, A::INDEX_READ),
    (S::VERTEX_ATTRIBUTE_INPUT, A::VERTEX_ATTRIBUTE_READ),
    (S::VERTEX_SHADER, SHADER),
    (S::TESSELLATION_CONTROL_SHADER, SHADER),
    (S::TESSELLATION_EVALUATION_SHADER, SHADER),
    (S::GEOMETRY_SHADER, SHADER),
    (S::TASK_SHADER_EXT, SHADER),
    (S::MESH_SHADER_EXT, SHADER),
    (S::RAY_TRACING_SHADER_KHR, SHADER),
    (S::FRAGMENT_SHADER, A::from_raw(SHADER.as_raw() | A::INPUT_ATTACHMENT_READ.as_raw())),
    (S::EARLY_FRAGMENT_TESTS, DEPTH),
    (S::LATE_FRAGMENT_TESTS, DEPTH),
    (S::COLOR_ATTACHMENT_OUTPUT, COLOR),
    (S::COMPUTE_SHADER, SHADER),
    (S::COPY, TRANSFER),
    (S::BLIT, TRANSFER),
    (S::RESOLVE, TRANSFER),
    (S::CLEAR, A::TRANSFER_WRITE),
];

/// The accesses that change memory.
const WRITES: A = A::from_raw(
    A::SHADER_STORAGE_WRITE.as_raw()
        | A::TRANSFER_WRITE.as_raw()
        | A::COLOR_ATTACHMENT_WRITE.as_raw()
        | A::DEPTH_STENCIL_ATTACHMENT_WRITE.as_raw(),
);

impl Scope {
    /// Everything that a device does.
    pub(crate) fn everything() -> Self {
        Self::new(S::ALL_COMMANDS, A::MEMORY_READ | A::MEMORY_WRITE)
    }

    pub(crate) fn new(stages: S, access: A) -> Self {
        let (stages, access) = (single_stages(stages), single_accesses(access));
        let named = STAGES.iter().enumerate().filter(|(_, (stage, _))| stages.contains(*stage));
        let stages = named.fold(0, |all, (index, _)| all | 1 << index);
        let named =
            PAIRS.iter().filter(|(it, one)| stages & it.stage != 0 && access.contains(*one));
        Self { stages, pairs: named.fold(0, |all, (it, _)| all | it.bit) }
    }

    /// All single accesses.
    pub(crate) fn pairs(self) -> impl Iterator<Item = Pair> {
        PAIRS.iter().map(|(pair, _)| *pair).filter(move |pair| self.pairs & pair.bit != 0)
    }

    /// What a touch is to be followed by: its writes, and each of its stages that does not write.
    ///
    /// All that a stage reads has the same paths, and a stage that is named touches, even if it has nothing to do.
    pub(crate) fn needs(self) -> impl Iterator<Item = Pair> {
        let wrote = self.pairs().filter(|pair| pair.writes).fold(0, |all, pair| all | pair.stage);
        let left = self.stages & !wrote;
        let reads = (0..u32::BITS).map(|bit| 1 << bit).filter(move |stage| left & stage != 0);
        let reads = reads.map(|stage| Pair { stage, bit: 0, writes: false });
        self.pairs().filter(|pair| pair.writes).chain(reads)
    }

    /// Whether memory is changed.
    pub(crate) fn writes(self) -> bool {
        self.pairs().any(|pair| pair.writes)
    }

    /// Whether memory is looked at.
    pub(crate) fn reads(self) -> bool {
        self.pairs().any(|pair| !pair.writes)
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.stages & other.stages == other.stages && self.pairs & other.pairs == other.pairs
    }
}

/// Every single access of every single stage.
static PAIRS: LazyLock<Vec<(Pair, A)>> = LazyLock::new(|| {
    let all = STAGES.iter().enumerate();
    let all = all.flat_map(|(index, (_, can))| flags(*can).map(move |one| (index, one)));
    let pair = |(bit, (stage, one))| {
        (Pair { stage: 1_u32 << stage, bit: 1_u64 << bit, writes: WRITES.contains(one) }, one)
    };
    all.enumerate().map(pair).collect()
});

fn flags(access: A) -> impl Iterator<Item = A> {
    (0..64).map(|bit| A::from_raw(1 << bit)).filter(move |one| access.contains(*one))
}

fn single_stages(stages: S) -> S {
    let vertices = S::VERTEX_SHADER
        | S::TESSELLATION_CONTROL_SHADER
        | S::TESSELLATION_EVALUATION_SHADER
        | S::GEOMETRY_SHADER
        | S::TASK_SHADER_EXT
        | S::MESH_SHADER_EXT;
    let input = S::INDEX_INPUT | S::VERTEX_ATTRIBUTE_INPUT;
    let transfer = S::COPY | S::BLIT | S::RESOLVE | S::CLEAR;
    let graphics = vertices
        | input
        | S::DRAW_INDIRECT
        | S::FRAGMENT_SHADER
        | S::EARLY_FRAGMENT_TESTS
        | S::LATE_FRAGMENT_TESTS
        | S::COLOR_ATTACHMENT_OUTPUT;
    let sets = [
        (S::ALL_COMMANDS, graphics | transfer | S::COMPUTE_SHADER | S::RAY_TRACING_SHADER_KHR),
        (S::ALL_GRAPHICS, graphics),
        (S::ALL_TRANSFER, transfer),
        (S::VERTEX_INPUT, input),
        (S::PRE_RASTERIZATION_SHADERS, vertices),
    ];
    let named = sets.iter().filter(|(set, _)| stages.contains(*set));
    named.fold(stages, |all, (_, of)| all | *of)
}

fn single_accesses(access: A) -> A {
    let all = STAGES.iter().fold(A::NONE, |all, (_, can)| all | *can);
    let sets = [
        (A::MEMORY_READ, all & !WRITES),
        (A::MEMORY_WRITE, WRITES),
        (A::SHADER_READ, A::SHADER_SAMPLED_READ | A::SHADER_STORAGE_READ),
        (A::SHADER_WRITE, A::SHADER_STORAGE_WRITE),
    ];
    let named = sets.iter().filter(|(set, _)| access.contains(*set));
    named.fold(access, |all, (_, of)| all | *of)
}
