//! A right backend passes every case on every profile: the toy, whose blocks are shared and trimmed.
//!
//! The other backends of this workspace run the suite in tests of their own.

use std::sync::Arc;

use rm_alloc_core::DeviceContext;
use rm_conformance::{Fixture, conformance_tests};

use crate::toy::Toy;

fn toy(context: &Arc<DeviceContext>) -> Fixture {
    Ok(Arc::new(Toy::new(context, None)))
}

conformance_tests!(toy);
