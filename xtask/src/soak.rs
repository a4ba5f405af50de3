//! `cargo xtask soak`: long runs that must leave nothing behind.
//!
//! Each is an example of the crate that it soaks, built in release; it says itself what it demands.

use std::process::Command;

use crate::{failure::Failure, workspace};

/// What is soaked, and for how long.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Wish {
    /// One of the runs; all of them when absent.
    run: Option<Run>,
    /// Frames of a loop, as in `200_000`; what it finds long when absent.
    #[arg(long, value_parser = count)]
    frames: Option<u64>,
    /// Problems of a planner, as in `10_000`; what it finds many when absent.
    #[arg(long, value_parser = count)]
    instances: Option<u64>,
    /// Operations of an allocator, as in `1_000_000`; what it finds many when absent.
    #[arg(long, value_parser = count)]
    operations: Option<u64>,
}

impl Wish {
    /// As long as CI has time for.
    pub(crate) fn brief() -> Self {
        Self {
            run: None,
            frames: Some(200_000),
            instances: Some(10_000),
            operations: Some(1_000_000),
        }
    }

    fn runs(&self) -> Vec<Run> {
        self.run.map_or_else(|| Run::ALL.to_vec(), |run| vec![run])
    }
}

/// The runs that there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Run {
    /// Plans of random problems, each verified.
    Alias,
    /// Timelines, deferred destruction, handles and scopes.
    Lifetime,
    /// Random operations on regions, each compared with plain lists.
    Suballoc,
}

impl Run {
    const ALL: &'static [Self] = &[Self::Alias, Self::Lifetime, Self::Suballoc];

    /// What cargo builds.
    fn target(self) -> [&'static str; 2] {
        match self {
            Self::Alias => ["--package=rm-alias", "--example=random_problems"],
            Self::Lifetime => ["--package=rm-lifetime", "--example=frame_loop"],
            Self::Suballoc => ["--package=rm-suballoc", "--example=random_operations"],
        }
    }

    /// How long it is to run, as its program takes it.
    fn length(self, wish: &Wish) -> (&'static str, Option<u64>) {
        match self {
            Self::Alias => ("--instances", wish.instances),
            Self::Lifetime => ("--frames", wish.frames),
            Self::Suballoc => ("--operations", wish.operations),
        }
    }
}

/// Builds and runs one after the other.
///
/// # Errors
///
/// [`Failure::Exit`] with the code of the first run whose demands are not met; [`Failure::Check`] if one does not build.
pub(crate) fn run(wish: &Wish) -> Result<(), Failure> {
    for run in wish.runs() {
        let mut command = Command::new(workspace::build_program(&run.target())?);
        if let (option, Some(length)) = run.length(wish) {
            command.arg(option).arg(length.to_string());
        }
        let status = command.status().map_err(|error| Failure::prerequisite("soak", error))?;
        // A program that a signal ended has no code, and has failed.
        match status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)) {
            0 => {}
            code => return Err(Failure::Exit(code)),
        }
    }
    Ok(())
}

/// A count, with or without `_` between the digits.
fn count(word: &str) -> Result<u64, String> {
    let count = word.replace('_', "").parse().map_err(|error| format!("{error}"))?;
    if count == 0 { Err("at least one".to_owned()) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::{Run, Wish, count};

    #[test]
    fn lengths_are_read_with_or_without_underscores() {
        assert_eq!(count("200_000"), Ok(200_000));
        assert_eq!(count("7"), Ok(7));
        for bad in ["0", "", "many", "-1"] {
            assert!(count(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_a_name_all_of_them_run() {
        assert_eq!(Wish::default().runs(), Run::ALL);
        let one = Wish { run: Some(Run::Lifetime), ..Wish::default() };
        assert_eq!(one.runs(), [Run::Lifetime]);
    }
}
