//! Whose times the others' are divided by.

use crate::contestant::{LOCKED_GPU_ALLOC, LOCKED_VK_MEM, VK_MEM};

/// A contestant that all are compared with, slice by slice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reference {
    /// The contestant.
    pub(crate) name: &'static str,
    /// What the metric is called.
    pub(crate) metric: &'static str,
    /// What its column is called.
    pub(crate) heading: &'static str,
}

/// Everybody's references: VMA as it is fastest, then peers whose locks are where ours are.
pub(crate) const REFERENCES: [Reference; 3] = [
    Reference { name: VK_MEM, metric: "ratio", heading: "× vk-mem" },
    Reference { name: LOCKED_VK_MEM, metric: "ratio_to/vk-mem+locks", heading: "× vk-mem+locks" },
    Reference {
        name: LOCKED_GPU_ALLOC,
        metric: "ratio_to/gpu-alloc+mutex",
        heading: "× gpu-alloc+mutex",
    },
];

#[cfg(test)]
mod tests {
    use super::REFERENCES;
    use crate::contestant::{BACKENDS, Level, entries, is_peer};

    #[test]
    fn every_reference_is_a_peer_that_plays_and_is_named_in_metric_and_heading() {
        let playing = entries(Level::Memory, BACKENDS);
        for reference in REFERENCES {
            assert!(is_peer(reference.name), "{reference:?}");
            assert!(playing.iter().any(|entry| entry.name == reference.name), "{reference:?}");
            assert_eq!(reference.heading, format!("× {}", reference.name));
        }
        for reference in &REFERENCES[1..] {
            assert_eq!(reference.metric, format!("ratio_to/{}", reference.name));
        }
    }
}
