//! Memory types: the best one for each location, by a table for each profile, and the next when it is exhausted.

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AllocationError, BufferRequest, DeviceContext, ErrorKind, ImageRequest, MemoryAllocatorExt,
    MemoryLocation, MemoryUse, TypeQuery,
};

use crate::{Environment, Outcome, Stage};

/// A profile's name, and the types that serve storage buffers of the locations `DeviceLocal`, `HostVisible`,
/// `HostCached` and `Auto`, a `HostVisible` buffer for transfers alone, and sampled images of `DeviceLocal` and `Auto`.
type Row = (&'static str, [u32; 7]);

/// Worked out by hand from the tables of types; the rule is that of `TypeQuery`.
const TABLE: &[Row] = &[
    ("h200", [1, 4, 3, 4, 2, 1, 1]),
    ("desktop-rebar", [0, 3, 2, 3, 1, 0, 0]),
    ("desktop-bar256", [0, 2, 3, 2, 1, 0, 0]),
    ("integrated", [0, 1, 2, 1, 1, 0, 0]),
    ("tiler-lazy", [0, 1, 2, 1, 1, 0, 0]),
    ("arm-noncoherent", [0, 1, 2, 1, 1, 0, 0]),
    ("amd-coherent", [0, 2, 3, 2, 1, 0, 0]),
    ("count-4096", [0, 3, 2, 3, 1, 0, 0]),
    ("granularity-64k", [0, 1, 2, 0, 1, 0, 0]),
    ("lavapipe-22", [0; 7]),
    ("lavapipe-25", [0; 7]),
];

const LOCATIONS: [MemoryLocation; 4] = [
    MemoryLocation::DeviceLocal,
    MemoryLocation::HostVisible,
    MemoryLocation::HostCached,
    MemoryLocation::Auto,
];

/// Every location gets the type that the table of its profile names.
pub fn each_location_gets_its_type(environment: &Environment) -> Outcome {
    let name = environment.profile()?.name.clone();
    let row = TABLE.iter().find(|(profile, _)| *profile == name);
    let Some((_, expected)) = row else { panic!("the table of expected types lacks {name}") };
    let stage = environment.stage()?;
    let found: Vec<_> = requests().iter().map(|request| first_type(&stage, request)).collect();
    assert_eq!(found, expected, "buffers by location, for transfers, and images of {name}");
    stage.finish();
    Ok(())
}

/// The first type of the core's ranking serves, so no backend has chosen another.
pub fn the_best_type_is_asked_first(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    for request in requests() {
        let best = ranking(&stage, &request).first().copied();
        assert_eq!(Some(first_type(&stage, &request)), best, "{request:?}");
    }
    stage.finish();
    Ok(())
}

/// When a heap is exhausted, the best type of another heap serves; without one the request is refused.
pub fn the_next_type_serves_when_a_heap_is_full(environment: &Environment) -> Outcome {
    for request in requests() {
        let stage = environment.stage()?;
        let ranking = ranking(&stage, &request);
        let full = stage.heap_of(ranking[0]);
        stage.sim()?.limit_heap(full, Some(0));
        let next = ranking.iter().copied().find(|index| stage.heap_of(*index) != full);
        match stage.type_of(&request) {
            Ok(found) => assert_eq!(Some(found), next, "{request:?} with heap {full} full"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory, "{request:?}");
                assert_eq!(next, None, "{request:?} could live elsewhere");
                let Some(refusal) = error.refusal() else { panic!("{error} explains nothing") };
                assert_eq!(&*refusal.allocator, stage.allocator().name(), "{error}");
                let count = stage.context().memory_properties().memory_type_count;
                assert_eq!(refusal.types.len(), count as usize, "every type's answer: {error}");
            }
        }
        stage.finish();
    }
    Ok(())
}

/// A resource to ask for.
#[derive(Clone, Debug)]
enum Wish {
    Buffer(BufferRequest<'static>),
    Image(ImageRequest<'static>),
}

/// In the order of a [`Row`].
fn requests() -> Vec<Wish> {
    let storage = BufferRequest::new(1 << 16, BufferUsageFlags::STORAGE_BUFFER);
    let transfer = BufferRequest::new(1 << 16, BufferUsageFlags::TRANSFER_SRC);
    let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
    let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage);
    let buffers = LOCATIONS.into_iter().map(|location| storage.clone().location(location));
    let transfer = transfer.location(MemoryLocation::HostVisible);
    let images = [MemoryLocation::DeviceLocal, MemoryLocation::Auto];
    let images = images.into_iter().map(|location| image.clone().location(location));
    buffers.chain([transfer]).map(Wish::Buffer).chain(images.map(Wish::Image)).collect()
}

fn first_type(stage: &Stage, request: &Wish) -> u32 {
    stage.type_of(request).unwrap_or_else(|error| panic!("{request:?} was refused: {error}"))
}

impl Stage {
    /// Makes the resource, frees it again, and says which type it had.
    fn type_of(&self, wish: &Wish) -> Result<u32, AllocationError> {
        match wish {
            Wish::Buffer(request) => {
                let made = self.buffer(request)?;
                let memory_type = made.allocation().memory_type();
                self.free_buffer(made);
                Ok(memory_type)
            }
            Wish::Image(request) => {
                let made = self.image(request)?;
                let memory_type = made.allocation().memory_type();
                self.free_image(made);
                Ok(memory_type)
            }
        }
    }
}

/// The core's ranking for a resource, best first.
fn ranking(stage: &Stage, wish: &Wish) -> Vec<u32> {
    let allocator = stage.allocator();
    let (needs, memory_use) = match wish {
        Wish::Buffer(request) => {
            let transfer = BufferUsageFlags::TRANSFER_SRC | BufferUsageFlags::TRANSFER_DST;
            let memory_use = MemoryUse {
                location: request.location,
                transfer_only: transfer.contains(request.usage),
                ..MemoryUse::default()
            };
            (allocator.buffer_requirements(request), memory_use)
        }
        Wish::Image(request) => {
            let location = request.location;
            let memory_use = MemoryUse { location, opaque: true, ..MemoryUse::default() };
            (allocator.image_requirements(request), memory_use)
        }
    };
    let needs = needs.unwrap_or_else(|error| panic!("{wish:?} was refused: {error}"));
    let query = TypeQuery::new(needs.memory_type_bits, memory_use);
    let context: &DeviceContext = stage.context();
    context.memory_types(&query).collect()
}
