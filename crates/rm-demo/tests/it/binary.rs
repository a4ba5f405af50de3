//! The binary says with its exit code and one sentence what became of it.

use std::{
    fs,
    process::{Command, Output},
};

use rm_headless::testing;
use rm_vksim::Profile;

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rm-demo"));
    // Where it may leave its file of figures.
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Asserts that the binary refused with one sentence, and returns that.
fn refusal(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn a_clean_run_ends_with_0_and_a_table() {
    if testing::device().is_none() {
        return;
    }
    let output = demo(&["--frames", "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for row in ["device  ", "frames                2\n", "mismatches            0", "moved out  "] {
        assert!(said.contains(row), "no `{row}` in\n{said}");
    }
    assert!(output.stderr.is_empty(), "progress is for terminals only");
}

#[test]
fn an_unknown_device_ends_with_2_and_names_those_present() {
    let Some(device) = testing::device() else { return };
    let said = refusal(&demo(&["--device", "no such card"]).output().unwrap());
    assert!(said.contains("no such card") && said.contains(device.name()), "{said}");
}

/// The binary where no driver is to be found.
fn driverless(arguments: &[&str]) -> Command {
    let mut command = demo(arguments);
    // The newer name and the older one.
    command.env("VK_DRIVER_FILES", "/nonexistent.json");
    command.env("VK_ICD_FILENAMES", "/nonexistent.json");
    command.env_remove("VK_ADD_DRIVER_FILES");
    command
}

#[test]
fn without_a_driver_it_runs_on_a_simulated_device_and_says_so() {
    let output = driverless(&["--frames", "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("running on the simulated device sim:desktop-rebar"), "{said}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("sim: desktop-rebar ("), "{table}");
    for (name, file) in [("metrics", "metrics.csv"), ("trace", "trace.json"), ("dump", "dump.json")]
    {
        assert!(table.contains(&format!("{name:20}  target/demo/{file}\n")), "{table}");
    }
}

#[test]
fn without_a_driver_a_named_device_ends_with_2() {
    refusal(&driverless(&["--device", "any"]).output().unwrap());
}

#[test]
fn a_simulated_device_needs_no_driver() {
    let output =
        driverless(&["--device", "sim:arm-noncoherent", "--frames", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let table = String::from_utf8_lossy(&output.stdout);
    let rows = [
        "driver                rm-vksim\n",
        "validation            oracle\n",
        "hot reloads           0 (longest frame 0.00 x median, of the others ",
        "transients            ",
        "deferred              ",
    ];
    for row in rows {
        assert!(table.contains(row), "no `{row}` in\n{table}");
    }
}

#[test]
fn an_unknown_profile_ends_with_2_and_names_the_known_ones() {
    let said = refusal(&driverless(&["--device", "sim:no-such-profile"]).output().unwrap());
    assert!(said.contains("no-such-profile"), "{said}");
    assert!(Profile::names().iter().all(|name| said.contains(name)), "{said}");
}

#[test]
fn simulated_devices_are_always_listed() {
    let output = driverless(&["--list-devices"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    for name in Profile::names() {
        assert!(said.lines().any(|line| line.starts_with(&format!("sim:{name} "))), "{said}");
    }
}

#[test]
fn wrong_arguments_end_with_2() {
    for arguments in [["--frames", "0"], ["--frames", "many"], ["--no-such-flag", "1"]] {
        assert_eq!(demo(&arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn devices_are_listed_a_line_each() {
    let Some(device) = testing::device() else { return };
    let output = demo(&["--list-devices"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.lines().any(|line| line.starts_with(device.name())), "{said}");
}

#[test]
fn a_strict_budget_is_part_of_the_table_and_the_figures_are_where_they_always_are() {
    let here = format!("{}/strict", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&here).unwrap();
    fs::remove_file(format!("{here}/target/demo/metrics.csv")).ok();
    let mut command =
        driverless(&["--device", "sim:h200", "--frames", "20", "--budget", "24MiB", "--strict"]);
    let output = command.current_dir(&here).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8_lossy(&output.stdout);
    let rows =
        ["budget                24 MiB (strict)\n", "peak      ", "refusals  ", "aliased     "];
    for row in rows {
        assert!(table.contains(row), "no `{row}` in\n{table}");
    }
    let figures = fs::read_to_string(format!("{here}/target/demo/metrics.csv")).unwrap();
    assert!(figures.starts_with("#,program,rm-demo\n"), "{figures}");
    let names = figures.lines().find(|line| !line.starts_with('#')).unwrap();
    assert!(names.starts_with("frame,") && names.contains(",stream.reduced,"), "{names}");
    assert!(figures.lines().count() > 20, "{figures}");
}

#[test]
fn a_budget_that_is_no_number_ends_with_2() {
    for budget in ["much", "1TB", "-1", "99999999999999999999"] {
        let output = demo(&["--budget", budget]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{budget}");
    }
}

#[test]
fn figures_that_cannot_be_written_end_with_2_and_name_the_path() {
    let path = format!("{}/strange/file", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(format!("{path}/metrics.csv")).unwrap();
    let said = refusal(
        &driverless(&["--device", "sim:h200", "--frames", "1", "--output", &path])
            .output()
            .unwrap(),
    );
    assert!(said.contains(&path), "{said}");
}

#[cfg(unix)]
#[test]
fn a_live_view_in_the_place_of_a_file_ends_with_2_and_leaves_the_file() {
    let folder = std::env::temp_dir().join(format!("rm-demo-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("precious");
    fs::write(&path, "precious").unwrap();
    let said = refusal(
        &driverless(&["--device", "sim:h200", "--frames", "1", "--live"])
            .arg(&path)
            .output()
            .unwrap(),
    );
    assert!(said.contains(&path.display().to_string()), "{said}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_dir_all(&folder).unwrap();
}
