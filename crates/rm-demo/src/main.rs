//! The command line of the demo: arguments in, a table and an exit code out.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use rm_demo::{DemoError, Options, Progress};
use rm_headless::HeadlessError;

fn main() -> ExitCode {
    let options = Options::parse();
    match if options.list_devices { list_devices() } else { stream(&options) } {
        Ok(code) => code,
        Err(error) => {
            complain(format_args!("rm-demo: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn stream(options: &Options) -> Result<ExitCode, DemoError> {
    let terminal = io::stderr().is_terminal();
    let played = rm_demo::watch(options, &mut |progress| {
        if terminal {
            draw(progress);
        }
    });
    if terminal {
        wipe();
    }
    let summary = played?;
    say(&summary);
    for finding in summary.findings() {
        complain(finding);
    }
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list_devices() -> Result<ExitCode, DemoError> {
    let devices = rm_headless::devices()?;
    if devices.is_empty() {
        return Err(HeadlessError::NoDevice.into());
    }
    for device in devices {
        say(format_args!("{device}\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows how far it is, over the line that was shown before.
fn draw(progress: Progress) {
    // A terminal that is gone wants no progress.
    write!(io::stderr(), "\r{progress}\x1b[K").ok();
}

fn wipe() {
    write!(io::stderr(), "\r\x1b[K").ok();
}

/// Writes to standard output, whose reader may have gone; the exit code tells what matters.
fn say(what: impl Display) {
    write!(io::stdout(), "{what}").ok();
}

fn complain(what: impl Display) {
    writeln!(io::stderr(), "{what}").ok();
}
