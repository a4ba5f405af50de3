//! What a scope holds.

use std::fmt;

use super::LifetimeScope;
use crate::{BufferRange, Object, Raw, Resource, RetireAt, Shared, View, callback::contained};

/// A handle that a scope can hold.
///
/// Of one's own, it may hold several of ours and let go of them in an order of its own.
pub trait Kept: fmt::Debug + Send + Sync + 'static {
    /// Bytes that it is charged with; asked once, when the scope takes it.
    fn bytes(&self) -> u64;

    /// Lets go of it; if nobody else holds it, it retires at `at`.
    fn release(self: Box<Self>, at: RetireAt);
}

impl<R: Resource> Kept for Shared<R> {
    fn bytes(&self) -> u64 {
        Resource::bytes(&**self)
    }

    fn release(self: Box<Self>, at: RetireAt) {
        if let (RetireAt::Points(_), Ok(owned)) = (at, self.into_owned()) {
            owned.retire(at);
        }
    }
}

impl<H: Raw, R: Resource> Kept for View<H, R>
where
    Object<H>: Resource,
{
    fn bytes(&self) -> u64 {
        0
    }

    fn release(self: Box<Self>, at: RetireAt) {
        let (object, host) = self.into_parts();
        Box::new(object).release(at);
        Box::new(host).release(at);
    }
}

impl Kept for BufferRange {
    fn bytes(&self) -> u64 {
        0
    }

    fn release(self: Box<Self>, at: RetireAt) {
        Box::new(self.into_host()).release(at);
    }
}

/// A handle, or a scope within.
pub(super) enum Item {
    Handle { handle: Box<dyn Kept>, bytes: u64 },
    Scope(LifetimeScope),
}

impl Item {
    pub(super) fn new(handle: impl Kept) -> Self {
        let bytes = handle.bytes();
        Self::Handle { handle: Box::new(handle), bytes }
    }

    /// Lets go of it, and contains what that throws.
    pub(super) fn release(self, at: RetireAt) {
        match self {
            Self::Handle { handle, .. } => {
                contained(move || handle.release(at));
            }
            Self::Scope(mut scope) => scope.end(at),
        }
    }

    pub(super) fn is_handle(&self) -> bool {
        matches!(self, Self::Handle { .. })
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Handle { .. } => 1,
            Self::Scope(scope) => scope.total_count(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Handle { bytes, .. } => *bytes,
            Self::Scope(scope) => scope.total_bytes(),
        }
    }
}
