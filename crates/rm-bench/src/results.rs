//! Results as a file: `{host, revision, metrics: {name: [value, unit]}}`, and notes for the reader.

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::BenchError;

/// What a run has measured.
///
/// A metric is called `level/trace/contestant/what`, and a note `level/trace/contestant` says why there is none.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Results {
    /// The machine.
    pub host: String,
    /// The commit, `-dirty` if files had changed.
    pub revision: String,
    /// What a reader wants to know besides: device, scale, seed, settings, reasons.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// Value and unit of each metric.
    pub metrics: BTreeMap<String, (f64, String)>,
}

impl Results {
    /// Nothing yet, of this machine and commit.
    pub fn here() -> Self {
        Self { host: host(), revision: revision(), ..Self::default() }
    }

    /// Adds a metric.
    pub fn put(&mut self, name: &str, value: f64, unit: &str) {
        self.metrics.insert(name.to_owned(), (value, unit.to_owned()));
    }

    /// The value of a metric.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).map(|(value, _)| *value)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`] or [`BenchError::Json`].
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        read(path)
    }

    /// Writes a file, and the folders that lead to it.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`].
    pub fn write(&self, path: &Path) -> Result<(), BenchError> {
        write_json(path, self)
    }
}

/// Reads a JSON file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, BenchError> {
    let text = fs::read_to_string(path)
        .map_err(|source| BenchError::File { path: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|source| BenchError::Json { path: path.to_owned(), source })
}

/// Writes a JSON file.
pub(crate) fn write_json<T: Serialize>(path: &Path, what: &T) -> Result<(), BenchError> {
    let mut text = serde_json::to_string_pretty(what)
        .map_err(|source| BenchError::Json { path: path.to_owned(), source })?;
    text.push('\n');
    write(path, &text)
}

/// Writes a file, and the folders that lead to it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let failed = |source| BenchError::File { path: path.to_owned(), source };
    folder.and_then(|()| fs::write(path, text)).map_err(failed)
}

/// The processor, how many threads it gives this process, and the system.
fn host() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    let processor = processor.unwrap_or_else(|| env::consts::ARCH.to_owned());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{processor}, {threads} threads, {}", env::consts::OS)
}

fn revision() -> String {
    // No lock is taken, so that measuring never disturbs whoever works in the same tree.
    let git =
        ["--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    first_line("git", &git)
        .or_else(|| env::var("GITHUB_SHA").ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The first line that a program writes, if it ends well.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().map(|line| line.trim().to_owned());
    line.filter(|line| output.status.success() && !line.is_empty())
}
