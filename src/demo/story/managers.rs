//! managedFields.
