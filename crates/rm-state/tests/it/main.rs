//! The promises of `rm-state`, by the numbers of the behaviour list.

mod container;
mod generation;
mod metadata;
mod model;
mod states;
mod threads;
mod values;
