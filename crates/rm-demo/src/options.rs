//! What the command line can ask for.

/// Frames of a run that does not say how many.
const DEFAULT_FRAMES: u32 = 300;

/// Streams meshes and textures in and out of a Vulkan device and compares every byte.
///
/// Without any Vulkan device it runs on a simulated one, and says so.
///
/// Exit codes: 0 if all bytes were equal, validation was silent and all memory came back; 1 if not; 2 if there is
/// nothing to run on or the arguments are wrong.
#[derive(Clone, Debug, Eq, PartialEq, clap::Parser)]
#[command(name = "rm-demo", version)]
pub struct Options {
    /// Part of the name of a device or of its driver, in any case; without it, the best device present.
    ///
    /// `sim:PROFILE` is a simulated device, which needs no Vulkan: one that `--list-devices` shows, or the path of a JSON
    /// file.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Frames that stream something in; the frames that stream the rest out come after them.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_FRAMES)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub frames: u32,
    /// Lists the devices present and the simulated ones, and does nothing else.
    #[arg(long)]
    pub list_devices: bool,
    /// A frame, counted from zero, that uploads one wrong byte: proof that the comparison can fail.
    #[arg(skip)]
    pub corrupt_frame: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { device: None, frames: DEFAULT_FRAMES, list_devices: false, corrupt_frame: None }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser, error::ErrorKind};

    use super::Options;

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn an_empty_command_line_means_the_defaults() {
        assert_eq!(Options::try_parse_from(["rm-demo"]).unwrap(), Options::default());
    }

    #[test]
    fn flags_are_understood() {
        let line = ["rm-demo", "--device", "pipe", "--frames", "7", "--list-devices"];
        let options = Options::try_parse_from(line).unwrap();
        assert_eq!(options.device.as_deref(), Some("pipe"));
        assert_eq!((options.frames, options.list_devices), (7, true));
    }

    #[test]
    fn a_run_without_frames_is_refused() {
        let refused = Options::try_parse_from(["rm-demo", "--frames", "0"]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ValueValidation);
    }
}
