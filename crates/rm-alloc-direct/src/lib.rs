//! rm-alloc-direct.
