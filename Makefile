# make help lists the targets. PYTHON picks the interpreter, PORT the demo's port, SUANSHI_VAR where state lives.

VAR := $(abspath $(or $(SUANSHI_VAR),var))
PORT ?= 8000
JOBS ?= auto
SOAK_MINUTES ?= 10
SOAK_COMMANDS ?= 10000000

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.done

export SUANSHI_VAR := $(VAR)
export PORT SOAK_MINUTES SOAK_COMMANDS
export PYTHONUNBUFFERED := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

messages := $(wildcard marketplace/locale/*/LC_MESSAGES/*.po billing/locale/*/LC_MESSAGES/*.po matching/locale/*/LC_MESSAGES/*.po)
kernels := $(shell find matching/engine -name '*.py' 2>/dev/null)
styles := $(shell find static -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo tour test check bench bench-large soak clean
.DELETE_ON_ERROR:

help:
	@echo "make setup   what the others need: venv, packages, translations, compiled kernels"
	@echo "make demo    a living exchange on http://127.0.0.1:$(PORT)/ until Ctrl-C"
	@echo "make tour    the pictures of docs/tour.md, of a demo that runs on PORT"
	@echo "make test    every test"
	@echo "make check   format, lint, types, import rules, migrations, lock file"
	@echo "make bench   measures, prints a table and writes $(VAR)/bench.json"
	@echo "make bench-large  the pipeline among 10 million old trades (BENCH_LARGE_TRADES) and a million open orders (BENCH_LARGE_ORDERS), beside a young exchange"
	@echo "make soak    $(SOAK_COMMANDS) random commands through both engines; $(SOAK_MINUTES) minutes of a demo whose processes are killed, then verify; 1,000 seeds of the campaign, 200 SIGKILLs"
	@echo "make clean   drops everything that setup made; keeps $(VAR)"

setup: $(STAMPS)/packages $(STAMPS)/messages $(STAMPS)/kernels $(VAR)/static/.collected
	@:

$(STAMPS)/python:
	@PYTHON="$(PYTHON)" sh .ci/make-venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: requirements.txt | $(STAMPS)/python
	@echo "setup: Python packages"
	@$(BIN)/python -m pip install -q --no-input --require-hashes -r requirements.txt
	@touch $@

node_modules/.package-lock.json: package-lock.json package.json .npmrc | $(STAMPS)/packages
	@echo "setup: front-end packages"
	@NODE_USE_SYSTEM_CA=1 PATH="$(abspath $(BIN)):$$PATH" $(BIN)/npm ci --loglevel=error
	@touch $@

$(STAMPS)/messages: $(messages) | $(STAMPS)/packages
	@echo "setup: translations"
	@$(BIN)/python .ci/compile_messages.py
	@touch $@

$(STAMPS)/kernels: $(kernels) $(STAMPS)/packages
	@$(BIN)/python -m matching.engine.compile
	@touch $@

$(VAR)/static/.collected: $(styles) node_modules/.package-lock.json $(STAMPS)/packages
	@echo "setup: static files"
	@$(BIN)/python manage.py collectstatic --noinput --clear -v 0
	@touch $@

demo: setup
	@$(BIN)/python manage.py demo

tour: setup
	@$(BIN)/python -m tests.browser.tour http://127.0.0.1:$(PORT) docs/tour

test: setup
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

check: setup
	@echo "check: format"     && $(BIN)/ruff format --check --quiet .
	@echo "check: lint"       && $(BIN)/ruff check --quiet .
	@echo "check: lock file"  && $(BIN)/python .ci/lock_in_step.py
	@echo "check: imports"    && $(BIN)/lint-imports --no-logo 2>/dev/null >.lint-imports.out || { cat .lint-imports.out; rm -f .lint-imports.out; exit 1; }
	@rm -f .lint-imports.out
	@echo "check: types"      && $(BIN)/mypy
	@echo "check: settings"   && $(BIN)/python manage.py check
	@echo "check: migrations" && $(BIN)/python manage.py makemigrations --check --dry-run
	@echo "check: all is well"

bench: setup
	@$(BIN)/python -m tests.bench

bench-large: setup
	@$(BIN)/python -m tests.bench.pipeline.large

soak: setup
	@$(BIN)/python -m pytest -m soak -o timeout=0 -s
	@SCHEMA_EVERY_BOUNDARY=1 $(BIN)/python -m pytest -o timeout=0 tests/api/test_schema.py

clean:
	rm -rf $(VENV) node_modules $(VAR)/static
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +
