//! Random numbers that are the same on every machine and for ever.
//!
//! Whole numbers only: a logarithm of the C library may differ in its last bit, and one size that differs changes counters.

/// A splitmix64 generator (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The bias is of the order of `end / 2^64`, and the same everywhere.
        let wide = u128::from(self.next()) * u128::from(end);
        (wide >> 64) as u64
    }

    /// An index below `end`, which is not zero.
    pub(crate) fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or(0)
    }

    /// A size between two powers of two: every doubling is as likely as any other, sizes within one are equally likely.
    ///
    /// A multiple of 16, as drivers report sizes.
    pub(crate) fn size(&mut self, least: u64, most: u64) -> u64 {
        let octaves = u64::from(most.ilog2() - least.ilog2());
        let start = least << self.below(octaves);
        (start + self.below(start)).next_multiple_of(16)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, published);
    }

    #[test]
    fn sizes_fill_every_octave_evenly_and_stay_between_their_bounds() {
        let mut random = Random::new(7);
        let mut octaves = [0_u32; 14];
        for _ in 0..14_000 {
            let size = random.size(256, 4 << 20);
            assert!((256..=4 << 20).contains(&size) && size.is_multiple_of(16), "{size}");
            // Rounding up may reach the next power of two.
            octaves[(size.ilog2() - 8).min(13) as usize] += 1;
        }
        assert!(octaves.iter().all(|count| (850..1150).contains(count)), "{octaves:?}");
    }
}
