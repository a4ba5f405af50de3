//! Planned frames made real: memory, objects in it, and what stays when the frame changes.

mod arrangement;
mod blocks;
mod frame;

use rm_alloc_core::Tag;
use rm_lifetime::SharedResourceFactory;

pub use self::frame::GraphFrame;
use self::{
    arrangement::{Arrangement, Layout},
    blocks::Block,
};
use crate::{FramePlanner, GraphDescription, GraphMemoryError, PlanSettings};

/// How [`GraphMemory`] keeps house.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct GraphMemoryConfig {
    /// Whether resources share bytes; without it the same frame takes its unaliased bytes, to compare with.
    pub aliasing: bool,
    /// Frames for which an arrangement is kept that is not used, and with it larger memory than is needed. At least one.
    pub keep_frames: u32,
    /// Arrangements that are kept at a time: as many as the frame has variants that come and go. At least one.
    pub keep_arrangements: usize,
    /// The account of the memory, beside the category `Transient`.
    pub tag: Tag,
}

impl GraphMemoryConfig {
    /// Sharing, with four arrangements kept for 120 frames.
    pub const fn new() -> Self {
        Self { aliasing: true, keep_frames: 120, keep_arrangements: 4, tag: Tag(0) }
    }

    /// Says whether resources share bytes.
    pub const fn aliasing(mut self, aliasing: bool) -> Self {
        self.aliasing = aliasing;
        self
    }

    /// Says for how many frames what is not used is kept.
    pub const fn keep_frames(mut self, frames: u32) -> Self {
        self.keep_frames = frames;
        self
    }

    /// Says how many arrangements are kept.
    pub const fn keep_arrangements(mut self, arrangements: usize) -> Self {
        self.keep_arrangements = arrangements;
        self
    }

    /// Books the memory under the user's own account `tag`.
    pub const fn tag(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }
}

impl Default for GraphMemoryConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// The memory of a frame's resources: one [`MemoryBlock`](rm_alloc_core::MemoryBlock) a group, objects placed in it.
///
/// [`update`](Self::update) once a frame: a frame described as before costs a comparison, without driver calls or heap
/// allocations. Another frame is planned with as little moved as possible; objects that stay where they were are kept, others
/// retire through the queue of the factory. Memory grows at once, and shrinks when what needed it has not been seen for
/// [`keep_frames`](GraphMemoryConfig::keep_frames). Bytes are charged once, by block, under the category `Transient`.
///
/// While memory grows, old and new exist side by side until the device is done with the old; where the budget has no room
/// for both, `update` is refused, and [`release`](Self::release) with a drained queue makes room.
///
/// ```
/// use ash::vk::{Format, ImageUsageFlags, PipelineStageFlags2, QueueFlags};
/// use rm_alloc_core::ImageRequest;
/// use rm_lifetime::SharedResourceFactory;
/// use rm_rendergraph_bridge::{
///     Access, GraphDescription, GraphMemory, GraphMemoryConfig, GraphMemoryError,
/// };
///
/// fn frames(factory: &SharedResourceFactory) -> Result<(), GraphMemoryError> {
///     let mut memory = GraphMemory::new(factory, GraphMemoryConfig::new());
///     let mut graph = GraphDescription::new();
///     for _ in 0..3 {
///         graph.clear();
///         let queue = graph.queue("main", QueueFlags::GRAPHICS);
///         let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
///         let hdr = ImageRequest::new_2d(Format::R16G16B16A16_SFLOAT, 640, 360, usage).label("hdr");
///         let hdr = graph.image(&hdr);
///         let light = graph.pass(queue, "light");
///         graph.access(light, hdr, Access::COLOR_ATTACHMENT);
///         let map = graph.pass(queue, "tone map");
///         graph.access(map, hdr, Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER));
///
///         let frame = memory.update(&graph)?;
///         let image = frame.image(hdr).unwrap();
///         // ... record `frame.barriers(light)`, then the pass that draws to `image.raw()` ...
/// #       let _ = image.raw();
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct GraphMemory {
    factory: SharedResourceFactory,
    config: GraphMemoryConfig,
    settings: PlanSettings,
    planner: FramePlanner,
    // Invariant: the one used last comes first; each lies in `blocks`.
    arrangements: Vec<Arrangement>,
    blocks: Vec<Block>,
    /// Frames so far.
    frame: u64,
    /// Arrangements so far.
    generation: u64,
    /// The generation of the last frame.
    last: Option<u64>,
    /// The generation of the frame before that.
    before: Option<u64>,
    /// The last frame was another one than the one before.
    switched: bool,
}

impl GraphMemory {
    /// No memory yet; what comes is made by `factory`, and retires where its resources do.
    #[must_use]
    pub fn new(factory: &SharedResourceFactory, config: GraphMemoryConfig) -> Self {
        let settings = PlanSettings::of(factory.manager().context()).aliasing(config.aliasing);
        Self {
            factory: factory.clone(),
            config,
            settings,
            planner: FramePlanner::new(),
            arrangements: Vec::new(),
            blocks: Vec::new(),
            frame: 0,
            generation: 0,
            last: None,
            before: None,
            switched: false,
        }
    }

    /// Makes memory and objects for a frame; to be called once for each.
    ///
    /// # Errors
    ///
    /// [`GraphMemoryError`] if the description is wrong, or memory is refused; what was there stays.
    pub fn update(&mut self, graph: &GraphDescription) -> Result<GraphFrame<'_>, GraphMemoryError> {
        match self.arrangements.iter().position(|it| it.graph == *graph) {
            Some(known) => self.arrangements[..=known].rotate_right(1),
            None => {
                let arrangement = self.arrange(graph)?;
                self.arrangements.insert(0, arrangement);
            }
        }
        self.frame += 1;
        self.arrangements[0].last_used = self.frame;
        self.tidy();
        let current = self.arrangements[0].generation;
        self.before = self.last.replace(current);
        self.switched = self.before.is_some_and(|before| before != current);
        Ok(GraphFrame::new(&self.arrangements[0], self.switched))
    }

    /// The last frame was not submitted after all: what it had to [switch](GraphFrame::switch) from is still to be switched from.
    pub const fn not_submitted(&mut self) {
        self.last = self.before;
    }

    /// Gives everything back: objects retire, and memory with the last of them. The next frame starts anew.
    pub fn release(&mut self) {
        self.arrangements.clear();
        self.blocks.clear();
        self.planner = FramePlanner::new();
        self.last = None;
    }

    /// The frame of the last [`update`](Self::update); `None` before the first, and after a release.
    #[must_use]
    pub fn frame(&self) -> Option<GraphFrame<'_>> {
        let current = self.arrangements.first()?;
        Some(GraphFrame::new(current, self.switched))
    }

    /// Bytes of memory that resources are placed in.
    #[must_use]
    pub fn block_bytes(&self) -> u64 {
        self.blocks.iter().map(|block| block.memory.size()).sum()
    }

    /// Whose resources these are.
    #[must_use]
    pub const fn factory(&self) -> &SharedResourceFactory {
        &self.factory
    }

    /// Plans a frame and makes what it needs and is not there.
    fn arrange(&mut self, graph: &GraphDescription) -> Result<Arrangement, GraphMemoryError> {
        let requirements =
            arrangement::requirements(&self.factory, graph, &self.arrangements, &self.settings)?;
        let plan = self.planner.plan(graph, &requirements, &self.settings)?;
        let chosen = blocks::choose(&self.blocks, plan.groups());
        let mut fresh = Vec::new();
        let mut blocks = Vec::new();
        for (group, known) in plan.groups().iter().zip(chosen) {
            let block = match known {
                Some(index) => self.blocks[index].clone(),
                None => {
                    let block = Block::new(self.factory.manager(), group, self.config.tag)?;
                    fresh.push(block.clone());
                    block
                }
            };
            blocks.push(block);
        }
        self.generation += 1;
        let layout = Layout { plan, blocks, generation: self.generation };
        let arrangement =
            Arrangement::new(&self.factory, graph, requirements, layout, &self.arrangements)?;
        // From here on nothing fails. What has been outgrown goes, with everything that lies there.
        for block in fresh {
            let outgrown = self.blocks.iter().filter(|old| old.is_like(&block));
            let outgrown: Vec<u64> = outgrown.map(|old| old.id).collect();
            self.drop_blocks(&outgrown, &arrangement);
            self.blocks.push(block);
        }
        Ok(arrangement)
    }

    /// Lets go of what has not been used for long, and of larger memory than has been needed for long.
    fn tidy(&mut self) {
        let oldest = self.frame.saturating_sub(u64::from(self.config.keep_frames.max(1)));
        let mut large = false;
        for block in &mut self.blocks {
            let needed = self.arrangements[0].needs_of(block.id);
            if needed >= block.most_needed {
                (block.most_needed, block.needed_at) = (needed, self.frame);
            }
            large |= needed < block.most_needed && block.needed_at <= oldest;
        }
        let before = self.arrangements.len();
        self.arrangements.truncate(self.config.keep_arrangements.max(1));
        self.arrangements.retain(|it| it.last_used > oldest);
        if self.arrangements.len() < before {
            let used = |block: &Block| self.arrangements.iter().any(|it| it.uses(block.id));
            self.blocks.retain(used);
        }
        if large {
            self.shrink();
        }
    }

    /// Moves everything into memory that is just large enough, if there is room for it beside the old.
    fn shrink(&mut self) {
        for block in &mut self.blocks {
            let needs = self.arrangements.iter().map(|it| it.needs_of(block.id));
            (block.most_needed, block.needed_at) = (needs.max().unwrap_or(0), self.frame);
        }
        // What stays where it was may lie high up: only a plan without history is as small as can be.
        let current = &self.arrangements[0];
        let graph = current.graph.clone();
        let mut planner = FramePlanner::new();
        let fresh = planner.plan(&graph, &current.requirements, &self.settings);
        let fresh = fresh.map_or(u64::MAX, |plan| plan.report().planned);
        if fresh >= self.blocks.iter().map(|block| block.requested).sum() {
            return;
        }
        let old = (std::mem::take(&mut self.blocks), std::mem::replace(&mut self.planner, planner));
        match self.arrange(&graph) {
            Ok(mut arrangement) => {
                arrangement.last_used = self.frame;
                self.arrangements.clear();
                self.arrangements.push(arrangement);
            }
            // What is larger than needed serves as well; the next try comes when as much time has passed again.
            Err(_) => (self.blocks, self.planner) = old,
        }
    }

    /// Forgets blocks, and arrangements other than `kept` that lie in them.
    fn drop_blocks(&mut self, blocks: &[u64], kept: &Arrangement) {
        let dropped = |id: u64| blocks.contains(&id) && !kept.uses(id);
        self.arrangements.retain(|it| !it.blocks.iter().any(|block| dropped(block.id)));
        self.blocks.retain(|block| !dropped(block.id));
    }
}
