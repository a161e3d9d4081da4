//! What the HTTP benchmark holds the server against: the same request, routed, authorised and read in full by the same
//! program, and then answered by a constant. There only with the feature `bench-floor`, which no release has.

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use std::sync::LazyLock;

/// How long an answer the benchmark wants: `0` for the real one. Both kinds of its requests carry the header, so that
/// reading it costs both the same.
const HEADER: &str = "cungcau-bench-floor";
/// Longer than any answer of the benchmark.
const LONGEST: usize = 1 << 20;

static BODY: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(vec![b' '; LONGEST]));

/// The constant that `request` asks for in the place of its answer.
pub fn bench_floor(request: &HttpRequest) -> Option<Bytes> {
    let length: usize = request.headers().get(HEADER)?.to_str().ok()?.parse().ok()?;
    (length > 0).then(|| BODY.slice(..length.min(LONGEST)))
}
