//! The state that a story begins with, and what happens to it behind the API's back.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Author, Draft, Entity, Record, State, Unit, sha256};
use crate::demo::clock::id;
use crate::demo::confighub::Profile;
use crate::demo::confighub::attributes::Kind;
use crate::demo::confighub::auth::{WORKER, user_id};
use crate::demo::confighub::gates::Gates;
use crate::demo::story::{self, Gate, LiveStatus, Placement, Shipped, Story};

const ADMIN: &str = "admin";

impl State {
    pub(in crate::demo::confighub) fn new(story: &Story, profile: Profile) -> Self {
        let mut state = Self::empty(profile);
        for space in &story.spaces {
            state.add(space, story.now);
        }
        for space in story.spaces.iter().filter(|space| space.upstream.is_some()) {
            state.follow(space);
        }
        for space in story.spaces.iter().filter(|space| space.gate == Gate::Approval) {
            state.gate(space, before(story.now, 30));
        }
        state
    }

    fn add(&mut self, space: &story::Space, now: Timestamp) {
        let space_id = self.fresh(Kind::Space, &space.slug);
        let created = before(now, 30);
        let target = space.target.as_ref().map(|target| {
            let members = self.target_members(target);
            self.put(Kind::Target, space_id, &format!("{}/{}", space.slug, target.slug), members, created)
        });
        for filter in &space.filters {
            let members = json!({"Slug": filter.slug, "From": filter.from, "Where": filter.expression});
            self.put(Kind::Filter, space_id, &format!("{}/{}", space.slug, filter.slug), members, created);
        }
        let worker = json!({"Slug": WORKER, "UserID": user_id(WORKER), "Condition": "Ready"});
        if self.all(Kind::BridgeWorker).next().is_none() {
            self.insert(Kind::BridgeWorker, id("worker", WORKER), Record::new(Some(space_id), object(worker), created));
        }
        let mut members = json!({"Slug": space.slug, "DisplayName": space.slug, "Labels": space.labels});
        if self.profile == Profile::Release {
            members["ReleaseTargetID"] = json!(target);
            members["UpstreamSpaceID"] = json!(space.upstream.as_ref().map(|slug| id("space", slug)));
        }
        self.insert(Kind::Space, space_id, Record::new(None, object(members), created));
        for unit in &space.units {
            let name = format!("{}/{}", space.slug, unit.slug);
            let unit_id = self.fresh(Kind::Unit, &name);
            unit.revisions.iter().for_each(|revision| self.tokens.meet(&revision.author));
            let made = self.unit(space_id, unit, unit_id, target.filter(|_| goes_there(unit)), now);
            self.units.insert(unit_id, made);
        }
        let anything_shipped = self.units.values().any(|unit| unit.space == space_id && unit.shipped > 0);
        if self.profile == Profile::Release && anything_shipped {
            self.release(space_id, space.live_status.as_ref(), before(now, 1));
        }
    }

    fn put(&mut self, kind: Kind, space: Uuid, name: &str, mut members: Value, created: Timestamp) -> Uuid {
        let key = self.fresh(kind, name);
        members["DisplayName"] = members["Slug"].clone();
        self.insert(kind, key, Record::new(Some(space), object(members), created));
        key
    }

    fn target_members(&self, target: &story::Target) -> Value {
        let namespace = target.namespace.as_ref();
        match self.profile {
            Profile::Release => {
                json!({"Slug": target.slug, "Facts": namespace.map(|name| json!({"KubeNamespace": name}))})
            }
            Profile::Bridge => {
                let mut parameters = json!({"KubeContext": target.slug, "WaitTimeout": "2m0s"});
                if let Some(name) = namespace {
                    parameters["KubeNamespace"] = json!(name);
                }
                json!({"Slug": target.slug, "BridgeWorkerID": id("worker", WORKER), "ProviderType": "Kubernetes",
                    "ToolchainType": "Kubernetes/YAML", "Parameters": parameters.to_string()})
            }
        }
    }

    fn unit(&self, space: Uuid, unit: &story::Unit, key: Uuid, target: Option<Uuid>, now: Timestamp) -> Unit {
        let days = i64::try_from(unit.revisions.len()).unwrap_or_default() + 2;
        let members = json!({"Slug": unit.slug, "DisplayName": unit.slug, "Labels": unit.labels,
            "ToolchainType": unit.toolchain, "TargetID": target,
            "HiddenReason": unit.hidden.as_ref().filter(|_| self.profile == Profile::Release)});
        let mut made = Unit {
            space,
            record: Record::new(Some(space), object(members), before(now, days)),
            upstream: None,
            change_set: None,
            revisions: Vec::new(),
            shipped: 0,
            shipped_at: before(now, 1),
            applying: unit.applying,
        };
        if self.profile == Profile::Release {
            // Today's service creates a unit empty; its first text is revision 2.
            made.append(key, draft("", "Created", "CreateUnit", ADMIN, before(now, days)));
        }
        for (index, written) in (0..).zip(&unit.revisions) {
            let source = if made.revisions.is_empty() { "CreateUnit" } else { "Update" };
            let at = written.at.unwrap_or_else(|| before(now, days - index));
            made.append(key, draft(&written.text, &written.description, source, &written.author, at));
        }
        let (head, offset) = (made.head().num, i64::from(self.profile == Profile::Release));
        made.shipped = match unit.shipped {
            _ if target.is_none() => 0,
            Shipped::Head => head,
            Shipped::Never => 0,
            Shipped::Nth(nth) => i64::try_from(nth).unwrap_or_default() + offset,
        };
        let (description, at) = (made.head().description.clone(), made.head().at);
        made.record.members.insert("LastChangeDescription".to_owned(), description.into());
        (made.record.version, made.record.updated) = (head, at);
        made.record.created = made.revisions.first().map_or(at, |revision| revision.at);
        made
    }

    /// What is shipped was approved; nothing else ships without.
    fn gate(&mut self, space: &story::Space, at: Timestamp) {
        let key = id("space", &space.slug);
        match self.profile {
            Profile::Bridge => {
                let members = json!({"Slug": "require-approval", "Event": "Mutation", "ToolchainType": story::KUBERNETES,
                    "FunctionName": "vet-approvedby", "Arguments": [{"ParameterName": "num-approvers", "Value": 1}]});
                self.put(Kind::Trigger, key, &format!("{}/require-approval", space.slug), members, at);
                let units: Vec<Uuid> = self.units.iter().filter(|(_, it)| it.space == key).map(|(id, _)| *id).collect();
                for unit in self.units.values_mut().filter(|unit| unit.space == key) {
                    let shipped = unit.shipped;
                    for revision in unit.revisions.iter_mut().filter(|revision| revision.num == shipped) {
                        revision.approved_by.insert(user_id(ADMIN));
                    }
                }
                units.into_iter().for_each(|unit| self.settle(unit));
            }
            Profile::Release => {
                let members = json!({"Slug": "approval",
                    "AttestationPrerequisites": [{"Name": "approval", "Type": "Approval", "Count": 1}],
                    "Stages": [{"Name": "release", "ReleasePrerequisites": ["approval"]}]});
                let name = format!("{}/approval", space.slug);
                let workflow = self.put(Kind::ChangeWorkflow, key, &name, members, at);
                let component = self.fresh(Kind::Component, &space.slug);
                let members = json!({"Slug": space.slug, "DisplayName": space.slug, "ChangeWorkflowRequired": true,
                    "AllowedChangeWorkflowIDs": [workflow]});
                self.insert(Kind::Component, component, Record::new(None, object(members), at));
                if let Some(space) = self.record_mut(Kind::Space, key) {
                    space.members.insert("ComponentID".to_owned(), component.to_string().into());
                }
            }
        }
    }

    /// Its units are clones of those of the same name, up to date.
    fn follow(&mut self, space: &story::Space) {
        let Some(upstream) = &space.upstream else { return };
        for unit in &space.units {
            let of = id("unit", &format!("{upstream}/{}", unit.slug));
            let num = self.units.get(&of).map(|unit| unit.head().num);
            if let Some(unit) = self.units.get_mut(&id("unit", &format!("{}/{}", space.slug, unit.slug))) {
                unit.upstream = num.map(|num| (of, num));
            }
        }
    }

    /// Publishes the Space: what the units say they shipped is in it.
    fn release(&mut self, space: Uuid, live_status: Option<&LiveStatus>, at: Timestamp) {
        let Some(target) = self.record(Kind::Space, space).and_then(|space| space.id("ReleaseTargetID")) else {
            return;
        };
        let key = json!(target);
        let of_target = self.all(Kind::Release).filter(|(_, release)| release.members.get("TargetID") == Some(&key));
        let num =
            of_target.filter_map(|(_, release)| release.members.get("ReleaseNum")?.as_i64()).max().unwrap_or(0) + 1;
        let bundled: Vec<&str> = self
            .units
            .values()
            .filter(|unit| unit.record.id("TargetID") == Some(target) && unit.shipped > 0)
            .filter_map(|unit| unit.numbered(unit.shipped))
            .map(|revision| &*revision.hash)
            .collect();
        let digest = format!("sha256:{}", sha256(bundled.concat().as_bytes()));
        let live_status = live_status.map(|status| {
            json!({"Reporter": "argobot", "DataSource": "ArgoCD", "Sync": status.sync, "Health": status.health,
                "Operation": status.operation, "ObservedAt": at.to_string()})
        });
        let members = json!({"ReleaseNum": num, "TargetID": target, "UnitCount": bundled.len(), "Published": true,
            "Digest": digest, "ManifestDigest": digest, "LiveStatus": live_status, "UserID": user_id(ADMIN),
            "TagID": id("tag", &format!("release-{target}/{num}"))});
        let key = self.fresh(Kind::Release, &format!("{target}/{num}"));
        self.insert(Kind::Release, key, Record::new(Some(space), object(members), at));
    }

    pub(in crate::demo::confighub) fn edit(
        &mut self,
        space: &str,
        unit: &str,
        text: &str,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let name = format!("{space}/{unit}");
        let key = id("unit", &name);
        let gates = self.gates_after_a_change(key);
        let unit = self.units.get_mut(&key).with_context(|| format!("no unit `{name}` in the story"))?;
        unit.append(key, Draft { gates, ..draft(text, "Edited", "Update", ADMIN, now) });
        unit.record.members.insert("LastChangeDescription".to_owned(), "Edited".into());
        unit.record.touch(now);
        Ok(())
    }

    pub(in crate::demo::confighub) fn ship(&mut self, space: &str, now: Timestamp) -> anyhow::Result<()> {
        let key = id("space", space);
        anyhow::ensure!(self.record(Kind::Space, key).is_some(), "no Space `{space}` in the story");
        for unit in self.units.values_mut().filter(|unit| unit.space == key && unit.record.id("TargetID").is_some()) {
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

fn draft(text: &str, description: &str, source: &'static str, user: &str, at: Timestamp) -> Draft {
    Draft {
        text: text.into(),
        description: description.to_owned(),
        source,
        author: Author { user: user.to_owned(), agent: "cub".to_owned() },
        at,
        change_set: None,
        gates: Gates::default(),
    }
}

/// The object's members that say something.
fn object(value: Value) -> Entity {
    let Value::Object(mut members) = value else { return Entity::new() };
    members.retain(|_, value| !value.is_null());
    members
}

fn before(now: Timestamp, days: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}
