//! What is read, refused and said, through `Inputs::from_variables` and files on disk.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Args as _;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::flags::DECLARED;
use super::*;
use crate::model::access::{Credentials, KubeconfigSource};

const FILE: &str = "version: 1\nenvironments:\n  - {name: dev, targets: [{space: shop-dev}]}\n  \
                    - {name: prod, targets: [{name: prod-us, space: shop-us}, {name: prod-eu, space: shop-eu}]}\n";

/// A workspace on disk, and the variables and flags of one run in it.
struct Run {
    folder: TempDir,
    variables: Variables,
    flags: Flags,
}

impl Run {
    /// In Actions, with a token and this configuration.
    fn new(config: &str) -> Result<Self> {
        let run = Self::without_file()?;
        run.write(".github/drift.yaml", config)?;
        Ok(run)
    }

    fn without_file() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let workspace = folder.path().join("workspace");
        fs::create_dir(&workspace)?;
        let run = Self { folder, variables: Variables::new(), flags: Flags::default() };
        let workspace = workspace.display().to_string();
        Ok(run
            .set("GITHUB_ACTIONS", "true")
            .set("GITHUB_WORKSPACE", &workspace)
            .set("HOME", "/nowhere")
            .set("INPUT_CONFIGHUB-TOKEN", "token-of-the-run"))
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn write(&self, path: &str, text: &str) -> Result<String> {
        let file = self.folder.path().join("workspace").join(path);
        fs::create_dir_all(file.parent().context("has a folder")?)?;
        fs::write(&file, text)?;
        Ok(file.display().to_string())
    }

    fn inputs(&self) -> Result<Inputs> {
        Ok(Inputs::from_variables(&self.flags, &self.variables)?)
    }

    /// Every problem, a line each.
    fn refused(&self) -> Result<String> {
        match self.inputs() {
            Ok(_) => bail!("nothing was refused"),
            Err(error) => Ok(error.to_string()),
        }
    }
}

/// How ConfigHub is reached by a run that replays nothing.
fn confighub(inputs: &Inputs) -> &ConfigHub {
    match &inputs.origin {
        Origin::Services(confighub) => confighub,
        Origin::Recording(_) => panic!("the run replays a recording"),
    }
}

/// A kubeconfig with these contexts, the first of which is the current one.
fn kubeconfig(contexts: &[&str]) -> String {
    let contexts_yaml: String =
        contexts.iter().map(|it| format!("- {{name: {it}, context: {{cluster: c, user: u}}}}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {}\ncontexts:\n{contexts_yaml}\
         clusters:\n- {{name: c, cluster: {{server: \"https://10.1.2.3:6443\"}}}}\n\
         users:\n- {{name: u, user: {{token: token-of-a-cluster}}}}\n",
        contexts.first().copied().unwrap_or_default()
    )
}

/// What became of a target's cluster: the context, or the obstacle's two sentences.
fn cluster(inputs: &Inputs, target: &str) -> Result<Result<Option<String>, String>> {
    Ok(match inputs.clusters.get(target).context("the target was resolved")? {
        Ok(access) => Ok(access.context.clone()),
        Err(obstacle) => Err(format!("{}: {}", obstacle.detail, obstacle.remedy)),
    })
}

#[test]
fn a_flag_beats_an_input_and_an_input_beats_a_variable() -> Result<()> {
    let mut run = Run::new(FILE)?.set("CUB_API_URL", "http://127.0.0.1:1/v1").set("CUB_TOKEN", "token-of-a-variable");
    assert_eq!(confighub(&run.inputs()?).url.as_str(), "http://127.0.0.1:1/api");
    assert!(run.inputs()?.notices.iter().any(|it| it.contains("`/v1` was dropped")));
    run = run.set("INPUT_CONFIGHUB-URL", "https://hub.example.com/").set("INPUT_FAIL-ON", " drift\n");
    let inputs = run.inputs()?;
    assert_eq!(confighub(&inputs).url.as_str(), "https://hub.example.com/api");
    assert_eq!(inputs.fail_on, FailOn::Drift);
    assert!(
        matches!(&confighub(&inputs).credentials, Credentials::Token(it) if it.expose_secret() == "token-of-the-run")
    );
    run.flags.fail_on = Some("never".to_owned());
    assert_eq!(run.inputs()?.fail_on, FailOn::Never);
    run = run.set("INPUT_CONFIGHUB-TOKEN", "").set("INPUT_FAIL-ON", "");
    run.flags.fail_on = None;
    let inputs = run.inputs()?;
    assert!(
        matches!(&confighub(&inputs).credentials, Credentials::Token(it) if it.expose_secret() == "token-of-a-variable")
    );
    assert_eq!(inputs.fail_on, FailOn::Error, "an empty input is an absent one");
    Ok(())
}

#[test]
fn defaults_are_those_of_the_contract() -> Result<()> {
    let mut run = Run::new(FILE)?;
    for declared in DECLARED.iter().filter(|it| !it.default.is_empty()) {
        // The runner evaluates expressions; here they are empty.
        let value = declared.default.replace("${{ github.token }}", "");
        run = run.set(&settings::input_variable(declared.name), &value);
    }
    let filled_in = run.inputs()?;
    let inputs = Run::new(FILE)?.inputs()?;
    for it in [&inputs, &filled_in] {
        assert_eq!(confighub(it).url.as_str(), "https://hub.confighub.com/api");
        assert_eq!((it.fail_on, it.timeout), (FailOn::Error, Duration::from_secs(600)));
        assert!(it.out.ends_with("workspace/drift-report"), "{:?}", it.out);
        assert_eq!(it.config_path.as_deref(), Some(".github/drift.yaml"));
        assert_eq!(it.notices, Vec::<String>::new());
        let reporting = &it.reporting;
        assert_eq!((reporting.max_body_bytes, reporting.key.as_str()), (60_000, ".github/drift.yaml"));
        assert!(reporting.access.is_none() && reporting.issue.is_none(), "without a token there is no way");
    }
    Ok(())
}

#[test]
fn the_event_decides_where_a_report_goes() -> Result<()> {
    let run = |to: &str, number: &str| {
        let run = Run::new(FILE)?.set("GITHUB_ACTIONS", "true").set("GITHUB_REPOSITORY", "acme/shop");
        anyhow::Ok(run.set("INPUT_GITHUB-TOKEN", "t0ken").set("INPUT_REPORT-TO", to).set("INPUT_PULL-REQUEST", number))
    };
    for (to, number, issue, comment) in [
        ("auto", "", true, None),
        ("", "#7", false, Some(7)),
        ("both", "7", true, Some(7)),
        ("issue", "7", true, None),
        ("none", "7", false, None),
    ] {
        let reporting = run(to, number)?.inputs()?.reporting;
        let there = (reporting.issue.is_some(), reporting.comment.map(|it| it.pull_request));
        assert_eq!(there, (issue, comment), "{to} {number}");
    }
    let reporting = run("", "")?.set("GITHUB_REF", "refs/pull/9/merge").inputs()?.reporting;
    assert_eq!(reporting.comment.map(|it| it.pull_request), Some(9));
    let outside = run("auto", "")?.set("GITHUB_ACTIONS", "");
    let file = outside.write(".github/drift.yaml", FILE)?;
    let outside = outside.set("INPUT_CONFIG", &file).inputs()?.reporting;
    assert!(outside.access.is_none(), "nobody asked for it");
    let access = run("issue", "")?.set("GITHUB_API_URL", "https://ghe.example.com/api/v3/").inputs()?.reporting.access;
    assert_eq!(access.map(|it| it.rest).as_deref(), Some("https://ghe.example.com/api/v3"));
    assert!(run("comment", "")?.refused()?.contains("a comment needs a pull request"));
    assert!(run("issue", "")?.set("GITHUB_REPOSITORY", "a/../b").refused()?.contains("no repository is named"));
    assert!(run("issue", "")?.set("INPUT_GITHUB-TOKEN", "").refused()?.contains("there is no token"));
    Ok(())
}

#[test]
fn every_flag_is_declared_and_read() -> Result<()> {
    let command = Flags::augment_args(clap::Command::new("run"));
    let names: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    assert_eq!(names, DECLARED.map(|it| it.name));
    for name in names {
        let matches = command.clone().try_get_matches_from(["run", &format!("--{name}"), "x"])?;
        let flags = <Flags as clap::FromArgMatches>::from_arg_matches(&matches)?;
        assert_eq!(flags.get(name).as_deref(), Some("x"), "{name}");
    }
    Ok(())
}

#[test]
fn environments_are_narrowed_in_the_order_of_the_file() -> Result<()> {
    let run = Run::new(FILE)?.set("INPUT_ENVIRONMENTS", "prod,\n dev");
    let read = run.inputs()?.environments.into_iter().filter(|it| !it.targets.is_empty());
    let names: Vec<String> = read.map(|it| it.name).collect();
    assert_eq!(names, ["dev", "prod"]);
    let found = run.set("INPUT_ENVIRONMENTS", "prd").refused()?;
    assert_eq!(
        found,
        "input `environments`: there is no environment `prd`: did you mean `prod`? known are `dev` and `prod`"
    );
    Ok(())
}

#[test]
fn what_comes_later_is_refused_by_name() -> Result<()> {
    for (name, value, message) in [
        ("INPUT_MODE", "promote", "input `mode`: `promote` needs promotion, which this version does not have yet"),
        ("INPUT_MODE", "detekt", "`detekt` is not a mode: use `detect` or `propose`"),
        ("INPUT_FAIL-ON", "drfit", "did you mean `drift`?"),
        ("INPUT_INCIDENT", "x", "input `incident`: needs sweeps"),
        ("INPUT_REPORT-TO", "isue", "`isue` is not a choice here: did you mean `issue`?"),
        ("INPUT_COMMENT-MODE", "delete", "`delete` is not a choice here"),
        ("INPUT_NOTIFY", "sometimes", "`sometimes` is not a choice here"),
        ("INPUT_PULL-REQUEST", "0", "`0` is not the number of a pull request"),
        ("INPUT_MAX-BODY-BYTES", "1", "stay between 8000 and 250000 bytes"),
        ("INPUT_GITHUB-WAIT", "2h", "`2h` is not a duration of at most an hour"),
        ("INPUT_ISSUE-LABEL", "a,b", "`a,b` cannot be a label"),
        ("INPUT_ASSIGNEES", "acme/team", "`acme/team` is no login on GitHub"),
        ("INPUT_CLOSE-WHEN-CLEAN", "maybe", "`maybe` is neither `true` nor `false`"),
        ("INPUT_DRY-RUN", "yes", "input `dry-run`: `yes` is neither `true` nor `false`"),
        ("INPUT_CHANGESET", "dev", "the line `dev` is not understood"),
        ("INPUT_CHANGESET", "dve=a/b", "there is no environment `dve`: did you mean `dev`?"),
        ("INPUT_CHANGESET", "dev=a/b\ndev=a/c", "names two ChangeSets for `dev`"),
        ("INPUT_CLAUDE-MODEL", "x", "input `claude-model`: needs the analysis by Claude"),
        ("AUTO_FIX", "true", "variable `AUTO_FIX`: needs promotion"),
    ] {
        let found = Run::new(FILE)?.set(name, value).refused()?;
        assert!(found.contains(message), "{found}");
    }
    let inputs = Run::new(FILE)?
        .set("CLAUDE_API_KEY", "key-of-claude")
        .set("AUTO_FIX", "false")
        .set("INPUT_FAIL_ON", "x")
        .set("INPUT_REPORT-TO", "")
        .inputs()?;
    assert_eq!(
        inputs.notices,
        [
            "CLAUDE_API_KEY is set, but this version has no analysis by Claude yet",
            "the input `fail_on` is not known and has no effect; did you mean `fail-on`?"
        ]
    );
    Ok(())
}

#[test]
fn addresses_of_confighub_are_checked() -> Result<()> {
    for (url, want) in [
        ("https://hub.example.com", "https://hub.example.com/api"),
        ("https://hub.example.com/api/", "https://hub.example.com/api"),
        ("https://example.com/hub", "https://example.com/hub/api"),
        ("http://localhost:8080", "http://localhost:8080/api"),
        ("http://[::1]:8080/api", "http://[::1]:8080/api"),
    ] {
        assert_eq!(confighub(&Run::new(FILE)?.set("INPUT_CONFIGHUB-URL", url).inputs()?).url.as_str(), want);
    }
    for (url, message) in [
        ("http://hub.example.com", "would send credentials in the clear: use `https://`"),
        ("http://127.0.0.1.example.com", "in the clear"),
        ("https://me:hunter2@hub.example.com", "holds a user name or a password"),
        ("hub.example.com", "is not a whole address"),
        ("https://hub.example.com/?a=b", "has a query"),
        ("ftp://hub.example.com", "neither http nor https"),
        ("https://", "is not a whole address"),
    ] {
        let found = Run::new(FILE)?.set("INPUT_CONFIGHUB-URL", url).refused()?;
        assert!(found.contains(message) && !found.contains("hunter2"), "{found}");
    }
    Ok(())
}

#[test]
fn a_login_is_a_token_or_a_whole_worker() -> Result<()> {
    let run = || Ok::<_, anyhow::Error>(Run::new(FILE)?.set("INPUT_CONFIGHUB-TOKEN", ""));
    assert!(run()?.refused()?.starts_with("there are no credentials for ConfigHub: set the variable CUB_TOKEN"));
    let half = run()?.set("INPUT_CONFIGHUB-WORKER-ID", "w");
    assert!(half.refused()?.contains("the worker's secret is missing"));
    let whole = half.set("INPUT_CONFIGHUB-WORKER-SECRET", "secret-of-a-worker");
    assert!(matches!(&confighub(&whole.inputs()?).credentials, Credentials::Worker { id, .. } if id == "w"));
    let both = whole.set("INPUT_CONFIGHUB-TOKEN", "some-token");
    assert!(both.refused()?.contains("keep one of the two"));
    let pasted = run()?.set("CUB_TOKEN", "first-half\nsecond-half").refused()?;
    assert!(pasted.contains("store it again") && !pasted.contains("half"), "{pasted}");
    let worker = run()?.set("CONFIGHUB_WORKER_ID", "w").set("CONFIGHUB_WORKER_SECRET", "secret-of-a-worker");
    assert!(matches!(&confighub(&worker.inputs()?).credentials, Credentials::Worker { .. }));
    Ok(())
}

#[test]
fn without_a_file_the_variables_of_the_example_make_one_environment() -> Result<()> {
    for (space, want) in [("shop-prod", "prod"), ("chubby-paws", "chubby-paws"), ("Shop_1.x", "shop-1-x")] {
        let run = Run::without_file()?.set("CUB_SPACE", space).set("NAMESPACE", "shop");
        let inputs = run.set("KUBECONFIG", "/nowhere/at/all").inputs()?;
        let [environment] = inputs.environments.as_slice() else { bail!("one environment") };
        assert_eq!((environment.name.as_str(), inputs.config_path.as_deref()), (want, None));
        assert_eq!(environment.targets.first().and_then(|it| it.namespace.as_deref()), Some("shop"));
    }
    // The current context, even where another is called like the environment.
    let run = Run::without_file()?.set("CUB_SPACE", "shop-prod");
    let path = run.write("kubeconfig", &kubeconfig(&["minikube", "prod"]))?;
    assert_eq!(cluster(&run.set("KUBECONFIG", &path).inputs()?, "prod")?, Ok(None));
    let found = Run::without_file()?.refused()?;
    assert!(found.contains("there is no configuration") && found.contains("version: 1"), "{found}");
    let found = Run::without_file()?.set("CUB_SPACE", "shop prod").set("NAMESPACE", "A").refused()?;
    assert!(found.contains("variable `CUB_SPACE`") && found.contains("variable `NAMESPACE`"), "{found}");
    // A file that was asked for must be there.
    let run = Run::without_file()?.set("CUB_SPACE", "shop-prod").set("INPUT_CONFIG", "drift.yaml");
    assert!(run.refused()?.starts_with("input `config`: there is no file `drift.yaml`"));
    Ok(())
}

#[test]
#[cfg(unix)]
fn the_file_stays_inside_the_workspace() -> Result<()> {
    let run = Run::without_file()?;
    let outside = run.folder.path().join("outside.yaml");
    fs::write(&outside, FILE)?;
    std::os::unix::fs::symlink(&outside, run.folder.path().join("workspace/link.yaml"))?;
    for path in ["link.yaml", "../outside.yaml", &outside.display().to_string()] {
        let run = Run { folder: tempfile::tempdir()?, variables: run.variables.clone(), flags: Flags::default() };
        let found = run.set("INPUT_CONFIG", path).refused()?;
        assert!(found.contains("lies outside of the workspace"), "{found}");
    }
    Ok(())
}

#[test]
fn kubeconfigs_are_found_in_the_order_of_the_contract() -> Result<()> {
    let base = || -> Result<Run> {
        let run = Run::new(FILE)?;
        let shared = run.write("shared", &kubeconfig(&["dev", "prod-us", "other"]))?;
        Ok(run.set("KUBECONFIG", &format!("/missing:{shared}")))
    };
    let inputs = base()?.inputs()?;
    assert_eq!(cluster(&inputs, "dev")?, Ok(Some("dev".to_owned())));
    assert_eq!(cluster(&inputs, "prod-us")?, Ok(Some("prod-us".to_owned())));
    let found = cluster(&inputs, "prod-eu")?.err().context("no such context")?;
    assert!(found.starts_with("KUBECONFIG has no context `prod-eu`"), "{found}");
    assert!(found.contains("`dev`, `prod-us` and `other`") && found.contains("KUBECONFIG_PROD_EU"), "{found}");

    // A kubeconfig of its own, in base64 and folded: the current context will do.
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, kubeconfig(&["main"]));
    let (first, second) = text.split_at(76);
    let run = base()?.set("KUBECONFIG_PROD_EU", &format!("{first}\n{second}\n"));
    let inputs = run.inputs()?;
    assert_eq!(cluster(&inputs, "prod-eu")?, Ok(None));
    let access =
        inputs.clusters.get("prod-eu").context("resolved")?.as_ref().map_err(|it| anyhow::anyhow!("{it:?}"))?;
    assert!(matches!(&access.source, KubeconfigSource::Text { variable, text }
        if variable == "KUBECONFIG_PROD_EU" && text.expose_secret().starts_with("apiVersion")));

    // A line of the input beats the variable.
    run.write("eu", &kubeconfig(&["x", "prod-eu"]))?;
    let inputs = run.set("INPUT_KUBECONFIGS", "# ours\nprod-eu = eu\n").inputs()?;
    assert_eq!(cluster(&inputs, "prod-eu")?, Ok(Some("prod-eu".to_owned())));

    let inputs = Run::new(FILE)?.set("KUBERNETES_SERVICE_HOST", "10.0.0.1").inputs()?;
    assert_eq!(cluster(&inputs, "dev")?, Ok(None));
    let none = cluster(&Run::new(FILE)?.inputs()?, "dev")?.err().context("nothing anywhere")?;
    assert!(none.contains("host's ~/.kube/config: set the variable KUBECONFIG_DEV"), "{none}");
    Ok(())
}

#[test]
fn narrowing_a_run_does_not_change_what_a_target_means() -> Result<()> {
    let run = Run::new(FILE)?.set("INPUT_ENVIRONMENTS", "dev");
    let path = run.write("shared", &kubeconfig(&["prod-us"]))?;
    let found = cluster(&run.set("KUBECONFIG", &path).inputs()?, "dev")?;
    assert!(found.is_err(), "the current context is prod's: {found:?}");
    Ok(())
}

#[test]
fn a_kubeconfig_that_is_not_there_is_an_obstacle_with_the_way_out() -> Result<()> {
    let inputs = Run::new(FILE)?.set("KUBECONFIG", "/root/.kube/config").inputs()?;
    insta::assert_snapshot!(
        cluster(&inputs, "dev")?.err().context("an obstacle")?,
        @"the kubeconfig of target `dev` is not there (KUBECONFIG names `/root/.kube/config`); of its host, a container action sees only the workspace and RUNNER_TEMP: write the file to one of these two folders, or set KUBECONFIG_DEV to the text of a kubeconfig that holds a token"
    );
    let leak = "apiVersion: v1\nusers: [{name: u, user: {token: abcdefgh}}]";
    for (name, value, message) in [
        ("KUBECONFIG", leak, "KUBECONFIG holds the text of a kubeconfig: put the text into KUBECONFIG_DEV"),
        ("KUBECONFIG_DEV", "./kubeconfig", "it looks like a path"),
        ("KUBECONFIG_DEV", "a: b", "holds no kubeconfig, neither plain nor in base64"),
        ("KUBECONFIG_DEV", leak, "holds no kubeconfig"),
        ("KUBECONFIG_DEV", "contexts: []\nclusters: []", "has no current context"),
    ] {
        let found = cluster(&Run::new(FILE)?.set(name, value).inputs()?, "dev")?.err().context("an obstacle")?;
        assert!(found.contains(message) && !found.contains("abcdefgh"), "{found}");
    }
    let unknown = Run::new(FILE)?.set("INPUT_KUBECONFIGS", "prod=x").refused()?;
    assert!(unknown.contains("there is no target `prod`"), "{unknown}");
    let text = Run::new(FILE)?.set("INPUT_KUBECONFIGS", leak).refused()?;
    assert!(text.contains("is not `TARGET=PATH`") && !text.contains("abcdefgh"), "{text}");
    Ok(())
}

/// The runner translates a path only at the start of a value.
#[test]
fn paths_of_the_host_are_found_under_the_names_of_the_container() -> Result<()> {
    let run = Run::new(FILE)?.set("GITHUB_REPOSITORY", "acme/shop");
    let temp = run.folder.path().join("temp");
    fs::create_dir(&temp)?;
    fs::write(temp.join("kc"), kubeconfig(&["dev"]))?;
    run.write("deploy/kc", &kubeconfig(&["prod-us"]))?;
    let temp = temp.display().to_string();
    let lines = "dev=/home/runner/work/_temp/kc\nprod-us=/home/runner/work/shop/shop/deploy/kc";
    let inputs = run.set("RUNNER_TEMP", &temp).set("INPUT_KUBECONFIGS", lines).inputs()?;
    assert!(cluster(&inputs, "dev")?.is_ok() && cluster(&inputs, "prod-us")?.is_ok());
    Ok(())
}

#[test]
fn the_proxy_of_the_environment_goes_along_and_its_password_is_a_secret() -> Result<()> {
    let run = Run::new(FILE)?.set("KUBECONFIG_DEV", &kubeconfig(&["dev"])).set("NO_PROXY", "10.0.0.0/8");
    let proxy = "http://me:password-of-a-proxy@proxy:3128";
    let inputs = run.set("HTTPS_PROXY", proxy).set("HTTP_PROXY", "http://other").inputs()?;
    let access = inputs.clusters.get("dev").context("resolved")?.as_ref().map_err(|it| anyhow::anyhow!("{it:?}"))?;
    assert_eq!(access.proxy.as_deref(), Some(proxy));
    assert_eq!(inputs.no_proxy.as_deref(), Some("10.0.0.0/8"));
    assert!(inputs.credentials.iter().any(|it| it.expose_secret() == "password-of-a-proxy"));
    Ok(())
}

#[test]
fn every_credential_that_is_no_clusters_is_known_to_the_redactor() -> Result<()> {
    let run = Run::new(FILE)?.set("KUBECONFIG_DEV", &kubeconfig(&["dev"])).set("CLAUDE_API_KEY", "key-of-claude");
    let run = run.set("KUBECONFIG_PROD_US", &kubeconfig(&["prod-us"])).set("ACTIONS_RUNTIME_TOKEN", "runtime-token");
    let inputs = run.inputs()?;
    let known: Vec<&str> = inputs.credentials.iter().map(|it| it.expose_secret()).collect();
    for credential in ["token-of-the-run", "key-of-claude", "runtime-token"] {
        assert!(known.contains(&credential), "{credential}");
    }
    assert!(!format!("{inputs:?}").contains("token-of"), "Debug shows no credential");
    Ok(())
}

#[test]
fn the_run_is_described_by_the_runner() -> Result<()> {
    let run = Run::new(FILE)?.set("GITHUB_SERVER_URL", "https://github.com").set("GITHUB_REPOSITORY", "acme/shop");
    let run = run.set("GITHUB_RUN_ID", "7").set("GITHUB_RUN_ATTEMPT", "2").set("GITHUB_EVENT_NAME", "pull_request");
    let github = GitHub::from_variables(&run.variables);
    assert_eq!(github.run_url.as_deref(), Some("https://github.com/acme/shop/actions/runs/7/attempts/2"));
    assert!(github.is_pull_request() && github.actions);
    let local = GitHub::from_variables(&Variables::new());
    assert!(!local.actions && local.workspace == Path::new("."));
    Ok(())
}

#[test]
fn durations_and_certificates_are_checked() -> Result<()> {
    for (written, seconds) in [("90s", 90), ("10m", 600), ("1h 30m", 5400), ("PT2M", 120)] {
        assert_eq!(Run::new(FILE)?.set("INPUT_TIMEOUT", written).inputs()?.timeout, Duration::from_secs(seconds));
    }
    for written in ["600", "soon", "-5m", "0s", "7h"] {
        assert!(Run::new(FILE)?.set("INPUT_TIMEOUT", written).refused()?.starts_with("input `timeout`"), "{written}");
    }
    let run = Run::new(FILE)?.set("INPUT_CA-BUNDLE", "ca.pem");
    assert!(run.refused()?.contains("a container action sees only the workspace"));
    run.write("ca.pem", "nothing")?;
    assert!(run.refused()?.contains("holds no certificate"));
    run.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")?;
    assert!(run.inputs()?.ca_bundle.is_some());
    Ok(())
}

#[test]
fn problems_of_all_sources_come_together() -> Result<()> {
    let run = Run::new("version: 1\nenvironment: []\n")?.set("INPUT_FAIL-ON", "x").set("INPUT_CONFIGHUB-TOKEN", "");
    insta::assert_snapshot!(run.set("INPUT_TIMEOUT", "x").refused()?, @r"
    input `fail-on`: `x` is not a choice here: known are `never`, `error`, `drift`, `new-drift`, `unapproved`, `critical`, `high`, `medium`, `low` and `info`
    input `timeout`: `x` is not a duration: write for example `90s` or `10m`
    .github/drift.yaml:2:1: unknown key `environment`: did you mean `environments`?
    there are no credentials for ConfigHub: set the variable CUB_TOKEN, or CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET (in a workflow: the inputs `confighub-token`, or `confighub-worker-id` and `confighub-worker-secret`, from secrets that exist and are not empty)
    ");
    Ok(())
}
