//! Locks: taken, refused with the holder's name, let go, and never let go for somebody else.

use anyhow::Result;
use drift_detector::confighub::Kind;
use drift_detector::demo::confighub::guesses::{AllFailed, Closing, LockedWrite};
use drift_detector::model::changeset::UnitIds;
use uuid::Uuid;

use super::{PROFILES, Shop, UNITS, kind};

const LOCKED_WRITES: [LockedWrite; 4] =
    [LockedWrite::BadRequest, LockedWrite::Conflict, LockedWrite::Unprocessable, LockedWrite::Locked];

#[tokio::test]
async fn units_are_locked_and_let_go() -> Result<()> {
    for profile in PROFILES {
        for closing in [Closing::Free, Closing::NamesTheChangeSet] {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.closing = closing);
            let ours = shop.open("drift-dev-1").await?;
            let before = shop.head("cart").await?;
            let answers = shop.client.lock(&shop.ids(&UNITS), ours.id, "open drift → fixes").await;
            assert_eq!(answers.len(), 3);
            for (id, answer) in answers {
                assert_eq!((answer?.changeset, id), (Some(ours.id), id));
            }
            let head = shop.head("cart").await?;
            assert_eq!((head.changeset, head.holder.as_deref()), (Some(ours.id), Some("drift-dev-1")), "{profile:?}");
            assert_eq!((&head.hash, head.shipped), (&before.hash, before.shipped));
            let revisions = shop.client.unit_revisions(&head, ours.id).await?;
            assert_eq!(revisions.last().map(|it| it.description.as_str()), Some("open drift -> fixes"));
            for (_, answer) in shop.client.unlock(&shop.ids(&UNITS), ours.id).await {
                assert_eq!(answer?.changeset, None, "{profile:?} {closing:?}");
            }
            // Twice is as good as once.
            for (_, answer) in shop.client.unlock(&shop.ids(&UNITS), ours.id).await {
                assert_eq!(answer?.changeset, None, "{profile:?} {closing:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_foreign_lock_is_told_with_its_holder_and_the_others_are_locked() -> Result<()> {
    for profile in PROFILES {
        for locked_write in LOCKED_WRITES {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.locked_write = locked_write);
            let (theirs, ours) = (shop.open("hotfix").await?, shop.open("drift-dev-1").await?);
            shop.locked("search", &theirs).await?;
            let mut kinds = Vec::new();
            for (id, answer) in shop.client.lock(&shop.ids(&UNITS), ours.id, "open").await {
                kinds.push((id, answer.map(|it| it.changeset).map_err(|it| it.kind)));
            }
            let locked = Kind::Locked { by: Some("hotfix".to_owned()) };
            let mut want: Vec<(Uuid, _)> = UNITS.iter().map(|it| (shop.id(it), Ok(Some(ours.id)))).collect();
            want.sort_by_key(|(id, _)| *id);
            for (id, answer) in &mut want {
                if *id == shop.id("search") {
                    *answer = Err(locked.clone());
                }
            }
            assert_eq!(kinds, want, "{profile:?} {locked_write:?}");
            // Letting go of ours leaves theirs.
            shop.client.unlock(&shop.ids(&UNITS), ours.id).await;
            let held = shop.head("search").await?;
            assert_eq!((held.changeset, held.holder.as_deref()), (Some(theirs.id), Some("hotfix")), "{profile:?}");
            assert_eq!(shop.head("web").await?.changeset, None);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_bulk_write_of_which_everything_failed_says_so_of_each() -> Result<()> {
    for profile in PROFILES {
        for all_failed in [AllFailed::MultiStatus, AllFailed::Ok, AllFailed::BadRequest] {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.all_failed = all_failed);
            let (theirs, ours) = (shop.open("hotfix").await?, shop.open("drift-dev-1").await?);
            for unit in UNITS {
                shop.locked(unit, &theirs).await?;
            }
            let answers = shop.client.lock(&shop.ids(&UNITS), ours.id, "open").await;
            assert_eq!(answers.len(), 3);
            for (_, answer) in answers {
                let want = Kind::Locked { by: Some("hotfix".to_owned()) };
                assert_eq!(kind(answer), want, "{profile:?} {all_failed:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_unit_that_is_gone_gets_an_answer_of_its_own() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let ours = shop.open("drift-dev-1").await?;
        let gone = Uuid::from_u128(7);
        let ids = UnitIds::new([gone, shop.id("cart")]).expect("there are two");
        for (id, answer) in shop.client.lock(&ids, ours.id, "open").await {
            match answer {
                Ok(head) => assert_eq!((head.id, id), (shop.id("cart"), shop.id("cart"))),
                Err(error) => assert_eq!((error.kind, id), (Kind::NotFound, gone), "{profile:?}"),
            }
        }
        let found = shop.client.unit_heads(&ids).await?;
        assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [shop.id("cart")]);
    }
    Ok(())
}
