//! The promises of the core, on tables where they are pure and on a real device where they are not.

mod memory_type;
mod values;
