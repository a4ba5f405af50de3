//! Graphs drawn from a seed, free of races, with what a device might require of their resources.

use ash::vk::{BufferUsageFlags, Format, ImageLayout, ImageTiling, ImageUsageFlags, QueueFlags};
use fastrand::Rng;
use rm_alloc_core::{BufferRequest, ImageRequest, MemoryLocation, Requirements};
use rm_rendergraph_bridge::{
    FramePlan, FramePlanner, GraphDescription, PassId, PlanSettings, QueueId, ResourceId,
};

use super::words::{self, What};

/// A graph, and what planning it takes.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) graph: GraphDescription,
    pub(crate) requirements: Vec<Requirements>,
    pub(crate) settings: PlanSettings,
}

/// How many of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) queues: usize,
    /// Less than 64.
    pub(crate) passes: usize,
    pub(crate) resources: usize,
}

impl Shape {
    /// One, two and three queues in turn, up to 60 passes.
    pub(crate) fn any(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x5eed);
        let passes = rng.usize(5..=60);
        let resources = rng.usize(passes / 2..=passes + 4);
        let queues = [1, 2, 3][usize::try_from(seed % 3).unwrap()];
        Self { queues, passes, resources }
    }
}

impl Drawn {
    pub(crate) fn new(seed: u64, shape: Shape) -> Self {
        let mut artist = Artist::new(seed, shape);
        let requirements = (0..shape.resources).map(|_| artist.resource()).collect();
        artist.idle_waits();
        let mut settings = PlanSettings::new(artist.rng.choice([1, 1 << 10, 64 << 10]).unwrap());
        settings.memory_types = artist.rng.choice([u32::MAX, 0b01, 0b10]).unwrap();
        Self { graph: artist.graph, requirements, settings }
    }

    pub(crate) fn plan(&self) -> FramePlan {
        let plan = FramePlanner::new().plan(&self.graph, &self.requirements, &self.settings);
        plan.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A graph in the making. Passes are known by the order in which they could run one after the other.
struct Artist {
    rng: Rng,
    graph: GraphDescription,
    passes: Vec<(PassId, QueueId)>,
    queues: Vec<QueueFlags>,
    /// For each pass, those that are complete before it, one bit each.
    before: Vec<u64>,
    waits: Vec<(usize, usize)>,
}

impl Artist {
    fn new(seed: u64, shape: Shape) -> Self {
        let transfer = QueueFlags::TRANSFER;
        let compute = QueueFlags::COMPUTE | transfer;
        let mut rng = Rng::with_seed(seed);
        let mut graph = GraphDescription::new();
        let queues = vec![compute | QueueFlags::GRAPHICS, compute, transfer];
        let ids: Vec<QueueId> =
            queues[..shape.queues].iter().map(|can| graph.queue("queue", *can)).collect();
        let on: Vec<usize> = (0..shape.passes)
            .map(|_| if rng.bool() { 0 } else { rng.usize(0..shape.queues) })
            .collect();
        // They are described in another order, but for the order on each queue.
        let mut left: Vec<usize> = (0..shape.passes).collect();
        let mut passes = vec![None; shape.passes];
        while !left.is_empty() {
            let queue = on[left[rng.usize(0..left.len().min(5))]];
            let next = left.iter().position(|pass| on[*pass] == queue).unwrap();
            let pass = left.remove(next);
            passes[pass] = Some((graph.pass(ids[queue], &format!("pass {pass}")), ids[queue]));
        }
        let passes = passes.into_iter().flatten().collect();
        let before = vec![0; shape.passes];
        let mut artist = Self { rng, graph, passes, queues, before, waits: Vec::new() };
        artist.reckon();
        artist
    }

    /// Finds out what is complete before what.
    fn reckon(&mut self) {
        for pass in 0..self.passes.len() {
            let last = (0..pass).rev().find(|it| self.passes[*it].1 == self.passes[pass].1);
            let waits = self.waits.iter().filter(|(waiting, _)| *waiting == pass);
            let earlier = waits.map(|(_, on)| *on).chain(last);
            self.before[pass] = earlier.fold(0, |all, it| all | self.before[it] | 1 << it);
        }
    }

    /// Lets `second` wait for `first`, directly or by way of other passes of their queues.
    fn put_in_order(&mut self, first: usize, second: usize) {
        if self.before[second] & (1 << first) != 0 {
            return;
        }
        let same = |a: usize, b: usize| self.passes[a].1 == self.passes[b].1;
        let signals: Vec<usize> = (first..second).filter(|it| same(*it, first)).collect();
        let signal = if self.rng.bool() { first } else { self.rng.choice(signals).unwrap() };
        let same = |a: usize, b: usize| self.passes[a].1 == self.passes[b].1;
        let waiting: Vec<usize> = (signal + 1..=second).filter(|it| same(*it, second)).collect();
        let waiting = if self.rng.bool() { second } else { self.rng.choice(waiting).unwrap() };
        self.wait(waiting, signal);
    }

    fn wait(&mut self, pass: usize, earlier: usize) {
        self.waits.push((pass, earlier));
        self.graph.wait(self.passes[pass].0, self.passes[earlier].0);
        self.reckon();
    }

    /// Waits that nothing needs: on the same queue, known already, said twice.
    fn idle_waits(&mut self) {
        for _ in 0..self.rng.usize(0..4) {
            let pass = self.rng.usize(1..self.passes.len());
            let earlier = self.rng.usize(0..pass);
            (0..self.rng.usize(1..3)).for_each(|_| self.wait(pass, earlier));
        }
    }

    /// Adds a resource and whoever touches it.
    fn resource(&mut self) -> Requirements {
        let what = *self
            .rng
            .choice(&[
                What::Buffer,
                What::Buffer,
                What::Buffer,
                What::Color,
                What::Color,
                What::Color,
                What::Depth,
                What::Linear,
            ])
            .unwrap();
        let size = 256_u64 << self.rng.u32(0..15);
        let size = size - self.rng.u64(0..size / 2);
        let alignment = 1 << self.rng.u32(0..17);
        let bits = self.rng.choice([0b01, 0b11, 0b11, 0b10]).unwrap();
        let mut needs = Requirements::new(size, alignment, bits);
        needs.requires_dedicated = self.rng.u8(0..30) == 0;
        needs.prefers_dedicated = self.rng.u8(0..10) == 0;
        let resource = self.describe(what, size);
        if self.rng.u8(0..20) > 0 {
            self.touch(what, resource);
        }
        needs
    }

    fn describe(&mut self, what: What, size: u64) -> ResourceId {
        let label = format!("resource {}", self.graph.resource_count());
        let fate = self.rng.u8(0..25);
        let resource = if what == What::Buffer {
            let usage = BufferUsageFlags::from_raw(0x1ff);
            let request = BufferRequest::new(size, usage).label(&label);
            let location =
                if fate == 2 { MemoryLocation::HostVisible } else { MemoryLocation::DeviceLocal };
            match fate {
                0 => self.graph.external_buffer(&label),
                _ => self.graph.buffer(&request.location(location)),
            }
        } else {
            let (format, usage) = match what {
                What::Depth => (Format::D32_SFLOAT, ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT),
                What::Linear => (Format::R32_UINT, ImageUsageFlags::STORAGE),
                _ => (
                    Format::R8G8B8A8_UNORM,
                    ImageUsageFlags::COLOR_ATTACHMENT
                        | ImageUsageFlags::INPUT_ATTACHMENT
                        | ImageUsageFlags::STORAGE,
                ),
            };
            let copies = ImageUsageFlags::TRANSFER_SRC | ImageUsageFlags::TRANSFER_DST;
            let usage = usage | copies | ImageUsageFlags::SAMPLED;
            let tiling =
                if what == What::Linear { ImageTiling::LINEAR } else { ImageTiling::OPTIMAL };
            let request = ImageRequest::new_2d(format, 64, 64, usage).tiling(tiling).label(&label);
            match fate {
                0 => self.graph.external_image(&label),
                _ => self.graph.image(&request),
            }
        };
        if fate == 1 {
            self.graph.persistent(resource);
        }
        resource
    }

    /// A write, then reads and writes, in any order that is free of races.
    fn touch(&mut self, what: What, resource: ResourceId) {
        let count = self.passes.len();
        let start = self.rng.usize(0..count);
        let end = (start + 1 + self.rng.usize(0..count.min(14))).min(count);
        let mut touched: Vec<(usize, bool, ImageLayout)> = Vec::new();
        for pass in start..end {
            if !touched.is_empty() && self.rng.u8(0..3) > 0 {
                continue;
            }
            let writes = touched.is_empty() || self.rng.u8(0..4) == 0;
            let queue = self.queues[self.passes[pass].1.index()];
            let word = if writes { words::write } else { words::read };
            let Some(access) = word(&mut self.rng, what, queue) else { continue };
            let conflicts: Vec<usize> = touched
                .iter()
                .filter(|(_, wrote, layout)| *wrote || writes || *layout != access.layout)
                .map(|(earlier, ..)| *earlier)
                .collect();
            conflicts.into_iter().for_each(|earlier| self.put_in_order(earlier, pass));
            self.graph.access(self.passes[pass].0, resource, access);
            // Said in two parts, or with something else in the same layout.
            let more = words::read(&mut self.rng, what, queue);
            if let Some(more) = more.filter(|more| more.layout == access.layout) {
                self.graph.access(self.passes[pass].0, resource, more);
            }
            touched.push((pass, writes, access.layout));
        }
    }
}
