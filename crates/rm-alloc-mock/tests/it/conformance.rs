//! The mock keeps the promises of the trait.

use std::sync::Arc;

use rm_alloc_core::DeviceContext;
use rm_alloc_mock::MockAllocator;
use rm_conformance::{Fixture, conformance_tests};

fn mock(context: &Arc<DeviceContext>) -> Fixture {
    Ok(Arc::new(MockAllocator::on_context(context)))
}

conformance_tests!(mock);
