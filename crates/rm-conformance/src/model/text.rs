//! Traces as text, one operation a line.

use std::{error::Error, fmt, str::FromStr};

use rm_alloc_core::TilingClass;

use super::{Failure, Operation, Trace, Wanted, What, Wish};

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operations.iter().try_for_each(|operation| writeln!(f, "{operation}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after operation {}: {}", self.operation, self.message)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocate(wanted) => write!(f, "{wanted}"),
            Self::Free { slot } => write!(f, "free {slot}"),
            Self::Write { slot, seed } => write!(f, "write {slot} {seed}"),
            Self::Verify { slot } => write!(f, "verify {slot}"),
            Self::Trim { heap, keep } => write!(f, "trim {heap} {keep}"),
            Self::VerifyAll => f.write_str("verify-all"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, what, size, alignment, memory_type, wish, map, label } = self;
        let what = WHATS.iter().find(|(_, known)| known == what).map_or("?", |(name, _)| name);
        write!(f, "allocate {slot} {what} {size} align {alignment} type {memory_type}")?;
        match wish {
            Wish::No => {}
            Wish::Prefer => f.write_str(" prefer")?,
            Wish::Require => f.write_str(" require")?,
        }
        f.write_str(if *map { " map" } else { "" })?;
        f.write_str(if *label { " label" } else { "" })
    }
}

const WHATS: [(&str, What); 6] = [
    ("buffer", What::Buffer),
    ("image", What::Image),
    ("mixed", What::Mixed),
    ("linear", What::Raw(TilingClass::Linear)),
    ("optimal", What::Raw(TilingClass::Optimal)),
    ("raw", What::Raw(TilingClass::Mixed)),
];

/// A line of a trace that says nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TraceError {
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the trace is no operation", self.line)
    }
}

impl Error for TraceError {}

impl FromStr for Trace {
    type Err = TraceError;

    /// Reads what [`Display`](fmt::Display) writes; blank lines and space around a line do not count.
    fn from_str(text: &str) -> Result<Self, TraceError> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let operations = lines.map(|(line, text)| {
            let words: Vec<_> = text.split_whitespace().collect();
            operation(&words).ok_or(TraceError { line })
        });
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }
}

fn operation(words: &[&str]) -> Option<Operation> {
    Some(match words {
        ["free", slot] => Operation::Free { slot: slot.parse().ok()? },
        ["write", slot, seed] => {
            Operation::Write { slot: slot.parse().ok()?, seed: seed.parse().ok()? }
        }
        ["verify", slot] => Operation::Verify { slot: slot.parse().ok()? },
        ["trim", heap, keep] => {
            Operation::Trim { heap: heap.parse().ok()?, keep: keep.parse().ok()? }
        }
        ["verify-all"] => Operation::VerifyAll,
        ["allocate", slot, what, size, "align", alignment, "type", memory_type, rest @ ..] => {
            let (_, what) = WHATS.iter().find(|(name, _)| name == what)?;
            let mut wanted = Wanted {
                slot: slot.parse().ok()?,
                what: *what,
                size: size.parse().ok()?,
                alignment: alignment.parse().ok()?,
                memory_type: memory_type.parse().ok()?,
                wish: Wish::No,
                map: false,
                label: false,
            };
            for word in rest {
                match *word {
                    "prefer" => wanted.wish = Wish::Prefer,
                    "require" => wanted.wish = Wish::Require,
                    "map" => wanted.map = true,
                    "label" => wanted.label = true,
                    _ => return None,
                }
            }
            Operation::Allocate(wanted)
        }
        _ => return None,
    })
}
