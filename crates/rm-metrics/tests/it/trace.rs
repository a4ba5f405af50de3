//! Traces are what the public description of the trace-event format says, and say what the snapshots say.

use rm_alloc_core::{BudgetConfig, Category};
use rm_metrics::{MetricsCollector, MetricsConfig, TraceWriter, category_name};
use serde_json::Value as Json;

use crate::support::{KIB, MIB, free, make, manager, request};

/// Checks the structure of a trace in the object form of the format.
///
/// Every event has a name, a phase and a process; complete events have a start and a duration, counters numbers as
/// arguments, instants a scope, and metadata a name as argument.
pub(crate) fn is_a_trace(trace: &Json) {
    let keys: Vec<_> = trace.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["displayTimeUnit", "traceEvents"]);
    assert!(["ms", "ns"].contains(&trace["displayTimeUnit"].as_str().unwrap()));
    for event in trace["traceEvents"].as_array().unwrap() {
        let text = |key: &str| event[key].as_str().unwrap_or_else(|| panic!("{key}: {event}"));
        let number = |key: &str| event[key].as_f64().unwrap_or_else(|| panic!("{key}: {event}"));
        assert!(!text("name").is_empty() && !text("cat").is_empty(), "{event}");
        assert!(event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
        assert!(number("ts") >= 0.0, "{event}");
        let arguments = event["args"].as_object().unwrap();
        let known: &[&str] = match text("ph") {
            "X" => {
                assert!(number("dur") >= 0.0, "{event}");
                &["dur"]
            }
            "C" => {
                assert!(!arguments.is_empty(), "{event}");
                assert!(arguments.values().all(Json::is_number), "{event}");
                &[]
            }
            "i" => {
                assert!(["g", "p", "t"].contains(&text("s")), "{event}");
                &["s"]
            }
            "M" => {
                assert!(["process_name", "thread_name"].contains(&text("name")), "{event}");
                assert!(arguments["name"].is_string(), "{event}");
                &[]
            }
            other => panic!("phase {other}: {event}"),
        };
        let common = ["name", "cat", "ph", "ts", "pid", "tid", "args"];
        let expected = |key: &String| common.contains(&&**key) || known.contains(&&**key);
        assert!(event.as_object().unwrap().keys().all(expected), "{event}");
    }
}

/// The counters of the last frame, the slices and the instants are those of the collector.
#[test]
fn a_trace_says_what_the_snapshots_say() {
    let config = BudgetConfig { device_memory_budget: 4 * MIB, ..BudgetConfig::default() };
    let (manager, _sim) = manager(config);
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let columns = vec![metrics.column("budget_utilization").unwrap()];
    let mut trace = TraceWriter::new(Vec::new(), "test", columns).unwrap();
    let retired = make(&manager, 3 * MIB);
    manager.mark_retiring(&retired);
    let image = manager.allocate_buffer(&request(KIB).category(Category::Image)).unwrap();
    for _ in 0..3 {
        metrics.begin_frame();
        trace.frame(metrics.end_frame()).unwrap();
    }
    let records = metrics.events().take();
    records.iter().for_each(|record| trace.event(record).unwrap());
    let trace: Json = serde_json::from_slice(&trace.finish().unwrap()).unwrap();
    is_a_trace(&trace);

    let snapshot = metrics.latest().unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let last = |name: &str| {
        let found = events.iter().rfind(|event| event["name"] == name);
        &found.unwrap_or_else(|| panic!("no {name}"))["args"]
    };
    let lives = |index: usize| {
        let account = snapshot.heaps[index].account;
        account.used_bytes - account.retiring_bytes
    };
    for index in 0..snapshot.heaps.len() {
        let (heap, name) = (&snapshot.heaps[index], |what| format!("heap {index} {what} (bytes)"));
        let used = last(&name("used"));
        assert_eq!(
            (&used["lives"], &used["retires"]),
            (&lives(index).into(), &heap.account.retiring_bytes.into())
        );
        assert_eq!(last(&name("blocks"))["bytes"], heap.block_bytes);
        assert_eq!(last(&name("budget"))["bytes"], heap.budget_bytes.unwrap());
        assert_eq!(last(&name("driver usage"))["bytes"], heap.driver_usage_bytes);
    }
    for category in Category::ALL {
        let (name, used) = (category_name(*category), snapshot.category(*category).used_bytes);
        assert_eq!(last("categories (bytes)")[name], used);
    }
    let slices = events.iter().filter(|event| event["ph"] == "X");
    let names: Vec<_> = slices.map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["frame 0", "frame 1", "frame 2"]);
    let utilisation = last("budget_utilization")["value"].as_f64().unwrap();
    assert_eq!(utilisation.to_bits(), snapshot.frame.budget_utilization.to_bits());
    let instants = events.iter().filter(|event| event["ph"] == "i");
    let names: Vec<_> = instants.map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, records.iter().map(|it| it.event.name()).collect::<Vec<_>>());
    [retired, image].into_iter().for_each(|buffer| free(&manager, buffer));
}

/// Times are exact to the nanosecond, and no figure that JSON cannot say is written.
#[test]
fn what_json_cannot_say_is_left_out() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let buffer = make(&manager, KIB);
    manager.set_heap_limit(0, Some(0)).unwrap();
    manager.set_device_budget(1);
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let mut trace = TraceWriter::new(Vec::new(), "test", metrics.columns()).unwrap();
    let ended_ns = metrics.end_frame().frame.ended_ns;
    trace.frame(metrics.latest().unwrap()).unwrap();
    let text = String::from_utf8(trace.finish().unwrap()).unwrap();
    is_a_trace(&serde_json::from_str(&text).unwrap());
    assert!(text.contains(&format!("\"ts\":{}.{:03},", ended_ns / 1000, ended_ns % 1000)));
    free(&manager, buffer);
}

/// A trace without frames opens as well.
#[test]
fn an_empty_trace_is_a_trace() {
    let trace = TraceWriter::new(Vec::new(), "test", Vec::new()).unwrap();
    is_a_trace(&serde_json::from_slice(&trace.finish().unwrap()).unwrap());
}
