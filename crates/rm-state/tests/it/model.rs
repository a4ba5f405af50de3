//! Random operations against models that are too simple to be wrong.

use proptest::{collection::vec, prelude::*};
use rm_state::{ElementState, ResourceState, Rm, StateError, StatefulContainer};

/// One call on an `Rm`.
#[derive(Clone, Copy, Debug)]
enum Call {
    Edit(u32),
    Lock,
    MarkFailed,
    MarkOutdated,
    MarkPending,
    MarkReady,
    MarkStale,
    MarkTransient,
    Set(u32),
    Take,
    Touch,
    Unlock,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        3 => any::<u32>().prop_map(Call::Set),
        1 => any::<u32>().prop_map(Call::Edit),
        8 => proptest::sample::select(vec![
            Call::Lock,
            Call::MarkFailed,
            Call::MarkOutdated,
            Call::MarkPending,
            Call::MarkReady,
            Call::MarkStale,
            Call::MarkTransient,
            Call::Take,
            Call::Touch,
        ]),
        // Most sequences would otherwise end with a resource that stays locked.
        2 => Just(Call::Unlock),
    ];
    vec(call, 0..60)
}

/// An `Rm` with a field for everything.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    value: Option<u32>,
    generation: u64,
    ready: bool,
    outdated: bool,
    locked: bool,
    stale: bool,
    pending: bool,
    failed: bool,
    transient: bool,
}

impl Model {
    fn state(&self) -> ResourceState {
        let flags = [
            (self.ready, ResourceState::READY),
            (self.outdated, ResourceState::OUTDATED),
            (self.locked, ResourceState::LOCKED),
            (self.stale, ResourceState::STALE),
            (self.pending, ResourceState::PENDING),
            (self.failed, ResourceState::FAILED),
            (self.transient, ResourceState::TRANSIENT),
        ];
        flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect()
    }

    fn error(&self, call: Call) -> Option<StateError> {
        let never_refused = matches!(call, Call::Lock | Call::Unlock | Call::Take);
        let works_empty = matches!(
            call,
            Call::Set(_) | Call::MarkFailed | Call::MarkPending | Call::MarkTransient
        );
        if never_refused {
            None
        } else if self.locked {
            Some(StateError::Locked)
        } else if self.value.is_none() && !works_empty {
            Some(StateError::Empty)
        } else if matches!(call, Call::Edit(_)) && !self.ready {
            Some(StateError::NotReady { state: self.state() })
        } else {
            None
        }
    }

    /// Does `call` and returns the value it hands back.
    fn apply(&mut self, call: Call) -> Result<Option<u32>, StateError> {
        if let Some(error) = self.error(call) {
            return Err(error);
        }
        let mut old = None;
        match call {
            Call::Edit(value) => self.value = Some(value),
            Call::Lock => self.locked = true,
            Call::MarkFailed => (self.failed, self.pending, self.ready) = (true, false, false),
            Call::MarkOutdated => (self.outdated, self.ready) = (true, false),
            Call::MarkPending => (self.pending, self.failed, self.ready) = (true, false, false),
            Call::MarkReady => {
                self.ready = true;
                (self.outdated, self.stale) = (false, false);
                (self.pending, self.failed) = (false, false);
            }
            Call::MarkStale => (self.stale, self.ready) = (true, false),
            Call::MarkTransient => self.transient = true,
            Call::Set(value) => {
                old = self.value.replace(value);
                let (generation, transient) = (self.generation + 1, self.transient);
                let value = self.value;
                *self = Self { value, generation, transient, ready: true, ..Self::default() };
            }
            Call::Take => {
                old = self.value;
                let generation = self.generation + u64::from(old.is_some());
                *self = Self { generation, ..Self::default() };
            }
            Call::Touch => self.generation += 1,
            Call::Unlock => self.locked = false,
        }
        Ok(old)
    }
}

fn apply(rm: &mut Rm<u32>, call: Call) -> Result<Option<u32>, StateError> {
    let done = match call {
        Call::Edit(value) => rm.value_mut().map(|slot| *slot = value),
        Call::Lock => {
            rm.lock();
            Ok(())
        }
        Call::MarkFailed => rm.mark_failed(),
        Call::MarkOutdated => rm.mark_outdated(),
        Call::MarkPending => rm.mark_pending(),
        Call::MarkReady => rm.mark_ready(),
        Call::MarkStale => rm.mark_stale(),
        Call::MarkTransient => rm.mark_transient(),
        Call::Set(value) => return rm.set(value).map_err(|_| StateError::Locked),
        Call::Take => return Ok(rm.take()),
        Call::Touch => rm.touch(),
        Call::Unlock => {
            rm.unlock();
            Ok(())
        }
    };
    done.map(|()| None)
}

/// One call on a `StatefulContainer`; indices may lie past the end.
#[derive(Clone, Copy, Debug)]
enum Step {
    Clear,
    Mark(usize, ElementState),
    MarkAll(ElementState),
    Push(u32),
    Replace(usize, u32),
    SwapRemove(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let state = proptest::sample::select(vec![
        ElementState::Dirty,
        ElementState::Invalid,
        ElementState::Ready,
        ElementState::Stale,
    ]);
    let index = 0..150_usize;
    let step = prop_oneof![
        40 => any::<u32>().prop_map(Step::Push),
        20 => (index.clone(), state.clone()).prop_map(|(index, state)| Step::Mark(index, state)),
        8 => index.clone().prop_map(Step::SwapRemove),
        8 => (index, any::<u32>()).prop_map(|(index, value)| Step::Replace(index, value)),
        3 => state.prop_map(Step::MarkAll),
        1 => Just(Step::Clear),
    ];
    vec(step, 0..300)
}

/// Does `step` to both and says whether both agreed on the outcome.
fn agree(
    container: &mut StatefulContainer<u32>,
    model: &mut Vec<(u32, ElementState)>,
    step: Step,
) -> bool {
    match step {
        Step::Clear => {
            model.clear();
            container.clear();
            true
        }
        Step::Mark(index, state) => {
            let marked = match state {
                ElementState::Dirty => container.mark_dirty(index),
                ElementState::Invalid => container.mark_invalid(index),
                ElementState::Ready => container.mark_ready(index),
                ElementState::Stale => container.mark_stale(index),
            };
            let slot = model.get_mut(index);
            marked.is_ok() == slot.map(|slot| slot.1 = state).is_some()
        }
        Step::MarkAll(state) => {
            model.iter_mut().for_each(|slot| slot.1 = state);
            match state {
                ElementState::Dirty => container.mark_all_dirty(),
                ElementState::Invalid => container.mark_all_invalid(),
                ElementState::Ready => container.mark_all_ready(),
                ElementState::Stale => container.mark_all_stale(),
            }
            true
        }
        Step::Push(value) => {
            model.push((value, ElementState::Dirty));
            container.push(value) == model.len() - 1
        }
        Step::Replace(index, value) => {
            let new = (value, ElementState::Dirty);
            let old = model.get_mut(index).map(|slot| std::mem::replace(slot, new).0);
            container.replace(index, value).map_err(|error| error.value) == old.ok_or(value)
        }
        Step::SwapRemove(index) => {
            let old = (index < model.len()).then(|| model.swap_remove(index).0);
            container.swap_remove(index).ok() == old
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Behaviours 2 to 9: after any calls, everything that can be asked has the answer of the model.
    #[test]
    fn an_rm_does_what_its_model_does(calls in calls()) {
        let (mut rm, mut model) = (Rm::new(), Model::default());
        for call in calls {
            prop_assert_eq!(apply(&mut rm, call), model.apply(call));
            prop_assert_eq!(rm.state(), model.state());
            prop_assert_eq!(rm.generation(), model.generation);
            prop_assert_eq!(rm.stale_value(), model.value.as_ref());
            let usable = model.value.as_ref().filter(|_| model.ready);
            prop_assert_eq!(rm.is_ready(), usable.is_some());
            prop_assert_eq!(rm.get(), usable);
            prop_assert_eq!(rm.value().ok(), usable);
        }
    }

    /// Behaviour 11: after any steps, values, states, the count and the dirty walk are those of the model.
    #[test]
    fn a_container_does_what_its_model_does(steps in steps()) {
        let (mut container, mut model) = (StatefulContainer::new(), Vec::new());
        for step in steps {
            prop_assert!(agree(&mut container, &mut model, step), "outcomes of {step:?} differ");
            let dirty: Vec<(usize, u32)> = (0..)
                .zip(&model)
                .filter(|(_, slot)| slot.1 == ElementState::Dirty)
                .map(|(index, slot)| (index, slot.0))
                .collect();
            prop_assert_eq!(container.count_dirty(), dirty.len());
            let found = container.dirty_mut().map(|(index, value)| (index, *value));
            prop_assert_eq!(found.collect::<Vec<_>>(), dirty.clone());
            let found = container.dirty().map(|(index, value)| (index, *value));
            prop_assert_eq!(found.collect::<Vec<_>>(), dirty);
            let all = container.iter().copied().zip((0..).map_while(|index| container.state(index)));
            prop_assert_eq!(all.collect::<Vec<_>>(), model.clone());
            prop_assert_eq!(container.len(), model.len());
        }
    }
}
