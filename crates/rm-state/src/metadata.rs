//! Named values of any type beside a resource, kept apart so that an [`Rm`] stays small.

use alloc::{borrow::Cow, boxed::Box, collections::BTreeMap};
use core::{any::Any, fmt};

use crate::Rm;

/// Values of any type, by key.
///
/// ```
/// use rm_state::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.set("mip_levels", 8_u32);
/// assert_eq!(metadata.get::<u32>("mip_levels"), Some(&8));
/// assert_eq!(metadata.get::<u64>("mip_levels"), None, "there is one, but of another type");
/// ```
#[derive(Default)]
pub struct Metadata {
    entries: BTreeMap<Cow<'static, str>, Box<dyn Any + Send + Sync>>,
}

impl Metadata {
    /// No values yet; nothing is allocated.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// Stores `value` under `key` and returns what was there, whatever its type.
    #[doc(alias = "SetMetadata")]
    pub fn set<M: Any + Send + Sync>(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: M,
    ) -> Option<Box<dyn Any + Send + Sync>> {
        self.entries.insert(key.into(), Box::new(value))
    }

    /// The value under `key` for an edit in place, if it is an `M`.
    #[must_use]
    pub fn get_mut<M: Any>(&mut self, key: &str) -> Option<&mut M> {
        self.entries.get_mut(key)?.downcast_mut()
    }

    /// Takes the value under `key` away, whatever its type.
    #[doc(alias = "RemoveMetadata")]
    pub fn remove(&mut self, key: &str) -> Option<Box<dyn Any + Send + Sync>> {
        self.entries.remove(key)
    }

    /// Drops all values.
    #[doc(alias = "ClearMetadata")]
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The value under `key`, if it is an `M`.
    #[doc(alias = "GetMetadata")]
    #[must_use]
    pub fn get<M: Any>(&self, key: &str) -> Option<&M> {
        self.entries.get(key)?.downcast_ref()
    }

    /// Whether there is a value under `key`, whatever its type.
    #[doc(alias = "HasMetadata")]
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Debug for Metadata {
    /// Shows the keys; the values have no common way to show themselves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metadata ")?;
        f.debug_set().entries(self.entries.keys()).finish()
    }
}

/// A resource with metadata.
///
/// ```
/// use rm_state::{Annotated, Rm};
///
/// let mut texture = Annotated::from(Rm::with(7_u32));
/// texture.metadata.set("file_path", "diffuse.png");
/// assert_eq!(texture.reset(), Some(7));
/// assert!(texture.metadata.is_empty());
/// ```
#[derive(Debug)]
pub struct Annotated<T> {
    /// The resource.
    pub rm: Rm<T>,
    /// What is known about it.
    pub metadata: Metadata,
}

impl<T> Annotated<T> {
    /// An empty resource without metadata.
    #[must_use]
    pub const fn new() -> Self {
        Self { rm: Rm::new(), metadata: Metadata::new() }
    }

    /// [`Rm::reset`], and the metadata, which described the value, goes with it.
    #[doc(alias = "Reset")]
    #[must_use = "the value is handed back; if it is a raw handle it must be destroyed"]
    pub fn reset(&mut self) -> Option<T> {
        self.metadata.clear();
        self.rm.reset()
    }
}

impl<T> Default for Annotated<T> {
    /// [`Annotated::new`].
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<Rm<T>> for Annotated<T> {
    /// The resource as it is, without metadata.
    fn from(rm: Rm<T>) -> Self {
        Self { rm, metadata: Metadata::new() }
    }
}
