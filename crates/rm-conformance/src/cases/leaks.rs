//! Behaviour 32: what is still out when the backend goes is reported once, by label, and nothing panics.

use std::sync::{Arc, Mutex, PoisonError};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, EventMask, MemoryEvent, MemoryObserver, MemoryRequest,
    TilingClass,
};

use crate::{Environment, Outcome, Stage};

/// Leaks as allocator, label and size.
#[derive(Debug, Default)]
struct Leaks(Mutex<Vec<(String, Option<String>, u64)>>);

impl Leaks {
    /// What was heard since the last question, by label.
    fn take(&self) -> Vec<(String, Option<String>, u64)> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heard = std::mem::take(&mut *heard);
        heard.sort();
        heard
    }
}

impl MemoryObserver for Leaks {
    fn mask(&self) -> EventMask {
        EventMask::LEAKED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        if let MemoryEvent::Leaked(block) = event {
            let leak = (block.allocator.to_owned(), block.label.map(str::to_owned), block.size);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(leak);
        }
    }
}

fn listen(stage: &Stage) -> Arc<Leaks> {
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    stage.context().observe(&observer);
    leaks
}

/// Each allocation that is still out is told of once, with its label, when the backend goes, and not again.
pub fn leaks_are_reported_by_label_once(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.sim()?;
    stage.needs(AllocatorCapabilities::REPORT)?;
    let leaks = listen(&stage);
    let name = stage.allocator().name().to_owned();
    let request = MemoryRequest::new(4096, 1, 0, TilingClass::Linear);
    let named = stage.take(&request.clone().label("shadow map"));
    let nameless = stage.take(&request);
    let freed = stage.take(&request.label("freed in time"));
    stage.free(freed);
    let (allocator, context, sim) = stage.into_parts();
    assert_eq!(leaks.take(), [], "nothing leaks while the backend lives");
    drop(allocator);
    let heard = leaks.take();
    let leak = |allocation: &Allocation, label: Option<&str>| {
        (name.clone(), label.map(str::to_owned), allocation.size())
    };
    assert_eq!(heard, [leak(&nameless, None), leak(&named, Some("shadow map"))]);
    drop(context);
    assert_eq!(leaks.take(), [], "and not again");
    forgive(sim);
    Ok(())
}

/// A backend that is dropped with nothing out reports nothing.
pub fn nothing_left_is_no_leak(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let leaks = listen(&stage);
    let request = MemoryRequest::new(4096, 1, 0, TilingClass::Linear).label("freed");
    let held: Vec<_> = (0..5).map(|_| stage.take(&request)).collect();
    held.into_iter().for_each(|allocation| stage.free(allocation));
    stage.finish();
    assert_eq!(leaks.take(), []);
    Ok(())
}

/// A live allocation keeps its device, so that what safe code leaks is never memory of a device that is gone.
pub fn a_leak_never_outlives_its_device(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    stage.sim()?;
    // Somebody listens, so that the leak is not written to the standard error.
    let _leaks = listen(&stage);
    let lost = stage.take(&MemoryRequest::new(64, 1, 0, TilingClass::Linear).label("forgotten"));
    let (allocator, context, sim) = stage.into_parts();
    let alive = Arc::downgrade(&context);
    drop((allocator, context));
    assert!(alive.strong_count() > 0, "the device was let go under {lost:?}");
    forgive(sim);
    Ok(())
}

/// Takes the verdict on a device that was leaked on purpose, so that its end is quiet.
fn forgive(sim: Option<Arc<rm_vksim::SimDevice>>) {
    match sim.map(|sim| sim.verdict()) {
        None => {}
        Some(Ok(())) => panic!("memory went back that is still in use"),
        Some(Err(verdict)) => {
            assert!(verdict.violations.is_empty(), "a leak is all that is wrong: {verdict}");
            assert!(!verdict.leaks.is_empty(), "the leak is seen");
        }
    }
}
