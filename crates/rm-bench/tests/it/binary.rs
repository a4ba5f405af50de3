//! The program: exit codes, files, tables.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use rm_bench::{Baseline, Results};

/// A folder of a test's own, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rm-bench-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn program(words: &str, file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rm-bench"));
    command.args(words.split_whitespace()).arg(file).output().unwrap()
}

#[test]
fn counters_end_with_1_and_a_table_when_something_is_counted_once_more() {
    let folder = Folder::new("counters");
    let path = folder.join("baseline.json");
    let bless = program("counters --without-instructions --bless --baseline", &path);
    assert!(bless.status.success(), "{bless:?}");
    let same = program("counters --without-instructions --baseline", &path);
    assert_eq!(same.status.code(), Some(0), "{same:?}");

    let mut baseline = Baseline::read(&path).unwrap();
    let counters = baseline.counters.get_mut("memory/t1-churn/direct").unwrap();
    *counters.get_mut("vkAllocateMemory").unwrap() -= 1;
    baseline.write(&path).unwrap();
    let more = program("counters --without-instructions --baseline", &path);
    assert_eq!(more.status.code(), Some(1), "{more:?}");
    let table = String::from_utf8(more.stdout).unwrap();
    assert!(table.contains("memory/t1-churn/direct"), "{table}");
    assert!(table.contains("vkAllocateMemory"), "{table}");
    assert_eq!(table.lines().count(), 2, "a heading and the one difference\n{table}");
}

#[test]
fn a_baseline_that_is_not_there_is_no_difference_but_an_error() {
    let missing = program("counters --without-instructions --baseline", Path::new("no/such.json"));
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
}

#[test]
fn a_run_becomes_a_file_a_report_and_pictures() {
    let folder = Folder::new("run");
    let path = folder.join("results.json");
    let run = program("run --quick --rounds 1 --trace t2 --trace t3 --output", &path);
    assert!(run.status.success(), "{run:?}");
    let results = Results::read(&path).unwrap();
    assert!(!results.host.is_empty() && !results.revision.is_empty());
    assert_eq!(results.metrics["memory/t2-frames/operations"].1, "operations");

    let words = format!("report {} --output", path.display());
    let report = program(&words, &folder.0);
    assert!(report.status.success(), "{report:?}");
    let markdown = fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(markdown.contains("## t3-streaming, buffer"), "{markdown}");
    for picture in ["time", "priced", "memory", "tail"] {
        let picture = fs::read_to_string(folder.join(&format!("{picture}-memory.svg"))).unwrap();
        assert!(picture.contains("<svg") && picture.contains("gpu-allocator"));
    }

    let words = format!("compare {} --filter direct/time", path.display());
    let compared = String::from_utf8(program(&words, &path).stdout).unwrap();
    assert!(compared.contains("memory/t2-frames/direct/time"), "{compared}");
    assert!(compared.contains("1.000"), "{compared}");
}

#[test]
fn other_tasks_write_tables_and_figures() {
    let folder = Folder::new("tables");
    for (task, words, metric) in [
        ("growth", "--quick --live 10,20 --contestant direct", "memory/t1-churn/direct/pair/20"),
        (
            "tight",
            "--quick --seeds 3 --percent 105 --contestant direct",
            "memory/t3-streaming/direct/failures/105",
        ),
        (
            "pace",
            "--frames 4 --warm-up 2 --period 1 --contestant direct",
            "memory/t2-frames/direct/paced_calls",
        ),
    ] {
        let done = program(&format!("{task} {words} --output"), &folder.0);
        assert!(done.status.success(), "{done:?}");
        let table = fs::read_to_string(folder.join(&format!("{task}.md"))).unwrap();
        assert!(table.contains("| direct |"), "{table}");
        assert_eq!(String::from_utf8(done.stdout).unwrap(), table, "it is shown as well");
        let results = Results::read(&folder.join(&format!("{task}.json"))).unwrap();
        assert!(results.value(metric).is_some(), "{:?}", results.metrics);
    }
}

#[test]
fn names_that_are_not_there_are_wrong_usage() {
    let folder = Folder::new("names");
    for words in [
        "run --trace t9 --output",
        "run --device sim:nothing --output",
        "run --level none --output",
    ] {
        let output = program(words, &folder.join("results.json"));
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn the_checked_in_baseline_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json");
    let baseline = Baseline::read(&path).unwrap();
    assert!(baseline.counters.contains_key("memory/t1-churn/direct"));
}

#[test]
fn alias_writes_a_table_and_a_picture() {
    let folder = Folder::new("alias");
    let done = program("alias --seeds 1,2 --views 0 --rounds 1 --dsa nowhere --output", &folder.0);
    assert!(done.status.success(), "{done:?}");
    let table = fs::read_to_string(folder.join("alias.md")).unwrap();
    assert_eq!(table.matches("| rm-alias | 1.0000 |").count(), 3, "{table}");
    assert!(table.contains("Skipped: there is no such folder"));
    assert!(fs::read_to_string(folder.join("alias.svg")).unwrap().starts_with("<svg"));
}
