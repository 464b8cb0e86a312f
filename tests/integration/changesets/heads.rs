//! New heads: written to the head that was read and to no other, and restored.

use anyhow::{Context as _, Result};
use drift_detector::confighub::Kind;
use drift_detector::demo::confighub::guesses::{Opening, StaleMatch};
use drift_detector::model::changeset::Restore;
use uuid::Uuid;

use super::{PROFILES, Shop, kind};
use crate::estate::config_map;

#[tokio::test]
async fn drift_is_recorded_and_undone_and_the_history_tells_it() -> Result<()> {
    for profile in PROFILES {
        for opening in [Opening::MakesARevision, Opening::MakesNone] {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.opening = opening);
            let before = shop.head("web").await?;
            let ours = shop.open("drift-dev-1").await?;
            let head = shop.locked("web", &ours).await?;
            let (text, hash) = shop.client.head_data(&head).await?;
            assert_eq!((text.as_str(), &hash), (config_map("web", "fast").as_str(), &head.hash));
            let drifted = config_map("web", "slow");
            let written = shop.client.write_data(&head, ours.id, &drifted, "Set mode to slow (drift detected)").await?;
            assert_eq!((written.head, written.changeset), (head.head + 1, Some(ours.id)), "{profile:?}");
            assert_eq!(shop.client.head_data(&written).await?, (drifted, written.hash.clone()));
            let to = Restore::Revision(before.head);
            let restored = shop.client.restore(&written, to, Some(ours.id), "Fixed mode: slow → fast").await?;
            assert_eq!((restored.head, &restored.hash), (head.head + 2, &before.hash), "{profile:?}");
            let told: Vec<(i64, String)> = shop
                .client
                .unit_revisions(&restored, ours.id)
                .await?
                .into_iter()
                .filter(|it| it.number > head.head)
                .map(|it| (it.number - head.head, it.description))
                .collect();
            let want = [(1, "Set mode to slow (drift detected)".into()), (2, "Fixed mode: slow -> fast".into())];
            assert_eq!(told, want, "{profile:?}");
            let newest = shop.client.changeset_revisions(ours.id).await?;
            let [newest] = newest.as_slice() else { panic!("{newest:?}") };
            assert_eq!((newest.number, newest.unit, newest.changeset), (restored.head, before.id, Some(ours.id)));
            assert_eq!(newest.author, Some(shop.world.confighub().user_id("demo-bot")));
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_before_a_changeset_comes_back_after_it() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let before = shop.head("web").await?;
        let ours = shop.open("drift-dev-1").await?;
        let head = shop.locked("web", &ours).await?;
        shop.client.write_data(&head, ours.id, &config_map("web", "slow"), "Accepted drift: mode fast -> slow").await?;
        shop.client.unlock(&shop.ids(&["web"]), ours.id).await;
        let now = shop.head("web").await?;
        let restored = shop.client.restore(&now, Restore::Before(ours.id), None, "the drift is gone").await?;
        assert_eq!((restored.head, &restored.hash), (now.head + 1, &before.hash), "{profile:?}");
        let wrong = shop.client.restore(&restored, Restore::Revision(99), None, "no such revision").await;
        assert_eq!(kind(wrong), Kind::NotFound, "{profile:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_head_that_moved_is_left_as_it_is() -> Result<()> {
    for profile in PROFILES {
        for stale in [StaleMatch::Conflict, StaleMatch::PreconditionFailed] {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.stale_match = stale);
            let ours = shop.open("drift-dev-1").await?;
            let head = shop.locked("web", &ours).await?;
            let edited = shop.client.write_data(&head, ours.id, &config_map("web", "edited"), "an edit").await?;
            let late = shop.client.write_data(&head, ours.id, &config_map("web", "slow"), "too late").await;
            assert_eq!(kind(late), Kind::Conflict, "{profile:?} {stale:?}");
            assert_eq!(shop.head("web").await?.hash, edited.hash, "{profile:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_unit_of_another_changeset_is_not_written() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let (theirs, ours) = (shop.open("hotfix").await?, shop.open("drift-dev-1").await?);
        let head = shop.locked("web", &theirs).await?;
        let locked = Kind::Locked { by: Some("hotfix".to_owned()) };
        let text = config_map("web", "slow");
        assert_eq!(kind(shop.client.write_data(&head, ours.id, &text, "no").await), locked, "{profile:?}");
        let written = shop.client.write_data(&head, theirs.id, &text, "theirs").await?;
        let restored = shop.client.restore(&written, Restore::Revision(1), Some(ours.id), "no").await;
        assert_eq!(kind(restored), locked, "{profile:?}");
        let restored = shop.client.restore(&written, Restore::Revision(1), None, "no").await;
        assert_eq!(kind(restored), locked, "{profile:?}");
        assert_eq!(shop.head("web").await?.head, written.head);
    }
    Ok(())
}

#[tokio::test]
async fn heads_tell_what_was_shipped() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        shop.world.confighub().edit("shop-dev", "web", &config_map("web", "next"))?;
        let head = shop.head("web").await?;
        assert!(head.head > head.shipped && head.shipped > 0, "{profile:?}: {head:?}");
        let ids = drift_detector::model::changeset::UnitIds::new([
            shop.id("cart"),
            shop.world.confighub().unit_id("shop-prod", "web"),
            Uuid::from_u128(9),
        ]);
        let found = shop.client.unit_heads(&ids.context("there are some")?).await?;
        let spaces: Vec<Uuid> = found.iter().map(|it| it.space).collect();
        assert_eq!(found.len(), 2);
        assert!(spaces.contains(&shop.world.confighub().space_id("shop-prod")), "{profile:?}");
    }
    Ok(())
}
