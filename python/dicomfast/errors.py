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


class FilterError(ArgumentError):
    """A display filter that is wrong: `text` is the filter, `start` and `end` say where, `reason` says why."""

    def __init__(self, reason: str, text: str, start: int, end: int) -> None:
        self.reason = reason
        self.text = text
        self.start = start
        self.end = max(end, start + 1)
        super().__init__(reason)

    def __str__(self) -> str:
        """The reason, then the place in the filter with carets under it."""
        from dicomfast.text import escape

        before, wrong = escape(self.text[: self.start]), escape(self.text[self.start : self.end])
        line = before + wrong + escape(self.text[self.end :])
        return f"{self.reason}\n    {line}\n    {' ' * len(before)}{'^' * max(len(wrong), 1)}"
