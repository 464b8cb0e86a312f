//! The pipeline and its edges against the stand-ins, and the stand-ins against the services' own descriptions.

mod surface;
