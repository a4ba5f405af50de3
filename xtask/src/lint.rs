//! `cargo xtask lint`: everything that is checked without a device.

use std::process::Command;

use crate::{failure::Failure, layers, tidy, workspace};

/// Formatting, clippy, documentation, layers, tidy.
///
/// # Errors
///
/// The first failure.
pub(crate) fn run() -> Result<(), Failure> {
    format()?;
    clippy()?;
    documentation()?;
    layers::check(&workspace::metadata()?)?;
    tidy::check(&workspace::root())
}

/// rustfmt agrees with every file.
pub(crate) fn format() -> Result<(), Failure> {
    needs("fmt", "rustfmt")?;
    workspace::run(&mut workspace::cargo(["fmt", "--all", "--check"]))
}

/// clippy has nothing to say.
pub(crate) fn clippy() -> Result<(), Failure> {
    needs("clippy", "clippy")?;
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet"];
    workspace::run(workspace::cargo(arguments).args(["--", "-D", "warnings"]))
}

/// The documentation builds without a warning.
pub(crate) fn documentation() -> Result<(), Failure> {
    let arguments = ["doc", "--workspace", "--no-deps", "--all-features", "--quiet"];
    workspace::run(workspace::cargo(arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

fn needs(command: &str, component: &str) -> Result<(), Failure> {
    let mut version: Command = workspace::cargo([command, "--version"]);
    workspace::output(&mut version).map(|_| ()).map_err(|_| {
        Failure::Prerequisite(format!(
            "`cargo {command}` is missing: `rustup component add {component}`"
        ))
    })
}
