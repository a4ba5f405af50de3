//! Buffers and images: made, given memory, and undone when anything on the way fails.

mod bound;
mod create;
mod host;
mod object;

pub(crate) use self::{
    bound::{Bound, name_buffer, name_image},
    create::AnyRequest,
    host::HostRange,
    object::{destroy_buffer, destroy_image},
};
pub use self::{
    bound::{BoundBuffer, BoundImage},
    object::Requirements,
};
