//! `cargo xtask check`: every library type-checks, for systems on which the tests do not run.

use crate::{failure::Failure, workspace};

/// `cargo check` of all libraries.
///
/// # Errors
///
/// [`Failure::Check`] if one does not compile.
pub(crate) fn run() -> Result<(), Failure> {
    workspace::run(&mut workspace::cargo(["check", "--workspace", "--lib", "--all-features"]))
}
