//! Traces: which steps a request took, and how long each lasted, for an OpenTelemetry collector (OTLP over HTTP).
//!
//! A step is a span of the target [`TARGET`], made by [`step!`](crate::telemetry::traces::step); the log knows nothing of
//! them, and they know nothing of the log. Where no traces are wanted a step costs a look at a flag. Nothing about a person
//! is an attribute.

use std::time::Duration;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The target of all steps; the log leaves it out.
pub const TARGET: &str = "ponte::trace";

/// A step of a request: a span, its name, and fields that say nothing of a person.
macro_rules! step {
    ($name:literal $(, $($fields:tt)*)?) => {
        tracing::info_span!(target: $crate::telemetry::traces::TARGET, $name $(, $($fields)*)?)
    };
}

pub(crate) use step;

/// What sends traces.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Will send `percent` of the traces that begin here to `address` by `client`; of those that others began, what they
    /// decided. `instance` tells this server from others.
    ///
    /// # Errors
    /// When the address is none.
    pub fn begin(
        address: &str,
        percent: u8,
        instance: &str,
        client: impl HttpClient + 'static,
    ) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(client)
            .with_endpoint(address)
            .build()?;
        let resource = Resource::builder_empty()
            .with_service_name("ponte")
            .with_attributes([
                opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                opentelemetry::KeyValue::new("service.instance.id", instance.to_owned()),
            ])
            .build();
        let root = Sampler::TraceIdRatioBased(f64::from(percent) / 100.0);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(root.into()))
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    /// What makes spans of steps, and of nothing else.
    pub(in crate::telemetry) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("ponte"))
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        layer.with_filter(filter_fn(|about| about.is_span() && about.target() == TARGET))
    }

    /// Sends what has not left yet, for as long as it is worth; blocks.
    pub fn end(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(FAREWELL) {
            tracing::warn!(event = "traces.cut", %error, "the last traces may not have left");
        }
    }
}

/// A request that we serve, as OpenTelemetry's conventions name it; `route` is a route's pattern, never a path.
pub fn request(method: &str, route: Option<&str>, support_id: &str) -> Span {
    step!(
        "request",
        otel.name = %format_args!("{method} {}", route.unwrap_or("other")),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        ponte.support_id = support_id,
    )
}

/// Lets `span` go on with the trace that `header` tells of (W3C Trace Context: `traceparent`, `tracestate`). What it says is
/// believed, so it must come from somebody who is.
pub fn go_on<'a>(span: &Span, header: impl Fn(&str) -> Option<&'a str>) {
    if span.is_disabled() {
        return;
    }
    let headers = Headers { parent: header("traceparent"), state: header("tracestate") };
    let parent = TraceContextPropagator::new().extract(&headers);
    // Without a collector there is nothing that could go on.
    let _alone = span.set_parent(parent);
}

struct Headers<'a> {
    parent: Option<&'a str>,
    state: Option<&'a str>,
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.parent,
            "tracestate" => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

const FAREWELL: Duration = Duration::from_secs(3);
