//! What a scope holds.

use std::fmt;

use super::LifetimeScope;
use crate::{Object, Raw, Resource, RetireAt, Shared, View};

/// A handle that a scope can hold.
pub trait Kept: fmt::Debug + Send + Sync + 'static {
    /// Bytes that it is charged with.
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

/// A handle, or a scope within.
#[derive(Debug)]
pub(super) enum Item {
    Handle(Box<dyn Kept>),
    Scope(LifetimeScope),
}

impl Item {
    pub(super) fn release(self, at: RetireAt) {
        match self {
            Self::Handle(handle) => handle.release(at),
            Self::Scope(mut scope) => scope.end(at),
        }
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Handle(_) => 1,
            Self::Scope(scope) => scope.total_count(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Handle(handle) => handle.bytes(),
            Self::Scope(scope) => scope.total_bytes(),
        }
    }
}
