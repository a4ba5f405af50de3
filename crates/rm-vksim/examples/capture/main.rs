//! Captures a profile from a live device: `capture [--device NAME] [--name NAME] > my-gpu.json`.
//!
//! Needs nothing but `libvulkan.so.1`, so the built program can be carried to a machine without Rust.
//! The profile goes to standard output and everything else to standard error.
//! Exit codes: 0 captured, 1 the driver refused, 2 usage or no such device.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

mod answers;
mod live;
mod questions;
mod traits;

use std::{env, error::Error, process::ExitCode};

use rm_vksim::Profile;

use self::live::Live;

const USAGE: &str = "usage: capture [--device NAME] [--name NAME] > my-gpu.json

  --device NAME   the first device whose name or driver contains NAME, in any case
  --name NAME     what the profile is called; its device's name when absent";

/// The command line.
#[derive(Debug, Default)]
struct Wish {
    device: Option<String>,
    name: Option<String>,
}

impl Wish {
    /// Reads the arguments; an error is what to tell the user.
    fn of(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wish = Self::default();
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let field = match flag.as_str() {
                "--device" => &mut wish.device,
                "--name" => &mut wish.name,
                _ => return Err(format!("no argument `{flag}`\n\n{USAGE}")),
            };
            let value = value.or_else(|| arguments.next());
            *field = Some(value.ok_or_else(|| format!("`{flag}` needs a value\n\n{USAGE}"))?);
        }
        Ok(wish)
    }
}

fn main() -> ExitCode {
    if env::args().skip(1).any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let opened = Wish::of(env::args().skip(1)).and_then(|wish| {
        let live = Live::open(wish.device.as_deref())?;
        Ok((wish, live))
    });
    let (wish, live) = match opened {
        Ok(opened) => opened,
        Err(message) => {
            eprintln!("capture: {message}");
            return ExitCode::from(2);
        }
    };
    match capture(&live, wish.name) {
        Ok(profile) => {
            print!("{}", profile.to_json());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("capture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn capture(live: &Live, name: Option<String>) -> Result<Profile, Box<dyn Error>> {
    let mut profile = traits::read(live)?;
    profile.name = name.unwrap_or_else(|| slug(&profile.device_name));
    answers::collect(live, &mut profile);
    profile.fit_rules();
    profile.validate()?;
    eprintln!(
        "captured {} ({}), {} answers",
        profile.device_name,
        profile.driver_info,
        profile.captured.len()
    );
    Ok(profile)
}

/// `name` as letters, digits and single hyphens.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join("-")
}
