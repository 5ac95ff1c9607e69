# Pilotlight: `make` lists what there is to do. Needs git, make and python3 (3.11+ with venv).

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --constraint requirements.lock
RUN_ENV := .venv/.run
DEV_ENV := .venv/.dev
MUTANTS_ENV := .venv/.mutants
STUBS := typings/.stamp
say = @echo "pilotlight: $(1)" >&2
fail = { echo "pilotlight: $(1)" >&2; exit 1; }
# pip, saying one line per package; a pipe hides its exit code, so that goes by a file
install = @rm -f .venv/.failed; \
	{ $(PIP) $(1) 2>&1 || touch .venv/.failed; } | tee .venv/pip.log | \
		sed -un -e 's/^Collecting \([^ ]*\).*/  \1/p' -e '/^ERROR/p' >&2; \
	test ! -e .venv/.failed || $(call fail,pip could not install; all it said is in .venv/pip.log)

.PHONY: help setup run sim compare firmware flash size bench test vectors storm storm-net check coverage fmt clean
.DELETE_ON_ERROR:

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | \
		while IFS=@ read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

setup: $(DEV_ENV) $(STUBS)  ## get everything the other targets need, so that they run at once
	@$(BIN)/python -m pilotlight_host.get

run: $(if $(filter-out sim,$(BOARD)),$(DEV_ENV),$(RUN_ENV))  ## charge on the simulated site, live [BOARD=pico DURATION=seconds SCENARIO=name]
	@$(BIN)/pilotlight run $(if $(BOARD),--board $(BOARD)) $(if $(DURATION),--duration $(DURATION)) \
		$(if $(SCENARIO),--scenario $(SCENARIO))

sim: $(RUN_ENV)  ## the same on virtual time, as fast as possible [SCENARIO=name]
	@test -n "$(SCENARIO)" || $(call fail,say which: make sim SCENARIO=name; there are: \
		$(patsubst %.toml,%,$(notdir $(wildcard boards/sim/scenarios/*.toml))))
	@$(BIN)/pilotlight sim $(SCENARIO)

compare: $(RUN_ENV)  ## the balancer beside others' rules and a bound [DAYS=n SEED=n SITES=home,office,hotel,complaint KEEP=file]
	@$(BIN)/pilotlight compare $(if $(DAYS),--days $(DAYS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(SITES),--sites $(SITES)) $(if $(KEEP),--keep $(KEEP))

firmware: $(RUN_ENV)  ## build a board's image to flash [BOARD=name, MPY_DIR=your MicroPython]
	@$(BIN)/pilotlight firmware $(BOARD)

flash: $(RUN_ENV)  ## put image and site on a board [BOARD=name PORT=serial port, SITE=site.json, DRIVE=folder]
	@$(BIN)/pilotlight flash $(BOARD) $(if $(PORT),--port $(PORT)) $(if $(SITE),--site $(SITE)) \
		$(if $(DRIVE),--drive $(DRIVE))

size: $(DEV_ENV)  ## what each module of the firmware costs [BOARD=name: in its image too]
	@$(BIN)/pilotlight size $(BOARD)

test: $(DEV_ENV)  ## every test, on CPython and on a real 32-bit MicroPython, and coverage
	@$(BIN)/python -m pilotlight_host.get
	@$(BIN)/pytest -q -n 2 -m "not realtime and not storm and not pure"
	@$(BIN)/pytest -q -m realtime
	@$(MAKE) --no-print-directory coverage

vectors: $(DEV_ENV)  ## the test vectors of pilot and outlet: required, measured, met [ONLY="8 9"]
	@PYTHONPATH=host_tests $(BIN)/python -m vectors $(ONLY)

storm: $(DEV_ENV)  ## the long tests: days of simulation, every step compared [MINUTES=n: random cars, so long]
	@$(if $(MINUTES),$(BIN)/pilotlight storm --minutes $(MINUTES),$(BIN)/pytest -q -n 2 -m storm)

storm-net: $(DEV_ENV)  ## the whole app behind a network that does what it should not [MINUTES=n (30; board: 5) SEED=n BOARD=pico_ppp]
	@$(BIN)/pilotlight storm --net $(if $(BOARD),--board $(BOARD)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(SEED),--seed $(SEED))

mutants: $(MUTANTS_ENV)  ## small changes of the outlet's source that its tests must notice: score and survivors
	@$(BIN)/python tools/mutants.py

bench: $(DEV_ENV)  ## what the firmware costs, against its budgets [ONLY="name name"]
	@$(BIN)/pilotlight bench $(if $(ONLY),--only $(ONLY))

check: $(DEV_ENV) $(STUBS)  ## format, lint, types, MicroPython syntax, walls, spelling
	@$(BIN)/python tools/check.py

coverage: $(DEV_ENV)  ## branch coverage of core and wire by their own tests, at least 95 %
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q -n 2 -m pure -p no:cacheprovider host_tests/both
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

fmt: $(DEV_ENV)  ## format all Python files, mend what lint can mend
	@$(BIN)/ruff check -q --fix-only
	@$(BIN)/ruff format

clean:  ## remove everything make has made or fetched
	rm -rf .venv .deps typings out .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -rf tools/*.egg-info

$(RUN_ENV): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || $(call fail,$(PYTHON) is not there: install Python 3.11+)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		$(call fail,$(PYTHON) is too old: Python 3.11 or newer is needed (PYTHON=/path names one))
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		$(call fail,$(PYTHON) has no venv: install the package python3-venv)
	$(call say,making .venv; this takes about a minute and happens once)
	@$(PYTHON) -m venv .venv
	$(call install,--editable .)
	@touch $@

$(DEV_ENV): $(RUN_ENV)
	$(call say,adding the tools for tests and checks)
	$(call install,--editable .[dev])
	@touch $@

$(MUTANTS_ENV): $(DEV_ENV)
	$(call say,adding the mutation tester)
	$(call install,--editable .[mutants])
	@touch $@

$(STUBS): $(RUN_ENV) requirements.lock
	$(call say,getting type stubs of MicroPython)
	@rm -rf typings
	$(call install,--target typings micropython-rp2-stubs)
	@touch $@
