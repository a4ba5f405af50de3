//! Simulated devices, managers, and folders that go when a test ends.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    Allocation, BlockRequest, BudgetConfig, BufferAllocation, BufferRequest, DeviceBudgetManager,
    DeviceContext, DeviceMemory, MemoryAllocator, MemoryError, MemoryRequest,
};
use rm_alloc_direct::DirectAllocator;
pub(crate) use rm_headless::random::Random;
use rm_headless::simulated;
use rm_metrics::{Column, MetricsCollector};
use rm_vksim::{Profile, SimDevice};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;

/// Labels that somebody might choose to do harm.
pub(crate) fn hostile_labels() -> Vec<String> {
    let mut labels: Vec<String> = [
        "=cmd()",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "'quoted",
        "a,\"b\",c",
        "line\nbreak\r\n",
        "</script><script>alert(1)</script>",
        "back\\slash",
        "nul\0byte",
        "\u{1b}[31m",
        "\u{202e}txt",
        "＝1",
        "#,summary,x",
        "",
    ]
    .map(String::from)
    .into();
    labels.push("é".repeat(1 << 19));
    labels
}

/// A context over the simulated device of `profile`, which checks everything unless it is `counting`.
pub(crate) fn context(profile: Profile, counting: bool) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    let sim = if counting { SimDevice::counting(profile) } else { SimDevice::new(profile) };
    simulated::context(sim.unwrap())
}

/// A manager over the pass-through backend of a simulated desktop GPU.
pub(crate) fn manager(config: BudgetConfig) -> (DeviceBudgetManager, Arc<SimDevice>) {
    let (context, sim) = context(Profile::desktop_rebar(), false);
    let allocator = Arc::new(DirectAllocator::new(&context));
    (DeviceBudgetManager::new(allocator, config).unwrap(), sim)
}

/// A strict budget of `bytes` of device memory.
pub(crate) fn strict(bytes: u64) -> BudgetConfig {
    BudgetConfig { device_memory_budget: bytes, strict: true, ..BudgetConfig::default() }
}

pub(crate) fn request(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER)
}

pub(crate) fn make(manager: &DeviceBudgetManager, size: u64) -> BufferAllocation {
    manager.allocate_buffer(&request(size)).unwrap()
}

pub(crate) fn free(manager: &DeviceBudgetManager, buffer: BufferAllocation) {
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_buffer(buffer) };
}

pub(crate) fn columns(metrics: &MetricsCollector, names: &[&str]) -> Vec<Column> {
    names.iter().map(|name| metrics.column(name).unwrap()).collect()
}

/// A folder of one's own, removed on drop.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    /// One whose path leaves room for a socket's name, of which the system takes some hundred bytes.
    #[cfg(unix)]
    pub(crate) fn short() -> Self {
        Self::below(&std::env::temp_dir())
    }

    fn below(folder: &Path) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = folder.join(format!("metrics-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of what is in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// An allocator of the three methods that one has to have.
#[derive(Debug)]
pub(crate) struct Bare(pub(crate) Arc<DeviceContext>);

// SAFETY: every allocation is the whole of an own object of the requested size and type.
unsafe impl MemoryAllocator for Bare {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.0
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        Ok(self.0.allocate_memory(&BlockRequest::from(request))?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which took it from this context.
        drop(unsafe { DeviceMemory::from_allocation(&self.0, allocation) });
    }
}
