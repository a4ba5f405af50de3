//! What a run came to: plain figures, and how they print.

use std::{fmt, time::Duration};

use ash::vk;
use resource_management::alloc::{Bytes, MemoryAllocator};

use crate::{content::Difference, platform::Identity, stream::Tally};

/// Findings of a kind that are printed; more of them say nothing new.
const MOST_FINDINGS: usize = 10;

/// Columns of the names in the table.
const NAME_COLUMNS: usize = 20;

/// What a run came to. Its `Display` is a table.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The device's own name.
    pub device: String,
    /// The driver's name and version.
    pub driver: String,
    /// The Vulkan version in use.
    pub api_version: u32,
    /// Who watched.
    pub checker: Checker,
    /// What memory came from, by [`name`](MemoryAllocator::name).
    pub allocator: String,
    /// Frames that streamed something in.
    pub frames: u32,
    /// Meshes streamed in and out.
    pub meshes: u64,
    /// Textures streamed in and out.
    pub textures: u64,
    /// Bytes uploaded.
    pub bytes_in: u64,
    /// Bytes read back and compared.
    pub bytes_out: u64,
    /// Most bytes taken from the driver, summed over the heaps.
    pub peak_bytes: u64,
    /// Calls of `vkAllocateMemory` that succeeded.
    pub driver_allocations: u64,
    /// What came back wrong.
    pub mismatches: Vec<Mismatch>,
    /// What whoever watched had to say.
    pub messages: Vec<String>,
    /// Bytes that were still taken from the driver, or granted to resources, when everything had been freed.
    pub lost_bytes: u64,
    /// Memory objects and allocations that were still out by then.
    pub lost_objects: u64,
    /// Time from the first frame until everything had been freed.
    pub elapsed: Duration,
}

/// Who watches that the rules of Vulkan are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Checker {
    /// Nobody, as the validation layer is not installed.
    Absent,
    /// The validation layer.
    Layer,
    /// The simulated device itself.
    Oracle,
}

/// A part of a resource that came back with other bytes than it was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// What the part is called.
    pub name: String,
    /// Bytes that it has.
    pub bytes: u64,
    /// Which of them differ.
    pub difference: Difference,
}

impl Summary {
    /// Sums up a run whose resources have all been freed; messages come later.
    pub(crate) fn new(
        identity: Identity,
        allocator: &dyn MemoryAllocator,
        frames: u32,
        tally: &Tally,
        elapsed: Duration,
    ) -> Self {
        let blocks = allocator.context().blocks();
        let stats = allocator.stats().total();
        let held = blocks.heaps.iter().map(|heap| heap.bytes).sum::<u64>();
        let Identity { device, driver, api_version, checker } = identity;
        Self {
            device,
            driver,
            api_version,
            checker,
            allocator: allocator.name().to_owned(),
            frames,
            meshes: tally.meshes,
            textures: tally.textures,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
            peak_bytes: blocks.peak_bytes,
            driver_allocations: blocks.made,
            mismatches: tally.mismatches.clone(),
            messages: Vec::new(),
            lost_bytes: held.max(stats.block_bytes).max(stats.used_bytes),
            lost_objects: u64::from(blocks.count.max(stats.blocks).max(stats.allocations)),
            elapsed,
        }
    }

    /// Whether all that went in came out as it was, whoever watched was silent and all memory came back.
    pub fn is_clean(&self) -> bool {
        self.mismatches.is_empty()
            && self.bytes_in == self.bytes_out
            && self.messages.is_empty()
            && self.lost_bytes == 0
            && self.lost_objects == 0
    }

    /// What is wrong, a line each: at most ten mismatches and ten messages.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let mismatches = self.mismatches.iter().take(MOST_FINDINGS).map(Mismatch::to_string);
        let unread = self.bytes_in.abs_diff(self.bytes_out);
        let unread = (unread > 0).then(|| format!("{} were not compared", Bytes(unread)));
        let (bytes, objects) = (self.lost_bytes, self.lost_objects);
        let lost = (bytes > 0 || objects > 0)
            .then(|| format!("{} in {objects} objects did not come back", Bytes(bytes)));
        let messages = self.messages.iter().take(MOST_FINDINGS).cloned();
        mismatches.chain(unread).chain(lost).chain(messages)
    }

    /// Bytes moved in a second, both ways together.
    fn bytes_per_second(&self) -> u64 {
        let moved = u128::from(self.bytes_in) + u128::from(self.bytes_out);
        let second = Duration::from_secs(1).as_nanos();
        u64::try_from(moved * second / self.elapsed.as_nanos().max(1)).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row =
            |name: &str, value: fmt::Arguments<'_>| writeln!(f, "{name:NAME_COLUMNS$}  {value}");
        let major = vk::api_version_major(self.api_version);
        let minor = vk::api_version_minor(self.api_version);
        let (meshes, textures) = (self.meshes, self.textures);
        let wrong = self.mismatches.iter().map(|it| it.difference.count).sum::<u64>();
        row("device", format_args!("{}", self.device))?;
        row("driver", format_args!("{}", self.driver))?;
        row("vulkan", format_args!("{major}.{minor}"))?;
        row("validation", format_args!("{}", self.checker))?;
        row("allocator", format_args!("{}", self.allocator))?;
        row("frames", format_args!("{}", self.frames))?;
        row("resources", format_args!("{meshes} meshes, {textures} textures"))?;
        row("moved in", format_args!("{}", Bytes(self.bytes_in)))?;
        row("moved out", format_args!("{}", Bytes(self.bytes_out)))?;
        row("peak memory", format_args!("{}", Bytes(self.peak_bytes)))?;
        row("driver allocations", format_args!("{}", self.driver_allocations))?;
        row("mismatches", format_args!("{} ({})", self.mismatches.len(), Bytes(wrong)))?;
        row("validation messages", format_args!("{}", self.messages.len()))?;
        row("not returned", format_args!("{} ({})", self.lost_objects, Bytes(self.lost_bytes)))?;
        row("time", format_args!("{:.2} s", self.elapsed.as_secs_f64()))?;
        row("throughput", format_args!("{}/s", Bytes(self.bytes_per_second())))
    }
}

impl fmt::Display for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "not installed",
            Self::Layer => "on",
            Self::Oracle => "oracle",
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { count, first } = self.difference;
        let Self { name, bytes, .. } = self;
        write!(f, "{name}: {count} of {bytes} bytes differ, the first at {first}")
    }
}
