//! Whether ConfigHub itself keeps data that nobody approved from being shipped. What cannot be proved counts as no gate.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::model::changeset::Gate;

use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::wire::changes as wire;
use super::{Client, Space, wire as entities};

/// The functions that count approvals, by generation.
const APPROVAL_FUNCTIONS: [&str; 2] = ["is-approved", "vet-approvedby"];
/// Type of the attestation that approves, also where a prerequisite names none.
const APPROVAL: &str = "Approval";

impl Client {
    /// Whether the Space has an approval gate. Where there are approvals: a Trigger that holds back every change until
    /// somebody approved it. Where there are attestations: a Component that demands a workflow, and every workflow that
    /// it allows demands an approval in each stage before anything is released.
    ///
    /// # Errors
    /// Whatever a request may meet. What this identity may not view is no error but unproven.
    pub async fn gate(&self, space: &Space) -> Result<Gate, Error> {
        let include = self.generation.attests().then(|| "ComponentID".to_owned());
        let path = format!("/space/{}", space.id);
        let guarded: wire::GuardedSpace = self.entity(&path, &[("include", include)]).await?;
        let proof = if self.generation.approves() && self.approval_trigger(space, &guarded.space).await? {
            Ok(())
        } else if self.generation.attests() {
            self.approval_workflow(space, guarded.component).await?
        } else {
            Err(format!("no Trigger of the Space `{}` holds back every change until it is approved", space.slug))
        };
        Ok(proof.map_or_else(Gate::Unproven, |()| Gate::Proven))
    }

    async fn approval_trigger(&self, space: &Space, guards: &wire::Guards) -> Result<bool, Error> {
        let narrowed = !guards.where_trigger.is_empty() || guards.trigger_filter.is_some();
        let found: Result<Vec<wire::ExtendedTrigger>, Error> = match guards.triggers.as_slice() {
            [] if narrowed => return Ok(false),
            [] => self.list(&format!("/space/{}/trigger", space.id), &[]).await,
            ids => {
                let query = [("where", Where::among(Attribute::TriggerID, ids).into_query()?)];
                self.list("/trigger", &query).await
            }
        };
        Ok(viewed(found)?.unwrap_or_default().iter().any(|it| holds_back_everything(&it.trigger)))
    }

    /// Why nothing is proved, if nothing is.
    async fn approval_workflow(
        &self,
        space: &Space,
        component: Option<wire::Component>,
    ) -> Result<Result<(), String>, Error> {
        let slug = &space.slug;
        let Some(component) = component else {
            return Ok(Err(format!("the Space `{slug}` belongs to no Component")));
        };
        let name = &component.slug;
        if !component.workflow_required || component.workflows.is_empty() {
            return Ok(Err(format!("the Component `{name}` of the Space `{slug}` demands no particular workflow")));
        }
        let mut missing: BTreeSet<Uuid> = component.workflows.iter().copied().collect();
        let mut spaces = vec![space.id];
        let mut looked_up = false;
        // There is no list of all workflows, and a Component does not say where its own live.
        while !missing.is_empty() {
            let Some(of) = spaces.pop() else {
                if looked_up {
                    return Ok(Err(format!("not every workflow of the Component `{name}` could be found")));
                }
                looked_up = true;
                spaces = self.spaces_of(component.id).await?.into_iter().filter(|id| *id != space.id).collect();
                continue;
            };
            let listed = self.list(&format!("/space/{of}/change_workflow"), &[]).await;
            let listed: Vec<wire::ExtendedChangeWorkflow> = viewed(listed)?.unwrap_or_default();
            for workflow in listed.into_iter().map(|it| it.workflow) {
                if missing.remove(&workflow.id) && !demands_approval(&workflow) {
                    let workflow = workflow.slug;
                    return Ok(Err(format!(
                        "the workflow `{workflow}` of the Component `{name}` releases without approval"
                    )));
                }
            }
        }
        Ok(Ok(()))
    }

    async fn spaces_of(&self, component: Uuid) -> Result<Vec<Uuid>, Error> {
        let query = [
            ("where", Where::id(Attribute::ComponentID, component).into_query()?),
            ("select", Some("SpaceID,Slug".to_owned())),
        ];
        let found: Vec<entities::ExtendedSpace> = self.list("/space", &query).await?;
        Ok(found.into_iter().map(|it| it.space.id).collect())
    }
}

/// None where this identity may not view it.
fn viewed<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether no change of a Kubernetes unit gets past this Trigger without an approval.
fn holds_back_everything(it: &wire::Trigger) -> bool {
    let demanded = it.arguments.first().and_then(|it| match &it.value {
        serde_json::Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    });
    let narrowed = !it.where_unit.is_empty() || !it.where_resource.is_empty() || it.unit_filter.is_some();
    let opens = it.disabled || it.warns || it.fail_open_after.is_some_and(|it| it > 0.0);
    it.event == "Mutation"
        && it.toolchain == super::units::KUBERNETES
        && APPROVAL_FUNCTIONS.contains(&it.function.as_str())
        && demanded.is_some_and(|it| it >= 1)
        && !narrowed
        && !opens
}

/// Whether each stage releases only what was approved.
fn demands_approval(it: &wire::ChangeWorkflow) -> bool {
    let approvals: BTreeSet<&str> = it
        .prerequisites
        .iter()
        .filter(|it| it.kind.is_empty() || it.kind == APPROVAL)
        .map(|it| it.name.as_str())
        .collect();
    let demanded = |stage: &wire::Stage| stage.release_prerequisites.iter().any(|it| approvals.contains(it.as_str()));
    !it.stages.is_empty() && it.stages.iter().all(demanded)
}
