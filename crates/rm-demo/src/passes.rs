//! Passes beside the stream: a few small jobs a frame, over what lives as long as a pass, a frame, or longer.
//!
//! A pass has a buffer in its scope, constants in transient memory of the frame, and two things that all passes share: a
//! lookup texture, and a program, which another one replaces in the middle of everything every so many frames.
//! Nothing here waits for the device, and nothing is freed: handles are dropped when their last use is recorded.
//! All of it is read back and compared, so that what died too early, or was written again too early, shows as wrong bytes.

mod lookup;
mod play;
mod program;
mod room;
mod shader;

#[cfg(test)]
mod tests;

use ash::vk;
use resource_management::lifetime::{
    DeferredDestructionQueue, EpochTransient, RetireAt, TransientAllocator, TransientConfig,
    TransientSlice,
};

use self::{
    lookup::Lookup,
    program::Program,
    room::{NAMES, Room},
};
pub(crate) use self::{
    play::Play,
    program::{Machine, Machinery},
};
use crate::{
    budget::PASSES,
    content::Content,
    error::DemoError,
    sabotage::Sabotage,
    slot::Slot,
    supply::{self, Supply},
};

/// Bytes of the constants of a pass, which go through its buffer.
const CONSTANT_BYTES: u64 = 4 << 10;

/// Bytes of a block of transient memory, more than a frame writes.
const BLOCK_BYTES: u64 = 32 << 10;

/// Where slices begin: at whole texels, and where devices like copies best.
const ALIGNMENT: u64 = 256;

/// The contents of the stream count up from 0, those of scratch memory down from the greatest number; these lie between.
const LOOKUP: u64 = 1 << 60;
const FIRST_CODE: u64 = 2 << 60;
const FIRST_CONSTANTS: u64 = 3 << 60;

/// What the passes of all frames have in common.
#[derive(Debug)]
pub(crate) struct Passes {
    // Invariant: all is of `supply`, and retires to the queue that its factory is for.
    supply: Supply,
    plan: Plan,
    transient: EpochTransient,
    lookup: Lookup,
    program: Program,
    // Whether there is another program to come as soon as there is room.
    due: bool,
    // Whether they still have to be filled.
    new_lookup: bool,
    new_program: bool,
    figures: PassFigures,
}

/// How passes are played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Frames that may be in flight or in the making.
    pub(crate) depth: u32,
    /// What runs programs.
    pub(crate) machinery: Machinery,
    /// Frames from one program to the next; 0 for one that stays.
    pub(crate) reload_every: u32,
}

/// What the passes have needed so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PassFigures {
    /// Programs that took the place of another.
    pub(crate) reloads: u64,
    /// Slices of transient memory.
    pub(crate) slices: u64,
    /// Bytes of these.
    pub(crate) slice_bytes: u64,
    /// Blocks that were made for them.
    pub(crate) blocks: u64,
}

impl Passes {
    /// Bytes that the next frame takes at most, and that are therefore left to it by others, and by a program that is due.
    ///
    /// What the frames before have left is not enough, as it may be somebody else's by then: memory comes back as soon as
    /// the device is done, and spare blocks go where memory runs out.
    pub(crate) const FRAME_BYTES: u64 = Room::BYTES * NAMES.len() as u64 + BLOCK_BYTES;

    /// Most bytes that a frame reads back: constants, lookup and code of each pass.
    pub(crate) const READ_BACK_BYTES: u64 =
        (CONSTANT_BYTES + Lookup::MOST_BYTES + Program::BYTES) * NAMES.len() as u64;

    /// Takes the memory that passes need for good, before resources come and take it all.
    pub(crate) fn new(
        supply: &Supply,
        queue: &DeferredDestructionQueue,
        plan: Plan,
    ) -> Result<Self, DemoError> {
        Ok(Self {
            supply: supply.clone(),
            plan,
            transient: transient(supply, queue, plan.depth)?,
            lookup: Lookup::new(supply)?,
            program: Program::new(supply, plan.machinery, 0)?,
            due: false,
            new_lookup: true,
            new_program: true,
            figures: PassFigures::default(),
        })
    }

    /// Begins the passes of `frame`, and keeps places for what they read back in `slot`, which is settled.
    pub(crate) fn begin(
        &mut self,
        frame: u32,
        slot: &mut Slot,
        sabotage: Sabotage,
    ) -> Result<Play, DemoError> {
        self.transient.begin_frame()?;
        let rooms = Room::all(&self.supply)?;
        let constants = self.constants(frame, sabotage)?;
        // Only now, as it leaves room for the next frame alone.
        let reloaded = self.reload_if_due(frame)?;
        let lookup_from = match self.new_lookup {
            true => Some(self.push(self.lookup.content())?),
            false => None,
        };
        let code_from = match self.new_program {
            true => Some(self.push(self.program.content())?),
            false => None,
        };
        (self.new_lookup, self.new_program) = (false, false);
        let mut play = Play::new(self.lookup.clone(), self.program.clone());
        (play.lookup_from, play.code_from, play.reloaded) = (lookup_from, code_from, reloaded);
        for (room, (slice, content)) in rooms.into_iter().zip(constants) {
            play.add(room, slice, content, slot);
        }
        Ok(play)
    }

    /// Ends the passes of a frame, which is recorded and about to be submitted: scopes end, and slices are let go of.
    pub(crate) fn end(&mut self, play: Play) -> Result<(), DemoError> {
        self.transient.end_frame(RetireAt::Now)?;
        drop(play);
        Ok(())
    }

    /// What they have needed so far.
    pub(crate) fn figures(&self) -> PassFigures {
        PassFigures { blocks: self.transient.statistics().misses, ..self.figures }
    }

    /// Slices with the constants of each pass of `frame`.
    fn constants(
        &mut self,
        frame: u32,
        sabotage: Sabotage,
    ) -> Result<Vec<(TransientSlice, Content)>, DemoError> {
        let mut constants = Vec::with_capacity(NAMES.len());
        for pass in 0..NAMES.len() as u64 {
            let number = u64::from(frame) * NAMES.len() as u64 + pass;
            let content = Content::new(FIRST_CONSTANTS + number, CONSTANT_BYTES);
            constants.push((self.push(content)?, content));
        }
        if let Some((slice, content)) = constants.first().filter(|_| sabotage.constants) {
            self.corrupt(slice, *content)?;
        }
        Ok(constants)
    }

    /// Replaces the program if that is due, and says whether it did; without room for two, a later frame tries again.
    fn reload_if_due(&mut self, frame: u32) -> Result<bool, DemoError> {
        let every = self.plan.reload_every;
        self.due |= every > 0 && frame > 0 && frame.is_multiple_of(every);
        let budget = self.supply.budget();
        if !self.due || !budget.grants(Program::BYTES + Self::FRAME_BYTES) {
            return Ok(false);
        }
        let next = self.program.generation() + 1;
        match Program::new(&self.supply, self.plan.machinery, next) {
            // The old one retires here, whatever is in flight.
            Ok(program) => self.program = program,
            Err(DemoError::BudgetTooSmall { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        (self.due, self.new_program) = (false, true);
        self.figures.reloads += 1;
        Ok(true)
    }

    /// Takes a slice, and writes `content` to it.
    fn push(&mut self, content: Content) -> Result<TransientSlice, DemoError> {
        let mut bytes = vec![0; usize::try_from(content.bytes()).unwrap_or(usize::MAX)];
        content.fill(0, &mut bytes);
        let pushed = self.transient.push(&bytes, ALIGNMENT);
        let slice = pushed.map_err(|error| self.supply.explain(error))?;
        self.figures.slices += 1;
        self.figures.slice_bytes += slice.size();
        Ok(slice)
    }

    /// Makes the first byte of `slice` wrong, which holds `content`.
    fn corrupt(&mut self, slice: &TransientSlice, content: Content) -> Result<(), DemoError> {
        let mut word = [0; 8];
        content.fill(0, &mut word);
        Ok(self.transient.write(slice, 0, &[!word[0]])?)
    }
}

/// Transient memory with as many blocks as frames, which nobody uses yet.
fn transient(
    supply: &Supply,
    queue: &DeferredDestructionQueue,
    depth: u32,
) -> Result<EpochTransient, DemoError> {
    let config = TransientConfig::new(BLOCK_BYTES, vk::BufferUsageFlags::TRANSFER_SRC)
        .depth(depth)
        .tag(PASSES)
        .label("transient block");
    let mut transient = EpochTransient::new(supply.manager(), queue, &config)?;
    transient.begin_frame()?;
    for _ in 0..depth {
        let whole = transient.allocate(BLOCK_BYTES, ALIGNMENT);
        whole.map_err(|error| supply.explain(error))?;
    }
    // SAFETY: the device has seen none of these slices.
    transient.end_frame(unsafe { supply::at_once() })?;
    Ok(transient)
}
