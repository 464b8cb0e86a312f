//! The grammar of `where`: comparisons joined by AND, nothing else.
//!
//! There is no OR, no parenthesis, and no way to write a quote or a backslash inside a literal: a client that pastes
//! text into an expression is refused here as it is by the service.

/// `Left op right`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) left: Operand,
    pub(super) operator: Operator,
    pub(super) right: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// `Slug`, `Labels.tier`, `Space.Slug`
    Attribute(String),
    /// `LEN(Labels)`
    Length(String),
    Text(String),
    Integer(i64),
    Boolean(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `LIKE` and `~~`, or with `Case::Ignored` `ILIKE`; negated by `NOT` or `!`.
    Like(Case, Sense),
    /// `~`, `~*`, `!~`, `!~*`
    Regex(Case, Sense),
    In(Sense),
    /// `?`
    Has,
    Null(Sense),
    /// `IS TRUE`, `IS FALSE`, `IS NOT …`
    Is(Sense),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Kept,
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Plain,
    Negated,
}

const LONGEST_EXPRESSION: usize = 4096;
const LONGEST_LITERAL: usize = 255;
const LONGEST_NAME: usize = 41;
const LONGEST_INTEGER: usize = 10;

/// The terms of an expression, or why it is none.
pub(super) fn parse(text: &str) -> Result<Vec<Term>, String> {
    if text.chars().count() > LONGEST_EXPRESSION {
        return Err(format!("longer than {LONGEST_EXPRESSION} characters"));
    }
    let mut rest = Rest(text.trim());
    let mut terms = Vec::new();
    loop {
        terms.push(rest.term()?);
        if rest.0.is_empty() {
            return Ok(terms);
        }
        if !rest.word("AND") {
            return Err(format!("expected AND before `{}`", rest.0));
        }
    }
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn term(&mut self) -> Result<Term, String> {
        let left = self.left()?;
        let operator = self.operator()?;
        let right = match operator {
            Operator::Null(_) => Vec::new(),
            Operator::Is(_) => vec![self.boolean().ok_or("expected NULL, TRUE or FALSE after IS")?],
            Operator::In(_) => self.members()?,
            _ => vec![self.right()?],
        };
        Ok(Term { left, operator, right })
    }

    fn left(&mut self) -> Result<Operand, String> {
        if let Some(rest) = self.0.strip_prefix("LEN(") {
            self.0 = rest;
            let name = self.name()?;
            self.symbol(")").then_some(Operand::Length(name)).ok_or_else(|| "LEN( is not closed".to_owned())
        } else {
            self.name().map(Operand::Attribute)
        }
    }

    /// An attribute: letters, then perhaps dotted keys.
    fn name(&mut self) -> Result<String, String> {
        let end = self.0.find(|c: char| !(c.is_ascii_alphanumeric() || "._-/*".contains(c))).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        let first = name.split('.').next().unwrap_or_default();
        let wrong_first =
            first.is_empty() || first.len() > LONGEST_NAME || !first.chars().all(|c| c.is_ascii_alphabetic());
        if wrong_first || name.ends_with('.') {
            return Err(format!("invalid attribute name at `{}`", self.0));
        }
        self.0 = rest.trim_start();
        Ok(name.to_owned())
    }

    fn operator(&mut self) -> Result<Operator, String> {
        use Operator::{Equal, Greater, GreaterOrEqual, Has, In, Is, Less, LessOrEqual, Like, NotEqual, Null, Regex};
        use {Case::*, Sense::*};
        let symbols = [
            ("!~~", Like(Kept, Negated)),
            ("!~*", Regex(Ignored, Negated)),
            ("!~", Regex(Kept, Negated)),
            ("!=", NotEqual),
            ("<=", LessOrEqual),
            (">=", GreaterOrEqual),
            ("~~", Like(Kept, Plain)),
            ("~*", Regex(Ignored, Plain)),
            ("~", Regex(Kept, Plain)),
            ("=", Equal),
            ("<", Less),
            (">", Greater),
            ("?", Has),
        ];
        if let Some((_, operator)) = symbols.into_iter().find(|(symbol, _)| self.symbol(symbol)) {
            return Ok(operator);
        }
        if self.word("IS") {
            let sense = if self.word("NOT") { Negated } else { Plain };
            return Ok(if self.word("NULL") { Null(sense) } else { Is(sense) });
        }
        let sense = if self.word("NOT") { Negated } else { Plain };
        let words = [("LIKE", Like(Kept, sense)), ("ILIKE", Like(Ignored, sense)), ("IN", In(sense))];
        let found = words.into_iter().find(|(word, _)| self.word(word));
        found.map(|(_, operator)| operator).ok_or_else(|| format!("expected an operator at `{}`", self.0))
    }

    fn members(&mut self) -> Result<Vec<Operand>, String> {
        if !self.symbol("(") {
            return Err("expected ( after IN".to_owned());
        }
        let mut members = Vec::new();
        loop {
            members.push(self.literal()?.ok_or_else(|| format!("expected a literal at `{}`", self.0))?);
            if self.symbol(")") {
                return Ok(members);
            }
            if !self.symbol(",") {
                return Err(format!("expected , or ) at `{}`", self.0));
            }
        }
    }

    fn right(&mut self) -> Result<Operand, String> {
        match self.literal()? {
            Some(literal) => Ok(literal),
            None => self.boolean().map_or_else(|| self.left(), Ok),
        }
    }

    fn literal(&mut self) -> Result<Option<Operand>, String> {
        if let Some(rest) = self.0.strip_prefix('\'') {
            let end = rest.find(['\'', '"', '\\']).ok_or("a literal is not closed")?;
            if !rest[end..].starts_with('\'') {
                return Err("a literal may not contain quotes or backslashes".to_owned());
            }
            if rest[..end].chars().count() > LONGEST_LITERAL {
                return Err(format!("a literal is longer than {LONGEST_LITERAL} characters"));
            }
            let after = &rest[end + 1..];
            if !(after.is_empty() || after.starts_with([' ', ',', ')'])) {
                return Err(format!("unexpected text after a literal: `{after}`"));
            }
            self.0 = after.trim_start();
            return Ok(Some(Operand::Text(rest[..end].to_owned())));
        }
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        if end == 0 {
            return Ok(None);
        }
        let (digits, rest) = self.0.split_at(end);
        if end > LONGEST_INTEGER || !(rest.is_empty() || rest.starts_with([' ', ',', ')'])) {
            return Err(format!("invalid number at `{}`", self.0));
        }
        self.0 = rest.trim_start();
        Ok(digits.parse().ok().map(Operand::Integer))
    }

    fn boolean(&mut self) -> Option<Operand> {
        let words = [("true", true), ("false", false), ("TRUE", true), ("FALSE", false)];
        words.into_iter().find(|(word, _)| self.word(word)).map(|(_, value)| Operand::Boolean(value))
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.0.strip_prefix(symbol);
        self.0 = found.map_or(self.0, str::trim_start);
        found.is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let found =
            self.0.strip_prefix(word).filter(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.'));
        self.0 = found.map_or(self.0, str::trim_start);
        found.is_some()
    }
}
