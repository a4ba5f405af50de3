//! Whether a chain of dependencies leads from what one life of a resource did to the first touch of the next.
//!
//! Rules of the chapter "Synchronization and Cache Control" of the Vulkan specification, and what plans promise:
//!
//! - An execution dependency lets its second scope run after its first. Two of them chain if the second scope of one and the
//!   first scope of the next have something in common, which stages decide. Logical order of stages decides nothing.
//! - Barriers of one command do not chain with each other.
//! - A memory dependency makes writes of its first access scope available, if these ran in its first scope themselves. They become
//!   visible to the second access scope of it, or of whatever chains behind it. Who writes over a write must find it available,
//!   and see it, unless somebody of the same life has seen it before: then there was a memory dependency.
//! - A semaphore is signalled when everything before on the queue is complete and available. What the description waits for,
//!   all stages wait for; semaphores that the plan asks for make the stages wait that it names, here and later on the queue.
//! - A transition runs after what its source stages wait for, and available writes are visible to it. To the letter it is
//!   enough that one of them waits; here all of them must, so that nothing rests on which one a driver looks at.
//! - Barriers of the engine's own lead from each touch of a life to each later one that conflicts with it, on the same queue.
//!   They serve that resource alone, as do transitions.

use rm_rendergraph_bridge::{PassId, ResourceId};

use super::{
    oracle::{Oracle, TakeOver, Touch, Violation},
    recording::Recording,
    scopes::{Pair, Scope},
};

/// How far something that was done is known to have come, on one queue.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Stages that run after it.
    behind: u32,
    /// Stages that run after it has become available.
    settled: u32,
    /// Single accesses that see it.
    visible: u64,
}

/// A recorded frame, ready for walks from a frame to the next.
#[derive(Debug)]
pub(crate) struct Paths<'a> {
    oracle: &'a Oracle,
    recording: &'a Recording,
    /// For each pass, who signals: in which frame before this one, and which stages wait.
    waits: Vec<Vec<(PassId, usize, Scope)>>,
}

/// Something that a life did.
#[derive(Clone, Copy, Debug)]
struct Origin {
    resource: ResourceId,
    /// The touch.
    at: usize,
    pair: Pair,
    /// How many frames before the last.
    frames: usize,
}

impl<'a> Paths<'a> {
    pub(crate) fn new(oracle: &'a Oracle, recording: &'a Recording) -> Self {
        let mut waits = vec![Vec::new(); oracle.row.len()];
        let all = Scope::everything();
        for (pass, earlier) in &oracle.waits {
            waits[pass.index()].push((*earlier, 0, all));
        }
        for (pair, scope) in &recording.semaphores {
            waits[pair.after.index()].push((pair.before, usize::from(pair.wraps), *scope));
        }
        Self { oracle, recording, waits }
    }

    /// Looks for a path for each take-over, and tells the first one without.
    pub(crate) fn check(&self, take_overs: &[TakeOver]) -> Result<(), Violation> {
        let same = |a: &TakeOver, b: &TakeOver| (a.before, a.wraps) == (b.before, b.wraps);
        take_overs.chunk_by(same).try_for_each(|of_one| self.check_from(of_one))
    }

    /// The take-overs are all from one life.
    fn check_from(&self, take_overs: &[TakeOver]) -> Result<(), Violation> {
        let TakeOver { before, wraps, .. } = take_overs[0];
        for (at, touch) in self.oracle.touches[before.index()].iter().enumerate() {
            for pair in touch.scope.needs() {
                let frames = usize::from(wraps);
                self.walk(Origin { resource: before, at, pair, frames }, take_overs)?;
            }
        }
        Ok(())
    }

    /// Follows what was done through the rest of its frame and the next, if that is the last.
    fn walk(&self, origin: Origin, take_overs: &[TakeOver]) -> Result<(), Violation> {
        let row = &self.oracle.row;
        let touches = &self.oracle.touches[origin.resource.index()];
        let from = touches[origin.at].pass;
        let queue = self.oracle.queues[from.index()];
        let start = row.iter().position(|pass| *pass == from).unwrap();
        let mut now = vec![State::default(); self.oracle.queue_count];
        // States behind passes, by frame and pass, with whether they are behind what was done on its own queue.
        let mut behind = vec![(State::default(), false); (origin.frames + 1) * row.len()];
        behind[from.index()].1 = true;
        let mut left = take_overs.len();
        for step in start + 1..behind.len() {
            let (frame, pass) = (step / row.len(), row[step % row.len()]);
            let here = self.oracle.queues[pass.index()];
            let mut state = now[here];
            for (signalled, frames, scope) in &self.waits[pass.index()] {
                let Some(then) = frame.checked_sub(*frames) else { continue };
                let (signal, direct) = behind[then * row.len() + signalled.index()];
                if direct || signal.behind != 0 {
                    state.behind |= scope.stages;
                    state.settled |= scope.stages;
                    state.visible |= scope.pairs;
                }
            }
            state = self.pass_barriers(pass, state, origin.pair, here == queue);
            if frame == origin.frames {
                for it in take_overs.iter().filter(|it| self.head(it.after).pass == pass) {
                    self.arrive(*it, state, origin)?;
                    left -= 1;
                }
            }
            if left == 0 {
                return Ok(());
            }
            if frame == 0 {
                state = self.pass_own(origin, pass, state, &behind);
            }
            now[here] = state;
            behind[frame * row.len() + pass.index()] = (state, here == queue);
        }
        Err(Violation::Early(take_overs[0]))
    }

    /// The planned barriers in front of a pass, all at once.
    fn pass_barriers(&self, pass: PassId, before: State, done: Pair, same_queue: bool) -> State {
        let mut state = before;
        for it in &self.recording.memory[pass.index()] {
            let direct = same_queue && it.first.stages & done.stage != 0;
            if direct || it.first.stages & before.behind != 0 {
                state.behind |= it.second.stages;
            }
            let made = direct && it.first.pairs & done.bit != 0;
            if made || it.first.stages & before.settled != 0 {
                state.settled |= it.second.stages;
                state.visible |= it.second.pairs;
            }
        }
        state
    }

    /// The engine's own barriers in front of a touch of the same life; what had not come as far as the earlier touch when that
    /// was done does not profit.
    fn pass_own(
        &self,
        origin: Origin,
        pass: PassId,
        before: State,
        behind: &[(State, bool)],
    ) -> State {
        let touches = &self.oracle.touches[origin.resource.index()];
        let Some(at) = touches.iter().position(|it| it.pass == pass) else { return before };
        let mut state = before;
        let second = touches[at];
        let queue = |touch: &Touch| self.oracle.queues[touch.pass.index()];
        for (index, first) in touches[..at].iter().enumerate().skip(origin.at) {
            let apart = queue(first) != queue(&second);
            let writes = first.scope.writes() || second.scope.writes();
            if apart || !(writes || first.layout != second.layout) {
                continue;
            }
            let direct = index == origin.at;
            let (then, _) = behind[first.pass.index()];
            if direct || first.scope.stages & then.behind != 0 {
                state.behind |= second.scope.stages;
            }
            if direct || first.scope.stages & then.settled != 0 {
                state.settled |= second.scope.stages;
                state.visible |= second.scope.pairs;
            }
        }
        state
    }

    /// The first touch of the next life begins.
    fn arrive(&self, it: TakeOver, state: State, origin: Origin) -> Result<(), Violation> {
        let head = self.head(it.after);
        let mut images = self.recording.images[head.pass.index()].iter();
        let image = images.find(|(transition, _)| transition.image == it.after);
        // A transition waits in its source stages, which are those of its second scope.
        let Scope { stages, pairs } = image.map_or(head.scope, |(_, scope)| *scope);
        let (ordered, settled) =
            (state.behind & stages == stages, state.settled & stages == stages);
        let last = self.oracle.touches[it.before.index()].len() - 1;
        let visible = image.is_some() || origin.at < last || state.visible & pairs == pairs;
        match origin.pair.writes {
            _ if !ordered => Err(Violation::Early(it)),
            true if !settled => Err(Violation::Unavailable(it)),
            true if !visible => Err(Violation::Invisible(it)),
            _ => Ok(()),
        }
    }

    fn head(&self, resource: ResourceId) -> &Touch {
        &self.oracle.touches[resource.index()][0]
    }
}
