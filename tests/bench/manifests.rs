//! Manifests of the kinds that teams run most, as many as are asked for and always the same.
//!
//! They come in applications of 25 objects. All that tells one application from another is its number and its namespace,
//! so that a live object of one serves as the template for every other.

/// One application, several objects of a kind as one: see [`COPIES`].
const APPLICATION: &str = include_str!("application.yaml");

/// How many objects a document stands for, where it is more than one. The zero in their names counts them.
const COPIES: [(&str, usize); 3] = [("Deployment", 6), ("Service", 5), ("ConfigMap", 6)];

/// Objects of one application.
pub(crate) const OBJECTS: usize = 25;

/// How the application of the file is called; it lives in the first of [`NAMESPACES`].
pub(crate) const FIRST: &str = "a000000";

/// Where applications live, in turn.
pub(crate) const NAMESPACES: [&str; 4] = ["shop", "payments", "platform", "search"];

/// The resources that the manifests are of: group and version, and plural.
pub(crate) const RESOURCES: [(&str, &str); 11] = [
    ("apps/v1", "deployments"),
    ("v1", "services"),
    ("v1", "configmaps"),
    ("v1", "serviceaccounts"),
    ("apps/v1", "statefulsets"),
    ("apps/v1", "daemonsets"),
    ("networking.k8s.io/v1", "ingresses"),
    ("networking.k8s.io/v1", "networkpolicies"),
    ("autoscaling/v2", "horizontalpodautoscalers"),
    ("policy/v1", "poddisruptionbudgets"),
    ("batch/v1", "cronjobs"),
];

/// A manifest that somebody keeps in a unit of its own.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Unique among all manifests, whatever their kinds.
    pub(crate) name: String,
    pub(crate) yaml: String,
}

/// How an application is called.
pub(crate) fn application(number: usize) -> String {
    format!("a{number:06}")
}

/// Where it lives.
pub(crate) fn namespace(number: usize) -> &'static str {
    NAMESPACES[number % NAMESPACES.len()]
}

/// Its objects.
pub(crate) fn objects(number: usize) -> Vec<Manifest> {
    let mut objects = Vec::new();
    for document in APPLICATION.split("\n---\n") {
        let is = |kind: &str| document.contains(&format!("\nkind: {kind}\n"));
        let copies = COPIES.iter().find(|(kind, _)| is(kind)).map_or(1, |(_, copies)| *copies);
        let name = document.lines().find_map(|line| line.strip_prefix("  name: ")).expect("every document has a name");
        for copy in 0..copies {
            let named = name.replace("-0-", &format!("-{copy}-"));
            let yaml = document.replace(name, &named).replace(FIRST, &application(number));
            let yaml = yaml.replace("namespace: shop", &format!("namespace: {}", namespace(number)));
            objects.push(Manifest { name: named.replace(FIRST, &application(number)), yaml });
        }
    }
    assert_eq!(objects.len(), OBJECTS, "an application has as many objects as is said");
    objects
}

/// Which applications hold `desired` objects, spread evenly over all those that `live` objects make.
pub(crate) fn spread(desired: usize, live: usize) -> impl Iterator<Item = usize> {
    // The greatest odd step that stays inside: odd, so that every namespace gets its share.
    let step = (live / desired).saturating_sub(1) | 1;
    (0..desired / OBJECTS).map(move |index| index * step)
}

/// The root of a group and version in paths.
pub(crate) fn root(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// Many manifests as one file.
pub(crate) fn file<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> String {
    let texts: Vec<&str> = manifests.into_iter().map(|it| it.yaml.as_str()).collect();
    texts.join("\n---\n")
}
