//! Numbers for tests: the same for a seed on every machine, for ever.

/// Marsaglia's xorshift, "Xorshift RNGs" (2003); the seed is its state, and never zero.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Less than `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An index below `end`.
    #[expect(clippy::cast_possible_truncation, reason = "it is below an index")]
    pub const fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }
}
