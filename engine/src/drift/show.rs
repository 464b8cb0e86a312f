//! Differences as they may be shown: the only way from raw values into a finding.

use serde_json::Value;

use super::compare::{Difference, Sensitivity};
use crate::model::finding::{Code, Shown};
use crate::redact::{Redactor, Text};

/// Desired and live of a difference.
pub fn sides(difference: &Difference, redactor: &Redactor) -> (Shown, Shown) {
    let side = |value: &Value| match difference.sensitivity {
        Sensitivity::Secret => Shown::Hidden(Text::from("Secret value")),
        Sensitivity::Ordinary => shown(&difference.names, value, redactor),
    };
    let desired = if difference.code == Code::FieldAdded { Shown::Absent } else { side(&difference.desired) };
    (desired, difference.live.as_ref().map_or(Shown::Absent, side))
}

fn shown(names: &[String], value: &Value, redactor: &Redactor) -> Shown {
    let names = || names.iter().map(String::as_str);
    // What a telling name holds is hidden with all its parts: their own names may tell nothing.
    let is_compound = value.is_object() || value.is_array();
    let probe = Value::from("any text");
    match redactor.value(names(), if is_compound { &probe } else { value }) {
        Err(reason) => Shown::Hidden(reason),
        Ok(text) if !is_compound => Shown::Text(text),
        Ok(_) => redactor.value(names(), value).map_or_else(Shown::Hidden, Shown::Text),
    }
}
