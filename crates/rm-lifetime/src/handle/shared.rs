//! Handles with any number of owners.

use std::{fmt, ops::Deref, sync};

use rm_alloc_core::{BufferAllocation, ImageAllocation};

use super::{Backed, Held, Object, Owned, Resource};
use crate::{Point, Retirer};

/// A resource with any number of owners, retired when the last of them is dropped, on whichever thread.
///
/// A clone costs what a clone of [`Arc`](sync::Arc) costs.
///
/// ```
/// use rm_alloc_core::{AllocationError, BufferRequest};
/// use rm_lifetime::SharedResourceFactory;
///
/// fn share(factory: &SharedResourceFactory, request: &BufferRequest<'_>) -> Result<(), AllocationError> {
///     let mesh = factory.create_buffer(request)?;
///     let other = mesh.clone();
///     let weak = mesh.downgrade();
///     assert_eq!(mesh.use_count(), 2);
///
///     drop(mesh);
///     assert!(other.is_unique() && weak.upgrade().is_some());
///     drop(other); // retires
///     assert!(weak.upgrade().is_none());
///     Ok(())
/// }
/// ```
#[doc(alias = "AddRef")]
#[doc(alias = "SharedResource")]
pub struct Shared<R: Resource>(sync::Arc<Held<R>>);

/// A handle that keeps nothing alive.
pub struct Weak<R: Resource>(sync::Weak<Held<R>>);

/// A buffer with any number of owners.
pub type SharedBuffer = Shared<BufferAllocation>;
/// An image with any number of owners.
pub type SharedImage = Shared<ImageAllocation>;
/// A Vulkan object with any number of owners.
pub type SharedObject<H> = Shared<Object<H>>;
/// A handle that does not keep its buffer alive.
pub type WeakBuffer = Weak<BufferAllocation>;
/// A handle that does not keep its image alive.
pub type WeakImage = Weak<ImageAllocation>;

impl<R: Resource> Shared<R> {
    pub(super) fn new(held: Held<R>) -> Self {
        Self(sync::Arc::new(held))
    }

    /// Records a use that ends at `point`; then recorded uses alone, of all owners, decide when the resource dies.
    ///
    /// # Safety
    ///
    /// - Every use of the resource by the device, in the past and from now on, through any handle of it, is recorded before
    ///   the last handle is dropped.
    /// - `point` is of a timeline of the resource's queue, and its value is that of work submitted or being recorded.
    pub unsafe fn used(&self, point: Point) {
        self.0.used(point);
    }

    /// Owners at this moment; others may come and go meanwhile.
    #[doc(alias = "GetRefCount")]
    pub fn use_count(&self) -> usize {
        sync::Arc::strong_count(&self.0)
    }

    /// Whether this is the only owner at this moment.
    pub fn is_unique(&self) -> bool {
        self.use_count() == 1
    }

    /// A handle that keeps nothing alive.
    pub fn downgrade(&self) -> Weak<R> {
        Weak(sync::Arc::downgrade(&self.0))
    }

    /// The resource with one owner, if this is the only one.
    ///
    /// # Errors
    ///
    /// This handle, if there are others.
    pub fn into_owned(self) -> Result<Owned<R>, Self> {
        sync::Arc::try_unwrap(self.0).map(Owned).map_err(Self)
    }

    /// Whether both are handles of the same resource.
    pub fn is_same(&self, other: &Self) -> bool {
        sync::Arc::ptr_eq(&self.0, &other.0)
    }

    /// Where it will go.
    pub fn retirer(&self) -> &Retirer {
        &self.0.retirer
    }
}

impl<R: Backed> Shared<R> {
    /// Takes over `resource`, to be retired through `retirer`.
    pub fn adopt(resource: R, retirer: &Retirer) -> Self {
        Owned::adopt(resource, retirer).share()
    }
}

impl<R: Resource> Weak<R> {
    /// A handle that keeps the resource alive, unless it has been retired.
    #[must_use = "the last handle that is dropped retires the resource"]
    pub fn upgrade(&self) -> Option<Shared<R>> {
        self.0.upgrade().map(Shared)
    }
}

impl<R: Resource> Clone for Shared<R> {
    #[inline]
    fn clone(&self) -> Self {
        Self(sync::Arc::clone(&self.0))
    }
}

impl<R: Resource> From<Owned<R>> for Shared<R> {
    fn from(owned: Owned<R>) -> Self {
        owned.share()
    }
}

impl<R: Resource> Deref for Shared<R> {
    type Target = R;

    #[inline]
    fn deref(&self) -> &R {
        &self.0.resource
    }
}

impl<R: Resource> fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource, owners) = (&*self.0.resource, self.use_count());
        f.debug_struct("Shared").field("resource", resource).field("owners", &owners).finish()
    }
}

impl<R: Resource> Clone for Weak<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Resource> fmt::Debug for Weak<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weak").field("owners", &self.0.strong_count()).finish()
    }
}
