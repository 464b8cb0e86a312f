//! Files that are either there whole or not at all.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use uuid::Uuid;

/// Who gets the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Whoever runs this.
    Process,
    /// This user and group: a container runs as root, and its files would keep the next checkout from cleaning up.
    Other(u32, u32),
}

impl Owner {
    /// The owner of a folder, where it can be found out.
    pub fn of(folder: &Path) -> Self {
        fs::metadata(folder).map_or(Self::Process, |it| Self::Other(it.uid(), it.gid()))
    }

    /// Hands a file over where that is allowed; a file that stays ours is still a file.
    pub fn take(self, path: &Path) {
        if let Self::Other(user, group) = self
            && let Err(error) = chown(path, Some(user), Some(group))
        {
            tracing::debug!(%error, "Left the owner of `{}` as it is", path.display());
        }
    }
}

/// Creates a folder and what is missing above it, and hands over what it created.
///
/// # Errors
/// The folder cannot be created.
pub fn create_folder(folder: &Path, owner: Owner) -> anyhow::Result<()> {
    let missing: Vec<_> = folder.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists()).collect();
    fs::create_dir_all(folder).with_context(|| format!("failed to create the folder `{}`", folder.display()))?;
    missing.into_iter().for_each(|it| owner.take(it));
    Ok(())
}

/// Writes a file through a temporary one beside it, so that nobody reads half of it.
pub(super) fn write(path: &Path, text: &str, owner: Owner) -> anyhow::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}", Uuid::new_v4()));
    let written = fs::write(&temporary, text).and_then(|()| {
        owner.take(&temporary);
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // Whatever was left of it; the error that matters is the one above.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok(path.to_owned())
}

/// Appends to a file of the runner, in one write.
pub(super) fn append(path: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok(path.to_owned())
}
