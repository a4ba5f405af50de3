//! A run: the same frames with shared memory and without, compared.

use crate::{
    device::Device,
    error::FrameError,
    memory::Sharing,
    options::Options,
    picture::Picture,
    play::{Played, Stage},
    report::Summary,
};

/// Renders what `options` ask for, compares, and writes the last picture if it is wanted.
///
/// # Errors
///
/// A [`FrameError`] if nothing could be compared. Pictures that differ are no error, see [`Summary::is_clean`].
pub fn render(options: &Options) -> Result<Summary, FrameError> {
    let device = Device::open(options)?;
    let opened = device.headless();
    let names = (opened.name().to_owned(), opened.driver().to_owned());
    let validated = opened.validation();
    let both = render_both(&device, options);
    // The device is closed in any case, and what went wrong first is told.
    let closed = device.close();
    let both = both?;
    let closed = closed?;

    let Both { shared, separate, passes, transients } = both;
    let pairs = (0..).zip(shared.pictures.iter().zip(&separate.pictures));
    let differences = pairs.filter_map(|(frame, (a, b))| a.compare(b, frame)).collect();
    let medians = median(&shared.milliseconds).zip(median(&separate.milliseconds));
    let empty = Picture { size: options.size, bytes: Vec::new() };
    let summary = Summary {
        device: names.0,
        driver: names.1,
        size: options.size,
        frames: options.frames,
        passes,
        transients,
        memory: shared.report,
        differences,
        validated,
        messages: closed.messages,
        lost_bytes: closed.lost_bytes,
        milliseconds: medians.map(|(shared, separate)| [shared, separate]),
        picture: shared.pictures.into_iter().last().unwrap_or(empty),
    };
    if let Some(path) = &options.png {
        summary.picture.write_png(path)?;
    }
    Ok(summary)
}

/// The same frames twice.
struct Both {
    shared: Played,
    separate: Played,
    passes: Vec<String>,
    transients: usize,
}

fn render_both(device: &Device, options: &Options) -> Result<Both, FrameError> {
    let stage = Stage::new(device, options)?;
    let (passes, transients) = (stage.passes(), stage.transients());
    Ok(Both {
        shared: stage.play(device, options, Sharing::On)?,
        separate: stage.play(device, options, Sharing::Off)?,
        passes,
        transients,
    })
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
