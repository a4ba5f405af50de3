//! Why an upload has to wait.

use std::fmt;

use rm_lifetime::TimelineError;

/// The reason why an upload got no staging quota; nothing is reserved then.
///
/// It borrows the label of the request, so that a refusal costs nothing; with a literal it is `'static`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError<'a> {
    /// The quota is taken. Waiting for what is pending helps.
    #[error(
        "no room to stage {requested} bytes{}: {taken} of {quota} bytes are taken, {pending} of them by pending uploads",
        For(*.label)
    )]
    OverQuota {
        /// The label of the request.
        label: Option<&'a str>,
        /// Bytes asked for.
        requested: u64,
        /// Bytes of uploads of this bridge that are pending.
        pending: u64,
        /// Bytes of the quota that are taken, by the bridge and by others.
        taken: u64,
        /// Bytes that may be staged at a time.
        quota: u64,
    },
    /// A timeline could not be waited for. [`TimelineError::DeviceLost`] gives all pending quota back at the next look.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The upload is larger than the whole quota. Waiting cannot help; smaller parts can.
    #[error("{requested} bytes{} are more than the staging quota of {quota} bytes", For(*.label))]
    TooLarge {
        /// The label of the request.
        label: Option<&'a str>,
        /// Bytes asked for.
        requested: u64,
        /// Bytes that may be staged at a time.
        quota: u64,
    },
}

/// Shows whom a refusal is about, if anybody knows.
struct For<'a>(Option<&'a str>);

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |label| write!(f, " for `{label}`"))
    }
}
