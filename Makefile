# Every target takes a fresh clone with only Python 3.11+ and make on it.
PYTHON ?= $(shell command -v python3.12 >/dev/null 2>&1 && python3.12 -c '' 2>/dev/null && echo python3.12 || echo python3)
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE =
SOURCE ?= synthetic
DATA ?= ../shared/data
CUSTOMERS ?= 20000
NIGHTS ?=

.PHONY: demo test check bench bench-night bench-rules bench-experiments bench-arbitrate bench-release bench-console screenshots up docs lock clean

demo: .venv/ready
	@$(BIN)/longreach demo --source $(SOURCE) --data $(DATA) --customers $(CUSTOMERS) $(NIGHTS:%=--nights %)

test: .venv/ready
	@$(BIN)/pytest -n 2

check: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: bench-night bench-rules bench-experiments bench-arbitrate bench-release bench-console

bench-night: .venv/ready
	@$(BIN)/python -m benchmarks.night --data $(DATA)

bench-rules: .venv/ready
	@$(BIN)/python -m benchmarks.rules

bench-experiments: .venv/ready
	@$(BIN)/python -m benchmarks.experiments --data $(DATA)

bench-arbitrate: .venv/ready
	@$(BIN)/python -m benchmarks.arbitrate

bench-release: .venv/ready
	@$(BIN)/python -m benchmarks.release

bench-console: .venv/ready
	@$(BIN)/python -m benchmarks.console

# Every page of the console in both languages, into var/screenshots; the README's pictures into docs.
screenshots: .venv/ready
	@$(BIN)/python -m tests.console.browser.screenshots

up: .venv/ready
	@$(BIN)/longreach up

# The pages that are made from declarations.
docs: .venv/ready
	@$(BIN)/python -m features.page
	@$(BIN)/python -m base.roles.page
	@$(BIN)/python -m outreach.policy.page
	@$(BIN)/python -m outreach.watch.page
	@$(BIN)/python -m strategies.checks.page

# The ranges are in pyproject.toml; the lock holds versions and hashes, no addresses.
lock: .venv/ready
	@$(BIN)/uv pip compile --system-certs pyproject.toml --extra dev --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --universal --python-version 3.11 --quiet --output-file requirements.lock

clean:
	rm -rf .venv var

.venv/ready: requirements.lock pyproject.toml
	@echo "installing into .venv (about a minute; once)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
		|| { echo "Longreach needs Python 3.11 or 3.12; call make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --system-certs --quiet --require-hashes --compile-bytecode --requirement requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --system-certs --quiet --no-deps --no-build-isolation --editable .
	@touch .venv/ready
