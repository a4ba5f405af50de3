//! The command line of the demo: arguments in, a table and an exit code out.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use rm_demo::{DemoError, Event, Options};

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list_devices {
        list_devices();
        return ExitCode::SUCCESS;
    }
    match stream(&options) {
        Ok(code) => code,
        Err(error) => {
            complain(format_args!("rm-demo: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn stream(options: &Options) -> Result<ExitCode, DemoError> {
    let terminal = io::stderr().is_terminal();
    let played = rm_demo::watch(options, &mut |event| match event {
        Event::Frame(progress) if terminal => draw(progress),
        Event::Frame(_) | Event::Measured(_) => {}
        event => complain(format_args!("rm-demo: {event}")),
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

fn list_devices() {
    match rm_headless::devices() {
        Ok(devices) => devices.iter().for_each(|device| say(format_args!("{device}\n"))),
        // The simulated ones are there all the same.
        Err(error) => complain(format_args!("rm-demo: {error}")),
    }
    rm_demo::simulated_devices().for_each(|device| say(format_args!("{device}\n")));
}

/// Shows how far it is, over the line that was shown before.
fn draw(progress: impl Display) {
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
