//! Vulkan values by their names in files.
//!
//! The names are those that ash prints: a bit or value is found by comparing with what each would print.
//! Values without a name are their numbers.

use std::{
    fmt::{self, Write},
    marker::PhantomData,
};

use ash::vk;
use serde::{Deserialize, Deserializer, Serializer, de::Error, ser::SerializeSeq};

/// Flags of Vulkan.
pub(crate) trait Bits: Copy + fmt::Debug {
    /// What they are called in messages.
    const WHAT: &'static str;
    fn of(raw: u32) -> Self;
    fn raw(self) -> u32;
}

macro_rules! bits {
    ($($flags:ident)*) => {$(
        impl Bits for vk::$flags {
            const WHAT: &'static str = stringify!($flags);
            fn of(raw: u32) -> Self {
                Self::from_raw(raw)
            }
            fn raw(self) -> u32 {
                self.as_raw()
            }
        }
    )*};
}

bits!(BufferCreateFlags BufferUsageFlags ImageCreateFlags ImageUsageFlags);
bits!(MemoryHeapFlags MemoryPropertyFlags QueueFlags);

/// Flags as a list of their names.
pub(crate) mod flags {
    use super::{Bits, Deserialize, Deserializer, Error, SerializeSeq, Serializer, is_called};

    pub(crate) fn serialize<T: Bits, S: Serializer>(flags: &T, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(flags.raw().count_ones() as usize))?;
        for bit in single_bits(flags.raw()) {
            list.serialize_element(&format_args!("{:?}", T::of(bit)))?;
        }
        list.end()
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: Bits,
        D: Deserializer<'de>,
    {
        let mut raw = 0;
        for name in Vec::<String>::deserialize(from)? {
            let bit = single_bits(u32::MAX).find(|&bit| is_called(&T::of(bit), &name));
            let unknown = || D::Error::custom(format_args!("no bit of {} is `{name}`", T::WHAT));
            raw |= bit.ok_or_else(unknown)?;
        }
        Ok(T::of(raw))
    }

    fn single_bits(raw: u32) -> impl Iterator<Item = u32> {
        (0..u32::BITS).map(|bit| 1 << bit).filter(move |bit| raw & bit != 0)
    }
}

/// The same for a field that holds the bits as a number.
pub(crate) struct Raw<T>(PhantomData<T>);

impl<T: Bits> Raw<T> {
    pub(crate) fn serialize<S: Serializer>(raw: &u32, to: S) -> Result<S::Ok, S::Error> {
        flags::serialize(&T::of(*raw), to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        flags::deserialize(from).map(T::raw)
    }
}

/// A number of Vulkan by its name.
pub(crate) trait Value: Copy + fmt::Debug + 'static {
    /// What it is called in messages.
    const WHAT: &'static str;
    /// Values that have names.
    fn all() -> impl Iterator<Item = Self>;
}

impl Value for vk::Format {
    const WHAT: &'static str = "Format";
    fn all() -> impl Iterator<Item = Self> {
        crate::requirements::formats::all()
    }
}

impl Value for vk::ImageTiling {
    const WHAT: &'static str = "ImageTiling";
    fn all() -> impl Iterator<Item = Self> {
        [Self::OPTIMAL, Self::LINEAR].into_iter()
    }
}

impl Value for vk::ImageType {
    const WHAT: &'static str = "ImageType";
    fn all() -> impl Iterator<Item = Self> {
        [Self::TYPE_1D, Self::TYPE_2D, Self::TYPE_3D].into_iter()
    }
}

/// One value as its name.
pub(crate) mod value {
    use super::{Deserialize, Deserializer, Error, Serializer, Value, is_called};

    pub(crate) fn serialize<T: Value, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{value:?}"))
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: Value,
        D: Deserializer<'de>,
    {
        let name = String::deserialize(from)?;
        let unknown = || D::Error::custom(format_args!("no {} is `{name}`", T::WHAT));
        T::all().find(|value| is_called(value, &name)).ok_or_else(unknown)
    }
}

/// A version as `"major.minor.patch"`.
pub(crate) mod version {
    use super::{Deserialize, Deserializer, Error, Serializer, vk};

    pub(crate) fn serialize<S: Serializer>(version: &u32, to: S) -> Result<S::Ok, S::Error> {
        let (major, minor) = (vk::api_version_major(*version), vk::api_version_minor(*version));
        to.collect_str(&format_args!("{major}.{minor}.{}", vk::api_version_patch(*version)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let text = String::deserialize(from)?;
        let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            // The bits that each part has in a version.
            Some(&[major @ 0..=127, minor @ 0..=1023, patch @ 0..=4095]) => {
                Ok(vk::make_api_version(0, major, minor, patch))
            }
            _ => Err(D::Error::custom(format_args!("`{text}` is no version as in `1.3.0`"))),
        }
    }
}

/// Extents as `[width, height, depth]`.
pub(crate) mod extent {
    use super::{Deserialize, Deserializer, Serializer, vk};

    pub(crate) fn serialize<S: Serializer>(size: &vk::Extent3D, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq([size.width, size.height, size.depth])
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<vk::Extent3D, D::Error> {
        let [width, height, depth] = <[u32; 3]>::deserialize(from)?;
        Ok(vk::Extent3D { width, height, depth })
    }
}

/// Numbers of samples; Vulkan's bit for a number is the number.
pub(crate) mod samples {
    use super::{Deserialize, Deserializer, Serializer, vk};

    pub(crate) fn serialize<S: Serializer>(
        samples: &vk::SampleCountFlags,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u32(samples.as_raw())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<vk::SampleCountFlags, D::Error> {
        u32::deserialize(from).map(vk::SampleCountFlags::from_raw)
    }
}

/// Whether `value` prints as `name`, without building its text.
fn is_called(value: &dyn fmt::Debug, name: &str) -> bool {
    let mut rest = Rest(name);
    write!(rest, "{value:?}").is_ok() && rest.0.is_empty()
}

/// The part of a name that has not been printed yet; printing anything else is an error.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}
