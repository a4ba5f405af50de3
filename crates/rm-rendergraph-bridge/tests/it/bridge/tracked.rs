//! What a graph allocates is charged.

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{BudgetConfig, ErrorKind, ImageRequest};

use crate::bed::{Bed, KIB, buffer};

#[test]
fn tracked_resources_are_charged_until_the_device_is_done() {
    let bed = Bed::new();
    let retirer = bed.queue.retirer();
    let table = bed.bridge.allocate_buffer_tracked(&buffer(4 * KIB), &retirer).unwrap();
    let (format, usage) = (Format::R8G8B8A8_UNORM, ImageUsageFlags::SAMPLED);
    let request = ImageRequest::new_2d(format, 64, 64, usage);
    let image = bed.bridge.allocate_image_tracked(&request, &retirer).unwrap();
    let charged = table.size() + image.size();
    assert_eq!(bed.manager.stats().used, charged);
    drop((table, image));
    assert_eq!(bed.manager.stats().used, charged, "the device may still use them");
    bed.finish();
    assert_eq!(bed.manager.stats().used, 0);
    assert_eq!(bed.taken(), 0, "resources are no uploads");
}

#[test]
fn a_bridge_never_bypasses_the_budget() {
    let bed = Bed::with(BudgetConfig {
        device_memory_budget: 8 * KIB,
        strict: true,
        ..BudgetConfig::default()
    });
    let retirer = bed.queue.retirer();
    let held = bed.bridge.allocate_buffer_tracked(&buffer(6 * KIB), &retirer).unwrap();
    let error = bed.bridge.allocate_buffer_tracked(&buffer(4 * KIB), &retirer).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "got {error:?}");
    assert_eq!(bed.manager.stats().used, held.size());
    drop(held);
    bed.finish();
}
