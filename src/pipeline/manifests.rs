//! Units' texts → their documents, beside the threads that wait for answers. Regions and environments often hold the same
//! text: it is read once in a run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use futures::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use crate::drift::scope::UnitDocuments;
use crate::manifest::{self, Document, ManifestError};
use crate::model::unit::Unit;

type Documents = Arc<Result<Vec<Document>, ManifestError>>;

/// SHA-256 of a text.
type Hash = [u8; 32];

/// Texts in one piece of work: fewer would cost more to hand over than to read.
const PIECE: usize = 256 << 10;

/// What was read in this run, by the text's hash.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    texts: Mutex<HashMap<Hash, Known>>,
}

#[derive(Debug)]
struct Known {
    documents: Arc<OnceLock<Documents>>,
    /// Whether the present environment has it.
    used: bool,
}

impl Manifests {
    /// The documents of every unit, in the units' order.
    pub(super) async fn read<'a>(self: &Arc<Self>, units: &'a [Unit]) -> Vec<UnitDocuments<'a>> {
        let mut pieces: Vec<Vec<&Unit>> = Vec::new();
        let mut room = 0;
        for unit in units {
            if room < unit.text.len() || pieces.is_empty() {
                pieces.push(Vec::new());
                room = PIECE;
            }
            room = room.saturating_sub(unit.text.len());
            pieces.last_mut().expect("one was pushed").push(unit);
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let read = stream::iter(pieces).map(|piece| async move {
            // A copy for as long as it is read: the units stay with the caller.
            let texts: Vec<String> = piece.iter().map(|unit| unit.text.clone()).collect();
            let this = Arc::clone(self);
            let documents =
                tokio::task::spawn_blocking(move || texts.iter().map(|text| this.documents(text)).collect());
            let documents: Vec<Documents> = documents.await.expect("a panic ends the process, and nobody cancels it");
            piece.into_iter().zip(documents).map(|(unit, documents)| UnitDocuments { unit, documents })
        });
        read.buffered(threads).flat_map(stream::iter).collect().await
    }

    /// Blocks while another thread reads the same text.
    fn documents(&self, text: &str) -> Documents {
        let hash: Hash = Sha256::digest(text.as_bytes()).into();
        let cell = {
            let mut texts = self.lock();
            let fresh = || Known { documents: Arc::default(), used: true };
            let known = texts.entry(hash).or_insert_with(fresh);
            known.used = true;
            Arc::clone(&known.documents)
        };
        Arc::clone(cell.get_or_init(|| Arc::new(manifest::documents(text))))
    }

    /// An environment is done: what it did not have is forgotten, so that two environments are held at most.
    pub(super) fn next_environment(&self) {
        self.lock().retain(|_, known| std::mem::take(&mut known.used));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Hash, Known>> {
        self.texts.lock().expect("a panic ends the process")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_map(name: &str) -> String {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}")
    }

    #[tokio::test]
    async fn the_same_text_is_read_once_and_forgotten_when_no_environment_has_it() {
        let manifests = Arc::new(Manifests::default());
        let units = [
            Unit::shipped("a", &config_map("x")),
            Unit::shipped("b", "not: {a manifest"),
            Unit::shipped("c", &config_map("x")),
        ];
        let read = manifests.read(&units).await;
        assert_eq!(read.iter().map(|it| it.unit.slug.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(Arc::ptr_eq(&read[0].documents, &read[2].documents));
        assert!(read[0].documents.is_ok() && read[1].documents.is_err());

        manifests.next_environment();
        let again = manifests.read(&units[..1]).await;
        assert!(Arc::ptr_eq(&read[0].documents, &again[0].documents), "from the environment before");
        manifests.next_environment();
        assert_eq!(manifests.lock().len(), 1, "what only the first environment had is forgotten");
    }

    #[tokio::test]
    async fn many_units_keep_their_order() {
        let units: Vec<Unit> = (0..300)
            .map(|number| {
                Unit::shipped(
                    &format!("u{number}"),
                    &format!("{}\n{}", config_map(&format!("n{number}")), "#".repeat(4_000)),
                )
            })
            .collect();
        let read = Arc::new(Manifests::default()).read(&units).await;
        let order: Vec<_> = read.iter().map(|it| it.unit.slug.clone()).collect();
        assert_eq!(order, units.iter().map(|it| it.slug.clone()).collect::<Vec<_>>());
    }
}
