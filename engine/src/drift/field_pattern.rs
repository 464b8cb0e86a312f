//! How the tables of this module name fields: the keys on the way to them, without list positions.
//!
//! `/spec/replicas` is that field alone, `containers/image` any that ends so, `hostPath/**` such a field and all below it.
//! `*` stands for any text at the start or the end of one key, or for a whole one.

use super::path::{FieldPath, Segment};

/// The keys of a path.
pub(super) fn keys(path: &FieldPath) -> Vec<&str> {
    path.segments()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Item { .. } => None,
        })
        .collect()
}

/// Whether the pattern names the field at these keys.
pub(super) fn names(pattern: &str, keys: &[&str]) -> bool {
    let (pattern, below) = pattern.strip_suffix("/**").map_or((pattern, false), |head| (head, true));
    let (pattern, anchored) = pattern.strip_prefix('/').map_or((pattern, false), |tail| (tail, true));
    let count = pattern.split('/').count();
    let fits = |start: usize| {
        let Some(window) = keys.get(start..start + count) else { return false };
        (below || start + count == keys.len()) && pattern.split('/').zip(window).all(|(part, key)| is(part, key))
    };
    if anchored { fits(0) } else { (0..keys.len()).any(fits) }
}

fn is(part: &str, key: &str) -> bool {
    match (part.strip_prefix('*'), part.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), _) => key.ends_with(end),
        (None, Some(start)) => key.starts_with(start),
        (None, None) => part == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_fields_by_their_keys() {
        let image = ["spec", "template", "spec", "containers", "image"];
        for (pattern, keys, named) in [
            ("containers/image", &image[..], true),
            ("image", &image, true),
            ("/image", &image, false),
            ("*ontainers/image", &image, true),
            ("/spec/template/spec/containers/image", &image, true),
            ("/spec/template/**", &image, true),
            ("template/**", &image, true),
            ("containers", &image, false),
            ("containers/image/**", &image, true),
            ("image/x/**", &image, false),
            ("/spec/*/spec/**", &image, true),
            ("/metadata/labels/pod-security*", &["metadata", "labels", "pod-security.kubernetes.io/enforce"], true),
            ("/spec", &[], false),
        ] {
            assert_eq!(names(pattern, keys), named, "{pattern} {keys:?}");
        }
    }
}
