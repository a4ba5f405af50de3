//! Observers hear of blocks outside every lock, and cannot break anything.

use std::sync::{Arc, Mutex, Weak};

use rm_alloc_core::{BlockRequest, DeviceContext, EventMask, MemoryEvent, MemoryObserver};
use rm_headless::testing::with_device;

/// Writes down what it hears, and asks the context back each time.
struct Listener {
    mask: EventMask,
    context: Weak<DeviceContext>,
    heard: Mutex<Vec<String>>,
}

impl MemoryObserver for Listener {
    fn mask(&self) -> EventMask {
        self.mask
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let count = self.context.upgrade().map_or(0, |context| context.blocks().count);
        let text = match event {
            MemoryEvent::BlockAllocated(block) => format!("+{:?} of {count}", block.label),
            MemoryEvent::BlockFreed(block) => format!("-{:?} of {count}", block.label),
            other => format!("{other:?}"),
        };
        self.heard.lock().unwrap().push(text);
    }
}

fn listener(context: &Arc<DeviceContext>, mask: EventMask) -> Arc<Listener> {
    let context = Arc::downgrade(context);
    Arc::new(Listener { mask, context, heard: Mutex::default() })
}

/// Each block is told of once when it comes and once when it goes, to those who asked.
#[test]
fn blocks_are_told_of() {
    with_device(|_, context| {
        let all = listener(context, EventMask::all());
        let frees = listener(context, EventMask::BLOCK_FREED);
        for observer in [&all, &frees] {
            let observer: Arc<dyn MemoryObserver> = observer.clone();
            context.observe(&observer);
        }
        let named = context
            .allocate_memory(&BlockRequest { label: Some("named"), ..BlockRequest::new(64, 0) })
            .unwrap();
        let unnamed = context.allocate_memory(&BlockRequest::new(64, 0)).unwrap();
        drop((named, unnamed));
        let heard = all.heard.lock().unwrap();
        let story = ["+Some(\"named\") of 1", "+None of 2", "-Some(\"named\") of 1", "-None of 0"];
        assert_eq!(*heard, story);
        assert_eq!(*frees.heard.lock().unwrap(), story[2..], "it asked for frees alone");
    });
}

/// An observer is held weakly: one that is gone hears nothing and keeps nothing alive.
#[test]
fn observers_are_held_weakly() {
    with_device(|_, context| {
        let gone = listener(context, EventMask::all());
        let weak = Arc::downgrade(&gone);
        let observer: Arc<dyn MemoryObserver> = gone;
        context.observe(&observer);
        drop(observer);
        assert_eq!(weak.strong_count(), 0);
        drop(context.allocate_memory(&BlockRequest::new(64, 0)).unwrap());
    });
}

struct Panicking;

impl MemoryObserver for Panicking {
    fn event(&self, _: &MemoryEvent<'_>) {
        panic!("an observer of the test panics, as it should");
    }
}

/// A panicking observer hurts neither allocation nor free, nor the observers after it.
#[test]
fn a_panicking_observer_is_contained() {
    with_device(|_, context| {
        let calm = listener(context, EventMask::all());
        let observers: [Arc<dyn MemoryObserver>; 2] = [Arc::new(Panicking), calm.clone()];
        for observer in &observers {
            context.observe(observer);
        }
        let memory = context.allocate_memory(&BlockRequest::new(64, 0)).unwrap();
        drop(memory);
        assert_eq!(calm.heard.lock().unwrap().len(), 2);
        assert_eq!(context.blocks().count, 0);
    });
}
