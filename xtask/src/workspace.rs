//! What every task needs of the workspace: its root, its manifests, its files, and cargo.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use cargo_metadata::{Message, Metadata, MetadataCommand, Package};

use crate::failure::Failure;

/// The root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The manifests of the workspace, without resolving anything.
///
/// # Errors
///
/// [`Failure::Prerequisite`] with what cargo said.
pub(crate) fn metadata() -> Result<Metadata, Failure> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .map_err(|error| Failure::prerequisite("cargo metadata", error))
}

/// The crates that go to the registry.
pub(crate) fn published(metadata: &Metadata) -> Vec<&Package> {
    let mut packages = metadata.workspace_packages();
    packages.retain(|package| package.publish.as_ref().is_none_or(|to| !to.is_empty()));
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    packages
}

/// A cargo command that runs in the root of the workspace.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs `command` with its output shown.
///
/// # Errors
///
/// [`Failure::Check`] if it ends with another code than 0, [`Failure::Prerequisite`] if it cannot
/// be started.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = shown(command);
    let status = command.status().map_err(|error| Failure::prerequisite(&shown, error))?;
    if status.success() { Ok(()) } else { Err(Failure::Check(format!("`{shown}` failed"))) }
}

/// Runs `command` silently and gives its standard output.
///
/// # Errors
///
/// [`Failure::Prerequisite`] if it cannot be started or ends with another code than 0, with the
/// last line that it wrote to its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command.output().map_err(|error| Failure::prerequisite(&shown, error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    Err(Failure::Prerequisite(format!("`{shown}` failed: {last}")))
}

/// Every file that git tracks or would track, as paths below `root` with `/` between the parts.
///
/// Without git (a source archive) every file outside `target` and hidden folders.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root);
    let mut files = match output(&mut git) {
        Ok(listed) => listed.split_terminator('\0').map(str::to_owned).collect(),
        Err(_) => walk(root, root),
    };
    files.retain(|file| !file.starts_with("target/") && root.join(file).is_file());
    files.sort();
    files.dedup();
    files
}

fn walk(root: &Path, folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if !path.is_dir() {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.iter().map(OsStr::to_string_lossy).collect();
            files.push(parts.join("/"));
        } else if name != "target" && !name.to_string_lossy().starts_with('.') {
            files.extend(walk(root, &path));
        }
    }
    files
}

/// The command line as a person would type it, without folders before the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let parts = std::iter::once(program).chain(command.get_args());
    parts.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Builds the one program that `target` names, in release, and gives its path.
///
/// # Errors
///
/// [`Failure::Prerequisite`] if cargo cannot be run, [`Failure::Check`] if the program does not build.
pub(crate) fn build_program(target: &[&str]) -> Result<PathBuf, Failure> {
    let mut command =
        cargo(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"]);
    command.args(target).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| Failure::prerequisite("cargo build", error))?;
    if !output.status.success() {
        return Err(Failure::Check(format!("{} does not build", target[1])));
    }
    let messages = Message::parse_stream(output.stdout.as_slice()).flatten();
    let mut programs = messages.filter_map(|message| match message {
        Message::CompilerArtifact(artifact) => artifact.executable,
        _ => None,
    });
    let program = programs.next().map(PathBuf::from);
    program.ok_or_else(|| Failure::Check(format!("cargo built {} without a program", target[1])))
}

#[cfg(test)]
mod tests {
    use super::{files, metadata, published, root, walk};

    #[test]
    fn listing_with_and_without_git_finds_this_file_and_nothing_built() {
        for listed in [files(&root()), walk(&root(), &root())] {
            assert!(listed.iter().any(|file| file == "xtask/src/workspace.rs"), "{listed:?}");
            assert!(!listed.iter().any(|file| file.starts_with("target/")), "{listed:?}");
        }
    }

    #[test]
    fn development_crates_are_not_published() {
        let metadata = metadata().unwrap();
        let names: Vec<_> = published(&metadata).iter().map(|it| it.name.as_str()).collect();
        assert!(names.contains(&"rm-state"), "{names:?}");
        assert!(!names.contains(&"xtask"), "{names:?}");
    }
}
