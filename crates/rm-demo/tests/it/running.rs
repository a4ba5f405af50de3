//! A run moves every byte unharmed, and notices when it does not.

use rm_demo::{Checker, DemoError, Event, Options, Summary};
use rm_headless::{HeadlessError, testing};

/// Enough frames for resources to leave while others come.
const FRAMES: u32 = 40;

/// Plays a run if there is a device; where one is required, its absence fails the test.
fn run(options: &Options) -> Option<Result<Summary, DemoError>> {
    testing::device().map(|_present| rm_demo::run(options))
}

#[test]
fn every_byte_comes_back_and_so_does_all_memory() {
    let options = Options { frames: FRAMES, ..Options::default() };
    let Some(device) = testing::device() else { return };
    let mut seen = Vec::new();
    let summary = rm_demo::watch(&options, &mut |event| match event {
        Event::Frame(progress) => seen.push(progress),
        Event::Measured(_) => {}
        event => panic!("{event}"),
    });
    let summary = summary.unwrap();
    let findings: Vec<_> = summary.findings().collect();
    assert!(summary.is_clean(), "{summary}\n{}", findings.join("\n"));
    assert!(findings.is_empty());
    let checker = if device.validation() { Checker::Layer } else { Checker::Absent };
    assert_eq!((&*summary.device, summary.checker), (device.name(), checker));
    assert!(summary.meshes > 0 && summary.textures > 0, "{summary}");
    assert_eq!(summary.bytes_in, summary.bytes_out);
    assert!(summary.driver_allocations >= summary.meshes * 2 + summary.textures, "{summary}");
    assert_eq!(seen.len(), FRAMES as usize);
    let last = seen.last().unwrap();
    assert!(last.bytes_in < summary.bytes_in, "the passes of the frames at the end count as well");
    assert!(last.bytes_out > 0, "nothing left while others came: {summary}");
}

#[test]
fn a_corrupted_byte_is_a_mismatch() {
    let options = Options { frames: 3, corrupt_frame: Some(1), ..Options::default() };
    let Some(played) = run(&options) else { return };
    let summary = played.unwrap();
    assert_eq!(summary.mismatches.len(), 1, "{summary}");
    assert_eq!(summary.mismatches[0].difference.count, 1);
    assert!(!summary.is_clean());
    let findings: Vec<_> = summary.findings().collect();
    assert!(findings[0].contains(" 1 of "), "{findings:?}");
    assert_eq!(summary.lost_bytes, 0, "a mismatch loses no memory");
}

#[test]
fn an_unknown_device_is_refused_by_name() {
    let options = Options { device: Some("no such card".into()), ..Options::default() };
    let Some(played) = run(&options) else { return };
    let error = played.unwrap_err();
    assert!(
        matches!(error, DemoError::Headless(HeadlessError::UnknownDevice { .. })),
        "got {error:?}"
    );
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("no such card"), "{error}");
}
