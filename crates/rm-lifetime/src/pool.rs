//! Buffers and images that come back: the same description, the same object, once the device is done with it.

mod buffer;
mod lent;
mod shelf;
mod store;
mod texture;

pub use self::{
    buffer::{BufferPool, PooledBuffer},
    texture::{PooledTexture, TexturePool},
};
use crate::Tally;

/// How much a pool keeps for nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct PoolConfig {
    /// Most bytes of spares together.
    pub max_spare_bytes: u64,
    /// Most spares; they are looked through one by one, so that hundreds are fine and hundreds of thousands are not.
    pub max_spares: u32,
}

impl PoolConfig {
    /// Most bytes of spares, unless set.
    pub const SPARE_BYTES: u64 = 256 << 20;

    /// Most spares, unless set.
    pub const SPARES: u32 = 128;

    /// Sets most bytes of spares together.
    pub fn max_spare_bytes(mut self, bytes: u64) -> Self {
        self.max_spare_bytes = bytes;
        self
    }

    /// Sets how many spares there may be.
    pub fn max_spares(mut self, count: u32) -> Self {
        self.max_spares = count;
        self
    }
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { max_spare_bytes: Self::SPARE_BYTES, max_spares: Self::SPARES }
    }
}

/// What a pool holds, and how well it served. All of it is charged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PoolStatistics {
    /// Lent to somebody.
    pub live: Tally,
    /// Given back, while the device may still use them.
    pub in_flight: Tally,
    /// Ready for whoever asks for the same.
    pub spares: Tally,
    /// Times that a spare served.
    pub hits: u64,
    /// Times that something had to be made.
    pub misses: u64,
    /// Times that something was made that never comes back here; it is counted nowhere else.
    pub bypassed: u64,
}
