# The release image: the service with SQLite and a TLS-capable PostgreSQL client.
FROM rust:1.95-slim-bookworm AS build
# The C compiler builds SQLite and libpq; libssl-dev is OpenSSL for libpq (feature pg-tls).
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked --features pg-tls

FROM debian:bookworm-slim
# libssl3 is what libpq was linked with; ca-certificates lets it verify a server (sslmode=verify-full).
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 cungcau \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/cungcau --shell /usr/sbin/nologin cungcau \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/cungcau
COPY --from=build /build/target/release/cungcau /usr/local/bin/cungcau
USER 10001:10001
WORKDIR /var/lib/cungcau
VOLUME /var/lib/cungcau
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["cungcau", "healthcheck"]
ENTRYPOINT ["cungcau"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/var/lib/cungcau"]
