//! What nobody knows of the service may be the other way round, one thing at a time: a proposal still goes its way from drift
//! over an approval to a closed ChangeSet.

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::confighub::guesses::{
    AllFailed, ApprovalOf, BeforeChangeSet, Closing, DuplicateSlug, Guesses, LockedMetadata, LockedWrite,
    NothingCovered, Opening, PatchVersion, Reopening, StaleMatch, UnknownMember, WrongContentType,
};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::scene::{Act, Scene, is_closed, told};
use super::{PROFILES, approve, states, writes};
use crate::faults::for_each;

type Flip = fn(&mut Guesses);

/// Every switch in every position that is not its default.
const FLIPS: [(&str, Flip); 22] = [
    ("default", |_| ()),
    ("a locked write is a 409", |it| it.locked_write = LockedWrite::Conflict),
    ("a locked write is a 422", |it| it.locked_write = LockedWrite::Unprocessable),
    ("a locked write is a 423", |it| it.locked_write = LockedWrite::Locked),
    ("a duplicate slug is a 400", |it| it.duplicate_slug = DuplicateSlug::BadRequest),
    ("a duplicate slug is made", |it| it.duplicate_slug = DuplicateSlug::Made),
    ("a failed bulk write is a 200", |it| it.all_failed = AllFailed::Ok),
    ("a failed bulk write is a 400", |it| it.all_failed = AllFailed::BadRequest),
    ("a lock makes no revision", |it| it.opening = Opening::MakesNone),
    ("letting go names the ChangeSet", |it| it.closing = Closing::NamesTheChangeSet),
    ("a closed ChangeSet takes no unit again", |it| it.reopening = Reopening::Refused),
    ("a stale If-Match is a 412", |it| it.stale_match = StaleMatch::PreconditionFailed),
    ("labels of a locked unit are locked", |it| it.locked_metadata = LockedMetadata::Refused),
    ("a wrong content type is a 400", |it| it.wrong_content_type = WrongContentType::BadRequest),
    ("an unknown member is dropped", |it| it.unknown_member = UnknownMember::Ignored),
    ("a patch's version is looked at", |it| it.patch_version = PatchVersion::Enforced),
    ("before a ChangeSet is before its last", |it| it.before_change_set = BeforeChangeSet::Last),
    ("approvals are of head alone", |it| it.approval_of = ApprovalOf::HeadAlone),
    ("an attestation of nothing is a 400", |it| it.nothing_covered = NothingCovered::BadRequest),
    ("triggers run at once", |it| it.polls_until_triggers_ran = 0),
    ("triggers take long", |it| it.polls_until_triggers_ran = 5),
    ("descriptions may be short only", |it| it.longest_description = Some(120)),
];

#[test]
fn a_proposal_goes_its_way_whatever_the_service_turns_out_to_do() -> Result<()> {
    let acts = [Act::Revert, Act::Accept, Act::Repropose];
    let cases: Vec<_> = PROFILES
        .into_iter()
        .flat_map(|profile| {
            acts.into_iter().flat_map(move |act| FLIPS.into_iter().map(move |flip| (profile, act, flip)))
        })
        .collect();
    for_each(&cases, |(profile, act, (name, flip))| {
        goes(*profile, *act, *flip, End::of(*profile, *act, name))
            .with_context(|| format!("{profile:?} {act:?}: {name}"))
    })
}

/// How far a proposal gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All the way.
    Closed,
    /// Nobody can approve it: today's service has no revision under the ChangeSet to attest. It waits until the drift is gone.
    Waits,
    /// Changed drift cannot be proposed in the ChangeSet, and the report says what ConfigHub refused.
    Refused,
}

impl End {
    fn of(profile: Profile, act: Act, name: &str) -> Self {
        match (name, profile, act) {
            ("a lock makes no revision", Profile::Release, Act::Revert | Act::Repropose) => Self::Waits,
            ("a closed ChangeSet takes no unit again", _, Act::Repropose) => Self::Refused,
            _ => Self::Closed,
        }
    }
}

fn goes(profile: Profile, act: Act, flip: Flip, end: End) -> Result<()> {
    let mut scene = Scene::with(profile, act, |estate| estate.world.confighub().guess(flip))?;
    let dev = |report: &Value| report["environments"][0]["proposal"].clone();
    let first = scene.run()?;
    if end == End::Refused {
        ensure!(told(&first) == ["not-proposed"; 2], "{:#}", dev(&first));
        let notes = dev(&first)["units"][0]["notes"].to_string();
        ensure!(notes.contains("could not be written") && notes.contains("is closed"), "{notes}");
        scene.ensure_done()?;
    } else {
        ensure!(told(&first).len() == 2 && told(&first).iter().all(|it| it.ends_with("proposed")), "{:#}", dev(&first));
        scene.ensure_done().with_context(|| format!("{:#}", dev(&first)))?;
        let before = writes(&scene.estate).len();
        scene.ensure_told(&scene.run()?)?;
        ensure!(writes(&scene.estate).len() == before, "the second run writes");
    }
    let answer = approve(&scene.estate, "drift-dev-1", "shop-dev", "alice");
    match end {
        End::Waits => {
            ensure!(answer.is_err_and(|it| it.to_string().contains("no such revision")), "it covers something");
            scene.ensure_told(&scene.run()?)?;
        }
        End::Refused => {}
        End::Closed => {
            answer?;
            // Gates are computed in the background: the next runs see more.
            let mut said = String::new();
            for _ in 0..6 {
                said = states(&dev(&scene.run()?));
                if said.starts_with("approved") {
                    break;
                }
            }
            ensure!(said == "approved: backend approved, frontend approved", "{said}");
        }
    }
    scene.now(Act::Close, "fast")?;
    let closed = scene.run()?;
    ensure!(states(&dev(&closed)).starts_with("fixed: "), "{:#}", dev(&closed));
    scene.ensure_done().with_context(|| format!("{:#}", dev(&closed)))?;
    scene.ensure_told(&scene.run()?)?;
    scene.now(act, "slowest")?;
    let anew = scene.run()?;
    ensure!(dev(&anew)["changeset"]["slug"] == "drift-dev-2", "{:#}", dev(&anew));
    let open = scene.look()?.changesets.iter().filter(|it| !is_closed(it)).count();
    ensure!(open == 1, "{open} open ChangeSets");
    Ok(())
}
