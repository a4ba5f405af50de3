//! What stages, accesses and usages belong together.
//!
//! From the tables "Supported access types" and "Supported pipeline stage flags" of the Vulkan specification.

use ash::vk::{
    AccessFlags2 as A, BufferUsageFlags as B, ImageUsageFlags as I, PipelineStageFlags2 as S,
    QueueFlags as Q,
};

/// Stages that run shaders.
const SHADERS: S = S::from_raw(
    S::VERTEX_SHADER.as_raw()
        | S::TESSELLATION_CONTROL_SHADER.as_raw()
        | S::TESSELLATION_EVALUATION_SHADER.as_raw()
        | S::GEOMETRY_SHADER.as_raw()
        | S::TASK_SHADER_EXT.as_raw()
        | S::MESH_SHADER_EXT.as_raw()
        | S::FRAGMENT_SHADER.as_raw()
        | S::COMPUTE_SHADER.as_raw()
        | S::RAY_TRACING_SHADER_KHR.as_raw()
        | S::SUBPASS_SHADER_HUAWEI.as_raw()
        | S::CLUSTER_CULLING_SHADER_HUAWEI.as_raw(),
);

/// Stages of draws alone.
const GRAPHICS: S = S::from_raw(
    (SHADERS.as_raw() & !(S::COMPUTE_SHADER.as_raw() | S::RAY_TRACING_SHADER_KHR.as_raw()))
        | S::INDEX_INPUT.as_raw()
        | S::VERTEX_ATTRIBUTE_INPUT.as_raw()
        | S::EARLY_FRAGMENT_TESTS.as_raw()
        | S::LATE_FRAGMENT_TESTS.as_raw()
        | S::COLOR_ATTACHMENT_OUTPUT.as_raw(),
);

/// Stages of copies, blits, resolves and clears.
const TRANSFERS: S =
    S::from_raw(S::COPY.as_raw() | S::BLIT.as_raw() | S::RESOLVE.as_raw() | S::CLEAR.as_raw());

/// Stages that stand for several, and for which.
const STAGE_SETS: [(S, S); 5] = [
    (S::ALL_COMMANDS, S::from_raw(!S::HOST.as_raw())),
    (
        S::ALL_GRAPHICS,
        S::from_raw(
            GRAPHICS.as_raw()
                | S::DRAW_INDIRECT.as_raw()
                | S::CONDITIONAL_RENDERING_EXT.as_raw()
                | S::TRANSFORM_FEEDBACK_EXT.as_raw()
                | S::FRAGMENT_SHADING_RATE_ATTACHMENT_KHR.as_raw()
                | S::FRAGMENT_DENSITY_PROCESS_EXT.as_raw()
                | S::INVOCATION_MASK_HUAWEI.as_raw(),
        ),
    ),
    (
        S::ALL_TRANSFER,
        S::from_raw(TRANSFERS.as_raw() | S::ACCELERATION_STRUCTURE_COPY_KHR.as_raw()),
    ),
    (S::VERTEX_INPUT, S::from_raw(S::INDEX_INPUT.as_raw() | S::VERTEX_ATTRIBUTE_INPUT.as_raw())),
    (
        S::PRE_RASTERIZATION_SHADERS,
        S::from_raw(
            GRAPHICS.as_raw()
                & SHADERS.as_raw()
                & !(S::FRAGMENT_SHADER.as_raw() | S::SUBPASS_SHADER_HUAWEI.as_raw()),
        ),
    ),
];

/// Accesses that stand for several, and for which.
const ACCESS_SETS: [(A, A); 4] = [
    (A::MEMORY_READ, A::from_raw(!super::access::WRITES.as_raw())),
    (A::MEMORY_WRITE, super::access::WRITES),
    (
        A::SHADER_READ,
        A::from_raw(A::SHADER_SAMPLED_READ.as_raw() | A::SHADER_STORAGE_READ.as_raw()),
    ),
    (A::SHADER_WRITE, A::SHADER_STORAGE_WRITE),
];

/// Every single stage that `stages` stand for.
pub(crate) fn single_stages(stages: S) -> S {
    let sets = STAGE_SETS.iter().filter(|(set, _)| stages.contains(*set));
    let named = sets.fold((stages, S::NONE), |(rest, all), (set, of)| (rest & !*set, all | *of));
    named.0 | named.1
}

/// Every single access that `access` stands for.
pub(crate) fn single_accesses(access: A) -> A {
    let sets = ACCESS_SETS.iter().filter(|(set, _)| access.contains(*set));
    let named = sets.fold((access, A::NONE), |(rest, all), (set, of)| (rest & !*set, all | *of));
    named.0 | named.1
}

/// Of `stages`, those that a queue which can do `flags` does not have.
pub(super) fn stages_beyond(stages: S, flags: Q) -> S {
    let mut beyond = S::NONE;
    let draws = flags.contains(Q::GRAPHICS);
    let computes = flags.contains(Q::COMPUTE);
    if !draws {
        beyond |= GRAPHICS | S::ALL_GRAPHICS | S::VERTEX_INPUT | S::PRE_RASTERIZATION_SHADERS;
        beyond |= S::TRANSFORM_FEEDBACK_EXT | S::FRAGMENT_SHADING_RATE_ATTACHMENT_KHR;
    }
    if !computes {
        beyond |= S::COMPUTE_SHADER | S::RAY_TRACING_SHADER_KHR;
        beyond |= S::ACCELERATION_STRUCTURE_BUILD_KHR;
    }
    if !draws && !computes {
        beyond |= S::DRAW_INDIRECT;
    }
    if !draws && !computes && !flags.contains(Q::TRANSFER) {
        beyond |= TRANSFERS | S::ALL_TRANSFER;
    }
    stages & beyond
}

/// Of `access`, what none of `stages` can do.
pub(super) fn accesses_beyond(access: A, stages: S) -> A {
    let stages = single_stages(stages);
    let table = [
        (A::INDIRECT_COMMAND_READ, S::DRAW_INDIRECT | S::ACCELERATION_STRUCTURE_BUILD_KHR),
        (A::INDEX_READ, S::INDEX_INPUT),
        (A::VERTEX_ATTRIBUTE_READ, S::VERTEX_ATTRIBUTE_INPUT),
        (
            A::UNIFORM_READ | A::SHADER_SAMPLED_READ | A::SHADER_STORAGE_WRITE | A::SHADER_WRITE,
            SHADERS,
        ),
        (
            A::SHADER_STORAGE_READ | A::SHADER_READ,
            SHADERS | S::ACCELERATION_STRUCTURE_BUILD_KHR | S::MICROMAP_BUILD_EXT,
        ),
        (A::INPUT_ATTACHMENT_READ, S::FRAGMENT_SHADER | S::SUBPASS_SHADER_HUAWEI),
        (A::COLOR_ATTACHMENT_READ | A::COLOR_ATTACHMENT_WRITE, S::COLOR_ATTACHMENT_OUTPUT),
        (
            A::DEPTH_STENCIL_ATTACHMENT_READ | A::DEPTH_STENCIL_ATTACHMENT_WRITE,
            S::EARLY_FRAGMENT_TESTS | S::LATE_FRAGMENT_TESTS,
        ),
        (
            A::TRANSFER_READ | A::TRANSFER_WRITE,
            TRANSFERS
                | S::ACCELERATION_STRUCTURE_BUILD_KHR
                | S::ACCELERATION_STRUCTURE_COPY_KHR
                | S::MICROMAP_BUILD_EXT,
        ),
        (A::HOST_READ | A::HOST_WRITE, S::HOST),
    ];
    let beyond = table.iter().filter(|(_, by)| !stages.intersects(*by));
    beyond.fold(A::NONE, |all, (access, _)| all | *access) & access
}

/// Of `access`, what an image of this usage does not allow.
pub(super) fn accesses_beyond_image(access: A, usage: I) -> A {
    let attachment = I::COLOR_ATTACHMENT | I::DEPTH_STENCIL_ATTACHMENT;
    let table = [
        (A::SHADER_SAMPLED_READ, I::SAMPLED),
        (A::SHADER_STORAGE_READ | A::SHADER_STORAGE_WRITE | A::SHADER_WRITE, I::STORAGE),
        (A::SHADER_READ, I::SAMPLED | I::STORAGE),
        (A::INPUT_ATTACHMENT_READ, I::INPUT_ATTACHMENT),
        // Depth is resolved in the stage of colour attachments, and by their accesses.
        (A::COLOR_ATTACHMENT_READ | A::COLOR_ATTACHMENT_WRITE, attachment),
        (
            A::DEPTH_STENCIL_ATTACHMENT_READ | A::DEPTH_STENCIL_ATTACHMENT_WRITE,
            I::DEPTH_STENCIL_ATTACHMENT,
        ),
        (A::TRANSFER_READ, I::TRANSFER_SRC | attachment),
        (A::TRANSFER_WRITE, I::TRANSFER_DST | attachment),
        (
            A::INDIRECT_COMMAND_READ | A::INDEX_READ | A::VERTEX_ATTRIBUTE_READ | A::UNIFORM_READ,
            I::empty(),
        ),
    ];
    let beyond = table.iter().filter(|(_, by)| !usage.intersects(*by));
    beyond.fold(A::NONE, |all, (access, _)| all | *access) & access
}

/// Of `access`, what a buffer of this usage does not allow.
pub(super) fn accesses_beyond_buffer(access: A, usage: B) -> A {
    let texel = B::UNIFORM_TEXEL_BUFFER;
    let address = B::SHADER_DEVICE_ADDRESS;
    let table = [
        (A::INDIRECT_COMMAND_READ, B::INDIRECT_BUFFER),
        (A::INDEX_READ, B::INDEX_BUFFER),
        (A::VERTEX_ATTRIBUTE_READ, B::VERTEX_BUFFER),
        (A::UNIFORM_READ, B::UNIFORM_BUFFER),
        (A::SHADER_SAMPLED_READ, texel),
        (
            A::SHADER_STORAGE_READ | A::SHADER_STORAGE_WRITE | A::SHADER_WRITE,
            B::STORAGE_BUFFER | B::STORAGE_TEXEL_BUFFER | address,
        ),
        (A::SHADER_READ, B::STORAGE_BUFFER | B::STORAGE_TEXEL_BUFFER | texel | address),
        (
            A::TRANSFER_READ,
            B::TRANSFER_SRC
                | address
                | B::ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_KHR
                | B::ACCELERATION_STRUCTURE_STORAGE_KHR,
        ),
        // Acceleration structures are written out to an address.
        (A::TRANSFER_WRITE, B::TRANSFER_DST | address | B::ACCELERATION_STRUCTURE_STORAGE_KHR),
        (
            A::INPUT_ATTACHMENT_READ
                | A::COLOR_ATTACHMENT_READ
                | A::COLOR_ATTACHMENT_WRITE
                | A::DEPTH_STENCIL_ATTACHMENT_READ
                | A::DEPTH_STENCIL_ATTACHMENT_WRITE,
            B::empty(),
        ),
    ];
    let beyond = table.iter().filter(|(_, by)| !usage.intersects(*by));
    beyond.fold(A::NONE, |all, (access, _)| all | *access) & access
}

/// Of `access`, what a single `stage` can do.
pub(crate) fn accesses_of_stage(access: A, stage: S) -> A {
    access & !accesses_beyond(access, stage)
}
