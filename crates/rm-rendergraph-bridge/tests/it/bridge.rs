//! Budget and quota, through the bridge.

mod cap;
mod cost;
mod ends;
mod random;
mod threads;
mod tracked;
