//! GraphQL documents: one operation, its variables put in, read into a tree of fields.

use serde_json::{Map, Value};

/// A field, or an inline fragment.
#[derive(Debug)]
pub(super) struct Selection {
    /// The alias, else the name.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    /// Of an inline fragment: the type that it is for.
    pub(super) on: Option<String>,
    pub(super) selections: Vec<Self>,
}

/// What a document asks for.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) is_mutation: bool,
    pub(super) selections: Vec<Selection>,
}

/// Reads a document that holds one operation and no named fragments.
pub(super) fn parse(text: &str, variables: &Map<String, Value>) -> Result<Operation, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, variables };
    let mut is_mutation = false;
    if reader.peek() != Some("{") {
        is_mutation = match reader.next()? {
            "query" => false,
            "mutation" => true,
            other => return Err(format!("Expected one of query, mutation, actual: {other}")),
        };
        while reader.peek() != Some("{") {
            reader.head()?;
        }
    }
    let selections = reader.selections()?;
    match reader.peek() {
        None => Ok(Operation { is_mutation, selections }),
        Some(other) => Err(format!("Unexpected {other}")),
    }
}

struct Reader<'a> {
    tokens: &'a [String],
    variables: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.first().map(String::as_str)
    }

    fn next(&mut self) -> Result<&'a str, String> {
        let (first, rest) = self.tokens.split_first().ok_or("Unexpected end of document")?;
        self.tokens = rest;
        Ok(first)
    }

    fn take(&mut self, wanted: &str) -> Result<(), String> {
        match self.next()? {
            found if found == wanted => Ok(()),
            found => Err(format!("Expected {wanted}, actual: {found}")),
        }
    }

    /// The operation's name, or one declared variable, which must be given if it has to be.
    fn head(&mut self) -> Result<(), String> {
        if self.next()? != "$" {
            return Ok(());
        }
        let name = self.next()?;
        self.take(":")?;
        let mut kind = self.next()?;
        while let Some(part) = self.peek().filter(|it| !["$", ")", ","].contains(it)) {
            kind = part;
            self.next()?;
        }
        let is_given = self.variables.get(name).is_some_and(|value| !value.is_null());
        if kind == "!" && !is_given {
            return Err(format!("Variable ${name} was provided invalid value"));
        }
        Ok(())
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        self.take("{")?;
        let mut found = Vec::new();
        while self.peek() != Some("}") {
            found.push(self.selection()?);
        }
        self.take("}")?;
        if found.is_empty() { Err("Expected a field, actual: }".to_owned()) } else { Ok(found) }
    }

    fn selection(&mut self) -> Result<Selection, String> {
        let mut name = self.next()?.to_owned();
        if name == "..." {
            self.take("on")?;
            let on = Some(self.next()?.to_owned());
            let selections = self.selections()?;
            return Ok(Selection { key: String::new(), name: String::new(), arguments: Map::new(), on, selections });
        }
        let key = name.clone();
        if self.peek() == Some(":") {
            self.take(":")?;
            name = self.next()?.to_owned();
        }
        let arguments = if self.peek() == Some("(") { self.members("(", ")")? } else { Map::new() };
        let selections = if self.peek() == Some("{") { self.selections()? } else { Vec::new() };
        Ok(Selection { key, name, arguments, on: None, selections })
    }

    fn members(&mut self, open: &str, close: &str) -> Result<Map<String, Value>, String> {
        self.take(open)?;
        let mut members = Map::new();
        while self.peek() != Some(close) {
            let name = self.next()?.to_owned();
            self.take(":")?;
            let value = self.value()?;
            members.insert(name, value);
        }
        self.take(close)?;
        Ok(members)
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.peek() == Some("{") {
            return Ok(Value::Object(self.members("{", "}")?));
        }
        match self.next()? {
            "$" => Ok(self.variables.get(self.next()?).cloned().unwrap_or_default()),
            "[" => {
                let mut items = Vec::new();
                while self.peek() != Some("]") {
                    items.push(self.value()?);
                }
                self.take("]")?;
                Ok(Value::Array(items))
            }
            // Text, numbers and true and false are written as in JSON; what is not is the name of an enum's value.
            text => Ok(serde_json::from_str(text).unwrap_or_else(|_name| Value::String(text.to_owned()))),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => {
                rest = rest.split_once('\n').map_or("", |(_, after)| after).trim_start_matches(blank);
                continue;
            }
            '"' => {
                let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                stream.next().and_then(Result::ok).ok_or("Unterminated string")?;
                stream.byte_offset()
            }
            '.' if rest.starts_with("...") => 3,
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '!' | '$' | '=' => 1,
            _ if first.is_ascii_alphanumeric() || first == '_' || first == '-' => {
                rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != '-').unwrap_or(rest.len())
            }
            _ => return Err(format!("Unexpected character `{first}`")),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start_matches(blank);
    }
    Ok(tokens)
}

/// Commas are blanks in GraphQL.
fn blank(it: char) -> bool {
    it.is_whitespace() || it == ','
}
