//! 500 units at once: requests are counted, pages are followed.

use anyhow::Result;
use drift_detector::demo::confighub::Paging;
use drift_detector::demo::world::{CONFIGHUB, Profile};
use drift_detector::model::changeset::UnitIds;

use super::{PROFILES, Shop};

#[tokio::test]
async fn five_hundred_units_take_seven_requests_each_way() -> Result<()> {
    for profile in PROFILES {
        for paging in [Paging::Full, Paging::ShortFirst, Paging::EmptyFirst] {
            if profile == Profile::Bridge && paging != Paging::Full {
                continue;
            }
            let names: Vec<String> = (0..500).map(|it| format!("unit-{it:03}")).collect();
            let shop = Shop::of(profile, &names).await?;
            shop.world.confighub().page(paging);
            let ids = UnitIds::new(names.iter().map(|it| shop.id(it))).expect("there are some");
            let ours = shop.open("drift-dev-1").await?;
            shop.world.journal_book().clear();
            let locked = shop.client.lock(&ids, ours.id, "open").await;
            assert_eq!(locked.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
            for (_, answer) in locked {
                assert_eq!(answer?.changeset, Some(ours.id));
            }
            let heads = shop.client.unit_heads(&ids).await?;
            assert!(heads.len() == 500 && heads.iter().all(|it| it.changeset == Some(ours.id)));
            assert_eq!(shop.client.changeset_revisions(ours.id).await?.len(), 500);
            for (_, answer) in shop.client.unlock(&ids, ours.id).await {
                assert_eq!(answer?.changeset, None, "{profile:?} {paging:?}");
            }
            let sent = shop.world.journal().iter().filter(|it| it.service == CONFIGHUB).count();
            let writes = shop.sent("PATCH", "/unit");
            if paging == Paging::Full {
                assert_eq!((writes, shop.sent("GET", "/api/unit")), (14, 7), "{profile:?}");
                assert!(sent <= 23, "{sent} requests");
            }
            assert!(writes >= 14, "{writes} writes");
        }
    }
    Ok(())
}
