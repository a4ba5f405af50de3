//! State flags and generation packed into one word, so that a change is a single store.
//!
//! The low 8 bits are the [`ResourceState`], the upper 56 bits are the generation.

use crate::ResourceState;

/// Bits that the flags take; the generation starts above them.
const FLAG_BITS: u32 = 8;
/// One step of the generation.
const STEP: u64 = 1 << FLAG_BITS;
/// Clear while the generation is in its lower half, from where one step cannot reach the end.
const HIGH: u64 = 1 << 63;

/// Flags that speak about the value at hand, so that a new value makes them wrong.
const ABOUT_THE_VALUE: ResourceState = ResourceState::OUTDATED
    .union(ResourceState::STALE)
    .union(ResourceState::PENDING)
    .union(ResourceState::FAILED);

/// Flags and generation of an `Rm`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Word {
    // Invariant: the generation is 0 only if it was never bumped, and no flag unknown to `ResourceState` is set.
    bits: u64,
}

impl Word {
    /// No flags, generation 0.
    pub(crate) const EMPTY: Self = Self { bits: 0 };
    /// The word of a resource that was given its first value.
    pub(crate) const FIRST: Self = Self { bits: STEP | flag_bits(ResourceState::READY) };

    /// The same word without the flags in `clear`, then with those in `insert`.
    #[inline]
    pub(crate) const fn with(self, clear: ResourceState, insert: ResourceState) -> Self {
        Self { bits: (self.bits & !flag_bits(clear)) | flag_bits(insert) }
    }

    /// The word after a new value, or `None` if the resource is locked.
    #[inline]
    pub(crate) const fn refilled(self) -> Option<Self> {
        // One test asks both whether there is a lock and whether the generation may start again;
        // that makes `Rm::set` as cheap as `Option::replace`.
        if self.bits & (flag_bits(ResourceState::LOCKED) | HIGH) != 0 {
            return self.refilled_carefully();
        }
        Some(Self { bits: self.filled().bits + STEP })
    }

    /// What [`refilled`](Self::refilled) leaves out of line.
    #[cold]
    #[inline(never)]
    const fn refilled_carefully(self) -> Option<Self> {
        if self.has_any(ResourceState::LOCKED) { None } else { Some(self.filled().bumped()) }
    }

    /// The same generation, with the flags of a value that is there and usable.
    #[inline]
    pub(crate) const fn filled(self) -> Self {
        self.with(ABOUT_THE_VALUE, ResourceState::READY)
    }

    /// The same flags, one generation later.
    #[inline]
    pub(crate) const fn bumped(self) -> Self {
        match self.bits.checked_add(STEP) {
            Some(bits) => Self { bits },
            // Generation 0 means "never set", so the counter starts again at 1.
            None => Self { bits: STEP | (self.bits & (STEP - 1)) },
        }
    }

    #[inline]
    pub(crate) const fn has_any(self, flags: ResourceState) -> bool {
        self.bits & flag_bits(flags) != 0
    }

    #[inline]
    pub(crate) const fn flags(self) -> ResourceState {
        let [low, ..] = self.bits.to_le_bytes();
        ResourceState::from_bits_truncate(low)
    }

    #[inline]
    pub(crate) const fn generation(self) -> u64 {
        self.bits >> FLAG_BITS
    }
}

#[inline]
const fn flag_bits(flags: ResourceState) -> u64 {
    // `u64::from` is not const.
    flags.bits() as u64
}

#[cfg(test)]
mod tests;
