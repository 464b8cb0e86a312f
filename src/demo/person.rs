//! A person of the demo, who does what the report says: the requests to ConfigHub's API as they stand there, and what
//! `cub unit approve` asks the service for.

use anyhow::{Context as _, ensure};
use reqwest::{Client, RequestBuilder};

use super::world::World;

impl World {
    /// Lets this person send what the report says under how to approve, line by line.
    ///
    /// # Errors
    /// A line that is neither of the two, and whatever the stand-in refuses.
    pub fn follow(&self, person: &str, lines: &[String]) -> anyhow::Result<()> {
        let token = self.confighub().person(person);
        let client = Client::builder().no_proxy().tls_certs_only([]).build().context("failed to build a client")?;
        self.runtime()?.block_on(async {
            for line in lines {
                let request = match line.strip_prefix("POST ").and_then(|it| it.split_once(' ')) {
                    Some((url, body)) => {
                        client.post(url).header("content-type", "application/json").body(body.to_owned())
                    }
                    None => self.command(&client, line)?,
                };
                let answer = request.bearer_auth(&token).send().await.context("failed to reach the stand-in")?;
                let status = answer.status();
                ensure!(status.is_success(), "{person} was refused with {status}: {line}");
            }
            Ok(())
        })
    }

    /// `cub unit approve --space SPACE UNIT`
    fn command(&self, client: &Client, line: &str) -> anyhow::Result<RequestBuilder> {
        let words = line.strip_prefix("cub unit approve --space ").and_then(|it| it.split_once(' '));
        let (space, unit) = words.with_context(|| format!("nobody knows how to follow `{line}`"))?;
        let (space, unit) = (self.confighub().space_id(space), self.confighub().unit_id(space, unit));
        Ok(client.post(format!("{}/space/{space}/unit/{unit}/approve", self.confighub_url()?)))
    }
}
