//! What deferred destruction costs: retire and destroy of one object, against lists of boxed closures behind a lock.
//!
//! Everybody retires as many objects a frame, keeps two frames in flight and calls the same destroy function, which does
//! nothing; interleaved in one process, in short alternating rounds.
//!
//! - `boxes`: a `Mutex<Vec<Box<dyn FnOnce() + Send>>>` a frame in flight, each closure with its handle and a count of the
//!   device, which it keeps alive as a queue does;
//! - `bare boxes`: the same, with closures that trust the device to be there;
//! - `queue`: [`DeferredDestructionQueue`], which waits for the value of a timeline.
//!
//! `cargo bench -p rm-lifetime --bench retire` prints the medians. `-- queue N` and `-- boxes N` play N frames of one and
//! nothing else, for an instruction counter.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{
    env,
    hint::black_box,
    mem, ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use ash::vk::{self, Handle};
use rm_alloc_core::{
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::heap::{CountingHeap, allocations_of};
use rm_headless::simulated;
use rm_lifetime::{
    DeferredDestructionQueue, DrainLimit, ManualTimeline, RetireAt, Retirer, SharedResourceFactory,
};
use rm_vksim::{Profile, SimDevice};

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

/// Objects a frame.
const OBJECTS: u64 = 256;
const IN_FLIGHT: usize = 2;
const FRAMES: u64 = 40;
const ROUNDS: usize = 401;

type Destroy =
    unsafe extern "system" fn(vk::Device, vk::Sampler, *const vk::AllocationCallbacks<'_>);
type Boxes = Mutex<Vec<Box<dyn FnOnce() + Send>>>;

static DESTROYED: AtomicU64 = AtomicU64::new(0);

#[inline(never)]
unsafe extern "system" fn destroy(
    _: vk::Device,
    sampler: vk::Sampler,
    _: *const vk::AllocationCallbacks<'_>,
) {
    DESTROYED.store(sampler.as_raw(), Ordering::Relaxed);
}

struct Bench {
    context: Arc<DeviceContext>,
    queue: DeferredDestructionQueue,
    retirer: Retirer,
    timelines: Vec<Arc<ManualTimeline>>,
    boxes: [Boxes; IN_FLIGHT],
    bare: [Boxes; IN_FLIGHT],
    frame: usize,
}

impl Bench {
    /// With as many timelines, all of which make progress alike.
    fn new(timelines: usize) -> Self {
        let sim = SimDevice::counting(Profile::h200()).unwrap();
        let (context, _) = simulated::context_with(sim, MemoryFeatures::empty());
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let queue = DeferredDestructionQueue::new(&manager);
        let timelines = (0..timelines).map(|_| {
            // SAFETY: there is no work; destroying is a function of ours.
            let timeline = Arc::new(unsafe { ManualTimeline::new() });
            queue.attach(timeline.clone()).unwrap();
            timeline
        });
        let timelines = timelines.collect();
        let retirer = queue.retirer();
        let (boxes, bare) = (Default::default(), Default::default());
        Self { context, queue, retirer, timelines, boxes, bare, frame: 0 }
    }

    fn queue(&mut self, frames: u64) {
        let destroy: Destroy = black_box(destroy);
        for _ in 0..frames {
            for object in 1..=OBJECTS {
                let sampler = vk::Sampler::from_raw(black_box(object));
                // SAFETY: destroying does nothing.
                unsafe { self.retirer.retire_raw(sampler, destroy, RetireAt::Now) };
            }
            for timeline in &self.timelines {
                let value = timeline.submit();
                timeline.complete(value.saturating_sub(IN_FLIGHT as u64));
            }
            self.queue.drain(DrainLimit::default());
        }
    }

    /// The device finishes.
    fn end(&self) {
        self.timelines.iter().for_each(|timeline| timeline.complete(u64::MAX));
        self.queue.drain(DrainLimit::default());
    }

    fn boxes(&mut self, frames: u64) {
        let destroy: Destroy = black_box(destroy);
        for _ in 0..frames {
            for object in 1..=OBJECTS {
                let sampler = vk::Sampler::from_raw(black_box(object));
                let context = Arc::clone(&self.context);
                // SAFETY: destroying does nothing.
                let closure =
                    move || unsafe { destroy(context.device().handle(), sampler, ptr::null()) };
                self.boxes[self.frame % IN_FLIGHT].lock().unwrap().push(Box::new(closure));
            }
            self.frame += 1;
            run(&self.boxes[self.frame % IN_FLIGHT]);
        }
    }

    fn bare(&mut self, frames: u64) {
        let destroy: Destroy = black_box(destroy);
        let device = self.context.device().handle();
        for _ in 0..frames {
            for object in 1..=OBJECTS {
                let sampler = vk::Sampler::from_raw(black_box(object));
                // SAFETY: destroying does nothing.
                let closure = move || unsafe { destroy(device, sampler, ptr::null()) };
                self.bare[self.frame % IN_FLIGHT].lock().unwrap().push(Box::new(closure));
            }
            self.frame += 1;
            run(&self.bare[self.frame % IN_FLIGHT]);
        }
    }
}

/// A clone and a drop of a handle, against those of an `Arc`, in nanoseconds.
fn handles(bench: &Bench) -> (f64, f64, f64) {
    const TIMES: u32 = 100_000;
    let each = |start: Instant| start.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES);
    let request = BufferRequest::new(1024, vk::BufferUsageFlags::STORAGE_BUFFER);
    let shared = SharedResourceFactory::new(bench.queue.manager(), &bench.queue);
    let shared = shared.create_buffer(&request).unwrap();
    let arc = Arc::new([0_u64; 32]);
    let (mut handles, mut arcs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        (0..TIMES).for_each(|_| drop(black_box(black_box(&shared).clone())));
        let handle = each(start);
        let start = Instant::now();
        (0..TIMES).for_each(|_| drop(black_box(Arc::clone(black_box(&arc)))));
        let plain = each(start);
        handles.push(handle);
        arcs.push(plain);
        ratios.push(handle / plain);
    }
    (median(handles), median(arcs), median(ratios))
}

/// Calls what is in `boxes`, outside the lock.
fn run(boxes: &Boxes) {
    let mut list = mem::take(&mut *boxes.lock().unwrap());
    list.drain(..).for_each(|closure| closure());
    let mut place = boxes.lock().unwrap();
    if place.is_empty() {
        *place = list;
    }
}

fn nanoseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / (FRAMES * OBJECTS) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut bench = Bench::new(1);
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [who, frames] = &arguments[..] {
        let frames = frames.parse().unwrap();
        match who.as_str() {
            "queue" => bench.queue(frames),
            "boxes" => bench.boxes(frames),
            _ => bench.bare(frames),
        }
        bench.end();
        return;
    }
    let mut four = Bench::new(4);
    let mut times: [Vec<f64>; 4] = Default::default();
    let (mut over_boxes, mut over_bare) = (Vec::new(), Vec::new());
    bench.queue(FRAMES);
    four.queue(FRAMES);
    for _ in 0..ROUNDS {
        let queue = nanoseconds(|| bench.queue(FRAMES));
        let boxes = nanoseconds(|| bench.boxes(FRAMES));
        let bare = nanoseconds(|| bench.bare(FRAMES));
        times[0].push(queue);
        times[1].push(boxes);
        times[2].push(bare);
        times[3].push(nanoseconds(|| four.queue(FRAMES)));
        over_boxes.push(boxes / queue);
        over_bare.push(bare / queue);
    }
    let heap = allocations_of(|| bench.queue(FRAMES));
    let (handle, arc, ratio) = handles(&bench);
    let [queue, boxes, bare, four_lines] = times.map(median);
    println!(
        "retire and destroy of an object: queue {queue:.1} ns, boxes {boxes:.1} ns, bare boxes {bare:.1} ns"
    );
    println!("with four timelines {four_lines:.1} ns");
    println!(
        "boxes / queue {:.2}, bare boxes / queue {:.2}",
        median(over_boxes),
        median(over_bare)
    );
    println!(
        "clone and drop of a shared handle {handle:.1} ns, of an Arc {arc:.1} ns, ratio {ratio:.2}"
    );
    println!("heap allocations of {} objects through the queue: {heap}", FRAMES * OBJECTS);
    bench.end();
    four.end();
}
