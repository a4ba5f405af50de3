//! Which commands are simulated, and how often each was called.
//!
//! Counters are atomics in a few shards; a thread picks its shard by the address of a thread-local, so threads rarely
//! share a cache line, and where they do the count stays exact, because every bump is a read-modify-write.
//! `Relaxed` is enough: a counter guards nothing, and whoever compares counts has joined its threads before.
//! The thread-local is the thread's own count, which nobody else reads or writes, so that plain cells do.

use std::{
    cell::Cell,
    fmt, ptr,
    sync::atomic::{AtomicU64, Ordering},
};

macro_rules! calls {
    ($($call:ident $failing:literal),* $(,)?) => {
        /// A command that the simulated device answers; its KHR and EXT aliases count as the same one.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Call {
            $(#[doc = concat!("`vk", stringify!($call), "`.")] $call,)*
            /// Any command that is not simulated.
            Unsupported,
        }

        impl Call {
            /// Every command that is simulated, then [`Unsupported`](Self::Unsupported).
            pub const ALL: &'static [Self] = &[$(Self::$call,)* Self::Unsupported];
            const NAMES: [&'static str; Self::ALL.len()] =
                [$(concat!("vk", stringify!($call)),)* "an unsupported command"];
            const FAILING: [bool; Self::ALL.len()] = [$($failing == 1,)* false];
        }
    };
}

// In the order of Vulkan's own chapters; 1 marks those that return a code.
calls! {
    GetInstanceProcAddr 0, GetDeviceProcAddr 0,
    DestroyInstance 0, EnumeratePhysicalDevices 1,
    GetPhysicalDeviceProperties 0, GetPhysicalDeviceProperties2 0,
    GetPhysicalDeviceFeatures 0, GetPhysicalDeviceFeatures2 0,
    GetPhysicalDeviceQueueFamilyProperties 0, GetPhysicalDeviceQueueFamilyProperties2 0,
    GetPhysicalDeviceMemoryProperties 0, GetPhysicalDeviceMemoryProperties2 0,
    GetPhysicalDeviceFormatProperties 0, GetPhysicalDeviceFormatProperties2 0,
    GetPhysicalDeviceImageFormatProperties 1, GetPhysicalDeviceImageFormatProperties2 1,
    GetPhysicalDeviceExternalBufferProperties 0,
    EnumerateDeviceExtensionProperties 1, EnumerateDeviceLayerProperties 1,
    DestroyDevice 0, DeviceWaitIdle 1,
    GetDeviceQueue 0, GetDeviceQueue2 0, QueueWaitIdle 1,
    AllocateMemory 1, FreeMemory 0, MapMemory 1, UnmapMemory 0,
    FlushMappedMemoryRanges 1, InvalidateMappedMemoryRanges 1,
    GetDeviceMemoryCommitment 0, SetDeviceMemoryPriorityEXT 0,
    CreateBuffer 1, DestroyBuffer 0, CreateImage 1, DestroyImage 0,
    GetBufferMemoryRequirements 0, GetImageMemoryRequirements 0,
    GetBufferMemoryRequirements2 0, GetImageMemoryRequirements2 0,
    GetDeviceBufferMemoryRequirements 0, GetDeviceImageMemoryRequirements 0,
    BindBufferMemory 1, BindImageMemory 1, BindBufferMemory2 1, BindImageMemory2 1,
    GetBufferDeviceAddress 0, GetImageSubresourceLayout 0,
    SetDebugUtilsObjectNameEXT 1,
}

impl Call {
    /// Whether the command returns a code, and so can be made to fail.
    pub const fn can_fail(self) -> bool {
        Self::FAILING[self as usize]
    }

    /// The command's name, without the suffix of an alias.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether losing the device makes the command fail: physical devices cannot be lost.
    pub(crate) const fn is_of_device(self) -> bool {
        self as usize >= Self::DestroyDevice as usize
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each command was called.
///
/// Its `Debug` shows the commands that were called and leaves out the others.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Counts([u64; Call::ALL.len()]);

impl Counts {
    /// What the calling thread has called since it began, on all simulated devices together.
    ///
    /// Nothing resets it; the difference of two is what came between them, whatever other threads do meanwhile.
    ///
    /// ```
    /// use rm_vksim::{Call, Counts, Profile, SimDevice};
    ///
    /// let sim = SimDevice::new(Profile::h200())?;
    /// let before = Counts::of_this_thread();
    /// // Sound: the device is live, and no queue of it is in use.
    /// unsafe { sim.device().device_wait_idle() }?;
    /// let mine = Counts::of_this_thread().since(&before);
    /// assert_eq!((mine.of(Call::DeviceWaitIdle), mine.total()), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_this_thread() -> Self {
        let read = |here: &OfThread| Self(here.each_ref().map(Cell::get));
        HERE.try_with(read).unwrap_or_default()
    }

    /// How often `call` was called.
    pub fn of(&self, call: Call) -> u64 {
        self.0[call as usize]
    }

    /// All calls together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What came after `earlier`; zero for a command that was counted more often then.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = *self;
        for (count, earlier) in counts.0.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(earlier);
        }
        counts
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self([0; Call::ALL.len()])
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let called = Call::ALL.iter().filter(|call| self.of(**call) > 0);
        f.debug_map().entries(called.map(|call| (call, self.of(*call)))).finish()
    }
}

/// The counters of one device.
#[derive(Debug)]
pub(crate) struct Counters {
    shards: [Shard; SHARDS],
}

const SHARDS: usize = 16;

/// The counters of one thread.
type OfThread = [Cell<u64>; Call::ALL.len()];

thread_local! { static HERE: OfThread = const { [const { Cell::new(0) }; Call::ALL.len()] } }

#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; Call::ALL.len()]);

impl Counters {
    pub(crate) fn new() -> Self {
        Self { shards: [const { Shard([const { AtomicU64::new(0) }; Call::ALL.len()]) }; SHARDS] }
    }

    #[inline]
    pub(crate) fn bump(&self, call: Call) {
        // A thread so late that its locals are gone counts in the first shard, and not for itself.
        let address = HERE.try_with(|here| {
            let own = &here[call as usize];
            own.set(own.get() + 1);
            ptr::from_ref(here).addr()
        });
        let address = address.unwrap_or(0);
        // Threads' locals lie whole pages apart, at distances that are rarely powers of two.
        let shard = ((address >> 12) ^ (address >> 16) ^ (address >> 20)) % SHARDS;
        self.shards[shard].0[call as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Counts {
        let mut counts = Counts::default();
        for shard in &self.shards {
            for (sum, count) in counts.0.iter_mut().zip(&shard.0) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        counts
    }

    pub(crate) fn reset(&self) {
        for count in self.shards.iter().flat_map(|shard| &shard.0) {
            count.store(0, Ordering::Relaxed);
        }
    }
}
