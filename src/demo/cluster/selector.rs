//! Field and label selectors, as far as they are served.

use serde_json::Value;

use super::refusal::Refusal;

/// Whether an object is selected; what is not understood is refused, never ignored.
#[derive(Debug, Default)]
pub(super) struct Selector {
    /// Path below `metadata`, whether it shall be equal, the value.
    terms: Vec<(Field, Test)>,
}

#[derive(Debug)]
enum Field {
    Metadata(&'static str),
    Label(String),
}

#[derive(Debug)]
enum Test {
    Is(String),
    IsNot(String),
    Exists,
    ExistsNot,
}

impl Selector {
    /// From the two query parameters.
    pub(super) fn new(fields: &str, labels: &str) -> Result<Self, Refusal> {
        let mut terms = Vec::new();
        for term in fields.split(',').filter(|term| !term.is_empty()) {
            let (name, test) = parse(term);
            let field = match name.as_str() {
                "metadata.name" => "name",
                "metadata.namespace" => "namespace",
                other => return Err(Refusal::bad_request(&format!("field label not supported: {other}"))),
            };
            terms.push((Field::Metadata(field), test));
        }
        if labels.contains('(') {
            return Err(Refusal::bad_request("the demo cluster does not serve set-based label selectors"));
        }
        for term in labels.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            let (name, test) = parse(term);
            terms.push((Field::Label(name), test));
        }
        Ok(Self { terms })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        self.terms.iter().all(|(field, test)| {
            let value = match field {
                Field::Metadata(name) => metadata[*name].as_str().or(Some("")),
                Field::Label(name) => metadata["labels"][name.as_str()].as_str(),
            };
            match test {
                Test::Is(wanted) => value == Some(wanted),
                Test::IsNot(unwanted) => value != Some(unwanted),
                Test::Exists => value.is_some(),
                Test::ExistsNot => value.is_none(),
            }
        })
    }
}

fn parse(term: &str) -> (String, Test) {
    let cut = |sign: &str| term.split_once(sign).map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    if let Some((name, value)) = cut("!=") {
        return (name, Test::IsNot(value));
    }
    if let Some((name, value)) = cut("==").or_else(|| cut("=")) {
        return (name, Test::Is(value));
    }
    match term.strip_prefix('!') {
        Some(name) => (name.to_owned(), Test::ExistsNot),
        None => (term.to_owned(), Test::Exists),
    }
}
