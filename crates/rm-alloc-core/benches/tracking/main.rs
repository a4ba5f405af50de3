//! What budgets cost: a pair of allocate and free through the manager, against the same pair through the bare backend.
//!
//! Both on the counting-only simulated device, interleaved in one process, in short alternating rounds.
//! `cargo bench -p rm-alloc-core --bench tracking` prints the medians.
//! `-- bare N`, `-- tracked N` and `-- strict N` run N pairs of one kind and nothing else, for an instruction counter:
//! the difference of two counts, divided by N, is the price of a pair.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

mod flat;

use std::{env, hint::black_box, sync::Arc, thread, time::Instant};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
    MemoryAllocator, MemoryAllocatorExt, MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{HeadlessDevice, HeadlessOptions, Validation};
use rm_vksim::{Profile, SimDevice};

const PAIRS: u64 = 5_000;
const ROUNDS: usize = 301;

struct Bench {
    allocator: Arc<dyn MemoryAllocator>,
    manager: DeviceBudgetManager,
}

impl Bench {
    fn new(config: BudgetConfig) -> Self {
        let sim = Arc::new(SimDevice::counting(Profile::h200()).unwrap());
        let info = DeviceContextInfo {
            instance: sim.instance(),
            physical_device: sim.physical_device(),
            device: sim.device(),
            api_version: ash::vk::API_VERSION_1_3,
            features: MemoryFeatures::empty(),
            keep_alive: Some(sim.clone()),
        };
        // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
        let context = unsafe { DeviceContext::new(info) }.unwrap();
        Self::over(Arc::new(DirectAllocator::new(&context)), config)
    }

    /// Over a device and a backend that share nothing between threads.
    fn flat(config: BudgetConfig) -> Self {
        Self::over(Arc::new(flat::Flat { context: flat::context() }), config)
    }

    /// On the driver that is present, without its validation layer.
    fn real() -> Option<Self> {
        let options = HeadlessOptions::default().validation(Validation::Off);
        let context = HeadlessDevice::open(&options).ok()?.context();
        Some(Self::over(Arc::new(DirectAllocator::new(&context)), BudgetConfig::default()))
    }

    fn over(allocator: Arc<dyn MemoryAllocator>, config: BudgetConfig) -> Self {
        let manager = DeviceBudgetManager::new(Arc::clone(&allocator), config).unwrap();
        Self { allocator, manager }
    }

    fn bare(&self, pairs: u64) {
        for _ in 0..pairs {
            let buffer = self.allocator.allocate_buffer(black_box(&request())).unwrap();
            // SAFETY: it came from there, and no device uses it.
            unsafe { self.allocator.free_buffer(buffer) };
        }
    }

    fn tracked(&self, pairs: u64) {
        for _ in 0..pairs {
            let buffer = self.manager.allocate_buffer(black_box(&request())).unwrap();
            // SAFETY: no device uses it.
            unsafe { self.manager.free_buffer(buffer) };
        }
    }
}

fn request() -> BufferRequest<'static> {
    BufferRequest::new(64 << 10, BufferUsageFlags::STORAGE_BUFFER)
}

fn nanoseconds_a_pair(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / PAIRS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(name: &str, bench: &Bench) {
    let (mut bare, mut tracked, mut cost) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let without = nanoseconds_a_pair(|| bench.bare(PAIRS));
        let with = nanoseconds_a_pair(|| bench.tracked(PAIRS));
        bare.push(without);
        tracked.push(with);
        cost.push(with - without);
    }
    let (bare, tracked, cost) = (median(bare), median(tracked), median(cost));
    println!("{name}: bare {bare:.1} ns, tracked {tracked:.1} ns, cost {cost:.1} ns a pair");
}

/// Pairs a second on two threads together, against one alone, interleaved.
fn scaling(pairs: impl Fn(u64) + Sync) -> f64 {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS / 3 {
        let one = nanoseconds_a_pair(|| pairs(PAIRS));
        let two = nanoseconds_a_pair(|| {
            thread::scope(|scope| {
                scope.spawn(|| pairs(PAIRS));
                pairs(PAIRS);
            });
        });
        ratios.push(one * 2.0 / two);
    }
    median(ratios)
}

fn threads(name: &str, bench: &Bench) {
    let (bare, tracked) = (scaling(|n| bench.bare(n)), scaling(|n| bench.tracked(n)));
    println!("{name}, two threads against one: bare {bare:.2} x, tracked {tracked:.2} x");
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let strict = BudgetConfig { strict: true, ..BudgetConfig::default() };
    let pairs = || arguments.get(2).and_then(|n| n.parse().ok()).unwrap_or(PAIRS);
    match arguments.get(1).map(String::as_str) {
        Some("bare") => Bench::new(BudgetConfig::default()).bare(pairs()),
        Some("strict") => Bench::new(strict).tracked(pairs()),
        Some("tracked") => Bench::new(BudgetConfig::default()).tracked(pairs()),
        _ => {
            compare("default", &Bench::new(BudgetConfig::default()));
            compare("strict", &Bench::new(strict.clone()));
            compare("flat", &Bench::flat(BudgetConfig::default()));
            threads("direct", &Bench::new(BudgetConfig::default()));
            threads("flat", &Bench::flat(BudgetConfig::default()));
            threads("flat, strict", &Bench::flat(strict));
            match Bench::real() {
                Some(bench) => threads("driver", &bench),
                None => println!("driver: no device, skipped"),
            }
        }
    }
}
