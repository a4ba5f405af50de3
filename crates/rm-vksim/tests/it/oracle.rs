//! Every rule: broken on purpose, it is recorded, answered, and nothing else.

mod binding;
mod mapping;
mod memory;
mod objects;
