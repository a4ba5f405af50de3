//! The same run on every profile of the simulated device, Vulkan or not.

use std::fs;

use rm_demo::{Checker, DemoError, Options, Summary};
use rm_vksim::Profile;

/// Enough frames for resources to leave while others come.
const FRAMES: u32 = 28;

fn run(profile: &str, options: Options) -> Result<Summary, DemoError> {
    rm_demo::run(&Options { device: Some(format!("sim:{profile}")), ..options })
}

#[test]
fn every_byte_comes_back_on_every_profile_and_the_oracle_has_nothing_to_say() {
    for name in Profile::names() {
        let summary = run(name, Options { frames: FRAMES, ..Options::default() }).unwrap();
        let findings: Vec<_> = summary.findings().collect();
        assert!(summary.is_clean(), "{summary}\n{}", findings.join("\n"));
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(summary.checker, Checker::Oracle);
        assert_eq!(summary.driver, "rm-vksim");
        let device_name = Profile::builtin(name).unwrap().device_name;
        assert_eq!(summary.device, format!("sim: {name} ({device_name})"));
        assert!(summary.meshes > 0 && summary.textures > 0, "{summary}");
        assert!(summary.driver_allocations >= summary.meshes * 2 + summary.textures, "{summary}");
    }
}

#[test]
fn a_corrupted_byte_is_a_mismatch() {
    let options = Options { frames: 3, corrupt_frame: Some(1), ..Options::default() };
    let summary = run("arm-noncoherent", options).unwrap();
    assert_eq!(summary.mismatches.len(), 1, "{summary}");
    assert_eq!(summary.mismatches[0].difference.count, 1);
    assert!(!summary.is_clean());
    assert!(summary.messages.is_empty(), "a mismatch breaks no rule: {:?}", summary.messages);
}

#[test]
fn a_heap_too_small_for_the_stream_ends_with_1() {
    let mut profile = Profile::integrated();
    profile.heaps[0].size = 64 << 20;
    profile.heaps[0].budget = None;
    let path = format!("{}/small.json", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, profile.to_json()).unwrap();
    let error = run(&path, Options::default()).unwrap_err();
    assert!(matches!(error, DemoError::Allocation(_)), "got {error:?}");
    assert_eq!(error.exit_code(), 1);
}

#[test]
fn a_profile_is_read_from_a_file() {
    let mut profile = Profile::arm_noncoherent();
    profile.name = "mine".into();
    let path = format!("{}/mine.json", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, profile.to_json()).unwrap();
    let summary = run(&path, Options { frames: 2, ..Options::default() }).unwrap();
    assert!(summary.is_clean(), "{summary}");
    assert!(summary.device.starts_with("sim: mine ("), "{}", summary.device);
}

#[test]
fn a_file_that_is_no_profile_is_refused_with_its_path_and_reason() {
    let path = format!("{}/broken.json", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, "{\"name\": \"broken\"").unwrap();
    for path in [&*path, "there/is/no/such.json"] {
        let error = run(path, Options::default()).unwrap_err();
        assert!(matches!(error, DemoError::Profile { .. }), "got {error:?}");
        assert_eq!(error.exit_code(), 2);
        let said = error.to_string();
        assert!(said.contains(path) && said.lines().count() == 1, "{said}");
    }
}
