//! How the figures of a run print: a name and a value a line.

use std::{fmt, time::Duration};

use ash::vk;
use resource_management::alloc::Bytes;

use super::{Checker, Summary};

/// Columns of the names in the table.
const NAME_COLUMNS: usize = 20;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row =
            |name: &str, value: fmt::Arguments<'_>| writeln!(f, "{name:NAME_COLUMNS$}  {value}");
        let major = vk::api_version_major(self.api_version);
        let minor = vk::api_version_minor(self.api_version);
        let (meshes, textures) = (self.meshes, self.textures);
        let wrong = self.mismatches.iter().map(|it| it.difference.count).sum::<u64>();
        row("device", format_args!("{}", self.device))?;
        row("driver", format_args!("{}", self.driver))?;
        row("vulkan", format_args!("{major}.{minor}"))?;
        row("validation", format_args!("{}", self.checker))?;
        row("allocator", format_args!("{}", self.allocator))?;
        row("frames", format_args!("{}", self.frames))?;
        row("resources", format_args!("{meshes} meshes, {textures} textures"))?;
        row("moved in", format_args!("{}", Bytes(self.bytes_in)))?;
        row("moved out", format_args!("{}", Bytes(self.bytes_out)))?;
        let (aliased, saved) = (self.aliased, Bytes(self.saved_bytes));
        let (refusals, reduced, skipped) = (self.refusals, self.reduced, self.skipped);
        row("budget", format_args!("{} ({})", Bytes(self.budget_bytes), self.rule()))?;
        row("peak", format_args!("{}", Bytes(self.peak_bytes)))?;
        row("refusals", format_args!("{refusals} ({reduced} reduced, {skipped} skipped)"))?;
        row("aliased", format_args!("{aliased} ({saved} saved)"))?;
        let (reloads, ratio) = (self.reloads, self.reload_ratio());
        let other = self.in_medians(self.longest_other_frame);
        row(
            "hot reloads",
            format_args!(
                "{reloads} (longest frame {ratio:.2} x median, of the others {other:.2} x)"
            ),
        )?;
        let (slices, blocks) = (self.transient_slices, self.transient_blocks);
        let bytes = Bytes(self.transient_bytes);
        row("transients", format_args!("{slices} slices, {bytes}, {blocks} blocks"))?;
        let (destroyed, most) = (self.deferred, self.most_deferred);
        row("deferred", format_args!("{destroyed} destroyed, most waiting {most}"))?;
        row("driver peak", format_args!("{}", Bytes(self.driver_peak_bytes)))?;
        row("driver allocations", format_args!("{}", self.driver_allocations))?;
        row("mismatches", format_args!("{} ({})", self.mismatches.len(), Bytes(wrong)))?;
        row("validation messages", format_args!("{}", self.messages.len()))?;
        row("not returned", format_args!("{} ({})", self.lost_objects, Bytes(self.lost_bytes)))?;
        row("time", format_args!("{:.2} s", self.elapsed.as_secs_f64()))?;
        row("throughput", format_args!("{}/s", Bytes(self.bytes_per_second())))?;
        self.files.iter().try_for_each(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            row(&name, format_args!("{}", path.display()))
        })
    }
}

impl fmt::Display for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "not installed",
            Self::Layer => "on",
            Self::Oracle => "oracle",
        })
    }
}

impl Summary {
    /// Where the budget comes from and what it does.
    fn rule(&self) -> &'static str {
        match (self.configured_budget, self.strict) {
            (0, false) => "the driver's",
            (0, true) => "the driver's, strict",
            (_, false) => "judging",
            (_, true) => "strict",
        }
    }

    /// Bytes moved in a second, both ways together.
    fn bytes_per_second(&self) -> u64 {
        let moved = u128::from(self.bytes_in) + u128::from(self.bytes_out);
        let second = Duration::from_secs(1).as_nanos();
        u64::try_from(moved * second / self.elapsed.as_nanos().max(1)).unwrap_or(u64::MAX)
    }
}
