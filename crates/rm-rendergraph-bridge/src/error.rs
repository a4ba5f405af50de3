//! What is wrong with a frame, naming pass and resource.

use std::fmt;

use ash::vk;
use rm_alias::PlanError;
use rm_alloc_core::AllocationError;

use crate::{GraphDescription, PassId, QueueId, ResourceId};

/// A pass, queue or resource as an error names it: by label where it has one, else by number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    /// How many were added before it.
    pub index: usize,
    /// Its label, empty if it has none.
    pub label: Box<str>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.label.is_empty() {
            return write!(f, "#{}", self.index);
        }
        write!(f, "`{}`", self.label.escape_debug())
    }
}

/// The reason a frame cannot be planned.
///
/// Nothing has changed when it is returned.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A pass does, in a stage, what that stage cannot do.
    #[error("pass {pass} accesses resource {resource} by {access:?}, which {stages:?} cannot do")]
    AccessBeyondStages {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
        /// What the stages cannot do.
        access: vk::AccessFlags2,
        /// The stages.
        stages: vk::PipelineStageFlags2,
    },
    /// A pass does what the usage of the resource does not allow.
    #[error(
        "pass {pass} accesses resource {resource} by {access:?}, for which its usage does not provide"
    )]
    AccessBeyondUsage {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
        /// What the usage does not allow.
        access: vk::AccessFlags2,
    },
    /// Passes wait for each other, directly or by the order of their queue.
    #[error("pass {pass} waits for pass {earlier}, which comes after it: a cycle")]
    Cycle {
        /// A pass of the cycle.
        pass: Name,
        /// What it waits for.
        earlier: Name,
    },
    /// An image is described by a create info with pointers of its own, which cannot be kept or compared.
    #[error(
        "resource {resource} has a create info of its own: make it yourself, and add it as an external image"
    )]
    CreateInfo {
        /// The image.
        resource: Name,
    },
    /// One pass has an image in two layouts.
    #[error("pass {pass} has resource {resource} in {first:?} and in {second:?}")]
    Layouts {
        /// The pass.
        pass: Name,
        /// The image.
        resource: Name,
        /// One layout.
        first: vk::ImageLayout,
        /// The other one.
        second: vk::ImageLayout,
    },
    /// An access names no stage, or does nothing.
    #[error("pass {pass} accesses resource {resource} without a stage or without an access")]
    NoAccess {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
    },
    /// An image is accessed without a layout, or a buffer with one.
    #[error("pass {pass} accesses resource {resource} in {layout:?}, which {}", if *.is_image { "no image is used in" } else { "no buffer has" })]
    NoSuchLayout {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
        /// What was said.
        layout: vk::ImageLayout,
        /// Whether the resource is an image.
        is_image: bool,
    },
    /// The planner refused; `resource` is what it named, if any.
    #[error("resource {resource}: {error}")]
    Plan {
        /// The resource.
        resource: Name,
        /// What was said of it; items are planned resources, in the order they were added.
        error: PlanError,
    },
    /// A pass is on a queue that cannot do what it does.
    #[error(
        "pass {pass} accesses resource {resource} in {stages:?}, which queue {queue} does not have"
    )]
    QueueCannot {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
        /// Its queue.
        queue: Name,
        /// What the queue does not have.
        stages: vk::PipelineStageFlags2,
    },
    /// Two passes touch a resource, one of them writes, and nothing orders them.
    #[error(
        "passes {first} and {second} touch resource {resource}, one of them writes, and neither waits for the other"
    )]
    Race {
        /// One pass.
        first: Name,
        /// The other one.
        second: Name,
        /// The resource.
        resource: Name,
    },
    /// The first pass to touch a resource only reads it.
    #[error(
        "pass {pass} reads resource {resource}, which no pass has written before: say that it is persistent, or external"
    )]
    ReadBeforeWrite {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
    },
    /// A resource is larger than any memory of the device.
    #[error("resource {resource} needs {size} bytes, one piece of memory has at most {limit}")]
    TooLarge {
        /// The resource.
        resource: Name,
        /// Bytes it needs.
        size: u64,
        /// Most bytes of a piece.
        limit: u64,
    },
    /// A pass that is not of this description.
    #[error("pass {pass} is not of this graph")]
    UnknownPass {
        /// The pass.
        pass: Name,
    },
    /// A pass on a queue that is not of this description.
    #[error("pass {pass} runs on queue {queue}, which is not of this graph")]
    UnknownQueue {
        /// The pass.
        pass: Name,
        /// The queue.
        queue: Name,
    },
    /// A resource that is not of this description.
    #[error("pass {pass} accesses resource {resource}, which is not of this graph")]
    UnknownResource {
        /// The pass.
        pass: Name,
        /// The resource.
        resource: Name,
    },
}

/// The reason the memory of a frame is not there.
///
/// What was there before still is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphMemoryError {
    /// Memory or an object was refused; the error names its label.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// The description is wrong.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl GraphDescription {
    pub(crate) fn name_pass(&self, pass: PassId) -> Name {
        Name { index: pass.index(), label: self.pass_label(pass).into() }
    }

    pub(crate) fn name_resource(&self, resource: ResourceId) -> Name {
        Name { index: resource.index(), label: self.resource_label(resource).into() }
    }

    pub(crate) fn name_queue(&self, queue: QueueId) -> Name {
        Name { index: queue.index(), label: self.queue_label(queue).into() }
    }
}
