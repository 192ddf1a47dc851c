//! The Python module `dicomfast._dicomfast`.
