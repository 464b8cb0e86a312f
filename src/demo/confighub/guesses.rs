//! What nobody could find out about the service: one switch each, so that a test can be wrong about one at a time.

/// How a write to a unit that another ChangeSet holds is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockedWrite {
    /// 400.
    #[default]
    BadRequest,
    /// 409.
    Conflict,
    /// 422.
    Unprocessable,
    /// 423.
    Locked,
}

/// What a create answers whose slug is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateSlug {
    /// 409.
    #[default]
    Conflict,
    /// 400.
    BadRequest,
    /// There are two afterwards.
    Made,
}

/// What a bulk write answers of which every part failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllFailed {
    /// 207 with the failures.
    #[default]
    MultiStatus,
    /// 200 with the failures.
    Ok,
    /// 400 and no list.
    BadRequest,
}

/// Whether taking a unit into a ChangeSet writes a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// A revision with the same data, which has the start tag.
    #[default]
    MakesARevision,
    /// None: the start tag is on the revision before the ChangeSet.
    MakesNone,
}

/// What letting go of a unit takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// `ChangeSetID: null` alone.
    #[default]
    Free,
    /// `change_set_id` besides.
    NamesTheChangeSet,
}

/// Whether a ChangeSet that was closed takes units again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reopening {
    /// It does.
    #[default]
    Allowed,
    /// It does not: refused as a locked write is.
    Refused,
}

/// What a stale `If-Match` is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaleMatch {
    /// 409.
    #[default]
    Conflict,
    /// 412.
    PreconditionFailed,
}

/// Whether labels of a locked unit can be patched by those who do not hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockedMetadata {
    /// They can.
    #[default]
    Allowed,
    /// Refused as a locked write is.
    Refused,
}

/// What a body of the wrong content type is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrongContentType {
    /// 415.
    #[default]
    Unsupported,
    /// 400.
    BadRequest,
}

/// What a member that no entity has is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownMember {
    /// 400.
    #[default]
    Refused,
    /// Nothing: it is dropped.
    Ignored,
}

/// Whether a patch's `Version` must be the one that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchVersion {
    /// It says nothing.
    #[default]
    Ignored,
    /// 409 unless it is.
    Enforced,
}

/// Which revision `Before:ChangeSet:…` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeforeChangeSet {
    /// The one before the ChangeSet's first.
    #[default]
    First,
    /// The one before the ChangeSet's last.
    Last,
}

/// What an approval by `revision=` can be of (bridge).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalOf {
    /// Any revision.
    #[default]
    AnyRevision,
    /// Head; others are refused with 400.
    HeadAlone,
}

/// What an attestation that covers no revision is answered (release).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NothingCovered {
    /// 200 without an attestation.
    #[default]
    Ok,
    /// 400.
    BadRequest,
}

/// What the stand-in takes the service to do where that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guesses {
    /// A write to a unit that another ChangeSet holds.
    pub locked_write: LockedWrite,
    /// A create whose slug is taken.
    pub duplicate_slug: DuplicateSlug,
    /// A bulk write of which every part failed.
    pub all_failed: AllFailed,
    /// Taking a unit into a ChangeSet.
    pub opening: Opening,
    /// Letting go of it.
    pub closing: Closing,
    /// A ChangeSet that was closed.
    pub reopening: Reopening,
    /// A stale `If-Match`.
    pub stale_match: StaleMatch,
    /// Labels of a locked unit.
    pub locked_metadata: LockedMetadata,
    /// A body of the wrong content type.
    pub wrong_content_type: WrongContentType,
    /// A member that no entity has.
    pub unknown_member: UnknownMember,
    /// A patch's `Version`.
    pub patch_version: PatchVersion,
    /// `Before:ChangeSet:…`.
    pub before_change_set: BeforeChangeSet,
    /// `revision=` of an approval.
    pub approval_of: ApprovalOf,
    /// An attestation that covers nothing.
    pub nothing_covered: NothingCovered,
    /// How many reads of a changed unit see `awaiting/triggers`.
    pub polls_until_triggers_ran: usize,
    /// The longest description that is taken, in characters; None: any.
    pub longest_description: Option<usize>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            locked_write: LockedWrite::default(),
            duplicate_slug: DuplicateSlug::default(),
            all_failed: AllFailed::default(),
            opening: Opening::default(),
            closing: Closing::default(),
            reopening: Reopening::default(),
            stale_match: StaleMatch::default(),
            locked_metadata: LockedMetadata::default(),
            wrong_content_type: WrongContentType::default(),
            unknown_member: UnknownMember::default(),
            patch_version: PatchVersion::default(),
            before_change_set: BeforeChangeSet::default(),
            approval_of: ApprovalOf::default(),
            nothing_covered: NothingCovered::default(),
            polls_until_triggers_ran: 1,
            longest_description: Some(255),
        }
    }
}
