//! Observers of a manager: once a crossing, in order, to those who asked.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{BudgetConfig, EventMask, MemoryEvent, MemoryObserver};

use super::{MIB, buffer, free, make};
use crate::support::{manager, strict};

struct Listener(EventMask, Mutex<Vec<String>>);

impl MemoryObserver for Listener {
    fn mask(&self) -> EventMask {
        self.0
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let text = match event {
            MemoryEvent::Allocated(parcel) => format!("+{}", parcel.bytes / MIB),
            MemoryEvent::Freed(parcel, _) => format!("-{}", parcel.reserved / MIB),
            MemoryEvent::Near(pressure) if pressure.heap.is_none() => "near".to_owned(),
            MemoryEvent::Over(pressure) if pressure.heap.is_none() => "over".to_owned(),
            MemoryEvent::Refused(error) => {
                format!(
                    "refused {:?}",
                    error.refusal().and_then(|refusal| refusal.label.as_deref())
                )
            }
            other => format!("{other:?}"),
        };
        self.1.lock().unwrap().push(text);
    }
}

fn listener(mask: EventMask) -> (Arc<Listener>, Arc<dyn MemoryObserver>) {
    let listener = Arc::new(Listener(mask, Mutex::default()));
    (listener.clone(), listener)
}

/// Behaviour 20: near and over are told of once a crossing; an account that trembles at a line is told of once.
#[test]
fn lines_are_told_of_once_a_crossing() {
    let config = BudgetConfig { device_memory_budget: 100 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let (heard, observer) = listener(EventMask::PRESSURE);
    manager.observe(&observer);
    let base = make(&manager, 74 * MIB);
    for _ in 0..3 {
        let trembling = make(&manager, 2 * MIB);
        free(&manager, trembling);
    }
    assert_eq!(*heard.1.lock().unwrap(), ["near"]);
    let big = make(&manager, 30 * MIB);
    assert_eq!(*heard.1.lock().unwrap(), ["near", "over"]);
    free(&manager, big);
    free(&manager, base);
    let again = make(&manager, 80 * MIB);
    assert_eq!(*heard.1.lock().unwrap(), ["near", "over", "near"], "after falling far enough");
    free(&manager, again);
}

/// Behaviours 16 and 17: allocations, frees and refusals arrive in their order, to those who asked for them.
#[test]
fn everything_is_told_in_order() {
    let (manager, _sim) = manager(strict(4 * MIB));
    let mask = EventMask::ALLOCATED | EventMask::FREED | EventMask::REFUSED;
    let (heard, observer) = listener(mask);
    manager.observe(&observer);
    let held = make(&manager, 2 * MIB);
    manager.allocate_buffer(&buffer(3 * MIB).label("third")).unwrap_err();
    free(&manager, held);
    assert_eq!(*heard.1.lock().unwrap(), ["+2", "refused Some(\"third\")", "-2"]);
}
