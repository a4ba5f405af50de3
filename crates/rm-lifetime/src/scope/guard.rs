//! A scope that ends with its block.

use std::ops::{Deref, DerefMut};

use super::LifetimeScope;
use crate::RetireAt;

/// A scope within another one, which ends when this is dropped.
#[derive(Debug)]
#[must_use = "the scope ends when its guard is dropped"]
pub struct ScopeGuard<'s> {
    scope: &'s mut LifetimeScope,
}

impl<'s> ScopeGuard<'s> {
    pub(super) fn new(scope: &'s mut LifetimeScope) -> Self {
        Self { scope }
    }

    /// Ends the scope before the guard goes.
    pub fn end(self, at: RetireAt) {
        self.scope.end(at);
    }
}

impl Deref for ScopeGuard<'_> {
    type Target = LifetimeScope;

    fn deref(&self) -> &LifetimeScope {
        self.scope
    }
}

impl DerefMut for ScopeGuard<'_> {
    fn deref_mut(&mut self) -> &mut LifetimeScope {
        self.scope
    }
}

impl Drop for ScopeGuard<'_> {
    fn drop(&mut self) {
        self.scope.end(RetireAt::Now);
    }
}
