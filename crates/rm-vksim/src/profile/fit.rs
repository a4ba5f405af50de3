//! Rules that come near what was captured, for the resources that were not.

use ash::vk;

use super::{BufferRules, Captured, FormatRules, ImageRules, Profile};
use crate::requirements::{BufferShape, ImageFormatLimits, ImageShape, Needs};

/// A captured resource and its answer.
type Answer<T> = (T, Needs);

impl Profile {
    /// Sets [`rules`](Self::rules) to what comes near the captured answers.
    ///
    /// Without captured answers of a kind, the rules for it stay.
    pub fn fit_rules(&mut self) {
        let mut buffers = Vec::new();
        let mut images = Vec::new();
        for entry in &self.captured {
            match *entry {
                Captured::Buffer { info, needs } => buffers.push((info, needs)),
                Captured::Image { info, needs } => images.push((info, needs)),
                Captured::Format { .. } | Captured::ImageFormat { .. } => {}
            }
        }
        self.rules.buffers.fit(&buffers);
        self.rules.images.fit(&images);
        self.rules.formats.fit(&self.captured);
    }
}

impl BufferRules {
    fn fit(&mut self, answers: &[Answer<BufferShape>]) {
        use vk::BufferUsageFlags as Usage;
        let of = |usage: Usage| {
            let used = answers.iter().filter(|(info, _)| info.usage.contains(usage));
            used.map(|(_, needs)| needs.alignment).min()
        };
        let texel = of(Usage::UNIFORM_TEXEL_BUFFER).max(of(Usage::STORAGE_TEXEL_BUFFER));
        replace(&mut self.alignment, of(Usage::empty()));
        replace(&mut self.uniform, of(Usage::UNIFORM_BUFFER));
        replace(&mut self.texel, texel);
        replace(&mut self.storage, of(Usage::STORAGE_BUFFER));
        replace(&mut self.address, of(Usage::SHADER_DEVICE_ADDRESS));
        if !answers.is_empty() {
            self.types = common_types(answers.iter().map(|(_, needs)| needs));
            self.dedicated_from = dedicated_from(answers.iter().map(|(_, needs)| needs));
        }
    }
}

impl ImageRules {
    fn fit(&mut self, answers: &[Answer<ImageShape>]) {
        let chosen = |belongs: &dyn Fn(&ImageShape) -> bool| -> Vec<&Needs> {
            answers.iter().filter(|(info, _)| belongs(info)).map(|(_, needs)| needs).collect()
        };
        let optimal = |info: &ImageShape| info.tiling == vk::ImageTiling::OPTIMAL;
        let single = |info: &ImageShape| info.samples == vk::SampleCountFlags::TYPE_1;
        let lazily =
            |info: &ImageShape| info.usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT);
        let alignments =
            |needs: &[&Needs]| -> Vec<u64> { needs.iter().map(|needs| needs.alignment).collect() };

        let plain = chosen(&|info| optimal(info) && single(info));
        let most = alignments(&plain).into_iter().max();
        replace(&mut self.alignment, alignments(&plain).into_iter().min());
        replace(&mut self.large_alignment, most);
        let large = plain.iter().filter(|needs| Some(needs.alignment) == most);
        replace(&mut self.large_from, large.map(|needs| needs.size).min());
        let multisampled = alignments(&chosen(&|info| optimal(info) && !single(info)));
        replace(&mut self.multisampled_alignment, multisampled.into_iter().max());
        let linear = chosen(&|info| !optimal(info));
        replace(&mut self.linear_alignment, alignments(&linear).into_iter().max());
        if !linear.is_empty() {
            self.linear_types = common_types(linear);
        }
        let lasting = chosen(&|info| optimal(info) && !lazily(info));
        if !lasting.is_empty() {
            self.optimal_types = common_types(lasting.iter().copied());
            self.dedicated_from = dedicated_from(lasting);
        }
    }
}

impl FormatRules {
    fn fit(&mut self, captured: &[Captured]) {
        let written = vk::FormatFeatureFlags::COLOR_ATTACHMENT.as_raw();
        let (mut samples, mut size) = (0, None);
        for entry in captured {
            match *entry {
                Captured::Format { format, linear, optimal, .. } => match format {
                    vk::Format::BC7_UNORM_BLOCK => self.bc = optimal != 0,
                    vk::Format::ETC2_R8G8B8A8_UNORM_BLOCK => self.etc2 = optimal != 0,
                    vk::Format::ASTC_4X4_UNORM_BLOCK => self.astc = optimal != 0,
                    vk::Format::G8_B8R8_2PLANE_420_UNORM => self.ycbcr = optimal != 0,
                    vk::Format::D24_UNORM_S8_UINT => self.depth24 = optimal != 0,
                    vk::Format::R8G8B8A8_UNORM => self.linear_attachments = linear & written != 0,
                    _ => {}
                },
                Captured::ImageFormat { limits: Some(limits), .. } => {
                    let ImageFormatLimits { samples: counts, max_resource_size, .. } = limits;
                    samples |= counts.as_raw();
                    size = size.max(Some(max_resource_size));
                }
                Captured::Buffer { .. }
                | Captured::Image { .. }
                | Captured::ImageFormat { limits: None, .. } => {}
            }
        }
        replace(&mut self.samples, (samples != 0).then_some(samples));
        replace(&mut self.max_resource_size, size);
    }
}

fn replace<T>(value: &mut T, by: Option<T>) {
    if let Some(by) = by {
        *value = by;
    }
}

/// The types that all can live in.
fn common_types<'a>(answers: impl IntoIterator<Item = &'a Needs>) -> Option<u32> {
    let common = answers.into_iter().fold(u32::MAX, |all, needs| all & needs.memory_type_bits);
    (common != 0).then_some(common)
}

/// The size of the smallest that prefers memory of its own.
fn dedicated_from<'a>(answers: impl IntoIterator<Item = &'a Needs>) -> Option<u64> {
    let preferring = answers.into_iter().filter(|needs| needs.prefers_dedicated);
    preferring.map(|needs| needs.size).min()
}
