//! Where spans go and how the program calls itself there: the configuration, and the variables that OpenTelemetry and Langfuse
//! have for it.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>,
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::otlp::Encoding;
use crate::config::{Env, Secret, Trace, TraceTo};

/// For a request, and for what is left at the end. OpenTelemetry's own default is 10 s, which is long to wait for nothing.
const TIMEOUT: Duration = Duration::from_secs(3);
const LANGFUSE: &str = "https://cloud.langfuse.com";

/// Who is sent spans, and how.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) url: Url,
    pub(super) headers: Vec<(String, Secret)>,
    /// For a request, and for what is left at the end.
    pub(super) timeout: Duration,
    pub(super) encoding: Encoding,
    pub(super) gzip: bool,
}

/// The destination; `None` if nothing is to be sent, and why nothing can be although it should.
pub(super) fn find(trace: &Trace, env: &Env) -> Result<Option<Destination>, String> {
    let is_off = env.get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || env.get("OTEL_TRACES_EXPORTER") == Some("none");
    if is_off {
        return Ok(None);
    }
    let (url, headers) = match trace.to {
        TraceTo::Nobody => return Ok(None),
        TraceTo::Otlp => (collector(trace, env)?, headers(env)?),
        TraceTo::Langfuse => langfuse(trace, env)?,
    };
    let gzip = env.first(&["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"]);
    let gzip = gzip.is_some_and(|(_, value)| value == "gzip");
    Ok(Some(Destination { url, headers, timeout: timeout(env)?, encoding: encoding(env)?, gzip }))
}

fn collector(trace: &Trace, env: &Env) -> Result<Url, String> {
    const NAMES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    if let Some(whole) = env.get(NAMES[0]) {
        return address(NAMES[0], whole);
    }
    match (env.get(NAMES[1]), &trace.endpoint) {
        (Some(base), _) => address(NAMES[1], &below(base, "v1/traces")),
        (None, Some(base)) => address("trace.endpoint", &below(base, "v1/traces")),
        (None, None) => Err(format!("{} is not set", NAMES[1])),
    }
}

fn langfuse(trace: &Trace, env: &Env) -> Result<(Url, Vec<(String, Secret)>), String> {
    let (Some(public), Some(secret)) = (env.get("LANGFUSE_PUBLIC_KEY"), env.get("LANGFUSE_SECRET_KEY")) else {
        return Err("LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not both set".to_owned());
    };
    let (name, base) = env.first(&["LANGFUSE_BASE_URL", "LANGFUSE_HOST"]).unwrap_or_else(|| {
        let configured = trace.endpoint.as_deref().unwrap_or(LANGFUSE);
        ("trace.endpoint", configured)
    });
    let url = address(name, &below(base, "api/public/otel/v1/traces"))?;
    let credentials = BASE64_STANDARD.encode(format!("{}:{}", public.trim(), secret.trim()));
    let headers = vec![
        ("authorization".to_owned(), Secret::new(format!("Basic {credentials}"))),
        // Otherwise spans are seen only minutes later.
        ("x-langfuse-ingestion-version".to_owned(), Secret::new("4")),
    ];
    Ok((url, headers))
}

fn below(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim().trim_end_matches('/'))
}

/// What is wrong never quotes the value, which may hold a password.
fn address(name: &str, value: &str) -> Result<Url, String> {
    let url = Url::parse(value.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| format!("{name} is no http address"))
}

/// `name=value,name=value`, values percent-encoded. The traces' own win over those of all signals.
fn headers(env: &Env) -> Result<Vec<(String, Secret)>, String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let Some((name, list)) = env.first(&names) else { return Ok(Vec::new()) };
    let wrong = || format!("{name} is no list of NAME=VALUE");
    let pairs = pairs(list).ok_or_else(wrong)?;
    let is_header = |(name, value): &(String, String)| {
        reqwest::header::HeaderName::try_from(name.as_str()).is_ok()
            && reqwest::header::HeaderValue::try_from(value.as_str()).is_ok()
    };
    if !pairs.iter().all(is_header) {
        return Err(wrong());
    }
    Ok(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// `None` if an item has no value, or its encoding is broken.
fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let (key, value) = item.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?.into_owned();
            (!key.trim().is_empty()).then(|| (key.trim().to_owned(), value))
        })
        .collect()
}

fn encoding(env: &Env) -> Result<Encoding, String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    match env.first(&names) {
        None | Some((_, "http/protobuf")) => Ok(Encoding::Protobuf),
        Some((_, "http/json")) => Ok(Encoding::Json),
        Some((name, _)) => {
            Err(format!("{name} is neither http/protobuf nor http/json; collectors take both at port 4318"))
        }
    }
}

fn timeout(env: &Env) -> Result<Duration, String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
    let Some((name, value)) = env.first(&names) else { return Ok(TIMEOUT) };
    let milliseconds = value.trim().parse().ok().filter(|milliseconds| *milliseconds > 0);
    milliseconds.map(Duration::from_millis).ok_or_else(|| format!("{name} is no number of milliseconds"))
}

/// What tells this program from others that send there.
pub(super) fn resource(env: &Env) -> Vec<(String, String)> {
    let said = env.get("OTEL_RESOURCE_ATTRIBUTES").and_then(pairs).unwrap_or_default();
    let mut resource = vec![
        ("service.name".to_owned(), "llmops".to_owned()),
        ("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("telemetry.sdk.name".to_owned(), "llmops".to_owned()),
        ("telemetry.sdk.language".to_owned(), "rust".to_owned()),
        ("telemetry.sdk.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let name = env.get("OTEL_SERVICE_NAME").map(|name| ("service.name".to_owned(), name.to_owned()));
    for (key, value) in said.into_iter().chain(name) {
        match resource.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => resource.push((key, value)),
        }
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TraceNames;

    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const KEYS: [(&str, &str); 2] = [("LANGFUSE_PUBLIC_KEY", "pk-lf-1"), ("LANGFUSE_SECRET_KEY", "sk-lf-2")];

    fn trace(to: TraceTo, endpoint: Option<&str>) -> Trace {
        Trace { to, endpoint: endpoint.map(str::to_owned), content: false, names: TraceNames::Current }
    }

    /// The address and the headers, or why there is none.
    fn found(to: TraceTo, endpoint: Option<&str>, env: &[(&str, &str)]) -> String {
        match find(&trace(to, endpoint), &Env::of(env)) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Destination { url, headers, .. })) => {
                let headers = headers.iter().map(|(name, value)| format!(" {name}={}", value.reveal()));
                format!("{url}{}", headers.collect::<String>())
            }
            Err(why) => why,
        }
    }

    #[test]
    fn spans_go_where_the_standard_variables_say() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[(ENDPOINT, "http://c:4318")], "http://c:4318/v1/traces"),
            (&[(ENDPOINT, "https://c/otlp/")], "https://c/otlp/v1/traces"),
            (&[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/as/is")], "http://t/as/is"),
            (
                &[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x = 1,")],
                "http://c/v1/traces api-key=a b x=1",
            ),
            (
                &[
                    (ENDPOINT, "http://c"),
                    ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
                    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"),
                ],
                "http://c/v1/traces b=2",
            ),
            (&[], "OTEL_EXPORTER_OTLP_ENDPOINT is not set"),
            (&[(ENDPOINT, "ftp://user:secret@c")], "OTEL_EXPORTER_OTLP_ENDPOINT is no http address"),
            (&[(ENDPOINT, "c:4318")], "OTEL_EXPORTER_OTLP_ENDPOINT is no http address"),
            (
                &[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "secret")],
                "OTEL_EXPORTER_OTLP_HEADERS is no list of NAME=VALUE",
            ),
            (
                &[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=1%0A2")],
                "OTEL_EXPORTER_OTLP_HEADERS is no list of NAME=VALUE",
            ),
            (
                &[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "3 s")],
                "OTEL_EXPORTER_OTLP_TIMEOUT is no number of milliseconds",
            ),
            (
                &[(ENDPOINT, "http://c:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
                "OTEL_EXPORTER_OTLP_PROTOCOL is neither http/protobuf nor http/json; collectors take both at port 4318",
            ),
            (&[(ENDPOINT, "http://c"), ("OTEL_SDK_DISABLED", "TRUE")], "nobody"),
            (&[(ENDPOINT, "http://c"), ("OTEL_TRACES_EXPORTER", "none")], "nobody"),
        ];
        for (env, expected) in cases {
            assert_eq!(found(TraceTo::Otlp, None, env), *expected, "{env:?}");
        }
        assert_eq!(found(TraceTo::Otlp, Some("http://own:4318"), &[]), "http://own:4318/v1/traces");
        assert_eq!(found(TraceTo::Otlp, Some("http://own"), &[(ENDPOINT, "http://c")]), "http://c/v1/traces");
    }

    #[test]
    fn langfuse_is_found_by_its_keys_and_nothing_goes_there_because_of_them() {
        let path = "api/public/otel/v1/traces authorization=Basic cGstbGYtMTpzay1sZi0y x-langfuse-ingestion-version=4";
        assert_eq!(found(TraceTo::Langfuse, None, &KEYS), format!("https://cloud.langfuse.com/{path}"));
        let own = [KEYS[0], KEYS[1], ("LANGFUSE_HOST", "http://localhost:3000/")];
        assert_eq!(found(TraceTo::Langfuse, None, &own), format!("http://localhost:3000/{path}"));
        let own = [own[0], own[1], own[2], ("LANGFUSE_BASE_URL", "https://us.example.org")];
        assert_eq!(found(TraceTo::Langfuse, None, &own), format!("https://us.example.org/{path}"));
        let half = found(TraceTo::Langfuse, None, &KEYS[..1]);
        assert_eq!(half, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not both set");
        assert_eq!(found(TraceTo::Nobody, Some("http://own"), &own), "nobody");
    }

    #[test]
    fn time_and_compression_are_as_the_variables_say() {
        let of = |env: &[(&str, &str)]| {
            let all: Vec<_> = env.iter().copied().chain([(ENDPOINT, "http://c")]).collect();
            let found = find(&trace(TraceTo::Otlp, None), &Env::of(&all)).unwrap().unwrap();
            (found.timeout.as_millis(), found.gzip, found.encoding)
        };
        assert_eq!(of(&[]), (3000, false, Encoding::Protobuf));
        assert_eq!(
            of(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "250"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]),
            (250, true, Encoding::Protobuf)
        );
        assert_eq!(
            of(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "1"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2")]),
            (2, false, Encoding::Protobuf)
        );
        assert_eq!(of(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]).2, Encoding::Json);
    }

    #[test]
    fn a_resource_is_what_the_variables_make_of_it() {
        let of = |env: &[(&str, &str)]| {
            let resource = resource(&Env::of(env)).into_iter();
            resource.filter(|(key, _)| !key.starts_with("telemetry") && key != "service.version").collect::<Vec<_>>()
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(of(&[]), [pair("service.name", "llmops")]);
        let said = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=q%C3%A4");
        assert_eq!(of(&[said]), [pair("service.name", "a"), pair("team", "qä")]);
        assert_eq!(of(&[said, ("OTEL_SERVICE_NAME", "b")])[0], pair("service.name", "b"));
    }
}
