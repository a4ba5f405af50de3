//! A generator of render-graph frames.
//!
//! A frame is a number of passes and features laid over them.
//! A feature is one of five patterns, from which the lifetimes of its transients follow:
//!
//! | pattern | passes | transients |
//! |---|---|---|
//! | chain | 2–8 | each pass writes a target that the next one reads: blurs, denoisers |
//! | pyramid | 4–12 | halved step by step, then read in reverse: bloom, depth pyramids; lifetimes nest |
//! | fan | 4 to three quarters of all | two to six targets written at the start, read until the end: G-buffers, histories |
//! | map | 2 to a third of all | one square target, read a while: shadow maps |
//! | scratch | 1–3 | a buffer or two: culling lists, histograms, particles |
//!
//! A target is a real format at a fraction of the resolution, or a froxel volume; buffers are log-uniform from 4 KiB to 16 MiB.
//! In every second frame one to three chains, maps and scratches run on an asynchronous queue between a fork and a join,
//! and lifetimes are boxes.

use rm_alias::{Item, Problem, Queues, Span, Tiling};

use crate::random::Random;

/// What offsets are multiples of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alignment {
    /// 1 KiB for everything.
    Kib1,
    /// 64 KiB for everything, sizes as they come.
    Kib64,
    /// 256 bytes to 4 KiB for buffers, 4 or 64 KiB for images, 256 KiB to 4 MiB for multisampled ones.
    Mixed,
}

impl Alignment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kib1, Self::Kib64, Self::Mixed];

    /// What tables call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kib1 => "1 KiB",
            Self::Kib64 => "64 KiB",
            Self::Mixed => "mixed",
        }
    }
}

/// A transient of a frame, with what pools look at.
#[derive(Clone, Debug)]
pub struct Transient {
    /// Size, alignment and tiling.
    pub item: Item,
    /// Width, height, layers, format and samples, or the size of a buffer: equal descriptions may share an object.
    pub description: [u32; 5],
    /// When it lives, on each queue.
    pub lifetime: Vec<Span>,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What its passes leave behind for none but each other.
    pub transients: Vec<Transient>,
    /// How many passes it has.
    pub passes: usize,
    /// One, or two with an asynchronous one.
    pub queues: u32,
}

impl Frame {
    /// The frame that follows from a seed.
    #[must_use]
    pub fn generate(seed: u64, alignment: Alignment) -> Self {
        Self::draft(seed, alignment, true)
    }

    /// As [`generate`](Self::generate), without an asynchronous queue.
    #[must_use]
    pub fn on_one_queue(seed: u64, alignment: Alignment) -> Self {
        Self::draft(seed, alignment, false)
    }

    fn draft(seed: u64, alignment: Alignment, several: bool) -> Self {
        let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(1));
        let passes = 60 + random.index(141);
        let wanted = 60 + random.index(101);
        let resolution = [(1920, 1080), (2560, 1440), (3840, 2160)][random.index(3)];
        let mut made = Draft { random, resolution, alignment, uses: Vec::new() };
        let spans = if several { made.asynchronous(passes) } else { Vec::new() };
        while made.uses.len() < wanted {
            made.feature(passes);
        }
        made.uses.truncate(wanted);
        made.finish(passes, &spans)
    }

    /// The problem of planning it.
    pub fn problem(&self) -> Problem {
        let mut problem = Problem::of_queues(self.queues);
        for transient in &self.transients {
            problem.push_box(transient.item, &transient.lifetime);
        }
        problem
    }
}

/// Who uses a transient: a pass of the first queue by its number, or of the asynchronous one.
#[derive(Clone, Copy, Debug)]
enum Use {
    Graphics(usize),
    Async(usize),
}

/// A stretch of the asynchronous queue: how many passes run there between a fork and a join.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    fork: usize,
    join: usize,
    passes: usize,
}

struct Draft {
    random: Random,
    resolution: (u32, u32),
    alignment: Alignment,
    uses: Vec<(Item, [u32; 5], Vec<Use>)>,
}

/// Bytes a texel: `R8`, `RG8`, `R16F`, `RGBA8`, `B10G11R11`, `RG16F`, `D32`, `RGBA16F`, `D32S8`, `RGBA32F`.
const FORMATS: [u32; 10] = [1, 2, 2, 4, 4, 4, 4, 8, 8, 16];

impl Draft {
    fn feature(&mut self, passes: usize) {
        let most = passes - 1;
        match self.random.index(10) {
            0..=2 => {
                let length = 2 + self.random.index(7);
                let start = self.random.index(most - length);
                let scale = self.scale();
                for pass in start..start + length {
                    let target = self.target(scale, false);
                    self.add(target, vec![Use::Graphics(pass), Use::Graphics(pass + 1)]);
                }
            }
            3 => {
                let levels = 2 + self.random.index(5);
                let start = self.random.index(most - 2 * levels);
                let format = self.random.index(FORMATS.len());
                for level in 0..levels {
                    let scale = 1 << u32::try_from(level + 1).unwrap_or(0);
                    let target = self.image(scale, format, 1);
                    let last = start + 2 * levels - level;
                    self.add(target, vec![Use::Graphics(start + level), Use::Graphics(last)]);
                }
            }
            4..=6 => {
                let length = 4 + self.random.index(most * 3 / 4 - 4);
                let start = self.random.index(most - length);
                for _ in 0..2 + self.random.index(5) {
                    let target = self.target(1, true);
                    let last = start + 1 + self.random.index(length);
                    self.add(target, vec![Use::Graphics(start), Use::Graphics(last)]);
                }
            }
            7 => {
                let last = 2 + self.random.index(most / 3);
                let start = self.random.index(most - last);
                let side = 512 << self.random.index(4);
                let map = self.described([side, side, 1, 6, 1], u64::from(side * side) * 4);
                self.add(map, vec![Use::Graphics(start), Use::Graphics(start + last)]);
            }
            _ => {
                let start = self.random.index(most - 3);
                for _ in 0..1 + self.random.index(2) {
                    let last = start + self.random.index(3);
                    let buffer = self.buffer();
                    self.add(buffer, vec![Use::Graphics(start), Use::Graphics(last)]);
                }
            }
        }
    }

    /// Lays features on the asynchronous queue, in every second frame.
    fn asynchronous(&mut self, passes: usize) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        if self.random.index(2) == 0 {
            return stretches;
        }
        let (mut from, mut done) = (1, 0);
        for _ in 0..1 + self.random.index(3) {
            if from + 12 > passes {
                break;
            }
            let fork = from + self.random.index(8.min(passes - from - 10));
            let join = (fork + 3 + self.random.index(20)).min(passes - 1);
            let count = 2 + self.random.index(4);
            let scale = self.scale();
            for pass in 0..count {
                // The first one reads what graphics has written, the last one is read by it.
                let last = if pass + 1 < count {
                    Use::Async(done + pass + 1)
                } else {
                    Use::Graphics(join)
                };
                let uses = vec![Use::Async(done + pass), last];
                let target = if self.random.index(3) == 0 {
                    self.buffer()
                } else {
                    self.target(scale, false)
                };
                self.add(target, uses);
            }
            let input = self.target(scale, false);
            self.add(input, vec![Use::Graphics(fork), Use::Async(done)]);
            stretches.push(Stretch { fork, join, passes: count });
            done += count;
            from = join + 1;
        }
        stretches
    }

    fn scale(&mut self) -> u32 {
        [1, 1, 2, 2, 2, 4, 4, 8][self.random.index(8)]
    }

    fn target(&mut self, scale: u32, multisampled: bool) -> (Item, [u32; 5]) {
        let format = self.random.index(FORMATS.len());
        if self.random.index(24) == 0 {
            // Froxels, 64 deep.
            let (width, height) = (self.resolution.0 / 12, self.resolution.1 / 12);
            let bytes = u64::from(width) * u64::from(height) * 64 * 8;
            return self.described([width, height, 64, 7, 1], bytes);
        }
        let samples = if multisampled && self.random.index(6) == 0 { 4 } else { 1 };
        self.image(scale, format, samples)
    }

    fn image(&mut self, scale: u32, format: usize, samples: u32) -> (Item, [u32; 5]) {
        let width = self.resolution.0.div_ceil(scale);
        let height = self.resolution.1.div_ceil(scale);
        // Rows and columns in tiles, as drivers lay them out.
        let texels = u64::from(width.next_multiple_of(16)) * u64::from(height.next_multiple_of(8));
        let bytes = texels * u64::from(FORMATS[format]) * u64::from(samples);
        let format = u32::try_from(format).unwrap_or(0);
        self.described([width, height, 1, format, samples], bytes)
    }

    fn described(&mut self, description: [u32; 5], bytes: u64) -> (Item, [u32; 5]) {
        let samples = description[4];
        let alignment = match self.alignment {
            Alignment::Kib1 => 1 << 10,
            Alignment::Kib64 => 64 << 10,
            Alignment::Mixed if samples > 1 => (256 << 10) << self.random.index(5),
            Alignment::Mixed if bytes < 1 << 20 => 4 << 10,
            Alignment::Mixed => 64 << 10,
        };
        // Drivers round images up to what they are aligned to.
        (Item::new(bytes.next_multiple_of(alignment), alignment), description)
    }

    fn buffer(&mut self) -> (Item, [u32; 5]) {
        let bytes = self.random.size(4 << 10, 16 << 20);
        let alignment = match self.alignment {
            Alignment::Kib1 => 1 << 10,
            Alignment::Kib64 => 64 << 10,
            Alignment::Mixed => 256 << self.random.index(5),
        };
        let item = Item::new(bytes.next_multiple_of(alignment), alignment).tiling(Tiling::Linear);
        (item, [u32::try_from(bytes).unwrap_or(0), 0, 0, 0, 0])
    }

    fn add(&mut self, (item, description): (Item, [u32; 5]), uses: Vec<Use>) {
        self.uses.push((item, description, uses));
    }

    fn finish(self, passes: usize, stretches: &[Stretch]) -> Frame {
        let queues = if stretches.is_empty() { 1 } else { 2 };
        let mut graph = Queues::new(queues);
        let (mut graphics, mut others) = (Vec::new(), Vec::new());
        let mut ahead = stretches.iter().peekable();
        let mut joins: Vec<(usize, usize)> = Vec::new();
        for pass in 0..passes {
            let waits = joins.iter().filter(|(join, _)| *join == pass).map(|(_, last)| *last);
            let waits: Vec<usize> = waits.collect();
            graphics.push(graph.pass(0, &waits));
            while let Some(stretch) = ahead.next_if(|stretch| stretch.fork == pass) {
                let mut after = vec![graphics[pass]];
                for _ in 0..stretch.passes {
                    others.push(graph.pass(1, &after));
                    after.clear();
                }
                joins.extend(others.last().map(|last| (stretch.join, *last)));
            }
        }
        let place = |at: &Use| match *at {
            Use::Graphics(pass) => graphics[pass],
            Use::Async(pass) => others[pass],
        };
        let transients = self.uses.into_iter().map(|(item, description, uses)| {
            let uses: Vec<usize> = uses.iter().map(place).collect();
            Transient { item, description, lifetime: graph.lifetime(&uses) }
        });
        Frame {
            transients: transients.collect(),
            passes,
            queues: u32::try_from(queues).unwrap_or(1),
        }
    }
}
