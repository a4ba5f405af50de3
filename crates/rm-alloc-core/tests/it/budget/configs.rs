//! Configurations as text.
#![cfg(feature = "serde")]

use rm_alloc_core::BudgetConfig;

/// A configuration comes back as it was, what is left out has its default, and a misspelt name is an error.
#[test]
fn a_configuration_is_read_as_it_was_written() {
    let config = BudgetConfig {
        device_memory_budget: 1 << 30,
        strict: true,
        heap_limits: vec![(1, 4096)],
        frame_threshold: Some(7),
        ..BudgetConfig::default()
    };
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<BudgetConfig>(&text).unwrap(), config);
    let sparse: BudgetConfig = serde_json::from_str(r#"{"strict": true}"#).unwrap();
    assert_eq!(sparse, BudgetConfig { strict: true, ..BudgetConfig::default() });
    serde_json::from_str::<BudgetConfig>(r#"{"stict": true}"#).unwrap_err();
}
