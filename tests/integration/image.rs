//! The image: what its build sees, and, where `make image` built it, its container as the runner runs it.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::action::{hostile, ours, step};
use crate::errors::drifted;
use crate::estate::{Estate, ONE, THREE};
use crate::runner::{Image, files};

/// Bytes that the image may have.
const LARGEST: u64 = 12_000_000;

/// `cargo` as the Dockerfile's build calls it, but only checked, in the profile of other checks, so that it costs seconds.
/// The build itself is what `make image` does.
const CHECKING: &str = r#"#!/bin/sh
set -eu
printf '%s\n' "$@" >"$SEEN"
test -f .cargo/dist.toml
CARGO_TARGET_DIR="$CHECKED" "$REAL" check --locked --no-default-features --bin drift-detector
mkdir -p target/some-tuple/dist && echo built >target/some-tuple/dist/drift-detector
"#;

#[test]
fn the_build_finds_all_it_needs_in_what_the_dockerfile_copies() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Always the same, so that what was checked is not checked again.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
    let shim = folder.join("bin/cargo");
    fs::create_dir_all(folder.join("bin"))?;
    fs::write(&shim, CHECKING)?;
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755))?;
    let binary = Path::new(env!("CARGO_BIN_EXE_drift-detector"));
    let target = binary.ancestors().nth(2).context("the target folder holds the profile's")?;
    for (arch, tuple) in
        [("amd64", "x86_64-unknown-linux-gnu"), ("arm64", "aarch64-unknown-linux-gnu"), ("", "host-tuple")]
    {
        let seen = folder.join("seen");
        let paths = env::join_paths(
            [shim.parent().context("it has a folder")?.to_owned()]
                .into_iter()
                .chain(env::split_paths(&env::var_os("PATH").context("there is a PATH")?)),
        )?;
        let done = Command::new(repository.join(".ci/build-stage"))
            .arg(folder.join("root"))
            .env("PATH", paths)
            .env("REAL", env!("CARGO"))
            .env("SEEN", &seen)
            .env("CHECKED", target)
            .env("TARGETARCH", arch)
            .output()?;
        ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let called = fs::read_to_string(seen)?;
        let called: Vec<&str> = called.lines().collect();
        assert!(called.windows(2).any(|it| it == ["--target", tuple]), "{called:?}");
        assert!(called.windows(2).any(|it| it == ["--config", ".cargo/dist.toml"]), "{called:?}");
        assert!(called.contains(&"--locked"), "{called:?}");
        assert_eq!(fs::read_to_string(folder.join("root/src/drift-detector"))?, "built\n");
    }
    Ok(())
}

#[test]
fn what_the_dockerfile_copies_reaches_the_builder() -> Result<()> {
    let read = |name| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let (dockerfile, ignored) = (read("Dockerfile")?, read(".dockerignore")?);
    let copied = dockerfile.lines().filter_map(|it| it.strip_prefix("COPY ")).filter(|it| !it.starts_with("--from"));
    let mut copied: Vec<&str> = copied.flat_map(|it| it.split(' ').rev().skip(1)).collect();
    let mut let_in: Vec<&str> = ignored.lines().filter_map(|it| it.strip_prefix('!')).collect();
    copied.sort_unstable();
    let_in.sort_unstable();
    assert_eq!(copied, let_in);
    Ok(())
}

/// A clone, and the script that the release workflow calls.
#[test]
fn a_release_is_a_commit_that_names_the_image_and_tags_that_move() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new()?;
    let git = |arguments: &[&str]| -> Result<String> {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder.path())
            .output()?;
        ensure!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    for name in ["action.yml", "Cargo.toml", "Dockerfile"] {
        fs::copy(repository.join(name), folder.path().join(name))?;
    }
    let said = |version: &str| -> Result<()> {
        let text = fs::read_to_string(repository.join("Cargo.toml"))?;
        let at = text.find("\nversion = \"").context("Cargo.toml has a version")?;
        let end = at + 1 + text[at + 1..].find('\n').context("the line ends")?;
        fs::write(
            folder.path().join("Cargo.toml"),
            format!("{}\nversion = \"{version}\"{}", &text[..at], &text[end..]),
        )?;
        git(&["add", "."])?;
        git(&["commit", "--quiet", "--message", version]).map(drop)
    };
    let release = |version: &str, image: &str| -> Result<bool> {
        let mut command = Command::new(repository.join(".ci/release-commit"));
        let names = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        command.args([version, image]).current_dir(folder.path()).envs(names.map(|it| (it, "a@example.com")));
        Ok(command.output()?.status.success())
    };
    let image = format!("registry.example.com/some/drift-detector@sha256:{}", "5f".repeat(32));
    said("1.4.0")?;
    for (version, image) in [("1.4", &*image), ("1.5.0", &image), ("1.4.0", "registry.example.com/a:latest")] {
        assert!(!release(version, image)?, "{version} {image}");
    }
    assert!(release("1.4.0", &image)?);
    let action = |tag: &str| git(&["show", &format!("{tag}:action.yml")]);
    assert!(action("v1.4.0")?.ends_with(&format!("\n  image: docker://{image}")), "{}", action("v1.4.0")?);
    assert_eq!(git(&["diff", "--stat", "main", "v1.4.0", "--", ":!action.yml"])?, "");
    assert_eq!(git(&["diff", "--numstat", "main", "v1.4.0"])?, "2\t2\taction.yml");
    git(&["checkout", "--quiet", "main"])?;
    assert!(!release("1.4.0", &image)?, "a version is released once");
    said("1.4.1")?;
    assert!(release("1.4.1", &image)?);
    let commit = |tag: &str| git(&["rev-parse", &format!("{tag}^{{commit}}")]);
    assert_eq!((commit("v1")?, commit("v1.4")?), (commit("v1.4.1")?, commit("v1.4.1")?));
    assert_ne!(commit("v1.4.0")?, commit("v1.4.1")?);
    Ok(())
}

#[test]
#[ignore = "needs the image: `make image` builds it and runs this"]
fn the_image_is_one_static_binary_and_certificate_authorities() -> Result<()> {
    let image = Image::new()?;
    let description = image.description()?;
    let config = &description["OCIv1"]["config"];
    assert_eq!(config["Entrypoint"], json!(["/drift-detector"]));
    for root in ["User", "WorkingDir", "Cmd", "Volumes"] {
        assert_eq!(config[root], Value::Null, "{root}");
    }
    let root = image.root()?;
    let found: Vec<_> = files(&root)?.iter().map(|it| it.display().to_string()).collect();
    assert_eq!(found, ["drift-detector", "etc/ssl/certs/ca-certificates.crt"]);
    assert!(fs::read_to_string(root.join(&found[1]))?.contains("-----BEGIN CERTIFICATE-----"));
    let linked = Command::new("ldd").arg(root.join("drift-detector")).output()?;
    assert!(String::from_utf8(linked.stdout)?.contains("statically linked"));
    let manifest: Value = serde_json::from_str(description["Manifest"].as_str().context("a manifest")?)?;
    let layers = manifest["layers"].as_array().context("layers")?;
    let size: u64 = layers.iter().filter_map(|it| it["size"].as_u64()).sum();
    assert!(size <= LARGEST, "the image has {size} bytes");
    Ok(())
}

#[test]
#[ignore = "needs the image: `make image` builds it and runs this"]
fn a_container_does_what_the_binary_does() -> Result<()> {
    let image = Image::new()?;
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    let here = step(&estate, "schedule", &[("mode", "detect"), ("fail-on", "drift")])?.run()?;
    let prepared = step(&estate, "schedule", &[("mode", "detect"), ("fail-on", "drift")])?.owned_by(1001, 121)?;
    let there = prepared.run_in(&image)?;
    assert_eq!(there.code, here.code, "{}", there.said());
    let (mut outputs, mut wanted) = (there.outputs()?, here.outputs()?);
    for name in ["summary-json", "fingerprint"] {
        assert_eq!(outputs.remove(name).is_some(), wanted.remove(name).is_some());
    }
    assert_eq!(outputs, wanted);
    assert_eq!(there.summary()?, there.file("drift-report/summary.md")?);
    assert_eq!(ours(&there)?, ours(&here)?);
    assert_eq!(there.strangers(1001, 121)?, Vec::<std::path::PathBuf>::new());
    Ok(())
}

#[test]
#[ignore = "needs the image: `make image` builds it and runs this"]
fn hostile_text_gives_the_runner_no_command_out_of_a_container() -> Result<()> {
    let image = Image::new()?;
    let estate = Estate::new(&hostile(), Profile::Release, ONE)?;
    let answer = step(&estate, "schedule", &[("mode", "detect")])?.variable("DRIFT_LOG", "trace").run_in(&image)?;
    assert_eq!(ours(&answer)?, ["group", "stop-commands", "endgroup", "warning"], "{}", answer.said());
    assert_eq!(answer.outputs()?["status"], "drift", "{}", answer.said());
    Ok(())
}
