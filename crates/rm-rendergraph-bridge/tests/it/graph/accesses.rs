//! Accesses that Vulkan allows are not refused, and those that it does not allow are.

use ash::vk::{
    AccessFlags2 as A, BufferUsageFlags as B, Format, ImageLayout as L, ImageUsageFlags as I,
    PipelineStageFlags2 as S, QueueFlags as Q,
};
use rm_alloc_core::{BufferRequest, ImageRequest};
use rm_rendergraph_bridge::{Access, GraphDescription, GraphError};

/// A persistent image of a usage, touched by one pass.
fn image(usage: I, accesses: &[Access]) -> Result<(), GraphError> {
    let mut graph = GraphDescription::new();
    let queue = graph.queue("main", Q::GRAPHICS | Q::COMPUTE);
    let image = graph.image(&ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 8, 8, usage));
    graph.persistent(image);
    let pass = graph.pass(queue, "pass");
    accesses.iter().for_each(|access| graph.access(pass, image, *access));
    graph.check()
}

/// A persistent buffer of a usage, touched by one pass.
fn buffer(usage: B, stages: S, access: A) -> Result<(), GraphError> {
    let mut graph = GraphDescription::new();
    let queue = graph.queue("main", Q::GRAPHICS | Q::COMPUTE);
    let buffer = graph.buffer(&BufferRequest::new(64, usage));
    graph.persistent(buffer);
    let pass = graph.pass(queue, "pass");
    graph.access(pass, buffer, Access::new(stages, access));
    graph.check()
}

#[test]
fn depth_is_resolved_by_the_colour_attachment_stage() {
    let stage = S::COLOR_ATTACHMENT_OUTPUT;
    let to = Access::new(stage, A::COLOR_ATTACHMENT_WRITE).layout(L::DEPTH_ATTACHMENT_OPTIMAL);
    let from = Access::new(stage, A::COLOR_ATTACHMENT_READ).layout(L::DEPTH_ATTACHMENT_OPTIMAL);
    image(I::DEPTH_STENCIL_ATTACHMENT, &[to]).unwrap();
    image(I::DEPTH_STENCIL_ATTACHMENT, &[from]).unwrap();
    let refused = image(I::SAMPLED, &[to]).unwrap_err();
    assert!(matches!(refused, GraphError::AccessBeyondUsage { .. }), "{refused}");
}

#[test]
fn depth_is_tested_and_sampled_in_one_pass() {
    let layout = L::DEPTH_STENCIL_READ_ONLY_OPTIMAL;
    let accesses = [Access::DEPTH_TEST, Access::sampled(S::FRAGMENT_SHADER).layout(layout)];
    image(I::DEPTH_STENCIL_ATTACHMENT | I::SAMPLED, &accesses).unwrap();
}

#[test]
fn images_are_used_in_all_the_ways_there_are() {
    let input = Access::new(S::FRAGMENT_SHADER, A::INPUT_ATTACHMENT_READ).layout(L::GENERAL);
    image(I::INPUT_ATTACHMENT, &[input]).unwrap();
    image(I::STORAGE, &[Access::storage_image_read_write(S::COMPUTE_SHADER)]).unwrap();
    for stage in [S::COPY, S::BLIT, S::RESOLVE, S::ALL_TRANSFER] {
        let from = Access { stages: stage, ..Access::COPY_SOURCE_IMAGE };
        image(I::TRANSFER_SRC, &[from]).unwrap();
        let to = Access { stages: stage, ..Access::COPY_TARGET_IMAGE };
        image(I::TRANSFER_DST, &[to]).unwrap();
    }
    let clear = Access { stages: S::CLEAR, ..Access::COPY_TARGET_IMAGE };
    image(I::TRANSFER_DST, &[clear]).unwrap();
    let rate = Access::new(
        S::FRAGMENT_SHADING_RATE_ATTACHMENT_KHR,
        A::FRAGMENT_SHADING_RATE_ATTACHMENT_READ_KHR,
    );
    let layout = L::FRAGMENT_SHADING_RATE_ATTACHMENT_OPTIMAL_KHR;
    image(I::FRAGMENT_SHADING_RATE_ATTACHMENT_KHR, &[rate.layout(layout)]).unwrap();
}

#[test]
fn buffers_are_used_in_all_the_ways_there_are() {
    let address = B::SHADER_DEVICE_ADDRESS;
    let built = S::ACCELERATION_STRUCTURE_BUILD_KHR;
    let copied = S::ACCELERATION_STRUCTURE_COPY_KHR;
    let traced = S::RAY_TRACING_SHADER_KHR;
    let structure = A::ACCELERATION_STRUCTURE_READ_KHR | A::ACCELERATION_STRUCTURE_WRITE_KHR;
    let input = B::ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_KHR | address;
    for (usage, stages, access) in [
        (B::INDIRECT_BUFFER, S::DRAW_INDIRECT, A::INDIRECT_COMMAND_READ),
        (B::INDIRECT_BUFFER, built, A::INDIRECT_COMMAND_READ),
        (B::INDEX_BUFFER, S::VERTEX_INPUT, A::INDEX_READ),
        (B::VERTEX_BUFFER, S::ALL_GRAPHICS, A::VERTEX_ATTRIBUTE_READ),
        (B::UNIFORM_BUFFER, S::PRE_RASTERIZATION_SHADERS, A::UNIFORM_READ),
        (B::UNIFORM_TEXEL_BUFFER, S::COMPUTE_SHADER, A::SHADER_SAMPLED_READ),
        (address, S::COMPUTE_SHADER, A::SHADER_STORAGE_READ | A::SHADER_STORAGE_WRITE),
        (input, built, A::SHADER_READ),
        (B::STORAGE_BUFFER | address, built, structure),
        (B::ACCELERATION_STRUCTURE_STORAGE_KHR, built, structure),
        (B::ACCELERATION_STRUCTURE_STORAGE_KHR, copied, structure),
        (B::ACCELERATION_STRUCTURE_STORAGE_KHR, traced, A::ACCELERATION_STRUCTURE_READ_KHR),
        (B::SHADER_BINDING_TABLE_KHR | address, traced, A::SHADER_BINDING_TABLE_READ_KHR),
        // A structure is written to, and read from, an address.
        (address, copied, A::TRANSFER_WRITE),
        (address, copied, A::TRANSFER_READ),
        (B::TRANSFER_DST, S::ALL_COMMANDS, A::MEMORY_WRITE),
        (B::TRANSFER_DST, S::CLEAR, A::TRANSFER_WRITE),
        (B::TRANSFER_DST, S::HOST, A::HOST_READ | A::HOST_WRITE),
        (input, S::MICROMAP_BUILD_EXT, A::SHADER_READ),
    ] {
        let answer = buffer(usage, stages, access);
        assert_eq!(answer, Ok(()), "{usage:?} {stages:?} {access:?}");
    }
    let refused = buffer(B::UNIFORM_BUFFER, S::COMPUTE_SHADER, A::SHADER_READ).unwrap_err();
    assert!(matches!(refused, GraphError::AccessBeyondUsage { .. }), "{refused}");
}

#[test]
fn what_most_passes_do_has_a_name() {
    for (usage, access) in [
        (B::INDEX_BUFFER, Access::INDEX_BUFFER),
        (B::INDIRECT_BUFFER, Access::INDIRECT),
        (B::STORAGE_BUFFER, Access::storage_read(S::COMPUTE_SHADER)),
        (B::STORAGE_BUFFER, Access::storage_read_write(S::COMPUTE_SHADER)),
        (B::STORAGE_BUFFER, Access::storage_write(S::COMPUTE_SHADER)),
        (B::TRANSFER_DST, Access::COPY_TARGET_BUFFER),
        (B::TRANSFER_SRC, Access::COPY_SOURCE_BUFFER),
        (B::UNIFORM_BUFFER, Access::uniform(S::VERTEX_SHADER)),
        (B::VERTEX_BUFFER, Access::VERTEX_BUFFER),
    ] {
        assert_eq!(buffer(usage, access.stages, access.access), Ok(()), "{access:?}");
    }
}
