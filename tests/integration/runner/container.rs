//! The action's image, run as the runner runs it, by buildah: that needs no daemon.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::job::Folders;

/// A container of the image that the variable `DRIFT_IMAGE` names, removed when it is dropped.
pub(crate) struct Image {
    container: String,
    name: String,
}

impl Image {
    pub(crate) fn new() -> Result<Self> {
        let name = env::var("DRIFT_IMAGE").context("DRIFT_IMAGE names no image: run `make image`")?;
        let container = said(&["from", "--pull-never", &name])?;
        Ok(Self { container, name })
    }

    /// What the image says of itself: `OCIv1.config`, `Manifest`, …
    pub(crate) fn description(&self) -> Result<Value> {
        Ok(serde_json::from_str(&said(&["inspect", "--type", "image", &self.name])?)?)
    }

    /// The root of its file system.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(said(&["mount", &self.container])?))
    }

    /// A run of its entry point with the mounts and the working directory of a container action. Variables that the host
    /// has for itself do not get in.
    pub(crate) fn command<'a>(
        &self,
        folders: &Folders,
        variables: impl IntoIterator<Item = (&'a String, &'a String)>,
        arguments: &[String],
    ) -> Result<process::Command> {
        let description = self.description()?;
        let entry = description["OCIv1"]["config"]["Entrypoint"].as_array().context("the image has an entry point")?;
        let mut command = buildah();
        command.args(["run", "--isolation", "chroot", "--workingdir", "/github/workspace"]);
        for (here, there) in folders.mounts() {
            command.arg("--volume").arg(format!("{}:{there}", here.display()));
        }
        for (name, value) in variables {
            if !matches!(name.as_str(), "PATH" | "SSL_CERT_FILE" | "SSL_CERT_DIR") {
                command.arg("--env").arg(format!("{name}={}", folders.translated(value)));
            }
        }
        command.args([&self.container, "--"]).args(entry.iter().filter_map(Value::as_str)).args(arguments);
        command.stdin(Stdio::null());
        Ok(command)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = buildah().args(["rm", &self.container]).output();
    }
}

/// Files below a folder, as paths from it.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in next.read_dir()? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).context("it lies below")?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn buildah() -> process::Command {
    let mut command = process::Command::new("buildah");
    command.env("STORAGE_DRIVER", "vfs");
    command
}

fn said(arguments: &[&str]) -> Result<String> {
    let done = buildah().args(arguments).output().context("failed to run buildah")?;
    ensure!(done.status.success(), "buildah {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8(done.stdout)?.trim().to_owned())
}
