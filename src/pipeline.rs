//! The flow of a run, readable as one page. A failing environment becomes a row, not an abort.
