//! `cargo xtask loom`: explores every interleaving of the protocols that threads share.
//!
//! Models are unit tests in modules called `model`, compiled with `--cfg loom` alone, and optimised, because there are
//! thousands of runs of each.

use crate::{failure::Failure, workspace};

/// The packages that have models.
const PACKAGES: &[&str] =
    &["rm-alloc-core", "rm-alloc-native", "rm-lifetime", "rm-rendergraph-bridge", "rm-suballoc"];

/// Builds into a folder of its own, since the flag changes everything, and runs the models.
///
/// # Errors
///
/// [`Failure::Check`] if a model finds an interleaving that breaks a promise.
pub(crate) fn run() -> Result<(), Failure> {
    let mut test = workspace::cargo(["test", "--release", "--lib"]);
    for package in PACKAGES {
        test.args(["--package", package]);
    }
    test.args(["--", "model::"]);
    test.env("RUSTFLAGS", "--cfg loom");
    test.env("CARGO_TARGET_DIR", workspace::root().join("target/loom"));
    workspace::run(&mut test)
}
