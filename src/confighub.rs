//! ConfigHub over HTTP, read side: Spaces, units and their shipped data, of both generations.
