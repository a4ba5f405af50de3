//! `bufferImageGranularity`: tiling classes keep to arenas of their own, and mixed memory to whole pages.

use ash::vk;
use rm_alloc_core::{Allocation, MemoryAllocator, MemoryRequest, TilingClass};
use rm_alloc_native::NativeAllocator;
use rm_vksim::{Profile, SimDevice};

use crate::sim::{device, free_all};

const CLASSES: [TilingClass; 3] = [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed];

enum Object {
    Buffer(vk::Buffer),
    Image(vk::Image),
}

/// A buffer or an image bound to memory of its class, or either in mixed memory.
fn place(
    sim: &SimDevice,
    allocator: &NativeAllocator,
    random: &mut fastrand::Rng,
) -> (Object, Allocation) {
    let class = CLASSES[random.usize(..3)];
    let image = class == TilingClass::Optimal || class == TilingClass::Mixed && random.bool();
    let device = sim.device();
    let (object, needs) = if image {
        let info = vk::ImageCreateInfo::default()
            .image_type(vk::ImageType::TYPE_2D)
            .format(vk::Format::R8G8B8A8_UNORM)
            .extent(vk::Extent3D { width: random.u32(1..200), height: 50, depth: 1 })
            .mip_levels(1)
            .array_layers(1)
            .samples(vk::SampleCountFlags::TYPE_1)
            .usage(vk::ImageUsageFlags::SAMPLED);
        // SAFETY: the info is valid.
        let raw = unsafe { device.create_image(&info, None) }.unwrap();
        // SAFETY: just made.
        (Object::Image(raw), unsafe { device.get_image_memory_requirements(raw) })
    } else {
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
        let info = vk::BufferCreateInfo::default().size(random.u64(1..60_000)).usage(usage);
        // SAFETY: the info is valid.
        let raw = unsafe { device.create_buffer(&info, None) }.unwrap();
        // SAFETY: just made.
        (Object::Buffer(raw), unsafe { device.get_buffer_memory_requirements(raw) })
    };
    let memory_type = needs.memory_type_bits.trailing_zeros();
    let request = MemoryRequest::new(needs.size, needs.alignment, memory_type, class);
    let allocation = allocator.allocate(&request).unwrap();
    let (memory, offset) = (allocation.memory(), allocation.offset());
    let bound = match object {
        // SAFETY: both are live, and the memory is what the buffer needs; the oracle looks at its neighbours.
        Object::Buffer(raw) => unsafe { device.bind_buffer_memory(raw, memory, offset) },
        // SAFETY: as above.
        Object::Image(raw) => unsafe { device.bind_image_memory(raw, memory, offset) },
    };
    bound.unwrap();
    (object, allocation)
}

fn destroy(sim: &SimDevice, object: Object) {
    match object {
        // SAFETY: ours, and used by nobody.
        Object::Buffer(raw) => unsafe { sim.device().destroy_buffer(raw, None) },
        // SAFETY: ours, and used by nobody.
        Object::Image(raw) => unsafe { sim.device().destroy_image(raw, None) },
    }
}

/// Whatever is placed and freed in whatever order, as far as the oracle sees.
#[test]
fn no_page_is_shared_by_two_classes() {
    for (seed, name) in (1..).zip(["granularity-64k", "h200", "lavapipe-25"]) {
        let (sim, context) = device(Profile::builtin(name).unwrap());
        sim.stop_journal();
        let allocator = NativeAllocator::new(&context).unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut live = Vec::new();
        for _ in 0..20_000 {
            if live.len() < 600 && random.u8(..) < 140 {
                live.push(place(&sim, &allocator, &mut random));
            } else if !live.is_empty() {
                let (object, allocation) = live.swap_remove(random.usize(..live.len()));
                destroy(&sim, object);
                free_all(&allocator, [allocation]);
            }
        }
        for (object, allocation) in live {
            destroy(&sim, object);
            free_all(&allocator, [allocation]);
        }
        drop((allocator, context));
        assert!(sim.verdict().is_ok(), "{name}: {:?}", sim.verdict());
    }
}

/// Behaviour 35: what a device's granularity is changes neither how many blocks there are nor their size.
#[test]
fn granularity_costs_no_blocks() {
    let blocks = [1, 1024, 65_536].map(|granularity| {
        let mut profile = Profile::h200();
        profile.limits.buffer_image_granularity = granularity;
        let (_sim, context) = device(profile);
        let allocator = NativeAllocator::new(&context).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        let held: Vec<_> = (0..2000)
            .map(|_| {
                let class = CLASSES[random.usize(..2)];
                let size = random.u64(1..300_000);
                allocator.allocate(&MemoryRequest::new(size, 256, 1, class)).unwrap()
            })
            .collect();
        let total = allocator.stats().total();
        free_all(&allocator, held);
        (total.blocks, total.block_bytes)
    });
    assert_eq!(blocks, [blocks[0]; 3]);
}
