//! The table of built-in kinds against a real server, and schemas of custom resources.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use serde_json::json;

use super::*;
use generate::Source;

mod generate;
mod objects;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/drift/types/builtin.txt");

/// A running API server; it ends when its standard input does, so with this value.
struct Server {
    process: Child,
    folder: tempfile::TempDir,
    binaries: PathBuf,
}

impl Server {
    fn start(binaries: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = Command::new(binaries.join("kube-apiserver"))
            .arg("--dir")
            .arg(folder.path().join("server"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start the server of `{}`", binaries.display()))?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("stdout is piped")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).context("the server did not start")?;
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {
                "server": ready["server"], "certificate-authority-data": ready["caData"],
            }}],
            "users": [{"name": "it", "user": {"token": "admin-token"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        std::fs::write(folder.path().join("config"), config.to_string())?;
        Ok(Self { process, folder, binaries: binaries.to_owned() })
    }

    fn get(&self, path: &str) -> anyhow::Result<Value> {
        let config = self.folder.path().join("config");
        let output = Command::new(self.binaries.join("kubectl"))
            .env_clear()
            .env("HOME", self.folder.path())
            .arg("--kubeconfig")
            .arg(config)
            .args(["get", "--raw", path])
            .output()?;
        anyhow::ensure!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only for a process that ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The version of the server, and what it says about its types.
fn read(binaries: &Path) -> anyhow::Result<(String, Source)> {
    let server = Server::start(binaries)?;
    let version = server.get("/version")?;
    let index = server.get("/openapi/v3")?;
    let mut served = Vec::new();
    for path in index["paths"].as_object().context("the index names paths")?.keys() {
        if path.starts_with("api") {
            served.push(server.get(&format!("/openapi/v3/{path}"))?);
        }
    }
    let output = Command::new(binaries.join("kube-types")).output().context("failed to run kube-types")?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let go = serde_json::from_slice(&output.stdout)?;
    Ok((version["gitVersion"].as_str().context("a server has a version")?.to_owned(), Source { served, go }))
}

/// Newest version first.
fn sources() -> anyhow::Result<Vec<(String, Source)>> {
    let folders = std::env::var_os("DRIFT_SCHEMAS").or_else(|| std::env::var_os("DRIFT_APISERVER"));
    let folders = folders.filter(|it| !it.is_empty());
    if folders.is_none() {
        anyhow::ensure!(std::env::var_os("CI").is_none_or(|it| it != "true"), "there is no server: run `make test`");
        // Not by `eprintln`, which cargo shows only for tests that fail.
        writeln!(std::io::stderr(), "skipped: without DRIFT_APISERVER the table of types is held against nothing")?;
    }
    let mut sources =
        folders.iter().flat_map(std::env::split_paths).map(|it| read(&it)).collect::<anyhow::Result<Vec<_>>>()?;
    sources.sort_by(|(one, _), (other, _)| other.cmp(one));
    Ok(sources)
}

/// `make schema` writes the table anew, from every folder in `DRIFT_SCHEMAS`; else it is held against the servers there are.
#[test]
fn the_table_says_what_real_servers_say() -> anyhow::Result<()> {
    let sources = sources()?;
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        anyhow::ensure!(!sources.is_empty(), "no server to ask: run `make schema`");
        std::fs::write(TABLE, generate::table(&sources))?;
        return Ok(());
    }
    let table = std::fs::read_to_string(TABLE)?;
    for (version, source) in &sources {
        let told = generate::told(&table, version);
        let differs = generate::differences(&generate::parse(&table), version, &generate::lines(source));
        anyhow::ensure!(differs == told, "run `make schema`: {version} says otherwise:\n{}", differs.join("\n"));
    }
    Ok(())
}
