# appimg's tasks. `make help` explains each.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
# The commit's date, not the clock's: same source, same binary.
DATE    := $(shell TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
STAMP   := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
PREFIX  ?= /usr/local

ARCHES  := amd64 arm64
AGENTS  := $(ARCHES:%=pkg/agent/embedded/confd-linux-%.zst) $(ARCHES:%=pkg/agent/embedded/confd-linux-%.gz) pkg/agent/embedded/confd-windows-386.zst
# Its client asks metadata servers over HTTP/1.1: HTTP/2 would be 0.4 MB that nothing calls.
CONFD   := -trimpath -tags nethttpomithttp2 -ldflags '-s -w'
STATICCHECK := go tool -modfile=hack/tools/go.mod staticcheck

.DEFAULT_GOAL := help
.PHONY: help build demo test bench check docs install clean FORCE

help: ## explain each target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(AGENTS) ## bin/appimg and bin/confd, with the agent for linux/amd64, linux/arm64 and windows/386 embedded
	CGO_ENABLED=0 go build -trimpath -ldflags '$(STAMP)' -o bin/appimg ./cmd/appimg
	CGO_ENABLED=0 go build $(CONFD) -o bin/confd ./cmd/confd

# The agent is stamped with nothing: a commit that does not touch it leaves the
# layer that holds it, and so the images' digests, as they were.
bin/confd-linux-%: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build $(CONFD) -buildvcs=false -o $@ ./cmd/confd

pkg/agent/embedded/confd-linux-%.zst: bin/confd-linux-%
	go run ./hack/pack $< $@

pkg/agent/embedded/confd-linux-%.gz: bin/confd-linux-%
	go run ./hack/pack $< $@

bin/confd-windows-386: FORCE
	CGO_ENABLED=0 GOOS=windows GOARCH=386 go build $(CONFD) -buildvcs=false -o $@ ./cmd/confd

pkg/agent/embedded/confd-windows-386.zst: bin/confd-windows-386
	go run ./hack/pack $< $@

demo: build ## scaffold the ZooKeeper app, render its nodes, build its image: no Docker engine needed
	hack/demo

test: build ## install what the tests need (Debian, root) and run them all
	hack/test-deps
	hack/test

bench: build ## appimg and its peers side by side, with ratios
	hack/test-deps bench
	go run ./hack/bench

check: ## vet, staticcheck, formatting, tidy go.mod, generated docs up to date
	go vet ./...
	$(STATICCHECK) ./...
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); if [ -n "$$bad" ]; then echo "not formatted (gofmt -w):"; echo "$$bad"; exit 1; fi
	go mod tidy -diff
	hack/check-docs

docs: ## write docs/cli from the commands
	go run ./hack/gendocs -markdown docs/cli

install: build ## copy appimg, its man pages, completions and schemas below PREFIX (/usr/local)
	SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct 2>/dev/null) go run ./hack/gendocs -man bin/man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 0755 bin/appimg $(DESTDIR)$(PREFIX)/bin/
	install -m 0644 bin/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -d $(DESTDIR)$(PREFIX)/share/appimg/schemas
	install -m 0644 schemas/*.json $(DESTDIR)$(PREFIX)/share/appimg/schemas/
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	bin/appimg completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/appimg
	bin/appimg completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_appimg
	bin/appimg completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/appimg.fish

clean: ## remove what make made
	rm -rf bin dist .cache pkg/agent/embedded/confd-linux-* pkg/agent/embedded/confd-windows-*
