//! ChangeSets as records: made once, found again, annotated by two at a time.

use anyhow::Result;
use drift_detector::confighub::Kind;
use drift_detector::demo::confighub::guesses::DuplicateSlug;
use drift_detector::model::changeset::{IdentityKind, Opened};

use super::{PROFILES, Shop, kind, new, some};

#[tokio::test]
async fn a_changeset_is_made_once_and_adopted_ever_after() -> Result<()> {
    for profile in PROFILES {
        for duplicate in [DuplicateSlug::Conflict, DuplicateSlug::BadRequest, DuplicateSlug::Made] {
            let shop = Shop::new(profile).await?;
            shop.world.confighub().guess(|it| it.duplicate_slug = duplicate);
            let first = shop.client.open_changeset(&shop.space, &new("drift-dev-1")).await?;
            let Opened::Created(first) = first else { panic!("{profile:?} {duplicate:?}: {first:?}") };
            assert_eq!(first.description, "3 units drifted https://github.example.com/run/1");
            assert_eq!(first.labels, new("").labels);
            assert!(first.created_at.is_some() && first.space == shop.space.id);
            shop.a_minute_passes();
            let second = shop.client.open_changeset(&shop.space, &new("drift-dev-1")).await?;
            assert_eq!(second, Opened::Exists(first.clone()), "{profile:?} {duplicate:?}");
            assert_eq!(shop.client.changeset(&shop.space, "drift-dev-1").await?, Some(first.clone()));
            assert_eq!(shop.client.changeset_by_id(first.id).await?, Some(first));
            assert_eq!(shop.client.changeset(&shop.space, "drift-dev-2").await?, None);
        }
    }
    Ok(())
}

#[tokio::test]
async fn changesets_of_an_environment_are_found_by_label_oldest_first() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        for (slug, environment, source) in [
            ("b", "dev", "drift-detector"),
            ("a", "dev", "drift-detector"),
            ("c", "prod", "drift-detector"),
            ("d", "dev", "cub"),
        ] {
            let mut new = new(slug);
            new.labels.insert("drift-detector/environment".into(), environment.into());
            new.labels.insert("source".into(), source.into());
            shop.client.open_changeset(&shop.space, &new).await?;
            shop.a_minute_passes();
        }
        let slugs = |found: Vec<drift_detector::model::changeset::ChangeSet>| -> Vec<String> {
            found.into_iter().map(|it| it.slug).collect()
        };
        assert_eq!(slugs(shop.client.changesets(&shop.space, "dev").await?), ["b", "a"], "{profile:?}");
        assert_eq!(slugs(shop.client.changesets(&shop.space, "prod").await?), ["c"], "{profile:?}");
    }
    Ok(())
}

#[tokio::test]
async fn annotations_of_two_runs_do_not_meet() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let made = shop.open("drift-dev-1").await?;
        let none = some(&[]);
        shop.client.annotate_changeset(&made, &none, &some(&[("drift-detector/unit.1", Some("f1 3"))]), None).await?;
        let closed = some(&[("drift-detector/closed", Some("fixed"))]);
        let other = some(&[("drift-detector/unit.2", Some("f2 4"))]);
        let now = shop.client.annotate_changeset(&made, &closed, &other, Some("nothing → left")).await?;
        let annotations: Vec<(&str, &str)> = now.annotations.iter().map(|(key, it)| (&**key, &**it)).collect();
        assert_eq!(annotations, [("drift-detector/unit.1", "f1 3"), ("drift-detector/unit.2", "f2 4")], "{profile:?}");
        assert_eq!(now.labels.get("drift-detector/closed").map(String::as_str), Some("fixed"));
        assert_eq!((now.labels.len(), now.description.as_str()), (3, "nothing -> left"));
        let opened = some(&[("drift-detector/closed", None)]);
        let now = shop.client.annotate_changeset(&now, &opened, &none, None).await?;
        assert_eq!((now.labels.len(), now.annotations.len()), (2, 2));
        assert_eq!(shop.client.changeset_by_id(made.id).await?, Some(now));
    }
    Ok(())
}

#[tokio::test]
async fn who_may_only_read_is_told_which_permission_is_missing() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let made = shop.open("drift-dev-1").await?;
        let reader = shop.client_with(shop.world.confighub().reader()).await?;
        let refused = reader.open_changeset(&shop.space, &new("drift-dev-2")).await.expect_err("it may only read");
        assert_eq!((&refused.kind, refused.permission()), (&Kind::Forbidden, "Edit"), "{refused}");
        let annotated = reader.annotate_changeset(&made, &some(&[]), &some(&[("a", Some("b"))]), None).await;
        assert_eq!(kind(annotated), Kind::Forbidden);
        for (_, answer) in reader.lock(&shop.ids(&["cart", "web"]), made.id, "open").await {
            assert_eq!(kind(answer), Kind::Forbidden);
        }
        let head = shop.locked("cart", &made).await?;
        assert_eq!(kind(reader.write_data(&head, made.id, "a: b\n", "edit").await), Kind::Forbidden);
        assert_eq!(shop.head("cart").await?.head, head.head, "{profile:?}");
    }
    Ok(())
}

#[tokio::test]
async fn workers_and_people_are_told_apart() -> Result<()> {
    for profile in PROFILES {
        let shop = Shop::new(profile).await?;
        let us = shop.client.me().await?;
        assert_eq!(us.kind, IdentityKind::Worker);
        assert_eq!(us.id, shop.world.confighub().user_id("demo-bot"));
        let alice = shop.client_with(shop.world.confighub().person("alice")).await?;
        let me = alice.me().await?;
        assert_eq!((me.kind, me.name.as_str()), (IdentityKind::Person, "alice"));
        assert!(alice.ui(&me).revisions(shop.space.id, shop.id("cart")).ends_with("?tab=2&org=org_demo"));
        let people = shop.client.people(&us).await?;
        assert_eq!(people.get(&us.id).map(|it| it.kind), Some(IdentityKind::Worker), "{profile:?}");
        let bob = people.get(&shop.world.confighub().user_id("bob")).expect("bob is a member");
        assert_eq!((bob.login.as_str(), bob.kind), ("bob@example.test", IdentityKind::Person));
        // Who is not logged in as a worker learns from the workers who is one.
        let seen = alice.people(&me).await?;
        assert_eq!(seen.get(&us.id).map(|it| it.kind), Some(IdentityKind::Worker), "{profile:?}");
    }
    Ok(())
}
