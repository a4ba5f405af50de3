//! The files of a run hold what the frames left, and appear whole or not at all.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use resource_management::{
    alloc::Tag,
    metrics::{CsvTable, Snapshot, Value},
};
use rm_demo::{DemoError, Event, Options, Summary};

/// A folder of its own for a test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("metrics").join(test);
    fs::remove_dir_all(&folder).ok();
    folder
}

/// Plays a run under pressure, and returns what the frames told.
fn run(output: &Path, budget: u64) -> (Result<Summary, DemoError>, Vec<Snapshot>) {
    let device = Some("sim:h200".to_owned());
    let output = Some(output.to_owned());
    let options =
        Options { device, frames: 40, budget, strict: true, output, ..Options::default() };
    let mut told = Vec::new();
    let played = rm_demo::watch(&options, &mut |event| {
        if let Event::Measured(snapshot) = event {
            told.push(*snapshot);
        }
    });
    (played, told)
}

/// The column called `name`, a number a frame.
fn numbers(table: &CsvTable, name: &str) -> Option<Vec<u64>> {
    let column = table.column(name).ok()?;
    table.rows.iter().map(|row| row[column].as_u64()).collect()
}

#[test]
fn the_table_says_what_the_frames_told() {
    let folder = folder("same").join("deep");
    let (played, told) = run(&folder, 40 << 20);
    let summary = played.unwrap();
    let table = CsvTable::read(File::open(folder.join("metrics.csv")).unwrap()).unwrap();
    assert_eq!(table.metadata[0], ("program".to_owned(), "rm-demo".to_owned()));
    assert_eq!(table.metadata[1], ("device".to_owned(), summary.device.clone()));
    assert!(table.rows.len() > 40 && table.rows.len() == told.len(), "frames at the end count");
    let said = |read: fn(&Snapshot) -> u64| told.iter().map(read).collect::<Vec<_>>();
    let column = |name| numbers(&table, name).unwrap();
    assert_eq!(column("frame"), (0..told.len() as u64).collect::<Vec<_>>());
    assert_eq!(column("allocation_count"), said(|it| it.frame.allocation_count));
    assert_eq!(column("tracked_bytes"), said(|it| it.frame.tracked_bytes));
    assert_eq!(column("used_bytes"), said(|it| it.frame.used_bytes));
    assert_eq!(column("peak_bytes"), said(|it| it.frame.peak_bytes));
    assert_eq!(column("retiring_bytes"), said(|it| it.frame.retiring_bytes));
    assert_eq!(column("frame_allocated_bytes"), said(|it| it.frame.frame_allocated_bytes));
    assert_eq!(column("frame_freed_bytes"), said(|it| it.frame.frame_freed_bytes));
    assert_eq!(column("stream.retired_waiting"), said(|it| it.sources[3]));
    assert_eq!(column("tag2_used_bytes"), said(|it| it.tag(Tag(2)).used_bytes), "textures");
    let ratio = table.column("budget_utilization").unwrap();
    for (row, snapshot) in table.rows.iter().zip(&told) {
        assert_eq!(row[ratio], Value::Ratio(snapshot.frame.budget_utilization), "bit by bit");
    }
    let last = |name| *column(name).last().unwrap();
    assert_eq!(last("peak_bytes"), summary.peak_bytes, "the peak of the table is the summary's");
    assert_eq!(last("stream.refused"), summary.refusals);
    assert_eq!(
        (last("stream.reduced"), last("stream.skipped")),
        (summary.reduced, summary.skipped)
    );
}

#[test]
fn every_frame_adds_up() {
    let folder = folder("sums");
    let (played, told) = run(&folder, 40 << 20);
    played.unwrap();
    for Snapshot { frame, sources, .. } in &told {
        assert_eq!(frame.budget_bytes, 40 << 20);
        let utilisation = frame.used_bytes as f64 / frame.budget_bytes as f64;
        assert!((frame.budget_utilization - utilisation).abs() < 1e-9, "{frame:?}");
        assert!(frame.used_bytes <= frame.peak_bytes, "{frame:?}");
        assert!(frame.peak_bytes <= frame.budget_bytes && !frame.is_over_budget, "{frame:?}");
        assert!(frame.used_bytes <= frame.tracked_bytes, "{frame:?}");
        assert!(frame.retiring_bytes <= frame.used_bytes, "{frame:?}");
        assert!(sources[3] > 0, "passes leave something in every frame");
        assert!(frame.aliased_count == 4 && frame.allocation_count > 0, "{frame:?}");
    }
    for (now, before) in told[1..].iter().zip(&told) {
        // The device is the only place where a frame of this profile takes and gives memory once it is furnished.
        let (now, before) = (&now.frame, &before.frame);
        let expected = before.used_bytes + now.frame_allocated_bytes - now.frame_freed_bytes;
        assert_eq!(now.used_bytes, expected, "frame {}", now.frame);
    }
}

#[test]
fn the_files_are_named_whole_and_of_this_run() {
    let folder = folder("names");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("leaks.txt"), "of an earlier run").unwrap();
    let (played, told) = run(&folder, 40 << 20);
    let files = played.unwrap().files;
    let mut left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    left.sort();
    let names = ["dump.json", "metrics.csv", "report.html", "trace.json"];
    assert_eq!(left, names.map(|name| folder.join(name)));
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files.iter().all(|file| left.contains(file)), "{files:?}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let trace: serde_json::Value = serde_json::from_str(&read("trace.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let frames = events.iter().filter(|event| event["ph"] == "X").count();
    assert_eq!(frames, told.len(), "a slice a frame");
    assert!(events.iter().any(|event| event["name"] == "stream.reduced"), "counters of the stream");
    let dump: serde_json::Value = serde_json::from_str(&read("dump.json")).unwrap();
    // The last frame in which something came.
    let there = told[39].frame.block_bytes;
    assert_eq!(dump["Total"]["BlockBytes"].as_u64(), Some(there), "{}", dump["Total"]);
}

#[test]
fn a_run_that_ends_early_leaves_no_file_and_no_part_of_one() {
    let folder = folder("early");
    let (played, _) = run(&folder, 64 << 10);
    played.unwrap_err();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_path_that_cannot_be_written_is_refused_with_its_name_before_anything_runs() {
    let folder = folder("refused");
    fs::create_dir_all(folder.join("metrics.csv")).unwrap();
    fs::create_dir_all(folder.join("other/trace.json")).unwrap();
    fs::write(folder.join("file"), "not a folder").unwrap();
    for path in [folder.clone(), folder.join("other"), folder.join("file")] {
        let (played, told) = run(&path, 0);
        let error = played.unwrap_err();
        assert!(matches!(error, DemoError::Metrics { .. }), "got {error:?}");
        assert_eq!((error.exit_code(), told.len()), (2, 0));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
