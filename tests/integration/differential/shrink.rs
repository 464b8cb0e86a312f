//! A disagreement made small: the pair alone without its history, then field by field; else the shortest history.

use anyhow::Result;
use serde_json::Value;

use super::estate::Base;
use super::judge::{Opinions, Problem};
use super::mutate;
use super::place;
use super::run::{Disagreement, Ground};
use super::server::Request;

/// Requests that one disagreement may cost.
const BUDGET: usize = 400;

/// The smallest form that was found.
pub(super) struct Small {
    pub(super) opinions: Opinions,
    pub(super) problems: Vec<Problem>,
    /// Empty: the pair alone suffices.
    pub(super) history: Vec<Request>,
}

/// Makes it smaller as long as a problem of the same sort remains.
pub(super) async fn shrink(ground: &Ground<'_>, found: &Disagreement) -> Result<Small> {
    let mut stage = Stage { ground, found, base: &ground.bases[found.base], left: BUDGET };
    let (desired, live) = (found.opinions.desired.clone(), found.opinions.live.clone());
    if let Some(mut small) = stage.pair(&desired, &live).await? {
        stage.fields(&mut small).await?;
        return Ok(small);
    }
    let mut small =
        Small { opinions: found.opinions.clone(), problems: found.problems.clone(), history: found.history.clone() };
    let mut index = 1;
    while index < small.history.len() {
        let mut shorter = small.history.clone();
        shorter.remove(index);
        match stage.replay(&desired, shorter).await? {
            Some(found) => small = found,
            None => index += 1,
        }
    }
    Ok(small)
}

struct Stage<'a> {
    ground: &'a Ground<'a>,
    found: &'a Disagreement,
    base: &'a Base,
    left: usize,
}

impl Stage<'_> {
    /// Removes what the problem does not need, large parts first: from both sides, then from one.
    async fn fields(&mut self, small: &mut Small) -> Result<()> {
        loop {
            let before = self.left;
            let mut is_smaller = false;
            let mut places = place::all(&small.opinions.desired);
            places.extend(place::all(&small.opinions.live));
            places.sort_by_key(Vec::len);
            places.dedup();
            for at in places {
                let (desired, live) = (small.opinions.desired.clone(), small.opinions.live.clone());
                let root = self.ground.root(self.base)?;
                let there = place::counterpart(root, &desired, &live, &at).unwrap_or_else(|| at.clone());
                let less = (place::without(&desired, &at), place::without(&live, &there));
                let attempts = match less {
                    (Some(desired_less), Some(live_less)) => vec![(desired_less, live_less)],
                    (Some(desired_less), None) => vec![(desired_less, live)],
                    (None, Some(live_less)) => vec![(desired, live_less)],
                    (None, None) => Vec::new(),
                };
                for (desired, live) in attempts {
                    if self.left == 0 {
                        return Ok(());
                    }
                    if let Some(found) = self.pair(&desired, &live).await?
                        && size(&found.opinions) < size(&small.opinions)
                    {
                        *small = found;
                        is_smaller = true;
                    }
                }
            }
            if !is_smaller || self.left == before {
                return Ok(());
            }
        }
    }

    /// Live is made anew by somebody, and desired compared with it.
    async fn pair(&mut self, desired: &Value, live: &Value) -> Result<Option<Small>> {
        let created = mutate::created(&self.base.collection(desired), "kubectl-create", live.clone());
        let small = self.replay(desired, vec![created]).await?;
        Ok(small.map(|small| Small { history: Vec::new(), ..small }))
    }

    /// The requests once more, on an object of its own.
    async fn replay(&mut self, desired: &Value, history: Vec<Request>) -> Result<Option<Small>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let tag = format!("{}s{}", self.found.tag, self.left);
        let renamed = |text: String| text.replace(&self.found.tag, &tag);
        let rename = |value: &Value| serde_json::from_str::<Value>(&renamed(value.to_string()));
        let desired_here = rename(desired)?;
        let path = self.base.path(&desired_here);
        let mut is_made = true;
        for request in &history {
            let mut request = request.clone();
            request.path = renamed(request.path);
            if let Some(body) = &mut request.body {
                *body = rename(body)?;
                if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.retain(|key, _| !matches!(key.as_str(), "resourceVersion" | "uid" | "managedFields"));
                }
            }
            is_made &= self.ground.api.send(&request).await?.is_ok();
        }
        let small = if is_made {
            let mut opinions = self.ground.ask(self.base, &path, &desired_here).await?;
            let problems = self.ground.problems(self.base, &opinions);
            // Told under the names of the case, so that it can be made smaller again.
            let back = |value: &Value| serde_json::from_str(&value.to_string().replace(&tag, &self.found.tag));
            (opinions.desired, opinions.live) = (back(&opinions.desired)?, back(&opinions.live)?);
            let is_same = problems.iter().any(|it| self.found.problems.iter().any(|was| same_sort(it, was)));
            is_same.then_some(Small { opinions, problems, history })
        } else {
            None
        };
        self.ground.api.send(&Request::delete(&path)).await?;
        Ok(small)
    }
}

fn size(opinions: &Opinions) -> usize {
    opinions.desired.to_string().len() + opinions.live.to_string().len()
}

/// Whether it is the same mistake, wherever in its list the entry stands by now.
pub(super) fn same_sort(one: &Problem, other: &Problem) -> bool {
    sort(one) == sort(other)
}

/// The mistake without the indices of one object.
pub(super) fn sort(problem: &Problem) -> (usize, String) {
    let general = |path: &String| {
        let steps =
            path.split('/').map(|step| if step.parse::<usize>().is_ok() || step.starts_with('[') { "*" } else { step });
        steps.collect::<Vec<_>>().join("/")
    };
    match problem {
        Problem::Missed(path) => (0, general(path)),
        Problem::False(path) => (1, general(path)),
        Problem::MissedRefusal(_) => (2, String::new()),
    }
}
