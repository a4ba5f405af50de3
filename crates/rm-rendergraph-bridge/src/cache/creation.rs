//! Values that are being created, and who waits for them.

use std::{borrow::Borrow, hash::Hash, mem, sync::Arc};

use super::KeyedCache;
use crate::sync::{Condvar, Mutex, ThreadId, lock, wait, write};

/// One call of a closure.
#[derive(Debug)]
pub(super) struct Creation<V> {
    owner: ThreadId,
    outcome: Mutex<Outcome<V>>,
    over: Condvar,
}

#[derive(Debug)]
enum Outcome<V> {
    Running,
    Failed,
    Made(Arc<V>),
}

/// What is under way.
pub(super) struct Slow<K, V> {
    // Invariant: keys differ, and every creation is running. One that is running and not listed was detached.
    pub(super) creations: Vec<(K, Arc<Creation<V>>)>,
    // Invariant: a thread is listed from before it sleeps until after it has woken, so at most once; what it waits for may be
    // over by then, and only a running one means that it sleeps. Those waits form no circle.
    pub(super) waits: Vec<(ThreadId, Arc<Creation<V>>)>,
}

/// The right, and the duty, to bring one creation to an end.
pub(super) struct Turn<'c, K, V> {
    cache: &'c KeyedCache<K, V>,
    creation: Arc<Creation<V>>,
    made: Option<Arc<V>>,
}

impl<V> Creation<V> {
    pub(super) fn new(owner: ThreadId) -> Self {
        Self { owner, outcome: Mutex::new(Outcome::Running), over: Condvar::new() }
    }

    /// Waits for the end; `None` if it has failed.
    pub(super) fn wait(&self) -> Option<Arc<V>> {
        let mut outcome = lock(&self.outcome);
        loop {
            match &*outcome {
                Outcome::Running => outcome = wait(&self.over, outcome),
                Outcome::Failed => return None,
                Outcome::Made(value) => return Some(Arc::clone(value)),
            }
        }
    }

    fn is_running(&self) -> bool {
        matches!(*lock(&self.outcome), Outcome::Running)
    }

    fn end(&self, outcome: Outcome<V>) {
        *lock(&self.outcome) = outcome;
        self.over.notify_all();
    }
}

impl<K, V> Slow<K, V> {
    pub(super) fn new() -> Self {
        Self { creations: Vec::new(), waits: Vec::new() }
    }

    /// Takes the creation of `key` off the list, so that its value does not stay.
    pub(super) fn detach<Q>(&mut self, key: &Q) -> Option<(K, Arc<Creation<V>>)>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let index = self.creations.iter().position(|(known, _)| known.borrow() == key)?;
        Some(self.creations.swap_remove(index))
    }

    /// Takes `thread` off the list of those who sleep.
    pub(super) fn wake(&mut self, thread: ThreadId) {
        // Whoever was woken holds what it waited for, so that nothing ends in here.
        self.waits.retain(|(known, _)| *known != thread);
    }

    /// The creation of `key`.
    pub(super) fn creation<Q>(&self, key: &Q) -> Option<Arc<Creation<V>>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let mut all = self.creations.iter();
        all.find(|(known, _)| known.borrow() == key).map(|(_, creation)| Arc::clone(creation))
    }

    /// Whether `creation` waits, over however many others, for one that `thread` is in the middle of.
    pub(super) fn is_circular(&self, thread: ThreadId, creation: &Arc<Creation<V>>) -> bool {
        let mut owner = creation.owner;
        while owner != thread {
            let mut sleeps = self.waits.iter();
            match sleeps.find(|(known, on)| *known == owner && on.is_running()) {
                Some((_, on)) => owner = on.owner,
                None => return false,
            }
        }
        true
    }

    /// Takes `creation` off the list; `None` if it was detached.
    fn take(&mut self, creation: &Arc<Creation<V>>) -> Option<(K, Arc<Creation<V>>)> {
        let index = self.creations.iter().position(|(_, known)| Arc::ptr_eq(known, creation))?;
        Some(self.creations.swap_remove(index))
    }
}

impl<'c, K, V> Turn<'c, K, V> {
    pub(super) fn new(cache: &'c KeyedCache<K, V>, creation: Arc<Creation<V>>) -> Self {
        Self { cache, creation, made: None }
    }
}

impl<K: Eq + Hash, V: Clone> Turn<'_, K, V> {
    /// Puts the value in place, for all who ask, and then hands it to those who wait.
    pub(super) fn finish(mut self, value: V) -> V {
        let value = Arc::new(value);
        let replaced = {
            let mut slow = lock(&self.cache.slow);
            let listed = slow.take(&self.creation);
            listed.and_then(|(key, _)| write(&self.cache.ready).insert(key, Arc::clone(&value)))
        };
        self.made = Some(Arc::clone(&value));
        drop((self, replaced));
        V::clone(&value)
    }
}

impl<K, V> Drop for Turn<'_, K, V> {
    fn drop(&mut self) {
        // Off the list first, so that whoever wakes finds the way free.
        let listed = lock(&self.cache.slow).take(&self.creation);
        let outcome = mem::take(&mut self.made).map_or(Outcome::Failed, Outcome::Made);
        self.creation.end(outcome);
        drop(listed);
    }
}
