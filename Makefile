# Tasks. `make` builds; `make help` lists the rest. CI runs .ci/run, and so can you.
GO ?= go
FUZZTIME ?= 30s
ROUNDS ?= 1000
BENCH ?= .
VERSION_FLAGS = -trimpath -ldflags='-s -w'

.PHONY: build test lint race bench bench-large latency fuzz crash exhaustive golden demo smoke cross man completions pictures oracles ci clean help

build: ## the binary, in bin/
	CGO_ENABLED=0 $(GO) build $(VERSION_FLAGS) -o bin/tickmark ./cmd/tickmark

test: ## every test
	$(GO) test ./...

lint: ## vet, gofmt, staticcheck, govulncheck
	.ci/run vet lint vuln

race: ## the tests of rooms that share state, under the race detector
	.ci/run race

bench: ## benchmarks; BENCH=Import picks some
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

bench-large: ## the budgets at 1,000,000 rows and items; takes minutes
	TICKMARK_BENCH_ROWS=1000000 TICKMARK_BENCH_LARGE=1 $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m ./importers ./store ./desk ./evidence ./ledger ./review/detect ./tui/...

ITEMS ?= 1000000
latency: ## keys to frames over ITEMS (1000000) items, in a terminal and through ssh; LATENCY_DIR keeps the database
	.ci/latency $(ITEMS)

fuzz: ## every fuzz target for FUZZTIME each
	FUZZTIME=$(FUZZTIME) .ci/run fuzz

crash: ## kill -9 at ROUNDS random moments of staging, confirming, importing and launching, in desk and in store
	TICKMARK_CRASH_ROUNDS=$(ROUNDS) $(GO) test -run TestCrashLoop -v -timeout 4h ./desk ./store

exhaustive: ## every bit flipped, every cut, every edit, every write on a failing disk; takes minutes
	TICKMARK_EXHAUSTIVE=1 $(GO) test -run 'TestMutations|TestEvery|TestRandomEdits|TestFailingDisk' -v -timeout 4h ./ledger ./store

golden: ## rewrite golden frames and the README's tables; then look at the difference
	$(GO) test ./tui -run TestGoldenFrames -update
	$(GO) test ./cmd/tickmark -run TestReadmeIsGenerated -update
	git diff --stat

demo: ## the workstation on a sample company
	$(GO) run ./cmd/tickmark demo

smoke: ## the main job with the built binary and stock tools
	.ci/run smoke

cross: ## static binaries for every platform, in dist/
	.ci/run cross

man: build ## the manual page, in dist/
	mkdir -p dist
	bin/tickmark man > dist/tickmark.1

completions: build ## shell completions, in dist/
	mkdir -p dist
	for sh in bash zsh fish powershell; do bin/tickmark completion $$sh > dist/tickmark.$$sh; done

pictures: ## the pictures and the films in docs/: the program in a real terminal
	$(GO) test ./cmd/tickmark -run 'TestPictures|TestRecording|TestImportRecording' -count 1 -timeout 30m -pictures $(CURDIR)/docs

oracles: ## the table of real exports in docs/importing.md
	$(GO) test ./importers -run TestOracles -oracles $(CURDIR)/docs/importing.md

ci: ## everything CI does
	.ci/run

clean: ## remove what tasks made
	rm -rf bin dist

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14
