//! What goes over the wire, as `proto/*.proto` has it.

use std::collections::BTreeMap;

use bytes::Bytes;
use gyr_alert::FormKind;
use gyr_outputs::Line;
use prost::Message;

/// `falco.outputs.request`; the flag is from before 2020 and means: stay, I want those to come, too.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Request {
    #[prost(bool, tag = "1")]
    pub(crate) keepalive: bool,
}

/// `falco.outputs.response`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(crate) time: Option<Timestamp>,
    #[prost(int32, tag = "2")]
    pub(crate) priority: i32,
    #[prost(int32, tag = "3")]
    pub(crate) source_deprecated: i32,
    #[prost(string, tag = "4")]
    pub(crate) rule: String,
    #[prost(string, tag = "5")]
    pub(crate) output: String,
    #[prost(btree_map = "string, string", tag = "6")]
    pub(crate) output_fields: BTreeMap<String, String>,
    #[prost(string, tag = "7")]
    pub(crate) hostname: String,
    #[prost(string, repeated, tag = "8")]
    pub(crate) tags: Vec<String>,
    #[prost(string, tag = "9")]
    pub(crate) source: String,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// Who answers: `falco.version.response`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Version {
    /// Of the program, as it prints it.
    #[prost(string, tag = "1")]
    pub version: String,
    #[prost(uint32, tag = "2")]
    pub major: u32,
    #[prost(uint32, tag = "3")]
    pub minor: u32,
    #[prost(uint32, tag = "4")]
    pub patch: u32,
    #[prost(string, tag = "5")]
    pub prerelease: String,
    #[prost(string, tag = "6")]
    pub build: String,
    #[prost(uint32, tag = "7")]
    pub engine_minor: u32,
    /// Changes whenever the fields or events that rules can use change.
    #[prost(string, tag = "8")]
    pub engine_fields_checksum: String,
    #[prost(uint32, tag = "9")]
    pub engine_major: u32,
    #[prost(uint32, tag = "10")]
    pub engine_patch: u32,
    #[prost(string, tag = "11")]
    pub engine_version: String,
}

/// An alert as a response, encoded.
pub(crate) fn encode(line: Line<'_>) -> Bytes {
    response(line).encode_to_vec().into()
}

fn response(Line { alert, text }: Line<'_>) -> Response {
    let form = &alert.form;
    let fields = form.keys().iter().map(|key| {
        let mut value = Vec::new();
        match form.kind {
            FormKind::Rule => alert.write_key_text(key, &mut value),
            FormKind::Internal => alert.write_key_plain_json(key, &mut value),
        }
        (key.name().to_owned(), String::from_utf8_lossy(&value).into_owned())
    });
    Response {
        time: Some(timestamp(alert.time)),
        priority: form.priority.number().into(),
        source_deprecated: match &*form.source {
            "syscall" => 0,
            "k8s_audit" => 1,
            "internal" => 2,
            _ => 3,
        },
        rule: form.name.clone(),
        output: String::from_utf8_lossy(text).into_owned(),
        output_fields: fields.collect(),
        hostname: alert.hostname.to_string(),
        tags: form.tags().to_vec(),
        source: form.source.clone(),
    }
}

fn timestamp(ns: u64) -> Timestamp {
    const SECOND: u64 = 1_000_000_000;
    Timestamp {
        seconds: i64::try_from(ns / SECOND).unwrap_or(i64::MAX),
        nanos: i32::try_from(ns % SECOND).unwrap_or(0),
    }
}
