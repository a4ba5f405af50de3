//! What the backend costs on top of VMA, and what `bufferImageGranularity` costs behind it.
//!
//! `cargo bench -p rm-alloc-vma --bench raw` interleaves raw `vk-mem` in pools of the same settings with the backend
//! through `dyn MemoryAllocator`: one step frees one of 10,000 live pieces of 256 B to 4 MiB and takes another.
//! `-- raw N` and `-- ours N` do N steps of one of them alone: the instructions of a step are the difference between
//! two runs under `valgrind --tool=callgrind`, divided by the difference of their N.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{env, hint::black_box, ops::Range, sync::Arc, time::Instant};

use ash::vk;
use rm_alloc_core::{
    Allocation, DeviceContext, DeviceContextInfo, MemoryAllocator, MemoryFeatures, MemoryRequest,
    TilingClass,
};
use rm_alloc_vma::VmaAllocator;
use rm_vksim::{Profile, SimDevice};
use vk_mem::{
    Alloc, AllocationCreateInfo, Allocator, AllocatorCreateInfo, AllocatorPool,
    AllocatorPoolCreateFlags, PoolCreateInfo,
};

const LIVE: usize = 10_000;
const STEPS: u32 = 10_000;
const ROUNDS: usize = 101;
const GRANULARITY: u64 = 1024;
const MEMORY_TYPE: u32 = 1;
/// The first type of the profile that the host sees.
const MAPPED_TYPE: u32 = 2;
/// 256 B to 4 MiB.
const ALL: Range<u32> = 8..22;
/// 256 B to 4 KiB.
const SMALL: Range<u32> = 8..12;

/// What takes and frees memory.
trait Subject {
    type Piece;
    fn take(&self, size: u64, tiling: TilingClass) -> Self::Piece;
    fn free(&self, piece: Self::Piece);
}

/// The backend, as a manager sees it.
struct Ours {
    allocator: Arc<dyn MemoryAllocator>,
    mapped: bool,
}

impl Ours {
    fn new(sim: &Arc<SimDevice>) -> Self {
        let info = DeviceContextInfo {
            instance: sim.instance(),
            physical_device: sim.physical_device(),
            device: sim.device(),
            api_version: sim.profile().api_version,
            features: MemoryFeatures::empty(),
            keep_alive: Some(sim.clone()),
        };
        // SAFETY: everything is live and belongs together; no feature is declared.
        let context = unsafe { DeviceContext::new(info) }.unwrap();
        Self { allocator: Arc::new(VmaAllocator::new(&context).unwrap()), mapped: false }
    }
}

impl Subject for Ours {
    type Piece = Allocation;

    fn take(&self, size: u64, tiling: TilingClass) -> Allocation {
        let memory_type = if self.mapped { MAPPED_TYPE } else { MEMORY_TYPE };
        let mut request = MemoryRequest::new(size, 256, memory_type, tiling);
        request.map = self.mapped;
        self.allocator.allocate(black_box(&request)).unwrap()
    }

    fn free(&self, piece: Allocation) {
        // SAFETY: it came from this allocator, and nothing was bound to it.
        unsafe { self.allocator.free(piece) };
    }
}

/// `vk-mem`, in a pool a tiling class or in the default pool.
struct Raw {
    pools: Option<[AllocatorPool; 2]>,
    allocator: Arc<Allocator>,
    _device: Arc<SimDevice>,
}

impl Raw {
    fn new(sim: &Arc<SimDevice>, pools: bool) -> Self {
        let mut info =
            AllocatorCreateInfo::new(sim.instance(), sim.device(), sim.physical_device());
        info.vulkan_api_version = sim.profile().api_version.min(vk::API_VERSION_1_3);
        // SAFETY: everything is live and belongs together, and the device outlives the allocator.
        let allocator = Arc::new(unsafe { Allocator::new(info) }.unwrap());
        let pool = PoolCreateInfo {
            memory_type_index: MEMORY_TYPE,
            flags: AllocatorPoolCreateFlags::IGNORE_BUFFER_IMAGE_GRANULARITY,
            priority: 0.5,
            ..PoolCreateInfo::default()
        };
        let make = || [(); 2].map(|()| allocator.create_pool(&pool).unwrap());
        Self { pools: pools.then(make), allocator, _device: Arc::clone(sim) }
    }
}

impl Subject for Raw {
    type Piece = (vk_mem::Allocation, vk_mem::AllocationInfo);

    fn take(&self, size: u64, tiling: TilingClass) -> Self::Piece {
        let memory_type_bits = 1 << MEMORY_TYPE;
        let needs = vk::MemoryRequirements { size, alignment: 256, memory_type_bits };
        let info = AllocationCreateInfo::default();
        let taken = match &self.pools {
            // SAFETY: the requirements are valid.
            Some(pools) => unsafe {
                pools[usize::from(tiling == TilingClass::Optimal)]
                    .allocate_memory(black_box(&needs), &info)
            },
            // SAFETY: as above.
            None => unsafe { self.allocator.allocate_memory(black_box(&needs), &info) },
        }
        .unwrap();
        // Whoever binds has to know where.
        let place = self.allocator.get_allocation_info(&taken);
        (taken, place)
    }

    fn free(&self, mut piece: Self::Piece) {
        // SAFETY: it came from this allocator, and nothing was bound to it.
        unsafe { self.allocator.free_memory(&mut piece.0) };
    }
}

/// Which tiling classes are asked for.
#[derive(Clone, Copy)]
enum Classes {
    Both,
    Linear,
    Mixed,
}

/// A subject and what lives of it.
struct Run<S: Subject> {
    subject: S,
    live: Vec<S::Piece>,
    random: fastrand::Rng,
    classes: Classes,
    octaves: Range<u32>,
}

impl<S: Subject> Run<S> {
    fn new(subject: S, classes: Classes, octaves: Range<u32>) -> Self {
        let random = fastrand::Rng::with_seed(1);
        let mut run = Self { subject, live: Vec::new(), random, classes, octaves };
        for _ in 0..LIVE {
            let piece = run.some();
            run.live.push(piece);
        }
        run
    }

    fn some(&mut self) -> S::Piece {
        // As many between each power of two and the next.
        let octave = 1 << self.random.u32(self.octaves.clone());
        let size = self.random.u64(octave..octave * 2);
        let tiling = match self.classes {
            Classes::Both if self.random.bool() => TilingClass::Optimal,
            Classes::Both | Classes::Linear => TilingClass::Linear,
            Classes::Mixed => TilingClass::Mixed,
        };
        self.subject.take(size, tiling)
    }

    fn step(&mut self) {
        let index = self.random.usize(..LIVE);
        let old = self.live.swap_remove(index);
        self.subject.free(old);
        let new = self.some();
        self.live.push(new);
    }

    /// Nanoseconds of one step.
    fn time(&mut self, steps: u32) -> f64 {
        let start = Instant::now();
        (0..steps).for_each(|_| self.step());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(steps)
    }

    fn end(mut self) {
        let live = std::mem::take(&mut self.live);
        live.into_iter().for_each(|piece| self.subject.free(piece));
    }
}

/// A device of the H200's kind with room for all, that only counts.
fn device(granularity: u64) -> Arc<SimDevice> {
    let mut profile = Profile::h200();
    profile.limits.buffer_image_granularity = granularity;
    Arc::new(SimDevice::counting(profile).unwrap())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Interleaves two runs, and prints their medians and that of the ratios.
fn compare<A: Subject, B: Subject>(
    title: &str,
    (mut a, mut b): (Run<A>, Run<B>),
    (steps, rounds): (u32, usize),
) {
    let (mut first, mut second, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (one, other) = (a.time(steps), b.time(steps));
        first.push(one);
        second.push(other);
        ratios.push(one / other);
    }
    let (first, second, ratio) = (median(first), median(second), median(ratios));
    println!("{title}: {first:.1} ns against {second:.1} ns, median ratio {ratio:.3}");
    a.end();
    b.end();
}

fn main() {
    let ours = |granularity, mapped, classes, octaves| {
        Run::new(Ours { mapped, ..Ours::new(&device(granularity)) }, classes, octaves)
    };
    let raw = |granularity, pools, octaves| {
        Run::new(Raw::new(&device(granularity), pools), Classes::Both, octaves)
    };
    let arguments: Vec<_> = env::args().collect();
    let steps = |at: usize| arguments.get(at + 1).and_then(|n| n.parse().ok()).unwrap_or(STEPS);
    if let Some(at) = arguments.iter().position(|argument| argument == "ours") {
        let mut run = ours(GRANULARITY, false, Classes::Both, ALL);
        (0..steps(at)).for_each(|_| run.step());
        return run.end();
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "raw") {
        let mut run = raw(GRANULARITY, true, ALL);
        (0..steps(at)).for_each(|_| run.step());
        return run.end();
    }
    let pair = (ours(GRANULARITY, false, Classes::Both, ALL), raw(GRANULARITY, true, ALL));
    compare("ours against raw in the same pools", pair, (STEPS, ROUNDS));

    for (title, mapped, classes) in [
        ("linear", false, Classes::Linear),
        ("linear and optimal", false, Classes::Both),
        ("mixed", false, Classes::Mixed),
        ("mapped", true, Classes::Linear),
    ] {
        for (sizes, octaves) in [("all sizes", ALL), ("small", SMALL)] {
            let pair = [GRANULARITY, 1].map(|page| ours(page, mapped, classes, octaves.clone()));
            let title = format!("granularity 1024 against 1, {title}, {sizes}");
            compare(&title, pair.into(), (STEPS, ROUNDS / 4));
        }
    }
    for (sizes, octaves) in [("all sizes", ALL), ("small", SMALL)] {
        let pair = [GRANULARITY, 1].map(|page| raw(page, false, octaves.clone()));
        let title = format!("granularity 1024 against 1, raw in the default pool, {sizes}");
        compare(&title, pair.into(), (STEPS / 20, 5));
    }
}
