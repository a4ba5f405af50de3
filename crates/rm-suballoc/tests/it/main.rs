//! What the allocators promise, against plain models.

#[path = "../../examples/random_operations/oracle.rs"]
mod oracle;
#[path = "../../examples/random_operations/world.rs"]
mod world;

mod segregated;
mod virtual_block;

mod linear;
mod ring;
mod stack;

mod support;
