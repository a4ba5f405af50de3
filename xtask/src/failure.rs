//! How a task fails, and the exit code that says so.

use std::fmt;

/// The reason a task did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A check found something: exit code 1.
    Check(String),
    /// A program that speaks for itself ended with this exit code; nothing is added.
    Exit(u8),
    /// Wrong usage, or something this task needs is not here: exit code 2.
    Prerequisite(String),
}

impl Failure {
    /// A missing prerequisite, from an error and what was being done.
    pub(crate) fn prerequisite(doing: &str, error: impl fmt::Display) -> Self {
        Self::Prerequisite(format!("{doing}: {error}"))
    }

    /// The exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Check(_) => 1,
            Self::Exit(code) => *code,
            Self::Prerequisite(_) => 2,
        }
    }

    /// What to print, unless somebody else already did.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Check(message) | Self::Prerequisite(message) => Some(message),
            Self::Exit(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(message) => f.write_str(message),
            None => write!(f, "exit code {}", self.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn exit_codes_tell_a_finding_from_a_missing_prerequisite() {
        assert_eq!(Failure::Check("a".into()).code(), 1);
        assert_eq!(Failure::prerequisite("opening", "no such file").code(), 2);
        assert_eq!(Failure::Exit(7).code(), 7);
        assert_eq!(Failure::Exit(7).message(), None);
    }
}
