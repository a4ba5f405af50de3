//! `cargo xtask profile`: captures a device as JSON, on the driver that has it.
//!
//! The work is done by the example `capture` of rm-vksim, which can also be carried to another machine.

use std::{ffi::OsString, process::Command};

use crate::{
    failure::Failure,
    setup::{Driver, Setup},
    workspace,
};

/// What is captured.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Wish {
    /// Part of the name of a device or driver, in any case; the best device when absent.
    #[arg(long)]
    device: Option<String>,
    /// What the profile is called; its device's name when absent.
    #[arg(long)]
    name: Option<String>,
}

impl Wish {
    /// The driver with the device, or the best; none where there is no driver at all.
    fn choose<'a>(&self, drivers: &'a [Driver]) -> Option<&'a Driver> {
        let wanted = |driver: &&Driver| self.device.as_ref().is_none_or(|name| driver.has(name));
        // Without a fitting driver the program itself says what it has seen.
        drivers.iter().find(wanted).or_else(|| drivers.first())
    }

    fn arguments(&self) -> Vec<OsString> {
        let flags = [("--device", &self.device), ("--name", &self.name)];
        let given = flags.into_iter().filter_map(|(flag, value)| Some((flag, value.clone()?)));
        given.flat_map(|(flag, value)| [flag.into(), value.into()]).collect()
    }
}

/// Captures the device to standard output.
///
/// # Errors
///
/// [`Failure::Exit`] with the code of the program if that is not 0; [`Failure::Check`] if it does
/// not build.
pub(crate) fn run(wish: &Wish) -> Result<(), Failure> {
    let setup = Setup::find(false)?;
    if let Some(advice) = setup.advice() {
        eprintln!("xtask: {advice}");
    }
    // Built first and started apart: a driver's libraries are not for the compiler.
    let mut command =
        Command::new(workspace::build_program(&["--package=rm-vksim", "--example=capture"])?);
    command.args(wish.arguments());
    if let Some(driver) = wish.choose(&setup.drivers) {
        driver.apply(&mut command);
    }
    let status = command.status().map_err(|error| Failure::prerequisite("capture", error))?;
    match status.code() {
        Some(0) => Ok(()),
        code => Err(Failure::Exit(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::Wish;
    use crate::setup::{Device, Driver};

    fn driver(label: &str, name: &str) -> Driver {
        let device = Device { name: name.into(), kind: "cpu".into(), ..Device::default() };
        Driver { label: label.into(), env: Vec::new(), devices: vec![device] }
    }

    #[test]
    fn the_driver_with_the_named_device_or_the_best_is_taken() {
        let drivers = [driver("new", "llvmpipe 25"), driver("old", "llvmpipe 22")];
        let of = |device: Option<&str>| {
            let wish = Wish { device: device.map(str::to_owned), name: None };
            wish.choose(&drivers).map(|driver| driver.label.clone())
        };
        assert_eq!(of(None).as_deref(), Some("new"));
        assert_eq!(of(Some("PIPE 22")).as_deref(), Some("old"));
        assert_eq!(of(Some("none such")).as_deref(), Some("new"));
        assert!(Wish::default().choose(&[]).is_none());
    }

    #[test]
    fn only_given_flags_are_passed_on() {
        let wish = Wish { device: Some("Card".into()), name: Some("card".into()) };
        assert_eq!(wish.arguments(), ["--device", "Card", "--name", "card"]);
        assert!(Wish::default().arguments().is_empty());
    }
}
