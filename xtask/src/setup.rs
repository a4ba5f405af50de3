//! `cargo xtask setup`: finds the loader, the drivers and the validation layer, says what is
//! missing and how this system gets it, and installs it where it can.
//!
//! [`Setup::find`] is what the other tasks start from.

mod apt;
mod backports;
mod driver;
mod probe;
mod sources;
mod system;

use std::{env, process::Command};

use self::probe::Report;
pub(crate) use self::{
    driver::{Device, Driver},
    probe::print as probe,
    system::{Piece, System},
};
use crate::failure::Failure;

/// Set by users who choose their drivers themselves; then nothing else is looked for.
const CHOSEN: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/// What this machine has of Vulkan.
#[derive(Debug)]
pub(crate) struct Setup {
    /// Drivers that have a device, the best first.
    pub(crate) drivers: Vec<Driver>,
    /// What is not here.
    pub(crate) missing: Vec<Piece>,
    /// The version of the loader, if there is one.
    pub(crate) loader: Option<String>,
    /// The version of the validation layer, if it is installed.
    pub(crate) validation: Option<String>,
    /// Whose packages this machine uses.
    pub(crate) system: System,
}

impl Setup {
    /// Looks around, after installing what is missing if `install` is set.
    ///
    /// # Errors
    ///
    /// [`Failure::Prerequisite`] if something is to be installed and cannot be.
    pub(crate) fn find(install: bool) -> Result<Self, Failure> {
        Self::find_with(install, &[])
    }

    /// The same, with a C++ compiler where it is to be installed, for the backend that is AMD's allocator.
    ///
    /// # Errors
    ///
    /// As of [`find`](Self::find).
    pub(crate) fn find_for_demo(install: bool) -> Result<Self, Failure> {
        let missing: &[Piece] = if has_compiler() { &[] } else { &[Piece::Compiler] };
        Self::find_with(install, missing)
    }

    /// The same, with what the tests need beside a device: a C++ compiler, because some of them run AMD's allocator, and a
    /// browser, because some of them look at a page.
    ///
    /// # Errors
    ///
    /// As of [`find`](Self::find), and without `install` too if there is no compiler: nothing would build.
    pub(crate) fn find_for_tests(install: bool) -> Result<Self, Failure> {
        let here = [(Piece::Browser, has_browser()), (Piece::Compiler, has_compiler())];
        let missing: Vec<Piece> =
            here.into_iter().filter_map(|(piece, here)| (!here).then_some(piece)).collect();
        let setup = Self::find_with(install, &missing)?;
        if has_compiler() {
            return Ok(setup);
        }
        let how = setup.system.advice(&[Piece::Compiler]);
        Err(Failure::Prerequisite(format!("missing: {}; {how}", Piece::Compiler.name())))
    }

    fn find_with(install: bool, more: &[Piece]) -> Result<Self, Failure> {
        let mut setup = Self::look()?;
        if !install {
            return Ok(setup);
        }
        setup.missing.extend(more);
        if !setup.missing.is_empty() {
            apt::install(&setup.system, &setup.missing)?;
        }
        if setup.system.is_bookworm()
            && !chosen()
            && let Err(failure) = backports::unpack()
        {
            // Tests on the driver that is here are worth more than none.
            eprintln!("xtask: going on without the newer lavapipe: {failure}");
        }
        let setup = Self::look()?;
        setup.complete()?;
        Ok(setup)
    }

    /// Prints what is here and what is not.
    pub(crate) fn print(&self) {
        let version = |it: &Option<String>| it.clone().unwrap_or_else(|| "missing".into());
        println!("system             {}", self.system);
        println!("loader             {}", version(&self.loader));
        println!("validation layer   {}", version(&self.validation));
        if self.drivers.is_empty() {
            println!("drivers            missing");
        }
        for driver in &self.drivers {
            for device in &driver.devices {
                println!("driver             {}: {device}", driver.label);
            }
        }
    }

    /// One sentence on what is missing and how this system gets it.
    pub(crate) fn advice(&self) -> Option<String> {
        if self.missing.is_empty() && self.drivers.is_empty() {
            return Some(format!("{} leads to no driver with a device", CHOSEN[0]));
        }
        let names: Vec<&str> = self.missing.iter().map(|piece| piece.name()).collect();
        let how = self.system.advice(&self.missing);
        (!names.is_empty()).then(|| format!("missing: {}; {how}", names.join(", ")))
    }

    /// Nothing is missing, or a failure that says what is.
    fn complete(&self) -> Result<(), Failure> {
        self.advice().map_or(Ok(()), |advice| Err(Failure::Prerequisite(advice)))
    }

    fn look() -> Result<Self, Failure> {
        let label = if chosen() { CHOSEN[0] } else { "system" };
        let system_report = Report::of(&[])?;
        let mut drivers = Vec::new();
        if !chosen()
            && let Some(env) = backports::environment()?
        {
            let devices = Report::of(&env)?.devices;
            drivers.push(Driver { label: backports::LABEL.into(), env, devices });
        }
        let devices = system_report.devices;
        drivers.push(Driver { label: label.into(), env: Vec::new(), devices });
        let mut missing = Vec::new();
        if system_report.loader.is_none() {
            missing.push(Piece::Loader);
        }
        // The system's own driver, not the unpacked one: both are wanted. No package mends a
        // choice of drivers that leads nowhere.
        if !chosen() && drivers.last().is_none_or(|system| system.devices.is_empty()) {
            missing.push(Piece::Driver);
        }
        if system_report.validation.is_none() {
            missing.push(Piece::Validation);
        }
        drivers.retain(|driver| !driver.devices.is_empty());
        drivers.sort_by_key(|driver| std::cmp::Reverse(driver.best().map(Device::rank)));
        let (loader, validation) = (system_report.loader, system_report.validation);
        Ok(Self { drivers, missing, loader, validation, system: System::of_this_machine() })
    }
}

/// `cargo xtask setup [--install]`.
///
/// # Errors
///
/// [`Failure::Prerequisite`] if something is missing at the end.
pub(crate) fn run(install: bool) -> Result<(), Failure> {
    let setup = Setup::find(install)?;
    setup.print();
    setup.complete()
}

/// Whether a C++ compiler answers; elsewhere than on Linux, Rust's own linker comes with one.
/// Whether C++ can be compiled here.
pub(crate) fn has_compiler() -> bool {
    let name = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    !cfg!(target_os = "linux") || Command::new(name).arg("--version").output().is_ok()
}

/// Whether the driver of a browser answers.
pub(crate) fn has_browser() -> bool {
    Command::new("chromedriver").arg("--version").output().is_ok()
}

fn chosen() -> bool {
    CHOSEN.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
