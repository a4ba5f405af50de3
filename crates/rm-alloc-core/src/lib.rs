//! rm-alloc-core.
