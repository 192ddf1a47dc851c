"""Invented DICOM objects of a wanted size. Their pixels compress well, so captures do too."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

ROOT = "1.2.826.0.1.3680043.8.498.77"


def write(path: Path, number: int, size: int) -> None:
    """A CT image of about `size` bytes."""
    data = Dataset()
    data.SOPClassUID = CTImageStorage
    data.SOPInstanceUID = f"{ROOT}.3.{number}"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"{ROOT}.1", f"{ROOT}.2"
    data.PatientName, data.PatientID = "Invented^Person", "BLAME"
    data.StudyDate, data.Modality, data.InstanceNumber = "20240611", "CT", str(number)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.Columns, data.Rows = 100, max(1, size // 100)
    data.PixelData = bytes(range(100)) * data.Rows
    data["PixelData"].VR = "OB"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.save_as(path, enforce_file_format=True)


def study(folder: Path, count: int, size: int) -> list[Path]:
    paths = [folder / f"{number:03}.dcm" for number in range(1, count + 1)]
    for number, path in enumerate(paths, 1):
        write(path, number, size)
    return paths
