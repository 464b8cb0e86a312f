//! What the stand-in holds, made from the story.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Profile;
use super::auth::Tokens;
use crate::demo::clock::id;
use crate::demo::story::{self, LiveStatus, Placement, Shipped, Story};

/// All entities by id, which is also the order in which the service lists them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) profile: Profile,
    pub(super) tokens: Tokens,
    pub(super) spaces: BTreeMap<Uuid, Space>,
    pub(super) targets: BTreeMap<Uuid, Target>,
    pub(super) filters: BTreeMap<Uuid, Filter>,
    pub(super) units: BTreeMap<Uuid, Unit>,
    pub(super) releases: BTreeMap<Uuid, Release>,
}

#[derive(Debug)]
pub(super) struct Space {
    pub(super) slug: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) target: Option<Uuid>,
    pub(super) upstream: Option<Uuid>,
    pub(super) created: Timestamp,
}

#[derive(Debug)]
pub(super) struct Target {
    pub(super) space: Uuid,
    pub(super) slug: String,
    pub(super) namespace: Option<String>,
    pub(super) created: Timestamp,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) space: Uuid,
    pub(super) slug: String,
    pub(super) from: String,
    pub(super) expression: String,
    pub(super) created: Timestamp,
}

#[derive(Debug)]
pub(super) struct Unit {
    pub(super) space: Uuid,
    pub(super) slug: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) toolchain: String,
    pub(super) target: Option<Uuid>,
    pub(super) upstream: Option<Uuid>,
    pub(super) revisions: Vec<Revision>,
    /// Number of the revision that was applied or released; 0: none.
    pub(super) shipped: i64,
    pub(super) shipped_at: Timestamp,
    pub(super) applying: bool,
    pub(super) hidden: Option<String>,
}

#[derive(Debug)]
pub(super) struct Revision {
    pub(super) id: Uuid,
    pub(super) num: i64,
    pub(super) text: String,
    pub(super) hash: String,
    pub(super) description: String,
    pub(super) source: &'static str,
    pub(super) author: String,
    pub(super) at: Timestamp,
}

#[derive(Debug)]
pub(super) struct Release {
    pub(super) space: Uuid,
    pub(super) target: Uuid,
    pub(super) num: i64,
    pub(super) units: usize,
    pub(super) digest: String,
    pub(super) live_status: Option<LiveStatus>,
    pub(super) created: Timestamp,
}

impl Unit {
    pub(super) fn head(&self) -> &Revision {
        self.revisions.last().expect("a unit is made with a revision and loses none")
    }

    pub(super) fn numbered(&self, num: i64) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.num == num)
    }
}

impl State {
    pub(super) fn new(story: &Story, profile: Profile) -> Self {
        let mut state = Self {
            profile,
            tokens: Tokens::new(),
            spaces: BTreeMap::new(),
            targets: BTreeMap::new(),
            filters: BTreeMap::new(),
            units: BTreeMap::new(),
            releases: BTreeMap::new(),
        };
        for space in &story.spaces {
            state.add(space, story.now);
        }
        state
    }

    fn add(&mut self, space: &story::Space, now: Timestamp) {
        let space_id = id("space", &space.slug);
        let created = before(now, 30);
        let target = space.target.as_ref().map(|target| {
            let target_id = id("target", &format!("{}/{}", space.slug, target.slug));
            let (slug, namespace) = (target.slug.clone(), target.namespace.clone());
            self.targets.insert(target_id, Target { space: space_id, slug, namespace, created });
            target_id
        });
        for filter in &space.filters {
            let (slug, from, expression) = (filter.slug.clone(), filter.from.clone(), filter.expression.clone());
            let key = id("filter", &format!("{}/{slug}", space.slug));
            self.filters.insert(key, Filter { space: space_id, slug, from, expression, created });
        }
        for unit in &space.units {
            let name = format!("{}/{}", space.slug, unit.slug);
            let made = self.unit(space, unit, &name, now);
            self.units.insert(id("unit", &name), Unit { target: target.filter(|_| goes_there(unit)), ..made });
        }
        let upstream = space.upstream.as_ref().map(|slug| id("space", slug));
        let (slug, labels) = (space.slug.clone(), space.labels.clone());
        self.spaces.insert(space_id, Space { slug, labels, target, upstream, created });
        let anything_shipped = self.units.values().any(|unit| unit.space == space_id && unit.shipped > 0);
        if self.profile == Profile::Release && anything_shipped {
            self.release(space_id, space.live_status.clone(), before(now, 1));
        }
    }

    fn unit(&self, space: &story::Space, unit: &story::Unit, name: &str, now: Timestamp) -> Unit {
        let mut revisions = Vec::new();
        let days = i64::try_from(unit.revisions.len()).unwrap_or_default() + 2;
        if self.profile == Profile::Release {
            // Today's service creates a unit empty; its first text is revision 2.
            revisions.push(revision(name, 1, "", ("Created", "CreateUnit", "admin"), before(now, days)));
        }
        for (index, written) in (0..).zip(&unit.revisions) {
            let num = i64::try_from(revisions.len()).unwrap_or_default() + 1;
            let source = if num == 1 { "CreateUnit" } else { "Update" };
            let at = written.at.unwrap_or_else(|| before(now, days - index));
            revisions.push(revision(name, num, &written.text, (&written.description, source, &written.author), at));
        }
        let offset = i64::from(self.profile == Profile::Release);
        let shipped = match unit.shipped {
            _ if space.target.is_none() || !goes_there(unit) => 0,
            Shipped::Head => revisions.last().map_or(0, |head| head.num),
            Shipped::Never => 0,
            Shipped::Nth(nth) => i64::try_from(nth).unwrap_or_default() + offset,
        };
        Unit {
            space: id("space", &space.slug),
            slug: unit.slug.clone(),
            labels: unit.labels.clone(),
            toolchain: unit.toolchain.clone(),
            target: None,
            upstream: space.upstream.as_ref().map(|slug| id("unit", &format!("{slug}/{}", unit.slug))),
            revisions,
            shipped,
            shipped_at: before(now, 1),
            applying: unit.applying,
            hidden: unit.hidden.clone(),
        }
    }

    /// Publishes the Space: what the units say they shipped is in it.
    fn release(&mut self, space: Uuid, live_status: Option<LiveStatus>, at: Timestamp) {
        let Some(target) = self.spaces.get(&space).and_then(|space| space.target) else { return };
        let num =
            1 + self.releases.values().filter(|release| release.target == target).map(|r| r.num).max().unwrap_or(0);
        let bundled: Vec<&str> = self
            .units
            .values()
            .filter(|unit| unit.target == Some(target) && unit.shipped > 0)
            .filter_map(|unit| unit.numbered(unit.shipped))
            .map(|revision| revision.hash.as_str())
            .collect();
        let digest = format!("sha256:{}", sha256(bundled.concat().as_bytes()));
        let release = Release { space, target, num, units: bundled.len(), digest, live_status, created: at };
        self.releases.insert(id("release", &format!("{target}/{num}")), release);
    }

    pub(super) fn edit(&mut self, space: &str, unit: &str, text: &str, now: Timestamp) -> anyhow::Result<()> {
        let name = format!("{space}/{unit}");
        let unit = self.units.get_mut(&id("unit", &name)).with_context(|| format!("no unit `{name}` in the story"))?;
        let num = unit.head().num + 1;
        unit.revisions.push(revision(&name, num, text, ("Edited", "Update", "admin"), now));
        Ok(())
    }

    pub(super) fn ship(&mut self, space: &str, now: Timestamp) -> anyhow::Result<()> {
        let key = id("space", space);
        anyhow::ensure!(self.spaces.contains_key(&key), "no Space `{space}` in the story");
        for unit in self.units.values_mut().filter(|unit| unit.space == key && unit.target.is_some()) {
            unit.shipped = unit.head().num;
            unit.shipped_at = now;
            unit.applying = false;
        }
        if self.profile == Profile::Release {
            self.release(key, None, now);
        }
        Ok(())
    }
}

fn goes_there(unit: &story::Unit) -> bool {
    unit.placement == Placement::SpaceTarget
}

fn revision(unit: &str, num: i64, text: &str, by: (&str, &'static str, &str), at: Timestamp) -> Revision {
    let (description, source, author) = by;
    Revision {
        id: id("revision", &format!("{unit}@{num}")),
        num,
        text: text.to_owned(),
        hash: sha256(text.as_bytes()),
        description: description.to_owned(),
        source,
        author: author.to_owned(),
        at,
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn before(now: Timestamp, days: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}
