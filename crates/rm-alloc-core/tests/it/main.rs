//! The promises of the core, on tables where they are pure and on a real device where they are not.

mod backends;
mod context;
mod creation;
mod faults;
mod mapping;
mod memory_type;
mod observers;
mod values;
