//! Plans random problems for a long time and verifies every plan: `cargo xtask soak alias`, or `random_problems [--instances N] [--seed S]`.
//!
//! Each problem has its own mixture of sizes, alignments, pages, groups, queues, fixed and preferred offsets, budgets.
//! Every plan is verified, planned a second time for the same result, asked for its hand-overs, improved, and repaired after
//! a change. Ends with 1 at the first thing that is wrong, with the seed that shows it.
#![expect(clippy::print_stdout, reason = "a program that runs for long says how far it is")]

use std::{env, error::Error};

use rm_alias::{Budget, How, Item, Planner, Problem, Span, Tiling};

const INSTANCES: u64 = 1_000_000;

/// A splitmix64 generator (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn below_u32(&mut self, end: u32) -> u32 {
        u32::try_from(self.below(u64::from(end))).unwrap_or(0)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut instances, mut first) = (INSTANCES, 0);
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let number = words.next().ok_or("a number is missing")?.parse()?;
        match word.as_str() {
            "--instances" => instances = number,
            "--seed" => first = number,
            other => return Err(format!("there is no option `{other}`").into()),
        }
    }
    let mut planner = Planner::new();
    let (mut items, mut optimal) = (0, 0);
    for seed in first..first + instances {
        let (count, proven) =
            instance(&mut planner, seed).map_err(|error| format!("seed {seed}: {error}"))?;
        items += count;
        optimal += u64::from(proven);
        if (seed + 1 - first).is_multiple_of(100_000) {
            println!("{} instances", seed + 1 - first);
        }
    }
    println!("{instances} instances, {items} items, {optimal} proven optimal, all verified");
    Ok(())
}

/// Plans one problem in every way; says how many items it had, and whether the plan is proven optimal.
fn instance(planner: &mut Planner, seed: u64) -> Result<(u64, bool), Box<dyn Error>> {
    let mut random = Random(seed);
    let mut problem = problem(&mut random);
    let mut plan = planner.plan(&problem)?;
    plan.verify(&problem)?;
    if rm_alias::plan(&problem)? != plan {
        return Err("a second plan differs".into());
    }
    for hand_over in plan.hand_overs(&problem, seed.is_multiple_of(2))? {
        if problem.overlap(hand_over.before, hand_over.after) && !hand_over.wraps {
            return Err(format!("{hand_over:?} while both live").into());
        }
    }
    let proven = plan.proof().is_optimal();
    let peak = plan.peak();
    planner.improve(&problem, &mut plan, random.below(100))?;
    plan.verify(&problem)?;
    if plan.peak() > peak {
        return Err("improving made it worse".into());
    }
    planner.replan(&problem)?.plan.verify(&problem)?;
    let items = problem.items().len();
    let index = usize::try_from(random.below(items as u64))?;
    let old = problem.items()[index];
    problem.replace(index, Item { size: 1 + random.below(2 * old.size), ..old });
    // A fixed item that grew may collide with another one.
    if let Ok(next) = planner.replan(&problem) {
        next.plan.verify(&problem)?;
        if next.how == How::Repaired && next.moved > items {
            return Err("more moved than there are".into());
        }
    }
    Ok((items as u64, proven))
}

fn problem(random: &mut Random) -> Problem {
    let queues = 1 + random.below_u32(6).saturating_sub(3);
    let most_items = [8, 30, 60][usize::try_from(random.below(3)).unwrap_or(0)];
    let items = 1 + random.below(most_items);
    let (groups, aligns) = (1 + random.below_u32(3), 1 + random.below(9));
    let (time, longest) = (2 + random.below_u32(60), 1 + random.below_u32(30));
    let most = 1 << random.below(20);
    let (wishes, fixed) = (random.below(4) == 0, random.below(8) == 0);
    let mut problem = Problem::of_queues(queues)
        .page(1 << random.below(8).saturating_sub(3))
        .budget(Budget::Nodes(random.below(400)))
        .seed(random.next());
    for number in 0..items {
        let mut item = Item::new(1 + random.below(most), 1 << random.below(aligns));
        item.group = random.below_u32(groups);
        item.tiling = if random.below(3) == 0 { Tiling::Linear } else { Tiling::Optimal };
        let wish = random.below(4 * most).next_multiple_of(item.alignment);
        if wishes && random.below(3) == 0 {
            item = item.preferred(wish);
        } else if fixed && number == 0 {
            // One a problem, since two might collide.
            item = item.fixed(wish);
        }
        let span = |random: &mut Random| {
            let start = random.below_u32(time);
            Span::from(start..start + 1 + random.below_u32(longest))
        };
        let lifetime: Vec<Span> = (0..queues).map(|_| span(random)).collect();
        problem.push_box(item, &lifetime);
    }
    problem
}
