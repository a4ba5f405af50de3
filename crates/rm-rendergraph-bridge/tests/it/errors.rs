//! Wrong descriptions: each kind of mistake has its error, which names pass and resource.

use ash::vk::{
    AccessFlags2, BufferUsageFlags, Format, ImageCreateInfo, ImageLayout, ImageUsageFlags,
    PipelineStageFlags2, QueueFlags,
};
use rm_alloc_core::{BufferRequest, ImageRequest, Requirements};
use rm_rendergraph_bridge::{
    Access, FramePlanner, GraphDescription, GraphError, PassId, PlanSettings, QueueId, ResourceId,
};

/// A graph with a compute queue, one pass `draw` and a storage buffer `heap`.
struct Scene {
    graph: GraphDescription,
    queue: QueueId,
    pass: PassId,
    buffer: ResourceId,
}

const COMPUTE: PipelineStageFlags2 = PipelineStageFlags2::COMPUTE_SHADER;

impl Scene {
    fn new() -> Self {
        let mut graph = GraphDescription::new();
        let queue = graph.queue("async", QueueFlags::COMPUTE);
        let pass = graph.pass(queue, "draw");
        let request = BufferRequest::new(64, BufferUsageFlags::STORAGE_BUFFER).label("heap");
        let buffer = graph.buffer(&request);
        Self { graph, queue, pass, buffer }
    }

    fn access(mut self, access: Access) -> Self {
        self.graph.access(self.pass, self.buffer, access);
        self
    }

    fn image(&mut self) -> ResourceId {
        let usage = ImageUsageFlags::STORAGE | ImageUsageFlags::SAMPLED;
        self.graph.image(&ImageRequest::new_2d(Format::R32_UINT, 8, 8, usage).label("heap"))
    }

    /// The error of the check, which is that of planning; its message is one line and has these words.
    fn error(&self, words: &[&str]) -> GraphError {
        let error = self.graph.check().unwrap_err();
        let settings = PlanSettings::new(1);
        let planned = FramePlanner::new().plan(&self.graph, &[], &settings).unwrap_err();
        assert_eq!(planned, error);
        let message = error.to_string();
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message}");
        for word in words {
            assert!(message.contains(word), "{word} is not in: {message}");
        }
        error
    }
}

#[test]
fn an_access_that_no_stage_can_do() {
    let scene = Scene::new().access(Access::new(COMPUTE, AccessFlags2::TRANSFER_WRITE));
    let error = scene.error(&["`draw`", "`heap`", "TRANSFER_WRITE", "COMPUTE_SHADER"]);
    assert!(matches!(error, GraphError::AccessBeyondStages { .. }));
}

#[test]
fn an_access_that_the_usage_does_not_allow() {
    let scene = Scene::new().access(Access::COPY_TARGET_BUFFER);
    let error = scene.error(&["`draw`", "`heap`", "TRANSFER_WRITE"]);
    assert!(matches!(error, GraphError::AccessBeyondUsage { .. }));
}

#[test]
fn a_cycle_of_waits() {
    let mut scene = Scene::new();
    let other = scene.graph.queue("other", QueueFlags::COMPUTE);
    let far = scene.graph.pass(other, "far");
    let next = scene.graph.pass(scene.queue, "next");
    scene.graph.wait(scene.pass, far);
    scene.graph.wait(far, next);
    let GraphError::Cycle { pass, earlier } = scene.error(&["cycle"]) else { panic!() };
    let found = [(&*pass.label, &*earlier.label)];
    assert!(found == [("draw", "far")] || found == [("far", "next")], "{found:?} is a wait of it");
}

#[test]
fn a_pass_that_waits_for_itself_or_for_a_later_one_of_its_queue() {
    let mut scene = Scene::new();
    scene.graph.wait(scene.pass, scene.pass);
    let error = scene.error(&["`draw` waits for pass `draw`"]);
    assert!(matches!(error, GraphError::Cycle { .. }));
    let mut scene = Scene::new();
    let later = scene.graph.pass(scene.queue, "later");
    scene.graph.wait(scene.pass, later);
    let error = scene.error(&["`draw` waits for pass `later`"]);
    assert!(matches!(error, GraphError::Cycle { .. }));
}

#[test]
fn an_image_with_a_create_info_of_its_own() {
    let mut scene = Scene::new();
    let info = ImageCreateInfo::default().usage(ImageUsageFlags::STORAGE);
    // SAFETY: no image is created, and the create info points at nothing.
    let request = unsafe { ImageRequest::from_create_info(info) }.label("imported");
    scene.graph.image(&request);
    let error = scene.error(&["`imported`"]);
    assert!(matches!(error, GraphError::CreateInfo { .. }));
}

#[test]
fn an_image_in_two_layouts_at_once() {
    let mut scene = Scene::new();
    let image = scene.image();
    scene.graph.access(scene.pass, image, Access::storage_image_write(COMPUTE));
    scene.graph.access(scene.pass, image, Access::sampled(COMPUTE));
    let error = scene.error(&["`draw`", "`heap`", "GENERAL", "SHADER_READ_ONLY_OPTIMAL"]);
    assert!(matches!(error, GraphError::Layouts { .. }));
}

#[test]
fn an_access_without_stage_or_access() {
    let nothing = AccessFlags2::NONE;
    let top = PipelineStageFlags2::TOP_OF_PIPE;
    for access in [
        Access::new(PipelineStageFlags2::NONE, AccessFlags2::SHADER_WRITE),
        Access::new(COMPUTE, nothing),
        Access::new(top, AccessFlags2::SHADER_WRITE),
    ] {
        let error = Scene::new().access(access).error(&["`draw`", "`heap`"]);
        assert!(matches!(error, GraphError::NoAccess { .. }));
    }
}

#[test]
fn a_layout_that_the_resource_cannot_have() {
    let scene = Scene::new().access(Access::storage_write(COMPUTE).layout(ImageLayout::GENERAL));
    let error = scene.error(&["`draw`", "`heap`", "GENERAL", "no buffer has"]);
    assert!(matches!(error, GraphError::NoSuchLayout { is_image: false, .. }));
    for layout in [ImageLayout::UNDEFINED, ImageLayout::PREINITIALIZED] {
        let mut scene = Scene::new();
        let image = scene.image();
        scene.graph.access(scene.pass, image, Access::storage_write(COMPUTE).layout(layout));
        let error = scene.error(&["`draw`", "`heap`", "no image is used in"]);
        assert!(matches!(error, GraphError::NoSuchLayout { is_image: true, .. }));
    }
}

#[test]
fn a_pass_on_a_queue_that_cannot_do_it() {
    let scene = Scene::new().access(Access::storage_write(PipelineStageFlags2::FRAGMENT_SHADER));
    let error = scene.error(&["`draw`", "`heap`", "`async`", "FRAGMENT_SHADER"]);
    assert!(matches!(error, GraphError::QueueCannot { .. }));
    for (flags, access) in [
        (QueueFlags::TRANSFER, Access::storage_write(COMPUTE)),
        (QueueFlags::TRANSFER, Access::INDIRECT),
        (QueueFlags::SPARSE_BINDING, Access::COPY_TARGET_BUFFER),
        (
            QueueFlags::COMPUTE,
            Access::new(PipelineStageFlags2::ALL_GRAPHICS, AccessFlags2::SHADER_WRITE),
        ),
    ] {
        let mut scene = Scene::new();
        let queue = scene.graph.queue("narrow", flags);
        let pass = scene.graph.pass(queue, "lost");
        scene.graph.access(pass, scene.buffer, access);
        let error = scene.error(&["`lost`", "`heap`", "`narrow`"]);
        assert!(matches!(error, GraphError::QueueCannot { .. }), "{access:?}");
    }
}

#[test]
fn two_passes_that_nothing_orders() {
    let write = Access::storage_write(COMPUTE);
    let mut scene = Scene::new().access(write);
    let queue = scene.graph.queue("other", QueueFlags::COMPUTE);
    let pass = scene.graph.pass(queue, "rival");
    scene.graph.access(pass, scene.buffer, Access::storage_read(COMPUTE));
    let error = scene.error(&["`draw`", "`rival`", "`heap`"]);
    assert!(matches!(error, GraphError::Race { .. }));
    scene.graph.wait(pass, scene.pass);
    assert_eq!(scene.graph.check(), Ok(()), "a wait is all that it takes");
}

#[test]
fn two_reads_in_different_layouts_that_nothing_orders() {
    let mut scene = Scene::new();
    let image = scene.image();
    let queue = scene.graph.queue("other", QueueFlags::COMPUTE);
    let one = scene.graph.pass(scene.queue, "sampled");
    let other = scene.graph.pass(queue, "beside");
    scene.graph.wait(other, scene.pass);
    scene.graph.access(scene.pass, image, Access::storage_image_write(COMPUTE));
    scene.graph.access(one, image, Access::sampled(COMPUTE));
    let mut same = scene.graph.clone();
    same.access(other, image, Access::sampled(COMPUTE));
    assert_eq!(same.check(), Ok(()), "reads in one layout may go on at the same time");
    scene.graph.access(other, image, Access::storage_image_read(COMPUTE));
    let error = scene.error(&["`sampled`", "`beside`", "`heap`"]);
    assert!(matches!(error, GraphError::Race { .. }));
}

#[test]
fn a_read_of_what_nobody_wrote() {
    let mut scene = Scene::new().access(Access::storage_read(COMPUTE));
    let error = scene.error(&["`draw`", "`heap`", "persistent"]);
    assert!(matches!(error, GraphError::ReadBeforeWrite { .. }));
    scene.graph.persistent(scene.buffer);
    assert_eq!(scene.graph.check(), Ok(()), "its content is from the last frame");
}

#[test]
fn ids_of_another_graph() {
    let mut scene = Scene::new();
    let write = Access::storage_write(COMPUTE);
    let mut other = Scene::new();
    let strange_queue = other.graph.queue("strange", QueueFlags::COMPUTE);
    let strange_pass = other.graph.pass(strange_queue, "strange");
    let strange_buffer = other.graph.external_buffer("strange");

    scene.graph.access(scene.pass, strange_buffer, write);
    let error = scene.error(&["`draw`", "#1"]);
    assert!(matches!(error, GraphError::UnknownResource { .. }));

    let mut scene = Scene::new();
    scene.graph.access(strange_pass, scene.buffer, write);
    let error = scene.error(&["#1"]);
    assert!(matches!(error, GraphError::UnknownPass { .. }));

    for (pass, earlier) in [(strange_pass, scene.pass), (scene.pass, strange_pass)] {
        let mut scene = Scene::new();
        scene.graph.wait(pass, earlier);
        let error = scene.error(&["#1"]);
        assert!(matches!(error, GraphError::UnknownPass { .. }));
    }

    let mut scene = Scene::new();
    scene.graph.pass(strange_queue, "astray");
    let error = scene.error(&["`astray`", "#1"]);
    assert!(matches!(error, GraphError::UnknownQueue { .. }));
    scene.graph.persistent(strange_buffer);
}

#[test]
fn what_no_memory_can_hold() {
    let scene = Scene::new().access(Access::storage_write(COMPUTE));
    let plan = |needs: Requirements, most: u64| {
        let settings = PlanSettings { max_block: most, ..PlanSettings::new(1) };
        let error = FramePlanner::new().plan(&scene.graph, &[needs], &settings).unwrap_err();
        assert!(error.to_string().contains("`heap`"), "{error}");
        error
    };
    let error = plan(Requirements::new(4097, 1, 1), 4096);
    assert!(matches!(error, GraphError::TooLarge { size: 4097, limit: 4096, .. }));
    for needs in [
        Requirements::new(u64::MAX, 1, 1),
        Requirements::new(u64::MAX - 1, 1 << 63, 1),
        Requirements::new(1 << 62, 1, 1),
        Requirements::new(0, 1, 1),
        Requirements::new(64, 3, 1),
    ] {
        assert!(matches!(plan(needs, u64::MAX), GraphError::Plan { .. }), "{needs:?}");
    }
    let unknown = FramePlanner::new().plan(&scene.graph, &[], &PlanSettings::new(1)).unwrap_err();
    assert!(matches!(unknown, GraphError::Plan { .. }), "a resource without requirements");
}
