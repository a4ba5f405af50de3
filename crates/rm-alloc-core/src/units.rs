//! Byte counts for people.

use std::fmt;

/// A number of bytes that prints with a binary unit: `512 B`, `64 KiB`, `1.50 GiB`.
///
/// Whole multiples print without a fraction, everything else with two decimals.
///
/// ```
/// use rm_alloc_core::Bytes;
///
/// assert_eq!(Bytes(64 << 10).to_string(), "64 KiB");
/// assert_eq!(Bytes(3 << 29).to_string(), "1.50 GiB");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Bytes(
    /// The count.
    pub u64,
);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let Some(&(shift, unit)) = UNITS.iter().find(|(shift, _)| self.0 >> shift > 0) else {
            return write!(f, "{} B", self.0);
        };
        let (whole, rest) = (self.0 >> shift, self.0 & ((1 << shift) - 1));
        if rest == 0 {
            return write!(f, "{whole} {unit}");
        }
        // Hundredths, rounded down: a value just below a limit must not print as the limit.
        let hundredths = (u128::from(rest) * 100) >> shift;
        write!(f, "{whole}.{hundredths:02} {unit}")
    }
}
