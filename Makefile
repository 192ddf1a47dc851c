# One command a chore, the same for people and for CI. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CASE ?= tests/cases/reject_variants/capture.pcap tests/cases/store_statuses/capture.pcap
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find rust -name '*.rs' -o -name Cargo.toml 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build demo test test-rust test-python lint format docs picture bench bench-live blame fuzz clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# ensurepip may be missing (Debian without python3-venv): then virtualenv from the user's own pip does the same.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dicomfast needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  $(PYTHON) -m pip install --quiet --user --break-system-packages virtualenv 2>/dev/null && $(PYTHON) -m virtualenv --quiet $(VENV); } \
	  || { rm -rf $(VENV); echo "cannot make a virtual environment: install python3-venv (Debian), or run make PYTHON=/path/to/another/python3"; exit 1; }

$(VENV)/tools: pyproject.toml | $(BIN)/python
	@command -v cargo >/dev/null || { echo "dicomfast needs Rust (cargo) to build: https://rustup.rs"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/built: $(SOURCES) $(VENV)/tools
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/maturin develop --release --locked
	@touch $@

build: $(VENV)/built ## build the package into .venv

demo: build ## show the summary and the first lines of a capture in this repository
	$(BIN)/dicomfast summary $(CASE)
	@echo
	$(BIN)/dicomfast dump -c 12 $(CASE)

test: test-rust test-python ## build, and run every test

test-rust:
	cargo test --workspace --locked --quiet

test-python: build
	$(BIN)/python -m pytest

lint: build ## formatting, clippy, ruff, mypy, stubs
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo check -p dicomfast-core --no-default-features --locked
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest dicomfast._dicomfast

format: $(VENV)/tools ## format Rust and Python
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: build ## write the reference pages of docs/ anew
	$(BIN)/python docs/make.py

picture: build ## make docs/report.png anew (needs Chromium)
	$(BIN)/python docs/picture.py

bench: build ## measure (benches/README.md)
	$(BIN)/python benches/peers.py
	$(BIN)/python benches/insight.py
	$(BIN)/python benches/objects.py

bench-live: build ## measure captures on an interface against dumpcap (root; benches/README.md)
	$(BIN)/python benches/live.py

blame: build ## score the naming of causes (tests/blame/README.md); as root it makes the captures first
	@PYTHONPATH=tests $(BIN)/python -m blame.make || echo "not every capture could be made"
	@PYTHONPATH=tests $(BIN)/python -m blame.score

TARGET ?= pipeline

fuzz: ## run a fuzz target for ten minutes: make fuzz TARGET=pdus (needs cargo install cargo-fuzz)
	mkdir -p rust/fuzz/corpus/$(TARGET)
	cargo fuzz run --sanitizer none --fuzz-dir rust/fuzz $(TARGET) rust/fuzz/corpus/$(TARGET) tests/corpora/$(TARGET) -- \
	  -max_total_time=600 -rss_limit_mb=2048 -timeout=10 -max_len=4096

clean: ## remove what was built
	cargo clean
	rm -rf $(VENV) dist python/dicomfast/_dicomfast*.so
