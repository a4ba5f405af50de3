//! What fails on a tight heap is counted exactly.

use ash::vk;
use rm_bench::{BACKENDS, Level, Results, Scale, Tight, TraceKind, Venue};

const STREAMING: TraceKind = TraceKind::Streaming;

fn play(percents: &[u64], seeds: &[u64]) -> Results {
    let tight = Tight {
        scale: Scale::Quick,
        seeds: seeds.to_vec(),
        percents: percents.to_vec(),
        levels: Level::ALL.to_vec(),
        contestants: ["direct", "vma", "vk-mem"].map(str::to_owned).to_vec(),
        backends: BACKENDS,
    };
    tight.play(|_| ()).unwrap()
}

#[test]
fn a_venue_with_less_memory_says_so_in_heap_budget_and_limits() {
    let whole = Venue::open("sim:h200").unwrap();
    let bytes = 512 << 20;
    let stage = whole.with_heap(bytes).unwrap().stage().unwrap();
    let context = stage.context();
    let heap = context.heap_of(stage.memory_type());
    assert_eq!(context.memory_properties().memory_heaps[heap as usize].size, bytes);
    assert_eq!(context.limits().max_allocation_size, bytes);
    let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
    let mut table = vk::PhysicalDeviceMemoryProperties2::default().push_next(&mut budget);
    let (instance, physical_device) = (context.instance(), context.physical_device());
    // SAFETY: both are live, and the chain is valid.
    unsafe { instance.get_physical_device_memory_properties2(physical_device, &mut table) };
    assert_eq!(budget.heap_budget[heap as usize], bytes);
}

#[test]
fn one_object_each_wastes_nothing_and_fails_only_where_the_heap_is_too_small() {
    let results = play(&[100, 50], &[1]);
    for level in Level::ALL {
        for who in ["direct", "direct+manager"] {
            let name = format!("{level}/{STREAMING}/{who}");
            assert_eq!(results.value(&format!("{name}/failures/100")), Some(0.0), "{name}");
            assert_eq!(results.value(&format!("{name}/failed_bytes/100")), Some(0.0), "{name}");
            let failed = results.value(&format!("{name}/failures/50")).unwrap();
            let requests = results.value(&format!("{level}/{STREAMING}/requests")).unwrap();
            assert!(failed > 0.0 && failed < requests, "{failed} of {requests}: it goes on");
            assert!(results.value(&format!("{name}/failed_bytes/50")).unwrap() > 0.0, "{name}");
            assert!(!results.notes[&format!("{name}/50")].is_empty(), "with the reason");
        }
    }
}

#[test]
fn failures_repeat_and_those_of_seeds_add_up() {
    let both = play(&[110], &[1, 2]);
    assert_eq!(both.metrics, play(&[110], &[1, 2]).metrics);
    let [first, second] = [play(&[110], &[1]), play(&[110], &[2])];
    for (name, (sum, _)) in &both.metrics {
        let parts = first.value(name).unwrap() + second.value(name).unwrap();
        assert_eq!(parts, *sum, "{name}");
    }
    let failed = both.value("memory/t3-streaming/vk-mem/failures/110");
    assert!(failed.is_some_and(|failed| failed > 0.0), "blocks do not fit: {failed:?}");
}
