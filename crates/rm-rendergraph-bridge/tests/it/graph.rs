//! What may be described, and what a plan says of it, without a device.

mod accesses;
mod alone;
mod extremes;
mod semaphores;
mod stages;
