//! `cargo xtask demo`: builds the demo, chooses the driver, passes everything else on.

use std::{ffi::OsString, process::Command};

use crate::{
    failure::Failure,
    setup::{Driver, Setup, has_compiler},
    workspace,
};

/// What a device's name begins with that is simulated, and needs no driver.
const SIMULATED: &str = "sim:";

/// What of the command line is ours and what is the demo's.
#[derive(Debug, Default, Eq, PartialEq)]
struct Wish {
    install: bool,
    each_driver: bool,
    scene: Option<String>,
    device: Option<String>,
    passed_on: Vec<OsString>,
}

impl Wish {
    fn of(arguments: Vec<OsString>) -> Self {
        let mut wish = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            match text.as_str() {
                "--install" => wish.install = true,
                "--each-driver" => wish.each_driver = true,
                "--scene" => {
                    let name = arguments.next().unwrap_or_default();
                    wish.scene = Some(name.to_string_lossy().into_owned());
                }
                _ => {
                    let after_flag = wish.passed_on.last().is_some_and(|last| last == "--device");
                    if let Some(name) = text.strip_prefix("--device=") {
                        wish.device = Some(name.to_owned());
                    } else if after_flag {
                        wish.device = Some(text);
                    }
                    wish.passed_on.push(argument);
                }
            }
        }
        wish
    }

    /// What cargo has to build for the scene.
    fn target(&self) -> Result<[&'static str; 2], Failure> {
        match self.scene.as_deref() {
            None | Some("stream") => Ok(["--package=rm-demo", "--bin=rm-demo"]),
            Some("deferred") => Ok(["--package=rm-deferred-frame", "--example=deferred_frame"]),
            Some(other) => {
                let what = format!("no scene is called `{other}`; there are stream, deferred");
                Err(Failure::Prerequisite(what))
            }
        }
    }

    /// Whether no driver matters.
    fn is_simulated(&self) -> bool {
        self.device.as_ref().is_some_and(|name| name.starts_with(SIMULATED))
    }

    /// The drivers to run on, of those that are here, the best first. None means: as things are,
    /// so that the demo itself says what is wrong, or runs on a simulated device.
    fn choose<'a>(&self, drivers: &'a [Driver]) -> Vec<Option<&'a Driver>> {
        let wanted = |driver: &&Driver| self.device.as_ref().is_none_or(|name| driver.has(name));
        let mut chosen: Vec<_> = drivers.iter().filter(wanted).map(Some).collect();
        if chosen.is_empty() {
            chosen.push(drivers.first());
        }
        if !self.each_driver {
            chosen.truncate(1);
        }
        chosen
    }
}

/// Runs the demo and ends with its exit code.
///
/// # Errors
///
/// [`Failure::Exit`] with the demo's code, the highest of all runs, if that is not 0;
/// [`Failure::Check`] if it does not build, [`Failure::Prerequisite`] if there is no such scene.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<(), Failure> {
    let wish = Wish::of(arguments);
    let mut target = wish.target()?.to_vec();
    let drivers = find_drivers(&wish)?;
    if target[0] == "--package=rm-demo" && !has_compiler() {
        eprintln!("xtask: without a C++ compiler the demo comes without `--backend vma`");
        target.push("--no-default-features");
    }
    let program = workspace::build_program(&target)?;
    let mut worst = 0;
    for driver in wish.choose(&drivers) {
        let mut command = Command::new(&program);
        command.args(&wish.passed_on);
        if let Some(driver) = driver {
            driver.apply(&mut command);
            if wish.each_driver {
                println!("\ndemo on {driver}");
            }
        }
        let status = command.status().map_err(|error| Failure::prerequisite("the demo", error))?;
        // A demo that a signal ended has no code, and has failed.
        let code = status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1));
        worst = worst.max(code);
    }
    if worst == 0 { Ok(()) } else { Err(Failure::Exit(worst)) }
}

/// The drivers that are here, after a sentence on what is not; none are looked for where none matter.
fn find_drivers(wish: &Wish) -> Result<Vec<Driver>, Failure> {
    if wish.is_simulated() && !wish.install {
        return Ok(Vec::new());
    }
    let setup = Setup::find_for_demo(wish.install)?;
    if let Some(advice) = setup.advice() {
        eprintln!("xtask: {advice}");
    }
    Ok(if wish.is_simulated() { Vec::new() } else { setup.drivers })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Wish, find_drivers};
    use crate::setup::{Device, Driver};

    fn wish(words: &[&str]) -> Wish {
        Wish::of(words.iter().map(OsString::from).collect())
    }

    fn driver(label: &str, name: &str) -> Driver {
        let device = Device { name: name.into(), kind: "cpu".into(), ..Device::default() };
        Driver { label: label.into(), env: Vec::new(), devices: vec![device] }
    }

    fn labels<'a>(wish: &Wish, drivers: &'a [Driver]) -> Vec<Option<&'a str>> {
        wish.choose(drivers).into_iter().map(|it| it.map(|it| it.label.as_str())).collect()
    }

    #[test]
    fn our_flags_are_taken_out_wherever_they_stand() {
        let wish = wish(&["--frames", "3", "--install", "--device", "Card", "--each-driver"]);
        assert!(wish.install && wish.each_driver);
        assert_eq!(wish.device.as_deref(), Some("Card"));
        assert_eq!(wish.passed_on, ["--frames", "3", "--device", "Card"]);
    }

    #[test]
    fn a_scene_is_another_program_and_not_passed_on() {
        let wish = wish(&["--frames", "3", "--scene", "deferred", "--size", "320x180"]);
        assert_eq!(wish.passed_on, ["--frames", "3", "--size", "320x180"]);
        assert_eq!(wish.target().unwrap()[1], "--example=deferred_frame");
        assert_eq!(Wish::default().target().unwrap()[1], "--bin=rm-demo");
        let refused = Wish { scene: Some("teapot".into()), ..Wish::default() };
        assert_eq!(refused.target().unwrap_err().code(), 2);
    }

    #[test]
    fn the_best_driver_or_each_or_the_one_with_the_named_device() {
        let drivers = [driver("new", "llvmpipe 25"), driver("old", "llvmpipe 22")];
        assert_eq!(labels(&wish(&[]), &drivers), [Some("new")]);
        assert_eq!(labels(&wish(&["--each-driver"]), &drivers), [Some("new"), Some("old")]);
        assert_eq!(labels(&wish(&["--device=PIPE 22"]), &drivers), [Some("old")]);
    }

    #[test]
    fn a_simulated_device_needs_no_driver() {
        let simulated = wish(&["--device", "sim:h200", "--each-driver"]);
        assert!(simulated.is_simulated() && find_drivers(&simulated).unwrap().is_empty());
        assert_eq!(labels(&simulated, &[]), [None], "it runs once");
        assert!(!wish(&["--device", "h200"]).is_simulated() && !wish(&[]).is_simulated());
    }

    #[test]
    fn without_a_fitting_device_the_demo_itself_refuses() {
        let drivers = [driver("new", "llvmpipe 25")];
        assert_eq!(
            labels(&wish(&["--device", "none such", "--each-driver"]), &drivers),
            [Some("new")]
        );
        assert_eq!(labels(&wish(&[]), &[]), [None]);
    }
}
