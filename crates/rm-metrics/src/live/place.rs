//! Where a socket is: put there with its permissions, and taken away at the end.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Read and write for the owner alone; to connect is to write.
const SOCKET_MODE: u32 = 0o600;

/// A folder that only its owner may enter.
const FOLDER_MODE: u32 = 0o700;

/// A socket in the file system, removed on drop.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    // Which file it is, so that nobody else's is removed.
    identity: (u64, u64),
}

/// The folder in which a socket is born, removed on drop with what is left in it.
#[derive(Debug)]
struct Cradle(PathBuf);

impl Place {
    /// Listens at `path`.
    ///
    /// `bind` makes a socket with the mode that the umask leaves, and the umask is the whole process's. So the socket is made
    /// in a folder of its own that nobody else may enter, gets its mode there, and is then renamed to `path`: there is no
    /// moment in which somebody else could connect, and none in which `path` is half done.
    pub(super) fn open(path: &Path) -> io::Result<(UnixListener, Self)> {
        if path.file_name().is_none() {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let cradle = Cradle::create(path)?;
        let newborn = cradle.socket();
        let listener = UnixListener::bind(&newborn)?;
        fs::set_permissions(&newborn, Permissions::from_mode(SOCKET_MODE))?;
        listener.set_nonblocking(true)?;
        let metadata = fs::symlink_metadata(&newborn)?;
        check(path, metadata.uid())?;
        fs::rename(&newborn, path)?;
        let identity = (metadata.dev(), metadata.ino());
        Ok((listener, Self { path: path.into(), identity }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| (there.dev(), there.ino()) == self.identity) {
            // Nobody is told of an error; a socket without a listener is replaced by the next one.
            fs::remove_file(&self.path).ok();
        }
    }
}

impl Cradle {
    /// A new folder beside `path`.
    fn create(path: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Short, for the whole path of a socket has some hundred bytes.
        let folder = path.with_file_name(format!(".rm-{:x}-{number:x}", process::id()));
        DirBuilder::new().mode(FOLDER_MODE).create(&folder)?;
        Ok(Self(folder))
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }
}

impl Drop for Cradle {
    fn drop(&mut self) {
        // The socket is gone if all went well.
        fs::remove_file(self.socket()).ok();
        fs::remove_dir(&self.0).ok();
    }
}

/// Whether a socket of `user` may take the place of what is at `path`: nothing, or a socket of theirs without a listener.
fn check(path: &Path, user: u32) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        there => there?,
    };
    if !there.file_type().is_socket() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if there.uid() != user {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}
