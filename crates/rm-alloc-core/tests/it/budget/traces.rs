//! What fails leaves no trace: not in a figure, a peak or a frame, and not in what observers hear.

use std::sync::Arc;

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    Admission, AllocationError, BudgetConfig, BudgetLimit, BudgetPolicy, BufferRequest, Category,
    DeviceBudgetManager, DeviceMemoryStats, EventMask, Figures, FrameDelta, ImageRequest,
    MemoryBlockRequest, MemoryLocation, Tag,
};
use rm_vksim::{Call, SimDevice};

use super::{MIB, buffer, free, make};
use crate::support::{Heard, manager, strict};

/// Everything that a manager tells of itself.
#[derive(Clone, Debug, PartialEq)]
struct Books {
    stats: DeviceMemoryStats,
    accounts: Vec<Figures>,
    frame: FrameDelta,
}

/// Ends the frame, so that the next look shows what this one did.
fn look(manager: &DeviceBudgetManager) -> Books {
    let categories = [
        Category::Buffer,
        Category::Image,
        Category::Staging,
        Category::Transient,
        Category::Other,
    ];
    let mut accounts = categories.map(|category| manager.category_figures(category)).to_vec();
    accounts.extend([0, 5, 77].map(|tag| manager.tag_figures(Tag(tag))));
    let mut frame = manager.end_frame();
    frame.frame = 0;
    Books { stats: manager.stats(), accounts, frame }
}

/// A buffer that would take the device beyond its warning line and its budget, on accounts of its own.
fn large() -> BufferRequest<'static> {
    buffer(40 * MIB).category(Category::Staging).tag(Tag(77)).label("large")
}

fn block(size: u64) -> MemoryBlockRequest<'static> {
    MemoryBlockRequest::new(size, u32::MAX).category(Category::Staging).tag(Tag(77))
}

fn image() -> ImageRequest<'static> {
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 3000, 3000, ImageUsageFlags::SAMPLED).tag(Tag(77))
}

type Attempt = fn(&DeviceBudgetManager, &SimDevice) -> AllocationError;

fn fails(sim: &SimDevice, call: Call) {
    sim.fail(call, 1, vk::Result::ERROR_UNKNOWN);
}

/// Attempts that fail at every step of the way, with the step.
const ATTEMPTS: &[(&str, Attempt)] = &[
    ("object", |manager, sim| {
        fails(sim, Call::CreateBuffer);
        manager.allocate_buffer(&large()).unwrap_err()
    }),
    ("memory", |manager, sim| {
        fails(sim, Call::AllocateMemory);
        manager.allocate_buffer(&large()).unwrap_err()
    }),
    ("memory of every type", |manager, sim| {
        (0..2).for_each(|heap| sim.limit_heap(heap, Some(0)));
        let error = manager.allocate_buffer(&large()).unwrap_err();
        sim.clear_faults();
        error
    }),
    ("mapping", |manager, sim| {
        fails(sim, Call::MapMemory);
        let request = large().location(MemoryLocation::HostVisible);
        manager.allocate_buffer(&request).unwrap_err()
    }),
    ("binding of a buffer", |manager, sim| {
        fails(sim, Call::BindBufferMemory);
        manager.allocate_buffer(&large()).unwrap_err()
    }),
    ("binding of an image", |manager, sim| {
        fails(sim, Call::BindImageMemory);
        manager.allocate_image(&image()).unwrap_err()
    }),
    ("memory of a block", |manager, sim| {
        fails(sim, Call::AllocateMemory);
        manager.allocate_memory(&block(40 * MIB)).unwrap_err()
    }),
    ("buffer of 2^62", |manager, _| {
        let request = BufferRequest { size: 1 << 62, ..large() };
        manager.allocate_buffer(&request).unwrap_err()
    }),
    ("block of 2^62", |manager, _| manager.allocate_memory(&block(1 << 62)).unwrap_err()),
    ("block of half a heap more than the heap", |manager, _| {
        manager.allocate_memory(&block(24 << 30)).unwrap_err()
    }),
    ("block of 2^64 - 1", |manager, _| manager.allocate_memory(&block(u64::MAX)).unwrap_err()),
    ("usage", |manager, _| {
        let request = BufferRequest { usage: BufferUsageFlags::empty(), ..large() };
        manager.allocate_buffer(&request).unwrap_err()
    }),
];

/// Runs `attempts` one by one, and compares the books before and after each.
fn leave_no_trace(manager: &DeviceBudgetManager, sim: &SimDevice, attempts: &[(&str, Attempt)]) {
    let told = EventMask::PRESSURE | EventMask::ALLOCATED | EventMask::FREED | EventMask::FRAME;
    look(manager);
    let before = look(manager);
    let heard = Heard::of(manager, told);
    for (step, attempt) in attempts {
        let error = attempt(manager, sim);
        assert_eq!(sim.pending_faults(), 0, "{step}: the call was never made ({error})");
        assert_eq!(look(manager), before, "{step}: {error}");
        assert_eq!(heard.story(), [""; 0], "{step}: {error}");
    }
}

/// Behaviours 16, 17, 20 and 24: a failure at any step moves no figure, peak, frame or line, strict or not.
#[test]
fn an_attempt_that_fails_leaves_no_trace() {
    let budget = BudgetConfig {
        device_memory_budget: 100 * MIB,
        frame_threshold: Some(1),
        ..BudgetConfig::default()
    };
    let roomy = BudgetConfig { device_memory_budget: 1 << 40, ..strict(0) };
    let tracking: Arc<dyn BudgetPolicy> = Arc::new(BudgetLimit::tracking());
    for (config, policy) in [(&budget, None), (&budget, Some(tracking)), (&roomy, None)] {
        let (manager, sim) = manager(config.clone());
        let base = buffer(74 * MIB).category(Category::Transient).tag(Tag(5));
        let held = manager.allocate_buffer(&base).unwrap();
        manager.set_policy(policy);
        leave_no_trace(&manager, &sim, ATTEMPTS);
        assert!(!manager.is_near_budget_limit(), "74 of 100");
        free(&manager, held);
        drop(manager);
        sim.verdict().unwrap();
    }
}

/// Says no to everything.
#[derive(Debug)]
struct Never;

impl BudgetPolicy for Never {
    fn before_alloc(&self, _: &Admission<'_>) -> Result<(), &'static str> {
        Err("never")
    }
}

/// Behaviours 17, 20, 24 and 25: nor does what a budget or a policy refuses, whatever was asked for.
#[test]
fn a_refusal_leaves_no_trace() {
    let refused: &[(&str, Attempt)] = &[
        ("buffer", |manager, _| manager.allocate_buffer(&large()).unwrap_err()),
        ("aliasable", |manager, _| manager.allocate_buffer(&large().aliasable()).unwrap_err()),
        ("dedicated", |manager, _| manager.allocate_buffer(&large().dedicated()).unwrap_err()),
        ("image", |manager, _| manager.allocate_image(&image()).unwrap_err()),
        ("block", |manager, _| manager.allocate_memory(&block(40 * MIB)).unwrap_err()),
    ];
    let never: Arc<dyn BudgetPolicy> = Arc::new(Never);
    let limit: Arc<dyn BudgetPolicy> = Arc::new(BudgetLimit::bytes(MIB));
    let lenient = BudgetConfig { device_memory_budget: 100 * MIB, ..BudgetConfig::default() };
    for (config, policy) in
        [(strict(100 * MIB), None), (lenient.clone(), Some(never)), (lenient, Some(limit))]
    {
        let (manager, sim) = manager(config);
        let held = make(&manager, 74 * MIB);
        manager.set_policy(policy);
        leave_no_trace(&manager, &sim, refused);
        free(&manager, held);
        drop(manager);
        sim.verdict().unwrap();
    }
}
