//! Plans and problems survive being written and read.

use rm_alias::{Item, Plan, PlanError, Problem, plan};

#[test]
fn a_plan_and_its_problem_come_back_as_they_were() {
    let mut problem = Problem::new().page(64).capacity(1 << 20);
    problem.push(Item::new(100, 4).preferred(8), 0..3);
    problem.push(Item::new(50, 1).fixed(200), 1..2);
    let plan = plan(&problem).unwrap();
    let text = serde_json::to_string(&(&problem, &plan)).unwrap();
    let (problem_again, plan_again): (Problem, Plan) = serde_json::from_str(&text).unwrap();
    assert_eq!((problem_again, plan_again), (problem, plan));
}

#[test]
fn a_tampered_problem_is_refused_and_a_tampered_plan_caught() {
    let mut problem = Problem::new();
    problem.push(Item::new(100, 4), 0..3);
    problem.push(Item::new(100, 4), 0..3);
    let text = serde_json::to_string(&problem).unwrap();
    let broken: Problem = serde_json::from_str(&text.replace("[1,2]", "[1,9]")).unwrap();
    assert!(matches!(plan(&broken), Err(PlanError::Queues { .. })));
    assert!(broken.lifetime(1).is_empty());
    let good = plan(&problem).unwrap();
    let text = serde_json::to_string(&good).unwrap();
    let bad: Plan = serde_json::from_str(&text.replace("100", "0")).unwrap();
    assert!(bad.verify(&problem).is_err());
}
