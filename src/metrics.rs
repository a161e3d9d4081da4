//! Counters for `/metrics`, in Prometheus' text form.

use crate::indexing::State;
use crate::market::Sizes;
use prometheus::{Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use std::time::Duration;

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    turned_away: IntCounterVec,
    log_head: IntGauge,
    audit_seq: IntGauge,
    audit_failures: IntCounter,
    index: IndexMetrics,
    provider_keys_age: GaugeVec,
}

/// What is told of the market index; read from it when somebody asks.
#[derive(Debug)]
struct IndexMetrics {
    organisations: IntGauge,
    products: IntGauge,
    offers: IntGauge,
    demands: IntGauge,
    bytes: IntGauge,
    applied_seq: IntGauge,
    head_lag: IntGauge,
    lag_seconds: Gauge,
    rebuilds: IntCounter,
    errors: IntCounter,
}

impl IndexMetrics {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(format!("cungcau_index_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(format!("cungcau_index_{name}_total"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let lag_seconds =
            Gauge::new("cungcau_index_lag_seconds", "Time since the market index was last known to be in step with the database.")?;
        registry.register(Box::new(lag_seconds.clone()))?;
        Ok(Self {
            organisations: gauge("organisations", "Organisations in the market index.")?,
            products: gauge("products", "Products in the market index.")?,
            offers: gauge("offers", "Offers in the market index.")?,
            demands: gauge("demands", "Demands in the market index.")?,
            bytes: gauge("bytes", "Memory of the market index, estimated.")?,
            applied_seq: gauge("applied_seq", "Number of the newest change in the market index.")?,
            head_lag: gauge("head_lag", "Changes that this process has heard of and the market index does not have.")?,
            lag_seconds,
            rebuilds: counter("rebuilds", "How often the market index was built anew in the place of one that was there.")?,
            errors: counter("errors", "Changes and records that the market index could not take.")?,
        })
    }
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// When two metrics have one name: a fault of the program that its first start shows.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(Opts::new("cungcau_requests_total", "Requests answered."), &["method", "route", "status"])?;
        let buckets = vec![0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
        let durations = HistogramVec::new(
            HistogramOpts::new("cungcau_request_seconds", "Time to answer a request.").buckets(buckets),
            &["method", "route"],
        )?;
        let turned_away = IntCounterVec::new(
            Opts::new(
                "cungcau_turned_away_total",
                "Requests answered 503 because a queue was full; those of workers are not among the requests.",
            ),
            &["queue"],
        )?;
        registry.register(Box::new(turned_away.clone()))?;
        let log_head = IntGauge::new("cungcau_log_head", "Number of the newest change that this process wrote.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(log_head.clone()))?;
        let audit_seq = IntGauge::new("cungcau_audit_seq", "Number of the newest row of the audit log that this process sealed.")?;
        let audit_failures =
            IntCounter::new("cungcau_audit_failures_total", "How often the audit log could not be sealed, or its end not signed.")?;
        registry.register(Box::new(audit_seq.clone()))?;
        registry.register(Box::new(audit_failures.clone()))?;
        let index = IndexMetrics::new(&registry)?;
        let help = "Time since the keys of the OpenID provider were fetched; none before the first time.";
        let provider_keys_age = GaugeVec::new(Opts::new("cungcau_oidc_keys_age_seconds", help), &["issuer"])?;
        registry.register(Box::new(provider_keys_age.clone()))?;
        Ok(Self { registry, requests, durations, turned_away, log_head, audit_seq, audit_failures, index, provider_keys_age })
    }

    /// Counts an answer.
    pub fn observe(&self, method: &str, route: &str, status: u16, elapsed: Duration) {
        let mut digits = [0_u8; 3];
        let status = three_digits(status, &mut digits);
        self.requests.with_label_values(&[method, route, status]).inc();
        self.durations.with_label_values(&[method, route]).observe(elapsed.as_secs_f64());
    }

    /// Notes the newest change.
    pub fn wrote(&self, seq: i64) {
        self.log_head.set(self.log_head.get().max(seq));
    }

    /// Notes the newest row of the audit log.
    pub fn sealed(&self, seq: i64) {
        self.audit_seq.set(seq);
    }

    /// Counts a sealing or a signing that failed.
    pub fn audit_failed(&self) {
        self.audit_failures.inc();
    }

    /// Notes how many were turned away since the start, by queue.
    pub fn turned_away(&self, counts: &[(&str, u64)]) {
        for (queue, count) in counts {
            // They are counted where it happens; a counter here only rises.
            let counter = self.turned_away.with_label_values(&[queue]);
            counter.inc_by(count.saturating_sub(counter.get()));
        }
    }

    /// Notes how the market index stands.
    pub fn index(&self, state: State, sizes: Sizes) {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let index = &self.index;
        index.organisations.set(whole(sizes.organisations));
        index.products.set(whole(sizes.products));
        index.offers.set(whole(sizes.offers));
        index.demands.set(whole(sizes.demands));
        index.bytes.set(whole(sizes.bytes));
        index.applied_seq.set(state.position);
        index.head_lag.set(state.head - state.position);
        index.lag_seconds.set(state.age.as_secs_f64());
        // The index counts these itself; a counter here only rises.
        index.rebuilds.inc_by(state.rebuilds.saturating_sub(index.rebuilds.get()));
        index.errors.inc_by(state.errors.saturating_sub(index.errors.get()));
    }

    /// Notes how old the keys of the provider `issuer` are.
    pub fn provider(&self, issuer: &str, age: Duration) {
        self.provider_keys_age.with_label_values(&[issuer]).set(age.as_secs_f64());
    }

    /// The text form.
    ///
    /// # Errors
    /// When a metric can't be encoded.
    pub fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut buffer = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut buffer)?;
        Ok(buffer)
    }
}

fn three_digits(status: u16, digits: &mut [u8; 3]) -> &str {
    let mut rest = status;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    std::str::from_utf8(digits).unwrap_or("000")
}
