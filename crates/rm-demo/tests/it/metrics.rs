//! The file of figures holds what the frames left, a line each, and appears whole or not at all.

use std::{fs, path::PathBuf};

use rm_demo::{DemoError, Event, FrameMetrics, Options, Summary};

/// A folder of its own for a test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("metrics").join(test);
    fs::remove_dir_all(&folder).ok();
    folder
}

/// Plays a run under pressure, and returns what the frames told.
fn run(metrics: PathBuf, budget: u64) -> (Result<Summary, DemoError>, Vec<FrameMetrics>) {
    let device = Some("sim:h200".to_owned());
    let metrics = Some(metrics);
    let options =
        Options { device, frames: 40, budget, strict: true, metrics, ..Options::default() };
    let mut told = Vec::new();
    let played = rm_demo::watch(&options, &mut |event| {
        if let Event::Measured(metrics) = event {
            told.push(metrics);
        }
    });
    (played, told)
}

#[test]
fn the_file_says_what_the_frames_told() {
    let folder = folder("same");
    let path = folder.join("deep/metrics.csv");
    let (played, told) = run(path.clone(), 40 << 20);
    let summary = played.unwrap();
    let mut file = csv::Reader::from_path(&path).unwrap();
    let columns: Vec<_> = file.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        columns[..5],
        ["frame", "allocation_count", "aliased_count", "tracked_bytes", "budget_utilization"]
    );
    let rows: Vec<FrameMetrics> = file.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows, told);
    assert!(rows.len() > 40, "frames that only stream out count as well");
    for (number, row) in (0..).zip(&rows) {
        assert_eq!((row.frame, row.budget_bytes), (number, 40 << 20));
        let utilisation = row.used_bytes as f64 / row.budget_bytes as f64;
        assert!((row.budget_utilization - utilisation).abs() < 1e-9, "{row:?}");
        assert!(row.used_bytes <= row.peak_bytes && row.peak_bytes <= row.budget_bytes, "{row:?}");
        assert!(row.used_bytes <= row.tracked_bytes && row.retiring_bytes <= row.used_bytes);
        assert!(row.retired_waiting > 0, "passes leave something in every frame");
        assert!(row.aliased_count == 4 && row.allocation_count > 0 && !row.is_over_budget);
    }
    let last = rows.last().unwrap();
    assert_eq!(
        (last.peak_bytes, last.refusals, last.reduced, last.skipped),
        (summary.peak_bytes, summary.refusals, summary.reduced, summary.skipped)
    );
    let used: Vec<_> = rows.iter().map(|row| row.used_bytes).collect();
    for (row, before) in rows[1..].iter().zip(&rows) {
        // The device is the only place where a frame of this profile takes and gives memory once it is furnished.
        let expected = before.used_bytes + row.frame_allocated_bytes - row.frame_freed_bytes;
        assert_eq!(row.used_bytes, expected, "{used:?}");
    }
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_run_that_ends_early_leaves_no_file_and_no_part_of_one() {
    let folder = folder("early");
    let (played, _) = run(folder.join("metrics.csv"), 64 << 10);
    played.unwrap_err();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_path_that_cannot_be_written_is_refused_with_its_name_before_anything_runs() {
    let folder = folder("refused");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("file"), "not a folder").unwrap();
    for path in [folder.clone(), folder.join("file/metrics.csv"), PathBuf::from("/")] {
        let (played, told) = run(path.clone(), 0);
        let error = played.unwrap_err();
        assert!(matches!(error, DemoError::Metrics { .. }), "got {error:?}");
        assert_eq!((error.exit_code(), told.len()), (2, 0));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
