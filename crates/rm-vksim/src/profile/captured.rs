//! What a real device answered, and finding it again.

use std::{collections::HashMap, sync::OnceLock};

use ash::vk;
use serde::{Deserialize, Serialize};

use super::names;
use crate::requirements::{BufferShape, ImageFormatLimits, ImageQuery, ImageShape, Needs};

/// A question and what a real device answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Captured {
    /// What memory a buffer needs.
    Buffer {
        /// The buffer.
        info: BufferShape,
        /// The answer.
        needs: Needs,
    },
    /// What memory an image needs.
    Image {
        /// The image.
        info: ImageShape,
        /// The answer.
        needs: Needs,
    },
    /// What a format can be used for: bits of `VkFormatFeatureFlags`.
    Format {
        /// The format.
        #[serde(with = "names::value")]
        format: vk::Format,
        /// In images with linear tiling.
        linear: u32,
        /// In images with optimal tiling.
        optimal: u32,
        /// In buffers.
        buffer: u32,
    },
    /// How large such images may be, or that there are none.
    ImageFormat {
        /// The kind of image.
        query: ImageQuery,
        /// The answer; none where the device does not support such images.
        limits: Option<ImageFormatLimits>,
    },
}

/// The captured answers by their questions.
///
/// Built once and never told of later changes: only the device asks, and it owns a clone.
#[derive(Debug, Default)]
pub(crate) struct Index(OnceLock<Answers>);

#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) buffers: HashMap<BufferShape, Needs>,
    pub(crate) images: HashMap<ImageShape, Needs>,
    pub(crate) formats: HashMap<vk::Format, vk::FormatProperties>,
    pub(crate) queries: HashMap<ImageQuery, Option<ImageFormatLimits>>,
}

impl Index {
    /// The answers in `captured`.
    pub(crate) fn of(&self, captured: &[Captured]) -> &Answers {
        self.0.get_or_init(|| Answers::new(captured))
    }
}

/// A clone may be changed, and so starts without.
impl Clone for Index {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// No part of what a profile says.
impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Answers {
    fn new(captured: &[Captured]) -> Self {
        let mut answers = Self::default();
        for entry in captured {
            match *entry {
                Captured::Buffer { info, needs } => {
                    answers.buffers.insert(info, needs);
                }
                Captured::Image { info, needs } => {
                    answers.images.insert(info, needs);
                }
                Captured::Format { format, linear, optimal, buffer } => {
                    let properties = vk::FormatProperties {
                        linear_tiling_features: vk::FormatFeatureFlags::from_raw(linear),
                        optimal_tiling_features: vk::FormatFeatureFlags::from_raw(optimal),
                        buffer_features: vk::FormatFeatureFlags::from_raw(buffer),
                    };
                    answers.formats.insert(format, properties);
                }
                Captured::ImageFormat { query, limits } => {
                    answers.queries.insert(query, limits);
                }
            }
        }
        answers
    }
}

impl super::Profile {
    /// What was captured, if anything.
    pub(crate) fn answers(&self) -> Option<&Answers> {
        (!self.captured.is_empty()).then(|| self.index.of(&self.captured))
    }
}
