//! Files are whole or not there, and an error says what to do.

use std::{fs, io::Write, path::Path};

use rm_alloc_core::BudgetConfig;
use rm_metrics::{
    CsvFile, CsvTable, Dump, MetricsCollector, MetricsConfig, MetricsError, OutputFile, TraceFile,
};

use crate::support::{Folder, columns, manager};

/// Everything that writes a file, at `path`.
fn writers(path: &Path) -> Vec<MetricsError> {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    metrics.end_frame();
    let columns = || columns(&metrics, &["frame", "used_bytes"]);
    let csv = CsvFile::create(path, columns(), &[]).and_then(|mut csv| {
        csv.add(metrics.latest().unwrap())?;
        csv.save()
    });
    let trace = TraceFile::create(path, "test", columns()).and_then(|mut trace| {
        trace.frame(metrics.latest().unwrap())?;
        trace.save()
    });
    let dump = Dump::take(&manager).and_then(|dump| dump.save(path));
    [csv, trace, dump].into_iter().map(Result::unwrap_err).collect()
}

/// Where nothing can be written, every writer says so, names the file, and says what to do.
#[test]
fn an_unwritable_file_is_a_typed_error_that_says_what_to_do() {
    let folder = Folder::new();
    let cases = [
        (folder.file("missing/metrics.csv"), "make its folder first"),
        (folder.file(""), "name a file, not a folder"),
        (folder.file(&"x".repeat(300)), "choose another name"),
        (Path::new("").into(), ""),
    ];
    for (path, advice) in cases {
        for error in writers(&path) {
            assert!(matches!(error, MetricsError::Unwritable { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains(advice), "{text}");
            assert!(text.contains(&path.display().to_string()), "{text}");
        }
    }
    assert_eq!(folder.names(), [""; 0], "something was left behind");
}

/// A full disk is found out before anybody believes in the file.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_typed_error_that_says_what_to_do() {
    for error in writers(Path::new("/dev/full")) {
        let text = error.to_string();
        assert!(text.contains("free some space there"), "{text}");
        assert!(text.contains("/dev/full"), "{text}");
    }
    let full = fs::metadata("/dev/full").unwrap();
    assert!(!full.is_file(), "the device was replaced by a file");
}

/// A file that is given up leaves nothing, and what was in its place is as it was.
#[test]
fn a_file_that_is_not_finished_changes_nothing() {
    let folder = Folder::new();
    let path = folder.file("metrics.csv");
    fs::write(&path, "before").unwrap();
    let mut file = OutputFile::create(&path).unwrap();
    file.write_all(&[b'x'; 1 << 20]).unwrap();
    assert_eq!(folder.names().len(), 2, "it grows beside");
    drop(file);
    assert_eq!(folder.names(), ["metrics.csv"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    let mut file = OutputFile::create(&path).unwrap();
    file.write_all(b"after").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before", "not before it is whole");
    file.finish().unwrap();
    assert_eq!(folder.names(), ["metrics.csv"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "after");
}

/// If the last step fails, the file beside goes too.
#[test]
fn a_file_that_cannot_be_put_in_its_place_is_removed() {
    let folder = Folder::new();
    let path = folder.file("metrics.csv");
    let file = OutputFile::create(&path).unwrap();
    // Somebody makes a folder of that name meanwhile.
    fs::create_dir_all(path.join("inside")).unwrap();
    let error = file.finish().unwrap_err();
    assert!(matches!(error, MetricsError::Unwritable { .. }), "{error:?}");
    assert_eq!(folder.names(), ["metrics.csv"]);
}

/// A link stays a link, and the file behind it is written.
#[cfg(unix)]
#[test]
fn a_link_is_followed() {
    let folder = Folder::new();
    fs::write(folder.file("real"), "before").unwrap();
    std::os::unix::fs::symlink(folder.file("real"), folder.file("link")).unwrap();
    let mut file = OutputFile::create(&folder.file("link")).unwrap();
    file.write_all(b"after").unwrap();
    file.finish().unwrap();
    assert_eq!(fs::read_to_string(folder.file("real")).unwrap(), "after");
    assert!(fs::symlink_metadata(folder.file("link")).unwrap().is_symlink());
}

/// Two files for one place do not write into each other: the last one finished wins, whole.
#[test]
fn two_files_for_one_place_do_not_mix() {
    let folder = Folder::new();
    let path = folder.file("metrics.csv");
    let (mut one, mut two) =
        (OutputFile::create(&path).unwrap(), OutputFile::create(&path).unwrap());
    one.write_all(b"one").unwrap();
    two.write_all(b"two").unwrap();
    two.finish().unwrap();
    one.finish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    assert_eq!(folder.names(), ["metrics.csv"]);
}

/// A table through a file is the table.
#[test]
fn a_table_survives_its_way_through_a_file() {
    let folder = Folder::new();
    let path = folder.file("frames.csv");
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let columns = columns(&metrics, &["frame", "budget_utilization", "driver_calls"]);
    let mut csv = CsvFile::create(&path, columns, &[("program", "test")]).unwrap();
    for _ in 0..3 {
        csv.add(metrics.end_frame()).unwrap();
    }
    csv.save().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().take(3).collect::<Vec<_>>(),
        ["#,program,test", "frame,budget_utilization,driver_calls", "0,0.0,"]
    );
    assert_eq!(CsvTable::read(fs::File::open(&path).unwrap()).unwrap().rows.len(), 3);
}
