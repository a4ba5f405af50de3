//! The sub-allocating backend in plain Rust.

mod accounts;
mod allocator;
mod arena;
mod config;
mod cookie;
mod errand;
mod grower;
mod growth;
mod lock;
mod pool;
mod seat;
mod settings;
mod shard;
mod sync;

pub use self::{
    allocator::{NativeAllocator, SearchFigures},
    config::{NativeConfig, PoolConfig},
    grower::BackgroundGrower,
    pool::NativePool,
};
