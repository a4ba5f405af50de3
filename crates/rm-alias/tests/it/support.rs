//! Problems for the tests.

use std::ops::Range;

use proptest::{collection::vec, prelude::*};
use rm_alias::{Item, Problem, Span, Tiling};

/// An item in numbers: size, log2 of the alignment, group, linear, spans.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) size: u64,
    pub(crate) align: u32,
    pub(crate) group: u32,
    pub(crate) linear: bool,
    pub(crate) spans: Vec<(u32, u32)>,
}

impl Draft {
    pub(crate) fn item(&self) -> Item {
        let tiling = if self.linear { Tiling::Linear } else { Tiling::Optimal };
        Item::new(self.size, 1 << self.align).group(self.group).tiling(tiling)
    }

    pub(crate) fn lifetime(&self) -> Vec<Span> {
        self.spans.iter().map(|(start, length)| Span::from(*start..start + length)).collect()
    }
}

/// What is drawn: how many items, groups and queues, and which pages and alignments.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) items: Range<usize>,
    pub(crate) groups: u32,
    pub(crate) queues: usize,
    pub(crate) aligns: u32,
    pub(crate) pages: u32,
    pub(crate) time: u32,
}

impl Shape {
    /// Items of one group and queue, without alignment or pages.
    pub(crate) fn plain(items: Range<usize>) -> Self {
        Self { items, groups: 1, queues: 1, aligns: 1, pages: 1, time: 8 }
    }

    /// Everything at once.
    pub(crate) fn rich(items: Range<usize>, queues: usize) -> Self {
        Self { items, groups: 2, queues, aligns: 4, pages: 4, time: 8 }
    }

    pub(crate) fn drafts(&self) -> impl Strategy<Value = (u64, Vec<Draft>)> + use<> {
        let span = (0..self.time, 1..self.time / 2 + 2);
        let spans = vec(span, self.queues);
        let item = (1_u64..9, 0..self.aligns, 0..self.groups, any::<bool>(), spans);
        let draft = item.prop_map(|(size, align, group, linear, spans)| Draft {
            size,
            align,
            group,
            linear,
            spans,
        });
        (0..self.pages).prop_map(|page| 1 << page).prop_flat_map({
            let items = vec(draft, self.items.clone());
            move |page| (Just(page), items.clone())
        })
    }

    pub(crate) fn problems(&self) -> impl Strategy<Value = Problem> + use<> {
        self.drafts().prop_map(|(page, drafts)| problem(page, &drafts))
    }
}

pub(crate) fn problem(page: u64, drafts: &[Draft]) -> Problem {
    let queues = drafts.first().map_or(1, |draft| draft.spans.len());
    let mut problem = Problem::of_queues(u32::try_from(queues).unwrap()).page(page);
    for draft in drafts {
        problem.push_box(draft.item(), &draft.lifetime());
    }
    problem
}

/// Two items may not share bytes.
pub(crate) fn conflict(problem: &Problem, first: usize, second: usize) -> bool {
    problem.items()[first].group == problem.items()[second].group && problem.overlap(first, second)
}

/// Two conflicting items keep apart at these offsets.
pub(crate) fn apart(problem: &Problem, first: (usize, u64), second: (usize, u64)) -> bool {
    let (low, high) = if first.1 <= second.1 { (first, second) } else { (second, first) };
    let (a, b) = (&problem.items()[low.0], &problem.items()[high.0]);
    let page = if a.tiling == b.tiling { 1 } else { problem.page };
    (low.1 + a.size).next_multiple_of(page) <= high.1
}

/// Every pair is looked at.
pub(crate) fn assert_valid(problem: &Problem, offsets: &[u64]) {
    for second in 0..offsets.len() {
        assert!(offsets[second].is_multiple_of(problem.items()[second].alignment));
        for first in 0..second {
            let fine = !conflict(problem, first, second)
                || apart(problem, (first, offsets[first]), (second, offsets[second]));
            assert!(fine, "items {first} and {second} collide at {offsets:?}");
        }
    }
}

/// The least peak of one group, by trying every order in which items can be pushed down.
pub(crate) fn least_peak(problem: &Problem) -> u64 {
    fn descend(problem: &Problem, placed: &mut Vec<(usize, u64)>, peak: u64, best: &mut u64) {
        let items = problem.items();
        if peak >= *best {
            return;
        }
        if placed.len() == items.len() {
            *best = peak;
            return;
        }
        for (index, item) in items.iter().enumerate() {
            if placed.iter().any(|(other, _)| *other == index) {
                continue;
            }
            let mut offset = 0;
            while let Some((other, at)) = placed.iter().find(|(other, at)| {
                conflict(problem, index, *other) && !apart(problem, (index, offset), (*other, *at))
            }) {
                let there = &items[*other];
                let page = if there.tiling == item.tiling { 1 } else { problem.page };
                let top = (at + there.size).next_multiple_of(page);
                offset = top.max(offset + 1).next_multiple_of(item.alignment);
            }
            placed.push((index, offset));
            descend(problem, placed, peak.max(offset + item.size), best);
            placed.pop();
        }
    }
    let mut best = u64::MAX;
    descend(problem, &mut Vec::new(), 0, &mut best);
    best
}
