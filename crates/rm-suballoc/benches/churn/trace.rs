//! The traces T1, T2 and T4 of `docs/benchmarks.md`, shorter, as numbers of granules.

/// A splitmix64 generator (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Every doubling is as likely as any other, and sizes within one are equally likely.
    fn size(&mut self, least_log2: u64, most_log2: u64) -> u64 {
        let start = 1 << (least_log2 + self.below(most_log2 - least_log2));
        start + self.below(start)
    }
}

/// Takes memory into a slot, or frees a slot.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Take { slot: u32, granules: u32 },
    Free { slot: u32 },
}

pub(crate) struct Trace {
    pub(crate) granule: u64,
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: usize,
    /// Most granules that live at a time.
    pub(crate) most_live: u32,
}

/// Live ranges of the churns.
const LIVE: u32 = 10_000;
const PAIRS: u32 = 150_000;
const FRAMES: u32 = 800;
const A_FRAME: u32 = 200;
const IN_FLIGHT: u32 = 3;

impl Trace {
    pub(crate) const NAMES: [&str; 3] = ["t1-churn", "t2-frames", "t4-tiny"];

    /// By the beginning of its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let full = Self::NAMES.into_iter().find(|it| it.starts_with(name))?;
        let (granule, sizes) = match full {
            "t1-churn" => (256, [8, 22]),
            "t2-frames" => (256, [8, 18]),
            _ => (16, [6, 12]),
        };
        let mut random = Random(1);
        let size = |random: &mut Random| {
            u32::try_from(random.size(sizes[0], sizes[1]).div_ceil(granule)).unwrap_or(u32::MAX)
        };
        let mut steps = Vec::new();
        let take = |slot: u32, random: &mut Random| Step::Take { slot, granules: size(random) };
        let slots = if full == "t2-frames" {
            for frame in 0..FRAMES {
                let slots = frame % IN_FLIGHT * A_FRAME..(frame % IN_FLIGHT + 1) * A_FRAME;
                if frame >= IN_FLIGHT {
                    steps.extend(slots.clone().map(|slot| Step::Free { slot }));
                }
                steps.extend(slots.map(|slot| take(slot, &mut random)));
            }
            A_FRAME * IN_FLIGHT
        } else {
            steps.extend((0..LIVE).map(|slot| take(slot, &mut random)));
            for _ in 0..PAIRS {
                let slot = u32::try_from(random.below(u64::from(LIVE))).unwrap_or(0);
                steps.extend([Step::Free { slot }, take(slot, &mut random)]);
            }
            LIVE
        };
        let slots = slots as usize;
        let most_live = most_live(&steps, slots);
        Some(Self { granule, steps, slots, most_live })
    }
}

fn most_live(steps: &[Step], slots: usize) -> u32 {
    let (mut sizes, mut live, mut most) = (vec![0; slots], 0, 0);
    for step in steps {
        match *step {
            Step::Take { slot, granules } => {
                sizes[slot as usize] = granules;
                live += granules;
                most = most.max(live);
            }
            Step::Free { slot } => live -= sizes[slot as usize],
        }
    }
    most
}
