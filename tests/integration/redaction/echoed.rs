//! Our own credentials, as a server's error message gives them back.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::world::{CONFIGHUB, Profile, World};
use serde_json::json;

use super::{ensure_silent, forms};
use crate::errors::drifted;
use crate::estate::{Estate, ONE};

/// A message that quotes the credential in every way that servers and proxies have.
fn echo(credential: &str) -> String {
    let basic = ["", "u:", "xy"].map(|user| STANDARD.encode(format!("{user}{credential}")));
    let hex: String = credential.bytes().map(|it| format!("{it:02x}")).collect();
    format!(
        "no rights for {credential} (Authorization: Bearer {credential}; Basic {}) ?t={} {hex} {:?} {}",
        basic.join(" "),
        forms::percent(credential),
        credential,
        credential.chars().rev().collect::<String>(),
    )
}

/// Every service's error body, and a proxy's.
fn faults(credential: &str, status: u16) -> Vec<Fault> {
    let said = echo(credential);
    let json = [
        json!({"Code": status.to_string(), "Message": said}).to_string(),
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": said, "reason": said, "code": status}).to_string(),
    ];
    let shaped = json.into_iter().map(|body| ("application/json", body));
    let all = shaped.chain([("text/plain", said.clone()), ("text/html", format!("<p>{said}</p>"))]);
    all.map(|(content_type, body)| Fault::StatusWithBody { status, content_type: content_type.to_owned(), body })
        .collect()
}

/// Nothing of the credential leaves when the service echoes it, whatever the status.
fn ensure_cut(service: &str, credential: &str, worker: bool, on: &str) -> Result<()> {
    for status in [200, 400, 401, 403, 404] {
        for fault in faults(credential, status) {
            let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
            estate.world.inject(service, Rule::new(fault.clone()).on(on))?;
            let mut detector = estate.detector()?.in_workflow("schedule")?.variable("DRIFT_LOG", "trace");
            if worker {
                let (id, secret) = estate.world.worker();
                detector = detector.variable("CUB_TOKEN", "");
                detector = detector.variable("CONFIGHUB_WORKER_ID", id).variable("CONFIGHUB_WORKER_SECRET", secret);
            }
            let answer = detector.run()?;
            anyhow::ensure!(answer.code == Some(3), "{fault:?}: {}", answer.said());
            ensure_silent(&answer, &[credential], &format!("{service} {fault:?}"))?;
        }
    }
    Ok(())
}

#[test]
fn the_token_of_confighub_is_cut_out_of_its_own_errors() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    ensure_cut(CONFIGHUB, estate.world.confighub_token(), false, "GET /space")
}

#[test]
fn the_workers_secret_is_cut_out_of_the_logins_errors() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    ensure_cut(CONFIGHUB, estate.world.worker().1, true, "POST /auth/worker")
}

#[test]
fn the_token_of_a_workers_login_is_cut_out_too() -> Result<()> {
    ensure_cut(CONFIGHUB, "demo-confighub-token-worker-1", true, "GET /space")
}

#[test]
fn the_token_of_a_kubeconfig_is_cut_out_of_the_clusters_errors() -> Result<()> {
    ensure_cut("dev", &World::cluster_token("dev"), false, "GET /api")
}

#[test]
fn what_is_shortened_shows_no_half_of_a_credential() -> Result<()> {
    for (service, on) in [(CONFIGHUB, "GET /space"), ("dev", "GET /api")] {
        for padding in (240..310).step_by(6) {
            let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
            let credential = match service {
                CONFIGHUB => estate.world.confighub_token().to_owned(),
                cluster => World::cluster_token(cluster),
            };
            let body = format!("{}{credential}", "no ".repeat(padding / 3));
            let fault = Fault::StatusWithBody { status: 400, content_type: "text/plain".to_owned(), body };
            estate.world.inject(service, Rule::new(fault).on(on))?;
            let answer = estate.detector()?.in_workflow("schedule")?.run()?;
            let half = credential.get(..14).unwrap_or(&credential);
            assert!(!answer.everything()?.contains(half), "{service} {padding}: {}", answer.said());
        }
    }
    Ok(())
}

#[test]
fn credentials_in_wrong_inputs_are_not_repeated() -> Result<()> {
    let canary = "Tr0ub4dor-and-3-of-inputs";
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    for (name, value) in [
        ("CUB_API_URL", format!("https://user:{canary}@hub.example.com")),
        ("CUB_TOKEN", format!("{canary} with a blank")),
        ("INPUT_CONFIGHUB-WORKER-SECRET", canary.to_owned()),
        ("INPUT_KUBECONFIGS", format!("token: {canary}")),
        ("INPUT_TIMEOUT", format!("https://user:{canary}@example.com")),
    ] {
        let answer = estate.detector()?.in_workflow("schedule")?.variable(name, value).run()?;
        assert_eq!(answer.code, Some(2), "{name}: {}", answer.said());
        ensure_silent(&answer, &[canary], name)?;
    }
    let kubeconfig = format!("contexts: [\n users: {{token: {canary}}}");
    let answer = estate.detector()?.variable("KUBECONFIG_DEV", kubeconfig).run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    ensure_silent(&answer, &[canary], "KUBECONFIG_DEV")
}
