//! An image, as plain data.

use ash::vk;

use crate::{Category, MemoryLocation, MemoryUse, Priority, Tag, TilingClass};

/// A request for an image and the memory behind it.
///
/// Holds every value of `VkImageCreateInfo` as plain data.
/// What needs a pointer chain goes through [`from_create_info`](Self::from_create_info).
///
/// ```
/// use ash::vk::{Format, ImageUsageFlags};
/// use rm_alloc_core::ImageRequest;
///
/// let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
/// let request = ImageRequest::new_2d(Format::R8G8B8A8_SRGB, 1024, 512, usage)
///     .full_mip_chain()
///     .label("albedo");
/// assert_eq!(request.mip_levels, 11);
/// ```
#[doc(alias = "ImageAllocationRequest")]
#[derive(Clone, Debug)]
#[must_use]
pub struct ImageRequest<'a> {
    /// Cube, mutable format and the like; sparse and disjoint images are not for this library.
    pub flags: vk::ImageCreateFlags,
    /// One, two or three dimensions.
    pub image_type: vk::ImageType,
    /// Format of the texels.
    pub format: vk::Format,
    /// Texels of the largest mip level, none of them zero.
    pub extent: vk::Extent3D,
    /// Number of mip levels, at least one.
    pub mip_levels: u32,
    /// Number of array layers, at least one.
    pub array_layers: u32,
    /// Samples a texel, exactly one bit.
    pub samples: vk::SampleCountFlags,
    /// Optimal, or linear for images that the host addresses.
    pub tiling: vk::ImageTiling,
    /// What the image will be used for. Never empty.
    pub usage: vk::ImageUsageFlags,
    /// Queue families that use it without handing it over; fewer than two mean exclusive use.
    pub queue_families: &'a [u32],
    /// `UNDEFINED` or `PREINITIALIZED`.
    pub initial_layout: vk::ImageLayout,
    /// Formats that views will have; empty for any. Needs Vulkan 1.2.
    ///
    /// All of one compatibility class; texel views of compressed blocks go through
    /// [`from_create_info`](Self::from_create_info).
    pub view_formats: &'a [vk::Format],
    /// Where the memory should live.
    pub location: MemoryLocation,
    /// Whether the image must have a memory object of its own.
    pub dedicated: bool,
    /// Whether other resources may be placed over the same bytes.
    pub aliasable: bool,
    /// How much it suffers when the driver moves memory out.
    pub priority: Priority,
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// Shown in captures, errors and leak reports.
    pub label: Option<&'a str>,
    // Invariant: valid usage for the device, pointers live for `'a` (promised to `from_create_info`).
    // Where present it is what the driver sees, so that no later change of a plain field can break it.
    raw: Option<vk::ImageCreateInfo<'a>>,
}

impl<'a> ImageRequest<'a> {
    /// A request for an optimally tiled image with one mip level, one layer and one sample,
    /// in device-local memory.
    pub const fn new(
        image_type: vk::ImageType,
        format: vk::Format,
        extent: vk::Extent3D,
        usage: vk::ImageUsageFlags,
    ) -> Self {
        Self {
            flags: vk::ImageCreateFlags::empty(),
            image_type,
            format,
            extent,
            mip_levels: 1,
            array_layers: 1,
            samples: vk::SampleCountFlags::TYPE_1,
            tiling: vk::ImageTiling::OPTIMAL,
            usage,
            queue_families: &[],
            initial_layout: vk::ImageLayout::UNDEFINED,
            view_formats: &[],
            location: MemoryLocation::DeviceLocal,
            dedicated: false,
            aliasable: false,
            priority: Priority::Normal,
            category: Category::Image,
            tag: Tag(0),
            label: None,
            raw: None,
        }
    }

    /// A request for a two-dimensional image of `width` × `height` texels.
    pub const fn new_2d(
        format: vk::Format,
        width: u32,
        height: u32,
        usage: vk::ImageUsageFlags,
    ) -> Self {
        let extent = vk::Extent3D { width, height, depth: 1 };
        Self::new(vk::ImageType::TYPE_2D, format, extent, usage)
    }

    /// A request for exactly the image that `info` describes, pointer chain included.
    ///
    /// The plain fields mirror `info` for reading; changing those that describe the image has no
    /// effect on what is created. Location, label, priority and accounts stay free.
    ///
    /// # Safety
    ///
    /// - `info` is valid usage of `vkCreateImage` for every device the request is used with.
    /// - Every pointer in `info` and its chain stays valid for `'a`.
    /// - Memory of the device's own choosing satisfies the image: it names no external handle to import.
    pub unsafe fn from_create_info(info: vk::ImageCreateInfo<'a>) -> Self {
        let count = info.queue_family_index_count as usize;
        let concurrent = info.sharing_mode == vk::SharingMode::CONCURRENT;
        let families = if concurrent && count > 0 {
            // SAFETY: valid usage makes the pointer hold `count` indices when sharing is concurrent (caller).
            unsafe { std::slice::from_raw_parts(info.p_queue_family_indices, count) }
        } else {
            &[]
        };
        Self {
            flags: info.flags,
            mip_levels: info.mip_levels,
            array_layers: info.array_layers,
            samples: info.samples,
            tiling: info.tiling,
            initial_layout: info.initial_layout,
            queue_families: families,
            raw: Some(info),
            ..Self::new(info.image_type, info.format, info.extent, info.usage)
        }
    }

    /// Sets the create flags.
    pub fn flags(mut self, flags: vk::ImageCreateFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Sets the number of mip levels.
    pub fn mip_levels(mut self, levels: u32) -> Self {
        self.mip_levels = levels;
        self
    }

    /// Takes every mip level down to a single texel.
    pub fn full_mip_chain(mut self) -> Self {
        self.mip_levels = full_mip_chain(self.extent);
        self
    }

    /// Sets the number of array layers.
    pub fn array_layers(mut self, layers: u32) -> Self {
        self.array_layers = layers;
        self
    }

    /// Sets the samples a texel.
    pub fn samples(mut self, samples: vk::SampleCountFlags) -> Self {
        self.samples = samples;
        self
    }

    /// Sets the tiling.
    pub fn tiling(mut self, tiling: vk::ImageTiling) -> Self {
        self.tiling = tiling;
        self
    }

    /// Sets the layout the image is born in.
    pub fn initial_layout(mut self, layout: vk::ImageLayout) -> Self {
        self.initial_layout = layout;
        self
    }

    /// Promises that views have no other formats than these.
    pub fn view_formats(mut self, formats: &'a [vk::Format]) -> Self {
        self.view_formats = formats;
        self
    }

    resource_setters! {}

    /// The create info given to [`from_create_info`](Self::from_create_info), if there was one.
    pub fn raw(&self) -> Option<&vk::ImageCreateInfo<'a>> {
        self.raw.as_ref()
    }

    /// What lies in its memory; a tiling that only a create info can name may be either.
    pub(crate) fn tiling_class(&self) -> TilingClass {
        match self.raw.map_or(self.tiling, |raw| raw.tiling) {
            vk::ImageTiling::LINEAR => TilingClass::Linear,
            vk::ImageTiling::OPTIMAL => TilingClass::Optimal,
            _ => TilingClass::Mixed,
        }
    }

    /// What the request says about the memory it wants.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        let (usage, flags) =
            self.raw.map_or((self.usage, self.flags), |raw| (raw.usage, raw.flags));
        let transfer = vk::ImageUsageFlags::TRANSFER_SRC | vk::ImageUsageFlags::TRANSFER_DST;
        MemoryUse {
            location: self.location,
            transfer_only: transfer.contains(usage),
            transient_attachment: usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT),
            protected: flags.contains(vk::ImageCreateFlags::PROTECTED),
            opaque: self.tiling_class() != TilingClass::Linear,
            ..MemoryUse::default()
        }
    }

    /// The create info; valid once [`check_image`](super::check::check_image) has passed.
    ///
    /// `list` is the storage of the one structure that may be chained.
    pub(crate) fn create_info<'r>(
        &'r self,
        list: &'r mut vk::ImageFormatListCreateInfo<'r>,
    ) -> vk::ImageCreateInfo<'r> {
        if let Some(raw) = self.raw {
            return raw;
        }
        let info = vk::ImageCreateInfo::default()
            .flags(self.flags)
            .image_type(self.image_type)
            .format(self.format)
            .extent(self.extent)
            .mip_levels(self.mip_levels)
            .array_layers(self.array_layers)
            .samples(self.samples)
            .tiling(self.tiling)
            .usage(self.usage)
            .sharing_mode(super::check::sharing_mode(self.queue_families))
            .queue_family_indices(self.queue_families)
            .initial_layout(self.initial_layout);
        if self.view_formats.is_empty() {
            return info;
        }
        *list = vk::ImageFormatListCreateInfo::default().view_formats(self.view_formats);
        info.push_next(list)
    }
}

/// Mip levels from `extent` down to one texel; zero for an empty extent.
pub(crate) fn full_mip_chain(extent: vk::Extent3D) -> u32 {
    u32::BITS - extent.width.max(extent.height).max(extent.depth).leading_zeros()
}

/// Compares plain data: two requests with a create info of their own are never equal, since what it points to is not compared.
impl PartialEq for ImageRequest<'_> {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            flags,
            image_type,
            format,
            extent,
            mip_levels,
            array_layers,
            samples,
            tiling,
            usage,
            queue_families,
            initial_layout,
            view_formats,
            location,
            dedicated,
            aliasable,
            priority,
            category,
            tag,
            label,
            raw,
        } = self;
        raw.is_none()
            && other.raw.is_none()
            && *flags == other.flags
            && *image_type == other.image_type
            && *format == other.format
            && *extent == other.extent
            && *mip_levels == other.mip_levels
            && *array_layers == other.array_layers
            && *samples == other.samples
            && *tiling == other.tiling
            && *usage == other.usage
            && *queue_families == other.queue_families
            && *initial_layout == other.initial_layout
            && *view_formats == other.view_formats
            && *location == other.location
            && *dedicated == other.dedicated
            && *aliasable == other.aliasable
            && *priority == other.priority
            && *category == other.category
            && *tag == other.tag
            && *label == other.label
    }
}
