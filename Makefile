# make run      sets up and starts the venue on http://127.0.0.1:8080, its page on :8081 (options: make run ARGS="--port 9000")
# make test     sets up and runs the whole test suite        (options: make test ARGS="-k limits")
# make test-long  what is long by nature: more seeds and examples (TORTURE=long: ten thousand states, a million rows)
# make mutants  changes the money core place by place and lists what no test notices (ARGS="loan_risk --minutes 20")
# make check    what a reviewer runs: tests, lint, format, strict types, layers
# make torture  floods, kills, failing disks, power losses, clocks that jump: the long form, over an hour (FORM=short: 90 s)
# make bench    sets up and runs the benchmarks
# make docs     makes the guide, the page of clients and the client's types anew; needs node, npm and chromium
# make docs-site   builds the site of the docs in build/site, with broken links as errors; npm fetches mermaid once
# make docs-serve  builds it and serves it on http://127.0.0.1:8000
# make packages builds the source package and the wheel in dist, and plays a story through both in bare environments
# make release  checks that this tree can be released, says what is missing, and changes nothing
# make fresh    runs `make run` and `make test` in a bare Debian 12 and 13; needs root and debootstrap
# make lock     pins every dependency anew
#
# Needs Python 3.11 or later with pip. Everything lives in .venv; nothing is installed outside of it. A Python that is
# named makes it anew where it was made with another: make test PYTHON=python3.13 (beside it: VENV=.venv-3.13).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/conformance/node
ARGS ?=
# Processes the tests are spread over; JOBS=0 runs them in one, for a debugger.
JOBS ?= auto
FORM := long
# Workers and the commands that tests start compile once instead of each anew, whatever the environment says.
TESTED := env -u PYTHONDONTWRITEBYTECODE
LOCK := --quiet --upgrade --generate-hashes --no-header --no-annotate --python-version 3.11 --no-emit-index-url --no-emit-find-links

.PHONY: run test test-long mutants torture check bench docs docs-site docs-serve packages release fresh lock format clean setup setup-dev setup-node
.DEFAULT_GOAL := run

setup: $(VENV)/.ready-run
setup-dev: $(VENV)/.ready-dev
setup-node: $(NODE)/node_modules/.ready

# The Python of the environment, such as .venv/bin/python3.13: the one that is named, else the one that is there.
VERSION_OF = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
NAMED := $(if $(filter file,$(origin PYTHON)),,$(or $(call VERSION_OF,$(PYTHON)),-unknown))
INTERPRETER := $(BIN)/python$(or $(NAMED),$(call VERSION_OF,$(BIN)/python),$(call VERSION_OF,$(PYTHON)))

# Debian splits ensurepip off into python3-venv; without it the environment is made bare and
# the pip outside fills it.
$(INTERPRETER):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tallystick needs Python 3.11 or later; name one with: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m ensurepip --version >/dev/null 2>&1 || \
	  { echo "tallystick needs pip: on Debian run 'apt-get install python3-pip' and try again" >&2; exit 1; }
	@rm -rf $(VENV)
	@if $(PYTHON) -m ensurepip --version >/dev/null 2>&1; then $(PYTHON) -m venv $(VENV); \
	  else $(PYTHON) -m venv --without-pip $(VENV); fi

# pip of the environment where there is one, else the one outside aimed at it.
PIP = $(shell test -x $(BIN)/pip && echo "$(BIN)/python -m pip" || echo "$(PYTHON) -m pip --python $(BIN)/python")
INSTALL = $(PIP) install --quiet --disable-pip-version-check

$(VENV)/.ready-run: requirements-run.lock pyproject.toml $(INTERPRETER)
	@echo "installing into $(VENV) ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-run.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements.lock $(VENV)/.ready-run
	@echo "installing what the tests need into $(VENV) ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.ready-mutants: requirements-mutants.lock $(VENV)/.ready-dev
	@echo "installing what mutates the code into $(VENV) ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-mutants.lock
	@touch $@

$(VENV)/.ready-docs: requirements-docs.lock $(VENV)/.ready-dev
	@echo "installing what draws the plots into $(VENV) ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-docs.lock
	@touch $@

$(VENV)/.ready-site: requirements-site.lock $(VENV)/.ready-dev
	@echo "installing what builds the site into $(VENV) ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-site.lock
	@touch $@

# The clients in node that the tests run; needs node 18 or later with npm.
$(NODE)/node_modules/.ready: $(NODE)/package-lock.json
	@echo "installing clients into $(NODE)/node_modules ..."
	@cd $(NODE) && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

run: setup
	@exec $(BIN)/tally serve --console $(ARGS)

test: setup-dev
	@$(TESTED) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

test-long: setup-dev
	@$(TESTED) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m long $(ARGS)

torture: setup-dev
	@TORTURE=$(FORM) $(TESTED) $(BIN)/python -m pytest -m torture -s -p no:cacheprovider tests/torture $(ARGS)

mutants: $(VENV)/.ready-mutants
	@$(TESTED) $(BIN)/python -m tests.mutants $(ARGS)

check: setup-dev
	@.ci/run $(VENV)

bench: setup-dev
	@$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/.ready-docs setup-node
	@$(BIN)/python -m docs.examples
	@$(BIN)/python -m docs.plots
	@$(BIN)/python -m docs.clients
	@$(BIN)/python -m docs.rules
	@$(BIN)/python -m docs.control
	@$(BIN)/python -m docs.client_types
	@$(BIN)/python -m docs.client_levers
	@$(BIN)/python -m docs.cli_levers
	@$(BIN)/python -m docs.console_calls
	@$(BIN)/python -m docs.console_shots
	@$(BIN)/python -m docs.architecture
	@$(BIN)/python -m docs.install_lines
	@$(BIN)/python -m docs.differs

docs-site: $(VENV)/.ready-site
	@$(BIN)/python -m docs.site.build

docs-serve: docs-site
	@exec $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000

packages: setup-dev
	@$(BIN)/python -m release.packages $(ARGS)

release: $(VENV)/.ready-site
	@$(BIN)/python -m release.check

fresh: setup-dev
	@$(BIN)/python -m release.fresh $(ARGS)

format: setup-dev
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# The runtime's pins are a subset of all pins, and those of the plots, the site, the image and the mutants bow to them, so all files always agree.
lock:
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --all-extras --group dev $(LOCK) -o requirements.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra console --group build $(LOCK) -c requirements.lock -o requirements-run.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --group bench-kit $(LOCK) -c requirements.lock -o bench/requirements-kit.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --group docs $(LOCK) -c requirements.lock -o requirements-docs.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --group site $(LOCK) -c requirements.lock -o requirements-site.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra postgres $(LOCK) -c requirements.lock -o requirements-image.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --group mutants $(LOCK) -c requirements.lock -o requirements-mutants.lock
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) $(VENV)-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
