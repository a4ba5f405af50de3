//! What the host gets, how two of them differ, and how one is written to a file.

use std::{fs::File, io::BufWriter, path::Path};

use crate::{error::FrameError, options::Size};

/// Texels of red, green, blue and alpha, a byte each, row by row from the top.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Picture {
    /// Texels of a row, and rows.
    pub size: Size,
    /// Four a texel.
    pub bytes: Vec<u8>,
}

/// Where two pictures are not the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The frame, from zero.
    pub frame: u32,
    /// Texels that differ.
    pub texels: u64,
    /// The first one, from the left and from the top.
    pub first: (u32, u32),
}

impl Picture {
    /// Writes the picture as PNG, without its alpha.
    ///
    /// # Errors
    ///
    /// [`FrameError::Png`] with what the system or the encoder says.
    pub fn write_png(&self, path: &Path) -> Result<(), FrameError> {
        let failed = |reason: String| FrameError::Png { path: path.to_owned(), reason };
        let file = File::create(path).map_err(|error| failed(error.to_string()))?;
        let mut encoder =
            png::Encoder::new(BufWriter::new(file), self.size.width, self.size.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let colors: Vec<u8> =
            self.bytes.chunks_exact(4).flat_map(|texel| &texel[..3]).copied().collect();
        let mut writer = encoder.write_header().map_err(|error| failed(error.to_string()))?;
        writer.write_image_data(&colors).map_err(|error| failed(error.to_string()))?;
        writer.finish().map_err(|error| failed(error.to_string()))
    }

    /// Where this picture of `frame` is not what `other` is; `None` if they are equal bit for bit.
    pub(crate) fn compare(&self, other: &Self, frame: u32) -> Option<Difference> {
        let texels = self.bytes.chunks_exact(4).zip(other.bytes.chunks_exact(4));
        let mut differ = (0_u32..).zip(texels).filter(|(_, (a, b))| a != b).map(|(at, _)| at);
        let first = differ.next()?;
        let width = self.size.width;
        let texels = 1 + differ.count() as u64;
        Some(Difference { frame, texels, first: (first % width, first / width) })
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;
    use crate::options::Size;

    #[test]
    fn a_difference_says_where_and_how_much() {
        let size = Size { width: 4, height: 2 };
        let picture = Picture { size, bytes: vec![7; 32] };
        let mut other = picture.clone();
        assert_eq!(picture.compare(&other, 3), None);
        other.bytes[23] = 8;
        other.bytes[31] = 8;
        let difference = picture.compare(&other, 3).unwrap();
        assert_eq!((difference.frame, difference.texels, difference.first), (3, 2, (1, 1)));
    }
}
