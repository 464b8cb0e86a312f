//! Whether two scalars say the same to the API server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Number, Value};

use super::fields;
use super::place::Place;
use super::quantity::{Precision, Quantity};
use super::types::Scalar;

/// Whether the values at `place` are the same. Mappings and lists are the caller's.
pub(super) fn same(place: &Place<'_>, desired: &Value, live: &Value) -> bool {
    if Exact::of(desired) == Exact::of(live) {
        return true;
    }
    if let Some(precision) = fields::quantity(place) {
        return same_quantity(desired, live, precision).unwrap_or(false);
    }
    let (Value::String(one), Value::String(other)) = (desired, live) else { return false };
    match place.spot().and_then(|spot| spot.scalar()) {
        Some(Scalar::Bytes) => same_bytes(one, other),
        Some(Scalar::Time) => same_time(one, other),
        Some(Scalar::Duration) => duration(one).is_some_and(|nanos| duration(other) == Some(nanos)),
        None | Some(Scalar::Text) if !place.is_typed() => {
            is_duration_as_go_writes(one, other) || is_quantity_as_go_writes(one, other)
        }
        _ => false,
    }
}

/// A value that equals another one exactly when the API server takes them for the same number, or they are the same:
/// `80` is `80.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Exact<'a> {
    Integer(i128),
    Other(&'a Value),
}

impl<'a> Exact<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        value.as_number().and_then(integer).map_or(Self::Other(value), Self::Integer)
    }
}

fn integer(number: &Number) -> Option<i128> {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "what is beyond is no integer of the API")]
        number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < 1e30).map(|it| it as i128)
    })
}

fn same_quantity(one: &Value, other: &Value, precision: Precision) -> Option<bool> {
    let read = |value: &Value| match value {
        Value::String(text) => Quantity::parse(text),
        // `cpu: 0.5` is a number in YAML and a quantity for the API.
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    };
    Some(read(one)?.at(precision) == read(other)?.at(precision))
}

/// Base64 texts that decode to the same bytes; what does not decode is compared as text.
fn same_bytes(one: &str, other: &str) -> bool {
    match (bytes(one), bytes(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// The same moment, in whatever zone and with however many zeros it is written.
fn same_time(one: &str, other: &str) -> bool {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    moment(one).is_some_and(|it| moment(other) == Some(it))
}

/// The bytes of a base64 text. Line breaks are allowed anywhere, as in Go.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).ok()
}

/// A controller written in Go that stores a custom resource rewrites `8760h` as `8760h0m0s`. Only that spelling is taken
/// for the same: any other was chosen by somebody.
fn is_duration_as_go_writes(desired: &str, live: &str) -> bool {
    // Cheap, and true of every duration of a second or more.
    live.ends_with('s') && duration(desired).is_some_and(|nanos| spelled(nanos) == live)
}

/// Such a controller rewrites quantities too, `1.25G` as `1250M`. A text is one if both spellings end in a unit that is
/// nothing else: `m` may be minutes, and a plain number a version.
fn is_quantity_as_go_writes(desired: &str, live: &str) -> bool {
    let is_size = |text: &str| text.ends_with(['k', 'M', 'G', 'T', 'P', 'i']);
    is_size(desired)
        && is_size(live)
        // Go keeps to powers of two or of ten, as it found them.
        && desired.ends_with('i') == live.ends_with('i')
        && Quantity::parse_canonical(live).is_some_and(|live| Quantity::parse(desired) == Some(live))
}

/// Go's `time.ParseDuration`, in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 8] = [
        ("ms", 1_000_000),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ns", 1),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    let (sign, mut rest) =
        text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |rest| (-1, rest));
    if rest == "0" {
        return Some(0);
    }
    let mut nanos = 0i64;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (whole, fraction) = rest[..end].split_once('.').unwrap_or((&rest[..end], ""));
        rest = &rest[end..];
        let (unit, size) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let mut part = size;
        let mut beyond = 0i64;
        for digit in fraction.bytes() {
            part /= 10;
            beyond += i64::from(digit - b'0') * part;
        }
        nanos = nanos.checked_add(whole.checked_mul(size)?)?.checked_add(beyond)?;
    }
    text.ends_with(|it: char| it.is_ascii_alphabetic()).then_some(sign * nanos)
}

/// Go's `Duration.String` for whole seconds.
fn spelled(nanos: i64) -> String {
    let seconds = nanos / 1_000_000_000;
    if nanos % 1_000_000_000 != 0 {
        return String::new();
    }
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_spelling_of_go_is_the_same_duration() {
        for (desired, live, same) in [
            ("8760h", "8760h0m0s", true),
            ("90s", "1m30s", true),
            ("1h30m", "1h30m0s", true),
            ("60s", "60s0s", false),
            ("1m", "60s", false),
            ("5000ms", "5s", true),
            ("1h", "2h0m0s", false),
            ("news", "news0s", false),
            ("", "0s", false),
            ("1.5h", "1h30m0s", true),
            ("1..5h", "1h30m0s", false),
            (".h", "0s", false),
        ] {
            assert_eq!(is_duration_as_go_writes(desired, live), same, "{desired} {live}");
        }
    }

    #[test]
    fn only_the_spelling_of_go_is_the_same_quantity() {
        for (desired, live, same) in [
            ("1.25G", "1250M", true),
            ("2048Mi", "2Gi", true),
            ("1250M", "1.25G", false),
            ("1.25G", "1251M", false),
            ("1024k", "1000Ki", false),
            ("2000m", "2", false),
            ("1.0", "1", false),
            ("1e3", "1k", false),
        ] {
            assert_eq!(is_quantity_as_go_writes(desired, live), same, "{desired} {live}");
        }
    }

    #[test]
    fn base64_is_compared_by_its_bytes() {
        assert!(same_bytes("aGk=\n", "aGk=") && same_bytes("not base64!", "not base64!"));
        assert!(!same_bytes("aGk=", "aGo=") && !same_bytes("not base64!", "not base64?"));
    }
}
