//! Buffers and images: made, asked, bound, destroyed.

use ash::vk;

use super::{Outcome, State, Stop, gone, named, rule};
use crate::{
    Rule,
    handle::{Kind, Labelled, Slab},
    requirements::Needs,
};

/// A buffer or an image.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) made: CreateRequest,
    pub(crate) needs: Needs,
    pub(crate) bound: Option<Bound>,
    pub(crate) in_use: u32,
    pub(crate) label: Option<Box<str>>,
}

/// What matters of a resource's create info.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CreateRequest {
    /// A buffer, or an image with linear tiling.
    pub(crate) linear: bool,
    /// An image made with `ALIAS`.
    pub(crate) alias: bool,
    /// A buffer whose device address may be asked for.
    pub(crate) addressable: bool,
    pub(crate) protected: bool,
    /// Rows of all layers and slices together, for the layout of linear images.
    pub(crate) rows: u64,
    pub(crate) slices: u64,
    pub(crate) layers: u64,
}

/// Where a resource lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) memory: u64,
    pub(crate) offset: u64,
}

impl Labelled for Resource {
    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

impl State {
    pub(crate) fn create(&mut self, kind: Kind, made: CreateRequest, needs: Needs) -> u64 {
        let resource = Resource { made, needs, bound: None, in_use: 0, label: None };
        let handle = self.slab(kind).insert(resource);
        self.note.object = handle;
        self.note.size = needs.size;
        handle
    }

    pub(crate) fn destroy(&mut self, kind: Kind, handle: u64) -> Outcome {
        if handle == 0 {
            return Ok(());
        }
        self.note.object = handle;
        let destroyed = self.slab(kind).remove(handle);
        let resource =
            destroyed.map_err(|missing| gone(kind, handle, missing, Rule::DoubleFree))?;
        self.note.size = resource.needs.size;
        if let Some(bound) = resource.bound
            && let Ok(memory) = self.memories.get_mut(bound.memory)
        {
            memory.bound.remove(handle, bound.offset);
        }
        rule(resource.in_use == 0, Rule::InUse, || {
            format!("{} is in use", named(kind, handle, resource.label()))
        })
    }

    /// A live resource; the journal notes it.
    pub(crate) fn resource(
        &mut self,
        kind: Kind,
        handle: u64,
        stale: Rule,
    ) -> Outcome<&mut Resource> {
        self.note.object = handle;
        self.slab(kind).get_mut(handle).map_err(|missing| gone(kind, handle, missing, stale))
    }

    pub(crate) fn needs(&mut self, kind: Kind, handle: u64) -> Outcome<Needs> {
        let needs = self.resource(kind, handle, Rule::UseAfterFree)?.needs;
        self.note.size = needs.size;
        Ok(needs)
    }

    /// Where the device sees a buffer.
    pub(crate) fn buffer_address(&mut self, enabled: bool, handle: u64) -> Outcome<u64> {
        let buffer = self.resource(Kind::Buffer, handle, Rule::UseAfterFree)?;
        let what = named(Kind::Buffer, handle, buffer.label());
        rule(enabled && buffer.made.addressable, Rule::DeviceAddress, || {
            format!("{what} was made without a device address")
        })?;
        let Some(bound) = buffer.bound else {
            let message = format!("{what} has no memory");
            return Err(Stop::Broken(Rule::DeviceAddress, message));
        };
        match self.memories.get(bound.memory) {
            Ok(memory) => Ok(memory.address + bound.offset),
            Err(_) => {
                Err(Stop::Broken(Rule::UseAfterFree, format!("the memory of {what} is freed")))
            }
        }
    }

    /// Notes that the device uses an object from now on.
    pub(crate) fn mark_in_use(&mut self, handle: u64) -> Outcome {
        if Kind::of(handle) == Some(Kind::Memory) {
            self.memory(handle)?.in_use += 1;
            return Ok(());
        }
        let (kind, _) = self.resources(handle);
        let resource = self.resource(kind, handle, Rule::UseAfterFree)?;
        resource.in_use += 1;
        let (bound, what) = (resource.bound, named(kind, handle, resource.label()));
        let lives = bound.is_none_or(|bound| self.memories.get(bound.memory).is_ok());
        rule(lives, Rule::UseAfterFree, || format!("the memory of {what} is freed"))
    }

    /// Takes back one [`mark_in_use`](Self::mark_in_use); of an object that is gone, nothing is left to take back.
    pub(crate) fn release_use(&mut self, handle: u64) -> Outcome {
        let in_use = match Kind::of(handle) {
            Some(Kind::Memory) => self.memories.get_mut(handle).map(|memory| &mut memory.in_use),
            Some(Kind::Image) => self.images.get_mut(handle).map(|image| &mut image.in_use),
            _ => self.buffers.get_mut(handle).map(|buffer| &mut buffer.in_use),
        };
        let Ok(in_use) = in_use else { return Ok(()) };
        let left = in_use.checked_sub(1);
        let message = || format!("{handle:#x} is released more often than it was marked");
        *in_use = left.ok_or_else(|| Stop::Broken(Rule::Usage, message()))?;
        Ok(())
    }

    /// Where a live resource is bound, if it is.
    pub(crate) fn bound(&mut self, handle: u64) -> Option<Bound> {
        self.resources(handle).1.get_mut(handle).ok()?.bound
    }

    /// The resources among which `handle` would be found; buffers unless it says image.
    pub(super) fn resources(&mut self, handle: u64) -> (Kind, &mut Slab<Resource>) {
        let kind = if Kind::of(handle) == Some(Kind::Image) { Kind::Image } else { Kind::Buffer };
        (kind, self.slab(kind))
    }

    fn slab(&mut self, kind: Kind) -> &mut Slab<Resource> {
        match kind {
            Kind::Image => &mut self.images,
            Kind::Buffer | Kind::Memory => &mut self.buffers,
        }
    }
}

/// The layout of the one linear subresource that is asked for: rows, slices and layers of equal size.
pub(crate) fn linear_layout(resource: &Resource, layer: u64) -> vk::SubresourceLayout {
    let CreateRequest { rows, slices, layers, .. } = resource.made;
    let size = resource.needs.size;
    let row_pitch = size / (rows * slices * layers).max(1);
    let depth_pitch = row_pitch * rows;
    let array_pitch = depth_pitch * slices;
    vk::SubresourceLayout {
        offset: array_pitch * layer,
        size: array_pitch,
        row_pitch,
        array_pitch,
        depth_pitch,
    }
}
