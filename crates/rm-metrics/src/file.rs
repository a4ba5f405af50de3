//! Files that are whole or not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::MetricsError;

/// A file in the making.
///
/// It grows beside its place under a name of its own, and [`finish`](Self::finish) puts it there in one step, after the
/// system has it on disk. Dropped before, it leaves nothing, and what was in its place stays as it was.
///
/// What is there and is no regular file, such as a pipe or `/dev/stdout`, is written to directly. A link is followed.
///
/// ```
/// use std::io::Write;
///
/// use rm_metrics::{MetricsError, OutputFile};
///
/// fn note(path: &std::path::Path) -> Result<(), MetricsError> {
///     let mut file = OutputFile::create(path)?;
///     writeln!(file, "all of it or nothing")?;
///     file.finish()
/// }
/// ```
#[derive(Debug)]
pub struct OutputFile {
    // Before `partial`, so that it is closed when the file goes.
    file: BufWriter<File>,
    path: PathBuf,
    // None where it is written to directly.
    partial: Option<Partial>,
}

/// The file beside, removed on drop unless it was put in its place.
#[derive(Debug)]
struct Partial(PathBuf);

impl OutputFile {
    /// Begins a file for `path`.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`] if there is no such folder, it may not be written to, or `path` is a folder itself.
    pub fn create(path: &Path) -> Result<Self, MetricsError> {
        Self::begin(path).map_err(|source| MetricsError::Unwritable { path: path.into(), source })
    }

    fn begin(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            there => Some(there?),
        };
        if there.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok(Self { file: BufWriter::new(file), path: path.into(), partial: None });
        }
        // The file behind a link takes the place of that file, and not of the link.
        let path = if there.is_some() { fs::canonicalize(path)? } else { behind(path) };
        if path.file_name().is_none() {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let (file, partial) = beside(&path)?;
        if let Some(there) = there {
            // Whoever may not read the old file may not read the new one.
            file.set_permissions(there.permissions())?;
        }
        Ok(Self { file: BufWriter::new(file), path, partial: Some(partial) })
    }

    /// Puts the whole file in its place.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`] if something could not be written; nothing has changed then.
    pub fn finish(self) -> Result<(), MetricsError> {
        let Self { file, path, partial } = self;
        place(file, &path, partial)
            .map_err(|source| MetricsError::Unwritable { path: path.into(), source })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `error`, with the name of the file.
    fn named(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display()))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| self.named(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| self.named(&error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Writes what is left, waits for the disk, and renames.
fn place(file: BufWriter<File>, path: &Path, partial: Option<Partial>) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    let Some(mut partial) = partial else { return Ok(()) };
    file.sync_all()?;
    drop(file);
    fs::rename(&partial.0, path)?;
    // Its name is free again, and may be somebody else's by now: an empty one is no file.
    partial.0 = PathBuf::new();
    // The name as well; where folders cannot be opened, the system sees to it in its own time.
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|folder| folder.sync_all()).ok();
    }
    Ok(())
}

/// Where links to a file that is not there yet lead.
fn behind(path: &Path) -> PathBuf {
    let mut path = PathBuf::from(path);
    // As many as systems follow; links that go round are refused by then.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.with_file_name(target);
    }
    path
}

/// A file that nobody else writes to; its name is short, because that of `path` may be as long as names get.
fn beside(path: &Path) -> io::Result<(File, Partial)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!(".rm-metrics-{}-{number}.partial", process::id());
        let beside = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            // Of a process that was killed, or that has the same number in another container.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return Ok((made?, Partial(beside))),
        }
    }
}
