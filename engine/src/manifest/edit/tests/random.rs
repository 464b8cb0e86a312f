//! Edits at random: they say what they should, change no other line, and never panic.

use proptest::prelude::*;
use serde_json::Value;

use super::super::*;

/// Any text, and those that YAML may read as something else or write in several ways.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,8}",
        "[a-z]{1,4}(\n {0,2}[a-z:#-]{0,4}){1,4}\n{0,2}",
        prop::sample::select(vec![
            "on",
            "1e3",
            "0x1",
            "~",
            "2024-01-01",
            "a: b",
            " x",
            "x ",
            "- a",
            "#",
            "\u{85}",
            "é\u{1f600}",
            "\t"
        ])
        .prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-e]{1,2}|on|1", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn documents() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-e]{1,2}", values(), 1..5)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// Random numbers that run out into noughts.
struct Dice(std::vec::IntoIter<u8>);

impl Dice {
    fn roll(&mut self, sides: u8) -> usize {
        usize::from(self.0.next().unwrap_or(0) % sides)
    }
}

/// A value as YAML in a style that the dice choose.
fn write(value: &Value, column: usize, dice: &mut Dice, out: &mut String) {
    let pad = " ".repeat(column);
    let comment = |dice: &mut Dice| ["", "", " # aside", "  #"][dice.roll(4)];
    match value {
        Value::Object(fields) if !fields.is_empty() && dice.roll(4) > 0 => {
            for (key, value) in fields {
                if dice.roll(5) == 0 {
                    out.push_str(&format!("\n{pad}# before {key}"));
                }
                if dice.roll(6) == 0 {
                    out.push('\n');
                }
                out.push_str(&format!("\n{pad}\"{key}\":"));
                let indented = dice.roll(2) * 2;
                let deeper = if value.is_array() { indented } else { 2 + dice.roll(3) };
                write(value, column + deeper, dice, out);
            }
        }
        Value::Array(items) if !items.is_empty() && dice.roll(4) > 0 => {
            for item in items {
                out.push_str(&format!("\n{pad}-"));
                write(item, column + 2, dice, out);
            }
        }
        Value::String(text)
            if text.ends_with('x') && dice.roll(2) == 0 && text.chars().all(|it| it.is_ascii_lowercase()) =>
        {
            out.push_str(&format!(" |-\n{pad}   {text}"));
        }
        Value::String(text)
            if text.chars().all(|it| it.is_ascii_lowercase()) && text.len() > 4 && dice.roll(2) == 0 =>
        {
            out.push_str(&format!(" {text}{}", comment(dice)));
        }
        other => out.push_str(&format!(" {other}{}", comment(dice))),
    }
}

fn rendered(documents: &[Value], dice: &mut Dice) -> String {
    let mut text = String::new();
    for document in documents {
        let marked = if dice.roll(2) == 0 { "---" } else { "--- # next" };
        let mut body = String::new();
        write(document, 0, dice, &mut body);
        text.push_str(&format!("{marked}{}{body}\n", if body.starts_with(' ') { "\n" } else { "" }));
    }
    if dice.roll(3) == 0 {
        text = text.replace('\n', "\r\n");
    }
    if dice.roll(3) == 0 {
        text = text.trim_end().to_owned();
    }
    text
}

/// A path that the dice choose, often to a place that is there.
fn walk<'a>(mut value: &'a Value, dice: &mut Dice) -> Vec<Step<'a>> {
    let mut path = Vec::new();
    loop {
        let stop = !path.is_empty() && dice.roll(3) == 0;
        match value {
            Value::Object(fields) if !stop => {
                let chosen = fields.iter().nth(dice.roll(5));
                path.push(Step::Key(chosen.map_or("new", |it| it.0)));
                match chosen {
                    Some(it) => value = it.1,
                    None => return path,
                }
            }
            Value::Array(items) if !stop => {
                let chosen = dice.roll(5).min(items.len());
                path.push(Step::Item(chosen));
                match items.get(chosen) {
                    Some(it) => value = it,
                    None => return path,
                }
            }
            _ => return path,
        }
    }
}

/// What stands between the other separators, which no edit of this document may touch.
fn other_documents(text: &str, document: usize) -> Vec<&str> {
    text.split("\n---").enumerate().filter(|(index, _)| *index != document).map(|it| it.1.trim_end()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn one_edit_says_what_it_should_and_changes_nothing_else(
        documents in prop::collection::vec(documents(), 1..4),
        style in prop::collection::vec(any::<u8>(), 0..64),
        new in values(),
        which in any::<u8>(),
        walked in prop::collection::vec(any::<u8>(), 0..16),
        removes in any::<bool>(),
    ) {
        let text = rendered(&documents, &mut Dice(style.into_iter()));
        let read: Vec<Value> = yaml::parse(&text).expect(&text).into_iter().map(|it| it.value).collect();
        prop_assert_eq!(&read, &documents, "{}", text);
        let document = usize::from(which) % documents.len();
        let path = walk(&documents[document], &mut Dice(walked.into_iter()));
        let change = if removes { Change::Remove } else { Change::Set(&new) };
        match edit(&text, &[Edit { document, path: &path, change }]) {
            Ok(edited) => {
                let mut plan = Plan::new();
                plan.add(&path, change).expect("one edit");
                let mut wanted = documents.clone();
                plan.apply(&mut wanted[document]).expect("it was made");
                let read: Vec<Value> = yaml::parse(&edited).expect(&edited).into_iter().map(|it| it.value).collect();
                prop_assert_eq!(read, wanted);
                if edited.matches("\n---").count() == text.matches("\n---").count() {
                    prop_assert_eq!(other_documents(&text, document), other_documents(&edited, document));
                }
                prop_assert_eq!(text.ends_with('\n'), edited.ends_with('\n'), "{:?}\n{:?}", text, edited);
                prop_assert_eq!(text.contains("\r\n"), edited.contains("\r\n") || !edited.contains('\n'));
            }
            Err(Refused::Missing) => prop_assert!(removes, "{}", text),
            Err(why) => prop_assert!(false, "{} {:?} {:?}\n{}", why, path, change, text),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "([a-c]|[-:?,&*!|>#%\n\r {}\\[\\]'\"\u{feff}é]|: |- |\n  |--- |<<: ){0,40}", value in values(), path in "(/[a-c0-1]){0,3}") {
        let path = super::steps(&path);
        let _: Result<String, Refused> = edit(&text, &[Edit { document: 0, path: &path, change: Change::Set(&value) }]);
        let _: Result<String, Refused> = edit(&text, &[Edit { document: 0, path: &path, change: Change::Remove }]);
    }
}
