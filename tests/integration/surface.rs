use anyhow::Result;
use drift_detector::demo::story::{Space, Story, Unit};
use drift_detector::demo::world::{Profile, World};

#[tokio::test]
async fn smoke() -> Result<()> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let story = Story::new().space(
        Space::new("shop-dev")
            .namespace("shop")
            .unit(Unit::new("checkout", "kind: ConfigMap\n").label("tier", "critical").then("kind: X\n").shipped(1))
            .unit(("search", "kind: Y\n")),
    );
    for profile in [Profile::Release, Profile::Bridge] {
        let world = World::start(&story, profile)?;
        let client = reqwest::Client::new();
        for path in [
            "info",
            "me",
            "space",
            "space?where=Slug%20%3D%20'shop-dev'",
            "unit?limit=2",
            "unit?include=TargetID,SpaceID&select=Slug,Target.Slug",
            "unit_data",
            "release",
            "target",
            "revision",
            "foo",
            "change_set",
            "unit?where=(Slug='x')",
        ] {
            let r = client
                .get(format!("{}/{path}", world.confighub_url()?))
                .bearer_auth(world.confighub_token())
                .send()
                .await?;
            println!("{path} {} {:?}", r.status(), r.headers());
            println!("{}", r.text().await?);
        }
    }
    Ok(())
}
