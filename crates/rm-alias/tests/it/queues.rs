//! Boxes against reachability in the graph of passes.

use proptest::{collection::vec, prelude::*};
use rm_alias::{Item, Problem, Queues};

/// Passes on queues with what they wait for, and items with the passes that use them.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    queues: usize,
    passes: Vec<(usize, Vec<usize>)>,
    items: Vec<(u64, Vec<usize>)>,
}

pub(crate) fn graphs() -> impl Strategy<Value = Graph> {
    let pass = (0_usize..3, vec(any::<prop::sample::Index>(), 0..3));
    let item = (1_u64..9, vec(any::<prop::sample::Index>(), 1..4));
    (1_usize..4, vec(pass, 1..16), vec(item, 1..12)).prop_map(|(queues, passes, items)| {
        let count = passes.len();
        let passes = passes.into_iter().enumerate().map(|(number, (queue, waits))| {
            let waits = if number == 0 { Vec::new() } else { waits };
            (queue % queues, waits.iter().map(|wait| wait.index(number)).collect())
        });
        let uses = |uses: &[prop::sample::Index]| uses.iter().map(|u| u.index(count)).collect();
        let items = items.iter().map(|(size, passes)| (*size, uses(passes))).collect();
        Graph { queues, passes: passes.collect(), items }
    })
}

impl Graph {
    fn queues(&self) -> Queues {
        let mut queues = Queues::new(self.queues);
        for (queue, waits) in &self.passes {
            queues.pass(*queue, waits);
        }
        queues
    }

    pub(crate) fn problem(&self) -> Problem {
        let queues = self.queues();
        let mut problem = Problem::of_queues(u32::try_from(self.queues).unwrap());
        for (size, uses) in &self.items {
            problem.push_box(Item::new(*size, 1), &queues.lifetime(uses));
        }
        problem
    }

    /// `first` is complete before `second` begins, by walking back from `second`.
    fn reaches(&self, first: usize, second: usize) -> bool {
        let mut open = vec![second];
        let mut seen = vec![false; self.passes.len()];
        while let Some(pass) = open.pop() {
            let (queue, waits) = &self.passes[pass];
            let before = (0..pass).rev().find(|other| self.passes[*other].0 == *queue);
            for next in before.iter().chain(waits) {
                if *next == first {
                    return true;
                }
                if !core::mem::replace(&mut seen[*next], true) {
                    open.push(*next);
                }
            }
        }
        false
    }

    /// All uses of one item happen before all uses of the other.
    pub(crate) fn ordered(&self, first: usize, second: usize) -> bool {
        let (first, second) = (&self.items[first].1, &self.items[second].1);
        first.iter().all(|a| second.iter().all(|b| self.reaches(*a, *b)))
    }

    /// One use comes after all others.
    fn ends_in_one(&self, item: usize) -> bool {
        let uses = &self.items[item].1;
        uses.iter().any(|last| uses.iter().all(|u| u == last || self.reaches(*u, *last)))
    }

    /// One use comes before all others.
    fn begins_in_one(&self, item: usize) -> bool {
        let uses = &self.items[item].1;
        uses.iter().any(|first| uses.iter().all(|u| u == first || self.reaches(*first, *u)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn boxes_are_apart_if_and_only_if_the_passes_are_ordered(graph in graphs()) {
        let problem = graph.problem();
        for first in 0..graph.items.len() {
            for second in 0..graph.items.len() {
                if first == second {
                    continue;
                }
                let ordered = graph.ordered(first, second) || graph.ordered(second, first);
                let apart = !problem.overlap(first, second);
                prop_assert!(ordered || !apart, "{} and {} could meet", first, second);
                // With several last uses of the one and several first uses of the other no queue need know.
                let clear = |a, b| graph.ends_in_one(a) || graph.begins_in_one(b);
                let known = (!graph.ordered(first, second) || clear(first, second))
                    && (!graph.ordered(second, first) || clear(second, first));
                prop_assert!(!(ordered && known) || apart, "{} and {} never meet", first, second);
            }
        }
    }

    #[test]
    fn clocks_are_reachability(graph in graphs()) {
        let queues = graph.queues();
        for first in 0..graph.passes.len() {
            for second in 0..graph.passes.len() {
                prop_assert_eq!(queues.happens_before(first, second), graph.reaches(first, second));
            }
        }
    }
}

#[test]
fn one_queue_is_a_line() {
    let mut queues = Queues::new(1);
    let passes: Vec<usize> = (0..4).map(|_| queues.pass(0, &[])).collect();
    let span = |uses: &[usize]| queues.lifetime(uses)[0];
    assert!(!span(&passes[0..2]).overlaps(span(&passes[2..4])), "one ends where the other begins");
    assert!(span(&passes[0..2]).overlaps(span(&passes[1..3])), "both are used by pass 1");
}
