//! Seeds on the command line.

use std::{num::ParseIntError, str::FromStr};

/// A list of seeds, read from `3,7,100..200`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seeds(pub Vec<u64>);

impl FromStr for Seeds {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut seeds = Vec::new();
        for part in text.split(',').map(str::trim) {
            match part.split_once("..") {
                Some((first, end)) => seeds.extend(first.parse::<u64>()?..end.parse::<u64>()?),
                None => seeds.push(part.parse()?),
            }
        }
        Ok(Self(seeds))
    }
}

#[cfg(test)]
mod tests {
    use super::Seeds;

    #[test]
    fn lists_and_ranges_are_read() {
        assert_eq!("3,7..9, 20".parse(), Ok(Seeds(vec![3, 7, 8, 20])));
        assert!("3..x".parse::<Seeds>().is_err());
    }
}
