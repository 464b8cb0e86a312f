//! The folder of a recording: there whole or not at all, and for its owner alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use uuid::Uuid;

use crate::bundle::{INDEX, version};
use crate::inputs::GitHub;
use crate::publish::{self, Owner};

/// Writes the files into a new folder beside it, which then takes its place. An older recording is replaced.
pub(super) fn write(folder: &Path, files: &[(String, String)], github: &GitHub) -> anyhow::Result<()> {
    let owner = if github.actions { Owner::of(&github.workspace) } else { Owner::Process };
    let name = folder.file_name().context("the folder of a recording has a name")?.to_string_lossy();
    let temporary = folder.with_file_name(format!(".{name}.{}", Uuid::new_v4()));
    let written = fill(&temporary, files, owner).and_then(|()| replace(folder, &temporary));
    if written.is_err() {
        // Whatever was left of it; the error that matters is the one above.
        let _ = fs::remove_dir_all(&temporary);
    }
    written.with_context(|| format!("failed to keep what was read in `{}`", folder.display()))
}

fn fill(folder: &Path, files: &[(String, String)], owner: Owner) -> anyhow::Result<()> {
    let failed = || format!("failed to write `{}`", folder.display());
    publish::create_folder(folder.parent().unwrap_or(Path::new("")), owner)?;
    fs::DirBuilder::new().mode(0o700).create(folder).with_context(failed)?;
    for (name, text) in files {
        let path = folder.join(name);
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(failed)?;
        owner.take(&path);
    }
    owner.take(folder);
    Ok(())
}

fn replace(folder: &Path, by: &Path) -> anyhow::Result<()> {
    // An empty folder gives way; one that was filled since the run began is not ours.
    if fs::rename(by, folder).is_ok() {
        return Ok(());
    }
    let index = fs::read_to_string(folder.join(INDEX)).context("the folder holds something else than a recording")?;
    version(&index).context("the folder holds something else than a recording")?;
    let old = folder.with_file_name(format!(".old.{}", Uuid::new_v4()));
    fs::rename(folder, &old)?;
    fs::rename(by, folder).or_else(|error| fs::rename(&old, folder).and(Err(error)))?;
    fs::remove_dir_all(&old)?;
    Ok(())
}
