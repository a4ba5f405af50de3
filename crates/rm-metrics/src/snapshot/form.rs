//! How serde writes what has no form of its own.

/// Categories by name, so that a file outlives their order.
pub(super) mod category {
    use rm_alloc_core::Category;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::category_name;

    pub(crate) fn serialize<S: Serializer>(
        it: &Category,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(category_name(*it))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Category, D::Error> {
        let name = <std::borrow::Cow<'d, str>>::deserialize(from)?;
        let found = Category::ALL.iter().find(|category| category_name(**category) == name);
        found.copied().ok_or_else(|| D::Error::custom("no such category"))
    }
}

/// Ratios, of which an infinite one is nothing, because not every format has a word for it.
pub(super) mod ratio {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(crate) fn serialize<S: Serializer>(ratio: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Some(*ratio).filter(|ratio| ratio.is_finite()).serialize(serializer)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
    }
}

/// Tags as their numbers.
pub(super) mod tag {
    use rm_alloc_core::Tag;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(tag: &Tag, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(tag.0)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Tag, D::Error> {
        u32::deserialize(from).map(Tag)
    }
}
