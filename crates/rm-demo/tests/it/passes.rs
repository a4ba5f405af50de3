//! Passes beside the stream: what they share, drop and replace while it is in use comes back as it was.

use std::time::Duration;

use resource_management::metrics::Snapshot;
use rm_demo::{DemoError, Event, Options, Summary};
use rm_headless::testing;
use rm_vksim::Profile;

/// Slices of a frame: the constants of two passes.
const SLICES: u64 = 2;

/// Most that ever waits: what two frames leave, their passes, and a few programs.
const MOST_WAITING: u64 = 64;

/// Plays a run, and returns what the frames told.
fn run(options: &Options) -> Result<(Summary, Vec<Snapshot>), DemoError> {
    let mut told = Vec::new();
    let summary = rm_demo::watch(options, &mut |event| {
        if let Event::Measured(snapshot) = event {
            told.push(*snapshot);
        }
    })?;
    Ok((summary, told))
}

/// Asserts that a run with a program every so many frames is clean, and that its figures are right.
fn reloads(options: &Options) -> Result<(), DemoError> {
    let (summary, told) = run(options)?;
    let findings: Vec<_> = summary.findings().collect();
    assert!(summary.is_clean(), "{summary}\n{}", findings.join("\n"));
    let frames = told.len() as u64;
    assert_eq!(summary.reloads, (frames - 1) / u64::from(options.reload_every), "{summary}");
    assert!(summary.longest_reload_frame > Duration::ZERO && summary.reload_ratio() > 0.0);
    // The lookup texture and the first program come from slices as well.
    let slices = frames * SLICES + 2 + summary.reloads;
    assert_eq!((summary.transient_slices, summary.transient_blocks), (slices, 2), "{summary}");
    assert!(summary.deferred > summary.driver_allocations, "objects without memory count too");
    let most = told.iter().map(|row| row.sources[3]).max();
    assert!(summary.most_deferred <= MOST_WAITING && most <= Some(MOST_WAITING), "{most:?}");
    Ok(())
}

#[test]
fn a_program_is_replaced_in_the_middle_of_everything_on_every_profile() {
    for name in Profile::names() {
        let device = Some(format!("sim:{name}"));
        reloads(&Options { device, frames: 30, reload_every: 2, ..Options::default() }).unwrap();
    }
}

#[test]
fn a_program_is_replaced_in_every_frame_on_the_device_present() {
    if testing::device().is_some() {
        reloads(&Options { frames: 40, reload_every: 1, ..Options::default() }).unwrap();
    }
}

#[test]
fn a_program_is_replaced_on_any_backend() {
    let backends = [
        rm_demo::Backend::Native,
        #[cfg(feature = "vma")]
        rm_demo::Backend::Vma,
    ];
    for backend in backends {
        let device = Some("sim:arm-noncoherent".to_owned());
        reloads(&Options { device, backend, frames: 30, reload_every: 3, ..Options::default() })
            .unwrap();
    }
}

#[test]
fn a_program_that_stays_is_never_replaced() {
    let device = Some("sim:h200".to_owned());
    let options = Options { device, frames: 30, reload_every: 0, ..Options::default() };
    let (summary, _) = run(&options).unwrap();
    assert!(summary.is_clean(), "{summary}");
    assert_eq!((summary.reloads, summary.longest_reload_frame), (0, Duration::ZERO));
    assert!(summary.to_string().contains("hot reloads           0 ("), "{summary}");
}

/// Asserts that one wrong byte of constants is one mismatch.
fn wrong_constants_show(device: Option<String>) -> Result<(), DemoError> {
    let options = Options { device, frames: 5, corrupt_constants: Some(3), ..Options::default() };
    let (summary, _) = run(&options)?;
    assert_eq!(summary.mismatches.len(), 1, "{summary}");
    assert_eq!(summary.mismatches[0].difference.count, 1);
    assert!(summary.mismatches[0].name.starts_with("constants of "), "{summary}");
    assert!(!summary.is_clean() && summary.messages.is_empty());
    Ok(())
}

#[test]
fn a_wrong_byte_in_transient_memory_is_a_mismatch() {
    for name in ["arm-noncoherent", "h200"] {
        wrong_constants_show(Some(format!("sim:{name}"))).unwrap();
    }
    if testing::device().is_some() {
        wrong_constants_show(None).unwrap();
    }
}

/// Asserts that passes go on where everything else takes all that it can get.
fn passes_go_on(device: Option<&str>, megabytes: u64) -> Result<(), DemoError> {
    let device = device.map(str::to_owned);
    let budget = megabytes << 20;
    let options = Options { device, frames: 60, budget, strict: true, ..Options::default() };
    let (summary, told) = run(&Options { reload_every: 2, ..options })?;
    let findings: Vec<_> = summary.findings().collect();
    assert!(summary.is_clean(), "{summary}\n{}", findings.join("\n"));
    assert!(summary.reduced > 0 && summary.peak_bytes <= budget, "{summary}");
    assert!((1..=told.len() as u64 / 2).contains(&summary.reloads), "{summary}");
    Ok(())
}

#[test]
fn a_strict_budget_leaves_the_passes_what_they_need() {
    for megabytes in [19, 24, 32] {
        passes_go_on(Some("sim:lavapipe-25"), megabytes).unwrap();
        if testing::device().is_some() {
            passes_go_on(None, megabytes).unwrap();
        }
    }
}
