//! Bytes -> events: the DICOM upper layer (PS3.8) and DIMSE (PS3.7). Knows nothing of TCP, files or Arrow.
