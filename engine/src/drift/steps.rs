//! How many entries of lists were looked at. Tests hold the number linear in what was given: a hostile list is no way to
//! keep a run busy. Outside tests nothing is counted.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// One entry, or one name of one, is looked at.
#[inline]
pub(super) fn take() {
    #[cfg(test)]
    TAKEN.set(TAKEN.get() + 1);
}

/// How many entries `act` looks at on this thread.
#[cfg(test)]
pub(super) fn of(act: impl FnOnce()) -> usize {
    let before = TAKEN.get();
    act();
    TAKEN.get() - before
}

#[cfg(test)]
mod tests;
