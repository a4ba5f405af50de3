//! Which memory types can serve, best first: a pure function of the device's table and a query.
//!
//! The order is the one of AMD's Vulkan Memory Allocator (`vmaFindMemoryTypeIndex`): among the types
//! with every required property, the fewest preferred properties missing plus avoided properties present win.
//! Equal types keep the device's own order, because the specification has drivers list the better one first.
//! Unlike VMA this gives the whole ranking, so that a caller can walk on when the best type is exhausted.

use ash::vk;

use crate::{MemoryLocation, Reason, TypeRefusal};

/// Properties that change what memory *is*, and that nobody gets unasked.
///
/// Protected memory cannot be read back, lazily allocated memory has no bytes, and AMD's device-coherent
/// memory bypasses the caches; a type with one of them serves only where a query names it.
const RESERVED: vk::MemoryPropertyFlags = vk::MemoryPropertyFlags::from_raw(
    vk::MemoryPropertyFlags::PROTECTED.as_raw()
        | vk::MemoryPropertyFlags::LAZILY_ALLOCATED.as_raw()
        | vk::MemoryPropertyFlags::DEVICE_COHERENT_AMD.as_raw()
        | vk::MemoryPropertyFlags::DEVICE_UNCACHED_AMD.as_raw(),
);

/// What is asked of a memory type.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct TypeQuery {
    /// Types that the resource can live in, one bit each: `VkMemoryRequirements::memoryTypeBits`.
    pub bits: u32,
    /// Properties without which a type is out.
    pub required: vk::MemoryPropertyFlags,
    /// Properties whose absence costs one point each.
    pub preferred: vk::MemoryPropertyFlags,
    /// Properties whose presence costs one point each.
    pub avoided: vk::MemoryPropertyFlags,
}

/// What a resource's use says about the memory it wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MemoryUse {
    /// Where the memory should live.
    pub location: MemoryLocation,
    /// The device only ever copies from or to it.
    pub transfer_only: bool,
    /// An attachment that never leaves the tile, so that no bytes need to exist.
    pub transient_attachment: bool,
    /// The resource lives in protected memory.
    pub protected: bool,
    /// The host could make nothing of the bytes: an optimally tiled image.
    pub opaque: bool,
    /// The heap of host-visible device-local memory is past its warning line.
    pub device_heap_pressed: bool,
}

impl TypeQuery {
    /// The query that stands for `memory_use`, among the types in `bits`.
    pub fn new(bits: u32, memory_use: MemoryUse) -> Self {
        use vk::MemoryPropertyFlags as Flags;
        let mut query = Self { bits, ..Self::default() };
        match memory_use.location {
            MemoryLocation::DeviceLocal => {
                query.required = Flags::DEVICE_LOCAL;
                // The window through which the host reaches device memory is often small.
                query.avoided = Flags::HOST_VISIBLE;
            }
            MemoryLocation::HostVisible => {
                query.required = Flags::HOST_VISIBLE;
                query.preferred = Flags::HOST_COHERENT;
                query.avoided = Flags::HOST_CACHED;
                if memory_use.transfer_only || memory_use.device_heap_pressed {
                    query.avoided |= Flags::DEVICE_LOCAL;
                } else {
                    query.preferred |= Flags::DEVICE_LOCAL;
                }
            }
            MemoryLocation::HostCached => {
                // Reading uncached memory is slower by two orders of magnitude, so caching outweighs
                // everything else; coherence only saves a call, and is not asked for.
                query.required = Flags::HOST_VISIBLE;
                query.preferred = Flags::HOST_CACHED;
            }
            MemoryLocation::Auto if memory_use.opaque => {
                query.preferred = Flags::DEVICE_LOCAL;
                query.avoided = Flags::HOST_VISIBLE;
            }
            MemoryLocation::Auto => {
                query.preferred = Flags::DEVICE_LOCAL | Flags::HOST_VISIBLE;
            }
        }
        if memory_use.transient_attachment && memory_use.location == MemoryLocation::DeviceLocal {
            query.preferred |= Flags::LAZILY_ALLOCATED;
        }
        if memory_use.protected {
            query.required |= Flags::PROTECTED;
        }
        query
    }

    /// Points against a type with `flags`, or why it is out.
    fn judge(&self, index: u32, flags: vk::MemoryPropertyFlags) -> Result<u32, Reason> {
        if self.bits & (1 << index) == 0 {
            return Err(Reason::TypeBits);
        }
        let missing = self.required & !flags;
        if !missing.is_empty() {
            return Err(Reason::Lacks(missing));
        }
        let reserved = flags & RESERVED & !(self.required | self.preferred);
        if !reserved.is_empty() {
            return Err(Reason::Reserved(reserved));
        }
        let missed = (self.preferred & !flags).as_raw().count_ones();
        Ok(missed + (self.avoided & flags).as_raw().count_ones())
    }
}

/// Ranks the memory types that satisfy `query`, best first.
///
/// ```
/// use ash::vk::{MemoryHeap, MemoryPropertyFlags, MemoryType, PhysicalDeviceMemoryProperties};
/// use rm_alloc_core::{MemoryLocation, MemoryUse, TypeQuery, rank};
///
/// let mut device = PhysicalDeviceMemoryProperties { memory_type_count: 2, memory_heap_count: 1, ..Default::default() };
/// device.memory_heaps[0] = MemoryHeap { size: 8 << 30, ..Default::default() };
/// device.memory_types[0].property_flags = MemoryPropertyFlags::DEVICE_LOCAL;
/// device.memory_types[1].property_flags = MemoryPropertyFlags::HOST_VISIBLE | MemoryPropertyFlags::HOST_COHERENT;
///
/// let staging = MemoryUse { location: MemoryLocation::HostVisible, ..Default::default() };
/// let ranking = rank(&device, &TypeQuery::new(u32::MAX, staging));
/// assert_eq!(ranking.collect::<Vec<u32>>(), [1]);
/// ```
pub fn rank(
    table: &vk::PhysicalDeviceMemoryProperties,
    query: &TypeQuery,
) -> impl ExactSizeIterator<Item = u32> + Clone + use<> {
    // Bytes, because the iterator is handed through several layers for every resource.
    let mut order = [0_u8; vk::MAX_MEMORY_TYPES];
    let mut points = [0; vk::MAX_MEMORY_TYPES];
    let mut end = 0;
    for (index, memory_type) in (0_u8..).zip(table.memory_types_as_slice()) {
        let Ok(cost) = query.judge(index.into(), memory_type.property_flags) else { continue };
        // Insertion keeps equal types in the device's order; there are 32 at most.
        let at = points[..end].iter().position(|&other| other > cost).unwrap_or(end);
        points.copy_within(at..end, at + 1);
        order.copy_within(at..end, at + 1);
        (points[at], order[at]) = (cost, index);
        end += 1;
    }
    order.into_iter().take(end).map(u32::from)
}

/// The first of [`rank`], without the others: most requests never look at them.
pub(crate) fn best(table: &vk::PhysicalDeviceMemoryProperties, query: &TypeQuery) -> Option<u32> {
    let types = (0..).zip(table.memory_types_as_slice());
    let costs = types.filter_map(|(index, memory_type)| {
        Some((query.judge(index, memory_type.property_flags).ok()?, index))
    });
    // The first of equals, as in the ranking.
    costs.min_by_key(|(cost, _)| *cost).map(|(_, index)| index)
}

/// Says of every memory type that `rank` leaves out why it is out.
pub fn explain(
    table: &vk::PhysicalDeviceMemoryProperties,
    query: &TypeQuery,
) -> impl Iterator<Item = TypeRefusal> {
    (0u32..).zip(table.memory_types_as_slice()).filter_map(|(index, memory_type)| {
        let reason = query.judge(index, memory_type.property_flags).err()?;
        Some(TypeRefusal { memory_type: index, reason })
    })
}
