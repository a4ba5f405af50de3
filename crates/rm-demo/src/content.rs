//! Bytes that follow from a seed, so that both ends of a journey know them without keeping them.
//!
//! Every eight bytes are a word of their own, mixed from the seed and their position; so any part can be
//! made alone, and bytes that land in the wrong place differ.

#[cfg(test)]
mod tests;

/// The odd number nearest to 2^64 divided by the golden ratio: multiples of it lie far apart.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// What one buffer or image holds from its first byte to its last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Content {
    seed: u64,
    bytes: u64,
}

/// Where a comparison failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Difference {
    /// How many bytes differ.
    pub count: u64,
    /// The offset in bytes of the first one.
    pub first: u64,
}

impl Content {
    /// The `bytes` bytes of the `number`th content that there is.
    pub(crate) fn new(number: u64, bytes: u64) -> Self {
        // Mixed, so that neighbours in number share no words.
        Self { seed: mix(number.wrapping_add(1)), bytes }
    }

    /// Size in bytes.
    pub(crate) fn bytes(self) -> u64 {
        self.bytes
    }

    /// Writes what belongs at `offset`, a multiple of eight bytes, to all of `into`.
    pub(crate) fn fill(self, offset: u64, into: &mut [u8]) {
        let (words, rest) = into.as_chunks_mut();
        let mut index = first_word(offset);
        for word in words {
            *word = self.word(index);
            index += 1;
        }
        let last = self.word(index);
        rest.copy_from_slice(&last[..rest.len()]);
    }

    /// Compares `found`, which was read from `offset`, a multiple of eight bytes.
    pub(crate) fn compare(self, offset: u64, found: &[u8]) -> Option<Difference> {
        let (words, rest) = found.as_chunks();
        let first = first_word(offset);
        // No branch within the loop: equal bytes are the rule, and have to pass fast.
        let different = (first..).zip(words).fold(0, |different, (index, word)| {
            different | (self.number(index) ^ u64::from_le_bytes(*word))
        });
        let last = self.word(first + words.len() as u64);
        if different == 0 && rest == &last[..rest.len()] {
            return None;
        }
        self.locate(offset, found)
    }

    /// The slow way, byte by byte, once it is known that some differ.
    fn locate(self, offset: u64, found: &[u8]) -> Option<Difference> {
        let mut expected = vec![0; found.len()];
        self.fill(offset, &mut expected);
        let pairs = (offset..).zip(found.iter().zip(&expected));
        pairs.filter(|(_, (found, expected))| found != expected).fold(None, |so_far, (at, _)| {
            let so_far = so_far.unwrap_or(Difference { count: 0, first: at });
            Some(Difference { count: so_far.count + 1, ..so_far })
        })
    }

    fn word(self, index: u64) -> [u8; 8] {
        self.number(index).to_le_bytes()
    }

    fn number(self, index: u64) -> u64 {
        mix(self.seed.wrapping_add(index.wrapping_mul(GOLDEN)))
    }
}

impl Difference {
    /// Both differences, of which `self` lies before `later`.
    pub(crate) fn and(self, later: Self) -> Self {
        Self { count: self.count + later.count, first: self.first }
    }
}

fn first_word(offset: u64) -> u64 {
    debug_assert!(offset.is_multiple_of(8), "content is cut between words only");
    offset / 8
}

/// The finaliser of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
