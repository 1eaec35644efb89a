# The first target that needs it makes .venv from the locks; nothing else has to be installed than Python and make.

PYTHON ?= python3
here := $(dir $(lastword $(MAKEFILE_LIST)))
venv := $(here).venv
proxies := $(here)build/proxies
peers := $(here)build/peers
run := cd "$(here)" && .venv/bin/python -m

# Some shells forbid it, and then each of the processes that tests start compiles the house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help sandbox test check format proxies coverage mutants crash faults year month bench soak docs pictures wheel sbom lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' "$(here)Makefile" | expand -t 16

sandbox: $(venv)/project.stamp ## the bot in a Slack workspace of its own on this machine, nothing to configure
	@cd "$(here)" && .venv/bin/thirdparty-bot sandbox

test: check $(proxies)/stamp $(venv)/browser.stamp ## everything that CI checks
	@$(run) pytest -q -n auto --dist loadgroup

check: $(venv)/project.stamp ## format, lint, types, spelling, import contracts
	@$(run) ruff format --quiet --check .
	@$(run) ruff check --quiet .
	@$(run) mypy
	@$(run) codespell_lib
	@cd "$(here)" && report=$$(.venv/bin/lint-imports --no-logo) || { echo "$$report"; exit 1; }

format: $(venv)/project.stamp ## rewrite the code as check wants it
	@$(run) ruff check --quiet --fix-only .
	@$(run) ruff format --quiet .

proxies: $(proxies)/stamp ## bring the reverse proxies that tests run: from Debian, if they are not installed, and PyPI

coverage: $(venv)/project.stamp $(proxies)/stamp $(venv)/browser.stamp ## name what no test runs; in access/ and bot/vault.py that may be no branch
	@cd "$(here)" && rm -rf build/coverage && mkdir -p build/coverage
	@$(run) coverage run -m pytest -q -n auto --dist loadgroup --timeout=600
	@$(run) coverage combine --quiet
	@$(run) coverage report
	@$(run) coverage report --include="access/*,bot/vault.py" --fail-under=100

mutants: $(venv)/project.stamp ## break access/model in every small way, and show what no test notices
	@cd "$(here)" && rm -rf mutants
	@$(run) mutmut run
	@$(run) mutmut results

bench: $(venv)/project.stamp $(peers)/venv.stamp $(peers)/node.stamp ## measure, and write build/bench.json; HUGE=1: with 10,000,000 tokens too
	@$(run) bench $(if $(HUGE),--huge)

soak: $(venv)/project.stamp ## 20,000 commands and 1,000,000 checks, on a file and on PostgreSQL: memory and connections stay; half an hour
	@$(run) bench.soak

crash: $(venv)/project.stamp ## kill the bot 1,000 times, a rotation of keys every second, and cut its power 400 times: 20 minutes
	@$(run) tests.crash --kills 1000 --cuts 400 --rotate 100000

faults: $(venv)/project.stamp ## the story under every fault of Slack's at every call, and several at random: 20 minutes
	@$(run) tests.faults

year: $(venv)/project.stamp ## a year of 200 third parties by the sandbox's clock, and a checker of its own; SEED=random
	@$(run) tests.year --seed $(or $(SEED),0)

month: $(venv)/project.stamp ## a month of three bots on one PostgreSQL that are killed, cut off and started anew, and the same checker; SEED=random
	@$(run) tests.year --replicas 3 --workspaces $(or $(WORKSPACES),1) --at-once 5 --parties $(or $(PARTIES),50) \
		--brought $(or $(BROUGHT),0) --days 30 --months 1 --kills 20 --cuts 20 --restarts 6 --minutes 300 --seed $(or $(SEED),0)

docs: $(venv)/project.stamp ## write the reference anew and build the documentation site into build/site
	@$(run) docs.reference
	@$(run) docs.site
	@cd "$(here)" && NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build
	@echo "build/site/index.html is the start page. With the search: python3 -m http.server --directory build/site"

pictures: $(venv)/project.stamp $(venv)/browser.stamp ## take the documentation's pictures anew, in the sandbox
	@$(run) tests.page.pictures

wheel: $(venv)/project.stamp ## build dist/*.whl
	@$(run) build --no-isolation --wheel

# It names addresses, so it is not kept; that the root's own dependencies are not drawn is nothing to warn of.
sbom: $(venv)/project.stamp ## write build/sbom.json: what the bot is made of, for CycloneDX tools
	@mkdir -p "$(here)build"
	@cd "$(here)" && .venv/bin/python -W ignore -m cyclonedx_py requirements requirements/runtime.txt \
		--pyproject pyproject.toml --short-PURLs --output-reproducible --output-file build/sbom.json

# The versions that are locked stay unless pyproject.toml forbids them; `make lock UPGRADE=--upgrade` takes the newest.
# Dev and runtime hold the same versions: the runtime's is made within the limits of the other.
compile := uv pip compile --no-config --universal --generate-hashes --quiet $(UPGRADE) \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(venv)/requirements.stamp ## write requirements/*.txt and every package-lock.json anew
	@$(run) $(compile) --group dev --output-file requirements/dev.txt pyproject.toml
	@$(run) $(compile) --constraint requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml
	@$(run) $(compile) --group proxies --output-file requirements/proxies.txt
	@$(run) $(compile) --group peers --output-file requirements/peers.txt
	@cd "$(here)" && for place in bench/peers tests/proxies/node; do \
		(cd $$place && npm $(if $(UPGRADE),update,install) --package-lock-only --ignore-scripts --silent) && \
		.venv/bin/python -m bench.peers.without_addresses $$place/package-lock.json || exit 1; done

clean: ## remove everything that was made
	@cd "$(here)" && rm -rf .venv build dist mutants .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find "$(here)." -name __pycache__ -type d -prune -exec rm -rf {} +

$(venv)/requirements.stamp: $(here)requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "thirdparty-bot needs Python 3.11 or newer, and $(PYTHON) is not: make PYTHON=python3.12 names another." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install the package python3-venv." >&2; exit 1; }
	@echo "Making .venv from requirements/dev.txt (about half a minute, once) ..."
	@cd "$(here)" && $(PYTHON) -m venv --clear .venv
	@$(run) pip install -qq --no-compile --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

# Debian's Chromium where it may be installed; elsewhere one sentence says what to do.
$(venv)/browser.stamp: $(venv)/requirements.stamp
	@$(run) tests.page.browser 2>/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Chromium for the tests of the page (once) ..." && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium >/dev/null; \
		$(run) tests.page.browser; }
	@touch $@

$(venv)/project.stamp: $(venv)/requirements.stamp $(here)pyproject.toml
	@$(run) pip install -qq --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(proxies)/stamp: $(here)requirements/proxies.txt $(here)tests/proxies/bring.sh $(wildcard $(here)tests/proxies/node/*.json) | $(venv)/requirements.stamp
	@cd "$(here)" && sh tests/proxies/bring.sh build/proxies .venv/bin/python
	@touch $@

# What the bot is compared with: each in an environment of its own.
$(peers)/venv.stamp: $(here)requirements/peers.txt
	@echo "Making build/peers/venv from requirements/peers.txt ..."
	@cd "$(here)" && $(PYTHON) -m venv --clear build/peers/venv
	@cd "$(here)" && build/peers/venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
		--requirement requirements/peers.txt
	@touch $@

$(peers)/node.stamp: $(here)bench/peers/package-lock.json
	@cd "$(here)" && mkdir -p build/peers && cp bench/peers/package.json bench/peers/package-lock.json build/peers
	@if command -v npm > /dev/null; then cd "$(peers)" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; else \
		echo "Without npm, the bot is not compared with oidc-provider: install Node."; fi
	@touch $@
