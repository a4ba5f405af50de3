//! Labels as they come: whatever they hold, an error is one line that says who it is about.

use ash::vk::{BufferUsageFlags, PipelineStageFlags2, QueueFlags};
use rm_alloc_core::BufferRequest;
use rm_rendergraph_bridge::{Access, GraphDescription, GraphError};

/// The message for a pass that reads a buffer first, both of this label.
fn message(label: &str) -> String {
    let mut graph = GraphDescription::new();
    let queue = graph.queue(label, QueueFlags::COMPUTE);
    let request = BufferRequest::new(64, BufferUsageFlags::STORAGE_BUFFER).label(label);
    let buffer = graph.buffer(&request);
    let pass = graph.pass(queue, label);
    graph.access(pass, buffer, Access::storage_read(PipelineStageFlags2::COMPUTE_SHADER));
    assert_eq!((graph.pass_label(pass), graph.resource_label(buffer)), (label, label));
    assert_eq!(graph.queue_label(queue), label);
    let error = graph.check().unwrap_err();
    let GraphError::ReadBeforeWrite { pass, resource } = &error else { panic!("{error}") };
    assert_eq!((&*pass.label, &*resource.label), (label, label));
    error.to_string()
}

#[test]
fn hostile_labels_stay_on_one_line() {
    for label in ["a\nb", "a\r\nb", "\u{1b}[31mred", "\u{2028}", "tab\there", "nul\0", "\u{7f}"] {
        let message = message(label);
        let odd = message.chars().find(|it| it.is_control() || *it == '\u{2028}');
        assert_eq!(odd, None, "{message:?}");
    }
}

#[test]
fn quotes_and_other_scripts_can_be_read() {
    assert!(message("say \"hi\"").contains("say"));
    assert!(message("`tick`").contains("tick"));
    assert!(message("Schatten-Ü 影").contains("Schatten-Ü 影"));
}

#[test]
fn a_long_label_is_kept_whole() {
    let label = "x".repeat(10_000);
    assert!(message(&label).contains(&label));
}

#[test]
fn who_has_no_label_has_a_number() {
    assert!(message("").contains("pass #0 reads resource #0"));
}
