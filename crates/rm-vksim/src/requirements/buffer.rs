//! Sizes and places of buffers by rule.

use ash::vk;

use super::{
    BufferShape, Needs, round_up,
    types::{Place, memory_type_bits},
};
use crate::profile::Profile;

/// The memory that a buffer needs, by the profile's rules.
pub(super) fn needs(profile: &Profile, shape: &BufferShape) -> Needs {
    use vk::BufferUsageFlags as Usage;
    let rules = &profile.rules.buffers;
    let texel = Usage::UNIFORM_TEXEL_BUFFER | Usage::STORAGE_TEXEL_BUFFER;
    let of_usage = [
        (Usage::UNIFORM_BUFFER, rules.uniform),
        (texel, rules.texel),
        (Usage::STORAGE_BUFFER, rules.storage),
        (Usage::SHADER_DEVICE_ADDRESS, rules.address),
    ];
    let used = of_usage.iter().filter(|(usage, _)| shape.usage.intersects(*usage));
    let alignment = used.fold(rules.alignment, |most, (_, alignment)| most.max(*alignment));
    let size = round_up(shape.size.max(1), alignment);
    let place = Place {
        host_reaches: true,
        lazily: false,
        protected: shape.flags.contains(vk::BufferCreateFlags::PROTECTED),
        among: rules.types,
    };
    Needs {
        size,
        alignment,
        memory_type_bits: memory_type_bits(profile, place),
        prefers_dedicated: rules.dedicated_from.is_some_and(|from| size >= from),
        requires_dedicated: false,
    }
}
