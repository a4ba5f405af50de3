//! How a description keeps what it was told: as numbers, so that two frames are compared as fast as memory is read.

use ash::vk;
use rm_alloc_core::{BufferRequest, Category, ImageRequest, MemoryLocation, Priority, Tag};

use super::{Access, PassId, ResourceId};

/// A pass touches a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Use {
    pub(crate) pass: PassId,
    pub(crate) resource: ResourceId,
    pub(crate) access: Access,
}

/// What a resource is, without what its request borrows: those are in the arenas of the description.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Buffer(BufferRequest<'static>),
    /// An image whose request has pointers of its own, which nobody could compare or keep.
    CreateInfo,
    ExternalBuffer,
    ExternalImage,
    Image(ImageRequest<'static>),
}

/// The numbers of a resource; which of them mean what is up to the first.
pub(super) type Numbers = [u32; 13];
/// The numbers of a use.
pub(super) type UseNumbers = [u32; 7];

/// What of a request is no number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Traits {
    location: MemoryLocation,
    dedicated: bool,
    aliasable: bool,
    priority: Priority,
    category: Category,
    tag: Tag,
    pub(super) persistent: bool,
    pub(super) has_label: bool,
}

const CREATE_INFO: u32 = 0;
const EXTERNAL_BUFFER: u32 = 1;
const EXTERNAL_IMAGE: u32 = 2;
const BUFFER: u32 = 3;
const IMAGE: u32 = 4;

pub(super) const NO_TRAITS: Traits = Traits {
    location: MemoryLocation::DeviceLocal,
    dedicated: false,
    aliasable: false,
    priority: Priority::Normal,
    category: Category::Other,
    tag: Tag(0),
    persistent: false,
    has_label: true,
};

/// What of a request for a buffer or an image is no number; the two have fields of the same names.
macro_rules! traits {
    ($request:expr) => {
        Traits {
            location: $request.location,
            dedicated: $request.dedicated,
            aliasable: $request.aliasable,
            priority: $request.priority,
            category: $request.category,
            tag: $request.tag,
            persistent: false,
            has_label: $request.label.is_some(),
        }
    };
}

/// Something of the engine's own.
pub(super) const fn external(is_image: bool) -> Numbers {
    let mut numbers = [0; 13];
    numbers[0] = if is_image { EXTERNAL_IMAGE } else { EXTERNAL_BUFFER };
    numbers
}

pub(super) fn buffer(request: &BufferRequest<'_>) -> (Numbers, Traits) {
    let [size_low, size_high] = halves(request.size);
    let [align_low, align_high] = halves(request.min_alignment);
    let usage = request.usage.as_raw();
    let numbers = [BUFFER, usage, size_low, size_high, align_low, align_high, 0, 0, 0, 0, 0, 0, 0];
    (numbers, traits!(request))
}

pub(super) fn image(request: &ImageRequest<'_>) -> (Numbers, Traits) {
    let kind = if request.raw().is_some() { CREATE_INFO } else { IMAGE };
    let numbers = [
        kind,
        request.flags.as_raw(),
        request.image_type.as_raw().cast_unsigned(),
        request.format.as_raw().cast_unsigned(),
        request.extent.width,
        request.extent.height,
        request.extent.depth,
        request.mip_levels,
        request.array_layers,
        request.samples.as_raw(),
        request.tiling.as_raw().cast_unsigned(),
        request.usage.as_raw(),
        request.initial_layout.as_raw().cast_unsigned(),
    ];
    (numbers, traits!(request))
}

/// The request that the numbers were made of.
pub(super) fn kind(numbers: &Numbers, traits: &Traits) -> Kind {
    match numbers[0] {
        CREATE_INFO => Kind::CreateInfo,
        EXTERNAL_BUFFER => Kind::ExternalBuffer,
        EXTERNAL_IMAGE => Kind::ExternalImage,
        BUFFER => Kind::Buffer(read_buffer(numbers, traits)),
        _ => Kind::Image(read_image(numbers, traits)),
    }
}

fn read_buffer(numbers: &Numbers, traits: &Traits) -> BufferRequest<'static> {
    let [_, usage, size_low, size_high, align_low, align_high, ..] = *numbers;
    BufferRequest {
        size: whole([size_low, size_high]),
        usage: vk::BufferUsageFlags::from_raw(usage),
        location: traits.location,
        dedicated: traits.dedicated,
        aliasable: traits.aliasable,
        min_alignment: whole([align_low, align_high]),
        priority: traits.priority,
        queue_families: &[],
        category: traits.category,
        tag: traits.tag,
        label: None,
    }
}

fn read_image(numbers: &Numbers, traits: &Traits) -> ImageRequest<'static> {
    let [_, flags, image_type, format, width, height, depth, mips, layers, samples, rest @ ..] =
        *numbers;
    let [tiling, usage, initial_layout] = rest;
    let mut image = ImageRequest::new(
        vk::ImageType::from_raw(image_type.cast_signed()),
        vk::Format::from_raw(format.cast_signed()),
        vk::Extent3D { width, height, depth },
        vk::ImageUsageFlags::from_raw(usage),
    );
    image.flags = vk::ImageCreateFlags::from_raw(flags);
    image.mip_levels = mips;
    image.array_layers = layers;
    image.samples = vk::SampleCountFlags::from_raw(samples);
    image.tiling = vk::ImageTiling::from_raw(tiling.cast_signed());
    image.initial_layout = vk::ImageLayout::from_raw(initial_layout.cast_signed());
    image.location = traits.location;
    image.dedicated = traits.dedicated;
    image.aliasable = traits.aliasable;
    image.priority = traits.priority;
    image.category = traits.category;
    image.tag = traits.tag;
    image
}

impl Use {
    pub(super) fn numbers(self) -> UseNumbers {
        let Access { stages, access, layout } = self.access;
        let [stages_low, stages_high] = halves(stages.as_raw());
        let [access_low, access_high] = halves(access.as_raw());
        let layout = layout.as_raw().cast_unsigned();
        [self.pass.0, self.resource.0, stages_low, stages_high, access_low, access_high, layout]
    }

    pub(super) fn read(numbers: &UseNumbers) -> Self {
        let [pass, resource, stages_low, stages_high, access_low, access_high, layout] = *numbers;
        let access = Access {
            stages: vk::PipelineStageFlags2::from_raw(whole([stages_low, stages_high])),
            access: vk::AccessFlags2::from_raw(whole([access_low, access_high])),
            layout: vk::ImageLayout::from_raw(layout.cast_signed()),
        };
        Self { pass: PassId(pass), resource: ResourceId(resource), access }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the other half is kept, too")]
const fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

const fn whole([low, high]: [u32; 2]) -> u64 {
    (high as u64) << 32 | low as u64
}
