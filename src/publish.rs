//! Takes the rendered report to where it is read: terminal, step summary, files, step outputs.
