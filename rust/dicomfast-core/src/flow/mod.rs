//! Segment -> bytes: TCP connections put in order. Knows nothing of DICOM, files or Arrow.
