//! `cargo xtask bench`: builds the benches as they are measured, chooses the driver, passes everything else on.

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use cargo_metadata::Message;

use crate::{
    failure::Failure,
    setup::{Driver, Setup},
    workspace,
};

/// What a device's name begins with that is simulated, and needs no driver.
const SIMULATED: &str = "sim:";
/// The device that stands for the best driver's.
const ANY: &str = "real";

/// Runs the program with `arguments` and ends with its exit code.
///
/// # Errors
///
/// [`Failure::Exit`] with the program's code if that is not 0, [`Failure::Check`] if it does not build.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let program = build()?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace::root());
    if let Some(device) = driver_wanted(arguments) {
        let setup = Setup::find(false)?;
        let wanted = |driver: &&Driver| device == ANY || driver.has(&device);
        if let Some(driver) = setup.drivers.iter().find(wanted) {
            driver.apply(&mut command);
        }
    }
    let status = command.status().map_err(|error| Failure::prerequisite("rm-bench", error))?;
    // A program that a signal ended has no code, and has failed.
    match status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)) {
        0 => Ok(()),
        code => Err(Failure::Exit(code)),
    }
}

/// The device of a driver that the arguments name, if they do: `price` takes the best one unasked.
fn driver_wanted(arguments: &[OsString]) -> Option<String> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let after = words.iter().position(|word| word == "--device").and_then(|at| words.get(at + 1));
    let joined = words.iter().find_map(|word| word.strip_prefix("--device="));
    let named = after.map(|word| word.to_string()).or_else(|| joined.map(str::to_owned));
    let unasked = words.first().filter(|task| *task == "price").map(|_| ANY.to_owned());
    named.or(unasked).filter(|device| !device.starts_with(SIMULATED))
}

/// Builds the program with the profile of benches: one unit, so that instructions do not depend on how a crate is cut up.
fn build() -> Result<PathBuf, Failure> {
    let mut command = workspace::cargo(["build", "--profile=bench", "--quiet"]);
    command.args(["--package=rm-bench", "--bin=rm-bench"]);
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().map_err(|error| Failure::prerequisite("cargo build", error))?;
    if !output.status.success() {
        return Err(Failure::Check("rm-bench does not build".to_owned()));
    }
    let messages = Message::parse_stream(output.stdout.as_slice()).flatten();
    let mut programs = messages.filter_map(|message| match message {
        Message::CompilerArtifact(artifact) => artifact.executable,
        _ => None,
    });
    let program = programs.next().map(PathBuf::from);
    program.ok_or_else(|| Failure::Check("cargo built rm-bench without a program".to_owned()))
}
