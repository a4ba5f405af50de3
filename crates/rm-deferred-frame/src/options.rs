//! What the command line can ask for.

use std::{path::PathBuf, str::FromStr};

/// Frames of a run that does not say how many.
const DEFAULT_FRAMES: u32 = 8;

/// Least frames of a run: fewer do not hand memory from one frame to the next and on.
const LEAST_FRAMES: u32 = 3;

/// Most frames of a run, because the host keeps all pictures.
const MOST_FRAMES: i64 = 10_000;

/// Renders a deferred frame on a real device, once with passes that share memory and once without, and compares.
///
/// Exit codes: 0 if all pictures were equal bit for bit, validation was silent and all memory came back; 1 if not; 2 if
/// there is nothing to run on or to write to, or the arguments are wrong.
#[derive(Clone, Debug, Eq, PartialEq, clap::Parser)]
#[command(name = "deferred_frame", version)]
pub struct Options {
    /// Part of the name of a device or of its driver, in any case; without it, the best device present.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Texels of the picture.
    #[arg(long, value_name = "WxH", default_value_t)]
    pub size: Size,
    /// Frames to render, of a camera that moves.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_FRAMES)]
    #[arg(value_parser = clap::value_parser!(u32).range(i64::from(LEAST_FRAMES)..=MOST_FRAMES))]
    pub frames: u32,
    /// Whether the validation layer watches, with an eye on barriers too.
    #[arg(long, value_enum, default_value_t)]
    pub validation: Validation,
    /// The file that the last picture is written to.
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
    /// A frame, counted from zero, whose sun is another one where memory is shared: proof that the comparison can fail.
    #[arg(skip)]
    pub corrupt_frame: Option<u32>,
    /// Whether buffers are filled before every pass after their last one, where memory is shared: harmless, unless something
    /// else has moved into their bytes.
    #[arg(skip)]
    pub late_write: bool,
}

/// Whether the validation layer watches.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Validation {
    /// If it is installed.
    #[default]
    IfInstalled,
    /// It does not.
    Off,
    /// It has to, or nothing is run.
    Required,
}

/// Width and height in texels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Texels from left to right.
    pub width: u32,
    /// Texels from top to bottom.
    pub height: u32,
}

/// Why some text is no size.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// It is not two numbers with an `x` between them.
    #[error("not of the form 1280x720")]
    Form,
    /// A side is too short for the coarsest bloom level, or too long for any device.
    #[error("a side must have {} to {} texels", Size::LEAST, Size::MOST)]
    Range,
}

impl Size {
    /// The shortest side, in texels.
    pub const LEAST: u32 = 64;
    /// The longest side, in texels.
    pub const MOST: u32 = 8192;
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 1280, height: 720 }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let (width, height) = text.split_once('x').ok_or(SizeError::Form)?;
        let side = |side: &str| side.parse::<u32>().map_err(|_| SizeError::Form);
        let size = Self { width: side(width)?, height: side(height)? };
        let fits = |side| (Self::LEAST..=Self::MOST).contains(&side);
        if fits(size.width) && fits(size.height) { Ok(size) } else { Err(SizeError::Range) }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: None,
            size: Size::default(),
            frames: DEFAULT_FRAMES,
            validation: Validation::default(),
            png: None,
            corrupt_frame: None,
            late_write: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser, error::ErrorKind};

    use super::{Options, Size, SizeError, Validation};

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn an_empty_command_line_means_the_defaults() {
        assert_eq!(Options::try_parse_from(["deferred_frame"]).unwrap(), Options::default());
    }

    #[test]
    fn flags_are_understood() {
        let line = "deferred_frame --size 320x180 --frames 5 --validation off --png a.png";
        let options = Options::try_parse_from(line.split(' ')).unwrap();
        assert_eq!(options.size, Size { width: 320, height: 180 });
        assert_eq!((options.frames, options.validation), (5, Validation::Off));
    }

    #[test]
    fn a_size_that_is_none_is_refused_with_the_reason() {
        for (text, reason) in [
            ("320", SizeError::Form),
            ("320x", SizeError::Form),
            ("-1x99", SizeError::Form),
            ("320x10", SizeError::Range),
            ("99999x99", SizeError::Range),
        ] {
            assert_eq!(text.parse::<Size>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn too_few_frames_are_refused() {
        let refused = Options::try_parse_from(["deferred_frame", "--frames", "2"]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ValueValidation);
    }
}
