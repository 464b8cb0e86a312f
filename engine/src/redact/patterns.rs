//! How credentials look when nobody told us about them.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::MARK;

/// Names that say that the value is a secret.
const NAME: &str = r"(?i)(pass(word|wd|phrase)?|pwd|secret|token|api[-_.]?key|access[-_.]?key|account[-_.]?key|private[-_.]?key|signing[-_.]?key|encryption[-_.]?key|credential|auth|cookie|session|dsn|conn(ection)?[-_.]?str(ing)?|connection[-_.]?ur[il]|database[-_.]?ur[il])";

/// Names of Kubernetes fields that only *refer* to a secret, or set how something named so behaves. Their values are
/// names and settings.
const REFERENCE: &str = r"(Name|Names|Ref|Refs|Namespace|Path|Seconds|Affinity|AffinityConfig|Policy|Type|Class|Mode|Method|Issuer|Url|URL|Key)$|^(secret|secrets|serviceAccountToken|imagePullSecrets|tokenRequests|authorization|author|authority)$";

/// Names that end like references and are none: `apiKey` holds the key, where `secretKey` says under which it is kept.
const HELD: &str = r"(?i)(api|access|private|signing|encryption)[-_.]?key$";

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| compiled(NAME));
static REFERENCE_NAME: LazyLock<Regex> = LazyLock::new(|| compiled(REFERENCE));
static HELD_KEY: LazyLock<Regex> = LazyLock::new(|| compiled(HELD));
static SECRET_FLAG: LazyLock<Regex> = LazyLock::new(|| compiled(&format!("^--?[A-Za-z0-9_.-]*{NAME}[A-Za-z0-9_.-]*$")));

/// Formats with a shape of their own. Without a leading `\b`: escapes may stand right before them.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)",
        r"|sk-[A-Za-z0-9_-]{20,}",
        r"|gh[pousr]_[A-Za-z0-9]{20,}",
        r"|github_pat_[A-Za-z0-9_]{20,}",
        r"|glpat-[A-Za-z0-9_-]{16,}",
        r"|(AKIA|ASIA)[A-Z0-9]{16}",
        r"|xox[abeoprs]-[A-Za-z0-9-]{8,}",
        r"|AIza[A-Za-z0-9_-]{30,}",
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?",
        r"|k8s-aws-v1\.[A-Za-z0-9_-]{10,}",
        // What a recording has in place of a credential.
        r"|\[redacted:[0-9a-f]{32}[^\]\s]*\]",
    ))
});
static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#]+|[^\s/?#:@]*:[^\s@?#]+)@"));
static SCHEME: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}"));
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r#"([A-Za-z0-9_.-]*{NAME}[A-Za-z0-9_.-]*["']?[ \t]*(?:=>|[:=])[ \t]*|--[A-Za-z0-9_.-]*{NAME}[A-Za-z0-9_.-]*[ \t]+)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[|>][0-9+-]*[ \t]*(?:\n[ \t]+[^\n]*)+|[^\s"',;&}}]+)"#
    ))
});
/// `<password>…</password>`
static ELEMENT: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!(r"(<[A-Za-z0-9_.:-]*{NAME}[A-Za-z0-9_.:-]*(?:[ \t][^<>]*)?>)[^<>]+(</)")));
/// A line of its own, as in `.env` and `.properties`: everything after the `=` is the value, separators included.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(r"(?m)^([ \t]*(?:export[ \t]+)?[A-Za-z0-9_.-]*{NAME}[A-Za-z0-9_.-]*=)[^\r\n]+"))
});
/// `requirepass hunter2`, as in the configuration of Redis and in `.netrc`: a line of two words.
static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?mi)^([ \t]*(?:requirepass|masterauth|password|passwd|pass|secret|token)[ \t]+)[^\s:=]+([ \t\r]*)$")
});
static RUN: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z0-9+/_-]{33,}={0,2}"));

/// Whether a value of this name must not be shown at all.
pub(super) fn hides(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && is_secret_name(name),
        // `maxTokens: 5`, `sessionTimeout: 60` are settings; a numeric password is still a password.
        Value::Number(_) => is_secret_name(name) && name.to_ascii_lowercase().contains("pass"),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a name says that what it names is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    SECRET_NAME.is_match(name) && (!REFERENCE_NAME.is_match(name) || HELD_KEY.is_match(name) || is_shouted(name))
}

/// `API_KEY` and `api-key` are names that people chose, not fields of the Kubernetes API.
fn is_shouted(name: &str) -> bool {
    name.contains(['_', '-', '.']) || !name.chars().any(char::is_lowercase)
}

/// Whether this is a command-line flag whose next argument is a secret.
pub(super) fn is_secret_flag(argument: &str) -> bool {
    SECRET_FLAG.is_match(argument)
}

/// The text without the parts that look like credentials.
pub(super) fn scrub(text: &str) -> String {
    scrub_with(text, &|_| MARK.to_owned())
}

/// The same with marks that tell what was cut apart.
pub(super) fn scrub_with(text: &str, mark: &dyn Fn(&str) -> String) -> String {
    let last = |found: &Captures<'_>| found.get(found.len() - 1).map_or("", |it| it.as_str()).to_owned();
    let text = SHAPES.replace_all(text, |found: &Captures<'_>| mark(&found[0]));
    let text = USERINFO.replace_all(&text, |found: &Captures<'_>| {
        if is_path_after_port(&found[2]) { found[0].to_owned() } else { format!("{}{}@", &found[1], mark(&found[2])) }
    });
    let text = SCHEME.replace_all(&text, |found: &Captures<'_>| {
        let before = format!("{}{}", &found[1], &found[2]);
        format!("{before}{}", mark(&found[0][before.len()..]))
    });
    let text =
        LINE.replace_all(&text, |found: &Captures<'_>| format!("{}{}", &found[1], mark(&found[0][found[1].len()..])));
    let text = DIRECTIVE.replace_all(&text, |found: &Captures<'_>| {
        let (before, after) = (&found[1], &found[2]);
        format!("{before}{}{after}", mark(&found[0][before.len()..found[0].len() - after.len()]))
    });
    let text = ASSIGNMENT.replace_all(&text, |found: &Captures<'_>| {
        let value = last(found);
        if is_port(&found[1], &value) { found[0].to_owned() } else { format!("{}{}", &found[1], mark(&value)) }
    });
    let text = ELEMENT.replace_all(&text, |found: &Captures<'_>| {
        let (before, after) = (&found[1], last(found));
        format!("{before}{}{after}", mark(&found[0][before.len()..found[0].len() - after.len()]))
    });
    RUN.replace_all(&text, |found: &Captures<'_>| {
        let run = &found[0];
        if looks_random(run) { mark(run) } else { run.to_owned() }
    })
    .into_owned()
}

/// `auth-prod:6443` is a host and its port.
fn is_port(before: &str, value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let ends = value[digits..].bytes().next().is_none_or(|it| matches!(it, b'/' | b':' | b'.' | b')' | b'`'));
    before.ends_with(':') && !before.contains(['"', '\'']) && (2..=5).contains(&digits) && ends
}

/// `host:8443/a` of `https://host:8443/a@b`: a password with a slash in it would not begin with a whole port.
fn is_path_after_port(userinfo: &str) -> bool {
    let after = userinfo.split_once(':').and_then(|(_, rest)| rest.split_once('/'));
    after.is_some_and(|(port, _)| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()))
}

/// Long runs that no person wrote: mixed classes of characters, and hardly any repetition. Digests (`sha256:…`, Git
/// commits: lower-case hexadecimal) identify and are shown.
fn looks_random(run: &str) -> bool {
    let lower_hex = run.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let classes = [
        run.bytes().any(|byte| byte.is_ascii_digit()),
        run.bytes().any(|byte| byte.is_ascii_lowercase()),
        run.bytes().any(|byte| byte.is_ascii_uppercase()),
    ];
    !lower_hex && classes.iter().all(|it| *it) && entropy(run) > 3.7
}

/// Shannon entropy in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts.iter().filter(|it| **it > 0).map(|it| f64::from(*it) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_and_ordinary_text_stays() {
        for (text, want) in [
            ("postgres://app:hunter22@db:5432/shop", "postgres://[redacted]@db:5432/shop"),
            ("db.password=hunter2\ndb.pool=5", "db.password=[redacted]\ndb.pool=5"),
            ("{\"apiKey\": \"abc def\", \"a\": 1}", "{\"apiKey\": [redacted], \"a\": 1}"),
            ("Authorization: Bearer abcdefghijk", "Authorization: [redacted] [redacted]"),
            ("dial auth-prod:6443: refused, https://secrets.example.com:8443/x", ""),
            ("postgres://app:hun@ter2@db:5432/shop", "postgres://[redacted]@db:5432/shop"),
            ("postgres://app:hun/ter2@db:5432/shop", "postgres://[redacted]@db:5432/shop"),
            ("https://example.com:8443/pkg@v1", ""),
            ("PASSWORD=hun,ter;2\nMODE=a,b", "PASSWORD=[redacted]\nMODE=a,b"),
            ("{\"password\": \"hun\\\"ter2\", \"a\": 1}", "{\"password\": [redacted], \"a\": 1}"),
            ("<password>hunter2</password><port>80</port>", "<password>[redacted]</password><port>80</port>"),
            ("password: |-\n  hun\n  ter2\nport: 80", "password: [redacted]\nport: 80"),
            ("port 6379\nrequirepass hunter2\nmaxmemory 2gb", "port 6379\nrequirepass [redacted]\nmaxmemory 2gb"),
            ("run --token abc --port 80", "run --token [redacted] --port 80"),
            ("nginx:1.27@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ""),
            ("registry.example.com/team-with-a-long-name/service-with-a-long-name:1.2.3", ""),
            ("kubectl.kubernetes.io/last-applied-configuration", ""),
        ] {
            let want = if want.is_empty() { text } else { want };
            let got = scrub(text);
            if text.starts_with("Authorization") {
                assert!(!got.contains("abcdefghijk"), "{got}");
            } else {
                assert_eq!(got, want);
            }
        }
        assert_eq!(scrub("x -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- y"), "x [redacted] y");
        assert_eq!(scrub("k=Zm9vYmFyQmF6MTIzNDU2Nzg5MHF3ZXJ0eVVJT1A="), "k=[redacted]");
    }

    #[test]
    fn names_hide_values_and_references_do_not() {
        for name in [
            "DB_PASSWORD",
            "apiToken",
            "client-secret",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "password",
            "SESSION_NAME",
            "apiKey",
            "privateKey",
            "accessKey",
        ] {
            assert!(hides(name, &"x".into()), "{name}");
        }
        for name in [
            "secretName",
            "sessionAffinity",
            "replicas",
            "image",
            "imagePullSecrets",
            "tokenExpirationSeconds",
            "secretKey",
        ] {
            assert!(!hides(name, &"x".into()), "{name}");
        }
        assert!(!hides("automountServiceAccountToken", &false.into()));
        assert!(hides("password", &12345.into()));
        assert!(is_secret_flag("--api-token") && !is_secret_flag("--port"));
    }
}
