//! `cargo xtask layers`: edges between the crates of this workspace point strictly down.
//!
//! The table is the one of `docs/architecture.md`. Dev-dependencies are free: a test may stand on
//! anything.

#[cfg(test)]
mod tests;

use cargo_metadata::{DependencyKind, Metadata};

use crate::failure::Failure;

/// The place of a crate in the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Published, beside the layers, with a list of what it may import.
    Beside(&'static [&'static str]),
    /// For this workspace only: may import all, and nothing published imports it.
    Dev,
    /// Published, in this layer.
    Layer(u8),
}

/// The layer of the backends.
const BACKENDS: u8 = 2;
/// The layer of the facade, the only one that names backends.
const FACADE: u8 = 5;

const TABLE: &[(&str, Place)] = &[
    ("rm-state", Place::Layer(0)),
    ("rm-suballoc", Place::Layer(0)),
    ("rm-alias", Place::Layer(0)),
    ("rm-alloc-core", Place::Layer(1)),
    ("rm-alloc-direct", Place::Layer(BACKENDS)),
    ("rm-alloc-vma", Place::Layer(BACKENDS)),
    ("rm-alloc-native", Place::Layer(BACKENDS)),
    ("rm-alloc-mock", Place::Layer(BACKENDS)),
    ("rm-lifetime", Place::Layer(3)),
    ("rm-rendergraph-bridge", Place::Layer(4)),
    ("rm-metrics", Place::Layer(4)),
    ("resource-management", Place::Layer(FACADE)),
    ("rm-vksim", Place::Beside(&[])),
    ("rm-conformance", Place::Beside(&["rm-alloc-core", "rm-vksim"])),
    ("rm-bench", Place::Dev),
    ("rm-deferred-frame", Place::Dev),
    ("rm-demo", Place::Dev),
    ("rm-headless", Place::Dev),
    ("xtask", Place::Dev),
];

/// Edges that the rules refuse and the table names.
const EXCEPTIONS: &[(&str, &str)] = &[("rm-alloc-mock", "rm-vksim")];

/// Checks the workspace against the table.
///
/// # Errors
///
/// [`Failure::Check`] with one line an edge or crate that the table does not allow.
pub(crate) fn check(metadata: &Metadata) -> Result<(), Failure> {
    let packages = metadata.workspace_packages();
    let crates: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let edges: Vec<(&str, &str)> = packages
        .iter()
        .flat_map(|package| {
            let counted = |kind| kind != DependencyKind::Development;
            let names = package.dependencies.iter().filter(move |it| counted(it.kind));
            names.map(|dependency| (package.name.as_str(), dependency.name.as_str()))
        })
        .filter(|(_, to)| crates.contains(to))
        .collect();
    let refusals = refusals(&crates, &edges);
    if refusals.is_empty() {
        println!("layers: {} crates, {} edges, all pointing down", crates.len(), edges.len());
        return Ok(());
    }
    Err(Failure::Check(format!("the layers are broken\n{}", refusals.join("\n"))))
}

/// Everything wrong with these crates and the (from, to) edges between them.
fn refusals(crates: &[&str], edges: &[(&str, &str)]) -> Vec<String> {
    let unknown = crates.iter().filter(|name| place(name).is_none());
    let unknown = unknown.map(|name| format!("  {name}: missing from the table in layers.rs"));
    let broken = edges.iter().filter_map(|(from, to)| {
        refusal(from, to).map(|reason| format!("  {from} -> {to}: {reason}"))
    });
    unknown.chain(broken).collect()
}

/// Why `from` may not import `to`; unknown crates are reported elsewhere.
fn refusal(from: &str, to: &str) -> Option<String> {
    let (above, below) = (place(from)?, place(to)?);
    if EXCEPTIONS.contains(&(from, to)) {
        return None;
    }
    match (above, below) {
        (Place::Dev, _) => None,
        (_, Place::Dev) => Some("nothing published imports a development crate".into()),
        (Place::Beside(allowed), _) if allowed.contains(&to) => None,
        (Place::Beside(_), _) => Some(format!("`{from}` stands beside the layers")),
        (Place::Layer(0), _) => Some("layer 0 imports no crate of this workspace".into()),
        (Place::Layer(FACADE), Place::Beside(_)) => None,
        (Place::Layer(_), Place::Beside(_)) => Some(format!("`{to}` is for tests")),
        (Place::Layer(up), Place::Layer(down)) if up < down => {
            Some(format!("an edge upwards, from layer {up} to layer {down}"))
        }
        (Place::Layer(up), Place::Layer(down)) if up == down => {
            Some(format!("an edge sideways, within layer {up}"))
        }
        (Place::Layer(FACADE), _) => None,
        (Place::Layer(up), Place::Layer(BACKENDS)) => {
            Some(format!("layer {up} names a backend, which only the facade may"))
        }
        (Place::Layer(_), Place::Layer(_)) => None,
    }
}

fn place(name: &str) -> Option<Place> {
    TABLE.iter().find(|(listed, _)| *listed == name).map(|(_, place)| *place)
}
