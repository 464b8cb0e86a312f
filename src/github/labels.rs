//! Labels: made where they are missing, added and taken off one by one. The call that replaces them all is not used.

use reqwest::Method;
use serde_json::json;

use super::Client;
use super::error::{Error, Kind, Permission};
use crate::http::percent_encoded;

impl Client {
    /// Makes a label, if the repository does not have it.
    pub async fn ensure_label(&self, name: &str, color: &str, description: &str) -> Result<(), Error> {
        let path = self.path(&format!("/labels/{}", percent_encoded(name)));
        match self.get(&path, Permission::IssuesRead).await {
            Err(Error { kind: Kind::NotFound, .. }) => {}
            other => return other.map(|_| ()),
        }
        let body = json!({"name": name, "color": color, "description": description});
        // A name is taken once: sent again, it is refused with 422.
        match self.write(Method::POST, &self.path("/labels"), Some(body), Permission::IssuesWrite).await {
            Err(Error { kind: Kind::Invalid(422), .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Adds labels to those that the issue has.
    pub async fn add_labels(&self, number: u64, names: &[String]) -> Result<(), Error> {
        let path = self.path(&format!("/issues/{number}/labels"));
        self.write(Method::POST, &path, Some(json!({"labels": names})), Permission::IssuesWrite).await?;
        Ok(())
    }

    /// Takes one label off; one that is not there is fine.
    pub async fn remove_label(&self, number: u64, name: &str) -> Result<(), Error> {
        let path = self.path(&format!("/issues/{number}/labels/{}", percent_encoded(name)));
        match self.write(Method::DELETE, &path, None, Permission::IssuesWrite).await {
            Err(Error { kind: Kind::NotFound, .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}
