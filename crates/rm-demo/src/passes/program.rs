//! Programs: something to run, and bytes that stand for its code.

use std::slice;

use ash::vk;
use resource_management::{
    alloc::{BufferRequest, DeviceContext},
    lifetime::{LifetimeScope, SharedBuffer, SharedObject, SharedResourceFactory},
};

use super::{FIRST_CODE, shader};
use crate::{
    budget::PASSES, content::Content, error::DemoError, executor::Subject, supply::Supply,
};

/// What programs of a device are run by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Machinery {
    /// Compute pipelines.
    Compute,
    /// Nothing, because its queue does not compute.
    Nothing,
    /// Objects without memory that take the place of pipelines, because a simulated device has none of these.
    StandIns,
}

/// What one program is run by.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    Compute { pipeline: SharedObject<vk::Pipeline>, layout: SharedObject<vk::PipelineLayout> },
    Nothing,
    StandIn(SharedObject<vk::Buffer>),
}

/// A program that can be replaced while frames that use it are in flight.
///
/// A handle itself: what it consists of retires when the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Program {
    // From 0 on.
    generation: u64,
    code: SharedBuffer,
    machine: Machine,
}

impl Program {
    /// Bytes of its code.
    pub(super) const BYTES: u64 = 8 << 10;

    /// The program of `generation`, whose code is still to be filled with its [content](Self::content).
    pub(super) fn new(
        supply: &Supply,
        machinery: Machinery,
        generation: u64,
    ) -> Result<Self, DemoError> {
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER
            | vk::BufferUsageFlags::TRANSFER_SRC
            | vk::BufferUsageFlags::TRANSFER_DST;
        let name = format!("code of program {generation}");
        let request = BufferRequest::new(Self::BYTES, usage).tag(PASSES).label(&name);
        let made = supply.factory().create_buffer(&request);
        let code = made.map_err(|error| supply.explain(error))?;
        Ok(Self { generation, code, machine: Machine::new(supply.factory(), machinery)? })
    }

    /// Which one it is.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// What its code has to be.
    pub(super) fn content(&self) -> Content {
        Content::new(FIRST_CODE + self.generation, Self::BYTES)
    }

    /// Its code, to be copied.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject::Buffer(&self.code)
    }

    /// What runs it.
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Lets `scope` hold all that it consists of.
    pub(super) fn keep_in(&self, scope: &mut LifetimeScope) {
        scope.keep(self.code.clone());
        match &self.machine {
            Machine::Compute { pipeline, layout } => {
                scope.keep(layout.clone());
                scope.keep(pipeline.clone());
            }
            Machine::Nothing => {}
            Machine::StandIn(object) => scope.keep(object.clone()),
        }
    }
}

impl Machine {
    fn new(factory: &SharedResourceFactory, machinery: Machinery) -> Result<Self, vk::Result> {
        let context = factory.manager().context();
        match machinery {
            Machinery::Compute => Self::compute(factory, context),
            Machinery::Nothing => Ok(Self::Nothing),
            Machinery::StandIns => {
                let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
                let info = vk::BufferCreateInfo::default().size(Program::BYTES).usage(usage);
                let device = context.device();
                // SAFETY: the device is live (its context), and the info valid.
                let raw = unsafe { device.create_buffer(&info, None) }?;
                let destroy = device.fp_v1_0().destroy_buffer;
                // SAFETY: just made by this device, and nobody else knows it.
                Ok(Self::StandIn(unsafe { factory.adopt_object(raw, destroy) }))
            }
        }
    }

    fn compute(
        factory: &SharedResourceFactory,
        context: &DeviceContext,
    ) -> Result<Self, vk::Result> {
        let device = context.device();
        let info = vk::PipelineLayoutCreateInfo::default();
        // SAFETY: the device is live (its context), and the info valid.
        let layout = unsafe { device.create_pipeline_layout(&info, None) }?;
        // SAFETY: just made by this device, and nobody else knows it.
        let layout =
            unsafe { factory.adopt_object(layout, device.fp_v1_0().destroy_pipeline_layout) };
        let info = vk::ShaderModuleCreateInfo::default().code(&shader::EMPTY);
        // SAFETY: the device is live (its context), and the code valid.
        let module = unsafe { device.create_shader_module(&info, None) }?;
        let stage = vk::PipelineShaderStageCreateInfo::default()
            .stage(vk::ShaderStageFlags::COMPUTE)
            .module(module)
            .name(c"main");
        let info = vk::ComputePipelineCreateInfo::default().stage(stage).layout(layout.raw());
        let cache = vk::PipelineCache::null();
        // SAFETY: the device and its objects are live, and `main` computes without any resource.
        let made = unsafe { device.create_compute_pipelines(cache, slice::from_ref(&info), None) };
        // SAFETY: just made, and no pipeline needs it any more.
        unsafe { device.destroy_shader_module(module, None) };
        // Those that failed are null.
        let pipelines = made.map_err(|(_, code)| code)?;
        let pipeline = pipelines.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
        // SAFETY: just made by this device, and nobody else knows it.
        let pipeline = unsafe { factory.adopt_object(pipeline, device.fp_v1_0().destroy_pipeline) };
        Ok(Self::Compute { pipeline, layout })
    }
}

#[cfg(test)]
impl Program {
    /// The handles.
    pub(super) fn into_parts(self) -> (SharedBuffer, Machine) {
        (self.code, self.machine)
    }
}
