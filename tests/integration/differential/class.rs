//! The classes of mutations, and which of them one case goes through.

use super::estate::{Base, CUSTOM};

/// Mutations per case.
pub(super) const STEPS: usize = 4;

/// The classes of mutations; each occurs equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Scale,
    Status,
    Edit,
    MergePatch,
    JsonPatch,
    StrategicPatch,
    ApplyByAnother,
    TakeOver,
    AddItem,
    RemoveItem,
    RemoveField,
    Reorder,
    Default,
    Empty,
    AddField,
    Labels,
    Recreate,
    /// Of desired, as all below.
    Respell,
    StateNothing,
    ReorderDesired,
    OmitOrState,
    Retype,
    Restate,
    /// With the controllers running, as below: an edit, and what they make of it.
    Controllers,
    /// A manual scale that an autoscaler takes back.
    Autoscaler,
}

impl Class {
    /// Those that need nothing but the server.
    pub(super) const ALL: [Self; 23] = [
        Self::Scale,
        Self::Status,
        Self::Edit,
        Self::MergePatch,
        Self::JsonPatch,
        Self::StrategicPatch,
        Self::ApplyByAnother,
        Self::TakeOver,
        Self::AddItem,
        Self::RemoveItem,
        Self::RemoveField,
        Self::Reorder,
        Self::Default,
        Self::Empty,
        Self::AddField,
        Self::Labels,
        Self::Recreate,
        Self::Respell,
        Self::StateNothing,
        Self::ReorderDesired,
        Self::OmitOrState,
        Self::Retype,
        Self::Restate,
    ];

    /// Whether the class has anything to do with this kind.
    pub(super) fn applies(self, base: &Base) -> bool {
        let has = |name: &str| base.resource.subresources.iter().any(|it| it == name);
        match self {
            Self::Scale => has("scale"),
            // What is stored of a definition stands in its status: the server refuses every change when it is wrong.
            Self::Status => has("status") && base.gvk.kind != "CustomResourceDefinition",
            // Custom resources have no such patch.
            Self::StrategicPatch => base.gvk.group != CUSTOM,
            Self::Controllers => matches!(base.gvk.group.as_str(), "apps" | "batch"),
            Self::Autoscaler => base.gvk.kind == "Deployment",
            _ => true,
        }
    }
}

/// The classes of every case. Classes that only some kinds know fill cases of their own; the others take turns, so that
/// all of them meet in one object and none is rare.
pub(super) fn plans(mutations: usize) -> Vec<Vec<Class>> {
    let is_rare = |class: Class| matches!(class, Class::Scale | Class::Status | Class::StrategicPatch);
    let general: Vec<Class> = Class::ALL.into_iter().filter(|it| !is_rare(*it)).collect();
    let mut plans = Vec::new();
    let (mut left, mut turn) = (mutations, 0);
    for number in 0.. {
        if left == 0 {
            break;
        }
        let steps = left.min(STEPS);
        let first = Class::ALL[number % Class::ALL.len()];
        plans.push(if is_rare(first) {
            vec![first; steps]
        } else {
            turn += 1;
            (0..steps).map(|step| general[(turn + step * 7) % general.len()]).collect()
        });
        left -= steps;
    }
    plans
}
