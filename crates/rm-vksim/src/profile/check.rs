//! What makes a profile a device that could exist.

use ash::vk;

use super::{Captured, Profile};

/// The reason a profile is no device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A field must be a power of two.
    #[error("`{field}` is {value}, not a power of two")]
    Alignment {
        /// The field.
        field: &'static str,
        /// Its value in bytes.
        value: u64,
    },
    /// A heap lets the process use more than it has, or nothing.
    #[error("`heaps[{heap}].budget` is zero or more than the heap's size")]
    Budget {
        /// The heap.
        heap: usize,
    },
    /// A captured answer has no size, or memory types that the device does not have.
    #[error("`captured[{entry}]` is no possible answer of this device")]
    Captured {
        /// The entry.
        entry: usize,
    },
    /// Properties of a memory type exclude each other, or one lacks what it builds on.
    #[error("`types[{memory_type}].flags` contradict each other")]
    Flags {
        /// The memory type.
        memory_type: usize,
    },
    /// A memory type names a heap that does not exist.
    #[error("`types[{memory_type}].heap` is {heap}, and there are {heaps} heaps")]
    HeapOutOfRange {
        /// The memory type.
        memory_type: usize,
        /// The heap that it names.
        heap: u32,
        /// How many there are.
        heaps: usize,
    },
    /// Not JSON, or not of a profile.
    #[error("`{field}` cannot be read: {source}")]
    Json {
        /// The field, as `types[3].heap`; empty for the whole. Boxed text, since files name it.
        field: Box<str>,
        /// What serde says.
        source: serde_json::Error,
    },
    /// No ordinary memory type is `DEVICE_LOCAL`.
    #[error("`types` has no device-local type for ordinary resources")]
    NoDeviceLocal,
    /// No ordinary memory type is `HOST_VISIBLE` and `HOST_COHERENT`.
    #[error("`types` has no host-visible coherent type for ordinary resources")]
    NoHostVisible,
    /// The device supports protected memory and has no device-local type of it.
    #[error("`features.protected` is set, and `types` has no protected device-local type")]
    NoProtected,
    /// More entries than Vulkan's tables hold.
    #[error("`{field}` has {count} entries, at most {most}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// Its entries.
        count: usize,
        /// The most there can be.
        most: usize,
    },
    /// Older than this crate simulates.
    #[error("`api_version` is below 1.1")]
    TooOld,
    /// A field must not be zero or empty.
    #[error("`{field}` is zero or empty")]
    Zero {
        /// The field.
        field: &'static str,
    },
    /// A heap has no bytes.
    #[error("`heaps[{heap}].size` is zero")]
    ZeroHeap {
        /// The heap.
        heap: usize,
    },
}

impl Profile {
    /// Whether the profile is a device that could exist.
    ///
    /// # Errors
    ///
    /// Any [`ProfileError`] but `Json`: the first thing that is wrong, in the order of the fields.
    pub fn validate(&self) -> Result<(), ProfileError> {
        if self.api_version < vk::API_VERSION_1_1 {
            return Err(ProfileError::TooOld);
        }
        not_zero(&self.counts())?;
        powers_of_two(&self.alignments())?;
        self.check_heaps()?;
        self.check_types()?;
        self.check_captured()
    }

    /// What must not be zero.
    fn counts(&self) -> [(&'static str, u64); 17] {
        let (limits, formats) = (&self.limits, &self.rules.formats);
        let queues = self.queue_families.iter().map(|family| family.count).min().unwrap_or(0);
        [
            ("name", self.name.len() as u64),
            ("limits.max_memory_allocation_count", limits.max_memory_allocation_count.into()),
            ("limits.max_memory_allocation_size", limits.max_memory_allocation_size),
            ("limits.max_buffer_size", limits.max_buffer_size),
            ("limits.max_image_dimension_1d", limits.max_image_dimension_1d.into()),
            ("limits.max_image_dimension_2d", limits.max_image_dimension_2d.into()),
            ("limits.max_image_dimension_3d", limits.max_image_dimension_3d.into()),
            ("limits.max_image_dimension_cube", limits.max_image_dimension_cube.into()),
            ("limits.max_image_array_layers", limits.max_image_array_layers.into()),
            ("limits.max_framebuffer_width", limits.max_framebuffer_width.into()),
            ("limits.max_framebuffer_height", limits.max_framebuffer_height.into()),
            ("rules.formats.max_resource_size", formats.max_resource_size),
            // One sample must be among them.
            ("rules.formats.samples", (formats.samples & 1).into()),
            ("rules.images.tile_rows", self.rules.images.tile_rows.into()),
            ("heaps", self.heaps.len() as u64),
            ("types", self.types.len() as u64),
            ("queue_families", queues.into()),
        ]
    }

    /// What must be a power of two.
    fn alignments(&self) -> [(&'static str, u64); 14] {
        let (limits, buffers, images) = (&self.limits, &self.rules.buffers, &self.rules.images);
        [
            ("limits.buffer_image_granularity", limits.buffer_image_granularity),
            ("limits.non_coherent_atom_size", limits.non_coherent_atom_size),
            ("limits.min_memory_map_alignment", limits.min_memory_map_alignment),
            ("rules.buffers.alignment", buffers.alignment),
            ("rules.buffers.uniform", buffers.uniform),
            ("rules.buffers.texel", buffers.texel),
            ("rules.buffers.storage", buffers.storage),
            ("rules.buffers.address", buffers.address),
            ("rules.images.alignment", images.alignment),
            ("rules.images.large_alignment", images.large_alignment),
            ("rules.images.multisampled_alignment", images.multisampled_alignment),
            ("rules.images.tile_width", images.tile_width),
            ("rules.images.linear_alignment", images.linear_alignment),
            ("rules.images.row_pitch", images.row_pitch),
        ]
    }

    fn check_heaps(&self) -> Result<(), ProfileError> {
        let (count, most) = (self.heaps.len(), vk::MAX_MEMORY_HEAPS);
        if count > most {
            return Err(ProfileError::TooMany { field: "heaps", count, most });
        }
        for (index, heap) in self.heaps.iter().enumerate() {
            if heap.size == 0 {
                return Err(ProfileError::ZeroHeap { heap: index });
            }
            if heap.budget.is_some_and(|budget| budget == 0 || budget > heap.size) {
                return Err(ProfileError::Budget { heap: index });
            }
        }
        Ok(())
    }

    fn check_types(&self) -> Result<(), ProfileError> {
        use vk::MemoryPropertyFlags as Flags;
        let (count, most) = (self.types.len(), vk::MAX_MEMORY_TYPES);
        if count > most {
            return Err(ProfileError::TooMany { field: "types", count, most });
        }
        for (index, memory_type) in self.types.iter().enumerate() {
            if memory_type.heap as usize >= self.heaps.len() {
                let (heap, heaps) = (memory_type.heap, self.heaps.len());
                return Err(ProfileError::HeapOutOfRange { memory_type: index, heap, heaps });
            }
            if !possible(memory_type.properties()) {
                return Err(ProfileError::Flags { memory_type: index });
            }
        }
        // Vulkan promises one type of each kind that every ordinary resource can live in.
        let ordinary = self.types.iter().map(|it| it.properties()).filter(|flags| {
            !flags
                .intersects(Flags::PROTECTED | Flags::LAZILY_ALLOCATED | Flags::DEVICE_COHERENT_AMD)
        });
        if !ordinary.clone().any(|flags| flags.contains(Flags::DEVICE_LOCAL)) {
            return Err(ProfileError::NoDeviceLocal);
        }
        let coherent = Flags::HOST_VISIBLE | Flags::HOST_COHERENT;
        if !ordinary.clone().any(|flags| flags.contains(coherent)) {
            return Err(ProfileError::NoHostVisible);
        }
        let protected = Flags::PROTECTED | Flags::DEVICE_LOCAL;
        if self.features.protected
            && !self.types.iter().any(|it| it.properties().contains(protected))
        {
            return Err(ProfileError::NoProtected);
        }
        Ok(())
    }

    fn check_captured(&self) -> Result<(), ProfileError> {
        let types = self.type_bits();
        let possible = |captured: &Captured| match captured {
            Captured::Buffer { needs, .. } | Captured::Image { needs, .. } => {
                needs.size > 0
                    && needs.alignment.is_power_of_two()
                    && needs.memory_type_bits != 0
                    && needs.memory_type_bits & !types == 0
            }
            Captured::Format { .. } | Captured::ImageFormat { .. } => true,
        };
        match self.captured.iter().position(|entry| !possible(entry)) {
            Some(entry) => Err(ProfileError::Captured { entry }),
            None => Ok(()),
        }
    }

    /// One bit for each memory type.
    pub(crate) fn type_bits(&self) -> u32 {
        u32::try_from((1u64 << self.types.len().min(vk::MAX_MEMORY_TYPES)) - 1).unwrap_or(u32::MAX)
    }
}

/// Whether Vulkan allows these properties together.
fn possible(flags: vk::MemoryPropertyFlags) -> bool {
    use vk::MemoryPropertyFlags as Flags;
    let of_the_host = Flags::HOST_COHERENT | Flags::HOST_CACHED;
    let visible = flags.contains(Flags::HOST_VISIBLE);
    let apart = Flags::LAZILY_ALLOCATED | Flags::PROTECTED;
    (visible || !flags.intersects(of_the_host))
        && !(visible && flags.intersects(apart))
        && (!flags.contains(Flags::DEVICE_UNCACHED_AMD)
            || flags.contains(Flags::DEVICE_COHERENT_AMD))
        && (!flags.contains(Flags::LAZILY_ALLOCATED) || flags.contains(Flags::DEVICE_LOCAL))
}

fn not_zero(fields: &[(&'static str, u64)]) -> Result<(), ProfileError> {
    match fields.iter().find(|(_, value)| *value == 0) {
        Some(&(field, _)) => Err(ProfileError::Zero { field }),
        None => Ok(()),
    }
}

fn powers_of_two(fields: &[(&'static str, u64)]) -> Result<(), ProfileError> {
    match fields.iter().find(|(_, value)| !value.is_power_of_two()) {
        Some(&(field, value)) => Err(ProfileError::Alignment { field, value }),
        None => Ok(()),
    }
}
