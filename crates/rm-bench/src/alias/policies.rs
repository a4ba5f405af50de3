//! What engines do with the transients of a frame, and what planners do.

use rm_alias::{Planner, Problem};

use super::frames::Frame;

/// The size of a heap of engines that take memory in chunks.
const HEAP: u64 = 128 << 20;

/// A way of giving memory to the transients of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Policy {
    /// Everything has memory of its own.
    None,
    /// What is described alike shares an object when its lifetimes are apart.
    Pool,
    /// Chunks of 128 MiB, the first place that is free, in order of time.
    Heaps,
    /// The first place that is free, in order of time.
    Time,
    /// The first place that is free, the largest first.
    Size,
    /// The first place that is free, those that live in the fullest section first, the largest of these first.
    Breadth,
    /// `rm-alias` with its default settings.
    Ours,
}

impl Policy {
    /// All of them, as tables have them.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Pool, Self::Heaps, Self::Time, Self::Size, Self::Breadth, Self::Ours];

    /// What tables call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no aliasing",
            Self::Pool => "exact-description pool",
            Self::Heaps => "128 MiB heaps, first fit in time order",
            Self::Time => "time-order first-fit",
            Self::Size => "size-ordered first-fit",
            Self::Breadth => "greedy by breadth",
            Self::Ours => "rm-alias",
        }
    }

    /// How many bytes the frame takes.
    ///
    /// # Panics
    ///
    /// The planner refuses the frame, which it never does.
    #[must_use]
    pub fn peak(self, frame: &Frame, problem: &Problem, planner: &mut Planner) -> u64 {
        let count = problem.items().len();
        let order = |key: &dyn Fn(usize) -> [u64; 2]| {
            let mut order: Vec<usize> = (0..count).collect();
            order.sort_by_key(|item| key(*item));
            order
        };
        let size = |item: usize| problem.items()[item].size;
        let start = |item: usize| u64::from(problem.lifetime(item)[0].start);
        match self {
            Self::None => (0..count).map(size).sum(),
            Self::Pool => pool(frame, problem, &order(&|item| [start(item), 0])),
            Self::Heaps => heaps(problem, &order(&|item| [start(item), 0])),
            Self::Time => first_fit(problem, &order(&|item| [start(item), 0])),
            Self::Size => first_fit(problem, &order(&|item| [u64::MAX - size(item), 0])),
            Self::Breadth => {
                let breadth = breadths(problem);
                let key = |item: usize| [u64::MAX - breadth[item], u64::MAX - size(item)];
                first_fit(problem, &order(&key))
            }
            Self::Ours => planner.plan(problem).map_or(u64::MAX, |plan| plan.peak()),
        }
    }
}

fn pool(frame: &Frame, problem: &Problem, order: &[usize]) -> u64 {
    let mut objects: Vec<(usize, Vec<usize>)> = Vec::new();
    for &item in order {
        let fits = |(first, users): &&mut (usize, Vec<usize>)| {
            let (a, b) = (&frame.transients[*first], &frame.transients[item]);
            a.description == b.description
                && a.item.size == b.item.size
                && users.iter().all(|user| !problem.overlap(*user, item))
        };
        match objects.iter_mut().find(fits) {
            Some((_, users)) => users.push(item),
            None => objects.push((item, vec![item])),
        }
    }
    objects.iter().map(|(first, _)| problem.items()[*first].size).sum()
}

fn heaps(problem: &Problem, order: &[usize]) -> u64 {
    let mut heaps: Vec<(u64, Vec<(u64, usize)>)> = Vec::new();
    for &item in order {
        let size = problem.items()[item].size;
        let place = heaps.iter_mut().find_map(|(capacity, laid)| {
            let offset = lowest(problem, laid, item);
            (offset + size <= *capacity).then_some((offset, laid))
        });
        match place {
            Some((offset, laid)) => insert(laid, offset, item),
            None => heaps.push((size.max(HEAP), vec![(0, item)])),
        }
    }
    heaps.iter().map(|(capacity, _)| capacity).sum()
}

fn first_fit(problem: &Problem, order: &[usize]) -> u64 {
    let mut laid = Vec::with_capacity(order.len());
    let mut peak = 0;
    for &item in order {
        let offset = lowest(problem, &laid, item);
        peak = peak.max(offset + problem.items()[item].size);
        insert(&mut laid, offset, item);
    }
    peak
}

/// The lowest free offset among items laid by offset.
fn lowest(problem: &Problem, laid: &[(u64, usize)], item: usize) -> u64 {
    let mine = &problem.items()[item];
    let mut offset: u64 = 0;
    for &(at, other) in laid {
        if offset + mine.size <= at {
            break;
        }
        let top = at + problem.items()[other].size;
        if top > offset && problem.overlap(item, other) {
            offset = top.next_multiple_of(mine.alignment);
        }
    }
    offset
}

fn insert(laid: &mut Vec<(u64, usize)>, offset: u64, item: usize) {
    laid.insert(laid.partition_point(|(at, _)| *at <= offset), (offset, item));
}

/// For each item the most bytes that live with it when something starts, on the first queue.
fn breadths(problem: &Problem) -> Vec<u64> {
    let items = problem.items();
    let spans: Vec<_> = (0..items.len()).map(|item| problem.lifetime(item)[0]).collect();
    let live = |time: u32| -> u64 {
        let there =
            spans.iter().zip(items).filter(|(span, _)| (span.start..span.end).contains(&time));
        there.map(|(_, item)| item.size).sum()
    };
    let totals: Vec<(u32, u64)> = spans.iter().map(|span| (span.start, live(span.start))).collect();
    let most = |span: &rm_alias::Span| {
        let within = totals.iter().filter(|(time, _)| (span.start..span.end).contains(time));
        within.map(|(_, total)| *total).max().unwrap_or(0)
    };
    spans.iter().map(most).collect()
}
