//! The counting mode's buffers, which are nothing but numbers.
//!
//! Vulkan lets a non-dispatchable handle encode its object instead of naming one, and that is what a counting device
//! does: a buffer's handle is its class (usage and flags) and its size. Making, asking, binding and destroying one is a
//! counter each and some arithmetic; no lock, no memory of its own, no two buffers told apart if they are alike.
//! What does not fit the encoding (chains, sizes beyond limits) goes the ordinary way.
//!
//! # Protocol
//!
//! A class is a slot of a fixed table, found by hashing and probing. A slot is written once, under the mutex: first its
//! figures, then its key with `Release`. Whoever finds the key with `Acquire` sees the figures; whoever holds a handle
//! got it from such a thread, in whatever way handles travel between threads, and reads them with `Relaxed`. Slots are never emptied.

pub(crate) mod commands;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ash::vk;

use crate::{
    Profile,
    calls::create,
    requirements::{BufferShape, Needs, buffer_needs},
};

const SLOTS: usize = 128;
const PROBES: usize = 8;
/// Set in every handle that encodes a buffer, and in none that names an object.
const ENCODED: u64 = 1 << 63;
const SIZE_BITS: u32 = 56;
const LARGEST: u64 = (1 << SIZE_BITS) - 1;
/// What every counted buffer answers when asked for its address.
const ADDRESS: vk::DeviceAddress = 1 << 40;

/// The classes of buffers that a device has met.
#[derive(Debug)]
pub(crate) struct Classes {
    slots: [Slot; SLOTS],
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Slot {
    // Invariant: zero until the figures are written, then `key_of` its usage and flags for ever.
    key: AtomicU64,
    /// Sizes are multiples of this power of two, less one.
    round: AtomicU64,
    /// Alignment in the upper half, memory types in the lower.
    place: AtomicU64,
    /// The size from which memory of its own is preferred.
    dedicated_from: AtomicU64,
}

impl Classes {
    pub(crate) fn new() -> Self {
        Self { slots: std::array::from_fn(|_| Slot::default()), writing: Mutex::new(()) }
    }

    /// The handle of such a buffer, if it can be encoded.
    #[inline]
    fn encode(&self, profile: &Profile, info: &vk::BufferCreateInfo<'_>) -> Option<u64> {
        let size = info.size;
        if size == 0 || size > profile.limits.max_buffer_size.min(LARGEST) || !info.p_next.is_null()
        {
            return None;
        }
        let key = key_of(info);
        let first = hash(key);
        for probe in 0..PROBES {
            let slot = (first + probe) % SLOTS;
            match self.slots[slot].key.load(Ordering::Acquire) {
                found if found == key => return Some(encoded(slot, size)),
                0 => return self.enter(profile, info).map(|slot| encoded(slot, size)),
                _ => {}
            }
        }
        None
    }

    /// What the memory of an encoded buffer must be.
    #[inline]
    fn needs(&self, handle: u64) -> Needs {
        let slot = &self.slots[(handle >> SIZE_BITS) as usize % SLOTS];
        let round = slot.round.load(Ordering::Relaxed);
        let place = slot.place.load(Ordering::Relaxed);
        let size = ((handle & LARGEST) + round) & !round;
        Needs {
            size,
            alignment: place >> 32,
            memory_type_bits: lower_half(place),
            prefers_dedicated: size >= slot.dedicated_from.load(Ordering::Relaxed),
            requires_dedicated: false,
        }
    }

    /// Fills a slot for a class that was not met before.
    #[cold]
    fn enter(&self, profile: &Profile, info: &vk::BufferCreateInfo<'_>) -> Option<usize> {
        create::buffer_shape(profile, info).ok()?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key_of(info);
        let mut probes = (0..PROBES).map(|probe| (hash(key) + probe) % SLOTS);
        let slot = probes.find(|slot| {
            let found = self.slots[*slot].key.load(Ordering::Relaxed);
            found == key || found == 0
        })?;
        let shape = |size| BufferShape { size, usage: info.usage, flags: info.flags };
        let (small, large) =
            (buffer_needs(profile, &shape(1)), buffer_needs(profile, &shape(1 << 30)));
        if small.requires_dedicated || !small.size.is_power_of_two() || small.alignment >> 32 != 0 {
            return None;
        }
        let dedicated_from = match (small.prefers_dedicated, large.prefers_dedicated) {
            (true, _) => 0,
            (false, false) => u64::MAX,
            (false, true) => profile.rules.buffers.dedicated_from.unwrap_or(u64::MAX),
        };
        let place = small.alignment << 32 | u64::from(small.memory_type_bits);
        let found = &self.slots[slot];
        found.round.store(small.size - 1, Ordering::Relaxed);
        found.place.store(place, Ordering::Relaxed);
        found.dedicated_from.store(dedicated_from, Ordering::Relaxed);
        found.key.store(key, Ordering::Release);
        Some(slot)
    }
}

/// Whether a handle encodes a buffer.
#[inline]
pub(crate) fn is_encoded(handle: u64) -> bool {
    handle & ENCODED != 0
}

fn encoded(slot: usize, size: u64) -> u64 {
    ENCODED | (slot as u64) << SIZE_BITS | size
}

/// Usage and flags; the top bit, which no flag has, tells it from an empty slot.
fn key_of(info: &vk::BufferCreateInfo<'_>) -> u64 {
    ENCODED | u64::from(info.flags.as_raw()) << 32 | u64::from(info.usage.as_raw())
}

fn hash(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "cut on purpose")]
fn lower_half(word: u64) -> u32 {
    word as u32
}
