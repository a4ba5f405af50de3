//! What a transient piece costs, against a buffer of VMA's linear pool: create with bind, and destroy.
//!
//! Both on the counting-only simulated device, interleaved in one process, in short alternating rounds.
//! `cargo bench -p rm-lifetime --bench transient` prints the medians.
//! `-- epoch N` and `-- linear N` run N frames of one kind and nothing else, for an instruction counter.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{env, hint::black_box, sync::Arc, time::Instant};

use ash::vk;
use rm_alloc_core::{
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
    MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_lifetime::{
    BufferPool, BumpTransient, DeferredDestructionQueue, DrainLimit, EpochTransient, GpuTimeline,
    ManualTimeline, PoolConfig, RetireAt, TransientAllocator, TransientConfig,
};
use rm_vksim::{Profile, SimDevice};
use vk_mem::{
    Alloc, Allocation, AllocationCreateInfo, Allocator, AllocatorCreateInfo,
    AllocatorPoolCreateFlags, PoolCreateInfo,
};

const PIECES: u32 = 2_000;
const SIZE: u64 = 256;
const BLOCK: u64 = 4 << 20;
const ROUNDS: usize = 301;
const USAGE: vk::BufferUsageFlags = vk::BufferUsageFlags::VERTEX_BUFFER;

struct Bench {
    manager: DeviceBudgetManager,
    queue: DeferredDestructionQueue,
    timeline: Arc<ManualTimeline>,
}

impl Bench {
    fn new(sim: &Arc<SimDevice>) -> Self {
        let info = DeviceContextInfo {
            instance: sim.instance(),
            physical_device: sim.physical_device(),
            device: sim.device(),
            api_version: vk::API_VERSION_1_3,
            features: MemoryFeatures::empty(),
            keep_alive: Some(sim.clone()),
        };
        // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
        let context = unsafe { DeviceContext::new(info) }.unwrap();
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let queue = DeferredDestructionQueue::new(&manager);
        // SAFETY: no device is involved.
        let timeline = Arc::new(unsafe { ManualTimeline::new() });
        queue.attach(Arc::clone(&timeline) as Arc<dyn GpuTimeline>).unwrap();
        Self { manager, queue, timeline }
    }

    fn finish(&self) {
        let value = self.timeline.submit();
        self.timeline.complete(value);
    }

    /// A frame of pieces, which the device is done with at once.
    fn frame(&self, transient: &mut (impl TransientAllocator + ?Sized)) {
        transient.begin_frame().unwrap();
        for _ in 0..PIECES {
            // What a descriptor or a binding takes of it.
            let slice = transient.allocate(black_box(SIZE), black_box(16)).unwrap();
            black_box(slice.buffer());
            black_box(slice.offset());
        }
        transient.end_frame(RetireAt::Now).unwrap();
        self.finish();
    }

    /// A buffer that comes back as often as there are pieces.
    fn pooled(&self, pool: &BufferPool) {
        let request = BufferRequest::new(SIZE, USAGE);
        for _ in 0..PIECES {
            drop(black_box(pool.acquire(black_box(&request)).unwrap()));
            self.finish();
            self.queue.drain(DrainLimit::default());
        }
    }
}

/// A frame of buffers of a linear pool, as its manual wants it: destroyed in the order in which they were made.
fn linear(allocator: &Allocator, pool: &impl Alloc, made: &mut Vec<(vk::Buffer, Allocation)>) {
    let info = vk::BufferCreateInfo::default().size(SIZE).usage(USAGE);
    let wish = AllocationCreateInfo::default();
    for _ in 0..PIECES {
        // SAFETY: the info is valid.
        made.push(unsafe { pool.create_buffer(black_box(&info), &wish) }.unwrap());
    }
    for (buffer, mut allocation) in made.drain(..) {
        // SAFETY: just made, and used by nobody.
        unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
    }
}

fn nanoseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / f64::from(PIECES)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let sim = Arc::new(SimDevice::counting(Profile::h200()).unwrap());
    let bench = Bench::new(&sim);
    let config = TransientConfig::new(BLOCK, USAGE);
    let mut epoch = EpochTransient::new(&bench.manager, &bench.queue, &config).unwrap();
    let mut bump = BumpTransient::new(&bench.manager, &bench.queue, &config).unwrap();
    let pool = BufferPool::new(&bench.manager, &bench.queue, PoolConfig::default()).unwrap();

    let mut create = AllocatorCreateInfo::new(sim.instance(), sim.device(), sim.physical_device());
    create.vulkan_api_version = vk::API_VERSION_1_3;
    // SAFETY: everything is live and belongs together, and outlives the allocator.
    let allocator = Arc::new(unsafe { Allocator::new(create) }.unwrap());
    let linear_info = PoolCreateInfo {
        // Host-visible and coherent.
        memory_type_index: 2,
        flags: AllocatorPoolCreateFlags::LINEAR_ALGORITHM,
        block_size: BLOCK,
        min_block_count: 1,
        ..PoolCreateInfo::default()
    };
    let linear_pool = allocator.create_pool(&linear_info).unwrap();
    let mut made = Vec::new();

    let arguments: Vec<String> = env::args().collect();
    let frames = || arguments.get(2).and_then(|n| n.parse().ok()).unwrap_or(1000);
    match arguments.get(1).map(String::as_str) {
        Some("epoch") => return (0..frames()).for_each(|_| bench.frame(&mut epoch)),
        Some("linear") => {
            return (0..frames()).for_each(|_| linear(&allocator, &linear_pool, &mut made));
        }
        _ => {}
    }

    let mut times: [Vec<f64>; 5] = Default::default();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let vma = nanoseconds(|| linear(&allocator, &linear_pool, &mut made));
        let own = nanoseconds(|| bench.frame(&mut epoch));
        let any = nanoseconds(|| {
            let epoch: &mut dyn TransientAllocator = &mut epoch;
            let epoch = black_box(epoch);
            bench.frame(epoch);
        });
        let bumped = nanoseconds(|| bench.frame(&mut bump));
        let pooled = nanoseconds(|| bench.pooled(&pool));
        ratios.push(vma / own);
        for (times, time) in times.iter_mut().zip([vma, own, any, bumped, pooled]) {
            times.push(time);
        }
    }
    let [vma, own, any, bumped, pooled] = times.map(median);
    println!(
        "linear pool {vma:.1} ns, epoch {own:.2} ns, behind dyn {any:.2} ns, bump {bumped:.2} ns a piece"
    );
    println!("median ratio {:.1}, wanted 10", median(ratios));
    println!("pooled buffer, there and back with a drain: {pooled:.1} ns");
    drop((epoch, bump, pool));
    bench.finish();
}
