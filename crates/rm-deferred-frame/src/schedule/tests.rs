//! Barriers stand where the table needs them, and nowhere else.

use ash::vk::{AccessFlags2, ImageLayout, PipelineStageFlags2};

use super::schedule;
use crate::{options::Size, table::Table};

fn table() -> Table {
    Table::deferred(Size { width: 320, height: 180 })
}

#[test]
fn layouts_follow_on_each_other() {
    let table = table();
    let schedule = schedule(&table);
    for (number, resource) in table.resources.iter().enumerate() {
        let accesses: Vec<_> = table.accesses_of(number).collect();
        // What lives within the frame gets its first layout elsewhere.
        let (mut layout, own) = match resource.external {
            true => (ImageLayout::UNDEFINED, accesses.as_slice()),
            false => (accesses[0].1.layout, &accesses[1..]),
        };
        for (pass, access) in own {
            let moves = schedule[*pass].images.iter().find(|it| it.resource == number);
            if let Some(moves) = moves {
                assert_eq!(moves.old_layout, layout, "{} in pass {pass}", resource.label);
                layout = moves.new_layout;
            }
            assert_eq!(layout, access.layout, "{} in pass {pass}", resource.label);
        }
    }
}

#[test]
fn every_read_waits_for_its_write_once() {
    let table = table();
    let schedule = schedule(&table);
    let depth = table.resources.iter().position(|it| it.label == "depth").unwrap();
    let orders: Vec<_> = (schedule.iter())
        .flat_map(|it| &it.images)
        .filter(|it| it.resource == depth)
        .map(|it| it.order)
        .collect();
    assert_eq!(orders.len(), 1, "compute reads it first, in the layout that all read it in");
    assert!(orders[0].src_access.contains(AccessFlags2::DEPTH_STENCIL_ATTACHMENT_WRITE));
    assert_eq!(orders[0].dst_stages, PipelineStageFlags2::COMPUTE_SHADER);
    let later = schedule.iter().flat_map(|it| &it.memory);
    let fragment = later.filter(|it| {
        it.dst_stages == PipelineStageFlags2::FRAGMENT_SHADER
            && it.src_stages.contains(PipelineStageFlags2::COMPUTE_SHADER)
            && it.src_access.contains(AccessFlags2::DEPTH_STENCIL_ATTACHMENT_WRITE)
    });
    assert_eq!(fragment.count(), 1, "fragment shaders read it later, and wait once");
}
