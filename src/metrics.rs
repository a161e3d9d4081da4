//! Counters for `/metrics`, in Prometheus' text form.

use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use std::time::Duration;

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    log_head: IntGauge,
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
        let log_head = IntGauge::new("cungcau_log_head", "Number of the newest change that this process wrote.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(log_head.clone()))?;
        Ok(Self { registry, requests, durations, log_head })
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
