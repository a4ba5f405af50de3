//! Scopes that many threads and any order of ends may have.

use std::{borrow::Cow, sync::Arc};

use rm_alloc_core::{AllocationError, BufferRequest, ErrorKind, ImageRequest};

use super::{Kept, LifetimeScope, item::Item};
use crate::{
    RetireAt, SharedBuffer, SharedImage, SharedResourceFactory,
    sync::{Mutex, lock},
};

/// Keeps the scopes of a program: ended in any order, on any thread, each with those that were begun within it.
///
/// A handle: clones share the scopes.
///
/// ```
/// use rm_alloc_core::{AllocationError, BufferRequest};
/// use rm_lifetime::{LifetimeScopeManager, SharedResourceFactory};
///
/// fn frame(factory: &SharedResourceFactory, request: &BufferRequest<'_>) -> Result<(), AllocationError> {
///     let scopes = LifetimeScopeManager::new(factory);
///     let frame = scopes.begin("frame");
///     {
///         let pass = frame.begin("bloom");
///         pass.create_buffer(request)?;
///         assert_eq!(frame.total_count(), 1);
///     } // "bloom" ends
///     assert_eq!(scopes.total_count(), 0);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct LifetimeScopeManager {
    factory: SharedResourceFactory,
    open: Arc<Mutex<Open>>,
}

/// An open scope of a [`LifetimeScopeManager`], which ends when this is dropped.
#[derive(Debug)]
#[must_use = "the scope ends when its handle is dropped"]
pub struct ScopeHandle {
    manager: LifetimeScopeManager,
    id: u64,
}

/// The scopes that have not ended, oldest first.
#[derive(Debug, Default)]
struct Open {
    scopes: Vec<Entry>,
    begun: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    within: Option<u64>,
    scope: LifetimeScope,
}

impl LifetimeScopeManager {
    /// No scopes yet; their resources come from `factory`.
    pub fn new(factory: &SharedResourceFactory) -> Self {
        Self { factory: factory.clone(), open: Arc::default() }
    }

    /// Begins a scope that is within no other; [`ScopeHandle::begin`] begins one within.
    #[doc(alias = "BeginScope")]
    pub fn begin(&self, name: impl Into<Cow<'static, str>>) -> ScopeHandle {
        self.add(name.into(), None)
    }

    /// Ends all scopes, newest first.
    pub fn end_all(&self, at: RetireAt) {
        let ended = std::mem::take(&mut lock(&self.open).scopes);
        release(ended, at);
    }

    /// Scopes that are open.
    pub fn scope_count(&self) -> usize {
        lock(&self.open).scopes.len()
    }

    /// Resources that open scopes hold.
    pub fn total_count(&self) -> usize {
        lock(&self.open).scopes.iter().map(|entry| entry.scope.count()).sum()
    }

    /// Bytes of the resources that open scopes hold.
    pub fn total_bytes(&self) -> u64 {
        lock(&self.open).scopes.iter().map(|entry| entry.scope.bytes()).sum()
    }

    /// Opens a scope, unless the one that it is to be within has ended.
    fn add(&self, name: Cow<'static, str>, within: Option<u64>) -> ScopeHandle {
        let scope = LifetimeScope::new(name, &self.factory);
        let mut open = lock(&self.open);
        open.begun += 1;
        let id = open.begun;
        if within.is_none_or(|within| open.scopes.iter().any(|entry| entry.id == within)) {
            open.scopes.push(Entry { id, within, scope });
        }
        drop(open);
        ScopeHandle { manager: self.clone(), id }
    }
}

impl ScopeHandle {
    /// Begins a scope within this one; if this one has ended, so has the other from the start.
    pub fn begin(&self, name: impl Into<Cow<'static, str>>) -> Self {
        self.manager.add(name.into(), Some(self.id))
    }

    /// Makes a buffer that the scope holds as well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the scope has ended; otherwise as of [`SharedResourceFactory::create_buffer`].
    pub fn create_buffer(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<SharedBuffer, AllocationError> {
        self.check()?;
        let buffer = self.manager.factory.create_buffer(request)?;
        self.keep(buffer.clone()).map_err(|_| ended())?;
        Ok(buffer)
    }

    /// Makes an image that the scope holds as well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the scope has ended; otherwise as of [`SharedResourceFactory::create_image`].
    pub fn create_image(&self, request: &ImageRequest<'_>) -> Result<SharedImage, AllocationError> {
        self.check()?;
        let image = self.manager.factory.create_image(request)?;
        self.keep(image.clone()).map_err(|_| ended())?;
        Ok(image)
    }

    /// Holds a handle that was made elsewhere.
    ///
    /// # Errors
    ///
    /// The handle, if the scope has ended.
    pub fn keep<K: Kept>(&self, handle: K) -> Result<(), K> {
        if !self.is_open() {
            return Err(handle);
        }
        // Before the lock, because it asks the handle for its size.
        let mut item = Some(Item::new(handle));
        let mut open = lock(&self.manager.open);
        if let Some(entry) = open.scopes.iter_mut().find(|entry| entry.id == self.id)
            && let Some(item) = item.take()
        {
            entry.scope.keep_item(item);
        }
        drop(open);
        // It ended just now: the handle goes as it would have gone with the scope.
        item.into_iter().for_each(|item| item.release(RetireAt::Now));
        Ok(())
    }

    /// Ends the scope and all scopes within it, newest first; does nothing if it has ended.
    ///
    /// [`LifetimeScope::end`] says what becomes of the resources.
    pub fn end(&self, at: RetireAt) {
        let mut open = lock(&self.manager.open);
        let ids = open.within(self.id);
        let ended = open.scopes.extract_if(.., |entry| ids.contains(&entry.id)).collect();
        drop(open);
        release(ended, at);
    }

    /// Whether the scope has not ended.
    pub fn is_open(&self) -> bool {
        self.check().is_ok()
    }

    /// Resources that it and the scopes within it hold.
    pub fn total_count(&self) -> usize {
        self.within(|scopes| scopes.map(LifetimeScope::count).sum())
    }

    /// Bytes of the resources that it and the scopes within it hold.
    pub fn total_bytes(&self) -> u64 {
        self.within(|scopes| scopes.map(LifetimeScope::bytes).sum())
    }

    /// Looks at this scope and those within it.
    fn within<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &LifetimeScope>) -> T) -> T {
        let open = lock(&self.manager.open);
        let ids = open.within(self.id);
        let mut scopes = open.scopes.iter().filter(|it| ids.contains(&it.id)).map(|it| &it.scope);
        look(&mut scopes)
    }

    fn check(&self) -> Result<(), AllocationError> {
        let open = lock(&self.manager.open);
        let found = open.scopes.iter().any(|entry| entry.id == self.id);
        if found { Ok(()) } else { Err(ended()) }
    }
}

impl Open {
    /// The scope `id`, and those within it.
    fn within(&self, id: u64) -> Vec<u64> {
        let mut ids = vec![id];
        // A scope comes after the one that it is within.
        for entry in &self.scopes {
            if entry.within.is_some_and(|within| ids.contains(&within)) {
                ids.push(entry.id);
            }
        }
        ids
    }
}

impl Drop for ScopeHandle {
    fn drop(&mut self) {
        self.end(RetireAt::Now);
    }
}

/// Newest first.
fn release(ended: Vec<Entry>, at: RetireAt) {
    ended.into_iter().rev().for_each(|mut entry| entry.scope.end(at));
}

fn ended() -> AllocationError {
    ErrorKind::InvalidRequest("the scope has ended").into()
}
