//! Real Kubernetes API servers to test against: `tests/apiserver` built once, one process per server, loopback only.
//!
//! A server costs two seconds of processor time and 300 MB while it lives, so a test that can share one should.
//! Everything here blocks, which an async test can afford: nothing else waits for its thread.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use tempfile::{NamedTempFile, TempDir};

// The benchmarks include this file from elsewhere.
#[path = "apiserver/audit.rs"]
mod audit;
#[path = "apiserver/tests.rs"]
mod tests;

pub(crate) use audit::{Request, verify_frugal};

/// Has every right.
pub(crate) const ADMIN: &str = "admin";
/// Has the rights of [`ApiServer::grant_reader`], at first none.
pub(crate) const READER: &str = "reader";
/// A person with every right, for edits that should bear a name.
pub(crate) const ALICE: &str = "alice@example.com";
/// Another person with every right.
pub(crate) const BOB: &str = "bob@example.com";

/// Where `make test` says the binaries are: the folder that `tests/apiserver/build.sh` prints.
const BINARIES: &str = "DRIFT_APISERVER";

/// How long a granted right may take until the server heeds it.
const GRANT: Duration = Duration::from_secs(10);

/// A running API server with an etcd of its own. It ends with this value, and if that is never dropped (a `static`, a
/// killed test) with the process: it watches the pipe that is its standard input.
pub(crate) struct ApiServer {
    process: Child,
    ready: Ready,
    binaries: PathBuf,
    /// Declared last: removed when the process is gone.
    dir: TempDir,
}

/// A running controller manager. It ends with this value, and like the server with the process at the latest.
pub(crate) struct Controllers {
    process: Child,
}

/// What the process prints when it answers.
#[derive(Deserialize)]
struct Ready {
    server: String,
    #[serde(rename = "caData")]
    ca_data: String,
    audit: PathBuf,
}

impl ApiServer {
    /// Starts a server and waits until it answers. `None`, said on standard error, where the binaries were not built;
    /// in CI, where nobody would notice, that is an error.
    pub(crate) fn start() -> anyhow::Result<Option<Self>> {
        binaries()?.map(Self::start_from).transpose()
    }

    /// Starts three servers at the same time, for three environments.
    pub(crate) fn three() -> anyhow::Result<Option<[Self; 3]>> {
        let Some(binaries) = binaries()? else {
            return Ok(None);
        };
        let servers = thread::scope(|scope| {
            [(); 3]
                .map(|()| scope.spawn(|| Self::start_from(binaries.clone())))
                .map(|it| it.join().expect("starting a server does not panic"))
        });
        let [one, two, three] = servers;
        Ok(Some([one?, two?, three?]))
    }

    /// Starts a server of these binaries: another minor.
    pub(crate) fn start_from(binaries: PathBuf) -> anyhow::Result<Self> {
        let dir = TempDir::with_prefix("drift-apiserver-").context("failed to make a folder")?;
        let mut process = Command::new(binaries.join("kube-apiserver"))
            .arg("--dir")
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to run the API server in `{}`", binaries.display()))?;
        let stdout = process.stdout.take().expect("stdout is piped");

        let mut line = String::new();
        // The server has its own limit to how long it may take, and closes the pipe when it gives up.
        let read = BufReader::new(stdout).read_line(&mut line);
        let ready =
            read.map_err(anyhow::Error::from).and_then(|_| Ok(serde_json::from_str(&line)?)).with_context(|| {
                let log = fs::read_to_string(dir.path().join("server.log"));
                let log = log.unwrap_or_default();
                let end = log.lines().rev().take(20).collect::<Vec<_>>();
                let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
                format!("failed to start the API server, whose log ends:\n{end}\n")
            });
        match ready {
            Ok(ready) => Ok(Self { process, ready, binaries, dir }),
            Err(err) => {
                stop(&mut process);
                Err(err)
            }
        }
    }

    /// Its address, `https://127.0.0.1:…`.
    pub(crate) fn url(&self) -> &str {
        &self.ready.server
    }

    /// What its certificate is trusted by, as PEM.
    pub(crate) fn ca(&self) -> anyhow::Result<Vec<u8>> {
        STANDARD.decode(&self.ready.ca_data).context("the server's CA is no base64")
    }

    /// Starts the controller manager beside it: Deployments, Jobs, autoscalers and the like begin to move.
    pub(crate) fn controllers(&self) -> anyhow::Result<Controllers> {
        let config = self.dir.path().join("controllers.kubeconfig");
        fs::write(&config, self.kubeconfig(ADMIN, "test")).context("failed to write a kubeconfig")?;
        let log = fs::File::create(self.dir.path().join("controllers.log")).context("failed to make a log")?;
        let process = Command::new(self.binaries.join("kube-controller-manager"))
            .arg("--kubeconfig")
            .arg(&config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("failed to run the controllers in `{}`", self.binaries.display()))?;
        Ok(Controllers { process })
    }

    /// Text of a kubeconfig whose one and current context logs in as `user`. It refers to no file. A name the server
    /// does not know makes one that it answers with 401.
    pub(crate) fn kubeconfig(&self, user: &str, context: &str) -> String {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": context, "cluster": {
                "server": self.ready.server,
                "certificate-authority-data": self.ready.ca_data,
            }}],
            "users": [{"name": user, "user": {"token": token(user)}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
        });
        format!("{config:#}")
    }

    /// Runs kubectl as `user` and returns what it printed. Its standard error is part of the error when it fails.
    pub(crate) fn kubectl(&self, user: &str, args: &[&str], stdin: Option<&str>) -> anyhow::Result<String> {
        self.run_kubectl(user, args, stdin, &[])
    }

    /// `kubectl edit` as `user`, whose editor is this program.
    pub(crate) fn edit(&self, user: &str, what: &[&str], editor: &str) -> anyhow::Result<String> {
        self.run_kubectl(user, &[&["edit"], what].concat(), None, &[("KUBE_EDITOR", editor)])
    }

    fn run_kubectl(
        &self,
        user: &str,
        args: &[&str],
        stdin: Option<&str>,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let config = NamedTempFile::with_prefix_in("kubeconfig-", &self.dir)
            .and_then(|mut file| file.write_all(self.kubeconfig(user, "test").as_bytes()).map(|()| file))
            .context("failed to write a kubeconfig")?;
        let mut process = Command::new(self.binaries.join("kubectl"))
            // A kubeconfig, a proxy or a cache of whoever runs the test must make no difference.
            .env_clear()
            .env("HOME", self.dir.path().join("home"))
            .envs(variables.iter().copied())
            .arg("--kubeconfig")
            .arg(config.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to run kubectl")?;
        let input = process.stdin.take().expect("stdin is piped");
        let output = thread::scope(|scope| {
            // In a thread of its own: kubectl may fill a pipe with output before it has read all input. And it may
            // end without reading at all, which its status explains better than this write.
            scope.spawn(move || {
                let mut input = input;
                input.write_all(stdin.unwrap_or_default().as_bytes()).ok();
            });
            process.wait_with_output()
        })
        .context("failed to wait for kubectl")?;
        ensure!(
            output.status.success(),
            "`kubectl {}` as {user} failed: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        String::from_utf8(output.stdout).context("kubectl printed something that is not UTF-8")
    }

    /// Lets [`READER`] use `verbs` on `resources` (`deployments.apps`, `pods`, `deployments/scale.apps`) in every
    /// namespace, and waits until the server heeds it. Rights add up.
    pub(crate) fn grant_reader(&self, verbs: &[&str], resources: &[&str]) -> anyhow::Result<()> {
        let (Some(verb), Some(resource)) = (verbs.first(), resources.first()) else {
            bail!("no verb or no resource to grant");
        };
        let rules = resources.iter().map(|resource| {
            let (resource, group) = split_group(resource);
            json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
        });
        let name = format!("reader-{}-{}", verbs.join("-"), resources.join("-")).replace('/', "-");
        let group = "rbac.authorization.k8s.io";
        let role = json!({
            "apiVersion": format!("{group}/v1"),
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules.collect::<Vec<_>>(),
        });
        let binding = json!({
            "apiVersion": format!("{group}/v1"),
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": group, "kind": "User", "name": READER}],
        });
        let both = json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]});
        self.kubectl(ADMIN, &["apply", "-f", "-"], Some(&both.to_string()))?;

        let (resource, group) = split_group(resource);
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": READER, "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": subresource,
            }},
        });
        let arguments = ["create", "-f", "-", "-o", "jsonpath={.status.allowed}"];
        let since = Instant::now();
        // Asked about the reader, not by the reader, whose requests a test may want to count.
        while self.kubectl(ADMIN, &arguments, Some(&review.to_string()))? != "true" {
            ensure!(since.elapsed() < GRANT, "the server does not heed the grant `{name}`");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Every request answered so far, in the order of arrival. The server's talk to itself is left out.
    pub(crate) fn audit_log(&self) -> anyhow::Result<Vec<Request>> {
        audit::read(&self.ready.audit)
    }
}

impl Drop for Controllers {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

/// Kills at once: nothing the server could still write is wanted.
fn stop(process: &mut Child) {
    // Fails only for a process that ended by itself.
    process.kill().ok();
    process.wait().ok();
}

/// The folder with the binaries, if it was named.
fn binaries() -> anyhow::Result<Option<PathBuf>> {
    if let Some(folder) = env::var_os(BINARIES).filter(|it| !it.is_empty()) {
        return Ok(Some(folder.into()));
    }
    ensure!(env::var_os("CI").is_none_or(|it| it != "true"), "{BINARIES} is not set: run `make test`");
    // Not by `eprintln`, which cargo shows only for tests that fail.
    writeln!(
        std::io::stderr(),
        "skipped: the API server could not be built or {BINARIES} is not set (see `make test`)"
    )
    .context("failed to write on standard error")?;
    Ok(None)
}

/// The token the server derives from a name.
pub(crate) fn token(user: &str) -> String {
    format!("{}-token", user.split('@').next().unwrap_or(user))
}

/// A resource and its API group, which is empty for the core group.
fn split_group(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}
