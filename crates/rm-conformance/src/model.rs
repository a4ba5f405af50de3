//! The model test: random operations against a naive oracle, and traces that can be replayed.
//!
//! A [`Trace`] is text, one operation a line, so that what a failure prints can be pasted into a test:
//!
//! ```
//! use std::sync::Arc;
//!
//! use rm_alloc_direct::DirectAllocator;
//! use rm_conformance::{Environment, model::Trace};
//! use rm_vksim::Profile;
//!
//! let trace: Trace = "
//!     allocate 1 buffer 5000 align 256 type 0 map label
//!     write 1 77
//!     allocate 2 image 4096 align 1 type 0 require
//!     free 1
//! "
//! .parse()?;
//! let environment = Environment::simulated(Profile::integrated(), |context| {
//!     Ok(Arc::new(DirectAllocator::new(context)))
//! });
//! assert_eq!(trace.replay(&environment), Ok(None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod operation;
mod player;
mod shrink;
mod text;

use crate::{Environment, Skip};

pub use self::{
    operation::{Operation, Wanted, What, Wish},
    text::TraceError,
};

/// A sequence of operations.
///
/// Valid in any subset: an operation on a slot that holds nothing does nothing. That is what lets a failure shrink.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Trace {
    /// What is done, in order.
    pub operations: Vec<Operation>,
}

/// A promise that a trace has broken.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// Index of the operation after which it showed; the number of operations where it showed at the end.
    pub operation: usize,
    /// The promise, in words.
    pub message: String,
}

impl Trace {
    /// `length` random operations; the same for the same seed.
    pub fn random(seed: u64, length: usize) -> Self {
        operation::random(seed, length)
    }

    /// Runs it on a fresh device of `environment`, and says which promise it broke, if any.
    ///
    /// All promises are checked after each operation, and that nothing is left after the last.
    ///
    /// # Errors
    ///
    /// [`Skip`] where `environment` has no backend to run on.
    pub fn replay(&self, environment: &Environment) -> Result<Option<Failure>, Skip> {
        player::play(environment, &self.operations)
    }

    /// The shortest trace that still breaks a promise, as far as removing operations leads to one; itself if it breaks none.
    ///
    /// # Errors
    ///
    /// As of [`replay`](Self::replay).
    pub fn shrink(&self, environment: &Environment) -> Result<Self, Skip> {
        // A first run for the skip, which is the same for every subset.
        self.replay(environment)?;
        let fails = |operations: &[Operation]| {
            player::play(environment, operations).is_ok_and(|failure| failure.is_some())
        };
        Ok(Self { operations: shrink::shrink(&self.operations, fails) })
    }
}
