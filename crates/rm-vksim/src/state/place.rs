//! Binding: the rules of where a resource may live.

use ash::vk;

use super::{Bound, Outcome, Resource, State, Stop, named, rule};
use crate::{
    Profile, Rule, counting,
    handle::{Kind, Labelled},
    ranges::{Conflict, Place},
};

impl State {
    /// Gives a resource its memory.
    pub(crate) fn bind(
        &mut self,
        profile: &Profile,
        kind: Kind,
        handle: u64,
        to: Bound,
    ) -> Outcome {
        let oracle = self.oracle;
        if !oracle && counting::is_encoded(handle) {
            return Ok(());
        }
        let resource = self.resource(kind, handle, Rule::UseAfterFree)?;
        let (made, needs) = (resource.made, resource.needs);
        let what = named(kind, handle, resource.label());
        let unbound = resource.bound.is_none();
        rule(unbound, Rule::DoubleBind, || format!("{what} has memory already"))?;
        let place = Place {
            end: to.offset.saturating_add(needs.size),
            linear: made.linear,
            alias: made.alias,
        };
        self.memory(to.memory)?;
        (self.note.object, self.note.size) = (handle, needs.size);
        (self.note.memory, self.note.offset) = (to.memory, to.offset);
        if oracle {
            self.check_place(profile, kind, handle, to)?;
            self.check_neighbours(profile, &what, to, place)?;
            self.memory(to.memory)?.bound.insert(handle, to.offset, place);
        }
        self.resource(kind, handle, Rule::UseAfterFree)?.bound = Some(to);
        Ok(())
    }

    /// What resource and memory demand of each other.
    fn check_place(&self, profile: &Profile, kind: Kind, handle: u64, to: Bound) -> Outcome {
        let resources = if kind == Kind::Image { &self.images } else { &self.buffers };
        let (Ok(resource), Ok(memory)) = (resources.get(handle), self.memories.get(to.memory))
        else {
            return Ok(());
        };
        let Resource { made, needs, .. } = resource;
        let what = format!(
            "{} in {}",
            named(kind, handle, resource.label()),
            named(Kind::Memory, to.memory, memory.label())
        );
        let own = memory.dedicated;
        rule(own.is_none_or(|own| own == handle && to.offset == 0), Rule::Dedicated, || {
            format!("{what}, which was made for {:#x} alone", own.unwrap_or(0))
        })?;
        rule(!needs.requires_dedicated || own.is_some(), Rule::Dedicated, || {
            format!("{what}, but it requires memory of its own")
        })?;
        let (bits, own_type) = (needs.memory_type_bits, memory.memory_type);
        rule(bits & (1 << own_type) != 0, Rule::MemoryType, || {
            format!("{what} of type {own_type}, needed one of {bits:#b}")
        })?;
        let is_protected = memory.flags.contains(vk::MemoryPropertyFlags::PROTECTED);
        rule(made.protected == is_protected, Rule::Protected, || {
            format!("{what}, of which only one is protected")
        })?;
        let enabled = profile.features.buffer_device_address;
        let addressed = !made.addressable || !enabled || memory.addressable;
        rule(addressed, Rule::DeviceAddress, || format!("{what}, which has no device address"))?;
        let alignment = needs.alignment.max(1);
        rule(to.offset.is_multiple_of(alignment), Rule::Misaligned, || {
            format!("{what} at {}, which is not a multiple of {alignment}", to.offset)
        })?;
        let end = to.offset.checked_add(needs.size);
        rule(end.is_some_and(|end| end <= memory.size), Rule::OutOfBlock, || {
            format!("{what} at {} with {} bytes of {}", to.offset, needs.size, memory.size)
        })
    }

    fn check_neighbours(&self, profile: &Profile, what: &str, to: Bound, place: Place) -> Outcome {
        let Ok(memory) = self.memories.get(to.memory) else { return Ok(()) };
        let page = profile.limits.buffer_image_granularity;
        let non_coherent = memory.flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE)
            && !memory.flags.contains(vk::MemoryPropertyFlags::HOST_COHERENT);
        let atom = if non_coherent { profile.limits.non_coherent_atom_size } else { 1 };
        let Some((other, range, conflict)) = memory.bound.conflict(to.offset, place, page, atom)
        else {
            return Ok(());
        };
        let kind = Kind::of(other).unwrap_or(Kind::Buffer);
        let resources = if kind == Kind::Image { &self.images } else { &self.buffers };
        let label = resources.get(other).ok().and_then(|resource| resource.label());
        let (broken, how) = match conflict {
            Conflict::Atom => (Rule::AtomShared, "shares an atom with"),
            Conflict::Overlap => (Rule::Overlap, "overlaps"),
            Conflict::Page => (Rule::GranularityPage, "shares a page with"),
        };
        let message = format!(
            "{what} at {}..{} of {} {how} {} at {range:?}",
            to.offset,
            place.end,
            named(Kind::Memory, to.memory, memory.label()),
            named(kind, other, label),
        );
        Err(Stop::Broken(broken, message))
    }
}
