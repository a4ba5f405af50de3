//! Views of a frame's images, and the descriptor sets by which passes see what they use.

use std::slice;

use ash::vk;
use resource_management::lifetime::{OwnedBuffer, SharedImageView, SharedObject};

use crate::{
    device::Device,
    error::FrameError,
    memory::Transients,
    program::{FIRST_BINDING, Pipeline, Samplers},
    table::{Kind, Table},
};

/// Views of all images of a table, by the number of their resource.
#[derive(Debug)]
pub(crate) struct Views(Vec<Option<SharedImageView>>);

/// A descriptor set a pass, for one frame in flight.
#[derive(Debug)]
pub(crate) struct Bindings {
    // Invariant: the sets are of the pool, which goes with them.
    sets: Vec<Option<vk::DescriptorSet>>,
    _pool: SharedObject<vk::DescriptorPool>,
}

/// What the sets of a frame in flight are filled from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) table: &'a Table,
    pub(crate) pipelines: &'a [Option<Pipeline>],
    pub(crate) samplers: &'a Samplers,
    pub(crate) transients: &'a Transients,
    pub(crate) views: &'a Views,
}

impl Views {
    /// Views of what `transients` made of `table`.
    pub(crate) fn new(
        device: &Device,
        table: &Table,
        transients: &Transients,
    ) -> Result<Self, FrameError> {
        let view = |resource: usize| {
            let Kind::Image { format, .. } = table.resources[resource].kind else {
                return Ok(None);
            };
            let Some(image) = transients.image(resource) else { return Ok(None) };
            let info = vk::ImageViewCreateInfo::default()
                .view_type(vk::ImageViewType::TYPE_2D)
                .format(format)
                .subresource_range(whole(format));
            // SAFETY: the info is valid for an image of that format, which is of this device.
            Ok(Some(unsafe { device.factory().create_image_view(image, &info) }?))
        };
        (0..table.resources.len()).map(view).collect::<Result<_, _>>().map(Self)
    }

    /// The view of an image; null if `resource` is none.
    pub(crate) fn raw(&self, resource: usize) -> vk::ImageView {
        let view = self.0.get(resource).and_then(Option::as_ref);
        view.map_or(vk::ImageView::null(), SharedImageView::raw)
    }
}

impl Bindings {
    /// Sets for all passes that run a program, which see `uniforms` as well.
    pub(crate) fn new(
        device: &Device,
        sources: &Sources<'_>,
        uniforms: &OwnedBuffer,
    ) -> Result<Self, FrameError> {
        let pool = pool(device, sources.pipelines.len())?;
        let set = |pipeline: &Option<Pipeline>| {
            let Some(pipeline) = pipeline else { return Ok(None) };
            let layout = pipeline.set_layout.raw();
            let info = vk::DescriptorSetAllocateInfo::default()
                .descriptor_pool(pool.raw())
                .set_layouts(slice::from_ref(&layout));
            // SAFETY: pool and layout are live, and nobody else uses the pool.
            let sets = unsafe { device.raw().allocate_descriptor_sets(&info) }?;
            Ok(sets.first().copied())
        };
        let sets = sources.pipelines.iter().map(set).collect::<Result<Vec<_>, vk::Result>>()?;
        for (pass, set) in sets.iter().enumerate() {
            if let Some(set) = set {
                fill(device, sources, uniforms, (pass, *set));
            }
        }
        Ok(Self { sets, _pool: pool })
    }

    /// The set of the pass of that number.
    pub(crate) fn set(&self, pass: usize) -> Option<vk::DescriptorSet> {
        self.sets.get(pass).copied().flatten()
    }
}

/// All of an image of that format.
pub(crate) fn whole(format: vk::Format) -> vk::ImageSubresourceRange {
    let is_depth = format == vk::Format::D32_SFLOAT;
    let aspect = if is_depth { vk::ImageAspectFlags::DEPTH } else { vk::ImageAspectFlags::COLOR };
    vk::ImageSubresourceRange::default().aspect_mask(aspect).level_count(1).layer_count(1)
}

fn pool(device: &Device, passes: usize) -> Result<SharedObject<vk::DescriptorPool>, vk::Result> {
    let sets = u32::try_from(passes).unwrap_or(u32::MAX);
    let size = |kind, each: u32| {
        let size = vk::DescriptorPoolSize::default().ty(kind);
        size.descriptor_count(sets.saturating_mul(each))
    };
    let sizes = [
        size(vk::DescriptorType::UNIFORM_BUFFER, 1),
        size(vk::DescriptorType::SAMPLER, 2),
        size(vk::DescriptorType::SAMPLED_IMAGE, 8),
        size(vk::DescriptorType::STORAGE_BUFFER, 2),
    ];
    let info = vk::DescriptorPoolCreateInfo::default().max_sets(sets).pool_sizes(&sizes);
    // SAFETY: the device is live, and the info valid.
    let raw = unsafe { device.raw().create_descriptor_pool(&info, None) }?;
    let destroy = device.raw().fp_v1_0().destroy_descriptor_pool;
    // SAFETY: just made by this device, and nobody else knows it.
    Ok(unsafe { device.factory().adopt_object(raw, destroy) })
}

/// Writes all descriptors of a set that no command uses yet.
fn fill(
    device: &Device,
    sources: &Sources<'_>,
    uniforms: &OwnedBuffer,
    (pass, set): (usize, vk::DescriptorSet),
) {
    let write = |binding: u32, kind| {
        let write = vk::WriteDescriptorSet::default().dst_set(set).dst_binding(binding);
        write.descriptor_count(1).descriptor_type(kind)
    };
    let whole_buffer = |raw| vk::DescriptorBufferInfo::default().buffer(raw).range(vk::WHOLE_SIZE);
    let sampler = |sampler: &SharedObject<vk::Sampler>| {
        vk::DescriptorImageInfo::default().sampler(sampler.raw())
    };
    let uniforms = whole_buffer(uniforms.raw());
    let samplers = [sampler(&sources.samplers.bilinear), sampler(&sources.samplers.comparing)];
    let own: Vec<_> = sources.table.passes[pass].bindings().collect();
    let images: Vec<_> = own
        .iter()
        .map(|(resource, how)| {
            let info = vk::DescriptorImageInfo::default().image_view(sources.views.raw(*resource));
            info.image_layout(how.access(vk::PipelineStageFlags2::NONE).layout)
        })
        .collect();
    let buffers: Vec<_> = own
        .iter()
        .map(|(resource, _)| {
            let buffer = sources.transients.buffer(*resource);
            whole_buffer(buffer.map_or(vk::Buffer::null(), |buffer| buffer.raw()))
        })
        .collect();
    let mut writes = vec![
        write(0, vk::DescriptorType::UNIFORM_BUFFER).buffer_info(slice::from_ref(&uniforms)),
        write(1, vk::DescriptorType::SAMPLER).image_info(&samplers[..1]),
        write(2, vk::DescriptorType::SAMPLER).image_info(&samplers[1..]),
    ];
    for (binding, (index, (_, how))) in (FIRST_BINDING..).zip(own.iter().enumerate()) {
        let Some(kind) = how.descriptor() else { continue };
        let write = write(binding, kind);
        writes.push(match kind {
            vk::DescriptorType::SAMPLED_IMAGE => write.image_info(&images[index..=index]),
            _ => write.buffer_info(&buffers[index..=index]),
        });
    }
    // SAFETY: the set is new, and everything that is written into it is live and of this device.
    unsafe { device.raw().update_descriptor_sets(&writes, &[]) };
}
