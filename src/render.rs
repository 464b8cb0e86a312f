//! PURE: a `Report` → Markdown, by compiled-in templates that escape by default.
