//! Which functions are counted, and how often they were called.

use std::fmt;

macro_rules! calls {
    ($($call:ident),* $(,)?) => {
        /// A driver function that a memory library calls; its KHR alias counts as the same one.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Call {
            $(#[doc = concat!("`vk", stringify!($call), "`.")] $call,)*
        }

        impl Call {
            /// Every function that is counted.
            pub const ALL: &'static [Self] = &[$(Self::$call),*];
        }
    };
}

calls! {
    AllocateMemory,
    FreeMemory,
    MapMemory,
    UnmapMemory,
    FlushMappedMemoryRanges,
    InvalidateMappedMemoryRanges,
    CreateBuffer,
    DestroyBuffer,
    CreateImage,
    DestroyImage,
    GetBufferMemoryRequirements,
    GetImageMemoryRequirements,
    GetBufferMemoryRequirements2,
    GetImageMemoryRequirements2,
    GetDeviceBufferMemoryRequirements,
    GetDeviceImageMemoryRequirements,
    BindBufferMemory,
    BindImageMemory,
    BindBufferMemory2,
    BindImageMemory2,
    GetBufferDeviceAddress,
}

impl Call {
    /// Whether the function returns a code, and so can be made to fail.
    pub const fn can_fail(self) -> bool {
        matches!(
            self,
            Self::AllocateMemory
                | Self::MapMemory
                | Self::FlushMappedMemoryRanges
                | Self::InvalidateMappedMemoryRanges
                | Self::CreateBuffer
                | Self::CreateImage
                | Self::BindBufferMemory
                | Self::BindImageMemory
                | Self::BindBufferMemory2
                | Self::BindImageMemory2
        )
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vk{self:?}")
    }
}

/// How often one thread called each function.
///
/// Its `Debug` shows the functions that were called and leaves out the others.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Counts([u64; Call::ALL.len()]);

impl Counts {
    /// Nothing called.
    pub(super) const NONE: Self = Self([0; Call::ALL.len()]);

    /// What the calling thread has called so far.
    pub fn now() -> Self {
        super::thread::counts()
    }

    /// Notes one more call.
    pub(super) fn bump(&mut self, call: Call) {
        self.0[call as usize] += 1;
    }

    /// How often `call` was called.
    pub fn of(&self, call: Call) -> u64 {
        self.0[call as usize]
    }

    /// What came after `earlier`; zero for a function that was counted more often then.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = *self;
        for (count, earlier) in counts.0.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(earlier);
        }
        counts
    }

    /// All calls together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let called = Call::ALL.iter().filter(|call| self.of(**call) > 0);
        f.debug_map().entries(called.map(|call| (call, self.of(*call)))).finish()
    }
}
