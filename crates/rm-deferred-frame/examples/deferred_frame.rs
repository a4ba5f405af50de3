//! The command line of the frame: arguments in, a table, a picture and an exit code out.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use rm_deferred_frame::Options;

fn main() -> ExitCode {
    match rm_deferred_frame::render(&Options::parse()) {
        Ok(summary) => {
            // A reader that has gone wants no table; the exit code tells what matters.
            write!(io::stdout(), "{summary}").ok();
            summary.findings().for_each(complain);
            if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            complain(format_args!("deferred_frame: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn complain(what: impl Display) {
    writeln!(io::stderr(), "{what}").ok();
}
