//! What came of a run, and whether that is as it should be.

use std::fmt;

use resource_management::alloc::Bytes;

use crate::{
    memory::MemoryReport,
    options::Size,
    picture::{Difference, Picture},
};

/// What came of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// The name of the device.
    pub device: String,
    /// The name and the version of its driver.
    pub driver: String,
    /// Of the pictures.
    pub size: Size,
    /// Frames that were rendered, each of them twice.
    pub frames: u32,
    /// What the passes of a frame are called, in their order.
    pub passes: Vec<String>,
    /// Resources that live within a frame.
    pub transients: usize,
    /// What those cost, where they share memory.
    pub memory: MemoryReport,
    /// Frames whose pictures are not the same with shared memory and without.
    pub differences: Vec<Difference>,
    /// Whether the validation layer watched.
    pub validated: bool,
    /// What it said.
    pub messages: Vec<String>,
    /// Bytes that did not come back.
    pub lost_bytes: u64,
    /// Milliseconds that the device took for a frame: the median with shared memory, and without; `None` if it has no clock.
    pub milliseconds: Option<[f64; 2]>,
    /// The last picture.
    pub picture: Picture,
}

impl Summary {
    /// Whether all pictures were equal, validation had no objection, and all memory came back.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.messages.is_empty() && self.lost_bytes == 0
    }

    /// A sentence for everything that is not as it should be.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let differences = self.differences.iter().map(|it| {
            let (x, y) = it.first;
            let (frame, texels) = (it.frame, it.texels);
            format!("frame {frame}: {texels} texels differ, the first of them at {x}, {y}")
        });
        let lost = self.lost_bytes;
        let lost = (lost > 0).then(|| format!("{} did not come back", Bytes(lost)));
        differences.chain(self.messages.iter().cloned()).chain(lost)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemoryReport { unaliased_bytes, planned_bytes, lower_bound_bytes, .. } = self.memory;
        let proof = if self.memory.proof.is_optimal() { "optimal" } else { "best found" };
        let equal = self.frames as usize - self.differences.len();
        let messages = match (self.validated, self.messages.len()) {
            (false, 0) => "not watched".to_owned(),
            (_, count) => count.to_string(),
        };
        writeln!(f, "device       {} [{}]", self.device, self.driver)?;
        writeln!(f, "size         {}, {} frames", self.size, self.frames)?;
        writeln!(f, "frame        {} passes, {} transients", self.passes.len(), self.transients)?;
        writeln!(f, "pictures     {equal} of {} equal", self.frames)?;
        writeln!(f, "unaliased    {}", Bytes(unaliased_bytes))?;
        writeln!(f, "planned      {} ({proof})", Bytes(planned_bytes))?;
        writeln!(f, "lower bound  {}", Bytes(lower_bound_bytes))?;
        writeln!(f, "saved        {:.1} %", self.memory.saved_percent())?;
        writeln!(f, "barriers     {} of memory for hand-overs", self.memory.barriers)?;
        writeln!(f, "validation   {messages}")?;
        match self.milliseconds {
            Some([on, off]) => {
                writeln!(
                    f,
                    "median       {on:.2} ms a frame with shared memory, {off:.2} ms without"
                )
            }
            None => writeln!(f, "median       unknown: the device has no clock"),
        }
    }
}
