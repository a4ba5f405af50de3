//! One value a key, created once.
//!
//! Protocol: `ready` holds what there is, and a lookup takes its lock for reading and nothing else. A key is in `ready`, or in
//! `creations`, or in neither; it moves under the lock of `slow`, so that whoever holds that one and finds neither may begin.
//! Locks are taken in the order `slow`, then `ready` or one outcome.
//! Values are created, cloned and dropped when no lock is held. Keys are hashed, compared and cloned under them.

mod creation;
#[cfg(all(test, loom))]
mod model;

use std::{borrow::Borrow, collections::HashMap, fmt, hash::Hash, mem, sync::Arc};

use self::creation::{Creation, Slow, Turn};
use crate::sync::{Mutex, RwLock, lock, read, this_thread, write};

/// Values by key, each created once however many threads ask for it.
///
/// Threads that ask for a key which somebody creates wait for that creation and get its value; other keys go their own way.
/// A creation that fails or panics poisons nothing: one of those who waited tries next, with its own closure.
///
/// Values are clones of one another, so they are handles, as a rule: [`SharedBuffer`](rm_lifetime::SharedBuffer), an
/// [`SharedObject`](rm_lifetime::SharedObject) of a pipeline, an [`Arc`].
/// A lookup of a key that is present needs no heap allocation, waits for no creation, and takes a borrowed key.
///
/// `Hash`, `Eq` and `Clone` of keys run under locks of the cache and must not use it.
///
/// # Waiting in circles
///
/// A creation may ask the same cache for other keys. Where that closes a circle, in one thread or over several, the last one to
/// ask gets [`CreateError::Circular`] instead of waiting for itself. Only waits within one cache are seen: a circle over two
/// caches, or over anything else that threads wait for, is a deadlock as everywhere.
///
/// # Example
///
/// Buffers by their description, charged to the budget, let go of when nobody else has them:
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{AllocationError, BufferRequest};
/// use rm_lifetime::{Retirer, SharedBuffer};
/// use rm_rendergraph_bridge::{BudgetBridge, CreateError, KeyedCache};
///
/// #[derive(Clone, Eq, Hash, PartialEq)]
/// struct Table {
///     bytes: u64,
///     usage: BufferUsageFlags,
/// }
///
/// struct Tables {
///     bridge: BudgetBridge,
///     retirer: Retirer,
///     cache: KeyedCache<Table, SharedBuffer>,
/// }
///
/// impl Tables {
///     fn buffer(&self, table: &Table) -> Result<SharedBuffer, CreateError<AllocationError>> {
///         self.cache.get_or_create(table, || {
///             let request = BufferRequest::new(table.bytes, table.usage).label("table");
///             self.bridge.allocate_buffer_tracked(&request, &self.retirer)
///         })
///     }
///
///     fn evict(&self) {
///         self.cache.retain(|_, buffer| !buffer.is_unique());
///     }
/// }
/// ```
#[doc(alias = "MainCacher")]
#[doc(alias = "TypedCacher")]
pub struct KeyedCache<K, V> {
    ready: RwLock<HashMap<K, Arc<V>>>,
    slow: Mutex<Slow<K, V>>,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError<E> {
    /// The creation would have waited for itself.
    #[error("a creation waits for its own value")]
    Circular,
    /// What the closure answered.
    #[error(transparent)]
    Failed(E),
}

/// What became of asking for a key that was not there.
enum Step<'c, K, V> {
    Ready(Arc<V>),
    Create(Turn<'c, K, V>),
    /// With what was prepared for a creation of one's own.
    Wait(Arc<Creation<V>>, (K, Arc<Creation<V>>)),
    Circular,
}

impl<K: Eq + Hash, V: Clone> KeyedCache<K, V> {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `key`, created by `create` if there is none.
    ///
    /// Waits while somebody else creates it. Whatever is [removed](Self::remove) or [cleared](Self::clear) while it is created
    /// goes to those who asked before, and does not stay.
    ///
    /// # Errors
    ///
    /// [`CreateError::Failed`] with what `create` answered, and the cache is as before; [`CreateError::Circular`] without a call
    /// of `create`.
    pub fn get_or_create<Q, E>(
        &self,
        key: &Q,
        create: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, CreateError<E>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let mut prepared = (key.to_owned(), Arc::new(Creation::new(this_thread())));
        let turn = loop {
            match self.step(key, prepared) {
                Step::Ready(value) => return Ok(V::clone(&value)),
                Step::Create(turn) => break turn,
                Step::Wait(creation, own) => {
                    if let Some(value) = self.wait_for(&creation) {
                        return Ok(V::clone(&value));
                    }
                    prepared = own;
                }
                Step::Circular => return Err(CreateError::Circular),
            }
        };
        // Dropped on the way, by an error or a panic, the turn goes to the next one.
        let value = create().map_err(CreateError::Failed)?;
        Ok(turn.finish(value))
    }

    /// The value of `key`, if it is there; one that is being created is not.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let found = read(&self.ready).get(key).cloned();
        found.map(|value| V::clone(&value))
    }

    /// Takes out the value of `key`, if it is there.
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut slow = lock(&self.slow);
        let detached = slow.detach(key);
        let removed = write(&self.ready).remove_entry(key);
        drop(slow);
        drop(detached);
        removed.map(|(_, value)| Arc::unwrap_or_clone(value))
    }

    /// Removes the values that `keep` refuses, out of those that are there when it begins.
    ///
    /// `keep` may use the cache; a value that is replaced meanwhile stays.
    pub fn retain(&self, mut keep: impl FnMut(&K, &V) -> bool)
    where
        K: Clone,
    {
        for (key, value) in self.snapshot() {
            if !keep(&key, &value) {
                let removed = {
                    let mut ready = write(&self.ready);
                    let same = ready.get(&key).is_some_and(|now| Arc::ptr_eq(now, &value));
                    same.then(|| ready.remove_entry(&key)).flatten()
                };
                drop(removed);
            }
        }
    }

    /// Removes everything, what is being created included.
    pub fn clear(&self) {
        let mut slow = lock(&self.slow);
        let detached = mem::take(&mut slow.creations);
        let removed = mem::take(&mut *write(&self.ready));
        drop(slow);
        drop((detached, removed));
    }

    /// The keys and values that are there now, in no particular order.
    pub fn entries(&self) -> Vec<(K, V)>
    where
        K: Clone,
    {
        let snapshot = self.snapshot().into_iter();
        snapshot.map(|(key, value)| (key, Arc::unwrap_or_clone(value))).collect()
    }

    /// Values that are there; those being created are not.
    pub fn len(&self) -> usize {
        read(&self.ready).len()
    }

    /// Whether no value is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn snapshot(&self) -> Vec<(K, Arc<V>)>
    where
        K: Clone,
    {
        let ready = read(&self.ready);
        ready.iter().map(|(key, value)| (key.clone(), Arc::clone(value))).collect()
    }

    /// Finds `key`, or somebody who creates it, or begins to create it with what was prepared.
    fn step<Q>(&self, key: &Q, prepared: (K, Arc<Creation<V>>)) -> Step<'_, K, V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut slow = lock(&self.slow);
        if let Some(value) = read(&self.ready).get(key) {
            return Step::Ready(Arc::clone(value));
        }
        let me = this_thread();
        if let Some(running) = slow.creation(key) {
            if slow.is_circular(me, &running) {
                return Step::Circular;
            }
            slow.waits.push((me, Arc::clone(&running)));
            return Step::Wait(running, prepared);
        }
        let creation = Arc::clone(&prepared.1);
        slow.creations.push(prepared);
        Step::Create(Turn::new(self, creation))
    }

    /// What comes of a creation that this thread was noted as waiting for.
    fn wait_for(&self, creation: &Arc<Creation<V>>) -> Option<Arc<V>> {
        let made = creation.wait();
        lock(&self.slow).wake(this_thread());
        made
    }
}

impl<K, V> Default for KeyedCache<K, V> {
    fn default() -> Self {
        Self { ready: RwLock::new(HashMap::new()), slow: Mutex::new(Slow::new()) }
    }
}

impl<K, V> fmt::Debug for KeyedCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In a statement each, so that neither lock is held while the other one is taken.
        let len = read(&self.ready).len();
        let creating = lock(&self.slow).creations.len();
        f.debug_struct("KeyedCache")
            .field("len", &len)
            .field("creating", &creating)
            .finish_non_exhaustive()
    }
}
