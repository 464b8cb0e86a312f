//! The forms in which a secret's bytes can be read back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter stretches may occur by chance.
const SHORTEST: usize = 8;

/// As it is, as JSON, base64 at each of three offsets, hexadecimal, percent-encoded; also each line of a text alone.
pub(super) fn of(secret: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("as it is", secret.to_owned())];
    forms.extend(secret.lines().filter(|it| it.len() >= SHORTEST).map(|it| ("one line", it.to_owned())));
    let json = serde_json::Value::from(secret).to_string();
    forms.push(("as JSON", json.trim_matches('"').to_owned()));
    let hex: String = secret.bytes().map(|it| format!("{it:02x}")).collect();
    forms.extend([("in upper hexadecimal", hex.to_uppercase()), ("in hexadecimal", hex)]);
    forms.push(("percent-encoded", percent(secret)));
    for before in ["", "x", "xy"] {
        // Without the characters that the neighbours have a part in.
        let whole = format!("{before}{secret}");
        let (from, to) = ((before.len() * 8).div_ceil(6), whole.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
            forms.push(("in base64", text[from..to].to_owned()));
        }
    }
    forms.retain(|it| it.1.len() >= SHORTEST);
    forms
}

/// Everything but letters, digits and `-._~`.
pub(super) fn percent(text: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    text.bytes().map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

#[test]
fn every_form_is_recognised() {
    use base64::engine::general_purpose::STANDARD;
    let secret = "s3cr/et+of=this&test";
    let basic = STANDARD.encode(format!("user:{secret}\n"));
    for text in [secret, &basic, &percent(secret), "733363722f65742b6f663d746869732674657374"] {
        assert!(of(secret).iter().any(|(_, form)| text.contains(form.as_str())), "{text}");
    }
    assert!(!of(secret).iter().any(|(_, form)| "an ordinary sentence".contains(form.as_str())));
}
