//! Links into ConfigHub's UI. It has no page for a ChangeSet or a revision: a unit's list of revisions and the review of
//! several units stand in.

use uuid::Uuid;

use crate::http;
use crate::model::changeset::{Identity, UnitIds};

use super::Client;

/// Browsers and chat programs take longer ones badly.
const LONGEST: usize = 4000;

/// Builds links for one organization.
#[derive(Clone, Debug)]
pub struct Ui {
    host: String,
    /// `org=…`; empty where the organization has no name for links.
    organization: String,
}

impl Client {
    /// Links that open in the organization of this identity, whatever the reader looked at before.
    pub fn ui(&self, me: &Identity) -> Ui {
        let organization = match me.external_organization.as_str() {
            "" => String::new(),
            id => format!("org={}", http::percent_encoded(id)),
        };
        Ui { host: self.ui.clone(), organization }
    }
}

impl Ui {
    /// A unit's revisions.
    pub fn revisions(&self, space: Uuid, unit: Uuid) -> String {
        self.link(&format!("units/{space}/{unit}"), "tab=2")
    }

    /// The review of what one user changed in several units; None where they are too many for a link.
    pub fn diff(&self, units: &UnitIds, source: Uuid) -> Option<String> {
        let ids: Vec<String> = units.iter().map(|id| format!("'{id}'")).collect();
        let link = self.link("diff", &format!("ids={}&source={source}", http::percent_encoded(&ids.join(","))));
        (link.len() <= LONGEST).then_some(link)
    }

    fn link(&self, path: &str, query: &str) -> String {
        let query: Vec<&str> = [query, &self.organization].into_iter().filter(|it| !it.is_empty()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{path}{mark}{}", self.host, query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pin_the_organization() {
        let ui = Ui { host: "https://hub.example.com".into(), organization: "org=org_01".into() };
        let (space, unit) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(ui.revisions(space, unit), format!("https://hub.example.com/units/{space}/{unit}?tab=2&org=org_01"));
        assert_eq!(
            ui.diff(&UnitIds::one(unit), space),
            Some(format!("https://hub.example.com/diff?ids=%27{unit}%27&source={space}&org=org_01"))
        );
        let many = UnitIds::new((0..500).map(Uuid::from_u128)).expect("there are some");
        assert_eq!(ui.diff(&many, space), None);
        assert_eq!(
            Ui { organization: String::new(), ..ui }.revisions(space, unit),
            format!("https://hub.example.com/units/{space}/{unit}?tab=2")
        );
    }
}
