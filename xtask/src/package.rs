//! `cargo xtask package`: every published crate as the registry would get it, built from that.
//!
//! Cargo packs them in the order of their dependencies and lets each find the ones before it, so that what a manifest
//! leaves out shows here and not on the day of the release.

use crate::{failure::Failure, workspace};

/// Packs and builds all published crates.
///
/// # Errors
///
/// [`Failure::Check`] if one does not pack, or does not build from its package.
pub(crate) fn run() -> Result<(), Failure> {
    let mut package = workspace::cargo(["package", "--allow-dirty"]);
    for published in workspace::published(&workspace::metadata()?) {
        package.arg("--package").arg(published.name.as_str());
    }
    workspace::run(&mut package)
}
