//! What the simulated device remembers, and the rules that it holds its user to.

mod memory;
mod place;
mod resource;

use std::{backtrace::Backtrace, collections::HashSet, sync::Arc};

use ash::vk;

pub(crate) use self::{
    memory::{AllocateRequest, Memory},
    resource::{Bound, CreateRequest, Resource, linear_layout},
};
use crate::{
    Call, JournalEntry, Leak, Rule, Verdict, Violation,
    faults::Faults,
    handle::{Kind, Labelled, Missing, Slab},
    journal::Note,
};

/// Why a command does not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The device says no, as a device may.
    Code(vk::Result),
    /// The caller broke a rule.
    Broken(Rule, String),
}

pub(crate) type Outcome<T = ()> = Result<T, Stop>;

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) memories: Slab<Memory>,
    pub(crate) buffers: Slab<Resource>,
    pub(crate) images: Slab<Resource>,
    pub(crate) faults: Faults,
    /// Bytes of live memory objects, a heap each.
    pub(crate) heaps: [u64; vk::MAX_MEMORY_HEAPS],
    /// What the running command says of itself.
    pub(crate) note: Note,
    pub(crate) journal: Option<Vec<JournalEntry>>,
    /// Whether bound ranges are tracked and rules watched; off in the counting mode.
    pub(crate) oracle: bool,
    pub(crate) device_destroyed: bool,
    next_address: u64,
    violations: Vec<Violation>,
    poisoned: bool,
    /// The handles of leaks that a verdict has told of.
    told: HashSet<u64>,
}

impl State {
    pub(crate) fn new(oracle: bool) -> Self {
        Self {
            memories: Slab::new(Kind::Memory),
            buffers: Slab::new(Kind::Buffer),
            images: Slab::new(Kind::Image),
            faults: Faults::default(),
            heaps: [0; vk::MAX_MEMORY_HEAPS],
            note: Note::default(),
            journal: oracle.then(Vec::new),
            oracle,
            device_destroyed: false,
            next_address: 1 << 32,
            violations: Vec::new(),
            poisoned: false,
            told: HashSet::new(),
        }
    }

    /// Forgets what the last command said of itself.
    pub(crate) fn begin(&mut self) {
        self.note = Note::default();
    }

    pub(crate) fn check_alive(&self, call: Call) -> Outcome {
        match self.device_destroyed && call.is_of_device() {
            true => Err(Stop::Broken(Rule::UseAfterFree, "the device was destroyed".to_owned())),
            false => Ok(()),
        }
    }

    pub(crate) fn enter_journal(&mut self, call: Call, result: vk::Result) {
        if let Some(journal) = &mut self.journal {
            journal.push(self.note.entry(call, result));
        }
    }

    /// Takes note of a broken rule, which poisons the device.
    pub(crate) fn record(&mut self, rule: Rule, command: &'static str, message: String) {
        if self.oracle {
            let backtrace = Arc::new(Backtrace::capture());
            self.violations.push(Violation { rule, command, message, backtrace });
            self.poisoned = true;
        }
    }

    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Everything that is alive.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        fn leaks<T: Labelled>(
            slab: &Slab<T>,
            kind: Kind,
            size: impl Fn(&T) -> u64,
        ) -> impl Iterator<Item = Leak> {
            slab.iter().map(move |(handle, object)| Leak {
                kind: kind.word(),
                handle,
                label: object.label().map(str::to_owned),
                size: size(object),
            })
        }
        let memories = leaks(&self.memories, Kind::Memory, |memory| memory.size);
        let buffers = leaks(&self.buffers, Kind::Buffer, |buffer| buffer.needs.size);
        let images = leaks(&self.images, Kind::Image, |image| image.needs.size);
        buffers.chain(images).chain(memories).collect()
    }

    /// Hands out everything that is wrong and was not handed out before.
    pub(crate) fn take_verdict(&mut self) -> Result<(), Verdict> {
        if !self.oracle {
            return Ok(());
        }
        let mut leaks = self.leaks();
        leaks.retain(|leak| self.told.insert(leak.handle));
        let violations = std::mem::take(&mut self.violations);
        match violations.is_empty() && leaks.is_empty() {
            true => Ok(()),
            false => Err(Verdict { violations, leaks }),
        }
    }

    /// Gives an object the name `label`, or takes its name where there is none.
    pub(crate) fn name(&mut self, kind: Kind, handle: u64, label: Option<Box<str>>) -> Outcome {
        match kind {
            Kind::Memory => self.memory(handle)?.label = label,
            kind => self.resource(kind, handle, Rule::UseAfterFree)?.label = label,
        }
        Ok(())
    }
}

/// What is wrong with a handle that leads nowhere; `stale` is the rule for one that once did.
pub(super) fn gone(kind: Kind, handle: u64, missing: Missing, stale: Rule) -> Stop {
    let word = kind.word();
    match missing {
        Missing::Null => Stop::Broken(Rule::WrongHandle, format!("a null handle as {word}")),
        Missing::Stale(label) => {
            let what = named(kind, handle, label.as_deref());
            Stop::Broken(stale, format!("{what} was destroyed before"))
        }
        Missing::Unknown => {
            let message = format!("{handle:#x} as {word}, which was never handed out");
            Stop::Broken(Rule::WrongHandle, message)
        }
        Missing::WrongKind(other) => {
            let message = format!("{handle:#x} as {word}, which is a {}", other.word());
            Stop::Broken(Rule::WrongHandle, message)
        }
    }
}

/// An object as messages call it.
pub(super) fn named(kind: Kind, handle: u64, label: Option<&str>) -> String {
    let label = label.unwrap_or("unlabelled");
    format!("{} `{label}` ({handle:#x})", kind.word())
}

/// A broken rule unless `holds`.
pub(super) fn rule(holds: bool, rule: Rule, message: impl FnOnce() -> String) -> Outcome {
    match holds {
        true => Ok(()),
        false => Err(Stop::Broken(rule, message())),
    }
}
