//! Installing packages of Debian and Ubuntu.

use std::process::Command;

use super::{Piece, System};
use crate::{failure::Failure, workspace};

/// Installs the packages of `missing`.
///
/// # Errors
///
/// [`Failure::Prerequisite`] on another system, without the rights, or with what apt said.
pub(crate) fn install(system: &System, missing: &[Piece]) -> Result<(), Failure> {
    let names: Vec<&str> = missing.iter().map(|piece| piece.name()).collect();
    if !matches!(system, System::Debian { .. }) {
        let (names, advice) = (names.join(", "), system.advice(missing));
        return Err(Failure::Prerequisite(format!(
            "`--install` knows only Debian and Ubuntu; missing: {names}; {advice}"
        )));
    }
    let packages = missing.iter().filter_map(|it| system.packages(*it));
    let packages: Vec<&str> = packages.flat_map(str::split_whitespace).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let prefix = rights(&packages)?;
    println!("installing {}", packages.join(" "));
    // Lists may be old or absent. If one of several archives fails, the packages may still be had.
    if let Err(failure) = workspace::output(&mut apt(&prefix, &["update", "-qq"])) {
        eprintln!("xtask: {failure}");
    }
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    workspace::output(&mut apt(&prefix, &arguments)).map(|_| ())
}

/// What to put before `apt-get`: nothing for root, else sudo that asks no questions.
fn rights(packages: &[&str]) -> Result<Vec<&'static str>, Failure> {
    let user = workspace::output(Command::new("id").arg("-u")).unwrap_or_default();
    if user.trim() == "0" {
        return Ok(Vec::new());
    }
    if workspace::output(Command::new("sudo").args(["-n", "true"])).is_ok() {
        return Ok(vec!["sudo", "-n"]);
    }
    let packages = packages.join(" ");
    Err(Failure::Prerequisite(format!(
        "installing needs root and `sudo -n` does not work: run `apt-get install {packages}` as root"
    )))
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Command {
    let mut words = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(arguments);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}
