//! What there is to see: the newest frame, what came before it, and what the person at the keyboard has chosen.

use std::collections::VecDeque;

use rm_metrics::{LiveFrame, LiveHello, Snapshot};

/// Frames of history: more than any terminal has columns.
const HISTORY: usize = 512;

/// All that a screen shows.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) program: String,
    pub(crate) sources: Vec<String>,
    // None until the first frame.
    pub(crate) shown: Option<Snapshot>,
    /// Used bytes of each heap, oldest first.
    pub(crate) history: Vec<VecDeque<u64>>,
    /// The heap whose history is drawn.
    pub(crate) heap: usize,
    /// Frames that this reader was too slow for.
    pub(crate) lost: u64,
    /// While it is paused, the newest frame that is not shown.
    waiting: Option<Snapshot>,
    paused: bool,
}

/// What a key does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    NextHeap,
    Pause,
    PreviousHeap,
    Quit,
}

impl View {
    /// Takes in who speaks.
    pub(crate) fn meet(&mut self, hello: &LiveHello) {
        self.program.clone_from(&hello.program);
        self.sources.clone_from(&hello.sources);
    }

    /// Takes in a frame.
    pub(crate) fn add(&mut self, frame: LiveFrame) {
        self.lost = frame.lost;
        if self.paused {
            self.waiting = Some(frame.snapshot);
        } else {
            self.show(frame.snapshot);
        }
    }

    /// Does what a key says, unless it says that it is over.
    pub(crate) fn act(&mut self, action: Action) {
        let heaps = self.history.len().max(1);
        match action {
            Action::NextHeap => self.heap = (self.heap + 1) % heaps,
            Action::PreviousHeap => self.heap = (self.heap + heaps - 1) % heaps,
            Action::Pause => {
                self.paused = !self.paused;
                if let Some(newest) = self.waiting.take() {
                    self.show(newest);
                }
            }
            Action::Quit => {}
        }
    }

    /// The last that has come, shown or not.
    pub(crate) fn newest(&self) -> Option<&Snapshot> {
        self.waiting.as_ref().or(self.shown.as_ref())
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    fn show(&mut self, snapshot: Snapshot) {
        self.history.resize_with(snapshot.heaps.len(), VecDeque::new);
        for (history, heap) in self.history.iter_mut().zip(&snapshot.heaps) {
            if history.len() == HISTORY {
                history.pop_front();
            }
            history.push_back(heap.account.used_bytes);
        }
        self.heap = self.heap.min(self.history.len().saturating_sub(1));
        self.shown = Some(snapshot);
    }
}
