//! Which API a server speaks, by its version, and what that version can do.

use super::wire;

/// Which API the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// Up to v0.3: data in the unit, revisions are approved and applied.
    Bridge,
    /// From v0.4: data endpoints, revisions are attested and released.
    Release(Version),
}

/// `v0.8.6`, without what follows a hyphen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

impl Version {
    /// Of a development build: everything that we know of is there.
    const NEWEST: Self = Self(u32::MAX, 0, 0);
}

impl Generation {
    /// By version; servers without one, or with a development build, by what else only one of them has.
    pub(super) fn of(info: &wire::ApiInfo, versioned: bool) -> Self {
        let mut numbers = info.version.trim_start_matches('v').split(['.', '-']).map(str::parse::<u32>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(0)), Some(Ok(minor)), _) if minor < 4 => Self::Bridge,
            (Some(Ok(major)), Some(Ok(minor)), patch) => {
                Self::Release(Version(major, minor, patch.and_then(Result::ok).unwrap_or(0)))
            }
            _ if versioned || !info.token_exchange_endpoint.is_empty() => Self::Release(Version::NEWEST),
            _ => Self::Bridge,
        }
    }

    /// Lists, and writes to many, come in pages: `limit`, `order_by`, `continue`.
    pub(super) fn pages(self) -> bool {
        self.has(Version(0, 8, 2))
    }

    /// Entities can be hidden: lists leave them out unless they are asked for.
    pub(super) fn hides(self) -> bool {
        self.has(Version(0, 6, 9))
    }

    /// Revisions take review comments.
    pub(super) fn comments(self) -> bool {
        self.has(Version(0, 8, 4))
    }

    /// Revisions take attestations, and workflows may demand them.
    pub(super) fn attests(self) -> bool {
        self.has(Version(0, 5, 7))
    }

    /// Revisions are approved. Left with v0.6.0.
    pub(super) fn approves(self) -> bool {
        !self.has(Version(0, 6, 0))
    }

    fn has(self, since: Version) -> bool {
        matches!(self, Self::Release(version) if version >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str, versioned: bool) -> Generation {
        Generation::of(&wire::ApiInfo { version: version.to_owned(), ..wire::ApiInfo::default() }, versioned)
    }

    #[test]
    fn the_generation_is_read_from_the_version() {
        for (version, versioned, want) in [
            ("v0.2.21", false, Generation::Bridge),
            ("0.3.0", false, Generation::Bridge),
            ("v0.4.0", true, Generation::Release(Version(0, 4, 0))),
            ("v0.8.6-dev", true, Generation::Release(Version(0, 8, 6))),
            ("v1.0", true, Generation::Release(Version(1, 0, 0))),
            ("", false, Generation::Bridge),
            ("dev", false, Generation::Bridge),
            ("dev", true, Generation::Release(Version::NEWEST)),
        ] {
            assert_eq!(of(version, versioned), want, "{version}");
        }
    }

    #[test]
    fn what_a_version_can_do() {
        let able = |version| {
            let it = of(version, true);
            [it.approves(), it.attests(), it.pages(), it.comments()]
        };
        assert_eq!(able("v0.2.21"), [true, false, false, false]);
        assert_eq!(able("v0.5.6"), [true, false, false, false]);
        assert_eq!(able("v0.5.7"), [true, true, false, false]);
        assert_eq!(able("v0.6.0"), [false, true, false, false]);
        assert_eq!(able("v0.8.2"), [false, true, true, false]);
        assert_eq!(able("v0.8.4"), [false, true, true, true]);
        assert_eq!(able("dev"), [false, true, true, true]);
    }
}
