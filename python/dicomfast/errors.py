"""What can stop a run. What is wrong inside a capture is a row of the table `anomalies`, never an exception."""


class DicomfastError(Exception):
    """The base of every error that dicomfast raises on purpose."""


class OpenError(DicomfastError, OSError):
    """An input cannot be opened or read."""


class WriteError(DicomfastError, OSError):
    """A file cannot be written."""


class FormatError(DicomfastError):
    """An input is not a capture, or one of a kind that is not supported."""


class ArgumentError(DicomfastError, ValueError):
    """An argument that makes no sense: an unknown table, limit or column, a second pass over a stream."""


class LiveError(DicomfastError):
    """An interface cannot be captured on, or libpcap is missing."""
