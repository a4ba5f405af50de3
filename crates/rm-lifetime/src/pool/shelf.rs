//! What buffers and images have in common: slots for all objects of a pool, and a list of spares.
//!
//! Protocol: an object has a slot for its life. While it is lent it is with whoever has it, and the slot is empty; then it
//! lies in the slot, in flight, until the queue calls the closure that was retired with it, and as a spare after that. The
//! one lock guards these states; objects are made and freed outside of it, after they were taken out of their slots.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    mem::ManuallyDrop,
    sync::Arc,
};

use rm_alloc_core::{DeviceBudgetManager, MemoryRelief, ReliefStage, Shortage};

use super::{PoolConfig, PoolStatistics};
use crate::{
    RetireAt, Retirer, Tally,
    queue::Home,
    spares::{Gate, eases, give_back},
    sync::{Mutex, lock},
};

/// What can be pooled.
pub(super) trait Stock: Send + 'static {
    /// Its description, owned.
    type Key: Send;

    fn bytes(&self) -> u64;

    fn memory_type(&self) -> u32;

    /// Retires what has no place in a pool.
    fn retire(self, retirer: &Retirer, at: RetireAt);

    /// # Safety
    ///
    /// - The device is done with it.
    unsafe fn free(self, manager: &DeviceBudgetManager);
}

/// What a pool, its objects and the manager share.
pub(super) struct Shelf<T: Stock> {
    pub(super) manager: DeviceBudgetManager,
    config: PoolConfig,
    state: Mutex<State<T>>,
    gate: Gate,
}

struct State<T: Stock> {
    slots: Vec<Slot<T>>,
    /// Slots of no object.
    vacant: Vec<u32>,
    // Invariant: slots with an object that the device is done with. The last one has been here for the shortest time.
    spares: Vec<Spare>,
    statistics: PoolStatistics,
    closed: bool,
}

struct Slot<T: Stock> {
    hash: u64,
    key: Option<T::Key>,
    // By hand, because what is forgotten must leak: the device may still use it.
    object: Option<ManuallyDrop<T>>,
}

#[derive(Clone, Copy, Debug)]
struct Spare {
    hash: u64,
    slot: u32,
    bytes: u64,
}

impl<T: Stock> State<T> {
    /// Takes spare `index` out.
    fn take(&mut self, index: usize) -> Option<(T, u32)> {
        let Spare { slot, bytes, .. } = self.spares.remove(index);
        self.statistics.spares.remove(bytes);
        let object = self.slots[slot as usize].object.take()?;
        Some((ManuallyDrop::into_inner(object), slot))
    }

    /// Takes spare `index` out for good.
    fn remove(&mut self, index: usize) -> Option<T> {
        let (object, slot) = self.take(index)?;
        self.vacate(slot);
        Some(object)
    }

    fn vacate(&mut self, slot: u32) {
        self.slots[slot as usize].key = None;
        self.vacant.push(slot);
    }
}

impl<T: Stock> Shelf<T> {
    pub(super) fn new(manager: &DeviceBudgetManager, config: PoolConfig) -> Arc<Self> {
        let state = State {
            slots: Vec::new(),
            vacant: Vec::new(),
            spares: Vec::new(),
            statistics: PoolStatistics::default(),
            closed: false,
        };
        let (manager, state) = (manager.clone(), Mutex::new(state));
        let shelf = Arc::new(Self { manager, config, state, gate: Gate::new() });
        let relief: Arc<dyn MemoryRelief> = Arc::clone(&shelf) as _;
        shelf.manager.attach_relief(&relief);
        shelf
    }

    /// The spare whose key is the `same`, and its slot.
    pub(super) fn take(&self, hash: u64, same: impl Fn(&T::Key) -> bool) -> Option<(T, u32)> {
        let mut state = lock(&self.state);
        let State { slots, spares, .. } = &*state;
        let index = spares.iter().rposition(|spare| {
            spare.hash == hash && slots[spare.slot as usize].key.as_ref().is_some_and(&same)
        })?;
        let (object, slot) = state.take(index)?;
        state.statistics.live.add(object.bytes());
        state.statistics.hits += 1;
        Some((object, slot))
    }

    /// A slot for an object that was made; `None` beyond 2^32 of them.
    pub(super) fn enter(&self, hash: u64, key: T::Key, bytes: u64) -> Option<u32> {
        let mut state = lock(&self.state);
        let slot = Slot { hash, key: Some(key), object: None };
        let index = match state.vacant.pop() {
            Some(index) => {
                state.slots[index as usize] = slot;
                index
            }
            None => {
                let index = u32::try_from(state.slots.len()).ok()?;
                state.slots.push(slot);
                index
            }
        };
        // So that nothing has to grow when it comes back.
        let count = state.slots.len();
        let (vacant, spares) = (state.vacant.len(), state.spares.len());
        state.vacant.reserve(count - vacant);
        state.spares.reserve(count - spares);
        state.statistics.live.add(bytes);
        state.statistics.misses += 1;
        Some(index)
    }

    pub(super) fn note_bypass(&self) {
        lock(&self.state).statistics.bypassed += 1;
    }

    /// Lays down what is not lent any more, and what the device may still use.
    pub(super) fn lay_down(&self, object: T, slot: u32) {
        let (mut state, bytes) = (lock(&self.state), object.bytes());
        state.statistics.live.remove(bytes);
        state.statistics.in_flight.add(bytes);
        state.slots[slot as usize].object = Some(ManuallyDrop::new(object));
    }

    /// Makes a spare of what the device is done with, and frees what is too much then.
    ///
    /// # Safety
    ///
    /// - The device is done with the object in `slot`.
    pub(super) unsafe fn ripen(&self, slot: u32) {
        let mut state = lock(&self.state);
        let place = &state.slots[slot as usize];
        let (hash, object) = (place.hash, place.object.as_ref());
        let Some(bytes) = object.map(|object| object.bytes()) else { return };
        state.statistics.in_flight.remove(bytes);
        state.statistics.spares.add(bytes);
        let spare = Spare { hash, slot, bytes };
        if state.closed || bytes > self.config.max_spare_bytes {
            // The first to go.
            state.spares.insert(0, spare);
        } else {
            state.spares.push(spare);
        }
        let (closed, config) = (state.closed, self.config);
        drop(state);
        let (count, bytes) = (config.max_spares.into(), config.max_spare_bytes);
        self.discard(|spares| closed || spares.count > count || spares.bytes > bytes);
    }

    /// Frees spares until at most `keep_bytes` are left, and says how many bytes went back.
    pub(super) fn trim(&self, keep_bytes: u64) -> u64 {
        self.discard(|spares| spares.bytes > keep_bytes)
    }

    /// Frees all spares, and from now on whatever comes back.
    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.trim(0);
    }

    pub(super) fn statistics(&self) -> PoolStatistics {
        lock(&self.state).statistics
    }

    /// Frees spares, the oldest first, as long as there are too many.
    fn discard(&self, too_many: impl Fn(&Tally) -> bool) -> u64 {
        let mut bytes = 0;
        loop {
            let mut state = lock(&self.state);
            if state.spares.is_empty() || !too_many(&state.statistics.spares) {
                return bytes;
            }
            let oldest = state.remove(0);
            drop(state);
            bytes += oldest.map_or(0, |object| self.free(object));
        }
    }

    /// Frees what was a spare.
    fn free(&self, spare: T) -> u64 {
        let bytes = spare.bytes();
        // SAFETY: the device is done with every spare (invariant).
        unsafe { spare.free(&self.manager) };
        bytes
    }
}

/// What was lent comes back through the queue.
impl<T: Stock> Home for Shelf<T> {
    unsafe fn take_back(&self, slot: u32) {
        // SAFETY: the same promise.
        unsafe { self.ripen(slot) };
    }

    fn leak(&self, slot: u32) -> u64 {
        let mut state = lock(&self.state);
        let Some(object) = state.slots[slot as usize].object.take() else { return 0 };
        let object = ManuallyDrop::into_inner(object);
        state.statistics.in_flight.remove(object.bytes());
        state.vacate(slot);
        drop(state);
        // No drop of its own frees it, but its allocator hears that nobody will.
        object.bytes()
    }
}

/// Asked by the manager, which holds the shelf weakly.
impl<T: Stock> MemoryRelief for Shelf<T> {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Spares
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        let Some(_inside) = self.gate.enter() else { return 0 };
        let context = self.manager.context();
        give_back(shortage, || {
            let mut state = lock(&self.state);
            let memory_type = |spare: &Spare| {
                state.slots[spare.slot as usize].object.as_ref().map(|object| object.memory_type())
            };
            let eases =
                |spare: &Spare| memory_type(spare).is_some_and(|it| eases(context, shortage, it));
            let index = state.spares.iter().position(eases)?;
            let object = state.remove(index);
            drop(state);
            object.map(|object| self.free(object))
        })
    }
}

impl<T: Stock> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf")
            .field("config", &self.config)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

/// The hash of a description.
pub(super) fn hash_of(description: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    description.hash(&mut hasher);
    hasher.finish()
}
