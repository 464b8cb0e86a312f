//! ConfigHub's `where` expressions, built so that no value can widen them.
//!
//! The language is conjunctions of terms only, and its string literals have no escape sequence: a value that holds a quote
//! or a backslash cannot be expressed and is refused here, before a request exists.

use std::fmt;

use uuid::Uuid;

use super::error::{Error, Kind};

/// The longest expression that the service accepts, in characters.
const LONGEST: usize = 4096;
/// The longest string literal, in characters.
const LONGEST_LITERAL: usize = 255;

/// The attributes that we filter on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    AttestationID,
    Attestations,
    ChangeSetID,
    ComponentID,
    HiddenReason,
    /// `Labels.key`
    Label(&'static str),
    RevisionNum,
    RevokedAttestationID,
    Slug,
    SpaceID,
    TriggerID,
    Type,
    UnitID,
    UserID,
}

impl Attribute {
    /// Apart from what a map's attribute is called after its name.
    fn name(self) -> &'static str {
        match self {
            Self::AttestationID => "AttestationID",
            Self::Attestations => "Attestations",
            Self::ChangeSetID => "ChangeSetID",
            Self::ComponentID => "ComponentID",
            Self::HiddenReason => "HiddenReason",
            Self::Label(_) => "Labels",
            Self::RevisionNum => "RevisionNum",
            Self::RevokedAttestationID => "RevokedAttestationID",
            Self::Slug => "Slug",
            Self::SpaceID => "SpaceID",
            Self::TriggerID => "TriggerID",
            Self::Type => "Type",
            Self::UnitID => "UnitID",
            Self::UserID => "UserID",
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(key) => write!(f, "Labels.{key}"),
            _ => f.write_str(self.name()),
        }
    }
}

/// A conjunction of terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Where(Vec<String>);

impl Where {
    /// `Attribute = 'text'`
    pub(super) fn text(attribute: Attribute, value: &str) -> Result<Self, Error> {
        let sound = |it: char| !matches!(it, '\'' | '"' | '\\') && !it.is_control();
        if value.chars().count() > LONGEST_LITERAL || !value.chars().all(sound) {
            let what = format!("a where-expression on {attribute}");
            return Err(Error::new(
                Kind::Inexpressible,
                what,
                "a literal holds no quote, backslash or control character, and at most 255 others",
            ));
        }
        Ok(Self(vec![format!("{attribute} = '{value}'")]))
    }

    /// `Attribute = 'uuid'`
    pub(super) fn id(attribute: Attribute, value: Uuid) -> Self {
        Self(vec![format!("{attribute} = '{value}'")])
    }

    /// `Attribute IN ('uuid','uuid')`
    pub(super) fn among(attribute: Attribute, ids: &[Uuid]) -> Self {
        let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
        Self(vec![format!("{attribute} IN ({})", ids.join(","))])
    }

    /// `Attribute ? 'uuid'`: a map has the key, a list the element.
    pub(super) fn has(attribute: Attribute, value: Uuid) -> Self {
        Self(vec![format!("{attribute} ? '{value}'")])
    }

    /// `Attribute = 7`
    pub(super) fn number(attribute: Attribute, value: i64) -> Self {
        Self(vec![format!("{attribute} = {value}")])
    }

    /// `Attribute IS NOT NULL`; values that are empty pass too.
    pub(super) fn is_set(attribute: Attribute) -> Self {
        Self(vec![format!("{attribute} IS NOT NULL")])
    }

    /// What a person wrote in the configuration. Its quotes must pair up, so that nothing after it is drawn into a
    /// literal of it; whether it makes sense is the service's to say.
    pub(super) fn written(expression: &str) -> Result<Self, Error> {
        let expression = expression.trim();
        let sound = |it: char| !matches!(it, '"' | '\\') && !it.is_control();
        if expression.is_empty() || expression.matches('\'').count() % 2 == 1 || !expression.chars().all(sound) {
            return Err(Error::new(
                Kind::Inexpressible,
                "the where-expression of `scope.units`",
                "its quotes do not pair up, or it holds characters that ConfigHub has no escape for",
            ));
        }
        Ok(Self(vec![expression.to_owned()]))
    }

    /// Both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The expression, to be sent as one percent-encoded query value; None where there is no condition.
    pub(super) fn into_query(self) -> Result<Option<String>, Error> {
        let text = self.to_string();
        if text.chars().count() > LONGEST {
            return Err(Error::new(
                Kind::Inexpressible,
                "a where-expression",
                "it is longer than the 4096 characters that ConfigHub accepts",
            ));
        }
        Ok(Some(text).filter(|it| !it.is_empty()))
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" AND "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_are_joined_by_and() -> Result<(), Error> {
        let space = Uuid::nil();
        let expression = Where::id(Attribute::SpaceID, space).and(Where::written(" Labels.team = 'shop' ")?);
        assert_eq!(
            expression.into_query()?.as_deref(),
            Some("SpaceID = '00000000-0000-0000-0000-000000000000' AND Labels.team = 'shop'")
        );
        assert_eq!(Where::number(Attribute::RevisionNum, 3).to_string(), "RevisionNum = 3");
        assert_eq!(Where::default().into_query()?, None);
        Ok(())
    }

    #[test]
    fn open_quotes_and_long_expressions_are_refused() {
        for expression in ["", "Slug = 'a", "Slug = \"a\"", "Slug = 'a\\'"] {
            assert!(Where::written(expression).is_err(), "{expression}");
        }
        assert!(Where::written(&format!("Slug = '{}'", "a".repeat(5000))).is_ok_and(|it| it.into_query().is_err()));
    }

    proptest! {
        /// Whatever the value, the expression is one term with one literal, or there is none.
        #[test]
        fn no_value_leaves_its_literal(value in "\\PC*|[ -~]*|[a-z' ANDOR=\"\\\\\n]*") {
            if let Ok(built) = Where::text(Attribute::Slug, &value) {
                let text = built.to_string();
                prop_assert_eq!(text.matches('\'').count(), 2);
                prop_assert!(text.starts_with("Slug = '") && text.ends_with('\''));
                prop_assert!(!text.contains(['"', '\\', '\n']));
            }
        }
    }
}
