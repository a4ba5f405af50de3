//! `cargo xtask asan`: the tests of the crates that hold raw memory, under AddressSanitizer.
//!
//! Every access of theirs is checked against what is allocated at that moment; C++ in tests is left as it is.

use std::{env, ffi::OsString, process::Command};

use crate::{failure::Failure, workspace};

/// The packages with raw memory, or with unsafe protocols.
const PACKAGES: &[&str] =
    &["rm-alloc-core", "rm-alloc-native", "rm-lifetime", "rm-rendergraph-bridge", "rm-vksim"];
/// Long runs of other people's allocators, which are not instrumented.
const SKIPPED: &str = "peers::";
/// What is forgotten leaks on purpose: resources that the device may still use, what a panic has thrown. Ledgers and the
/// oracle count what matters. And a test asks for more memory than there is, which has to fail and not to end the process.
const OPTIONS: &str = "detect_leaks=0:allocator_may_return_null=1";

/// Builds into a folder of its own, since the flag changes everything, and runs the tests.
///
/// # Errors
///
/// [`Failure::Prerequisite`] on other systems than Linux, [`Failure::Check`] if a test fails or touches what it must not.
pub(crate) fn run() -> Result<(), Failure> {
    let host = host()?;
    if !host.contains("-linux-gnu") {
        return Err(Failure::Prerequisite(format!(
            "AddressSanitizer is set up for Linux with glibc, and this is {host}"
        )));
    }
    // With a target, build scripts and macros are compiled without the sanitizer.
    let mut test = workspace::cargo(["test", "--lib", "--tests", "--target", &host]);
    for package in PACKAGES {
        test.args(["--package", package]);
    }
    test.args(["--", "--skip", SKIPPED]);
    // The flag is unstable; every toolchain has it.
    test.env("RUSTC_BOOTSTRAP", "1");
    test.env("RUSTFLAGS", "-Zsanitizer=address");
    test.env("ASAN_OPTIONS", options(env::var_os("ASAN_OPTIONS")));
    test.env("CARGO_TARGET_DIR", workspace::root().join("target/asan"));
    workspace::run(&mut test)
}

/// Ours, and behind them what the environment says, so that it wins.
fn options(given: Option<OsString>) -> OsString {
    let mut options = OsString::from(OPTIONS);
    if let Some(given) = given {
        options.push(":");
        options.push(given);
    }
    options
}

/// The triple of this machine.
fn host() -> Result<String, Failure> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = workspace::output(Command::new(compiler).arg("-vV"))?;
    host_of(&version).ok_or_else(|| Failure::Prerequisite("rustc names no host".into()))
}

fn host_of(version: &str) -> Option<String> {
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{PACKAGES, host_of, options};
    use crate::workspace;

    #[test]
    fn the_host_is_read_from_what_the_compiler_says() {
        let version = "rustc 1.95.0 (1 2)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n";
        assert_eq!(host_of(version).as_deref(), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(host_of("rustc 1.95.0"), None);
    }

    #[test]
    fn options_of_the_environment_come_last() {
        let given = options(Some("detect_leaks=1".into()));
        assert!(given.to_string_lossy().ends_with(":detect_leaks=1"), "{given:?}");
        assert!(!options(None).to_string_lossy().ends_with(':'));
    }

    #[test]
    fn every_package_is_of_this_workspace() {
        let metadata = workspace::metadata().unwrap();
        for package in PACKAGES {
            let mut all = metadata.workspace_packages().into_iter();
            assert!(all.any(|it| it.name.as_str() == *package), "{package}");
        }
    }
}
