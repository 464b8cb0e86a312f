//! Recordings: what a run read, kept without its secrets, gives the same verdict again, with nothing to contact.
//!
//! A bug report with a recording becomes a test: put the folder into `replays/`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use drift_detector::demo::story::{self, ClusterStory, Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use crate::detector::{Answer, Detector};
use crate::errors::drifted;
use crate::estate::{Estate, ONE, THREE};
use crate::explain::IGNORE;

/// A run that is recorded into `recording`.
fn recorded(detector: Detector) -> Result<Answer> {
    let answer = detector.arguments(["run", "--record", "recording"]).run()?;
    ensure!(answer.file("recording/index.json").is_ok(), "{}", answer.said());
    Ok(answer)
}

/// A replay of what an answer's run recorded, in a folder of its own and without any credentials.
pub(crate) fn replay(recorded: &Answer) -> Result<Detector> {
    let detector = Detector::new()?.arguments(["run", "--replay", "recording"]);
    let mut detector = detector;
    for name in files(recorded)? {
        let text = recorded.file(&format!("recording/{name}"))?;
        detector = detector.file(&format!("recording/{name}"), &text)?;
    }
    Ok(detector)
}

fn files(recorded: &Answer) -> Result<Vec<String>> {
    let index: Value = serde_json::from_str(&recorded.file("recording/index.json")?)?;
    let mut files: Vec<String> = index["files"].as_object().context("files")?.keys().cloned().collect();
    files.push("index.json".to_owned());
    Ok(files)
}

/// A report without what says how it came about.
pub(crate) fn result(answer: &Answer) -> Result<Value> {
    let mut report = answer.report()?;
    report["run"] = Value::Null;
    // Nor is what earlier runs saw.
    report["runs"] = Value::Null;
    // ChangeSets are not recorded: they are nobody's present ones.
    report["edges"] = Value::Null;
    report["promotion-safe"] = Value::Null;
    for environment in report["environments"].as_array_mut().context("environments")? {
        environment["proposal"] = Value::Null;
        environment["changesets-unread"] = Value::Null;
    }
    let remarks = report["remarks"].as_array_mut().context("remarks")?;
    remarks.retain(|it| !it.as_str().is_some_and(|it| it.starts_with("This is a replay")));
    Ok(report)
}

/// The configuration of the demo, as somebody with a checkout of this repository has it.
const DEMO: &str = include_str!("../../src/cli/demo/drift.yaml");

#[test]
fn the_story_is_the_same_when_it_is_replayed() -> Result<()> {
    for profile in [Profile::Release, Profile::Bridge] {
        let estate = Estate::new(&story::chubby_paws(), profile, DEMO)?;
        let original = recorded(estate.detector()?)?;
        ensure!(original.report()?["counts"]["findings"].as_u64() >= Some(5), "{}", original.said());
        let requests = estate.world.journal().len();
        let again = replay(&original)?.run()?;
        assert_eq!(again.code, original.code, "{}", again.said());
        assert_eq!(result(&again)?, result(&original)?);
        assert_eq!(estate.world.journal().len(), requests, "something was contacted");
        let markdown = again.file("drift-report/report.md")?;
        ensure!(markdown.contains("This is a replay of what version"), "{markdown}");
        let run = &again.report()?["run"];
        assert_eq!(run["started"], original.report()?["run"]["started"]);
        assert_eq!(run["recorded-by"], env!("CARGO_PKG_VERSION"));
    }
    Ok(())
}

#[test]
fn a_recording_is_its_owners_alone_and_replaces_none_but_another() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let detector = estate
        .detector()?
        .file("recording/index.json", &json!({"format": "drift-detector recording", "version": 1}).to_string())?;
    let folder = detector.path("recording");
    let answer = recorded(detector.file("recording/old.json", "{}")?)?;
    assert!(!folder.join("old.json").exists(), "the older recording is gone");
    for name in files(&answer)? {
        let mode = fs::metadata(folder.join(&name))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let beside = fs::read_dir(folder.parent().context("a parent")?)?;
    let left: Vec<_> = beside.filter_map(|it| it.ok()?.file_name().into_string().ok()).collect();
    assert!(left.iter().all(|it| !it.starts_with(".recording") && !it.starts_with(".old")), "{left:?}");
    for file in ["precious.txt", "index.json"] {
        let detector = estate.detector()?.file(&format!("recording/{file}"), "{}")?;
        let answer = detector.arguments(["run", "--record", "recording"]).run()?;
        assert_eq!(answer.code, Some(2), "{}", answer.said());
        assert!(answer.stderr.contains("`--record`: the folder `recording` holds something else"), "{}", answer.said());
        assert_eq!(answer.file(&format!("recording/{file}"))?, "{}");
    }
    Ok(())
}

/// A custom resource whose variables have these names and one value.
fn door(variable: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Door", "metadata": {"name": "door", "namespace": "shop"},
        "spec": {"variables": [{"name": variable, "value": "correct-horse-battery"}]}})
}

#[test]
fn a_recording_says_whether_it_gives_the_verdict_of_its_run() -> Result<()> {
    // Renamed, the same value is a secret on one side alone, and its mask another value.
    for (of_live, faithful) in [("password-2", "yes"), ("level", "no")] {
        let space = Space::new("shop-dev").namespace("shop").unit(("door", door("password").to_string().as_str()));
        let story = Story::new().space(space).cluster(ClusterStory::new("dev", vec![door(of_live)]));
        let estate = Estate::new(&story, Profile::Release, ONE)?;
        let original = recorded(estate.detector()?)?;
        let kept: Value = serde_json::from_str(&original.file("recording/dev.json")?)?;
        assert_eq!(kept["outcome"]["read"]["faithful"], faithful, "{of_live}: {}", original.said());
        let warns = original.stderr.contains("The recording of `dev` does not give the verdict of this run");
        assert_eq!(warns, faithful == "no", "{of_live}: {}", original.said());
        // The run itself is none the worse.
        assert_eq!(result(&original)?["counts"], result(&estate.run()?)?["counts"], "{of_live}");
        let again = replay(&original)?.run()?;
        assert_eq!(result(&again)?["counts"] == result(&original)?["counts"], faithful == "yes", "{of_live}");
    }
    Ok(())
}

#[test]
fn what_could_not_be_read_is_recorded_too() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev", "staging", "prod"]), Profile::Release, THREE)?;
    estate.world.unplug("staging")?;
    let original = recorded(estate.detector()?)?;
    assert_eq!(original.code, Some(3), "{}", original.said());
    let again = replay(&original)?.run()?;
    assert_eq!(again.code, Some(3), "{}", again.said());
    assert_eq!(result(&again)?, result(&original)?);
    Ok(())
}

#[test]
fn rules_of_now_hold_in_a_replay() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let original = recorded(estate.detector()?)?;
    let tried = format!("{ONE}ignore:\n  - {{kind: ConfigMap, path: /data/mode, reason: \"tried out\"}}\n");
    let report = replay(&original)?.file(".github/drift.yaml", &tried)?.run()?.report()?;
    assert_eq!(report["status"], "clean");
    assert_eq!(report["environments"][0]["targets"][0]["suppressed"][0]["reason"], "ignored: tried out");
    let other = ONE.replace("name: dev\n", "name: qa\n");
    let answer = replay(&original)?.file(".github/drift.yaml", &other)?.run()?;
    assert_eq!(answer.code, Some(3), "{}", answer.said());
    let failure = &answer.report()?["environments"][0]["targets"][0]["failure"];
    assert_eq!(failure["detail"], "the recording holds nothing about the target `qa` of the environment `qa`");
    Ok(())
}

#[test]
fn the_day_of_a_replay_is_that_of_the_recording() -> Result<()> {
    let config = format!("{ONE}ignore:\n  - {{kind: ConfigMap, reason: \"for long\", until: 2999-01-01}}\n");
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, &config)?;
    let original = recorded(estate.detector()?)?;
    let mut index: Value = serde_json::from_str(&original.file("recording/index.json")?)?;
    for (started, status) in [("2998-12-31T23:59:59Z", "clean"), ("2999-01-02T00:00:00Z", "drift")] {
        index["started"] = started.into();
        let detector = replay(&original)?.file("recording/index.json", &index.to_string())?;
        assert_eq!(detector.run()?.report()?["status"], status, "{started}");
    }
    Ok(())
}

#[test]
fn what_is_no_whole_recording_is_refused() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let original = recorded(estate.detector()?)?;
    let index: Value = serde_json::from_str(&original.file("recording/index.json")?)?;
    let with = |key: &str, value: Value| {
        let mut index = index.clone();
        index[key] = value;
        index.to_string()
    };
    let target = original.file("recording/dev.json")?;
    for (name, text, words) in [
        ("index.json", with("version", json!(2)), "format version 2, this program reads version 1"),
        ("index.json", with("format", json!("x")), "not the index of a recording"),
        ("index.json", "{\"format\"".to_owned(), "not the index of a recording, or is damaged"),
        ("index.json", with("scope", json!(1)), "index.json is damaged"),
        ("index.json", with("files", json!({"../dev.json": "x"})), "names a file that no recording has"),
        ("index.json", with("files", json!({"gone.json": "x"})), "gone.json cannot be read"),
        ("dev.json", target[..target.len() / 2].to_owned(), "dev.json is damaged, or was changed"),
    ] {
        let answer = replay(&original)?.file(&format!("recording/{name}"), &text)?.run()?;
        assert_eq!(answer.code, Some(2), "{words}: {}", answer.said());
        assert!(answer.stderr.contains(words) && answer.stderr.lines().count() == 1, "{words}: {}", answer.said());
    }
    let answer = Detector::new()?.arguments(["run", "--replay", "nowhere"]).run()?;
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("flag `--replay`: the recording `nowhere` cannot be replayed"), "{}", answer.said());
    Ok(())
}

#[test]
fn inputs_of_services_have_no_meaning_in_a_replay() -> Result<()> {
    let estate = Estate::new(&drifted(&["dev"]), Profile::Release, ONE)?;
    let original = recorded(estate.detector()?)?;
    for [flag, value] in [
        ["--confighub-url", "https://hub.example.com"],
        ["--confighub-token", "t"],
        ["--confighub-worker-id", "w"],
        ["--confighub-worker-secret", "s"],
        ["--kubeconfigs", "dev=kubeconfig"],
        ["--record", "again"],
        ["--timeout", "9m"],
        ["--ca-bundle", "ca.pem"],
    ] {
        let answer = replay(&original)?.arguments([flag, value]).run()?;
        assert_eq!(answer.code, Some(2), "{flag}: {}", answer.said());
        let sentence = format!("flag `{flag}`: has no meaning with `replay`, which contacts nothing");
        assert!(answer.stderr.contains(&sentence), "{flag}: {}", answer.said());
    }
    let surroundings = replay(&original)?.variable("CUB_TOKEN", "x").variable("KUBECONFIG", "/nowhere");
    assert_eq!(surroundings.run()?.report()?["status"], "drift");
    Ok(())
}

/// The folders of recordings that were kept as tests.
fn kept() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/replays");
    let mut found: Vec<_> = fs::read_dir(&folder)?.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>()?;
    found.retain(|it| it.is_dir());
    found.sort();
    Ok(found)
}

/// Each recording's verdict is the one that was agreed on: `cargo insta` shows what changed.
#[test]
fn every_kept_recording_is_judged_as_before() -> Result<()> {
    let kept = kept()?;
    ensure!(!kept.is_empty(), "there is no recording to replay");
    for folder in kept {
        let name = folder.file_name().context("a name")?.to_string_lossy().into_owned();
        let path = folder.display().to_string();
        let answer = Detector::new()?.arguments(["run", "--replay", &path]).run()?;
        let mut report = result(&answer).with_context(|| answer.said())?;
        let fields = report.as_object_mut().context("a report is an object")?;
        // What the differences are, not how a report words it.
        fields.retain(|key, _| ["status", "complete", "counts", "environments"].contains(&key.as_str()));
        insta::with_settings!({ snapshot_path => "replays", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!(name, report);
        });
    }
    Ok(())
}

/// `UPDATE_REPLAYS=1 cargo test --test integration kept_recordings` records anew; read the difference.
#[test]
fn the_kept_recordings_of_our_own_can_be_made_again() -> Result<()> {
    let config = format!("{ONE}scope: {{secrets: true}}\n{IGNORE}");
    let estate = Estate::new(&crate::explain::story(), Profile::Release, &config)?;
    let original = recorded(estate.detector()?)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/replays/shop");
    if std::env::var_os("UPDATE_REPLAYS").is_some() {
        fs::create_dir_all(&folder)?;
        for name in files(&original)? {
            fs::write(folder.join(&name), original.file(&format!("recording/{name}"))?)?;
        }
    }
    let path = folder.display().to_string();
    let kept = Detector::new()?.arguments(["run", "--replay", &path]).run()?;
    assert_eq!(result(&kept)?, result(&original)?, "the story changed, or the way in which it is judged");
    Ok(())
}
