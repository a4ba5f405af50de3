//! Handles: BEHAVIOURS 43, views, and what was recorded of their use.

use std::{sync::Barrier, thread};

use ash::vk::{self, BufferUsageFlags, Format, Handle, ImageUsageFlags};
use rm_alloc_core::{ErrorKind, ImageRequest};
use rm_lifetime::{
    BufferRange, Owned, OwnedObject, Point, Resource, RetireAt, Shared, SharedResourceFactory,
};

use rm_vksim::Call;

use crate::support::{ALL, Bed, KIB, at, request, strict};

fn factory(bed: &Bed) -> SharedResourceFactory {
    SharedResourceFactory::new(&bed.manager, &bed.queue)
}

fn image() -> ImageRequest<'static> {
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, ImageUsageFlags::SAMPLED)
}

/// Clone +1, drop −1; the last drop retires, once, and nobody frees before the device is done.
#[test]
fn the_last_owner_retires() {
    let bed = Bed::new(1);
    let buffer = factory(&bed).create_buffer(&request(KIB)).unwrap();
    bed.sim.mark_in_use(buffer.raw());
    assert!(buffer.is_unique());
    let other = buffer.clone();
    assert_eq!((buffer.use_count(), other.use_count()), (2, 2));
    assert!(!buffer.is_unique());
    let another = factory(&bed).create_buffer(&request(KIB)).unwrap();
    assert!(buffer.is_same(&other) && !buffer.is_same(&another));
    another.into_owned().unwrap().retire(at(&[]));
    assert_eq!(bed.drain(), 1);
    drop(buffer);
    assert!(other.is_unique());
    assert_eq!(bed.queue.statistics().queued, 1);
    let raw = other.raw();
    drop(other);
    assert_eq!(bed.queue.statistics().queued, 2);
    assert_eq!(bed.drain(), 0, "not before its time");
    bed.sim.release_use(raw);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 1);
    assert_eq!((bed.charged(), bed.sim.leaks()), ((0, 0), vec![]));
}

/// A weak handle keeps nothing alive, and finds the resource while somebody else does.
#[test]
fn weak_handles_keep_nothing_alive() {
    let bed = Bed::new(1);
    let image = factory(&bed).create_image(&image()).unwrap();
    let weak = image.downgrade();
    let found = weak.upgrade().unwrap();
    assert!(found.is_same(&image));
    drop(image);
    assert!(weak.clone().upgrade().is_some());
    drop(found);
    assert!(weak.upgrade().is_none());
    assert_eq!(bed.queue.statistics().queued, 1);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 1);
}

/// Whoever drops last, on whichever thread: the resource retires exactly once.
#[test]
fn any_thread_may_be_the_last() {
    const ROUNDS: u64 = 200;
    let bed = Bed::new(1);
    let factory = factory(&bed);
    let barrier = Barrier::new(4);
    for _ in 0..ROUNDS {
        let buffer = factory.create_buffer(&request(KIB)).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                let (mine, barrier) = (buffer.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    drop(mine.clone());
                    drop(mine);
                });
            }
            drop(buffer);
        });
    }
    assert_eq!(bed.queue.statistics().queued, ROUNDS);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), ROUNDS);
    assert_eq!(bed.charged(), (0, 0));
}

/// Recorded uses make it die earlier: at the last of them on each timeline, and not at what is upcoming.
#[test]
fn recorded_uses_decide_when_it_dies() {
    let bed = Bed::new(2);
    let buffer = factory(&bed).create_buffer(&request(KIB)).unwrap();
    let (first, second) = (bed.timelines[0].0, bed.timelines[1].0);
    let at = [(first, 3), (second, 1), (first, 2)];
    for (timeline, value) in at {
        // SAFETY: no device uses it.
        unsafe { buffer.used(Point { timeline, value }) };
    }
    for _ in 0..9 {
        bed.submit(0);
        bed.submit(1);
    }
    drop(buffer);
    bed.complete(0, 3);
    assert_eq!(bed.drain(), 0);
    bed.complete(1, 1);
    assert_eq!(bed.drain(), 1, "long before what is upcoming");
}

/// Uses on more timelines than there is room for wait for everything.
#[test]
fn uses_on_many_timelines_wait_for_everything() {
    let bed = Bed::new(6);
    let mut buffer = factory(&bed).own_buffer(&request(KIB)).unwrap();
    for (timeline, _) in &bed.timelines {
        // SAFETY: no device uses it.
        unsafe { buffer.used(Point { timeline: *timeline, value: 1 }) };
    }
    drop(buffer);
    for index in 0..6 {
        assert_eq!(bed.drain(), 0, "timeline {index}");
        bed.complete(index, 1);
    }
    assert_eq!(bed.drain(), 1);
}

/// One owner: it can write, be shared, be retired by hand, and be taken back.
#[test]
fn one_owner_may_share_retire_and_take_back() {
    let bed = Bed::new(1);
    let factory = factory(&bed);
    let host = request(KIB).location(rm_alloc_core::MemoryLocation::HostVisible);
    let mut owned = factory.own_buffer(&host).unwrap();
    owned.write(8, &[1, 2, 3]).unwrap();
    assert!(owned.write(KIB, &[1]).is_err(), "beyond its end");
    let shared = owned.share();
    let other = shared.clone();
    let shared = shared.into_owned().unwrap_err();
    drop(other);
    let owned = shared.into_owned().unwrap();
    owned.retire(RetireAt::Now);
    assert_eq!(bed.queue.statistics().queued, 1);

    let bare = factory.own_buffer(&host).unwrap().into_inner();
    assert_eq!(bed.queue.statistics().queued, 1, "nothing retires");
    // SAFETY: no device uses it.
    unsafe { bed.manager.free_buffer(bare) };
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 1);
    assert_eq!(bed.charged(), (0, 0));
}

/// Arbitrary objects have handles too, and are destroyed by their own command.
#[test]
fn objects_have_handles_too() {
    let bed = Bed::new(1);
    let destroy = bed.sim.device().fp_v1_0().destroy_buffer;
    let (shared, kept) = (bed.object(), bed.object());
    // SAFETY: made by this device, and nobody else destroys them.
    let shared = unsafe { factory(&bed).adopt_object(shared, destroy) };
    // SAFETY: as above.
    let kept = unsafe { OwnedObject::adopt_raw(kept, destroy, &bed.retirer) }.into_raw();
    let other = shared.clone();
    drop(shared);
    drop(other);
    assert_eq!(bed.queue.statistics().queued, 1);
    bed.complete(0, 1);
    assert_eq!((bed.drain(), bed.sim.leaks().len()), (1, 1));
    // SAFETY: taken back, and not in use.
    unsafe { bed.sim.device().destroy_buffer(kept, None) };
    // SAFETY: null is nothing.
    drop(unsafe { OwnedObject::adopt_raw(vk::Buffer::null(), destroy, &bed.retirer) });
    assert_eq!(bed.drain(), 0);
}

/// A view keeps its host alive, retires before it, and is charged with nothing.
#[test]
fn a_view_keeps_its_host_alive_and_goes_first() {
    let bed = Bed::new(1);
    let factory = factory(&bed);
    let host = factory.create_buffer(&request(KIB)).unwrap();
    let charged = bed.charged();
    // An object of its own stands in for the view, which the simulated device does not have.
    let destroy = bed.sim.device().fp_v1_0().destroy_buffer;
    // SAFETY: made by this device, and nobody else destroys it.
    let view = unsafe { rm_lifetime::View::adopt_raw(bed.object(), destroy, &host) };
    assert_eq!(bed.charged(), charged, "nothing to pay");
    let other = view.clone();
    assert_eq!((view.use_count(), view.host().use_count()), (2, 3));
    let weak = host.downgrade();
    drop(host);
    drop(view);
    assert!(weak.upgrade().is_some(), "the other view holds it");
    let order = [other.raw().as_raw(), other.host().raw().as_raw()];
    bed.sim.start_journal();
    // SAFETY: no device uses them.
    unsafe { other.used(Point { timeline: bed.timelines[0].0, value: 0 }) };
    drop(other);
    assert!(weak.upgrade().is_none());
    assert_eq!(bed.drain(), 2, "recorded for both");
    let journal = bed.sim.stop_journal();
    let buffers = journal.iter().filter(|entry| entry.call == Call::DestroyBuffer);
    assert_eq!(buffers.map(|entry| entry.object).collect::<Vec<_>>(), order, "the view first");
    assert_eq!(bed.charged(), (0, 0));
}

/// A range of a buffer keeps it alive, and never leaves it.
#[test]
fn a_range_keeps_its_buffer_alive() {
    let bed = Bed::new(1);
    let host = factory(&bed).create_buffer(&request(KIB)).unwrap();
    for (offset, size) in [(0, KIB + 1), (KIB, 1), (u64::MAX, 2)] {
        assert!(BufferRange::new(&host, offset, size).is_none(), "{offset} {size}");
    }
    let range = BufferRange::new(&host, 256, 512).unwrap();
    assert_eq!((range.offset(), range.size(), range.device_address()), (256, 512, None));
    drop(host);
    assert!(range.host().is_unique());
    drop(range);
    let usage = BufferUsageFlags::STORAGE_BUFFER | BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    let host = factory(&bed).create_buffer(&rm_alloc_core::BufferRequest::new(KIB, usage)).unwrap();
    let address = host.device_address().unwrap();
    let range = BufferRange::new(&host, 256, 512).unwrap();
    assert_eq!(range.device_address(), Some(address + 256));
    drop((host, range));
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 2);
}

/// An allocation that is refused leaves nothing behind, and the error names the label.
#[test]
fn a_refusal_changes_nothing_and_names_the_label() {
    let bed = Bed::with(1, strict(KIB));
    let wish = request(64 * KIB).label("height map");
    let error = factory(&bed).create_buffer(&wish).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error:?}");
    assert!(error.to_string().contains("height map"), "{error}");
    assert_eq!((bed.charged(), bed.queue.statistics().queued), ((0, 0), 0));
    assert_eq!(bed.sim.leaks(), []);
}

/// Aliases and the memory under them retire like everything else, and the bytes go with the last of them.
#[test]
fn aliases_retire_and_the_bytes_go_with_the_last() {
    let bed = Bed::new(1);
    let factory = factory(&bed);
    let usage = BufferUsageFlags::STORAGE_BUFFER;
    let source = rm_alloc_core::BufferRequest::new(64 * KIB, usage).aliasable();
    let source = factory.create_buffer(&source).unwrap();
    let memory = source.memory().unwrap().clone();
    let bytes = memory.size();
    bed.sim.allow_alias(memory.raw(), 0..bytes);
    let alias =
        rm_alloc_core::AliasedBufferRequest { memory: &memory, offset: 0, buffer: request(KIB) };
    let alias: Shared<_> = factory.create_aliased_buffer(&alias).unwrap();
    bed.retirer.retire_block(memory, RetireAt::Now);
    drop(source);
    assert_eq!(bed.charged().1, 0, "the alias wants the bytes");
    bed.complete(0, 1);
    let first = bed.queue.drain(ALL);
    assert_eq!((first.entries, first.bytes), (2, 0), "nothing comes back yet");
    assert!(bed.charged().0 >= 64 * KIB);
    drop(alias);
    assert!(bed.charged().1 >= 64 * KIB);
    let last = bed.queue.drain(ALL);
    assert_eq!((last.entries, last.bytes), (1, bytes), "all of it, with the last holder");
    assert_eq!((bed.charged(), bed.sim.leaks()), ((0, 0), vec![]));
}

/// A block of memory has an owner like everything else, and its bytes wait with it.
#[test]
fn a_block_of_memory_can_be_owned() {
    let bed = Bed::new(1);
    let request = rm_alloc_core::MemoryBlockRequest::new(64 * KIB, u32::MAX);
    let block = Owned::adopt(bed.manager.allocate_memory(&request).unwrap(), &bed.retirer);
    assert_eq!(Resource::bytes(&*block), block.size());
    let charged = bed.charged().0;
    assert!(charged >= 64 * KIB);
    drop(block);
    assert_eq!((bed.charged(), bed.drain()), ((charged, charged), 0));
    bed.complete(0, 1);
    assert_eq!((bed.drain(), bed.charged()), (1, (0, 0)));
}

/// What a log shows of a handle: the resource, and how many hold it.
#[test]
fn handles_show_what_they_hold() {
    let bed = Bed::new(1);
    let destroy = bed.sim.device().fp_v1_0().destroy_buffer;
    // SAFETY: made by this device, and nobody else destroys it.
    let shared = unsafe { factory(&bed).adopt_object(bed.object(), destroy) };
    let (other, weak) = (shared.clone(), shared.downgrade());
    let shown = format!("{shared:?} {weak:?}");
    let raw = format!("{:?}", other.raw());
    assert!(shown.contains(&raw) && shown.contains("owners: 2"), "{shown}");
    assert_eq!(Resource::bytes(&*other), 0, "objects are charged with nothing");
    drop((shared, other));
    assert!(format!("{weak:?}").contains("owners: 0"));
    bed.complete(0, 1);
    bed.drain();
}
