//! What the description orders, found by walking: no clocks, no sorting.

use rm_rendergraph_bridge::{GraphDescription, PassId};

/// For each pass, all that run before it.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    before: Vec<Vec<bool>>,
}

impl Reach {
    pub(crate) fn new(graph: &GraphDescription) -> Self {
        let walk = |last: PassId| {
            let mut seen = vec![false; graph.pass_count()];
            let mut open = vec![last];
            while let Some(pass) = open.pop() {
                let same = |it: &PassId| graph.queue_of(*it) == graph.queue_of(pass) && *it < pass;
                let waits = graph.waits().iter().filter(|(waiting, _)| *waiting == pass);
                for earlier in graph.passes().filter(same).chain(waits.map(|(_, on)| *on)) {
                    if !std::mem::replace(&mut seen[earlier.index()], true) {
                        open.push(earlier);
                    }
                }
            }
            seen
        };
        Self { before: graph.passes().map(walk).collect() }
    }

    /// `first` is complete before `second` begins.
    pub(crate) fn orders(&self, first: PassId, second: PassId) -> bool {
        self.before[second.index()][first.index()]
    }

    /// All passes one after the other; of those that may come next, the one added last.
    pub(crate) fn in_a_row(&self, graph: &GraphDescription) -> Vec<PassId> {
        let mut left: Vec<PassId> = graph.passes().collect();
        let mut row = Vec::new();
        while !left.is_empty() {
            let free = |it: &PassId| !left.iter().any(|other| self.orders(*other, *it));
            let next = left.iter().rposition(free).unwrap();
            row.push(left.remove(next));
        }
        row
    }
}
