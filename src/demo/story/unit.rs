//! Units and their texts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::KUBERNETES;

/// A ConfigHub unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Unique in its Space.
    pub slug: String,
    /// Labels of the unit.
    pub labels: BTreeMap<String, String>,
    /// `Kubernetes/YAML`, or another.
    pub toolchain: String,
    /// Its texts, oldest first. The last one is head.
    pub revisions: Vec<Revision>,
    /// What was applied (bridge) or released.
    pub shipped: Shipped,
    /// Whether it has its Space's Target.
    pub placement: Placement,
    /// An apply that is under way (bridge only).
    pub applying: bool,
    /// Why it is left out of lists (release only).
    pub hidden: Option<String>,
}

impl From<(&str, &str)> for Unit {
    fn from((slug, text): (&str, &str)) -> Self {
        Self::new(slug, text)
    }
}

impl Unit {
    /// A Kubernetes unit with one text, shipped.
    pub fn new(slug: &str, text: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            labels: BTreeMap::new(),
            toolchain: KUBERNETES.to_owned(),
            revisions: vec![Revision::new(text, "Initial deployment")],
            shipped: Shipped::Head,
            placement: Placement::SpaceTarget,
            applying: false,
            hidden: None,
        }
    }

    /// Labels the unit.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Of another toolchain, such as `AppConfig/Properties`.
    pub fn toolchain(mut self, toolchain: &str) -> Self {
        self.toolchain = toolchain.to_owned();
        self
    }

    /// A further text, which becomes head.
    pub fn then(self, text: &str) -> Self {
        self.revision(Revision::new(text, "Updated"))
    }

    /// A further revision, which becomes head.
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revisions.push(revision);
        self
    }

    /// Only the nth text was shipped, counted from 1 whatever numbers the profile gives; later ones are pending.
    pub fn shipped(mut self, nth: usize) -> Self {
        self.shipped = Shipped::Nth(nth);
        self
    }

    /// Nothing of it was ever shipped.
    pub fn never_shipped(mut self) -> Self {
        self.shipped = Shipped::Never;
        self
    }

    /// Has no Target: nothing of it is ever shipped.
    pub fn without_target(mut self) -> Self {
        self.placement = Placement::Nowhere;
        self
    }

    /// Left out of lists for this reason (release only).
    pub fn hidden(mut self, reason: &str) -> Self {
        self.hidden = Some(reason.to_owned());
        self
    }

    /// An apply of head is under way (bridge only).
    pub fn applying(mut self) -> Self {
        self.applying = true;
        self
    }
}

/// One text of a unit.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The unit's whole configuration.
    pub text: String,
    /// Why it was written.
    pub description: String,
    /// When; None: spread over the days before [`super::Story::now`].
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub author: String,
}

impl Revision {
    /// Written by `admin`, some days ago.
    pub fn new(text: &str, description: &str) -> Self {
        Self { text: text.to_owned(), description: description.to_owned(), at: None, author: "admin".to_owned() }
    }

    /// Written at that moment by this user.
    pub fn by(mut self, author: &str, at: Timestamp) -> Self {
        self.author = author.to_owned();
        self.at = Some(at);
        self
    }
}

/// Which of a unit's texts is shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipped {
    /// The last.
    Head,
    /// None.
    Never,
    /// The nth, from 1.
    Nth(usize),
}

/// Whether a unit goes anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// To its Space's Target, if that has one.
    SpaceTarget,
    /// It has no Target.
    Nowhere,
}
