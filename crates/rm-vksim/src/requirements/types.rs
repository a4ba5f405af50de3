//! Which memory types a resource can live in.

use ash::vk;

use crate::profile::Profile;

/// What a resource asks of its memory type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Buffers and linear images: the host can make sense of the bytes.
    pub(super) host_reaches: bool,
    /// A transient attachment, which may have no bytes at all.
    pub(super) lazily: bool,
    /// Created as protected.
    pub(super) protected: bool,
    /// The types that the profile's rules leave, one bit each.
    pub(super) among: Option<u32>,
}

/// The types that a resource can live in, one bit each.
///
/// Keeps Vulkan's promises whatever the rules say: a device-local type for everyone, and a
/// host-visible coherent one for what the host can make sense of, if it is not protected.
pub(super) fn memory_type_bits(profile: &Profile, place: Place) -> u32 {
    use vk::MemoryPropertyFlags as Flags;
    let with = |wanted: Flags| bits(profile, |flags| flags.contains(wanted));
    let possible = bits(profile, |flags| {
        // Either all of its types are protected or none is.
        flags.contains(Flags::PROTECTED) == place.protected
            && (place.lazily || !flags.contains(Flags::LAZILY_ALLOCATED))
            && (profile.features.device_coherent || !flags.contains(Flags::DEVICE_COHERENT_AMD))
    });
    let mut chosen = possible & place.among.unwrap_or(u32::MAX);
    // A lazily allocated type does not count, since nobody has to use it.
    let local = with(Flags::DEVICE_LOCAL) & !with(Flags::LAZILY_ALLOCATED);
    if chosen & local == 0 {
        chosen |= possible & local;
    }
    let coherent = with(Flags::HOST_VISIBLE | Flags::HOST_COHERENT);
    if place.host_reaches && !place.protected && chosen & coherent == 0 {
        chosen |= possible & coherent;
    }
    chosen
}

fn bits(profile: &Profile, belongs: impl Fn(vk::MemoryPropertyFlags) -> bool) -> u32 {
    let types = profile.types.iter().zip(0..u32::BITS);
    let chosen = types.filter(|(memory_type, _)| belongs(memory_type.properties()));
    chosen.fold(0, |all, (_, index)| all | 1 << index)
}
