//! `cargo xtask msrv`: the published crates compile with the oldest supported toolchain.

use std::{env, process::Command};

use crate::{failure::Failure, workspace};

/// Checks every published library, if the running compiler is the one to check with.
///
/// # Errors
///
/// [`Failure::Prerequisite`] with the command to run instead, [`Failure::Check`] if a crate does
/// not compile.
pub(crate) fn run() -> Result<(), Failure> {
    let metadata = workspace::metadata()?;
    let packages = workspace::published(&metadata);
    let wanted = packages.iter().filter_map(|it| it.rust_version.as_ref()).max();
    let wanted = wanted
        .map(|version| format!("{}.{}", version.major, version.minor))
        .ok_or_else(|| Failure::Prerequisite("no crate states a rust-version".into()))?;
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let running = workspace::output(Command::new(compiler).arg("--version"))?;
    if minor(&running).as_ref() != Some(&wanted) {
        return Err(Failure::Prerequisite(format!(
            "this is {}, not {wanted}: run `cargo +{wanted} xtask msrv`",
            running.trim()
        )));
    }
    let mut command = workspace::cargo(["check", "--lib", "--all-features"]);
    for package in packages {
        command.arg("--package").arg(package.name.as_str());
    }
    workspace::run(&mut command)
}

/// `1.88` of `rustc 1.88.0 (6b00bc388 2025-06-23)`.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.split_whitespace().nth(1)?.split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn the_minor_version_of_a_compiler_is_read_from_what_it_says() {
        assert_eq!(minor("rustc 1.88.0 (6b00bc388 2025-06-23)").as_deref(), Some("1.88"));
        assert_eq!(minor("rustc 1.97.0-nightly").as_deref(), Some("1.97"));
        assert_eq!(minor("no version"), None);
    }
}
