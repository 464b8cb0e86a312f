//! Kubernetes quantities (`500m`, `1.5Gi`, `2e3`), by value and without floats, as `resource.ParseQuantity` reads them.

/// A quantity in billionths: what the API server keeps, since it rounds finer ones up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    nanos: i128,
}

/// How finely the API server keeps a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// In resource lists: requests, limits, capacities, quotas.
    Milli,
    /// Everywhere else.
    Nano,
}

const NANOS: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;
/// The server caps what is greater.
const MAX: i128 = i64::MAX as i128 * NANOS;
/// No quantity that anybody wrote is longer; longer ones are texts.
const LONGEST: usize = 512;
/// Decimal places beyond which only "zero or not" matters, and digits beyond which only the cap matters.
const FAR: i64 = 1_000;

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self { nanos: 0 };

    /// None where the API server refuses the text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let scale = Scale::parse(suffix)?;
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
        for _ in 0..scale.times_1024 {
            multiply_by_1024(&mut digits);
        }
        let places = i64::try_from(fraction.len()).unwrap_or(FAR);
        let nanos = rounded_up(&digits, scale.times_ten + 9 - places).min(MAX);
        Some(Self { nanos: if negative { -nanos } else { nanos } })
    }

    /// None also where Go would spell it otherwise: it writes a whole number with the largest suffix that allows one
    /// (`Quantity.String`), `1250M` for `1.25G`. What the server caps is nobody's spelling.
    pub fn parse_canonical(text: &str) -> Option<Self> {
        let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let number: u64 = number.parse().ok()?;
        let step = match suffix {
            "n" | "u" | "m" | "" | "k" | "M" | "G" | "T" | "P" => 1000,
            "Ki" | "Mi" | "Gi" | "Ti" | "Pi" => 1024,
            _ => return None,
        };
        let is_canonical = !text.starts_with('0') && !number.is_multiple_of(step);
        Self::parse(text).filter(|it| is_canonical && it.nanos < MAX)
    }

    /// The same, as coarse as the server keeps it. It rounds away from zero.
    pub fn at(self, precision: Precision) -> Self {
        match precision {
            Precision::Nano => self,
            Precision::Milli => {
                let up = if self.nanos % NANOS_PER_MILLI == 0 { 0 } else { self.nanos.signum() };
                Self { nanos: (self.nanos / NANOS_PER_MILLI + up) * NANOS_PER_MILLI }
            }
        }
    }
}

/// What a suffix multiplies by: a power of ten and of 1024.
struct Scale {
    times_ten: i64,
    times_1024: u8,
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        let ten = |times_ten| Some(Self { times_ten, times_1024: 0 });
        let two = |times_1024| Some(Self { times_ten: 0, times_1024 });
        match suffix {
            "n" => ten(-9),
            "u" => ten(-6),
            "m" => ten(-3),
            "" => ten(0),
            "k" => ten(3),
            "M" => ten(6),
            "G" => ten(9),
            "T" => ten(12),
            "P" => ten(15),
            "E" => ten(18),
            "Ki" => two(1),
            "Mi" => two(2),
            "Gi" => two(3),
            "Ti" => two(4),
            "Pi" => two(5),
            "Ei" => two(6),
            // `1E` is an exa, `1E3` a thousand.
            exponent => {
                let number = exponent.strip_prefix(['e', 'E'])?;
                let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
                if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    return None;
                }
                let exponent: i64 = number.parse().ok()?;
                ten(exponent.clamp(-FAR, FAR))
            }
        }
    }
}

fn multiply_by_1024(digits: &mut Vec<u8>) {
    let mut carry = 0u32;
    for digit in digits.iter_mut().rev() {
        let product = u32::from(*digit) * 1024 + carry;
        *digit = u8::try_from(product % 10).unwrap_or_default();
        carry = product / 10;
    }
    while carry > 0 {
        digits.insert(0, u8::try_from(carry % 10).unwrap_or_default());
        carry /= 10;
    }
}

/// `digits` × 10^`shift`, rounded up to a whole number, at most a little above the cap.
fn rounded_up(digits: &[u8], shift: i64) -> i128 {
    let kept = if shift >= 0 {
        digits.len()
    } else {
        digits.len().saturating_sub(usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX))
    };
    let (whole, rest) = digits.split_at(kept);
    let beyond = i128::from(rest.iter().any(|digit| *digit != 0));
    let mut value = whole.iter().fold(0i128, |value, digit| add_digit(value, *digit));
    if value > 0 {
        for _ in 0..shift.max(0) {
            value = add_digit(value, 0);
        }
    }
    value + beyond
}

fn add_digit(value: i128, digit: u8) -> i128 {
    (value * 10 + i128::from(digit)).min(MAX + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(one: &str, other: &str) -> bool {
        Quantity::parse(one).expect(one) == Quantity::parse(other).expect(other)
    }

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (one, other) in [
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1E", "1000P"),
            ("1Ei", "1024Pi"),
            ("12e6", "12M"),
            ("+5", "5."),
            (".5", "500m"),
            ("00", "0"),
            ("0.0000000001", "1n"),
            ("1e-400", "1n"),
            ("1e400", "9223372036854775807"),
            ("99999999999999999999999999999999999999999", "9223372036854775807"),
            ("0.000000000001Ki", "2n"),
            ("-1000m", "-1"),
            ("0e999999", "0"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        assert!(!same("9223372036854775807", "9223372036854775806"));
        assert!(!same("1G", "1Gi") && !same("1", "-1"));
    }

    #[test]
    fn what_the_server_refuses_is_no_quantity() {
        for text in
            ["", ".", "-", "1.2.3", "1e", "1e3k", "1 ", " 1", "1gi", "1K", "0x1", "1e+", "e3", "1e99999999999999999999"]
        {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity::parse(&"1".repeat(600)), None);
    }

    #[test]
    fn go_has_one_spelling() {
        for text in ["1250M", "2", "1500m", "32Mi", "1Gi", "999k", "1n"] {
            assert!(Quantity::parse_canonical(text).is_some(), "{text}");
        }
        for text in
            ["1.25G", "2000m", "1000", "1024Mi", "01k", "0", "+1", "-1", "1e3", "k", "", "18446744073709551615P"]
        {
            assert_eq!(Quantity::parse_canonical(text), None, "{text}");
        }
    }

    #[test]
    fn resource_lists_round_up_to_milli() {
        let milli = |text: &str| Quantity::parse(text).expect(text).at(Precision::Milli);
        assert_eq!(milli("0.0001"), milli("1m"));
        assert_eq!(milli("1u"), milli("1m"));
        assert_eq!(milli("-0.0001"), milli("-1m"));
        assert_eq!(milli("1500u"), milli("2m"));
        assert_ne!(milli("1m"), milli("2m"));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}", plain in "[-+]?[0-9.]{0,30}[eEinumkKMGTP]{0,2}[-+]?[0-9]{0,20}") {
            let _ = Quantity::parse(&text);
            let _ = Quantity::parse(&plain);
        }

        #[test]
        fn suffixes_are_powers(amount in 0u32.., step in 0usize..5) {
            let decimal = ["n", "u", "m", "", "k", "M"];
            let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
            let larger = u64::from(amount >> 12);
            for (one, other) in [
                (format!("{amount}000{}", decimal[step]), format!("{amount}{}", decimal[step + 1])),
                (format!("{}{}", larger * 1024, binary[step]), format!("{larger}{}", binary[step + 1])),
                (format!("{amount}e{step}"), format!("{amount}{}", "0".repeat(step))),
            ] {
                prop_assert_eq!(Quantity::parse(&one), Quantity::parse(&other));
            }
        }

        #[test]
        fn order_is_that_of_the_numbers(one in -1_000_000i64..1_000_000, other in -1_000_000i64..1_000_000) {
            let quantity = |it: i64| Quantity::parse(&format!("{it}m")).expect("it is a quantity");
            prop_assert_eq!(quantity(one).cmp(&quantity(other)), one.cmp(&other));
        }
    }
}
