//! Everybody who plays. A new backend of ours is one line in [`BACKENDS`].

use std::{fmt, sync::Arc};

use clap::ValueEnum;
use rm_alloc_core::{DeviceContext, MemoryAllocator, MemoryError};
use rm_alloc_direct::DirectAllocator;
use rm_alloc_native::NativeAllocator;
use rm_alloc_vma::VmaAllocator;

use super::{Player, Refused, gpu_alloc, gpu_allocator, ours, vma};
use crate::stage::Stage;

/// Our backends; each plays bare and through the manager, on both levels.
pub const BACKENDS: &[Backend] = &[
    Backend { name: "direct", open: |context| Ok(Arc::new(DirectAllocator::new(context))) },
    Backend { name: "native", open: |context| Ok(Arc::new(NativeAllocator::new(context)?)) },
    Backend { name: "vma", open: |context| Ok(Arc::new(VmaAllocator::new(context)?)) },
];

/// VMA as it is fastest: without locks where one thread plays.
pub(crate) const VK_MEM: &str = "vk-mem";
/// VMA with its own locks, as it comes.
pub(crate) const LOCKED_VK_MEM: &str = "vk-mem+locks";
/// The buddies of gpu-alloc behind a mutex.
pub(crate) const LOCKED_GPU_ALLOC: &str = "gpu-alloc+mutex";

/// Who is not ours.
const PEERS: [&str; 5] = ["gpu-alloc", LOCKED_GPU_ALLOC, "gpu-allocator", VK_MEM, LOCKED_VK_MEM];

/// Makes a new backend.
pub type OpenBackend = fn(&Arc<DeviceContext>) -> Result<Arc<dyn MemoryAllocator>, MemoryError>;

/// A backend of ours, in its default setting.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// What results call it.
    pub name: &'static str,
    /// Makes a new one.
    pub open: OpenBackend,
}

/// What contestants are asked for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum Level {
    /// Memory alone.
    Memory,
    /// Buffers: made, bound to memory, destroyed.
    Buffer,
}

impl Level {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Memory, Self::Buffer];

    /// What metrics and command lines call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Buffer => "buffer",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The players of a trace, one a lane.
type Players = Result<Vec<Box<dyn Player>>, Refused>;
/// Makes them, on a stage of their own.
type Open = dyn Fn(&Arc<Stage>, &[usize]) -> Players;

/// A contestant, and in which setting it plays.
pub struct Entry {
    /// What results call it.
    pub name: String,
    /// Its setting, and why.
    pub setting: String,
    /// Whether it is one of ours, whose counters are gated.
    pub is_ours: bool,
    /// Whether its heap allocations are Rust's, and so are counted.
    pub is_rust: bool,
    open: Box<Open>,
}

impl Entry {
    fn new<O>(name: &str, setting: &str, is_ours: bool, open: O) -> Self
    where
        O: Fn(&Arc<Stage>, &[usize]) -> Players + 'static,
    {
        let (name, setting) = (name.to_owned(), setting.to_owned());
        Self { name, setting, is_ours, is_rust: true, open: Box::new(open) }
    }

    /// A new allocator, with a player for every lane; `slots` has each lane's number of slots.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the allocator does not want this device.
    pub fn open(
        &self,
        stage: &Arc<Stage>,
        slots: &[usize],
    ) -> Result<Vec<Box<dyn Player>>, Refused> {
        (self.open)(stage, slots)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Who plays on `level`: `backends` bare and through the manager, then the peers.
pub fn entries(level: Level, backends: &[Backend]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for Backend { name, open } in backends.iter().copied() {
        let (bare, managed) = match level {
            Level::Memory => (ours::BARE, ours::MANAGED),
            Level::Buffer => (ours::BARE_BUFFERS, ours::MANAGED_BUFFERS),
        };
        entries.push(Entry::new(name, bare, true, move |stage, slots| {
            let allocator = open(stage.context()).map_err(Refused::because)?;
            Ok(ours::bare(level, stage, &allocator, slots))
        }));
        let name = format!("{name}+manager");
        entries.push(Entry::new(&name, managed, true, move |stage, slots| {
            let allocator = open(stage.context()).map_err(Refused::because)?;
            ours::managed(level, stage, allocator, slots)
        }));
    }
    let vma = Entry::new(VK_MEM, vma::SETTING, false, move |stage, slots| {
        vma::players(level, stage, slots)
    });
    let locked = Entry::new(LOCKED_VK_MEM, vma::LOCKED, false, move |stage, slots| {
        vma::locked_players(level, stage, slots)
    });
    entries.extend([vma, locked].map(|entry| Entry { is_rust: false, ..entry }));
    entries.push(Entry::new(
        "gpu-allocator",
        gpu_allocator::SETTING,
        false,
        move |stage, slots| gpu_allocator::players(level, stage, slots),
    ));
    if level == Level::Memory {
        entries.push(Entry::new("gpu-alloc", gpu_alloc::SETTING, false, gpu_alloc::players));
        let (setting, open) = (gpu_alloc::BEHIND_MUTEX, gpu_alloc::buddies_behind_mutex);
        entries.push(Entry::new(LOCKED_GPU_ALLOC, setting, false, open));
    }
    entries
}

/// As [`entries`], those whose names have any of `parts` in them; everybody if there are none.
pub(crate) fn entries_named(level: Level, backends: &[Backend], parts: &[String]) -> Vec<Entry> {
    let mut entries = entries(level, backends);
    let is_named = |entry: &Entry| parts.iter().any(|part| entry.name.contains(part));
    entries.retain(|entry| parts.is_empty() || is_named(entry));
    entries
}

/// Whether results of that name are not ours.
pub(crate) fn is_peer(name: &str) -> bool {
    PEERS.contains(&name)
}
