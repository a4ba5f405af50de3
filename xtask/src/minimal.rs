//! `cargo xtask minimal`: the published crates compile with the lowest direct dependencies that
//! their manifests allow.
//!
//! Works on a copy below `target/minimal`, since the lowest versions belong into no lock file.
//! The copy has no dev-dependencies: who depends on a crate does not resolve those.

use std::{fs, io, path::Path};

use crate::{failure::Failure, workspace};

/// What of the repository the copy needs.
const PARTS: &[&str] = &["Cargo.toml", "crates/", "xtask/"];

/// Copies, resolves to the lowest versions, checks.
///
/// # Errors
///
/// [`Failure::Check`] if the versions do not resolve or a crate does not compile with them.
pub(crate) fn run() -> Result<(), Failure> {
    let root = workspace::root();
    let copy = root.join("target/minimal");
    copy_sources(&root, &copy).map_err(|error| Failure::prerequisite("copying", error))?;
    let mut update = workspace::cargo(["update", "-Z", "direct-minimal-versions"]);
    // The flag is unstable; every toolchain has it, and only the resolver sees this variable.
    workspace::run(update.current_dir(&copy).env("RUSTC_BOOTSTRAP", "1"))?;
    let mut check = workspace::cargo(["check", "--lib", "--all-features", "--locked"]);
    check.current_dir(&copy).env("CARGO_TARGET_DIR", copy.join("target"));
    let metadata = workspace::metadata()?;
    for package in workspace::published(&metadata) {
        check.arg("--package").arg(package.name.as_str());
    }
    workspace::run(&mut check)
}

fn copy_sources(root: &Path, copy: &Path) -> io::Result<()> {
    for stale in ["Cargo.lock", "Cargo.toml"].map(|name| copy.join(name)) {
        let _ = fs::remove_file(stale);
    }
    for stale in ["crates", "xtask"].map(|name| copy.join(name)) {
        let _ = fs::remove_dir_all(stale);
    }
    let files = workspace::files(root);
    for file in files.iter().filter(|file| PARTS.iter().any(|part| file.starts_with(part))) {
        let to = copy.join(file);
        fs::create_dir_all(to.parent().unwrap_or(copy))?;
        if file.ends_with("Cargo.toml") {
            fs::write(to, without_dev_dependencies(&fs::read_to_string(root.join(file))?))?;
        } else {
            fs::copy(root.join(file), to)?;
        }
    }
    Ok(())
}

/// A manifest without its `[dev-dependencies]` tables.
fn without_dev_dependencies(manifest: &str) -> String {
    let mut keep = true;
    let kept = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            keep = !line.contains("dev-dependencies");
        }
        keep
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::without_dev_dependencies;

    #[test]
    fn only_dev_dependencies_are_left_out() {
        let manifest = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"2\"\n\n[lints]\nc = 3\n\
                        [target.'cfg(unix)'.dev-dependencies]\nd = \"4\"\n";
        assert_eq!(
            without_dev_dependencies(manifest),
            "[dependencies]\na = \"1\"\n[lints]\nc = 3\n"
        );
    }
}
