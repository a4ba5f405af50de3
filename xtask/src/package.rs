//! `cargo xtask package`: every published crate as the registry would get it, built from that.
//!
//! Cargo packs them in the order of their dependencies and lets each find the ones before it, so that what a manifest
//! leaves out shows here and not on the day of the release.

use std::{
    fs, process,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{failure::Failure, workspace};

/// Packs and builds all published crates.
///
/// # Errors
///
/// [`Failure::Check`] if one does not pack, or does not build from its package.
pub(crate) fn run() -> Result<(), Failure> {
    // A folder of its own, because cargo remembers what it unpacked by the folder's path and the crate's version alone.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = workspace::root().join(format!("target/package-{}-{now}", process::id()));
    let mut package = workspace::cargo(["package", "--allow-dirty", "--target-dir"]);
    package.arg(&folder);
    for published in workspace::published(&workspace::metadata()?) {
        package.arg("--package").arg(published.name.as_str());
    }
    let packed = workspace::run(&mut package);
    // What is left behind costs space and nothing else.
    let _left = fs::remove_dir_all(folder);
    packed
}
