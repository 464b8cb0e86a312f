//! Cuts known credentials out of texts, in each encoding in which they may come back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::MARK;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Shorter ones are no credentials, and cutting them would garble ordinary text.
const SHORTEST: usize = 6;

/// The spellings of the credentials, longest first so that no part of a longer one survives.
#[derive(Clone, Default)]
pub(super) struct Exact {
    spellings: Vec<String>,
}

impl Exact {
    pub(super) fn new<'a>(credentials: impl Iterator<Item = &'a str>) -> Self {
        let mut spellings: Vec<String> =
            credentials.map(str::trim).filter(|it| it.len() >= SHORTEST).flat_map(spellings).collect();
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings }
    }

    pub(super) fn cut(&self, text: &str) -> String {
        self.cut_with(text, &|_| MARK.to_owned())
    }

    /// The same with marks that tell what was cut apart.
    pub(super) fn cut_with(&self, text: &str, mark: &dyn Fn(&str) -> String) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, spelling| {
            if text.contains(spelling.as_str()) { text.replace(spelling.as_str(), &mark(spelling)) } else { text }
        })
    }
}

/// As it is, line by line, as JSON, percent-encoded, hexadecimal, and base64 at each of the three offsets at which it can
/// stand inside a longer encoded text (`user:token` in a Basic header).
fn spellings(credential: &str) -> Vec<String> {
    let mut all = vec![credential.to_owned()];
    all.extend(credential.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).map(str::to_owned));
    let json = serde_json::Value::from(credential).to_string();
    all.push(json[1..json.len() - 1].to_owned());
    all.push(utf8_percent_encode(credential, RESERVED).to_string());
    all.push(credential.bytes().map(|byte| format!("{byte:02x}")).collect());
    all.push(credential.bytes().map(|byte| format!("{byte:02X}")).collect());
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend(credential.bytes());
        // Characters that also encode a neighbouring byte are left out: they differ with the neighbour.
        let from = (shift * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            all.extend(text.get(from..to).filter(|it| it.len() >= SHORTEST).map(str::to_owned));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_cut_in_every_encoding() {
        let credential = "s3cr/et+t\"oken=42";
        let exact = Exact::new([credential].into_iter());
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("someone:{credential}"));
        for text in [
            credential.to_owned(),
            basic.clone(),
            URL_SAFE_NO_PAD.encode(format!("x{credential}")),
            utf8_percent_encode(credential, RESERVED).to_string(),
            serde_json::Value::from(credential).to_string(),
        ] {
            assert!(exact.cut(&text).contains(MARK), "{text}");
        }
        assert_eq!(exact.cut("nothing here"), "nothing here");
    }

    #[test]
    fn short_values_are_left_alone() {
        assert_eq!(Exact::new(["abc"].into_iter()).cut("abcdef"), "abcdef");
    }
}
