//! What driver calls cost on real hardware.
//!
//! A simulated device answers at once, so that time alone would make an allocator look good that asks the driver all the
//! time. The priced time adds every call at its price.

use std::{collections::BTreeMap, path::Path, time::Instant};

use ash::vk;
use rm_vksim::{Call, Counts};
use serde::{Deserialize, Serialize};

use crate::{BenchError, results, stage::Venue};

/// Sizes that are measured: powers of four from 64 KiB to 256 MiB.
const SIZES: [u64; 7] = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20];
/// Pairs of each size.
const PAIRS: usize = 15;

/// The prices of a machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Prices {
    /// Which device.
    pub device: String,
    /// Who measured it, and how.
    pub source: String,
    /// Nanoseconds of a call, by Vulkan's name for it; what is not listed costs nothing.
    pub calls: BTreeMap<String, f64>,
    /// Nanoseconds to allocate and to free, by size in bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_size: BTreeMap<u64, (f64, f64)>,
}

impl Prices {
    /// An NVIDIA H200's.
    ///
    /// # Errors
    ///
    /// [`BenchError::Json`] if the file that is built in is broken.
    pub fn h200() -> Result<Self, BenchError> {
        serde_json::from_str(include_str!("../prices/h200.json"))
            .map_err(|source| BenchError::Json { path: "prices/h200.json".into(), source })
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`] or [`BenchError::Json`].
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        results::read(path)
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`].
    pub fn write(&self, path: &Path) -> Result<(), BenchError> {
        results::write_json(path, self)
    }

    /// Nanoseconds that `calls` would have taken.
    pub fn of(&self, calls: &Counts) -> f64 {
        let price = |call: &Call| self.calls.get(call.name()).copied().unwrap_or(0.0);
        Call::ALL.iter().map(|call| price(call) * calls.of(*call) as f64).sum()
    }

    /// Measures the device of `venue`: medians over sizes from 64 KiB to 256 MiB, smaller ones alone where memory is short.
    ///
    /// # Errors
    ///
    /// What the driver answered to the smallest size, or [`BenchError::Memory`].
    pub fn measure(venue: &Venue) -> Result<Self, BenchError> {
        let stage = venue.stage()?;
        let device = stage.context().device();
        let mut by_size = BTreeMap::new();
        for size in SIZES {
            match pairs(device, stage.memory_type(), size) {
                Ok(medians) => by_size.insert(size, medians),
                Err(error) if by_size.is_empty() => return Err(error.into()),
                Err(_) => break,
            };
        }
        let middle = |of: fn(&(f64, f64)) -> f64| median(by_size.values().map(of).collect());
        let calls = BTreeMap::from([
            (Call::AllocateMemory.name().to_owned(), middle(|pair| pair.0)),
            (Call::FreeMemory.name().to_owned(), middle(|pair| pair.1)),
        ]);
        let source = format!(
            "medians of {PAIRS} pairs of each size, then of the sizes; `cargo xtask bench price`"
        );
        Ok(Self { device: venue.name().to_owned(), source, calls, by_size })
    }
}

/// Medians of the time to allocate and to free `size` bytes, in nanoseconds.
fn pairs(device: &ash::Device, memory_type: u32, size: u64) -> Result<(f64, f64), vk::Result> {
    let (mut allocate, mut free) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let info =
            vk::MemoryAllocateInfo::default().allocation_size(size).memory_type_index(memory_type);
        let start = Instant::now();
        // SAFETY: the device is live and the structure valid.
        let memory = unsafe { device.allocate_memory(&info, None) }?;
        allocate.push(start.elapsed().as_secs_f64() * 1e9);
        let start = Instant::now();
        // SAFETY: just made, and used by nobody.
        unsafe { device.free_memory(memory, None) };
        free.push(start.elapsed().as_secs_f64() * 1e9);
    }
    Ok((median(allocate), median(free)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
