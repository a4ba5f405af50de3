//! The cases, a module a group; [`CASES`](crate::CASES) lists them.
//!
//! A case panics where its promise is broken and answers [`Skip`](crate::Skip) where it cannot be run.

#![expect(clippy::missing_errors_doc, reason = "a case answers why it skips")]
#![expect(clippy::missing_panics_doc, reason = "a case panics where its promise is broken")]

pub mod core;
pub mod decorators;
pub mod dedicated;
pub mod granularity;
pub mod headroom;
pub mod injected;
pub mod leaks;
pub mod limits;
pub mod lost;
pub mod mapping;
pub mod model;
pub mod ranking;
pub mod report;
pub mod resources;
pub mod shortage;
pub mod statistics;
pub mod threads;
