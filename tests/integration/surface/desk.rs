//! A world with a client at it, and the requests that every write test makes.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drift_detector::demo::world::{Profile, World};
use serde_json::{Value, json};

use super::raw::{Answer, Raw, story};
use super::verify;

/// A world of one profile over the small story.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) profile: Profile,
}

impl Desk {
    pub(crate) fn new(profile: Profile) -> Result<Self> {
        Ok(Self { world: World::start(&story(), profile)?, profile })
    }

    pub(crate) fn raw(&self) -> Result<Raw<'_>> {
        Raw::new(&self.world)
    }

    /// The client of a person, who may do everything.
    pub(crate) fn person(&self, name: &str) -> Result<Raw<'_>> {
        let token = self.world.confighub().person(name);
        Ok(self.raw()?.with_token(Some(&token)))
    }

    pub(crate) fn is_release(&self) -> bool {
        self.profile == Profile::Release
    }

    /// Path of a unit of `shop-dev`.
    pub(crate) fn unit(&self, slug: &str) -> String {
        let hub = self.world.confighub();
        format!("/space/{}/unit/{}", hub.space_id("shop-dev"), hub.unit_id("shop-dev", slug))
    }

    /// `UnitID IN (…)` over units of `shop-dev`.
    pub(crate) fn selecting(&self, slugs: &[&str]) -> String {
        let ids = slugs.iter().map(|slug| format!("'{}'", self.world.confighub().unit_id("shop-dev", slug)));
        format!("UnitID IN ({})", ids.collect::<Vec<_>>().join(","))
    }

    pub(crate) fn space(&self) -> String {
        format!("/space/{}", self.world.confighub().space_id("shop-dev"))
    }

    /// Makes a ChangeSet in `shop-dev`.
    pub(crate) async fn change_set(&self, slug: &str) -> Result<String> {
        let body = json!({"Slug": slug, "Labels": {"source": "drift-detector"}});
        let made = self.raw()?.post(&format!("{}/change_set", self.space()), &[], &body).await?;
        id(&made, "ChangeSetID")
    }

    /// Makes a ChangeSet and puts units into it.
    pub(crate) async fn opened(&self, slug: &str, units: &[&str]) -> Result<String> {
        let id = self.change_set(slug).await?;
        let answer = self.lock(&id, units).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Ok(id)
    }

    pub(crate) async fn lock(&self, id: &str, units: &[&str]) -> Result<Answer> {
        let query = [("where", self.selecting(units)), ("change_set_id", id.to_owned())];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = json!({"ChangeSetID": id, "LastChangeDescription": "open"});
        self.raw()?.patch("/unit", &query, &body).await
    }

    pub(crate) async fn close(&self, units: &[&str]) -> Result<Answer> {
        let selected = self.selecting(units);
        self.raw()?.patch("/unit", &[("where", selected.as_str())], &json!({"ChangeSetID": null})).await
    }

    /// Writes data as the generation does it.
    pub(crate) async fn write(&self, raw: &Raw<'_>, unit: &str, query: &[(&str, &str)], text: &str) -> Result<Answer> {
        let path = self.unit(unit);
        if self.is_release() {
            return raw.put_data(&path, query, text).await;
        }
        let mut body = json!({"Data": STANDARD.encode(text)});
        let mut rest = Vec::new();
        for (name, value) in query {
            match *name {
                "last_change_description" => body["LastChangeDescription"] = (*value).into(),
                _ => rest.push((*name, *value)),
            }
        }
        raw.patch(&path, &rest, &body).await
    }

    /// A written unit, out of its envelope.
    pub(crate) fn written(&self, answer: &Answer) -> Result<Value> {
        anyhow::ensure!(answer.status == 200, "{}: {}", answer.status, answer.text);
        let json = answer.json()?;
        Ok(if self.is_release() { json["Unit"].clone() } else { json })
    }

    /// A unit as it is read, out of its envelope.
    pub(crate) async fn read(&self, unit: &str) -> Result<Value> {
        Ok(self.raw()?.get(&self.unit(unit)).await?.json()?["Unit"].clone())
    }

    pub(crate) async fn text(&self, unit: &str) -> Result<String> {
        Ok(self.raw()?.get(&format!("{}/data", self.unit(unit))).await?.text)
    }

    /// The unit's revisions, newest last.
    pub(crate) async fn revisions(&self, unit: &str) -> Result<Vec<Value>> {
        let json = self.raw()?.get(&format!("{}/revision", self.unit(unit))).await?.json()?;
        Ok(json.as_array().context("no list")?.iter().map(|it| it["Revision"].clone()).collect())
    }

    pub(crate) fn verify(&self) -> Result<()> {
        verify(&self.world)
    }
}

pub(crate) fn id(answer: &Answer, member: &str) -> Result<String> {
    anyhow::ensure!(answer.status == 200, "{}: {}", answer.status, answer.text);
    Ok(answer.json()?[member].as_str().with_context(|| format!("no {member}: {}", answer.text))?.to_owned())
}
