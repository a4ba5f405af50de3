//! A run keeps to its budget: what does not fit comes smaller or not at all, and every byte is still right.

use rm_demo::{DemoError, Options, Summary};
use rm_headless::testing;
use rm_vksim::Profile;

/// Enough frames for the working set to fill, and for resources to leave while others come.
const FRAMES: u32 = 60;

fn run(device: Option<&str>, budget: u64, strict: bool) -> Result<Summary, DemoError> {
    let device = device.map(str::to_owned);
    rm_demo::run(&Options { device, frames: FRAMES, budget, strict, ..Options::default() })
}

/// Asserts that nothing is wrong with what a run came to.
fn clean(summary: &Summary) {
    let findings: Vec<_> = summary.findings().collect();
    assert!(summary.is_clean() && findings.is_empty(), "{summary}\n{}", findings.join("\n"));
    assert!(summary.aliased > 0 && summary.saved_bytes > 0, "{summary}");
}

/// Learns what a run wants of `device`, and gives it half of that and then an eighth, strictly.
fn half_is_enough(device: Option<&str>) -> Result<(), DemoError> {
    let free = run(device, 0, false)?;
    clean(&free);
    assert_eq!((free.refusals, free.reduced, free.skipped), (0, 0, 0), "{free}");
    for part in [2, 8] {
        let budget = free.peak_bytes / part;
        let tight = run(device, budget, true)?;
        clean(&tight);
        assert_eq!(tight.budget_bytes, budget);
        assert!(tight.peak_bytes <= budget, "{tight}");
        assert!(tight.peak_bytes > budget / 2, "half of the budget was never used:\n{tight}");
        assert!(tight.reduced > 0, "{tight}");
        assert!(tight.refusals > 0 || part == 2, "{tight}");
        let streamed = tight.meshes + tight.textures + tight.skipped;
        assert_eq!(streamed, free.meshes + free.textures, "each one came, or was counted out");
    }
    Ok(())
}

#[test]
fn half_of_what_it_wants_is_enough_on_every_profile() {
    for name in Profile::names() {
        half_is_enough(Some(&format!("sim:{name}"))).unwrap();
    }
}

#[test]
fn half_of_what_it_wants_is_enough_on_the_device_present() {
    if testing::device().is_some() {
        half_is_enough(None).unwrap();
    }
}

/// What the passes read back takes no room from what leaves: under this budget one resource once stayed for ever.
#[test]
fn what_has_come_can_leave_again() {
    let device = Some("sim:desktop-rebar".to_owned());
    let options =
        Options { device, frames: 170, budget: 130_765_701, strict: true, ..Options::default() };
    let summary = rm_demo::run(&options).unwrap();
    clean(&summary);
    assert_eq!((summary.refusals, summary.skipped), (0, 0), "{summary}");
}

#[test]
fn a_budget_that_only_judges_is_kept_as_well_and_refuses_nothing() {
    let free = run(Some("sim:h200"), 0, false).unwrap();
    let budget = free.peak_bytes / 2;
    let summary = run(Some("sim:h200"), budget, false).unwrap();
    clean(&summary);
    assert_eq!((summary.refusals, summary.skipped), (0, 0), "{summary}");
    assert!(summary.reduced > 0 && summary.peak_bytes <= budget, "{summary}");
}

#[test]
fn the_drivers_word_can_be_strict_as_well() {
    let summary = run(Some("sim:h200"), 0, true).unwrap();
    clean(&summary);
    assert_eq!((summary.configured_budget, summary.reduced), (0, 0), "{summary}");
    assert!(summary.to_string().contains("(the driver's, strict)"), "{summary}");
}

#[test]
fn a_byte_that_goes_wrong_near_the_budget_is_a_mismatch() {
    let device = Some("sim:h200".to_owned());
    // A frame in which something arrives; in frame 21 what is due finds no room.
    let (budget, corrupt_frame) = (24 << 20, Some(22));
    let options =
        Options { device, frames: 30, budget, strict: true, corrupt_frame, ..Options::default() };
    let summary = rm_demo::run(&options).unwrap();
    assert_eq!(summary.mismatches.len(), 1, "{summary}");
    assert!(summary.reduced > 0 && !summary.is_clean(), "{summary}");
}

#[test]
fn a_budget_without_room_for_the_smallest_ends_with_1_and_says_what_it_wants() {
    let error = run(Some("sim:h200"), 64 << 10, true).unwrap_err();
    let DemoError::BudgetTooSmall { label, bytes, budget } = &error else {
        panic!("got {error:?}");
    };
    assert_eq!((&**label, *budget), ("scratch memory", 64 << 10));
    assert!(*bytes >= 1 << 20);
    assert_eq!(error.exit_code(), 1);
    let said = error.to_string();
    assert_eq!(said, "a budget of 64 KiB has no room for `scratch memory` of 1 MiB");
}

#[test]
fn a_budget_beyond_the_heaps_changes_nothing() {
    let free = run(Some("sim:desktop-rebar"), 0, false).unwrap();
    let wide = run(Some("sim:desktop-rebar"), u64::MAX, true).unwrap();
    clean(&wide);
    assert_eq!((wide.bytes_in, wide.peak_bytes), (free.bytes_in, free.peak_bytes));
    assert_eq!((wide.refusals, wide.reduced, wide.skipped), (0, 0, 0), "{wide}");
}

#[test]
fn a_peak_beyond_a_strict_budget_is_a_finding() {
    let mut summary = run(Some("sim:h200"), 64 << 20, true).unwrap();
    clean(&summary);
    summary.peak_bytes = summary.configured_budget + 1;
    assert!(!summary.is_clean());
    let findings: Vec<_> = summary.findings().collect();
    assert!(findings.len() == 1 && findings[0].contains("67108865 bytes"), "{findings:?}");
    summary.strict = false;
    assert!(summary.is_clean(), "a budget that judges may be passed");
}
