//! What a pass of a drawn graph may do to a resource, on the queue that it runs on.

use ash::vk::{AccessFlags2 as A, ImageLayout as L, PipelineStageFlags2 as S, QueueFlags};
use fastrand::Rng;
use rm_rendergraph_bridge::Access;

/// What is touched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    Buffer,
    Color,
    Depth,
    /// Neither attachment nor sampled by draws alone: of linear tiling.
    Linear,
}

/// An access that changes all of it; `None` if the queue has none.
pub(crate) fn write(rng: &mut Rng, what: What, queue: QueueFlags) -> Option<Access> {
    let draws = queue.contains(QueueFlags::GRAPHICS);
    let computes = queue.contains(QueueFlags::COMPUTE);
    let shader = shaders(rng, queue);
    let all = A::MEMORY_READ | A::MEMORY_WRITE;
    let choices = match what {
        What::Buffer => vec![
            Some(Access::COPY_TARGET_BUFFER),
            Some(Access::new(S::CLEAR, A::TRANSFER_WRITE)),
            shader.map(Access::storage_write),
            shader.map(|stages| {
                Access::new(stages, A::SHADER_STORAGE_READ | A::SHADER_STORAGE_WRITE)
            }),
            computes.then_some(Access::storage_write(S::COMPUTE_SHADER)),
            draws.then_some(Access::new(S::ALL_GRAPHICS, A::SHADER_WRITE)),
        ],
        What::Color => vec![
            Some(Access::COPY_TARGET_IMAGE),
            shader.map(Access::storage_image_write),
            draws.then_some(Access::COLOR_ATTACHMENT),
            draws.then_some(Access::COLOR_ATTACHMENT),
            computes.then_some(Access::new(S::ALL_COMMANDS, all).layout(L::GENERAL)),
        ],
        What::Depth => vec![
            draws.then_some(Access::DEPTH_ATTACHMENT),
            draws.then_some(Access::DEPTH_ATTACHMENT),
            Some(Access::COPY_TARGET_IMAGE),
        ],
        What::Linear => vec![
            Some(Access::new(S::COPY, A::TRANSFER_WRITE).layout(L::GENERAL)),
            shader.map(Access::storage_image_write),
        ],
    };
    rng.choice(choices.into_iter().flatten().collect::<Vec<_>>())
}

/// An access that changes nothing; `None` if the queue has none.
pub(crate) fn read(rng: &mut Rng, what: What, queue: QueueFlags) -> Option<Access> {
    let draws = queue.contains(QueueFlags::GRAPHICS);
    let shader = shaders(rng, queue);
    let input = Access::new(S::FRAGMENT_SHADER, A::INPUT_ATTACHMENT_READ)
        .layout(L::SHADER_READ_ONLY_OPTIMAL);
    let choices = match what {
        What::Buffer => vec![
            Some(Access::COPY_SOURCE_BUFFER),
            shader.map(Access::storage_read),
            shader.map(Access::uniform),
            shader.map(|stages| Access::new(stages, A::SHADER_READ)),
            shader.map(|_| Access::INDIRECT),
            draws.then_some(Access::new(S::VERTEX_INPUT, A::VERTEX_ATTRIBUTE_READ)),
            draws.then_some(Access::new(S::INDEX_INPUT, A::INDEX_READ)),
        ],
        What::Color => vec![
            Some(Access::COPY_SOURCE_IMAGE),
            shader.map(Access::sampled),
            shader.map(Access::sampled),
            shader.map(Access::storage_image_read),
            draws.then_some(input),
        ],
        What::Depth => vec![
            draws.then_some(Access::DEPTH_TEST),
            shader.map(Access::sampled),
            shader.map(|it| Access::sampled(it).layout(L::DEPTH_STENCIL_READ_ONLY_OPTIMAL)),
            Some(Access::COPY_SOURCE_IMAGE),
        ],
        What::Linear => vec![
            Some(Access::new(S::COPY, A::TRANSFER_READ).layout(L::GENERAL)),
            shader.map(Access::storage_image_read),
        ],
    };
    rng.choice(choices.into_iter().flatten().collect::<Vec<_>>())
}

fn shaders(rng: &mut Rng, queue: QueueFlags) -> Option<S> {
    let draws = queue.contains(QueueFlags::GRAPHICS);
    let computes = queue.contains(QueueFlags::COMPUTE);
    let choices = [
        computes.then_some(S::COMPUTE_SHADER),
        computes.then_some(S::COMPUTE_SHADER),
        draws.then_some(S::FRAGMENT_SHADER),
        draws.then_some(S::VERTEX_SHADER),
        draws.then_some(S::PRE_RASTERIZATION_SHADERS),
        draws.then_some(S::VERTEX_SHADER | S::FRAGMENT_SHADER),
        (draws && computes).then_some(S::FRAGMENT_SHADER | S::COMPUTE_SHADER),
    ];
    rng.choice(choices.into_iter().flatten().collect::<Vec<_>>())
}
