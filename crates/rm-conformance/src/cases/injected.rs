//! A script of two hundred driver calls, run once for each of them with that one failing.

mod script;

use std::sync::Arc;

use ash::vk;

pub(super) use self::script::Script;
use super::decorators::Forwarding;
use crate::{Environment, Outcome, Stage};

/// Whatever call fails, and with whatever code: the step that made it changes nothing, later ones succeed, nothing leaks.
pub fn a_failure_at_any_call_leaves_nothing(environment: &Environment) -> Outcome {
    fail_each_call(environment, |stage| stage, 1)
}

/// The same behind a decorator, at every seventh call.
pub fn a_failure_through_a_decorator_leaves_nothing(environment: &Environment) -> Outcome {
    let decorate = |stage: Stage| stage.decorated(|below| Arc::new(Forwarding::new(below)));
    fail_each_call(environment, decorate, 7)
}

/// The calls of the script that a backend without blocks of its own makes at least.
const CALLS: u64 = 200;

fn fail_each_call(
    environment: &Environment,
    decorate: impl Fn(Stage) -> Stage,
    step: usize,
) -> Outcome {
    let stage = decorate(environment.stage()?);
    let calls = stage.sim()?.fallible_calls();
    let script = Script::new(&stage);
    assert_eq!(script.run(&stage), 0, "without a fault nothing fails");
    let calls = stage.sim()?.fallible_calls() - calls;
    let shares = stage.has(rm_alloc_core::AllocatorCapabilities::SUBALLOCATES);
    assert!(shares || calls >= CALLS, "the script makes {calls} calls");
    stage.finish();

    let codes = [
        vk::Result::ERROR_OUT_OF_DEVICE_MEMORY,
        vk::Result::ERROR_OUT_OF_HOST_MEMORY,
        vk::Result::ERROR_UNKNOWN,
    ];
    for (nth, code) in (1..=calls).zip(codes.into_iter().cycle()).step_by(step) {
        let stage = decorate(environment.stage()?);
        stage.sim()?.fail_call_number(nth, code);
        let failed = script.run(&stage);
        assert!(failed <= 1, "call {nth} failed once, {failed} steps failed");
        assert_eq!(stage.sim()?.pending_faults(), 0, "call {nth} was never made");
        stage.finish();
    }
    Ok(())
}
