//! Descriptions of changes as ConfigHub is known to take them: one line of ASCII arrows, at most 255 characters.

/// No limit is declared; this one is safe.
const LONGEST: usize = 255;

/// One line; what does not fit ends in `...`.
pub(super) fn one_line(text: &str) -> String {
    let plain: String = text.replace('→', "->").chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let kept: String = line.chars().take(LONGEST - 3).collect();
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_description_is_one_short_line() {
        assert_eq!(
            one_line(" Fixed replicas:\n5 → 3\t(Deployment shop/web) "),
            "Fixed replicas: 5 -> 3 (Deployment shop/web)"
        );
        assert_eq!(one_line(&"é".repeat(255)), "é".repeat(255));
        assert_eq!(one_line(&"é".repeat(256)), format!("{}...", "é".repeat(252)));
        assert_eq!(one_line(""), "");
    }

    proptest! {
        #[test]
        fn whatever_the_text(text in "\\PC{0,400}|[\\x00-\\x7f]{0,400}") {
            let line = one_line(&text);
            prop_assert!(line.chars().count() <= 255 && !line.chars().any(char::is_control));
            prop_assert_eq!(one_line(&line), line);
        }
    }
}
