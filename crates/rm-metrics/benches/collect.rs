//! What a frame's picture costs with ten live resources, with ten thousand, and with a hundred thousand.
//!
//! `cargo bench -p rm-metrics --bench collect` prints the medians.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{sync::Arc, time::Instant};

use ash::vk;
use rm_alloc_core::{
    BudgetConfig, BufferAllocation, BufferRequest, DeviceBudgetManager, MemoryFeatures,
};
use rm_alloc_vma::VmaAllocator;
use rm_headless::simulated;
use rm_metrics::{Dump, MetricsCollector, MetricsConfig};
use rm_vksim::{Profile, SimDevice};

const FRAMES: u32 = 1000;
const ROUNDS: usize = 101;

fn manager() -> DeviceBudgetManager {
    let sim = SimDevice::counting(Profile::h200()).unwrap();
    let (context, _) = simulated::context_with(sim, MemoryFeatures::empty());
    let allocator = Arc::new(VmaAllocator::new(&context).unwrap());
    DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap()
}

fn fill(manager: &DeviceBudgetManager, count: usize) -> Vec<BufferAllocation> {
    let request = BufferRequest::new(4096, vk::BufferUsageFlags::STORAGE_BUFFER).label("resource");
    (0..count).map(|_| manager.allocate_buffer(&request).unwrap()).collect()
}

fn empty(manager: &DeviceBudgetManager, buffers: Vec<BufferAllocation>) {
    for buffer in buffers {
        // SAFETY: no simulated device uses anything.
        unsafe { manager.free_buffer(buffer) };
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let beds: Vec<_> = [10, 10_000, 100_000]
        .into_iter()
        .map(|count| {
            let manager = manager();
            let buffers = fill(&manager, count);
            let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
            (count, manager, buffers, metrics)
        })
        .collect();
    let mut times = vec![Vec::new(); beds.len()];
    let mut beds = beds;
    for _ in 0..ROUNDS {
        for ((_, _, _, metrics), times) in beds.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..FRAMES {
                metrics.end_frame();
            }
            times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(FRAMES));
        }
    }
    for ((count, ..), times) in beds.iter().zip(times) {
        println!("{count:>7} live resources: {:.0} ns a frame", median(times));
    }
    let (count, manager, buffers, _) = beds.pop().unwrap();
    let times = (0..11).map(|_| {
        let start = Instant::now();
        let dump = Dump::take(&manager).unwrap();
        let taken = start.elapsed();
        let text = dump.write(Vec::new()).unwrap();
        let written = start.elapsed() - taken;
        (taken.as_secs_f64() * 1e3, written.as_secs_f64() * 1e3, text.len(), dump.most_nodes())
    });
    let times: Vec<_> = times.collect();
    let taken = median(times.iter().map(|it| it.0).collect());
    let written = median(times.iter().map(|it| it.1).collect());
    let (bytes, nodes) = (times[0].2, times[0].3);
    println!(
        "dump of {count} allocations: {taken:.1} ms to take, {written:.1} ms to write {bytes} bytes; \
         most nodes under one lock: {nodes}"
    );
    empty(&manager, buffers);
    for (_, manager, buffers, _) in beds {
        empty(&manager, buffers);
    }
}
