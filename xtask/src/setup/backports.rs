//! A newer lavapipe for Debian 12, unpacked below `target/vulkan/` and installed nowhere.
//!
//! The packages come from bookworm-backports on the archive that this machine uses anyway, through
//! a source list of our own; the sources, lists and packages of the system stay as they are.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
};

use super::sources::{self, TemporaryList};
use crate::{failure::Failure, workspace};

/// What the driver is called in reports.
pub(crate) const LABEL: &str = "lavapipe from bookworm-backports";
/// The package with the driver, and the suite it is to come from.
const DRIVER: &str = "mesa-vulkan-drivers";
const SUITE: &str = "bookworm-backports";
/// The library of the driver.
const LIBRARY: &str = "libvulkan_lvp.so";

/// What a program needs in its environment to run on the unpacked driver, if that is there.
///
/// # Errors
///
/// [`Failure::Prerequisite`] if the driver file cannot be written.
pub(crate) fn environment() -> Result<Option<Vec<(String, OsString)>>, Failure> {
    let folder = folder();
    let Some(libraries) = libraries(&folder) else { return Ok(None) };
    let manifest = folder.join("lvp_icd.absolute.json");
    let text = driver_file(&folder, &libraries.join(LIBRARY));
    // Written anew when the workspace has moved, since the path inside is absolute.
    if fs::read_to_string(&manifest).ok().as_ref() != Some(&text) {
        fs::write(&manifest, text).map_err(|error| trouble("writing the driver file", error))?;
    }
    Ok(Some(vec![
        ("VK_DRIVER_FILES".into(), manifest.clone().into()),
        ("VK_ICD_FILENAMES".into(), manifest.into()),
        ("LD_LIBRARY_PATH".into(), search_path(&libraries)),
    ]))
}

/// Downloads and unpacks the driver, unless it is there.
///
/// # Errors
///
/// [`Failure::Prerequisite`] with the step that failed. Nothing half-done is left behind.
pub(crate) fn unpack() -> Result<(), Failure> {
    if libraries(&folder()).is_some() {
        return Ok(());
    }
    println!("unpacking {LABEL} below target/vulkan");
    let apt = Apt::prepare()?;
    workspace::output(&mut apt.command("apt-get", &["update", "-qq"]))?;
    let wanted = format!("{DRIVER}/{SUITE}");
    let plan =
        apt.command("apt-get", &["--simulate", "--no-install-recommends", "install", &wanted]);
    let packages = planned(&workspace::output(&mut { plan })?);
    if packages.is_empty() {
        // The system already has what the backports would give.
        return Ok(());
    }
    let partial = home().join(format!("partial-{}", process::id()));
    let result = apt.fetch(&packages, &partial).and_then(|()| verify(&partial));
    let result = result.and_then(|()| {
        fs::rename(&partial, folder()).map_err(|error| trouble("moving the driver", error))
    });
    if result.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    result
}

/// apt with lists, cache and sources of its own.
struct Apt {
    configuration: PathBuf,
    downloads: PathBuf,
}

impl Apt {
    fn prepare() -> Result<Self, Failure> {
        let home = home().join("apt");
        let downloads = home.join("downloads");
        let lists = home.join("sources.list.d");
        let _ = fs::remove_dir_all(&lists);
        let _ = fs::remove_dir_all(&downloads);
        for folder in [&lists, &downloads, &home.join("lists/partial"), &home.join("cache")] {
            fs::create_dir_all(folder).map_err(|error| trouble("making target/vulkan", error))?;
        }
        let list = machine_archive().ok_or_else(|| {
            Failure::Prerequisite(
                "apt is not set up with a bookworm archive to take the backports from".into(),
            )
        })?;
        let write = |path: &Path, text: &str| {
            fs::write(path, text).map_err(|error| trouble("writing the source list", error))
        };
        write(&lists.join(format!("backports.{}", list.extension)), &list.text)?;
        // Read after the system's own settings: proxies stay, hooks that touch the system do not.
        let (lists, home) = (lists.display(), home.display());
        let configuration = PathBuf::from(format!("{home}/apt.conf"));
        let text = format!(
            "#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n\
             #clear Acquire::IndexTargets::deb::DEP-11;\n\
             APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n\
             Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{lists}\";\n\
             Dir::State::lists \"{home}/lists\";\nDir::Cache \"{home}/cache\";\n"
        );
        write(&configuration, &text)?;
        Ok(Self { configuration, downloads })
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(&self.configuration).args(arguments).current_dir(&self.downloads);
        command.env("LC_ALL", "C");
        command
    }

    fn fetch(&self, packages: &[String], into: &Path) -> Result<(), Failure> {
        let mut arguments = vec!["download", "-qq"];
        arguments.extend(packages.iter().map(String::as_str));
        workspace::output(&mut self.command("apt-get", &arguments))?;
        let _ = fs::remove_dir_all(into);
        let files = fs::read_dir(&self.downloads).map_err(|error| trouble("reading", error))?;
        for file in files.flatten().map(|entry| entry.path()) {
            workspace::output(Command::new("dpkg").arg("-x").args([file.as_path(), into]))?;
        }
        Ok(())
    }
}

/// The main archive of this machine, rewritten to include its backports.
fn machine_archive() -> Option<TemporaryList> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = parts.map(|entry| entry.path()).collect();
    paths.sort();
    paths.push("/etc/apt/sources.list".into());
    paths.iter().find_map(|path| {
        let text = fs::read_to_string(path).ok()?;
        match path.extension()?.to_str()? {
            "sources" => sources::of_stanzas(&text),
            "list" => sources::of_lines(&text),
            _ => None,
        }
    })
}

/// `name=version` of what a simulated installation would install, as far as a driver needs it: no
/// interpreters, which packages use for their scripts, and never the C library, which must be the
/// one of the running system.
fn planned(simulated: &str) -> Vec<String> {
    let installs = simulated.lines().filter_map(|line| line.strip_prefix("Inst "));
    let all = installs.filter_map(|line| {
        let name = line.split_whitespace().next()?;
        let version = line.split_once('(')?.1.split_whitespace().next()?;
        Some((name, version))
    });
    let needed = all.filter(|(name, _)| {
        let library = name.starts_with("lib") || name.starts_with("zlib") || *name == DRIVER;
        library && !name.starts_with("libc6") && !name.starts_with("libpython")
    });
    needed.map(|(name, version)| format!("{name}={version}")).collect()
}

/// Makes sure that the driver finds every library it is linked to.
fn verify(folder: &Path) -> Result<(), Failure> {
    let libraries = libraries(folder)
        .ok_or_else(|| Failure::Prerequisite(format!("{DRIVER} of {SUITE} has no {LIBRARY}")))?;
    let mut ldd = Command::new("ldd");
    ldd.arg(libraries.join(LIBRARY)).env("LD_LIBRARY_PATH", search_path(&libraries));
    let linked = workspace::output(&mut ldd)?;
    let lost: Vec<&str> = linked
        .lines()
        .filter(|line| line.ends_with("not found"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(Failure::Prerequisite(format!("the unpacked driver lacks {}", lost.join(", "))))
}

fn home() -> PathBuf {
    workspace::root().join("target/vulkan")
}

fn folder() -> PathBuf {
    home().join("lavapipe-backports")
}

/// The folder with the driver's library: `usr/lib/<architecture>`.
fn libraries(folder: &Path) -> Option<PathBuf> {
    let architectures = fs::read_dir(folder.join("usr/lib")).ok()?.flatten();
    architectures.map(|entry| entry.path()).find(|path| path.join(LIBRARY).is_file())
}

/// Our libraries before those that the environment names already.
fn search_path(libraries: &Path) -> OsString {
    let mut path = OsString::from(libraries);
    if let Some(present) = env::var_os("LD_LIBRARY_PATH").filter(|it| !it.is_empty()) {
        path.push(":");
        path.push(present);
    }
    path
}

/// The driver file for the loader: the packaged one names its library without a folder.
fn driver_file(folder: &Path, library: &Path) -> String {
    let packaged = fs::read_dir(folder.join("usr/share/vulkan/icd.d")).into_iter().flatten();
    let mut names = packaged.flatten().map(|entry| entry.path());
    let lavapipe =
        names.find(|it| it.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"lvp")));
    let packaged = lavapipe.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let version =
        packaged.split_once("\"api_version\"").and_then(|(_, rest)| rest.split('"').nth(1));
    let version = version.unwrap_or("1.3.0");
    let library = library.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "{{\n  \"file_format_version\": \"1.0.0\",\n  \"ICD\": {{\n    \"api_version\": \"{version}\",\n    \
         \"library_path\": \"{library}\"\n  }}\n}}\n"
    )
}

fn trouble(doing: &str, error: io::Error) -> Failure {
    Failure::prerequisite(doing, error)
}

#[cfg(test)]
mod tests {
    use super::planned;

    #[test]
    fn a_plan_takes_libraries_but_neither_interpreters_nor_the_c_library() {
        let simulated = "\
NOTE: a simulation.
Inst libdrm2 [2.4.114-1+b1] (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])
Inst libc6 [2.36-9] (2.36-10 Debian:12/oldstable [amd64])
Inst python3 (3.11.2-1 Debian:12/oldstable [amd64])
Inst libpython3-stdlib (3.11.2-1 Debian:12/oldstable [amd64])
Inst libllvm15 (1:15.0.6-4+b1 Debian:12/oldstable [amd64]) []
Inst mesa-vulkan-drivers (25.0.7-2~bpo12+1 Debian Backports:oldstable-backports [amd64])
Conf libdrm2 (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])
";
        assert_eq!(
            planned(simulated),
            [
                "libdrm2=2.4.123-1~bpo12+1",
                "libllvm15=1:15.0.6-4+b1",
                "mesa-vulkan-drivers=25.0.7-2~bpo12+1",
            ]
        );
        assert!(planned("0 upgraded, 0 newly installed\n").is_empty());
    }
}
