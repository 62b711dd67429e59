# The front door. Each target is one script in scripts/; `scripts/NAME --help` says more.
.DEFAULT_GOAL := help
.PHONY: help up down clean test bench demo format lint

PORT ?=
ONLY ?=
export PORT ONLY

help: ## list what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: ## install, build, start everything, load demo data (PORT=8080 chooses the public port)
	@scripts/up

down: ## stop what `make up` started; data stays
	@scripts/down

clean: ## stop everything and delete its data
	@scripts/clean

test: ## run every test with real servers (ONLY=DomainTests narrows)
	@scripts/test

bench: ## print measured figures, each beside the limit taken in the same run
	@scripts/bench

demo: ## a guided tour: book, race for a slot, empty Redis, ask as an auditor, prove the read models
	@scripts/demo

format: ## rewrite Swift sources in the house format
	@scripts/format

lint: ## check format and scripts; changes nothing
	@scripts/lint
