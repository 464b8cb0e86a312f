//! PURE: outcomes → `Report`, the public contract with templates and readers of `report.json`.
