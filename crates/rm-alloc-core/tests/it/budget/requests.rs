//! What a request says arrives through a manager, and what no request may say stays out: simulated and on the present driver.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags, SampleCountFlags};
use rm_alloc_core::{
    BudgetConfig, Category, DeviceBudgetManager, DeviceContext, ErrorKind, EventMask, ImageRequest,
    MemoryBlockRequest, MemoryEvent, MemoryFeatures, MemoryLocation, MemoryObserver, Priority, Tag,
};
use rm_headless::testing::with_device;
use rm_vksim::Profile;

use super::{
    MIB, buffer, make,
    real::{free, free_image, over},
};
use crate::support::{manager, simulated};

/// Runs `body` on a context of every simulated device, then on the present one.
fn on_each_device(body: impl Fn(&Arc<DeviceContext>)) {
    for name in Profile::names() {
        let (context, sim) = simulated(Profile::builtin(name).unwrap());
        body(&context);
        drop(context);
        sim.verdict().unwrap();
    }
    with_device(|_, context| body(context));
}

/// Behaviour 15: every field of a buffer's request arrives.
#[test]
fn buffers_are_what_was_asked_for() {
    on_each_device(|context| {
        let manager = over(context, BudgetConfig::default());
        let addressed = context.features().contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS);
        let locations = [
            (MemoryLocation::DeviceLocal, false),
            (MemoryLocation::HostVisible, true),
            (MemoryLocation::HostCached, true),
        ];
        for (location, mapped) in locations {
            let request = buffer(1000)
                .location(location)
                .dedicated()
                .min_alignment(4096)
                .queue_families(&[0])
                .priority(Priority::High)
                .category(Category::Transient)
                .tag(Tag(3))
                .label("every field");
            let request = if addressed { request.device_address() } else { request };
            let made = manager.allocate_buffer(&request).unwrap();
            assert_eq!((made.size(), made.mapped().is_some()), (1000, mapped), "{location:?}");
            assert!(made.memory_offset().is_multiple_of(4096) && made.memory().is_none());
            assert_eq!(made.device_address().is_some(), addressed);
            let report = manager.allocator().report();
            assert!(report.blocks[0].dedicated, "{location:?}");
            assert_eq!(report.blocks[0].ranges[0].label.as_deref(), Some("every field"));
            let figures = manager.category_figures(Category::Transient);
            assert_eq!((figures.count, manager.tag_figures(Tag(3))), (1, figures));
            free(&manager, made);
        }
        let shared = manager.allocate_buffer(&buffer(64).aliasable()).unwrap();
        assert!(shared.memory().is_some() && !shared.is_aliased());
        free(&manager, shared);
    });
}

/// Behaviours 15 and 19: every field of an image's request arrives, and each costs what it costs.
#[test]
fn images_are_what_was_asked_for() {
    on_each_device(|context| {
        let manager = over(context, BudgetConfig::default());
        let usage = ImageUsageFlags::COLOR_ATTACHMENT;
        let plain = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 256, 256, usage)
            .category(Category::Transient)
            .tag(Tag(4))
            .label("picture");
        let shapes = [
            plain.clone(),
            plain.clone().full_mip_chain().priority(Priority::Low),
            plain.clone().array_layers(3).dedicated(),
            plain.clone().samples(SampleCountFlags::TYPE_4).aliasable(),
        ];
        let mut least = 0;
        for shape in &shapes {
            let needs = manager.image_requirements(shape).unwrap();
            let made = manager.allocate_image(shape).unwrap();
            assert_eq!((made.size(), manager.tag_figures(Tag(4)).used()), (needs.size, needs.size));
            assert!(made.size() > least, "{shape:?}");
            assert_eq!(made.memory().is_some(), shape.aliasable);
            let report = manager.allocator().report();
            let wished = needs.prefers_dedicated && !shape.aliasable;
            assert_eq!(report.blocks[0].dedicated, shape.dedicated || wished, "{shape:?}");
            assert_eq!(report.blocks[0].ranges[0].label.as_deref(), Some("picture"));
            least = 256 * 256 * 4;
            free_image(&manager, made);
        }
    });
}

/// Behaviour 31: what breaks a rule is refused with a type, changes nothing, and no rule of the device is broken.
#[test]
fn broken_requests_change_nothing() {
    on_each_device(|context| {
        let manager = over(context, BudgetConfig::default());
        let before = manager.stats();
        let usage = ImageUsageFlags::SAMPLED;
        let image = |width| ImageRequest::new_2d(Format::R8G8B8A8_UNORM, width, 4, usage);
        let mut useless = image(4);
        useless.usage = ImageUsageFlags::empty();
        let of = |usage| rm_alloc_core::BufferRequest { usage, ..buffer(64) };
        let invalid = [
            manager.allocate_buffer(&buffer(0)).unwrap_err(),
            manager.allocate_buffer(&of(BufferUsageFlags::empty())).unwrap_err(),
            manager.allocate_buffer(&of(BufferUsageFlags::from_raw(1 << 30))).unwrap_err(),
            manager.allocate_buffer(&buffer(64).min_alignment(3)).unwrap_err(),
            manager.allocate_buffer(&buffer(64).queue_families(&[0, 99])).unwrap_err(),
            manager.allocate_buffer(&buffer(64).queue_families(&[0, 0])).unwrap_err(),
            manager.allocate_image(&image(0)).unwrap_err(),
            manager.allocate_image(&image(4).mip_levels(9)).unwrap_err(),
            manager.allocate_image(&useless).unwrap_err(),
            manager.allocate_memory(&MemoryBlockRequest::new(0, 1)).unwrap_err(),
        ];
        for error in invalid {
            assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
        }
        let both = manager.allocate_buffer(&buffer(64).dedicated().aliasable()).unwrap_err();
        assert!(matches!(both.kind(), ErrorKind::Unsupported(_)), "{both}");
        let huge = manager.allocate_buffer(&buffer(u64::MAX)).unwrap_err();
        assert_eq!(huge.kind(), ErrorKind::TooLarge);
        assert_eq!((manager.stats(), context.blocks().made), (before, 0));
    });
}

/// Hears of leaks, by label.
#[derive(Default)]
struct Leaks(std::sync::Mutex<Vec<String>>);

impl MemoryObserver for Leaks {
    fn mask(&self) -> EventMask {
        EventMask::LEAKED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let MemoryEvent::Leaked(block) = event else { panic!("{event:?} was not asked for") };
        self.0.lock().unwrap().push(block.label.unwrap_or("-").to_owned());
    }
}

/// Behaviour 32: what was dropped instead of freed is told of by label when the last handle goes, once, and nothing panics.
#[test]
fn leaks_are_told_of_when_the_last_handle_goes() {
    let (manager, sim) = manager(BudgetConfig::default());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    manager.context().observe(&observer);
    let kept = make(&manager, MIB);
    drop(manager.allocate_buffer(&buffer(MIB).label("forgotten")).unwrap());
    assert_eq!(manager.stats().used, 2 * MIB, "leaked bytes stay charged");
    let other: DeviceBudgetManager = manager.clone();
    drop(manager);
    assert!(leaks.0.lock().unwrap().is_empty(), "a handle is left");
    free(&other, kept);
    drop(other);
    assert_eq!(*leaks.0.lock().unwrap(), ["forgotten"]);
    // The leak keeps the simulated device for ever; its verdict is taken here.
    assert!(sim.verdict().is_err());
}
