//! Traces by OpenTelemetry, in builds with the feature `otel`: to whom they go, and how they end (`docs/tracing.md`).
//!
//! The collector, its headers, the share of traces and all limits are set by OpenTelemetry's own variables. Invariant: what
//! is traced may be lost, and never holds up the work: spans wait in a bounded queue and leave by a thread of their own.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::log::is_ours;
use crate::exit::{Exit, Failure};

/// The last spans get this long to leave when the service stops.
const LAST_SPANS_WAIT: Duration = Duration::from_secs(5);

/// What wrote the spans, unless `OTEL_SERVICE_NAME` says otherwise.
const SERVICE_NAME: &str = "onedeal";

/// Variables that name a protocol, and the protocols there are: gRPC would bring a second HTTP client.
const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const PROTOCOLS: [&str; 2] = ["http/protobuf", "http/json"];

/// Traces on their way to a collector.
pub(super) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Traces to the collector that the variables name.
    ///
    /// # Errors
    /// One of OpenTelemetry's variables cannot be used.
    pub(super) fn start(variables: &BTreeMap<String, String>) -> Result<Self, Failure> {
        // The exporter has an HTTP client of its own; another part of the program may have chosen the provider first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unknown = |name: &&&str| {
            let value = variables.get(**name).map(|it| it.trim());
            value.is_some_and(|it| !it.is_empty() && !PROTOCOLS.contains(&it))
        };
        if let Some(name) = PROTOCOL.iter().find(unknown) {
            let text = format!(
                "the setting {name} cannot be used: write http/protobuf or http/json (collectors take them at port 4318), or leave it out"
            );
            return Err(Failure::saying(Exit::Usage, text));
        }
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .build();
        // The error may repeat an address with a password in it.
        let exporter = exporter.map_err(|_| {
            Failure::saying(
                Exit::Usage,
                "the setting OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: write the collector's address, such as http://localhost:4318",
            )
        })?;
        let mut about = Resource::builder();
        if !variables.contains_key("OTEL_SERVICE_NAME") {
            about = about.with_service_name(SERVICE_NAME);
        }
        let about = about.with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Collector::new(exporter))
            .with_resource(about.build())
            .build();
        Ok(Self { provider })
    }

    /// What hands spans over.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let tracer = self.provider.tracer(SERVICE_NAME);
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_threads(false)
            .with_location(false)
            .with_filter(filter_fn(traced))
    }

    /// Sends what is left.
    pub(super) fn end(self) {
        // Spans that did not leave were told of.
        let _ = self.provider.shutdown_with_timeout(LAST_SPANS_WAIT);
    }
}

/// Whoever takes the traces. That it is gone is told once, and once that it is back.
#[derive(Debug)]
struct Collector<E> {
    exporter: E,
    gone: AtomicBool,
}

impl<E> Collector<E> {
    fn new(exporter: E) -> Self {
        Self {
            exporter,
            gone: AtomicBool::new(false),
        }
    }
}

impl<E: SpanExporter> SpanExporter for Collector<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        let was_gone = self.gone.swap(sent.is_err(), Ordering::Relaxed);
        // The error may repeat what the collector said, and the address with it.
        match (was_gone, sent.is_err()) {
            (false, true) => tracing::warn!(
                "Traces do not reach the collector and are lost until it answers; the work goes on"
            ),
            (true, false) => tracing::info!("Traces reach the collector again"),
            (true, true) | (false, false) => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Our spans, and beside them what the log says as a matter of course.
fn traced(of: &Metadata<'_>) -> bool {
    is_ours(of) && (of.is_span() || *of.level() <= Level::INFO)
}
