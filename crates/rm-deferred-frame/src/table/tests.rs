//! The table of the frame holds together.

use super::{Kind, Table, Use};
use crate::options::Size;

fn table() -> Table {
    Table::deferred(Size { width: 320, height: 180 })
}

/// Whether everything that is read afterwards was written by this.
fn overwrites(how: Use) -> bool {
    matches!(how, Use::Color | Use::Depth | Use::Zeroed | Use::StorageWrite)
}

#[test]
fn everything_is_written_whole_before_it_is_read_and_read_at_last() {
    let table = table();
    for (number, resource) in table.resources.iter().enumerate() {
        let mut uses = table.uses_of(number);
        let first = uses.next();
        assert!(first.is_some_and(overwrites), "{}: {first:?}", resource.label);
        let last = table.accesses_of(number).last();
        assert!(last.is_some_and(|(_, it)| it.writes().is_empty()), "{}: unread", resource.label);
    }
}

#[test]
fn no_pass_uses_a_resource_twice_and_images_are_used_as_images() {
    let table = table();
    for pass in &table.passes {
        let mut seen: Vec<usize> = pass.uses.iter().map(|(resource, _)| *resource).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), pass.uses.len(), "{}", pass.label);
        for (resource, access) in pass.accesses() {
            let is_image = matches!(table.resources[resource].kind, Kind::Image { .. });
            let has_layout = access.layout != ash::vk::ImageLayout::UNDEFINED;
            assert_eq!(
                is_image, has_layout,
                "{} in {}",
                table.resources[resource].label, pass.label
            );
        }
    }
}

#[test]
fn labels_are_different_and_there_is_one_output() {
    let table = table();
    let mut labels: Vec<&str> = table.resources.iter().map(|it| it.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), table.resources.len());
    assert_eq!(table.resources.iter().filter(|it| it.external).count(), 1);
}

#[test]
fn attachments_of_a_pass_are_of_one_size() {
    let table = table();
    for pass in &table.passes {
        let sizes = pass.attachments().map(|(resource, _)| match table.resources[resource].kind {
            Kind::Image { extent, .. } => (extent.width, extent.height),
            Kind::Buffer { .. } => panic!("{} draws into a buffer", pass.label),
        });
        let mut sizes: Vec<_> = sizes.collect();
        sizes.dedup();
        assert!(sizes.len() <= 1, "{}: {sizes:?}", pass.label);
    }
}
