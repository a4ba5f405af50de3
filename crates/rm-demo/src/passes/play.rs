//! What the passes do in one frame.

use resource_management::lifetime::TransientSlice;

use super::{lookup::Lookup, program::Program, room::Room};
use crate::{
    content::Content,
    executor::{PartCopy, Step},
    slot::Slot,
};

/// A pass, and where what it reads back goes, in bytes.
#[derive(Debug)]
struct Pass {
    room: Room,
    constants: TransientSlice,
    constants_to: u64,
    lookup_to: u64,
    code_to: u64,
}

/// The passes of one frame; their scopes end when it is dropped.
#[derive(Debug)]
pub(crate) struct Play {
    passes: Vec<Pass>,
    lookup: Lookup,
    program: Program,
    /// Where the lookup texture comes from, if it is new.
    pub(super) lookup_from: Option<TransientSlice>,
    /// Where the bytes of the program come from, if it is new.
    pub(super) code_from: Option<TransientSlice>,
    /// Whether the program took the place of another.
    pub(crate) reloaded: bool,
    /// Bytes that are read back.
    pub(crate) bytes: u64,
}

impl Play {
    /// No passes yet, and what they will share.
    pub(super) fn new(lookup: Lookup, program: Program) -> Self {
        let passes = Vec::new();
        let (lookup_from, code_from, reloaded, bytes) = (None, None, false, 0);
        Self { passes, lookup, program, lookup_from, code_from, reloaded, bytes }
    }

    /// Adds a pass whose `constants` are read back as `content`, through its buffer.
    pub(super) fn add(
        &mut self,
        mut room: Room,
        constants: TransientSlice,
        content: Content,
        slot: &mut Slot,
    ) {
        let name = room.scope.name().to_owned();
        let mut expect = |what: &str, content: Content| {
            self.bytes += content.bytes();
            slot.expect(format!("{what} of {name}"), content)
        };
        let constants_to = expect("constants", content);
        let lookup_to = expect("lookup", self.lookup.content());
        let code_to = expect("code", self.program.content());
        self.lookup.keep_in(&mut room.scope);
        self.program.keep_in(&mut room.scope);
        self.passes.push(Pass { room, constants, constants_to, lookup_to, code_to });
    }

    /// What executes it.
    pub(crate) fn steps(&self) -> Vec<Step<'_>> {
        let (lookup, code) = (self.lookup.subject(), self.program.subject());
        let lookup_bytes = self.lookup.content().bytes();
        let code_bytes = self.program.content().bytes();
        let fresh = [(self.lookup_from, lookup), (self.code_from, code)];
        let fresh = fresh.into_iter().filter_map(|(from, object)| Some((from?, object)));
        let mut steps: Vec<_> = fresh.map(|(from, object)| Step::Fill { from, object }).collect();
        for pass in &self.passes {
            let Pass { ref room, constants, constants_to, lookup_to, code_to } = *pass;
            steps.extend([
                Step::Run(self.program.machine()),
                Step::Carry { from: constants, over: &room.local, to: constants_to },
                Step::Read(PartCopy { object: lookup, place: lookup_to, bytes: lookup_bytes }),
                Step::Read(PartCopy { object: code, place: code_to, bytes: code_bytes }),
            ]);
        }
        steps
    }
}
