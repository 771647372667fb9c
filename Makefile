# Every target sets up what it needs; a second run finds the stamp and skips the installation.
# Another interpreter: make setup PYTHON=python3.12. Other options for the tests: make test TESTS="-x -k doctor".
PYTHON ?= $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
TESTS ?= -n 2 --dist loadfile
PIP := .venv/bin/python -m pip --quiet --disable-pip-version-check
READY := .venv/.installed
UV := .venv/uv/bin/uv

.PHONY: setup demo lab test check bench datasets notebooks test-notebooks test-browser test-binder lock

setup: $(READY)

# The stamp comes last, so an interrupted installation is started again.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit("equipoise needs Python 3.11, 3.12 or 3.13, got %d.%d. Name one: make setup PYTHON=python3.11" % v[:2])'
	@echo "Installing into .venv; the first time takes a few minutes."
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	.venv/bin/equipoise demo --out out/demo

# One thread a worker: with both cores busy, boosted trees wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest $(TESTS) --ignore=tests/notebooks --ignore=tests/browser

check: $(READY)
	@bash .ci/gates

# Options of JupyterLab: make lab LAB="--no-browser --port=9000". It refuses root unless told.
lab: $(READY)
	.venv/bin/jupyter lab --ServerApp.root_dir="$(CURDIR)/notebooks" $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB)

bench:
	@ls benchmarks/*.py >/dev/null 2>&1 || { echo "make bench: there is no benchmarks/*.py yet, so there is nothing to measure." >&2; exit 1; }
	@$(MAKE) --no-print-directory setup
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; .venv/bin/python "$$script"; done

# The extracts in datasets/ and their checksums, after a change in what the simulator draws.
datasets: $(READY)
	.venv/bin/python -m equipoise.crm

# Only some: make notebooks NAMES="03_left_out 07_balance"
notebooks: $(READY)
	OMP_NUM_THREADS=1 .venv/bin/python -m equipoise.course $(NAMES)

# Each solution is run once, on one core; that run serves its outputs, its time and its memory.
test-notebooks: $(READY)
	.venv/bin/python -m equipoise.course --check
	.venv/bin/python -m pytest tests/notebooks $(TESTS)
	PYTHONPATH=tests/notebooks .venv/bin/python -m pytest -p nbval_limits -p no:randomly -p no:xdist -W default --nbval-lax --nbval-current-env --nbval-cell-timeout 120 notebooks/solutions

test-browser: $(READY)
	.venv/bin/python -m pytest tests/browser --durations=5

test-binder: $(READY)
	@bash .ci/binder .venv/bin/python

# Pins that still satisfy pyproject.toml stay; delete requirements.lock first to renew them all.
lock: $(UV)
	$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --only-binary :all: --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.lock
	@mkdir -p binder
	printf 'hatchling\neditables\n' | $(UV) pip compile pyproject.toml - --extra course --constraint requirements.lock --python-version 3.11.9 --python-platform x86_64-manylinux_2_28 --only-binary :all: --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet -o binder/requirements.txt

$(UV):
	$(PYTHON) -m venv .venv/uv
	.venv/uv/bin/python -m pip --quiet --disable-pip-version-check install --only-binary :all: uv
