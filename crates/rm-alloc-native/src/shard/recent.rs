//! Small ranges that were given back a moment ago.
//!
//! A program that frees a small range mostly asks for one like it soon. So the last few of each size stay cut out, as if they
//! were in use, and serve the next request of their size without a search. They go back into their holes before a block is
//! made, before one is looked for that could go, and before anybody reads a report, so that nobody but the clock sees them.
//! Other allocators call such a store a magazine (Bonwick, Adams: "Magazines and Vmem", USENIX 2001).

use rm_alloc_core::Allocation;
use rm_suballoc::size_class;

/// Largest size that is kept, in bytes: the larger, the more it matters that holes grow together.
pub(super) const LARGEST: u32 = 4 << 10;
/// Ranges of a size that are kept.
const DEPTH: usize = 4;
/// Bytes that sizes are told apart by.
const UNIT_LOG2: u32 = 4;
const CLASSES: usize = size_class(LARGEST >> UNIT_LOG2) + 2;

/// The last ranges of each size, as they were given, so that nothing has to be looked up.
pub(super) struct Recent {
    // Invariant: the first `lengths[class]` of `kept[class]` are there and of that class.
    /// Empty until something is kept: some 30 KiB, which a shard that nobody uses has no need of.
    kept: Vec<[Option<Allocation>; DEPTH]>,
    lengths: [u8; CLASSES],
    total: u32,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self { kept: Vec::new(), lengths: [0; CLASSES], total: 0 }
    }

    /// How many ranges are kept.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// Bytes of the host's heap.
    pub(super) fn bookkeeping(&self) -> usize {
        self.kept.capacity() * size_of::<[Option<Allocation>; DEPTH]>()
    }

    /// Keeps a range, or gives it back if there are enough of its size.
    #[inline]
    pub(super) fn push(&mut self, range: Allocation) -> Result<(), Allocation> {
        let Some(class) = class_of(range.size()) else { return Err(range) };
        if self.kept.is_empty() {
            self.furnish();
        }
        let length = &mut self.lengths[class];
        let Some(slot) = self.kept[class].get_mut(usize::from(*length)) else { return Err(range) };
        *slot = Some(range);
        *length += 1;
        self.total += 1;
        Ok(())
    }

    /// Takes out the last range of the class of `size`, or of the next one, if it has that size and `alignment`.
    #[inline]
    pub(super) fn pop(&mut self, size: u64, alignment: u64) -> Option<Allocation> {
        let own = class_of(size)?;
        let fits = |it: &Allocation| it.size() >= size && it.offset() & (alignment - 1) == 0;
        for class in [own, own + 1] {
            let length = usize::from(self.lengths[class]);
            if let Some(last) = length.checked_sub(1)
                && let Some(slot) = self.kept[class].get_mut(last)
                && slot.as_ref().is_some_and(fits)
            {
                self.lengths[class] -= 1;
                self.total -= 1;
                return slot.take();
            }
        }
        None
    }

    #[cold]
    fn furnish(&mut self) {
        self.kept.resize_with(CLASSES, Default::default);
    }

    /// Takes out everything, and shows each to `give`.
    pub(super) fn drain(&mut self, give: impl FnMut(Allocation)) {
        if self.total == 0 {
            return;
        }
        self.kept.iter_mut().flatten().filter_map(Option::take).for_each(give);
        self.lengths.fill(0);
        self.total = 0;
    }
}

#[inline]
fn class_of(size: u64) -> Option<usize> {
    let size = u32::try_from(size).ok().filter(|size| *size <= LARGEST)?;
    Some(size_class(size.div_ceil(1 << UNIT_LOG2)))
}
