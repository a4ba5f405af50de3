//! Behaviour 9: counting changes.

use rm_state::{Rm, StateError};

/// Behaviour 9: zero means that there was never a value, and nothing else moves it.
#[test]
fn the_generation_is_zero_only_while_no_value_was_ever_set() {
    let mut rm = Rm::new();
    rm.mark_pending().unwrap();
    rm.mark_failed().unwrap();
    assert_eq!((rm.take(), rm.reset()), (None, None));
    assert_eq!(rm.touch(), Err(StateError::Empty));
    assert_eq!(rm.generation(), 0);

    assert_eq!(rm.set(1).unwrap(), None);
    assert_eq!(rm.generation(), 1);
    assert_eq!(Rm::with(1).generation(), 1);
}

/// Behaviour 9: taking a value away is a change, taking nothing away is none.
#[test]
fn set_take_reset_and_touch_bump_once_each() {
    let mut rm = Rm::with(1);
    assert_eq!(rm.set(2).unwrap(), Some(1));
    assert_eq!(rm.generation(), 2);
    rm.touch().unwrap();
    assert_eq!(rm.generation(), 3);
    assert_eq!(rm.take(), Some(2));
    assert_eq!(rm.generation(), 4);
    assert_eq!(rm.take(), None);
    assert_eq!(rm.generation(), 4);
    assert_eq!(rm.set(3).unwrap(), None);
    assert_eq!(rm.reset(), Some(3));
    assert_eq!(rm.generation(), 6);
}

/// Behaviour 9: reading, locking and marking are no reason to rebuild; each change is one.
#[test]
fn a_cached_generation_rebuilds_exactly_once_a_change() {
    let mut shader = Rm::new();
    let mut cached = 0;
    let mut rebuilds = 0;
    let mut look = |shader: &Rm<u32>| {
        if shader.generation() != cached {
            cached = shader.generation();
            rebuilds += 1;
        }
        rebuilds
    };
    assert_eq!(look(&shader), 0);
    for change in 1..=3 {
        assert!(shader.set(change).is_ok());
        assert_eq!(look(&shader), change);
        shader.mark_outdated().unwrap();
        shader.mark_ready().unwrap();
        shader.lock();
        shader.unlock();
        *shader.value_mut().unwrap() += 1;
        assert_eq!(look(&shader), change, "nobody said that the edit matters");
    }
    shader.touch().unwrap();
    assert_eq!((look(&shader), look(&shader)), (4, 4));
}
