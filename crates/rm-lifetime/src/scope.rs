//! Who belongs together: resources that are released as one.

mod guard;
mod item;
mod manager;

use std::{borrow::Cow, fmt};

use rm_alloc_core::{AllocationError, BufferRequest, ImageRequest};

use self::item::Item;
pub use self::{
    guard::ScopeGuard,
    item::Kept,
    manager::{LifetimeScopeManager, ScopeHandle},
};
use crate::{RetireAt, SharedBuffer, SharedImage, SharedResourceFactory};

/// A named group of resources that are released together, newest first.
///
/// A scope is one owner among others: whoever holds another handle keeps the resource.
/// It ends when it is told to, or when it is dropped.
///
/// ```
/// use rm_alloc_core::{AllocationError, BufferRequest};
/// use rm_lifetime::{LifetimeScope, RetireAt, SharedResourceFactory};
///
/// fn shadow_pass(factory: &SharedResourceFactory, request: &BufferRequest<'_>) -> Result<(), AllocationError> {
///     let mut pass = LifetimeScope::new("shadow pass", factory);
///     let cascades = pass.create_buffer(request)?;
///     pass.nested("blur").create_buffer(request)?;
///     assert_eq!(pass.total_count(), 2);
///
///     pass.end(RetireAt::Now);
///     assert!(cascades.is_unique());
///     Ok(())
/// }
/// ```
pub struct LifetimeScope {
    name: Cow<'static, str>,
    factory: SharedResourceFactory,
    /// In the order of creation.
    items: Vec<Item>,
}

impl LifetimeScope {
    /// An empty scope whose resources come from `factory`.
    pub fn new(name: impl Into<Cow<'static, str>>, factory: &SharedResourceFactory) -> Self {
        Self { name: name.into(), factory: factory.clone(), items: Vec::new() }
    }

    /// Makes a buffer that the scope holds as well.
    ///
    /// # Errors
    ///
    /// As of [`SharedResourceFactory::create_buffer`].
    #[doc(alias = "CreateBuffer")]
    pub fn create_buffer(
        &mut self,
        request: &BufferRequest<'_>,
    ) -> Result<SharedBuffer, AllocationError> {
        let buffer = self.factory.create_buffer(request)?;
        self.keep(buffer.clone());
        Ok(buffer)
    }

    /// Makes an image that the scope holds as well.
    ///
    /// # Errors
    ///
    /// As of [`SharedResourceFactory::create_image`].
    #[doc(alias = "CreateImage")]
    pub fn create_image(
        &mut self,
        request: &ImageRequest<'_>,
    ) -> Result<SharedImage, AllocationError> {
        let image = self.factory.create_image(request)?;
        self.keep(image.clone());
        Ok(image)
    }

    /// Holds a handle that was made elsewhere: a buffer, an image, a view, an object.
    pub fn keep(&mut self, handle: impl Kept) {
        self.keep_item(Item::new(handle));
    }

    fn keep_item(&mut self, item: Item) {
        self.items.push(item);
    }

    /// A new scope within this one, which ends with it at the latest.
    pub fn nested(&mut self, name: impl Into<Cow<'static, str>>) -> &mut Self {
        let at = self.items.len();
        self.items.push(Item::Scope(Self::new(name, &self.factory)));
        match &mut self.items[at] {
            Item::Scope(scope) => scope,
            Item::Handle { .. } => unreachable!("just pushed"),
        }
    }

    /// A new scope within this one, which ends when the guard is dropped.
    pub fn guard(&mut self, name: impl Into<Cow<'static, str>>) -> ScopeGuard<'_> {
        ScopeGuard::new(self.nested(name))
    }

    /// Lets go of everything, newest first: what has no other owner retires at `at`.
    ///
    /// With [`RetireAt::Now`], what was recorded of a resource's use decides.
    /// An ended scope is empty: ending it again does nothing, and it may be used anew.
    #[doc(alias = "EndScope")]
    pub fn end(&mut self, at: RetireAt) {
        while let Some(item) = self.items.pop() {
            item.release(at);
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resources that it holds, nested scopes aside.
    pub fn count(&self) -> usize {
        self.items.iter().filter(|item| item.is_handle()).count()
    }

    /// Bytes of the resources that it holds, nested scopes aside.
    pub fn bytes(&self) -> u64 {
        self.items.iter().filter(|item| item.is_handle()).map(Item::bytes).sum()
    }

    /// Resources that it and the scopes within it hold.
    pub fn total_count(&self) -> usize {
        self.items.iter().map(Item::count).sum()
    }

    /// Bytes of the resources that it and the scopes within it hold.
    pub fn total_bytes(&self) -> u64 {
        self.items.iter().map(Item::bytes).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.total_count() == 0
    }

    /// Where its resources come from.
    pub fn factory(&self) -> &SharedResourceFactory {
        &self.factory
    }
}

/// Without its handles, which may be anybody's.
impl fmt::Debug for LifetimeScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifetimeScope")
            .field("name", &self.name)
            .field("total_count", &self.total_count())
            .field("total_bytes", &self.total_bytes())
            .finish_non_exhaustive()
    }
}

impl Drop for LifetimeScope {
    fn drop(&mut self) {
        self.end(RetireAt::Now);
    }
}
