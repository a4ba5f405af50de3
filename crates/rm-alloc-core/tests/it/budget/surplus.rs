//! A backend that grants more than was asked for.

use std::sync::{Arc, Mutex};

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{
    BudgetLimit, Category, DeviceBudgetManager, ErrorKind, FreedParcel, ImageRequest,
    MemoryAllocator, MemoryBlockRequest, ParcelKind, Tag,
};
use rm_vksim::{Call, Profile};

use super::{MIB, buffer, free};
use crate::support::{Layer, Moment, simulated, strict};

const GRAIN: u64 = 64 << 10;

/// Behaviour 16: what is charged is what was granted, what is committed is what was needed, and both come back.
#[test]
fn the_surplus_is_charged() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let parcels = Arc::new(Mutex::new(Vec::new()));
    let heard = parcels.clone();
    let layer = Layer::new(&context, GRAIN, move |moment| {
        if let Moment::Parcel(parcel) = moment {
            heard.lock().unwrap().push(parcel);
        }
        0
    });
    let manager = DeviceBudgetManager::new(layer, strict(3 * GRAIN)).unwrap();
    let limit = Arc::new(BudgetLimit::bytes(3 * GRAIN));
    manager.set_policy(Some(limit.clone()));
    let made = manager.allocate_buffer(&buffer(1024).tag(Tag(1))).unwrap();
    let usage = ImageUsageFlags::SAMPLED;
    let image = ImageRequest::new_2d(Format::R8_UNORM, 16, 16, usage);
    let image = manager.allocate_image(&image).unwrap();
    let block = manager.allocate_memory(&MemoryBlockRequest::new(100, u32::MAX)).unwrap();
    let needed = 1024 + image.size() + 100;
    let device = manager.device_figures();
    assert_eq!((device.reserved, device.committed, device.count), (3 * GRAIN, needed, 3));
    assert_eq!((device.pending, device.available()), (0, 0), "exactly full");
    assert_eq!((made.size(), block.size()), (1024, GRAIN), "a block is as large as it was granted");
    assert_eq!(manager.tag_figures(Tag(1)).committed, 1024);
    assert_eq!(manager.category_figures(Category::Image).reserved, GRAIN);
    assert_eq!(limit.allocated_bytes(), 3 * GRAIN, "the policy counts what was granted");

    let size = image.size();
    free(&manager, made);
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_image(image) };
    drop(block);
    let parcel = |committed, kind| FreedParcel { reserved: GRAIN, committed, kind };
    let expected = [
        parcel(1024, ParcelKind::Buffer),
        parcel(size, ParcelKind::Image),
        parcel(100, ParcelKind::Raw),
    ];
    assert_eq!(*parcels.lock().unwrap(), expected);
    let left = manager.device_figures();
    assert_eq!((left.reserved, left.committed, left.pending, left.count), (0, 0, 0, 0));
    assert_eq!((left.peak, limit.allocated_bytes()), (3 * GRAIN, 0));
    drop((manager, context));
    sim.verdict().unwrap();
}

/// Behaviour 17: a surplus without room is refused, the memory goes back before its room does, and the figures are exact.
#[test]
fn a_refused_surplus_gives_memory_back_before_its_room() {
    let by_budget = (strict(GRAIN + 1024), None);
    let by_policy = (strict(MIB), Some(Arc::new(BudgetLimit::bytes(GRAIN + 1024))));
    for (config, policy) in [by_budget, by_policy] {
        let (context, sim) = simulated(Profile::desktop_rebar());
        let watched = Arc::new(Mutex::new(None::<DeviceBudgetManager>));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (manager_of, notes) = (watched.clone(), seen.clone());
        let layer = Layer::new(&context, GRAIN, move |moment| {
            let manager = manager_of.lock().unwrap().clone();
            let pending = manager.map_or(0, |manager| manager.device_figures().pending);
            notes.lock().unwrap().push((moment, pending));
            0
        });
        let manager = DeviceBudgetManager::new(layer.clone(), config).unwrap();
        *watched.lock().unwrap() = Some(manager.clone());
        manager.set_policy(policy.clone().map(|policy| policy as _));
        let held = manager.allocate_buffer(&buffer(GRAIN)).unwrap();
        let before = manager.stats();
        seen.lock().unwrap().clear();
        let error = manager.allocate_buffer(&buffer(1024).label("fits alone")).unwrap_err();
        let ErrorKind::OverBudget { requested, available, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!((requested, available), (GRAIN, 1024), "what was granted has no room");
        let freed: Vec<_> = seen.lock().unwrap().clone();
        assert!(!freed.is_empty(), "the backend was asked");
        for (moment, pending) in &freed {
            assert_eq!(*pending, 1024, "{moment:?}: what was admitted stays set aside");
        }
        assert_eq!(freed.len() % 2, 0, "all that was taken went back: {freed:?}");
        assert_eq!(manager.stats(), before, "nothing has changed");
        assert_eq!(layer.stats().total().used_bytes, GRAIN);
        assert_eq!(sim.counts().of(Call::CreateBuffer), sim.counts().of(Call::DestroyBuffer) + 1);
        if let Some(policy) = policy {
            assert_eq!(policy.allocated_bytes(), GRAIN);
        }
        // Its room is free again: what needs no surplus is let in where the budget has room.
        manager.set_policy(None);
        manager.set_device_budget(2 * GRAIN);
        let second = manager.allocate_buffer(&buffer(1024)).unwrap();
        free(&manager, second);
        free(&manager, held);
        *watched.lock().unwrap() = None;
        drop((manager, layer, context));
        sim.verdict().unwrap();
    }
}
