//! Random operations, on the allocator and on the oracle.

use rm_suballoc::{Range, SegregatedFit, SuballocError};

use crate::oracle::{Oracle, Wrong};

/// A splitmix64 generator (Steele, Lea and Flood, 2014).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }
}

/// How a world's requests are drawn.
#[derive(Debug)]
struct Mixture {
    granule: u64,
    /// Regions have up to so many granules.
    region: u64,
    /// Most doublings of a granule that are asked for, and of an alignment.
    size_log2: u64,
    alignment_log2: u64,
    most_regions: usize,
    most_live: usize,
    /// Of 100 steps on ranges, how many free; drifts around the half.
    frees: u64,
}

impl Mixture {
    fn draw(random: &mut Random) -> Self {
        let region = [24, 400, 10_000, 1 << 31][random.index(4)];
        Self {
            granule: [1, 16, 256, 1 << 20][random.index(4)],
            region,
            size_log2: 1 + random.below(u64::from(region.ilog2())),
            alignment_log2: random.below(1 + u64::from(region.ilog2())),
            most_regions: [1, 3, 12][random.index(3)],
            most_live: [12, 60, 250][random.index(3)],
            frees: 50,
        }
    }

    fn size(&self, random: &mut Random) -> u64 {
        // Few different sizes bring exact fits, and all of them the others.
        let size = 1 << random.below(self.size_log2);
        match random.below(3) {
            0 => size * self.granule,
            _ => 1 + random.below(size * 2 * self.granule),
        }
    }

    fn alignment(&self, random: &mut Random) -> u64 {
        let log2 = random.below(1 + self.alignment_log2);
        if random.below(2) == 0 { 1 } else { self.granule << log2 }
    }
}

/// An allocator, what it should say, and what lives and lived in it.
#[derive(Debug)]
pub(crate) struct World {
    random: Random,
    mixture: Mixture,
    fit: SegregatedFit,
    oracle: Oracle,
    live: Vec<Range>,
    dead: Vec<Range>,
    tally: Tally,
}

/// What came of requests that were no nonsense.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    /// Holes that were looked at.
    pub(crate) visited: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.granted += other.granted;
        self.refused += other.refused;
        self.visited += other.visited;
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Result<Self, SuballocError> {
        let mut random = Random(seed);
        let mixture = Mixture::draw(&mut random);
        let (fit, oracle) = (SegregatedFit::new(mixture.granule)?, Oracle::new(mixture.granule));
        let (live, dead, tally) = (Vec::new(), Vec::new(), Tally::default());
        Ok(Self { random, mixture, fit, oracle, live, dead, tally })
    }

    /// One operation and all comparisons that are cheap.
    pub(crate) fn step(&mut self) -> Result<(), Wrong> {
        if self.random.below(500) == 0 {
            self.mixture.frees = [20, 50, 80][self.random.index(3)];
        }
        match self.random.below(1_000) {
            0..8 => self.add()?,
            8..14 => self.remove()?,
            14 if self.random.below(20) == 0 => self.clear()?,
            15..60 => self.stale()?,
            60..70 => self.refused()?,
            _ if self.is_freeing() => self.free()?,
            _ => self.allocate()?,
        }
        self.oracle.compare_figures(&self.fit)
    }

    /// Everything that can be compared.
    pub(crate) fn compare(&self) -> Result<(), Wrong> {
        for range in &self.live {
            expect(self.fit.get(range.handle), Some(*range), "what lives")?;
        }
        self.oracle.compare_parts(&self.fit)
    }

    pub(crate) fn tally(&self) -> Tally {
        Tally { visited: self.fit.visited(), ..self.tally }
    }

    fn is_freeing(&mut self) -> bool {
        let full = self.live.len() >= self.mixture.most_live;
        !self.live.is_empty() && (full || self.random.below(100) < self.mixture.frees)
    }

    fn add(&mut self) -> Result<(), Wrong> {
        if self.oracle.regions() == self.mixture.most_regions {
            return Ok(());
        }
        let granules = match self.random.below(4) {
            0 => self.mixture.region,
            _ => 1 + self.random.below(self.mixture.region),
        };
        let size = granules * self.mixture.granule + self.random.below(self.mixture.granule);
        let region = self.fit.add_region(size).map_err(|error| error.to_string())?;
        self.oracle.add(region, size)
    }

    fn remove(&mut self) -> Result<(), Wrong> {
        if self.oracle.regions() == 0 {
            return Ok(());
        }
        let (id, size) = self.oracle.remove(self.random.index(self.oracle.regions()));
        let removed = self.fit.remove_region(id);
        if let Some(size) = size {
            expect(removed, Ok(size), "the region is empty")?;
            let again = self.fit.remove_region(id);
            expect(again, Err(SuballocError::StaleHandle), "it is gone")?;
            return expect(self.fit.parts(id).next(), None, "it is gone");
        }
        match removed {
            Err(SuballocError::RegionInUse { allocations: 1.. }) => Ok(()),
            other => Err(format!("{other:?} of a region in use")),
        }
    }

    fn clear(&mut self) -> Result<(), Wrong> {
        self.fit.clear();
        self.oracle.clear();
        self.dead.append(&mut self.live);
        self.compare()
    }

    fn allocate(&mut self) -> Result<(), Wrong> {
        let size = self.mixture.size(&mut self.random);
        let alignment = self.mixture.alignment(&mut self.random);
        let surely = self.fit.surely_fits(size, alignment);
        match self.fit.allocate(size, alignment) {
            Ok(range) => {
                self.oracle.grant(range, size, alignment)?;
                expect(self.fit.get(range.handle), Some(range), "what was just given")?;
                if self.dead.iter().any(|dead| dead.handle == range.handle) {
                    return Err(format!("{range:?} has the handle of what was freed"));
                }
                self.live.push(range);
                self.tally.granted += 1;
            }
            Err(SuballocError::NoRoom { .. }) => {
                if surely || self.oracle.fits(size, alignment) {
                    return Err(format!("{size} bytes at {alignment} are refused, and fit"));
                }
                self.tally.refused += 1;
            }
            Err(other) => return Err(format!("{other:?} for {size} bytes at {alignment}")),
        }
        Ok(())
    }

    fn free(&mut self) -> Result<(), Wrong> {
        let range = self.live.swap_remove(self.random.index(self.live.len()));
        let freed = self.fit.free(range.handle).map_err(|error| error.to_string())?;
        let is_empty = self.oracle.free(range)?;
        let found = (freed.region, freed.size, freed.is_empty);
        expect(found, (range.region, range.size, is_empty), "what was freed")?;
        // The latest are the likeliest to be taken for others.
        if self.dead.len() >= 64 {
            let forgotten = self.random.index(64);
            self.dead[forgotten] = range;
        } else {
            self.dead.push(range);
        }
        Ok(())
    }

    fn stale(&mut self) -> Result<(), Wrong> {
        if self.dead.is_empty() {
            return Ok(());
        }
        let handle = self.dead[self.random.index(self.dead.len())].handle;
        expect(self.fit.get(handle), None, "a stale handle")?;
        let freed = self.fit.free(handle);
        expect(freed, Err(SuballocError::StaleHandle), "a stale handle")
    }

    /// What is never served.
    fn refused(&mut self) -> Result<(), Wrong> {
        let size = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63][self.random.index(5)];
        let alignment = [0, 1, 3, 1 << 63, u64::MAX][self.random.index(5)];
        if size == 1 && alignment.is_power_of_two() {
            return Ok(());
        }
        expect(self.fit.surely_fits(size, alignment), false, "what is never served")?;
        match self.fit.allocate(size, alignment) {
            Err(SuballocError::InvalidRequest(_) | SuballocError::NoRoom { .. }) => Ok(()),
            other => Err(format!("{other:?} for {size} bytes at {alignment}")),
        }
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Result<(), Wrong> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?}, expected {expected:?}"))
}
