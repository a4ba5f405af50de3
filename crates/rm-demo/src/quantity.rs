//! Numbers of bytes as people type them: `65536`, `512MiB`, `2G`.

/// Bytes that each unit stands for, by its first letter.
const UNITS: [(u8, u64); 3] = [(b'k', 1 << 10), (b'm', 1 << 20), (b'g', 1 << 30)];

/// The reason why a text is no number of bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// It does not begin with a whole number.
    #[error("not a whole number of bytes")]
    NoNumber,
    /// The number is one, and what follows it is no unit.
    #[error("unknown unit; there are KiB, MiB and GiB, and K, M and G for short")]
    UnknownUnit,
    /// There are not so many bytes.
    #[error("more bytes than 64 bits can count")]
    TooLarge,
}

/// Understands a whole number with a unit of bytes, in any case, or without one.
pub(crate) fn bytes(text: &str) -> Result<u64, QuantityError> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(QuantityError::NoNumber);
    }
    // Nothing but digits, so only their number can be wrong.
    let number: u64 = number.parse().map_err(|_| QuantityError::TooLarge)?;
    number.checked_mul(factor(unit.trim_start())?).ok_or(QuantityError::TooLarge)
}

fn factor(unit: &str) -> Result<u64, QuantityError> {
    let unit = unit.to_ascii_lowercase();
    match *unit.as_bytes() {
        [] | [b'b'] => Ok(1),
        [letter] | [letter, b'i', b'b'] => {
            let known = UNITS.iter().find(|(known, _)| *known == letter);
            known.map(|(_, bytes)| *bytes).ok_or(QuantityError::UnknownUnit)
        }
        _ => Err(QuantityError::UnknownUnit),
    }
}

#[cfg(test)]
mod tests {
    use super::{QuantityError, bytes};

    #[test]
    fn units_are_powers_of_two_in_any_case() {
        let same =
            [("3072", "3K"), ("3 KiB", "3k"), ("5MiB", "5m"), ("7GiB", "7 gib"), ("9", "9B")];
        for (one, other) in same {
            assert_eq!(bytes(one), bytes(other), "{one} and {other}");
        }
        assert_eq!(bytes("3KiB"), Ok(3 << 10));
        assert_eq!(bytes("5M"), Ok(5 << 20));
        assert_eq!(bytes("7GiB"), Ok(7 << 30));
        assert_eq!(bytes("0"), Ok(0));
        assert_eq!(bytes("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn nonsense_is_told_apart() {
        for text in ["", "MiB", "-1", "+1", "many", ".5G"] {
            assert_eq!(bytes(text), Err(QuantityError::NoNumber), "{text}");
        }
        for text in ["1.5GiB", "0x10", "1 KB", "1TiB", "1 Ki", "1_000", "1MiBs", "1\u{b5}"] {
            assert_eq!(bytes(text), Err(QuantityError::UnknownUnit), "{text}");
        }
        for text in ["18446744073709551616", "17179869184GiB"] {
            assert_eq!(bytes(text), Err(QuantityError::TooLarge), "{text}");
        }
    }
}
