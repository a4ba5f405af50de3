//! Values that are created once.

mod circles;
mod evict;
mod failures;
mod once;

use rm_rendergraph_bridge::{CreateError, KeyedCache};

/// A cache of plain values.
type Numbers = KeyedCache<String, u64>;
type Answer = Result<u64, CreateError<&'static str>>;

/// The value of `key`, which must be there.
fn known(cache: &Numbers, key: &str) -> Answer {
    cache.get_or_create(key, || Err("it is not there"))
}
