//! Columns, and tables that are not ours.

use rm_alloc_core::BudgetConfig;
use rm_metrics::{
    Column, CsvTable, CsvWriter, MetricsCollector, MetricsConfig, MetricsError, Value,
};

use crate::support::manager;

/// An unknown column is named, with all that there are.
#[test]
fn an_unknown_column_is_a_typed_error_with_the_known_ones() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let error = metrics.column("used_byte").unwrap_err();
    let MetricsError::UnknownColumn { name, known } = &error else { panic!("{error:?}") };
    assert_eq!(&**name, "used_byte");
    let names: Vec<_> = metrics.columns().iter().map(|it| Box::from(it.name())).collect();
    assert_eq!(*known, names);
    let text = error.to_string();
    assert!(text.contains("`used_byte`") && text.contains(", used_bytes, "), "{text}");
}

/// The columns that the founding document names are there.
#[test]
fn the_columns_of_the_founding_document_are_there() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    for name in ["allocation_count", "aliased_count", "tracked_bytes", "budget_utilization"] {
        assert_eq!(metrics.column(name).unwrap().name(), name);
    }
}

/// No two columns have one name.
#[test]
fn column_names_are_unique() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let mut names: Vec<_> = metrics.columns().iter().map(|it| it.name().to_owned()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A value's text is the value, at the edges as well.
#[test]
fn values_survive_their_way_through_text() {
    let numbers = [0, 1, (1 << 53) + 1, u64::MAX].map(Value::Number);
    let ratios = [0.0, 1.0, 0.1 + 0.2, 1e300, 1e-300, f64::INFINITY].map(Value::Ratio);
    let flags = [Value::None, Value::Flag(true), Value::Flag(false)];
    for value in numbers.into_iter().chain(ratios).chain(flags) {
        assert_eq!(value.to_string().parse(), Ok(value));
    }
    assert!("=1".parse::<Value>().is_err());
}

/// What is not ours is refused with the line, and nothing panics.
#[test]
fn a_table_of_somebody_else_is_refused_with_its_line() {
    let cases: [(&[u8], u64); 7] = [
        (b"", 0),
        (b"#,key,value\n", 0),
        (b"frame,used\n1\n", 2),
        (b"frame,used\n1,many\n", 2),
        (b"frame\n1\n#,summary,frame,1\n", 3),
        (b"frame\n#,who,knows\n", 2),
        (b"frame\n\xff\n", 2),
    ];
    for (text, expected) in cases {
        let error = CsvTable::read(text).unwrap_err();
        let MetricsError::Malformed { line, .. } = error else { panic!("{error:?}") };
        assert_eq!(line, expected, "{:?}: {error}", String::from_utf8_lossy(text));
    }
}

/// A table without frames has its first line, and nothing to sum up.
#[test]
fn an_empty_table_has_columns() {
    let csv = CsvWriter::new(Vec::new(), Column::of_frame(), &[]).unwrap();
    let table = CsvTable::read(&*csv.finish().unwrap()).unwrap();
    assert_eq!((table.columns.len(), table.rows.len(), table.summaries.len()), (24, 0, 0));
    assert_eq!(table.column("frame").unwrap(), 0);
    assert!(matches!(table.column("frames"), Err(MetricsError::UnknownColumn { .. })));
}
