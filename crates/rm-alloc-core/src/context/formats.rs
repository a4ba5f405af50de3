//! What the device says of image formats, asked once a combination.

use std::collections::HashMap;

use ash::vk;

use super::DeviceContext;
use crate::{MemoryError, request::check::FormatQuery, sync::lock};

/// Answers by question; `None` where the device does not support the combination.
pub(super) type FormatCache = HashMap<FormatQuery, Option<vk::ImageFormatProperties>>;

/// A renderer asks for a few dozen combinations; one that asks for more than this makes them up.
const MOST_ANSWERS: usize = 1024;

impl DeviceContext {
    /// The limits of images with the parameters in `query`, which [`check_image`] has passed.
    ///
    /// [`check_image`]: crate::request::check::check_image
    pub(crate) fn image_limits(
        &self,
        query: FormatQuery,
    ) -> Result<vk::ImageFormatProperties, MemoryError> {
        const NONE: MemoryError = MemoryError::Unsupported(
            "the device has no such format with this type, tiling, usage and flags",
        );
        if let Some(known) = lock(&self.formats).get(&query) {
            return known.ok_or(NONE);
        }
        // SAFETY: instance and physical device are live (invariant); every parameter is a defined value (checked before).
        let asked = unsafe {
            self.instance.get_physical_device_image_format_properties(
                self.physical_device,
                query.format,
                query.image_type,
                query.tiling,
                query.usage,
                query.flags,
            )
        };
        let answer = match asked {
            Ok(limits) => Some(limits),
            Err(vk::Result::ERROR_FORMAT_NOT_SUPPORTED) => None,
            Err(code) => return Err(code.into()),
        };
        let mut cache = lock(&self.formats);
        if cache.len() >= MOST_ANSWERS {
            cache.clear();
        }
        cache.insert(query, answer);
        answer.ok_or(NONE)
    }
}
