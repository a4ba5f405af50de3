//! Compiles the shaders: WGSL in, SPIR-V out, and a sentence with file and line where that fails.

use std::{env, error::Error, fs, path::Path};

use naga::{
    back::spv,
    front::wgsl,
    proc::{BoundsCheckPolicies, BoundsCheckPolicy},
    valid::{Capabilities, ValidationFlags, Validator},
};

const FOLDER: &str = "shaders";
/// What every shader begins with, because WGSL knows no includes.
const PRELUDE: &str = "frame.wgsl";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let out = env::var("OUT_DIR")?;
    let folder = Path::new(FOLDER);
    let prelude = fs::read_to_string(folder.join(PRELUDE))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix(".wgsl").filter(|_| name != PRELUDE) else { continue };
        let own = fs::read_to_string(&path)?;
        let shader = Shader { name, own: &own, prelude: &prelude };
        let words = shader.compile()?;
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        fs::write(Path::new(&out).join(format!("{stem}.spv")), bytes)?;
    }
    Ok(())
}

/// One file, and what stands before it.
struct Shader<'a> {
    name: &'a str,
    own: &'a str,
    prelude: &'a str,
}

impl Shader<'_> {
    /// Its SPIR-V, all entry points in one module.
    fn compile(&self) -> Result<Vec<u32>, String> {
        let text = [self.prelude, self.own].concat();
        let module = wgsl::parse_str(&text).map_err(|error| {
            let line = error.location(&text).map(|it| it.line_number);
            self.complaint(line, error.message())
        })?;
        let validated =
            Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
        let info = validated.map_err(|error| {
            let line = error.location(&text).map(|it| it.line_number);
            // Each reason is more precise than the one before.
            let mut what = error.as_inner().to_string();
            let mut reason = error.as_inner().source();
            while let Some(inner) = reason {
                what = format!("{what}: {inner}");
                reason = inner.source();
            }
            self.complaint(line, &what)
        })?;
        // Texels outside an image are asked for on purpose nowhere; indices into buffers are clamped, so that no input
        // makes a shader leave them.
        let policies = BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: BoundsCheckPolicy::Restrict,
            image_load: BoundsCheckPolicy::Restrict,
            binding_array: BoundsCheckPolicy::Unchecked,
        };
        let options = spv::Options {
            lang_version: (1, 3),
            flags: spv::WriterFlags::empty(),
            bounds_check_policies: policies,
            ..spv::Options::default()
        };
        spv::write_vec(&module, &info, &options, None)
            .map_err(|error| self.complaint(None, &error.to_string()))
    }

    /// A sentence that names the file and the line that is meant, whichever of the two it is in.
    fn complaint(&self, line: Option<u32>, what: &str) -> String {
        let before = u32::try_from(self.prelude.lines().count()).unwrap_or(u32::MAX);
        match line {
            Some(line) if line > before => {
                format!("{FOLDER}/{}:{}: {what}", self.name, line - before)
            }
            Some(line) => format!("{FOLDER}/{PRELUDE}:{line}: {what}"),
            None => format!("{FOLDER}/{}: {what}", self.name),
        }
    }
}
