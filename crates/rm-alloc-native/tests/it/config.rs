//! What can be chosen, and what is refused.

use rm_alloc_core::MemoryError;
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_vksim::Profile;

use crate::sim::device;

/// Each with a reason, before anything is made.
#[test]
fn impossible_configurations_are_refused() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default;
    for wrong in [
        config().shards(0),
        config().shards(3),
        config().shards(16),
        config().least_block(0),
        config().shared_percent(101),
    ] {
        let error = NativeAllocator::with_config(&context, &wrong).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest(_)), "{wrong:?}: {error}");
    }
    for odd in [config().least_block(u64::MAX), config().least_block(1), config().largest_shared(0)]
    {
        let allocator = NativeAllocator::with_config(&context, &odd).unwrap();
        let held = rm_alloc_core::MemoryAllocator::allocate(&allocator, &crate::sim::linear(1000));
        crate::sim::free_all(&allocator, [held.unwrap()]);
    }
}

/// What was written is read back; what is left out is the default, and what is misspelt is refused.
#[cfg(feature = "serde")]
#[test]
fn configurations_are_read_and_written() {
    let config = NativeConfig::default().shards(2).least_block(1 << 20).grow_ahead();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<NativeConfig>(&json).unwrap(), config);
    let partial: NativeConfig = serde_json::from_str(r#"{"shards": 8}"#).unwrap();
    assert_eq!(partial, NativeConfig::default().shards(8));
    let misspelt = serde_json::from_str::<NativeConfig>(r#"{"shard": 8}"#).unwrap_err();
    assert!(misspelt.to_string().contains("unknown field `shard`"), "{misspelt}");
}
