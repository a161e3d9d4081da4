# The commands of this project; `make` alone lists them.
# ARGS replaces the arguments of `run` and adds some to `bench`:
#   make run ARGS='serve --listen 127.0.0.1:9000 --data data'

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help run test judges fuzz bench abuse lint lint-fmt lint-clippy lint-deny openapi

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

run: ARGS ?= serve --demo
run: ## build the release binary and serve, with demo data (other arguments: ARGS='...')
	cargo build --release --locked
	$(TARGET_DIR)/release/cungcau $(ARGS)

test: ## all tests: on SQLite, on a throw-away PostgreSQL, and of the compose file
	scripts/test.sh

judges: ## what third parties say: linters, schemathesis, generated clients (one of them: scripts/judges.sh lint)
	scripts/judges.sh

fuzz: ARGS ?= 60
fuzz: ## each fuzz target for a minute, led by coverage (seconds and target: ARGS='600 fuzz_query')
	scripts/fuzz.sh $(ARGS)

bench: ## benchmarks, on SQLite and a throw-away PostgreSQL (cargo bench arguments: ARGS='...')
	scripts/bench.sh $(ARGS)

abuse: ## the service under abuse: too much load, slow clients, what limits cost (parts: ARGS='overload slow cost')
	scripts/abuse.sh $(ARGS)

lint: lint-fmt lint-clippy lint-deny ## formatting, clippy, and the dependencies' licences and sources

lint-fmt: ## only the formatting check
	cargo fmt --check

lint-clippy: ## only clippy; a warning fails
	cargo clippy --all-targets --features bench-floor --locked -- -D warnings

lint-deny: ## only cargo-deny (cargo install cargo-deny --locked)
	cargo deny --locked check --hide-inclusion-graph bans licenses sources

openapi: ## write the API document anew from the code
	UPDATE=1 cargo test --locked --test api document
