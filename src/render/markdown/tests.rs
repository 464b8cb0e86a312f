//! Every value stays one piece of text, whatever it holds.

use proptest::prelude::*;

use crate::redact::Redactor;
use crate::render::tests::{HOSTILE, parsed, triggers};

use super::*;

#[test]
fn prose_keeps_words_and_wraps_the_rest() {
    for (text, markdown) in [
        ("plain words, (403) and a full stop.", "plain words, (403) and a full stop."),
        ("the token may not list Ingresses", "the token may not list Ingresses"),
        ("at https://10.0.0.1:6443, twice", "at `https://10.0.0.1:6443`, twice"),
        ("by (@alice)", "by (`@alice`)"),
        ("a|b", "`a`&#124;`b`"),
        ("1. one", "`1`. one"),
        ("- one", "`-` one"),
        ("from 06:44:03 on 2027-01-31", "from 06:44:03 on 2027-01-31"),
        ("fixes GH-12 in 0123abcd", "fixes `GH-12` in `0123abcd`"),
        ("9 lines (+2 −1)", "9 lines (+2 −1)"),
        ("tab\tand\nline", "tab and line"),
        (
            "no Space `shop-dev` here; see `kubectl config view`.",
            "no Space `shop-dev` here; see `kubectl config view`.",
        ),
        ("(`a|b`) is `prod`'s", "(`a`&#124;`b`) is `prod`'s"),
        ("``odd`` and `half", "``` ``odd`` ``` and `` `half ``"),
        ("refused (os error 111)", "refused (os error 111)"),
        ("x \u{202e}y", "x `\\u{202e}y`"),
        ("", ""),
    ] {
        assert_eq!(prose(text), markdown);
    }
}

#[test]
fn names_in_html_are_names() {
    assert_eq!(ident("prod-eu.1"), "prod-eu.1");
    assert_eq!(ident("</summary>@all"), "<code>&#60;&#47;summary&#62;&#64;all</code>");
    assert_eq!(ident(""), "<code></code>");
}

#[test]
fn only_a_plain_address_becomes_a_link() {
    assert_eq!(link("https://github.com/a/b/actions/runs/1", "Run"), "[Run](https://github.com/a/b/actions/runs/1)");
    assert_eq!(link("javascript:alert(1)", "Run"), "`javascript:alert(1)`");
    assert_eq!(link("https://x/)[y](z", "Run"), "`https://x/)[y](z`");
}

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(HOSTILE).prop_map(str::to_owned),
        proptest::sample::select(
            &[
                "`", "``", "```", "~~~", " ", "  ", "|", "\\", "\n", "\r", "\t", "*", "_", "<", "é", "漢", "(", ")",
                ":", "."
            ][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[a-z]{1,8}",
    ];
    proptest::collection::vec(piece, 0..9).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn a_code_span_shows_exactly_its_text(text in nasty()) {
        let (kinds, spans, plain) = parsed(&format!("before {} after", code(&text)));
        prop_assert_eq!(kinds, ["document", "paragraph", "text", "code", "text"]);
        let shown = if text.is_empty() { "\"\"".to_owned() } else { visible(&text) };
        prop_assert_eq!(&spans, &[shown]);
        prop_assert_eq!(plain, "before \u{fffc} after");
    }

    #[test]
    fn a_cell_stays_one_cell(text in nasty()) {
        let (kinds, spans, _) = parsed(&format!("| a | b |\n| - | - |\n| x | {} |\n", cell(&text)));
        prop_assert_eq!(kinds.iter().filter(|it| **it == "table_cell").count(), 4);
        prop_assert_eq!(kinds.iter().filter(|it| !matches!(**it, "document" | "table" | "table_row" | "table_header" | "table_cell" | "text")).copied().collect::<Vec<_>>(), ["code"]);
        if !visible(&text).contains("\\|") && !text.is_empty() {
            prop_assert_eq!(&spans, &[visible(&text)]);
        }
    }

    #[test]
    fn a_fence_holds_every_line(lines in proptest::collection::vec(nasty(), 0..6)) {
        let lines: Vec<_> = lines.iter().map(|it| format!("+ {it}")).collect();
        let (kinds, spans, plain) = parsed(&format!("{}\n\nafter\n", fence("diff", &lines)));
        prop_assert_eq!(kinds, ["document", "code_block", "paragraph", "text"]);
        let shown: String = lines.iter().map(|it| visible_line(it) + "\n").collect();
        prop_assert_eq!(&spans, &[shown]);
        prop_assert_eq!(plain, "after");
    }

    #[test]
    fn prose_is_text_and_code(text in nasty(), in_table in any::<bool>()) {
        let prose = prose(&text);
        let document = if in_table { format!("| a |\n| - |\n| {prose} |\n") } else { format!("{prose}\n") };
        let (kinds, _, plain) = parsed(&document);
        let allowed = ["document", "paragraph", "text", "code", "table", "table_row", "table_header", "table_cell"];
        prop_assert!(kinds.iter().all(|it| allowed.contains(it)), "{:?} in {:?}", kinds, prose);
        let cells = kinds.iter().filter(|it| **it == "table_cell").count();
        prop_assert_eq!(cells, if in_table { 2 } else { 0 });
        prop_assert!(!triggers(&plain), "{prose:?}");
    }

    #[test]
    fn a_name_in_html_closes_nothing(text in nasty()) {
        let name = ident(&text);
        let inside = name.strip_prefix("<code>").and_then(|it| it.strip_suffix("</code>")).unwrap_or(&name);
        prop_assert!(!inside.contains(['<', '>', '\n', '\r', '@', '`']), "{name}");
    }
}

#[test]
fn redacted_marks_are_readable() {
    let text = Redactor::default().text("postgres://app:hunter22@db/shop");
    assert_eq!(prose(text.as_str()), "`postgres://[redacted]@db/shop`");
}
