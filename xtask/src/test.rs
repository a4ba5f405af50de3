//! `cargo xtask test`: all tests on the newest driver, the device tests on every other one.

use std::{env, process::Command};

use crate::{
    failure::Failure,
    setup::{Driver, Setup},
    workspace,
};

/// Crates whose tests open a device.
const DEVICE_CRATES: &[&str] = &[
    "rm-alloc-core",
    "rm-alloc-direct",
    "rm-alloc-native",
    "rm-alloc-vma",
    "rm-lifetime",
    "rm-rendergraph-bridge",
    "rm-headless",
    "rm-demo",
    "rm-deferred-frame",
    "resource-management",
];
/// Turns "no device, skipped" into a failure, here and in the tests.
const REQUIRE: &str = "RM_REQUIRE_DEVICE";
/// Turns "no validation layer, unchecked" into a failure, in the tests.
const REQUIRE_VALIDATION: &str = "RM_REQUIRE_VALIDATION";

/// Runs the tests and prints one line a driver at the end.
///
/// # Errors
///
/// [`Failure::Check`] if a test fails, [`Failure::Prerequisite`] if a device is required and there
/// is none.
pub(crate) fn run(install: bool) -> Result<(), Failure> {
    let setup = Setup::find_for_tests(install)?;
    setup.print();
    let required = install || env::var(REQUIRE).is_ok_and(|value| value == "1");
    if let Some(advice) = setup.advice() {
        eprintln!("xtask: {advice}");
    }
    if required && setup.drivers.is_empty() {
        return Err(Failure::Prerequisite("no Vulkan device, and one is required".into()));
    }
    let demands = [(REQUIRE, required), (REQUIRE_VALIDATION, install)];
    let demands: Vec<&str> = demands
        .into_iter()
        .filter_map(|(variable, demanded)| demanded.then_some(variable))
        .collect();
    let mut results = Vec::new();
    let everything = ["test", "--workspace", "--all-features"].map(str::to_owned);
    let mut command = workspace::cargo(&everything);
    results.push(tested(&mut command, setup.drivers.first(), &demands, "the whole workspace"));
    for driver in setup.drivers.iter().skip(1) {
        let mut command = workspace::cargo(device_tests()?);
        results.push(tested(&mut command, Some(driver), &demands, "the device tests"));
    }
    println!();
    for (line, _) in &results {
        println!("{line}");
    }
    if results.iter().all(|(_, passed)| *passed) {
        Ok(())
    } else {
        Err(Failure::Check("tests failed".into()))
    }
}

/// The arguments that run the device tests of the crates that exist.
fn device_tests() -> Result<Vec<String>, Failure> {
    let metadata = workspace::metadata()?;
    let packages = metadata.workspace_packages();
    let here = packages.iter().map(|it| it.name.as_str()).filter(|it| DEVICE_CRATES.contains(it));
    let mut arguments = vec!["test".to_owned(), "--tests".to_owned(), "--all-features".to_owned()];
    arguments.extend(here.flat_map(|name| ["--package".to_owned(), name.to_owned()]));
    Ok(arguments)
}

fn tested(
    command: &mut Command,
    driver: Option<&Driver>,
    demands: &[&str],
    what: &str,
) -> (String, bool) {
    let on =
        driver.map_or_else(|| "no device: tests that need one skip".to_owned(), Driver::to_string);
    println!("\ntesting {what} on {on}");
    if let Some(driver) = driver {
        driver.apply(command);
    }
    command.envs(demands.iter().map(|variable| (variable, "1")));
    let result = workspace::run(command);
    let verdict = if result.is_ok() { "passed" } else { "FAILED" };
    (format!("{verdict}: {what} on {on}"), result.is_ok())
}

#[cfg(test)]
mod tests {
    use super::device_tests;

    #[test]
    fn device_tests_name_only_crates_of_this_workspace() {
        let arguments = device_tests().unwrap();
        assert!(arguments.iter().any(|it| it == "rm-alloc-direct"), "{arguments:?}");
        assert!(!arguments.iter().any(|it| it == "rm-state"), "{arguments:?}");
    }
}
