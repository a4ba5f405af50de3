//! The tasks of this workspace: `cargo xtask <task>`.
//!
//! This file only dispatches; each task is a module with one entry and its own tests.
//! Exit codes: 0 fine, 1 a check failed, 2 usage or a missing prerequisite.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

mod asan;
mod bench;
mod check;
mod ci;
mod demo;
mod failure;
mod features;
mod layers;
mod lint;
mod loom;
mod minimal;
mod msrv;
mod package;
mod profile;
mod setup;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// The tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// The tests of the crates with raw memory, under AddressSanitizer (Linux).
    Asan,
    /// Traces, counters and prices of backends and their peers: `alias`, `run`, `compare`, `counters`, `report`, `price`.
    #[command(disable_help_flag = true)]
    Bench {
        /// For rm-bench.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Type-checks every library, for systems on which the tests do not run.
    Check,
    /// Everything that CI runs, in its order, with times.
    Ci {
        /// Installs what is missing first (Debian, Ubuntu).
        #[arg(long)]
        install: bool,
    },
    /// Runs the demo on the best device: `[--install] [--each-driver] [--scene NAME] [arguments of it]`.
    #[command(disable_help_flag = true)]
    Demo {
        /// `--install`, `--each-driver`, `--scene stream|deferred`, and everything else for the scene's program.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Checks the published crates with each of their features alone, with none and with all.
    Features,
    /// Refuses an edge between crates that the layer table does not allow.
    Layers,
    /// Formatting, clippy, documentation, layers and tidy; needs no device.
    Lint,
    /// Explores every interleaving of the protocols that threads share.
    Loom,
    /// Checks the published crates with the lowest versions that their manifests allow.
    Minimal,
    /// Checks the published crates with the oldest supported toolchain.
    Msrv,
    /// Packs the published crates and builds them from that.
    Package,
    /// Prints what the Vulkan loader of this environment sees; `setup` reads it.
    #[command(hide = true)]
    Probe,
    /// Captures a device as JSON on standard output: `profile > my-gpu.json`.
    Profile(profile::Wish),
    /// Says which parts of Vulkan are here and which are missing.
    Setup {
        /// Installs what is missing (Debian, Ubuntu).
        #[arg(long)]
        install: bool,
    },
    /// Runs a frame loop for millions of frames, which must leave nothing behind: `[lifetime] [--frames N]`.
    Soak(soak::Wish),
    /// Runs all tests on the newest driver and the device tests on every other one.
    Test {
        /// Installs what is missing first (Debian, Ubuntu) and requires a device.
        #[arg(long)]
        install: bool,
    },
    /// Refuses sources that break a rule of the house.
    Tidy,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = failure.message() {
                eprintln!("xtask: {message}");
            }
            ExitCode::from(failure.code())
        }
    }
}

fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Asan => asan::run(),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Check => check::run(),
        Task::Ci { install } => ci::run(install),
        Task::Demo { arguments } => demo::run(arguments),
        Task::Features => features::run(),
        Task::Layers => layers::check(&workspace::metadata()?),
        Task::Lint => lint::run(),
        Task::Loom => loom::run(),
        Task::Minimal => minimal::run(),
        Task::Msrv => msrv::run(),
        Task::Package => package::run(),
        Task::Probe => setup::probe(),
        Task::Profile(wish) => profile::run(&wish),
        Task::Setup { install } => setup::run(install),
        Task::Soak(wish) => soak::run(&wish),
        Task::Test { install } => test::run(install),
        Task::Tidy => tidy::check(&workspace::root()),
    }
}
