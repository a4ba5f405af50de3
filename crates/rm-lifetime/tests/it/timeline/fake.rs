//! Fences and timeline semaphores that the test plays itself, on an otherwise simulated device.
//!
//! An object is leaked, so that its handle is its address for ever, and holds whoever touches it to the rules: what Vulkan
//! wants to itself is touched by nobody else meanwhile, and nothing in use is destroyed.

use std::{
    cell::Cell,
    ffi::{CStr, c_char},
    mem::transmute,
    ptr, slice,
    sync::{
        Arc, Condvar, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ash::vk::{self, Handle};
use rm_alloc_core::{DeviceContext, DeviceContextInfo, MemoryFeatures};
use rm_vksim::{Profile, SimDevice};

/// Rules that were broken by anybody; every test looks at the end.
static BROKEN: AtomicUsize = AtomicUsize::new(0);
static ORIGINAL: OnceLock<vk::PFN_vkGetDeviceProcAddr> = OnceLock::new();

thread_local! {
    /// What the next creation, reset or question of this thread answers instead.
    static FAIL: Cell<Option<vk::Result>> = const { Cell::new(None) };
    /// How many objects this thread has made, and how many it has destroyed.
    static MADE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// A fence, whose value is 1 when it is signalled, or a timeline semaphore.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    state: Mutex<State>,
    moved: Condvar,
    lookers: AtomicU32,
    alone: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    value: u64,
    /// Submitted and not yet signalled.
    pending: bool,
    lost: bool,
    destroyed: bool,
}

/// A context of `version` over commands of this module.
pub(crate) fn context(version: u32) -> Arc<DeviceContext> {
    MADE.set((0, 0));
    let sim = Arc::new(SimDevice::new(Profile::desktop_rebar()).unwrap());
    let instance = sim.instance();
    let mut v1_0 = instance.fp_v1_0().clone();
    ORIGINAL.get_or_init(|| v1_0.get_device_proc_addr);
    v1_0.get_device_proc_addr = get_device_proc_addr;
    let (v1_1, v1_3) = (instance.fp_v1_1().clone(), instance.fp_v1_3().clone());
    let instance = ash::Instance::from_parts_1_3(instance.handle(), v1_0, v1_1, v1_3);
    let device = sim.device();
    let mut v1_0 = device.fp_v1_0().clone();
    v1_0.create_fence = create_fence;
    v1_0.destroy_fence = destroy_fence;
    v1_0.reset_fences = reset_fences;
    v1_0.get_fence_status = get_fence_status;
    v1_0.wait_for_fences = wait_for_fences;
    v1_0.create_semaphore = create_semaphore;
    v1_0.destroy_semaphore = destroy_semaphore;
    let (v1_1, v1_2) = (device.fp_v1_1().clone(), device.fp_v1_2().clone());
    let v1_3 = device.fp_v1_3().clone();
    let device = ash::Device::from_parts_1_3(device.handle(), v1_0, v1_1, v1_2, v1_3);
    let info = DeviceContextInfo {
        instance: &instance,
        physical_device: sim.physical_device(),
        device: &device,
        api_version: version,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing is declared, and the context keeps the device alive.
    unsafe { DeviceContext::new(info) }.unwrap()
}

/// The object behind a handle.
pub(crate) fn fake(handle: impl Handle) -> &'static Fake {
    let address = usize::try_from(handle.as_raw()).unwrap();
    // SAFETY: every handle of these tests is the address of a leaked object.
    unsafe { &*ptr::with_exposed_provenance::<Fake>(address) }
}

/// Has the next creation, reset or question of this thread answer `code`.
pub(crate) fn fail_next(code: vk::Result) {
    FAIL.set(Some(code));
}

/// How many objects this thread has made, and how many of all it has destroyed, since its last context.
pub(crate) fn made_and_destroyed() -> (usize, usize) {
    MADE.get()
}

/// Fails if anybody has broken a rule.
pub(crate) fn assert_rules_kept() {
    assert_eq!(BROKEN.load(Ordering::Relaxed), 0, "see standard error");
}

impl Fake {
    /// Does what `vkQueueSubmit` does to a fence.
    pub(crate) fn enqueue(&self) {
        self.alone(|state| {
            rule(state.value == 0 && !state.pending, "submitted as it should be");
            state.pending = true;
        });
    }

    /// The device is done with a fence.
    pub(crate) fn signal(&self) {
        self.reach(1);
    }

    /// The device has reached a value of a semaphore.
    pub(crate) fn reach(&self, value: u64) {
        self.change(|state| (state.value, state.pending) = (value, false));
    }

    pub(crate) fn lose(&self) {
        self.change(|state| state.lost = true);
    }

    /// Whether somebody waits or asks right now.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.lookers.load(Ordering::SeqCst) > 0
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.moved.notify_all();
    }

    /// Changes what Vulkan wants the caller to have alone.
    fn alone(&self, change: impl FnOnce(&mut State)) {
        rule(!self.alone.swap(true, Ordering::SeqCst), "had by one thread alone");
        rule(!self.is_looked_at(), "changed while nobody looks");
        // Whoever breaks the rule gets a chance to.
        std::thread::yield_now();
        self.change(change);
        rule(!self.is_looked_at(), "changed while nobody looks");
        self.alone.store(false, Ordering::SeqCst);
    }

    /// Waits until it has reached `value`.
    fn wait(&self, value: u64, timeout: u64) -> vk::Result {
        if let Some(code) = FAIL.take() {
            return code;
        }
        self.lookers.fetch_add(1, Ordering::SeqCst);
        rule(!self.alone.load(Ordering::SeqCst), "looked at while nobody has it alone");
        let end = Instant::now().checked_add(Duration::from_nanos(timeout));
        let mut state = self.state.lock().unwrap();
        let answer = loop {
            rule(!state.destroyed, "alive");
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            match *state {
                State { lost: true, .. } => break vk::Result::ERROR_DEVICE_LOST,
                State { value: reached, .. } if reached >= value => break vk::Result::SUCCESS,
                _ if left.is_some_and(|left| left.is_zero()) => break vk::Result::TIMEOUT,
                _ => {}
            }
            let left = left.unwrap_or(Duration::MAX);
            state = self.moved.wait_timeout(state, left).unwrap().0;
        };
        drop(state);
        self.lookers.fetch_sub(1, Ordering::SeqCst);
        answer
    }

    fn destroy(&self) {
        MADE.set((MADE.get().0, MADE.get().1 + 1));
        self.alone(|state| {
            rule(!state.pending || state.lost, "not in use");
            rule(!state.destroyed, "destroyed once");
            state.destroyed = true;
        });
    }
}

/// A panic would have to cross a function of C.
#[expect(clippy::print_stderr, reason = "a failing test shows why")]
fn rule(kept: bool, rule: &str) {
    if !kept {
        BROKEN.fetch_add(1, Ordering::Relaxed);
        eprintln!("broken rule: {rule}");
    }
}

fn make(raw: impl FnOnce(u64)) -> vk::Result {
    if let Some(code) = FAIL.take() {
        return code;
    }
    MADE.set((MADE.get().0 + 1, MADE.get().1));
    let object: &Fake = Box::leak(Box::default());
    raw(ptr::from_ref(object).expose_provenance() as u64);
    vk::Result::SUCCESS
}

type Callbacks<'a> = *const vk::AllocationCallbacks<'a>;

unsafe extern "system" fn create_fence(
    _: vk::Device,
    _: *const vk::FenceCreateInfo<'_>,
    _: Callbacks<'_>,
    answer: *mut vk::Fence,
) -> vk::Result {
    // SAFETY: the command's contract.
    make(|raw| unsafe { answer.write(vk::Fence::from_raw(raw)) })
}

unsafe extern "system" fn destroy_fence(_: vk::Device, fence: vk::Fence, _: Callbacks<'_>) {
    fake(fence).destroy();
}

unsafe extern "system" fn reset_fences(
    _: vk::Device,
    count: u32,
    fences: *const vk::Fence,
) -> vk::Result {
    if let Some(code) = FAIL.take() {
        return code;
    }
    // SAFETY: the command's contract.
    for fence in unsafe { slice::from_raw_parts(fences, count as usize) } {
        fake(*fence).alone(|state| {
            rule(!state.pending, "reset when it is done");
            state.value = 0;
        });
    }
    vk::Result::SUCCESS
}

unsafe extern "system" fn get_fence_status(_: vk::Device, fence: vk::Fence) -> vk::Result {
    match fake(fence).wait(1, 0) {
        vk::Result::TIMEOUT => vk::Result::NOT_READY,
        answer => answer,
    }
}

unsafe extern "system" fn wait_for_fences(
    _: vk::Device,
    _: u32,
    fences: *const vk::Fence,
    _: vk::Bool32,
    timeout: u64,
) -> vk::Result {
    // SAFETY: the command's contract; we wait for one at a time.
    fake(unsafe { *fences }).wait(1, timeout)
}

unsafe extern "system" fn create_semaphore(
    _: vk::Device,
    _: *const vk::SemaphoreCreateInfo<'_>,
    _: Callbacks<'_>,
    answer: *mut vk::Semaphore,
) -> vk::Result {
    // SAFETY: the command's contract.
    make(|raw| unsafe { answer.write(vk::Semaphore::from_raw(raw)) })
}

unsafe extern "system" fn destroy_semaphore(_: vk::Device, it: vk::Semaphore, _: Callbacks<'_>) {
    fake(it).destroy();
}

unsafe extern "system" fn counter(
    _: vk::Device,
    it: vk::Semaphore,
    answer: *mut u64,
) -> vk::Result {
    let code = fake(it).wait(0, 0);
    if code == vk::Result::SUCCESS {
        let value = fake(it).state.lock().unwrap().value;
        // SAFETY: the command's contract.
        unsafe { answer.write(value) };
    }
    code
}

unsafe extern "system" fn wait_semaphores(
    _: vk::Device,
    info: *const vk::SemaphoreWaitInfo<'_>,
    timeout: u64,
) -> vk::Result {
    // SAFETY: the command's contract.
    let info = unsafe { &*info };
    // SAFETY: the command's contract; we wait for one at a time.
    let semaphore = unsafe { *info.p_semaphores };
    // SAFETY: as above.
    fake(semaphore).wait(unsafe { *info.p_values }, timeout)
}

/// Stands where nobody may call.
unsafe extern "system" fn forbidden(_: vk::Device, _: vk::Semaphore, _: *mut u64) -> vk::Result {
    rule(false, "core names are left alone before 1.2");
    vk::Result::ERROR_UNKNOWN
}

unsafe extern "system" fn get_device_proc_addr(
    device: vk::Device,
    name: *const c_char,
) -> vk::PFN_vkVoidFunction {
    let old = OLD.get();
    // SAFETY: the command's contract.
    let found = match unsafe { CStr::from_ptr(name) }.to_bytes() {
        b"vkGetSemaphoreCounterValue" if !old => counter as *const (),
        b"vkWaitSemaphores" if !old => wait_semaphores as *const (),
        b"vkGetSemaphoreCounterValueKHR" if old => counter as *const (),
        b"vkWaitSemaphoresKHR" if old => wait_semaphores as *const (),
        b"vkGetSemaphoreCounterValue" | b"vkWaitSemaphores" => forbidden as *const (),
        // SAFETY: the command's contract, which is the same.
        _ => return unsafe { ORIGINAL.get().unwrap()(device, name) },
    };
    // SAFETY: the address of a function, which Vulkan passes around without its type.
    Some(unsafe { transmute::<*const (), unsafe extern "system" fn()>(found) })
}

thread_local! {
    /// Whether this thread's devices have the extension instead of the core commands.
    static OLD: Cell<bool> = const { Cell::new(false) };
}

/// Gives devices of this thread the extension, and core commands that must not be called.
pub(crate) fn have_extension() {
    OLD.set(true);
}
