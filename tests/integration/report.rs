//! The published contract: `report.json` and its schema.

use std::path::Path;
use std::{env, fs};

use drift_detector::report::Report;

/// After a change of the report run `UPDATE_SCHEMA=1 cargo test --test integration schema` and read the difference: what
/// readers rely on must not go away within a schema version.
#[test]
fn the_schema_in_the_repository_is_the_one_of_the_code() -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/report.schema.json");
    let schema = serde_json::to_string_pretty(&Report::schema())? + "\n";
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &schema)?;
    }
    let stored = fs::read_to_string(&path)?;
    assert!(stored == schema, "{} is out of date: run with UPDATE_SCHEMA=1", path.display());
    Ok(())
}
