//! Each refusal happens, and this workspace causes none.

use super::{TABLE, check, refusal, refusals};
use crate::workspace;

fn reason(from: &str, to: &str) -> String {
    refusal(from, to).unwrap_or_else(|| panic!("{from} -> {to} was allowed"))
}

#[test]
fn this_workspace_is_layered() {
    check(&workspace::metadata().unwrap()).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn an_edge_upwards_is_refused() {
    assert!(reason("rm-alloc-core", "rm-alloc-direct").contains("upwards"));
    assert!(reason("rm-lifetime", "resource-management").contains("upwards"));
}

#[test]
fn an_edge_sideways_is_refused() {
    assert!(reason("rm-alloc-vma", "rm-alloc-direct").contains("sideways"));
    assert!(reason("rm-metrics", "rm-rendergraph-bridge").contains("sideways"));
}

#[test]
fn layer_zero_imports_nothing_of_ours() {
    assert!(reason("rm-alias", "rm-suballoc").contains("layer 0"));
    assert!(reason("rm-state", "rm-vksim").contains("layer 0"));
}

#[test]
fn above_the_backends_only_the_facade_names_one() {
    assert!(reason("rm-lifetime", "rm-alloc-native").contains("backend"));
    assert!(reason("rm-metrics", "rm-alloc-direct").contains("backend"));
    assert_eq!(refusal("resource-management", "rm-alloc-direct"), None);
    assert_eq!(refusal("rm-bench", "rm-alloc-vma"), None);
}

#[test]
fn the_mock_alone_stands_on_the_simulator() {
    assert_eq!(refusal("rm-alloc-mock", "rm-vksim"), None);
    assert!(reason("rm-alloc-direct", "rm-vksim").contains("tests"));
    assert!(reason("rm-lifetime", "rm-conformance").contains("tests"));
}

#[test]
fn crates_beside_the_layers_import_what_their_line_says() {
    assert_eq!(refusal("rm-conformance", "rm-alloc-core"), None);
    assert_eq!(refusal("rm-conformance", "rm-vksim"), None);
    assert!(reason("rm-conformance", "rm-alloc-direct").contains("beside"));
    assert!(reason("rm-vksim", "rm-alloc-core").contains("beside"));
}

#[test]
fn nothing_published_imports_a_development_crate() {
    for (name, place) in TABLE {
        let refused = refusal(name, "rm-headless").is_some();
        assert_eq!(refused, *place != super::Place::Dev, "{name}");
    }
}

#[test]
fn edges_down_are_allowed() {
    for (from, to) in [
        ("rm-alloc-direct", "rm-alloc-core"),
        ("rm-alloc-native", "rm-suballoc"),
        ("rm-lifetime", "rm-state"),
        ("rm-rendergraph-bridge", "rm-lifetime"),
        ("resource-management", "rm-metrics"),
        ("rm-demo", "rm-headless"),
    ] {
        assert_eq!(refusal(from, to), None, "{from} -> {to}");
    }
}

#[test]
fn a_crate_outside_the_table_and_a_broken_edge_are_both_named() {
    let found = refusals(&["rm-state", "rm-new"], &[("rm-state", "rm-alias")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("rm-new: missing from the table"), "{found:?}");
    assert!(found[1].contains("rm-state -> rm-alias"), "{found:?}");
}
