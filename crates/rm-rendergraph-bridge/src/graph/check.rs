//! Mistakes that a single access shows.

use ash::vk;

use super::{GraphDescription, Kind, record::Use, usage};
use crate::GraphError;

impl GraphDescription {
    /// Ids, stages, layouts, usages.
    pub(super) fn check_uses(&self) -> Result<(), GraphError> {
        for pass in self.passes() {
            let queue = self.passes[pass.index()].queue;
            if queue.index() >= self.queues.len() {
                let (pass, queue) = (self.name_pass(pass), self.name_queue(queue));
                return Err(GraphError::UnknownQueue { pass, queue });
            }
        }
        for (pass, earlier) in &self.waits {
            if let Some(unknown) = [pass, earlier].into_iter().find(|it| self.is_beyond(**it)) {
                return Err(GraphError::UnknownPass { pass: self.name_pass(*unknown) });
            }
        }
        for resource in self.resources() {
            if self.entry(resource).is_some_and(|it| it.kind == Kind::CreateInfo) {
                return Err(GraphError::CreateInfo { resource: self.name_resource(resource) });
            }
        }
        self.uses().try_for_each(|it| self.check_use(&it))
    }

    fn is_beyond(&self, pass: super::PassId) -> bool {
        pass.index() >= self.passes.len()
    }

    fn check_use(&self, it: &Use) -> Result<(), GraphError> {
        let (pass, resource) = (self.name_pass(it.pass), self.name_resource(it.resource));
        if self.is_beyond(it.pass) {
            return Err(GraphError::UnknownPass { pass });
        }
        let Some(described) = self.entry(it.resource) else {
            return Err(GraphError::UnknownResource { pass, resource });
        };
        let Use { access: super::Access { stages, access, layout }, .. } = *it;
        let nowhere =
            vk::PipelineStageFlags2::TOP_OF_PIPE | vk::PipelineStageFlags2::BOTTOM_OF_PIPE;
        if (stages & !nowhere).is_empty() || access.is_empty() {
            return Err(GraphError::NoAccess { pass, resource });
        }
        let is_image = described.is_image();
        let never = [vk::ImageLayout::UNDEFINED, vk::ImageLayout::PREINITIALIZED];
        let buffer_layout = layout == vk::ImageLayout::UNDEFINED;
        if if is_image { never.contains(&layout) } else { !buffer_layout } {
            return Err(GraphError::NoSuchLayout { pass, resource, layout, is_image });
        }
        let queue = self.passes[it.pass.index()].queue;
        let beyond = usage::stages_beyond(stages, self.queues[queue.index()].flags);
        if !beyond.is_empty() {
            let queue = self.name_queue(queue);
            return Err(GraphError::QueueCannot { pass, resource, queue, stages: beyond });
        }
        let beyond = usage::accesses_beyond(access, stages);
        if !beyond.is_empty() {
            return Err(GraphError::AccessBeyondStages { pass, resource, access: beyond, stages });
        }
        let beyond = match &described.kind {
            Kind::Buffer(buffer) => usage::accesses_beyond_buffer(access, buffer.usage),
            Kind::Image(image) => usage::accesses_beyond_image(access, image.usage),
            _ => vk::AccessFlags2::NONE,
        };
        if !beyond.is_empty() {
            return Err(GraphError::AccessBeyondUsage { pass, resource, access: beyond });
        }
        Ok(())
    }
}
