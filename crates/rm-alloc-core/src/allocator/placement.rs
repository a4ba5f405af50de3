//! From a resource's requirements to memory: walks the ranking of memory types.

use crate::{
    Allocation, AllocatorCapabilities, Dedicated, DeviceContext, ErrorKind, MemoryAllocator,
    MemoryError, MemoryLocation, MemoryRequest, MemoryUse, Priority, Reason, Requirements,
    Resource, TilingClass, TypeQuery, TypeRefusal, memory_type,
};
use ash::vk;

const DEDICATED_ALIAS: &str = "the driver demands dedicated memory, which cannot be aliased";
const LACKING: &str = "the allocator lacks an ability that the request demands";

/// What the request and the driver together say about the memory of one resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement<'a> {
    pub(crate) requirements: Requirements,
    pub(crate) memory_use: MemoryUse,
    pub(crate) tiling: TilingClass,
    pub(crate) min_alignment: u64,
    pub(crate) dedicated: bool,
    pub(crate) aliasable: bool,
    pub(crate) priority: Priority,
    pub(crate) label: Option<&'a str>,
}

/// Why nothing was found, with every memory type's answer.
#[derive(Debug)]
pub(crate) struct NoMemory {
    pub(crate) kind: ErrorKind,
    pub(crate) types: Vec<TypeRefusal>,
}

impl Placement<'_> {
    /// Asks `allocator` for memory of each suitable type in turn, best first, for `resource`.
    pub(crate) fn allocate<A: MemoryAllocator + ?Sized>(
        &self,
        allocator: &A,
        resource: Resource,
    ) -> Result<Allocation, NoMemory> {
        let (context, capabilities) = (allocator.context(), allocator.capabilities());
        self.walk(context, capabilities, Some(resource), |request| {
            allocator.allocate(request).map_err(Reason::Memory)
        })
    }

    /// Walks the ranking of memory types for `resource` until `attempt` succeeds at one, or no other can.
    #[inline]
    pub(crate) fn walk<T>(
        &self,
        context: &DeviceContext,
        capabilities: AllocatorCapabilities,
        resource: Option<Resource>,
        mut attempt: impl FnMut(&MemoryRequest<'_>) -> Result<T, Reason>,
    ) -> Result<T, NoMemory> {
        let dedicated = self.dedicated_for(context, resource).map_err(NoMemory::from)?;
        let query = self.query(context);
        let Some(best) = memory_type::best(context.memory_properties(), &query) else {
            return Err(NoMemory::nowhere(context, &query, Vec::new()));
        };
        let request = self.request(context, best, dedicated);
        if !capabilities.contains(request.demands()) {
            return Err(MemoryError::Unsupported(LACKING).into());
        }
        let refused = match attempt(&request) {
            Ok(found) => return Ok(found),
            Err(reason) => TypeRefusal { memory_type: best, reason },
        };
        let mut attempt = |memory_type| attempt(&self.request(context, memory_type, dedicated));
        walk_on(context, &query, refused, &mut attempt)
    }

    /// Whether the request demands what no amount of memory gives: an object of its own for what others share, or an
    /// ability that the allocator lacks.
    pub(crate) fn check(&self, capabilities: AllocatorCapabilities) -> Result<(), MemoryError> {
        let own = self.dedicated || self.requirements.requires_dedicated;
        let mixed = self.aliasable || self.tiling == TilingClass::Mixed;
        let mut demands = AllocatorCapabilities::empty();
        demands.set(AllocatorCapabilities::DEDICATED, own);
        demands.set(AllocatorCapabilities::MIXED, mixed);
        if own && self.aliasable {
            Err(MemoryError::Unsupported(DEDICATED_ALIAS))
        } else if !capabilities.contains(demands) {
            Err(MemoryError::Unsupported(LACKING))
        } else {
            Ok(())
        }
    }

    /// Own object or not: what is required holds, what is preferred yields to aliasing and to the
    /// device's limit on the number of objects.
    fn dedicated_for(
        &self,
        context: &DeviceContext,
        resource: Option<Resource>,
    ) -> Result<Dedicated, MemoryError> {
        let Some(resource) = resource else { return Ok(Dedicated::No) };
        if self.dedicated || self.requirements.requires_dedicated {
            if self.aliasable {
                return Err(MemoryError::Unsupported(DEDICATED_ALIAS));
            }
            return Ok(Dedicated::Require(resource));
        }
        let wished = self.requirements.prefers_dedicated && !self.aliasable;
        Ok(if wished && !context.near_allocation_limit() {
            Dedicated::Prefer(resource)
        } else {
            Dedicated::No
        })
    }

    pub(crate) fn query(&self, context: &DeviceContext) -> TypeQuery {
        let device_heap_pressed = self.memory_use.location == MemoryLocation::HostVisible
            && context.device_heap_pressed();
        let memory_use = MemoryUse { device_heap_pressed, ..self.memory_use };
        TypeQuery::new(self.requirements.memory_type_bits, memory_use)
    }

    fn request(
        &self,
        context: &DeviceContext,
        memory_type: u32,
        dedicated: Dedicated,
    ) -> MemoryRequest<'_> {
        let tiling = if self.aliasable { TilingClass::Mixed } else { self.tiling };
        let visible =
            context.type_flags(memory_type).contains(vk::MemoryPropertyFlags::HOST_VISIBLE);
        let map = match self.memory_use.location {
            MemoryLocation::DeviceLocal => false,
            MemoryLocation::Auto => visible && !self.memory_use.opaque,
            MemoryLocation::HostVisible | MemoryLocation::HostCached => !self.memory_use.opaque,
        };
        let alignment = self.requirements.alignment.max(self.min_alignment);
        let mut request =
            MemoryRequest::new(self.requirements.size, alignment, memory_type, tiling)
                .dedicated(dedicated)
                .priority(self.priority);
        request.map = map;
        request.label = self.label;
        request
    }
}

/// The rest of the ranking, after the best type has refused.
#[cold]
fn walk_on<T>(
    context: &DeviceContext,
    query: &TypeQuery,
    refused: TypeRefusal,
    attempt: &mut dyn FnMut(u32) -> Result<T, Reason>,
) -> Result<T, NoMemory> {
    let mut types = vec![refused];
    for memory_type in context.memory_types(query).skip(1) {
        // A lost device or a broken request is no better elsewhere.
        if let Some(last) = types.last().filter(|last| !last.reason.is_shortage()) {
            return Err(NoMemory { kind: last.reason.into(), types });
        }
        match attempt(memory_type) {
            Ok(found) => return Ok(found),
            Err(reason) => types.push(TypeRefusal { memory_type, reason }),
        }
    }
    Err(NoMemory::nowhere(context, query, types))
}

impl NoMemory {
    /// Every type has refused, or is ruled out.
    #[cold]
    fn nowhere(context: &DeviceContext, query: &TypeQuery, mut types: Vec<TypeRefusal>) -> Self {
        let decisive = types.iter().find(|refused| !refused.reason.is_shortage());
        // The best type's answer is the one to act on; the others are in the list.
        let reason = decisive.or(types.first()).map(|refused| refused.reason);
        let kind = reason.map_or(ErrorKind::NoSuitableMemoryType, ErrorKind::from);
        types.extend(memory_type::explain(context.memory_properties(), query));
        Self { kind, types }
    }
}

impl From<MemoryError> for NoMemory {
    fn from(error: MemoryError) -> Self {
        Self { kind: error.into(), types: Vec::new() }
    }
}
