//! ConfigHub or a cluster fails: the sentence, exit code 3, and the other environments as if nothing had happened.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use drift_detector::demo::confighub::Refusal;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::{Value, json};

use super::{drifted, environment, failure, intact, plain, sentence};
use crate::detector::Answer;
use crate::estate::{Estate, ONE, THREE};

const NAMES: [&str; 3] = ["dev", "staging", "prod"];

fn three() -> Result<Estate> {
    Estate::new(&drifted(&NAMES), Profile::Release, THREE)
}

/// The sentence about every environment, which is the same; nothing could be read at all.
fn all_failed(answer: &Answer) -> Result<String> {
    ensure!(answer.code == Some(3), "{}", answer.said());
    let report = answer.report()?;
    ensure!(report["status"] == "failed" && report["complete"] == false, "{}", answer.said());
    let sentences = NAMES.iter().map(|name| failure(answer, name)).collect::<Result<Vec<_>>>()?;
    ensure!(sentences.iter().all(|it| *it == sentences[0]), "{sentences:#?}");
    Ok(format!("{}: {}", report["reason"].as_str().unwrap_or("?"), sentences[0]))
}

/// The sentence about prod; dev and staging are intact.
fn prod_failed(answer: &Answer) -> Result<String> {
    ensure!(answer.code == Some(3), "{}", answer.said());
    let report = answer.report()?;
    intact(&report, "dev")?;
    intact(&report, "staging")?;
    ensure!(report["status"] == "drift" && report["complete"] == false, "{}", answer.said());
    failure(answer, "prod")
}

#[test]
fn an_expired_token_says_so() -> Result<()> {
    let estate = three()?;
    let answer = estate.detector()?.variable("CUB_TOKEN", "a-token-that-expired").run()?;
    insta::assert_snapshot!(all_failed(&answer)?, @"permission: ConfigHub refused the credentials at GET /space: missing, invalid or expired token; renew `confighub-token`, or give `confighub-worker-id` and `confighub-worker-secret`, which log in anew by themselves");
    Ok(())
}

/// The binary as the worker, with this secret.
fn as_worker(estate: &Estate, secret: &str) -> Result<Answer> {
    let (id, _) = estate.world.worker();
    let detector = estate.detector()?.variable("CUB_TOKEN", "");
    detector.variable("CONFIGHUB_WORKER_ID", id).variable("CONFIGHUB_WORKER_SECRET", secret).run()
}

fn logins(estate: &Estate) -> usize {
    estate.world.journal().iter().filter(|it| it.path == "/auth/worker").count()
}

#[test]
fn a_worker_logs_in_again_when_its_token_expires() -> Result<()> {
    let estate = three()?;
    let (_, secret) = estate.world.worker();
    let rule = || Rule::new(Fault::Expired).on("GET /space").times(1);
    estate.world.inject(CONFIGHUB, rule().after(2))?;
    let answer = as_worker(&estate, secret)?;
    assert_eq!((answer.code, logins(&estate)), (Some(0), 2), "{}", answer.said());
    let report = answer.report()?;
    NAMES.iter().try_for_each(|name| intact(&report, name))
}

#[test]
fn a_worker_whose_tokens_never_hold_logs_in_once_more_per_request_only() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let (_, secret) = estate.world.worker();
    estate.world.inject(CONFIGHUB, Rule::new(Fault::Expired).on("GET /space"))?;
    let answer = as_worker(&estate, secret)?;
    assert_eq!((answer.code, logins(&estate)), (Some(3), 2), "{}", answer.said());
    assert!(failure(&answer, "dev")?.contains("refused the credentials"), "{}", answer.said());
    Ok(())
}

#[test]
fn a_wrong_worker_secret_says_so() -> Result<()> {
    let estate = three()?;
    insta::assert_snapshot!(all_failed(&as_worker(&estate, "not-the-secret-of-this-worker")?)?, @"permission: ConfigHub refused the credentials at POST /auth/worker: invalid worker credentials; check `confighub-worker-id` and `confighub-worker-secret`: they belong together, and to a worker that still exists");
    Ok(())
}

#[test]
fn a_space_that_may_not_be_read_fails_alone() -> Result<()> {
    for (refusal, profile) in
        [Refusal::Forbidden, Refusal::NotFound].into_iter().zip([Profile::Release, Profile::Bridge])
    {
        let estate = Estate::new(&drifted(&NAMES), profile, THREE)?;
        let token = estate.world.confighub().token_reading(&["shop-dev", "shop-staging"], refusal);
        let said = prod_failed(&estate.detector()?.variable("CUB_TOKEN", token).run()?)?;
        insta::allow_duplicates! { insta::assert_snapshot!(said, @"ConfigHub does not have what GET /space asked for: no Space `shop-prod` that this identity may view; check the slug in the configuration, and that this identity may view what it names") }
    }
    Ok(())
}

#[test]
fn a_space_whose_units_are_forbidden_names_the_right() -> Result<()> {
    let estate = three()?;
    let path = format!("GET /space/{}/unit", estate.world.confighub().space_id("shop-prod"));
    estate.world.inject(CONFIGHUB, Rule::new(403).on(&path))?;
    insta::assert_snapshot!(prod_failed(&estate.run()?)?, @"ConfigHub answered 403 to GET /space/…/unit: injected fault: Forbidden; let this identity view the Space and its units: view rights suffice to detect");
    Ok(())
}

#[test]
fn a_space_that_does_not_exist_is_named() -> Result<()> {
    let config = THREE.replace("shop-prod", "shop-prd");
    let estate = Estate::new(&drifted(&NAMES), Profile::Release, &config)?;
    insta::assert_snapshot!(prod_failed(&estate.run()?)?, @"ConfigHub does not have what GET /space asked for: no Space `shop-prd` that this identity may view; check the slug in the configuration, and that this identity may view what it names");
    Ok(())
}

#[test]
fn confighub_that_is_broken_is_told_from_one_that_is_not_there() -> Result<()> {
    let said = |fault: Fault| -> Result<String> {
        let estate = three()?;
        estate.world.fail(CONFIGHUB, fault)?;
        all_failed(&estate.run()?)
    };
    insta::assert_snapshot!(said(Fault::Status(500))?, @"unreachable: ConfigHub answered 500 to GET /info: injected fault: Internal Server Error; look at ConfigHub's status and at `confighub-url`, then run again");
    insta::assert_snapshot!(said(Fault::HtmlPage(502))?, @"unreachable: ConfigHub answered 502 to GET /info: an HTML page; look at ConfigHub's status and at `confighub-url`, then run again");
    insta::assert_snapshot!(said(Fault::HtmlPage(200))?, @"unreachable: ConfigHub's answer to GET /info is not what its API describes: it is an HTML page; check that `confighub-url` is ConfigHub's API and no proxy or login page answers for it");
    insta::assert_snapshot!(said(Fault::Refuse)?, @"unreachable: ConfigHub did not answer GET /info: the connection broke: connection closed before message completed; look at ConfigHub's status and at `confighub-url`, then run again");
    Ok(())
}

#[test]
fn a_wrong_address_of_confighub_is_recognised() -> Result<()> {
    let estate = three()?;
    let said = |url: String| all_failed(&estate.detector()?.variable("CUB_API_URL", url).run()?);
    insta::assert_snapshot!(said(estate.world.url("dev")?)?, @"unreachable: ConfigHub's answer to GET /info is not what its API describes: 404 page not found; check that `confighub-url` is ConfigHub's API and no proxy or login page answers for it");
    insta::assert_snapshot!(said("http://127.0.0.1:1/api".to_owned())?, @"unreachable: ConfigHub did not answer GET /info: no connection to HOST: Connection refused (os error 111); look at ConfigHub's status and at `confighub-url`, then run again");
    Ok(())
}

#[test]
fn a_kind_that_may_not_be_read_is_a_gap_with_the_rule_to_add() -> Result<()> {
    let manifest = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: ClusterIP\n";
    let mut story = drifted(&NAMES);
    for space in &mut story.spaces {
        space.units.push(("web", manifest).into());
    }
    for cluster in &mut story.clusters {
        cluster
            .objects
            .push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop",
            "uid": "6f1b0e0e-0f0e-4a53-9f4e-2f4cbb3a2d10", "resourceVersion": "8"}, "spec": {"type": "ClusterIP"}}));
    }
    let estate = Estate::new(&story, Profile::Release, THREE)?;
    estate.world.cluster("prod")?.forbid("*", "services", None);
    let answer = estate.run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    let report = answer.report()?;
    intact(&report, "dev")?;
    let prod = environment(&report, "prod")?;
    assert_eq!((prod["status"].as_str(), prod["complete"].as_bool()), (Some("drift"), Some(false)), "{prod:#}");
    let target = &prod["targets"][0];
    assert_eq!(target["findings"].as_array().map(Vec::len), Some(1), "the ConfigMap was compared: {target:#}");
    let gap = &target["not-compared"][0];
    assert_eq!((gap["reason"].as_str(), gap["count"].as_u64()), (Some("forbidden"), Some(1)), "{gap:#}");
    insta::assert_snapshot!(sentence(&answer, gap)?, @r#"failed to get `web` of services in namespace `shop` at HOST: 403 Forbidden (services "web" is forbidden: User "demo-admin" cannot get resource "services" in API group "" in the namespace "shop"); add this rule to a Role in namespace `shop` of this identity: apiGroups: [""], resources: ["services"], verbs: ["get", "list"]"#);
    Ok(())
}

#[test]
fn a_cluster_that_is_down_fails_alone() -> Result<()> {
    let estate = three()?;
    estate.world.unplug("prod")?;
    insta::assert_snapshot!(prod_failed(&estate.run()?)?, @"failed to discover the kinds of the core group at HOST: no answer (tcp connect error: Connection refused (os error 111)); check that HOST can be reached from this runner (address, VPN, allow-list, proxy) and run again");
    Ok(())
}

#[test]
fn an_expired_cluster_token_says_so() -> Result<()> {
    let estate = three()?;
    estate.world.fail("prod", Fault::Expired)?;
    insta::assert_snapshot!(prod_failed(&estate.run()?)?, @"failed to discover the kinds of the core group at HOST: 401 Unauthorized (injected fault: Unauthorized); renew the credentials of context `prod`: tokens of cloud logins live for minutes, so get one in the same job");
    Ok(())
}

#[test]
fn a_cut_connection_to_a_cluster_is_a_gap() -> Result<()> {
    let estate = three()?;
    estate.world.inject("prod", Rule::new(Fault::Cut).on("GET /api/v1/namespaces/"))?;
    let answer = estate.run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    let report = answer.report()?;
    intact(&report, "dev")?;
    intact(&report, "staging")?;
    let prod = environment(&report, "prod")?;
    assert_eq!(prod["status"], "partial", "{prod:#}");
    insta::assert_snapshot!(sentence(&answer, &prod["targets"][0]["not-compared"][0])?, @"failed to get `settings` of configmaps in namespace `shop` at HOST: no answer (error reading a body from connection: end of file before message length reached); check that HOST can be reached from this runner (address, VPN, allow-list, proxy) and run again");
    Ok(())
}

#[test]
fn an_empty_space_is_not_clean_and_says_why() -> Result<()> {
    let mut story = drifted(&NAMES);
    story.spaces[2].units.clear();
    let estate = Estate::new(&story, Profile::Release, THREE)?;
    let answer = estate.run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    let report = answer.report()?;
    intact(&report, "dev")?;
    assert_eq!(environment(&report, "prod")?["status"], "partial");
    assert_eq!(report["remarks"], json!(["In prod, nothing was in scope."]));
    let note = environment(&report, "prod")?["targets"][0]["notes"][0].as_str().unwrap_or_default();
    insta::assert_snapshot!(note, @"Space `shop-prod` has no Kubernetes unit in scope: check its slug, `scope.units`, and that this identity may view its units");
    assert!(plain(&answer.file("drift-report/report.md")?).contains(&plain(note)), "{}", answer.said());
    Ok(())
}

#[test]
fn an_unknown_context_is_named_with_those_that_there_are() -> Result<()> {
    let config = THREE.replace("shop-prod, ", "shop-prod, context: prd, ");
    let estate = Estate::new(&drifted(&NAMES), Profile::Release, &config)?;
    insta::assert_snapshot!(prod_failed(&estate.run()?)?, @"KUBECONFIG has no context `prd` for target `prod`; set `context` of the target to one of `dev`, `prod` and `staging`");
    Ok(())
}

/// A run in which prod's user logs in like this.
fn with_prod_user(user: &Value) -> Result<Answer> {
    let estate = three()?;
    let mut kubeconfig = estate.world.kubeconfig()?;
    for named in kubeconfig["users"].as_array_mut().into_iter().flatten().filter(|it| it["name"] == "prod") {
        named["user"] = user.clone();
    }
    estate.detector()?.variable("PATH", "").file("kubeconfig", &kubeconfig.to_string())?.run()
}

#[test]
fn an_exec_plugin_that_is_not_there_is_named_with_the_way_out() -> Result<()> {
    let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "gke-gcloud-auth-plugin",
        "interactiveMode": "Never"}});
    insta::assert_snapshot!(prod_failed(&with_prod_user(&user)?)?, @"context `prod`: user `prod` logs in with the exec plugin `gke-gcloud-auth-plugin`, which is not found here: the image of this action contains no cloud command-line tools, and a container does not see those of the runner; put a kubeconfig with a token into KUBECONFIG_<TARGET> (the action google-github-actions/get-gke-credentials writes such a kubeconfig into the workspace), or run the binary where `gke-gcloud-auth-plugin` is installed");
    Ok(())
}

#[test]
fn a_file_that_is_not_mounted_is_named_with_the_way_out() -> Result<()> {
    let said = prod_failed(&with_prod_user(&json!({"tokenFile": "/home/runner/.kube/token"}))?)?;
    insta::assert_snapshot!(said, @"context `prod`: tokenFile of user `prod` names the file `/home/runner/.kube/token`, which is not there: a container action sees only the workspace and RUNNER_TEMP of the runner; embed the file: put the output of `kubectl config view --raw --flatten --minify` into KUBECONFIG_<TARGET>");
    let estate = three()?;
    let answer = estate.detector()?.arguments(["run", "--kubeconfigs", "prod=/home/runner/.kube/config"]).run()?;
    insta::assert_snapshot!(prod_failed(&answer)?, @"the kubeconfig of target `prod` is not there (kubeconfigs names `/home/runner/.kube/config`); check the path, or set KUBECONFIG_PROD to the text of a kubeconfig that holds a token");
    Ok(())
}

#[test]
fn a_login_that_never_ends_does_not_hold_the_run_up() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let mut kubeconfig = estate.world.kubeconfig()?;
    let exec =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "Never"});
    for user in kubeconfig["users"].as_array_mut().into_iter().flatten() {
        user["user"] = json!({ "exec": exec });
    }
    let detector = estate.detector()?.file("kubeconfig", &kubeconfig.to_string())?;
    let detector = detector.file("plugin", "#!/bin/sh\nexec sleep 20 >/dev/null 2>&1\n")?;
    fs::set_permissions(detector.path("plugin"), fs::Permissions::from_mode(0o755))?;
    let started = Instant::now();
    let answer = detector.variable("PATH", "/bin:/usr/bin").arguments(["run", "--timeout", "3s"]).run()?;
    ensure!(started.elapsed() < Duration::from_secs(15), "{:?}: {}", started.elapsed(), answer.said());
    ensure!(answer.code == Some(3), "{}", answer.said());
    ensure!(failure(&answer, "dev")?.contains("its exec plugin does not finish"), "{}", answer.said());
    Ok(())
}
