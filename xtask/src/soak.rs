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
    /// Frames of each run, as in `200_000`; what each finds long when absent.
    #[arg(long, value_parser = frames)]
    frames: Option<u64>,
}

impl Wish {
    /// As long as CI has time for.
    pub(crate) fn brief() -> Self {
        Self { run: None, frames: Some(200_000) }
    }

    fn runs(&self) -> Vec<Run> {
        self.run.map_or_else(|| Run::ALL.to_vec(), |run| vec![run])
    }
}

/// The runs that there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Run {
    /// Timelines, deferred destruction, handles and scopes.
    Lifetime,
}

impl Run {
    const ALL: &'static [Self] = &[Self::Lifetime];

    /// What cargo builds.
    fn target(self) -> [&'static str; 2] {
        match self {
            Self::Lifetime => ["--package=rm-lifetime", "--example=soak"],
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
        if let Some(frames) = wish.frames {
            command.arg("--frames").arg(frames.to_string());
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

/// A number of frames, with or without `_` between the digits.
fn frames(word: &str) -> Result<u64, String> {
    let frames = word.replace('_', "").parse().map_err(|error| format!("{error}"))?;
    if frames == 0 { Err("at least one frame".to_owned()) } else { Ok(frames) }
}

#[cfg(test)]
mod tests {
    use super::{Run, Wish, frames};

    #[test]
    fn frames_are_counted_with_or_without_underscores() {
        assert_eq!(frames("200_000"), Ok(200_000));
        assert_eq!(frames("7"), Ok(7));
        for bad in ["0", "", "many", "-1"] {
            assert!(frames(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_a_name_all_of_them_run() {
        assert_eq!(Wish::default().runs(), Run::ALL);
        let one = Wish { run: Some(Run::Lifetime), frames: None };
        assert_eq!(one.runs(), [Run::Lifetime]);
    }
}
