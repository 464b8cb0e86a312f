//! The fixture itself: what the other tests rely on.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::{ADMIN, ALICE, ApiServer, BOB, READER};

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'registry.example.com/web:1'}]
";

#[test]
fn a_reader_reads_what_was_granted_and_the_audit_log_tells() -> anyhow::Result<()> {
    let Some(server) = ApiServer::start()? else {
        return Ok(());
    };
    server.kubectl(ADMIN, &["apply", "--server-side", "-f", "-"], Some(DEPLOYMENT))?;
    server.grant_reader(&["get", "list"], &["deployments.apps", "deployments/scale.apps"])?;

    let image = "jsonpath={.spec.template.spec.containers[0].image}";
    let read = ["get", "deployment", "web", "-o", image];
    assert_eq!(server.kubectl(READER, &read, None)?, "registry.example.com/web:1");
    let list = ["get", "deployments", "-A", "-o", "name"];
    assert_eq!(server.kubectl(READER, &list, None)?, "deployment.apps/web\n");

    for refused in [["get", "secrets", "-A"], ["delete", "deployment", "web"]] {
        let err = server.kubectl(READER, &refused, None).expect_err("this right was not granted");
        assert!(format!("{err:#}").contains("Forbidden"), "{err:#}");
    }
    let err = server.kubectl("stranger", &list, None).expect_err("the server does not know this name");
    assert!(format!("{err:#}").contains("logged in"), "{err:#}");

    let requests = server.audit_log()?;
    let answered = |verb: &str, resource: &str, status: u16| {
        requests
            .iter()
            .any(|it| it.user == READER && it.verb == verb && it.resource == resource && it.status == Some(status))
    };
    assert!(answered("get", "deployments", 200), "{requests:#?}");
    assert!(answered("list", "deployments", 200), "{requests:#?}");
    assert!(answered("list", "secrets", 403), "{requests:#?}");
    assert!(answered("delete", "deployments", 403), "{requests:#?}");
    let verbs = requests
        .iter()
        .filter(|it| it.user == READER && it.status == Some(200))
        .map(|it| it.verb.as_str())
        .collect::<BTreeSet<_>>();
    assert_eq!(verbs, BTreeSet::from(["get", "list"]));
    Ok(())
}

#[test]
fn three_servers_run_side_by_side_and_edits_bear_names() -> anyhow::Result<()> {
    let Some(servers) = ApiServer::three()? else {
        return Ok(());
    };
    let urls = servers.iter().map(ApiServer::url).collect::<BTreeSet<_>>();
    assert_eq!(urls.len(), servers.len());

    // What is written to one is in that one alone.
    for (server, person) in servers.iter().zip([ADMIN, ALICE, BOB]) {
        let name = person.split('@').next().context("a name has a beginning")?;
        server.kubectl(person, &["create", "configmap", name], None)?;
        let found = ["get", "configmap", "admin", "alice", "bob", "--ignore-not-found", "-o", "name"];
        assert_eq!(server.kubectl(ADMIN, &found, None)?, format!("configmap/{name}\n"));

        let requests = server.audit_log()?;
        let edit = requests.iter().find(|it| it.verb == "create");
        let edit = edit.context("the edit is missing in the audit log")?;
        assert_eq!((edit.user.as_str(), edit.status), (person, Some(201)));
        assert!(edit.user_agent.starts_with("kubectl/v1."), "{edit:?}");
        assert_eq!((edit.namespace.as_str(), edit.resource.as_str()), ("default", "configmaps"));
        assert!(edit.uri.starts_with("/api/v1/namespaces/default/configmaps?"), "{edit:?}");
    }
    Ok(())
}
