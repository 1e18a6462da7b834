# Everything a person runs here. `make` alone lists it. Paths are relative, so a clone may lie anywhere.

PYTHON ?= python3
# oban needs Python 3.12; without one the others are measured
PEERS_PYTHON ?= $(shell for one in python3.14 python3.13 python3.12; do $$one -c '' 2>/dev/null && echo $$one && break; done || echo $(PYTHON))
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
# the tests wait more than they work; a file stays in one process, whose servers serve all of it
AT_ONCE := -n 4 --dist loadfile --no-loadscope-reorder --durations=12
KEEP ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo faults bench peers simulate mutants screenshots test full check sbom lock

help:  ## list what can be made
	@echo 'make ...'
	@sed -n 's/^\([a-z]*\):.*## /  \1	/p' Makefile | expand -t 12
	@echo 'ARGS="..." hands arguments on, as in: make test ARGS="tests/deployment -x"'

setup: $(READY)  ## make .venv with everything in it; does nothing when that is done

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not: install one, or name it: make setup PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv || { \
	  echo "'$(PYTHON) -m venv' failed: on Debian and Ubuntu install the package python3-venv" >&2; \
	  exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)

demo: $(READY)  ## the whole fleet against stand-in partners; KEEP=1 leaves it running
	$(BIN)/fleet demo $(if $(KEEP),--keep) $(ARGS)

faults: $(READY)  ## the demo with everything killed, flushed and delayed in turn
	$(BIN)/fleet demo --faults $(ARGS)

bench: $(READY)  ## how much goes through, measured
	$(BIN)/python -m workers.bench $(ARGS)

peers:  ## what `make bench ARGS=--peers` measures beside, in an environment of its own: var/peers
	$(PEERS_PYTHON) -m venv --clear var/peers
	var/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  -r workers/bench/peers/requirements.lock

simulate: $(READY)  ## a seeded walk over all that may happen; SEEDS=1-50 STEPS=400, and a seed replays its walk
	$(BIN)/python -m workers.simulator --seeds $(or $(SEEDS),1-20) --steps $(or $(STEPS),400) $(ARGS)

mutants: $(READY)  ## lines of the product made wrong, one at a time: which seeds of the simulator notice
	$(BIN)/python -m workers.simulator --mutants --seeds $(or $(SEEDS),1-12) --steps $(or $(STEPS),400) $(ARGS)

screenshots: $(READY)  ## every page of the desk at both widths, into docs/screenshots; it needs a Chromium
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/browser/test_pages.py -k screenshot

test: $(READY)  ## all tests, four files at a time; ARGS="tests/deployment -x" runs some, one after the other
	$(BIN)/python -m pytest $(or $(ARGS),$(AT_ONCE))

full: $(READY)  ## the long form of the tests that `make test` runs in a short one
	$(BIN)/python -m pytest --full -m full $(ARGS)

check: $(READY)  ## form, lint, types, who may import whom, and one newest migration
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -c 'from workers.ledger.migrate import newest; newest()'

sbom: $(READY)  ## what an operator's install is made of, as CycloneDX: var/sbom.json
	@mkdir -p var
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o var/sbom.json \
	  requirements.runtime.lock

lock:  ## write requirements.lock and its two parts anew, with hashes; use the oldest Python that is supported
	$(PYTHON) -m venv --clear var/lock
	var/lock/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.5,<8'
	var/lock/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --no-emit-index-url \
	  --no-emit-find-links --allow-unsafe --no-header --extra dev --extra demo --extra embedded --output-file requirements.lock pyproject.toml
	for part in "requirements.runtime.lock pyproject.toml" "deploy/build.lock deploy/build.in"; do set -- $$part; \
	  var/lock/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-annotate \
	  --no-emit-find-links --allow-unsafe --no-header --constraint requirements.lock --output-file $$1 $$2 || exit 1; done
	$(PEERS_PYTHON) -m venv --clear var/lock
	var/lock/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.5,<8'
	var/lock/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --no-emit-index-url \
	  --no-emit-find-links --allow-unsafe --no-header --output-file workers/bench/peers/requirements.lock \
	  workers/bench/peers/requirements.in
