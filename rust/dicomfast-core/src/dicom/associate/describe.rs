//! A decoded A-ASSOCIATE PDU in plain words, for people. Knows the names, not the bytes.

use super::{Associate, Context, Extended, Kind, Role, UserIdentity};
use crate::dicom::names::{context_result_text, implementation_vendor, uid_and_name, user_identity_type_text};

/// Every item of the PDU, a line each; what belongs to a presentation context is indented below it.
pub fn negotiation_lines(associate: &Associate, kind: Kind) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(version) = associate.protocol_version {
        lines.push(format!("Protocol version: {version}"));
    }
    for (name, title) in [("Called AE title", &associate.called_ae), ("Calling AE title", &associate.calling_ae)] {
        if let Some(title) = title {
            lines.push(format!("{name}: \"{title}\""));
        }
    }
    if let Some(uid) = &associate.application_context {
        lines.push(format!("Application context: {}", uid_and_name(uid)));
    }
    for context in &associate.contexts {
        context_lines(&mut lines, context, kind);
    }
    user_lines(&mut lines, associate);
    for item in &associate.unknown_items {
        lines.push(format!("Unknown item {:#04x}: {} bytes", item.item_type, item.length));
    }
    lines
}

fn context_lines(lines: &mut Vec<String>, context: &Context, kind: Kind) {
    let id = context.id;
    let abstract_syntaxes: Vec<_> = context.abstract_syntaxes.iter().map(|uid| uid_and_name(uid)).collect();
    match (kind, context.result) {
        (Kind::Accept, Some(0)) => {
            let syntaxes: Vec<_> = context.transfer_syntaxes.iter().map(|uid| uid_and_name(uid)).collect();
            lines.push(format!("Presentation context {id}: acceptance, {}", syntaxes.join(", ")));
        }
        (Kind::Accept, Some(result)) => {
            lines.push(format!("Presentation context {id}: {} (result {result})", context_result_text(result)));
        }
        _ => {
            lines.push(format!("Presentation context {id}: {}", abstract_syntaxes.join(", ")));
            lines.extend(context.transfer_syntaxes.iter().map(|uid| format!("  Transfer syntax: {}", uid_and_name(uid))));
        }
    }
}

fn user_lines(lines: &mut Vec<String>, associate: &Associate) {
    match associate.max_pdu {
        Some(0) => lines.push("Maximum PDU length: 0 (no limit)".to_owned()),
        Some(length) => lines.push(format!("Maximum PDU length: {length}")),
        None => {}
    }
    if let Some(uid) = &associate.implementation_class_uid {
        let vendor = implementation_vendor(uid).map(|vendor| format!(" ({vendor})")).unwrap_or_default();
        lines.push(format!("Implementation class UID: {uid}{vendor}"));
    }
    if let Some(version) = &associate.implementation_version {
        lines.push(format!("Implementation version name: {version}"));
    }
    if let Some(window) = associate.async_window {
        let [invoked, performed] = [window.invoked, window.performed].map(operations);
        lines.push(format!("Asynchronous operations window: invoked {invoked}, performed {performed}"));
    }
    lines.extend(associate.roles.iter().map(role_line));
    for extended in &associate.extended {
        let name = uid_and_name(&extended.sop_class);
        lines.push(format!("SOP class extended negotiation: {name}: {}", information(extended)));
    }
    for common in &associate.common_extended {
        let related: Vec<_> = common.related_general_sop_classes.iter().map(|uid| uid_and_name(uid)).collect();
        let related = if related.is_empty() { "none".to_owned() } else { related.join(", ") };
        let [sop_class, service] = [&common.sop_class, &common.service_class].map(|uid| uid_and_name(uid));
        lines.push(format!(
            "SOP class common extended negotiation: {sop_class}: service class {service}, related general SOP classes {related}"
        ));
    }
    if let Some(identity) = associate.user_identity {
        lines.push(identity_line(identity));
    }
    if let Some(length) = associate.user_identity_response {
        lines.push(format!("User identity response: {length} bytes, not shown"));
    }
}

fn operations(count: u16) -> String {
    if count == 0 { "unlimited".to_owned() } else { count.to_string() }
}

fn role_line(role: &Role) -> String {
    let [scu, scp] = [role.scu, role.scp].map(|supported| if supported { "yes" } else { "no" });
    format!("SCP/SCU role selection: {}: SCU {scu}, SCP {scp}", uid_and_name(&role.sop_class))
}

fn identity_line(identity: UserIdentity) -> String {
    let UserIdentity { identity_type, primary_length, secondary_length, .. } = identity;
    let bytes = if secondary_length > 0 || identity_type == 2 {
        format!("{primary_length} + {secondary_length} bytes")
    } else {
        format!("{primary_length} bytes")
    };
    let response = if identity.positive_response_requested { ", positive response requested" } else { "" };
    format!("User identity: {} ({bytes}, not shown){response}", user_identity_type_text(identity_type))
}

/// Service class application information: PS3.4 sections C.5.1.1, C.5.2.1, C.5.3.1 (query/retrieve), K.4.1.1 (worklist), B.3.1 (storage).
fn information(extended: &Extended) -> String {
    const FIND: [&str; 5] = [
        "relational queries",
        "combined date-time matching",
        "fuzzy semantic matching of person names",
        "timezone query adjustment",
        "enhanced multi-frame image conversion",
    ];
    const RETRIEVE: [&str; 2] = ["relational retrieval", "enhanced multi-frame image conversion"];
    let uid = &*extended.sop_class;
    let named = if let Some(model) = uid.strip_prefix("1.2.840.10008.5.1.4.1.2.") {
        match model.rsplit('.').next() {
            Some("1") => flags(&FIND, &extended.information),
            Some("2" | "3") => flags(&RETRIEVE, &extended.information),
            _ => None,
        }
    } else if uid == "1.2.840.10008.5.1.4.31" {
        flags(&FIND, &extended.information)
    } else if uid.starts_with("1.2.840.10008.5.1.4.1.1.") {
        storage(&extended.information)
    } else {
        None
    };
    named.unwrap_or_else(|| format!("{} bytes of application information", extended.length))
}

fn flags(names: &[&str], information: &[u8]) -> Option<String> {
    if information.is_empty() || information.len() > names.len() {
        return None;
    }
    let words = names.iter().zip(information).map(|(name, &value)| match value {
        0 => format!("{name} no"),
        1 => format!("{name} yes"),
        _ => format!("{name} {value}"),
    });
    Some(words.collect::<Vec<_>>().join(", "))
}

fn storage(information: &[u8]) -> Option<String> {
    let [level, _, signature, _, coercion, _] = *information else { return None };
    let level = if level == 3 { "not applicable".to_owned() } else { level.to_string() };
    let coercion = match coercion {
        0 => "may coerce".to_owned(),
        1 => "does not coerce".to_owned(),
        2 => "not applicable".to_owned(),
        _ => coercion.to_string(),
    };
    Some(format!("level of support {level}, level of digital signature support {signature}, element coercion: {coercion}"))
}
