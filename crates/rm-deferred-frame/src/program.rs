//! What a pass is run by: a pipeline, and the layout of what its shaders see.

use std::slice;

use ash::vk;
use resource_management::lifetime::SharedObject;

use crate::{
    device::Device,
    scene::Vertex,
    shader::Program,
    table::{Kind, Pass, Table, Use, Work},
};

/// The binding of the first resource of a pass; the ones before it are the same for all.
pub(crate) const FIRST_BINDING: u32 = 8;

/// Samplers that every pass may use.
#[derive(Clone, Debug)]
pub(crate) struct Samplers {
    pub(crate) bilinear: SharedObject<vk::Sampler>,
    pub(crate) comparing: SharedObject<vk::Sampler>,
}

/// One pass, ready to be bound.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) point: vk::PipelineBindPoint,
    pub(crate) pipeline: SharedObject<vk::Pipeline>,
    pub(crate) layout: SharedObject<vk::PipelineLayout>,
    pub(crate) set_layout: SharedObject<vk::DescriptorSetLayout>,
}

impl Samplers {
    pub(crate) fn new(device: &Device) -> Result<Self, vk::Result> {
        let info = vk::SamplerCreateInfo::default()
            .mag_filter(vk::Filter::LINEAR)
            .min_filter(vk::Filter::LINEAR)
            .address_mode_u(vk::SamplerAddressMode::CLAMP_TO_EDGE)
            .address_mode_v(vk::SamplerAddressMode::CLAMP_TO_EDGE)
            .address_mode_w(vk::SamplerAddressMode::CLAMP_TO_EDGE);
        // Depth need not be filtered on every device, and the shaders take several samples anyway.
        let comparing = info
            .mag_filter(vk::Filter::NEAREST)
            .min_filter(vk::Filter::NEAREST)
            .compare_enable(true)
            .compare_op(vk::CompareOp::LESS_OR_EQUAL);
        Ok(Self { bilinear: sampler(device, &info)?, comparing: sampler(device, &comparing)? })
    }
}

impl Pipeline {
    /// The pipeline of `pass`, if that runs a program.
    pub(crate) fn new(
        device: &Device,
        table: &Table,
        pass: &Pass,
    ) -> Result<Option<Self>, vk::Result> {
        let Some(program) = pass.work.program() else { return Ok(None) };
        let set_layout = set_layout(device, pass)?;
        let layout = pipeline_layout(device, &set_layout)?;
        let module = module(device, &program)?;
        let (point, pipeline) = match pass.work {
            Work::Compute(..) => {
                (vk::PipelineBindPoint::COMPUTE, compute(device, program, &module, &layout)?)
            }
            _ => {
                let made = graphics(device, (table, pass), program, &module, &layout)?;
                (vk::PipelineBindPoint::GRAPHICS, made)
            }
        };
        Ok(Some(Self { point, pipeline, layout, set_layout }))
    }
}

fn sampler(
    device: &Device,
    info: &vk::SamplerCreateInfo<'_>,
) -> Result<SharedObject<vk::Sampler>, vk::Result> {
    // SAFETY: the device is live, and the info valid.
    let raw = unsafe { device.raw().create_sampler(info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_sampler;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}

fn set_layout(
    device: &Device,
    pass: &Pass,
) -> Result<SharedObject<vk::DescriptorSetLayout>, vk::Result> {
    let stages = vk::ShaderStageFlags::VERTEX
        | vk::ShaderStageFlags::FRAGMENT
        | vk::ShaderStageFlags::COMPUTE;
    let common = [
        vk::DescriptorType::UNIFORM_BUFFER,
        vk::DescriptorType::SAMPLER,
        vk::DescriptorType::SAMPLER,
    ];
    let own = pass.bindings().filter_map(|(_, how)| how.descriptor());
    let numbered = (0..).zip(common).chain((FIRST_BINDING..).zip(own));
    let bindings: Vec<_> = numbered
        .map(|(number, kind)| {
            vk::DescriptorSetLayoutBinding::default()
                .binding(number)
                .descriptor_type(kind)
                .descriptor_count(1)
                .stage_flags(stages)
        })
        .collect();
    let info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
    // SAFETY: the device is live, and the info valid.
    let raw = unsafe { device.raw().create_descriptor_set_layout(&info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_descriptor_set_layout;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}

fn pipeline_layout(
    device: &Device,
    set_layout: &SharedObject<vk::DescriptorSetLayout>,
) -> Result<SharedObject<vk::PipelineLayout>, vk::Result> {
    let sets = [set_layout.raw()];
    let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
    // SAFETY: the device and the layout are live, and the info valid.
    let raw = unsafe { device.raw().create_pipeline_layout(&info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_pipeline_layout;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}

fn module(
    device: &Device,
    program: &Program,
) -> Result<SharedObject<vk::ShaderModule>, vk::Result> {
    let words = program.words();
    let info = vk::ShaderModuleCreateInfo::default().code(&words);
    // SAFETY: the device is live, and the code was validated when it was compiled.
    let raw = unsafe { device.raw().create_shader_module(&info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_shader_module;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}

fn compute(
    device: &Device,
    program: Program,
    module: &SharedObject<vk::ShaderModule>,
    layout: &SharedObject<vk::PipelineLayout>,
) -> Result<SharedObject<vk::Pipeline>, vk::Result> {
    let stage = vk::PipelineShaderStageCreateInfo::default()
        .stage(vk::ShaderStageFlags::COMPUTE)
        .module(module.raw())
        .name(program.main.unwrap_or_default());
    let info = vk::ComputePipelineCreateInfo::default().stage(stage).layout(layout.raw());
    let (infos, cache) = (slice::from_ref(&info), vk::PipelineCache::null());
    // SAFETY: the device and its objects are live, and the layout has what the shader sees (the table of passes).
    let made = unsafe { device.raw().create_compute_pipelines(cache, infos, None) };
    adopt(device, made)
}

/// A pipeline that draws into the attachments of the pass.
fn graphics(
    device: &Device,
    (table, pass): (&Table, &Pass),
    program: Program,
    module: &SharedObject<vk::ShaderModule>,
    layout: &SharedObject<vk::PipelineLayout>,
) -> Result<SharedObject<vk::Pipeline>, vk::Result> {
    let stage = |stage, name| {
        let info = vk::PipelineShaderStageCreateInfo::default();
        info.stage(stage).module(module.raw()).name(name)
    };
    let vertex = program.vertex.map(|name| stage(vk::ShaderStageFlags::VERTEX, name));
    let fragment = program.main.map(|name| stage(vk::ShaderStageFlags::FRAGMENT, name));
    let stages: Vec<_> = vertex.into_iter().chain(fragment).collect();

    let is_scene = matches!(pass.work, Work::Scene(_));
    let binding = Vertex::binding();
    let attributes = Vertex::attributes();
    let mut input = vk::PipelineVertexInputStateCreateInfo::default();
    if is_scene {
        input = input
            .vertex_binding_descriptions(slice::from_ref(&binding))
            .vertex_attribute_descriptions(&attributes);
    }
    let assembly = vk::PipelineInputAssemblyStateCreateInfo::default()
        .topology(vk::PrimitiveTopology::TRIANGLE_LIST);
    let viewport =
        vk::PipelineViewportStateCreateInfo::default().viewport_count(1).scissor_count(1);
    // The shadow map alone has no colours, and is pushed away from what it is compared with.
    let is_shadow = program.main.is_none();
    let rasterization = vk::PipelineRasterizationStateCreateInfo::default()
        .polygon_mode(vk::PolygonMode::FILL)
        .cull_mode(vk::CullModeFlags::NONE)
        .depth_bias_enable(is_shadow)
        .depth_bias_constant_factor(2.0)
        .depth_bias_slope_factor(2.5)
        .line_width(1.0);
    let samples = vk::PipelineMultisampleStateCreateInfo::default()
        .rasterization_samples(vk::SampleCountFlags::TYPE_1);
    // The camera's depth is reversed, the sun's is not.
    let compare = if is_shadow { vk::CompareOp::LESS } else { vk::CompareOp::GREATER };
    let depth = vk::PipelineDepthStencilStateCreateInfo::default()
        .depth_test_enable(is_scene)
        .depth_write_enable(is_scene)
        .depth_compare_op(compare);

    let formats = |wanted: Use| {
        let of_kind = pass.attachments().filter(move |(_, how)| *how == wanted);
        of_kind.filter_map(|(resource, _)| match table.resources[resource].kind {
            Kind::Image { format, .. } => Some(format),
            Kind::Buffer { .. } => None,
        })
    };
    let colors: Vec<_> = formats(Use::Color).collect();
    let all = vk::ColorComponentFlags::RGBA;
    let opaque = vk::PipelineColorBlendAttachmentState::default().color_write_mask(all);
    let opaque = vec![opaque; colors.len()];
    let blend = vk::PipelineColorBlendStateCreateInfo::default().attachments(&opaque);
    let dynamic = [vk::DynamicState::VIEWPORT, vk::DynamicState::SCISSOR];
    let dynamic = vk::PipelineDynamicStateCreateInfo::default().dynamic_states(&dynamic);
    let mut rendering = vk::PipelineRenderingCreateInfo::default()
        .color_attachment_formats(&colors)
        .depth_attachment_format(formats(Use::Depth).next().unwrap_or_default());
    let info = vk::GraphicsPipelineCreateInfo::default()
        .stages(&stages)
        .vertex_input_state(&input)
        .input_assembly_state(&assembly)
        .viewport_state(&viewport)
        .rasterization_state(&rasterization)
        .multisample_state(&samples)
        .depth_stencil_state(&depth)
        .color_blend_state(&blend)
        .dynamic_state(&dynamic)
        .layout(layout.raw())
        .push_next(&mut rendering);
    let (infos, cache) = (slice::from_ref(&info), vk::PipelineCache::null());
    // SAFETY: the device and its objects are live, and the layout has what the shaders see (the table of passes).
    let made = unsafe { device.raw().create_graphics_pipelines(cache, infos, None) };
    adopt(device, made)
}

type Made = Result<Vec<vk::Pipeline>, (Vec<vk::Pipeline>, vk::Result)>;

/// The one pipeline that was asked for; those that failed are null.
fn adopt(device: &Device, made: Made) -> Result<SharedObject<vk::Pipeline>, vk::Result> {
    let made = made.map_err(|(_, code)| code)?;
    let raw = made.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
    let destroy = device.raw().fp_v1_0().destroy_pipeline;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}
