//! Chance that repeats itself: the same seed and case make the same choices, whatever runs beside them.

/// `SplitMix64`: small, and good enough to choose among fields.
#[derive(Clone, Debug)]
pub(super) struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Each case has its own stream.
    pub(super) fn new(seed: u64, case: u64) -> Self {
        Self { seed, state: seed ^ case.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// What all cases of a run share.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("lengths fit in 64 bits");
        usize::try_from(self.next() % end).expect("the remainder is below a length")
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of these; None: there is none.
    pub(super) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        if among.is_empty() { None } else { among.get(self.below(among.len())) }
    }
}
