//! Handles that are indices with a generation: a stale one is found out and never followed.
//!
//! From the top: 1 bit that only the counting mode sets, 7 bits of kind, 24 bits of generation, 32 bits of index.
//! A generation comes back after sixteen million objects in one slot.

/// What a handle stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Buffer = 1,
    Image = 2,
    Memory = 3,
}

impl Kind {
    /// The kind in the bits of `raw`, if any is there.
    pub(crate) fn of(raw: u64) -> Option<Self> {
        match raw >> 56 {
            1 => Some(Self::Buffer),
            2 => Some(Self::Image),
            3 => Some(Self::Memory),
            _ => None,
        }
    }

    /// How messages call it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Buffer => "buffer",
            Self::Image => "image",
            Self::Memory => "memory object",
        }
    }
}

/// Why a handle leads nowhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// The null handle.
    Null,
    /// Destroyed before, with its last label.
    Stale(Option<Box<str>>),
    /// Never handed out.
    Unknown,
    /// Handed out for something else.
    WrongKind(Kind),
}

/// What may carry a debug name.
pub(crate) trait Labelled {
    fn label(&self) -> Option<&str>;
}

/// The objects of one kind.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    // Invariant: `free` lists the slots without a value, and `live` counts the others.
    kind: Kind,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    live: usize,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
    last_label: Option<Box<str>>,
}

const GENERATIONS: u32 = 1 << 24;

impl<T: Labelled> Slab<T> {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, slots: Vec::new(), free: Vec::new(), live: 0 }
    }

    pub(crate) fn insert(&mut self, value: T) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None, last_label: None });
            // Four billion live objects do not fit into the host's memory.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        self.live += 1;
        encode(self.kind, slot.generation, index)
    }

    pub(crate) fn remove(&mut self, handle: u64) -> Result<T, Missing> {
        let index = self.find(handle)?;
        let slot = &mut self.slots[index as usize];
        let value = slot.value.take().ok_or(Missing::Unknown)?;
        slot.last_label = value.label().map(Box::from);
        slot.generation = (slot.generation + 1) % GENERATIONS;
        self.free.push(index);
        self.live -= 1;
        Ok(value)
    }

    pub(crate) fn get_mut(&mut self, handle: u64) -> Result<&mut T, Missing> {
        let index = self.find(handle)?;
        self.slots[index as usize].value.as_mut().ok_or(Missing::Unknown)
    }

    pub(crate) fn get(&self, handle: u64) -> Result<&T, Missing> {
        let index = self.find(handle)?;
        self.slots[index as usize].value.as_ref().ok_or(Missing::Unknown)
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Every live object with its handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        (0..).zip(&self.slots).filter_map(|(index, slot)| {
            let value = slot.value.as_ref()?;
            Some((encode(self.kind, slot.generation, index), value))
        })
    }

    fn find(&self, handle: u64) -> Result<u32, Missing> {
        if handle == 0 {
            return Err(Missing::Null);
        }
        match Kind::of(handle) {
            Some(kind) if kind == self.kind => {}
            Some(kind) => return Err(Missing::WrongKind(kind)),
            None => return Err(Missing::Unknown),
        }
        let (generation, index) = decode(handle);
        let slot = self.slots.get(index as usize).ok_or(Missing::Unknown)?;
        match slot.generation == generation {
            true if slot.value.is_some() => Ok(index),
            true => Err(Missing::Unknown),
            false => Err(Missing::Stale(slot.last_label.clone())),
        }
    }
}

fn encode(kind: Kind, generation: u32, index: u32) -> u64 {
    (kind as u64) << 56 | u64::from(generation) << 32 | u64::from(index)
}

#[expect(clippy::cast_possible_truncation, reason = "the fields are cut out of their bits")]
fn decode(handle: u64) -> (u32, u32) {
    ((handle >> 32) as u32 % GENERATIONS, handle as u32)
}

#[cfg(test)]
mod tests;
