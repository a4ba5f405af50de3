//! The same run on each backend: the same bytes, the same figures, fewer calls of the driver.

use rm_demo::{Backend, DemoError, Options, Summary};
use rm_headless::testing;
use rm_vksim::Profile;

/// Those that put several resources into a block.
const SHARING: &[Backend] = &[
    Backend::Native,
    #[cfg(feature = "vma")]
    Backend::Vma,
];

fn run(device: Option<&str>, backend: Backend) -> Result<Summary, DemoError> {
    let device = device.map(str::to_owned);
    let options = Options { device, backend, frames: 40, ..Options::default() };
    rm_demo::run(&options)
}

/// Behaviour 35: the same calls give the same accounting, whatever memory comes from.
fn backends_agree(device: Option<&str>) -> Result<(), DemoError> {
    let direct = clean(device, Backend::Direct)?;
    for backend in SHARING {
        agree(device, &direct, &clean(device, *backend)?);
    }
    Ok(())
}

fn clean(device: Option<&str>, backend: Backend) -> Result<Summary, DemoError> {
    let summary = run(device, backend)?;
    let findings: Vec<_> = summary.findings().collect();
    assert!(summary.is_clean(), "{backend}: {summary}\n{}", findings.join("\n"));
    Ok(summary)
}

fn agree(device: Option<&str>, direct: &Summary, sharing: &Summary) {
    let what = |it: &Summary| (it.meshes, it.textures, it.bytes_in, it.bytes_out, it.aliased);
    assert_eq!(what(direct), what(sharing));
    // A real device is done when it is done, so that what has retired is gone a frame sooner or later.
    let early = if device.is_none() { direct.peak_bytes / 50 } else { 0 };
    assert!(sharing.peak_bytes + early >= direct.peak_bytes, "{direct}\n{sharing}");
    // What shares a block is rounded; that is all.
    let most = direct.peak_bytes / 50 + early;
    assert!(sharing.peak_bytes.saturating_sub(direct.peak_bytes) <= most, "{direct}\n{sharing}");
    assert!(sharing.driver_allocations * 4 < direct.driver_allocations, "{direct}\n{sharing}");
}

#[test]
fn backends_agree_on_every_profile() {
    for name in Profile::names() {
        backends_agree(Some(&format!("sim:{name}"))).unwrap();
    }
}

#[test]
fn backends_agree_on_the_device_present() {
    if testing::device().is_some() {
        backends_agree(None).unwrap();
    }
}
