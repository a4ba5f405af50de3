//! Behaviour 11: elements with states.

use rm_state::{ElementState, OutOfBounds, StatefulContainer};

fn filled(len: usize) -> StatefulContainer<usize> {
    let mut container = StatefulContainer::with_capacity(len);
    for value in 0..len {
        assert_eq!(container.push(value), value);
    }
    container
}

fn dirty(container: &StatefulContainer<usize>) -> Vec<usize> {
    container.dirty().map(|(index, _)| index).collect()
}

/// Behaviour 11: an element that was just added is dirty, also across the edge of a word.
#[test]
fn new_elements_are_dirty() {
    for len in [0, 1, 63, 64, 65, 200] {
        let container = filled(len);
        assert_eq!(container.count_dirty(), len);
        assert_eq!(container.any_dirty(), len != 0);
        assert_eq!(dirty(&container), (0..len).collect::<Vec<_>>());
    }
}

/// Behaviour 11: an element is in one state, and each mark moves it there from any other.
#[test]
fn marks_move_an_element_between_exclusive_states() {
    use ElementState as E;
    type C = StatefulContainer<usize>;
    type Mark = fn(&mut C, usize) -> Result<(), OutOfBounds>;
    type MarkAll = fn(&mut C);
    let marks: [(Mark, MarkAll, E); 4] = [
        (C::mark_dirty, C::mark_all_dirty, E::Dirty),
        (C::mark_ready, C::mark_all_ready, E::Ready),
        (C::mark_stale, C::mark_all_stale, E::Stale),
        (C::mark_invalid, C::mark_all_invalid, E::Invalid),
    ];
    for (_, mark_all, all) in marks {
        for (mark, _, one) in marks {
            let mut container = filled(70);
            mark_all(&mut container);
            mark(&mut container, 65).unwrap();
            for index in 0..70 {
                let expected = if index == 65 { one } else { all };
                assert_eq!(container.state(index), Some(expected));
            }
            let count = 69 * usize::from(all == E::Dirty) + usize::from(one == E::Dirty);
            assert_eq!(container.count_dirty(), count);
            assert_eq!(dirty(&container).len(), count);
        }
    }
}

/// Behaviour 11: only dirty elements are visited, in order, for reading and for writing.
#[test]
fn iteration_visits_the_dirty_elements_only() {
    let mut container = filled(300);
    container.mark_all_ready();
    let marked = [0, 1, 63, 64, 130, 299];
    for index in marked {
        container.mark_dirty(index).unwrap();
    }
    assert_eq!(dirty(&container), marked);
    for (index, value) in container.dirty_mut() {
        assert_eq!(*value, index);
        *value += 1000;
    }
    assert_eq!(dirty(&container), marked, "an edit in place leaves the states alone");
    for (index, &value) in container.iter().enumerate() {
        assert_eq!(value, if marked.contains(&index) { index + 1000 } else { index });
    }
}

/// Behaviour 11: a replaced element is dirty, one edited in place is what it was.
#[test]
fn replace_marks_dirty_and_get_mut_does_not() {
    let mut container = filled(3);
    container.mark_all_ready();
    *container.get_mut(0).unwrap() = 10;
    assert_eq!(container.replace(2, 12).unwrap(), 2);
    assert_eq!(dirty(&container), [2]);
    assert_eq!((container.get(0), container.get(2)), (Some(&10), Some(&12)));
}

/// Behaviour 11: the last element moves into the hole with its own state.
#[test]
fn swap_remove_moves_the_last_element_with_its_state() {
    let mut container = filled(65);
    container.mark_all_ready();
    container.mark_dirty(3).unwrap();
    container.mark_stale(64).unwrap();
    assert_eq!(container.swap_remove(3), Ok(3));
    assert_eq!((container.get(3), container.state(3)), (Some(&64), Some(ElementState::Stale)));
    assert_eq!((container.len(), container.any_dirty()), (64, false));

    container.mark_dirty(63).unwrap();
    assert_eq!(container.swap_remove(63), Ok(63));
    assert_eq!(container.count_dirty(), 0);
    assert_eq!(container.push(7), 63);
    assert_eq!(dirty(&container), [63]);
}

/// Behaviour 11: an index past the end is an answer, not a panic, and changes nothing.
#[test]
fn every_index_is_checked() {
    for index in [2, 63, 64, usize::MAX] {
        let mut container = filled(2);
        container.mark_all_ready();
        let refused = Err(OutOfBounds { index, len: 2, value: () });
        assert_eq!(container.mark_dirty(index), refused);
        assert_eq!(container.mark_ready(index), refused);
        assert_eq!(container.mark_stale(index), refused);
        assert_eq!(container.mark_invalid(index), refused);
        assert_eq!(container.swap_remove(index).map(drop), refused);
        let error = container.replace(index, 5).unwrap_err();
        assert_eq!(error.value, 5, "the value comes back");
        assert_eq!(
            error.to_string(),
            format!("index {index} is out of bounds, there are 2 elements")
        );
        assert!(container.get(index).is_none() && container.get_mut(index).is_none());
        assert_eq!(container.state(index), None);
        assert_eq!((container.len(), container.count_dirty()), (2, 0));
    }
}

/// Behaviour 11: a capacity is a wish, however large.
#[test]
fn an_impossible_capacity_is_no_panic() {
    let mut container = StatefulContainer::with_capacity(usize::MAX);
    assert_eq!(container.push(1_u64), 0);
}

/// Behaviour 11: after clearing, nothing of the old states is left.
#[test]
fn clear_forgets_elements_and_states() {
    let mut container = filled(100);
    container.clear();
    assert!(container.is_empty() && !container.any_dirty());
    assert_eq!(dirty(&container), []);
    container.push(5);
    assert_eq!((&container).into_iter().copied().collect::<Vec<_>>(), [5]);
}
