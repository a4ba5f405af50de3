//! What the command line can ask for.

use std::{fmt, path::PathBuf};

use crate::quantity;

/// Frames of a run that does not say how many.
const DEFAULT_FRAMES: u32 = 300;

/// Frames from one hot reload to the next, of a run that does not say how many.
const DEFAULT_RELOAD_EVERY: u32 = 20;

/// Where the binary leaves its files, unless it is told where.
const DEFAULT_OUTPUT: &str = "target/demo";

/// Streams meshes and textures in and out of a Vulkan device and compares every byte.
///
/// Without any Vulkan device it runs on a simulated one, and says so.
///
/// Exit codes: 0 if all bytes were equal, validation was silent, all memory came back and a strict budget was kept; 1 if not;
/// 2 if there is nothing to run on or to write to, or the arguments are wrong.
#[derive(Clone, Debug, Eq, PartialEq, clap::Parser)]
#[command(name = "rm-demo", version)]
pub struct Options {
    /// Part of the name of a device or of its driver, in any case; without it, the best device present.
    ///
    /// `sim:PROFILE` is a simulated device, which needs no Vulkan: one that `--list-devices` shows, or the path of a JSON
    /// file.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Where memory comes from.
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
    /// Frames that stream something in; the frames that stream the rest out come after them.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_FRAMES)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub frames: u32,
    /// Frames from one hot reload of the passes' program to the next; 0 for none.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_RELOAD_EVERY)]
    pub reload_every: u32,
    /// Device memory to keep to, such as `512MiB` or `2G`; 0 is what the driver says.
    ///
    /// Near it, meshes and textures come with less detail.
    #[arg(long, value_name = "BYTES", default_value = "0", value_parser = quantity::bytes)]
    pub budget: u64,
    /// Lets the budget refuse, instead of only judge; a peak beyond it fails the run.
    #[arg(long)]
    pub strict: bool,
    /// The folder of what the run did to memory, made where it is missing.
    ///
    /// `metrics.csv` has a line a frame, `trace.json` is for Perfetto, and `dump.json` shows every block when most is there;
    /// `leaks.txt` only if something did not come back. They appear when the run ends, each whole or not at all.
    /// [`Options::default`] writes none.
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_OUTPUT)]
    pub output: Option<PathBuf>,
    /// The Unix socket at which `rm-top` shows the run while it plays; only the user who runs it may connect.
    #[cfg(unix)]
    #[arg(long, value_name = "SOCKET")]
    pub live: Option<PathBuf>,
    /// Lists the devices present and the simulated ones, and does nothing else.
    #[arg(long)]
    pub list_devices: bool,
    /// A frame, counted from zero, that uploads one wrong byte: proof that the comparison can fail.
    #[arg(skip)]
    pub corrupt_frame: Option<u32>,
    /// A frame, counted from zero, in which a pass has one wrong byte of constants: the same proof for transient memory.
    #[arg(skip)]
    pub corrupt_constants: Option<u32>,
}

/// The source of a run's memory.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Backend {
    /// One `vkAllocateMemory` a resource.
    #[default]
    Direct,
    /// The sub-allocating backend in plain Rust.
    Native,
    /// AMD's Vulkan Memory Allocator.
    #[cfg(feature = "vma")]
    Vma,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::Native => "native",
            #[cfg(feature = "vma")]
            Self::Vma => "vma",
        })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: None,
            backend: Backend::default(),
            frames: DEFAULT_FRAMES,
            reload_every: DEFAULT_RELOAD_EVERY,
            budget: 0,
            strict: false,
            output: None,
            #[cfg(unix)]
            live: None,
            list_devices: false,
            corrupt_frame: None,
            corrupt_constants: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::{CommandFactory, Parser, error::ErrorKind};

    use super::{DEFAULT_OUTPUT, Options};

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn an_empty_command_line_means_the_defaults_and_files() {
        let expected = Options { output: Some(DEFAULT_OUTPUT.into()), ..Options::default() };
        assert_eq!(Options::try_parse_from(["rm-demo"]).unwrap(), expected);
    }

    #[test]
    fn flags_are_understood() {
        let line = "rm-demo --device pipe --frames 7 --reload-every 0 --list-devices";
        let options = Options::try_parse_from(line.split(' ')).unwrap();
        assert_eq!(options.device.as_deref(), Some("pipe"));
        assert_eq!((options.frames, options.reload_every, options.list_devices), (7, 0, true));
    }

    #[test]
    fn a_budget_is_understood_with_its_unit() {
        let line = ["rm-demo", "--budget", "96MiB", "--strict", "--output", "some/where"];
        let options = Options::try_parse_from(line).unwrap();
        assert_eq!((options.budget, options.strict), (96 << 20, true));
        assert_eq!(options.output.as_deref(), Some(Path::new("some/where")));
    }

    #[test]
    fn a_budget_that_is_no_number_of_bytes_is_refused_with_the_reason() {
        for (budget, reason) in [
            ("much", "not a whole number of bytes"),
            ("1TB", "unknown unit"),
            ("99999999999GiB", "more bytes than 64 bits can count"),
        ] {
            let refused = Options::try_parse_from(["rm-demo", "--budget", budget]).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ValueValidation, "{budget}");
            assert!(refused.to_string().contains(reason), "{refused}");
        }
    }

    #[test]
    fn a_run_without_frames_is_refused() {
        let refused = Options::try_parse_from(["rm-demo", "--frames", "0"]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ValueValidation);
    }
}
