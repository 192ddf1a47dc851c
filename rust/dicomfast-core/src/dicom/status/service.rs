//! The status codes of the service classes (PS3.4), a table each. Knows which service a command and a SOP class belong to.

/// First code, last code, meaning.
type Table = &'static [(u16, u16, &'static str)];

/// A group of SOP classes that give the codes one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Storage,
    Find,
    RelevantPatient,
    Move,
    Get,
    ProcedureStepUpdate,
    Print,
    MediaCreation,
    UnifiedProcedureStep,
    EventLogging,
    MachineVerification,
    StorageManagement,
}

impl Service {
    /// The composite commands tell the service by themselves; the normalized ones need the SOP class.
    pub(super) fn of(command_field: u16, sop_class: &str) -> Option<Self> {
        let dicom = sop_class.strip_prefix("1.2.840.10008.").unwrap_or_default();
        Some(match command_field & 0x7FFF {
            0x0001 => Self::Storage,
            0x0020 if dicom.starts_with("5.1.4.37.") => Self::RelevantPatient,
            0x0020 => Self::Find,
            0x0021 => Self::Move,
            0x0010 => Self::Get,
            0x0120 if dicom == "3.1.2.3.3" => Self::ProcedureStepUpdate,
            0x0100..=0x0150 => return Self::normalized(dicom),
            _ => return None,
        })
    }

    fn normalized(dicom: &str) -> Option<Self> {
        Some(match dicom {
            "5.1.1.33" => Self::MediaCreation,
            "1.40" | "1.42" => Self::EventLogging,
            "5.1.4.34.8" | "5.1.4.34.9" | "5.1.4.34.2" | "5.1.4.34.3" => Self::MachineVerification,
            "5.1.4.1.1.201.5" => Self::StorageManagement,
            _ if dicom.starts_with("5.1.4.34.6.") || dicom.starts_with("5.1.4.34.4.") => Self::UnifiedProcedureStep,
            _ if dicom.starts_with("5.1.1.") => Self::Print,
            _ => return None,
        })
    }

    pub(super) fn text(self, code: u16) -> Option<&'static str> {
        self.table().iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map(|&(_, _, text)| text)
    }

    fn table(self) -> Table {
        match self {
            Self::Storage => STORAGE,
            Self::Find => FIND,
            Self::RelevantPatient => RELEVANT_PATIENT,
            Self::Move => MOVE,
            Self::Get => GET,
            Self::ProcedureStepUpdate => PROCEDURE_STEP_UPDATE,
            Self::Print => PRINT,
            Self::MediaCreation => MEDIA_CREATION,
            Self::UnifiedProcedureStep => UNIFIED_PROCEDURE_STEP,
            Self::EventLogging => EVENT_LOGGING,
            Self::MachineVerification => MACHINE_VERIFICATION,
            Self::StorageManagement => STORAGE_MANAGEMENT,
        }
    }
}

/// Table B.2-1; GG.4-1 for objects that belong to no patient says the same.
const STORAGE: Table = &[
    (0xA700, 0xA7FF, "Refused: Out of resources"),
    (0xA900, 0xA9FF, "Error: Data set does not match SOP class"),
    (0xB000, 0xB000, "Coercion of data elements"),
    (0xB006, 0xB006, "Elements discarded"),
    (0xB007, 0xB007, "Data set does not match SOP class"),
    (0xC000, 0xCFFF, "Error: Cannot understand"),
];

/// Table C.4-1; K.4-1 (worklist), U.4-1, V.4-1, CC.2.8-3 and others say the same, C.6.4 (repository query) adds two codes.
const FIND: Table = &[
    (0xA710, 0xA710, "Invalid prior record key"),
    (0xA700, 0xA7FF, "Refused: Out of resources"),
    (0xA900, 0xA9FF, "Identifier does not match SOP class"),
    (0xB001, 0xB001, "Matching reached response limit, subsequent request may return additional matches"),
    (0xC000, 0xCFFF, "Unable to process"),
    (0xFE00, 0xFE00, "Matching terminated due to cancel request"),
    (0xFF00, 0xFF00, "Matches are continuing, current match is supplied"),
    (0xFF01, 0xFF01, "Matches are continuing, one or more optional keys were not supported"),
];

/// Table Q.4-1.
const RELEVANT_PATIENT: Table = &[
    (0xA700, 0xA700, "Refused: Out of resources"),
    (0xA900, 0xA900, "Identifier does not match SOP class"),
    (0xC100, 0xC100, "More than one match found"),
    (0xC200, 0xC200, "Unable to support requested template"),
    (0xC000, 0xCFFF, "Unable to process"),
    (0xFE00, 0xFE00, "Matching terminated due to cancel request"),
    (0xFF00, 0xFF00, "Current match is supplied"),
];

/// Table C.4-2, and Y.4-1 for frames of an instance.
const MOVE: Table = &[
    (0xA701, 0xA701, "Refused: Out of resources, unable to calculate number of matches"),
    (0xA702, 0xA702, "Refused: Out of resources, unable to perform sub-operations"),
    (0xA700, 0xA7FF, "Refused: Out of resources"),
    (0xA801, 0xA801, "Refused: Move destination unknown"),
    (0xA900, 0xA9FF, "Identifier does not match SOP class"),
    (0xAA00, 0xAA00, "None of the frames requested were found in the SOP instance"),
    (0xAA01, 0xAA01, "Unable to create new object for this SOP class"),
    (0xAA02, 0xAA02, "Unable to extract frames"),
    (0xAA03, 0xAA03, "Time-based request received for a non-time-based original SOP instance"),
    (0xAA04, 0xAA04, "Invalid request"),
    (0xB000, 0xB000, "Sub-operations complete, one or more failures"),
    (0xC000, 0xCFFF, "Unable to process"),
    (0xFE00, 0xFE00, "Sub-operations terminated due to cancel request"),
    (0xFF00, 0xFF00, "Sub-operations are continuing"),
];

/// Table C.4-3, and Y.4-2 for frames of an instance.
const GET: Table = &[
    (0xA701, 0xA701, "Refused: Out of resources, unable to calculate number of matches"),
    (0xA702, 0xA702, "Refused: Out of resources, unable to perform sub-operations"),
    (0xA700, 0xA7FF, "Refused: Out of resources"),
    (0xA900, 0xA9FF, "Identifier does not match SOP class"),
    (0xAA00, 0xAA00, "None of the frames requested were found in the SOP instance"),
    (0xAA01, 0xAA01, "Unable to create new object for this SOP class"),
    (0xAA02, 0xAA02, "Unable to extract frames"),
    (0xAA03, 0xAA03, "Time-based request received for a non-time-based original SOP instance"),
    (0xAA04, 0xAA04, "Invalid request"),
    (0xB000, 0xB000, "Sub-operations complete, one or more failures or warnings"),
    (0xC000, 0xCFFF, "Unable to process"),
    (0xFE00, 0xFE00, "Sub-operations terminated due to cancel request"),
    (0xFF00, 0xFF00, "Sub-operations are continuing"),
];

/// Table F.7.2-2; Error ID 0xA710 says the same.
const PROCEDURE_STEP_UPDATE: Table = &[(0x0110, 0x0110, "Processing failure: Performed procedure step object may no longer be updated")];

/// Tables of annex H.4: film session, film box, image boxes, print job.
const PRINT: Table = &[
    (0xB600, 0xB600, "Memory allocation not supported"),
    (0xB601, 0xB601, "Film session printing (collation) is not supported"),
    (0xB602, 0xB602, "Film session hierarchy does not contain image boxes (empty page)"),
    (0xB603, 0xB603, "Film box hierarchy does not contain image boxes (empty page)"),
    (0xB604, 0xB604, "Image size is larger than image box size, the image has been demagnified"),
    (0xB605, 0xB605, "Requested minimum or maximum density outside of the printer's operating range, its own limit is used instead"),
    (0xB609, 0xB609, "Image size is larger than image box size, the image has been cropped to fit"),
    (0xB60A, 0xB60A, "Image size or combined print image size is larger than image box size, the image has been decimated to fit"),
    (0xC600, 0xC600, "Film session hierarchy does not contain film boxes"),
    (0xC601, 0xC602, "Unable to create print job, print queue is full"),
    (0xC603, 0xC603, "Image size is larger than image box size"),
    (0xC605, 0xC605, "Insufficient memory in printer to store the image"),
    (0xC613, 0xC613, "Combined print image size is larger than image box size"),
    (0xC616, 0xC616, "An existing film box has not been printed and N-ACTION at the film session level is not supported"),
];

/// Tables of annex S.3.
const MEDIA_CREATION: Table = &[
    (0xA510, 0xA510, "Refused: An initiate media creation action has already been received for this SOP instance"),
    (0xC201, 0xC201, "Media creation request already completed"),
    (0xC202, 0xC202, "Media creation request already in progress and cannot be interrupted"),
    (0xC203, 0xC203, "Cancellation denied for unspecified reason"),
];

/// Tables of annex CC.2.
const UNIFIED_PROCEDURE_STEP: Table = &[
    (0xB300, 0xB300, "The UPS was created with modifications"),
    (0xB301, 0xB301, "Deletion lock not granted"),
    (0xB304, 0xB304, "The UPS is already in the requested state of CANCELED"),
    (0xB305, 0xB305, "Coerced invalid values to valid values"),
    (0xB306, 0xB306, "The UPS is already in the requested state of COMPLETED"),
    (0xC300, 0xC300, "The UPS may no longer be updated"),
    (0xC301, 0xC301, "The correct Transaction UID was not provided"),
    (0xC302, 0xC302, "The UPS is already IN PROGRESS"),
    (0xC303, 0xC303, "The UPS may only become SCHEDULED via N-CREATE, not N-SET or N-ACTION"),
    (0xC304, 0xC304, "The UPS has not met final state requirements for the requested state change"),
    (0xC307, 0xC307, "Specified SOP Instance UID does not exist or is not a UPS instance managed by this SCP"),
    (0xC308, 0xC308, "Receiving AE title is unknown to this SCP"),
    (0xC309, 0xC309, "The provided value of UPS state was not SCHEDULED"),
    (0xC310, 0xC310, "The UPS is not yet in the IN PROGRESS state"),
    (0xC311, 0xC311, "The UPS is already COMPLETED"),
    (0xC312, 0xC312, "The performer cannot be contacted"),
    (0xC313, 0xC313, "Performer chooses not to cancel"),
    (0xC314, 0xC314, "Specified action not appropriate for specified instance"),
    (0xC315, 0xC315, "SCP does not support event reports"),
];

/// Tables of annex P.
const EVENT_LOGGING: Table = &[
    (0xB101, 0xB101, "Specified synchronization frame of reference UID does not match that of the SCP"),
    (0xB102, 0xB102, "Study instance UID coercion, event logged under a different study instance UID"),
    (0xB104, 0xB104, "IDs inconsistent in matching a current study, event logged"),
    (0xC101, 0xC101, "Procedural logging not available for specified study instance UID"),
    (0xC102, 0xC102, "Event information does not match template"),
    (0xC103, 0xC103, "Cannot match event to a current study"),
    (0xC104, 0xC104, "IDs inconsistent in matching a current study, event not logged"),
    (0xC10E, 0xC10E, "Operator not authorized to add entry to medication administration record"),
    (0xC110, 0xC110, "Patient cannot be identified from Patient ID or Admission ID"),
    (0xC111, 0xC111, "Update of medication administration record failed"),
];

/// Tables of annex DD.3.
const MACHINE_VERIFICATION: Table = &[
    (0xC112, 0xC112, "Applicable machine verification instance not found"),
    (0xC221, 0xC221, "The referenced fraction group number does not exist in the referenced plan"),
    (0xC222, 0xC222, "No beams exist within the referenced fraction group"),
    (0xC223, 0xC223, "SCU already verifying and cannot currently process this request"),
    (0xC224, 0xC224, "Referenced beam number not found within the referenced fraction group"),
    (0xC225, 0xC225, "Referenced device or accessory not supported"),
    (0xC226, 0xC226, "Referenced device or accessory not found within the referenced beam"),
    (0xC227, 0xC227, "Referenced RT plan not found"),
];

/// Annex KK (inventory creation).
const STORAGE_MANAGEMENT: Table = &[(0xB010, 0xB010, "Attribute list error: one or more key attributes are not supported for matching")];
