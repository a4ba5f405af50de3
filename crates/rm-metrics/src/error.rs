//! What can go wrong, and what to do about it.

use std::{io, path::Path};

/// The reason a figure, a file or a dump was not given.
///
/// Callers branch on the variant; each message ends with what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// No column has this name.
    #[error("no column is called `{name}`; the columns are {}", .known.join(", "))]
    UnknownColumn {
        /// The name that was asked for, cut to a length.
        name: Box<str>,
        /// Every name that there is.
        known: Vec<Box<str>>,
    },
    /// A file could not be written; an older one in its place is as it was.
    #[error("cannot write `{}`: {source}; {}", .path.display(), advice(.source))]
    Unwritable {
        /// The file that was to be written.
        path: Box<Path>,
        /// What the system answered.
        source: io::Error,
    },
    /// A writer refused.
    #[error("cannot write: {}; {}", .0, advice(.0))]
    Write(#[from] io::Error),
    /// A file could not be read as one of ours.
    #[error(
        "not a file of metrics, line {line}: {what}; was it written by another program, or changed by one?"
    )]
    Malformed {
        /// The line, counted from 1; 0 where that is not known.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A series of a report is not as long as the list of its frames; nothing was written.
    #[error(
        "series `{series}` has {found} values for {frames} frames; give one a frame, or none at all"
    )]
    UnevenSeries {
        /// Which one.
        series: &'static str,
        /// Values that it has.
        found: usize,
        /// Frames of the report.
        frames: usize,
    },
    /// A socket could not be opened or reached.
    #[error("cannot use the socket `{}`: {source}; {}", .path.display(), socket_advice(.source))]
    Socket {
        /// Where it is, or was to be.
        path: Box<Path>,
        /// What the system answered.
        source: io::Error,
    },
    /// What a socket says is no live view.
    #[error(
        "not a live view, line {line}: {what}; is it the socket of another program, or of another version?"
    )]
    NotLive {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A live view broke off.
    #[error("cannot read: {0}; connect again")]
    Read(#[source] io::Error),
    /// The allocator gives no report of its blocks.
    #[error(
        "allocator `{allocator}` cannot list its blocks; dump one with `AllocatorCapabilities::REPORT`"
    )]
    NoReport {
        /// The allocator, by name.
        allocator: Box<str>,
    },
}

impl MetricsError {
    /// The same error, of the file that was to be written.
    pub(crate) fn of(self, path: &Path) -> Self {
        match self {
            Self::Write(source) => Self::Unwritable { path: path.into(), source },
            other => other,
        }
    }
}

/// What to do about `error` of a socket.
fn socket_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "look for a typing error, and whether its folder is there",
        io::ErrorKind::AlreadyExists => "it is no socket; choose a path where nothing is",
        io::ErrorKind::AddrInUse => "another program listens there; choose another path",
        io::ErrorKind::ConnectionRefused => "the program that it belonged to has ended",
        io::ErrorKind::PermissionDenied => "it belongs to another user, or its folder does",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => "choose a shorter path",
        _ => "choose another path",
    }
}

/// What to do about `error`.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "make its folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space there, or choose another disk"
        }
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => "choose another name",
        _ => "choose another place",
    }
}
