# The VM pool manager: everything one does with a checkout. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

MVN := mvn -ntp -B
JAR := vmm-service/target/vmm.jar
JDK = $$(.ci/jdk25.sh)
TESTBED := cloud-adapters/cloud-jclouds/testbed

# Directories are in the list so that a deleted file makes the jar stale too.
SOURCES := $(shell find pom.xml vmm-service/pom.xml vmm-service/src/main cloud-adapters/*/pom.xml cloud-adapters/*/src \
    db/migrations docs/api web-ui \( -name node_modules -o -name dist -o -name e2e \) -prune -o -print 2>/dev/null | sed 's/ /\\ /g')

.PHONY: help run run-mixed mixed jar cloud-check test format format-check clean sim sim-long mutants crash replicas trouble e2e bench bench-openstack \
    openstack-up openstack-down openstack-ctl test-openstack test-openstack-chaos onboard teardown-site image test-provisioning

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: export VMM_DATA_DIR ?= $(CURDIR)/data
run: $(JAR) ## the whole service on http://localhost:8080, data in data/; FLEET=file.yaml for clouds of your own
	@java=$(JDK)/bin/java; export VMM_FLEET="$${VMM_FLEET:-$(if $(FLEET),$(abspath $(FLEET)))}"; \
	[ -n "$$VMM_FLEET" ] || unset VMM_FLEET; exec "$$java" -XX:+UseParallelGC --sun-misc-unsafe-memory-access=allow -jar $(JAR)

run-mixed: ## the same with docs/fleet-mixed.yaml on an OpenStack, an EC2 and an Azure of the tests, which can be switched off
	@.ci/mixed.sh --run

jar: $(JAR) ## vmm-service/target/vmm.jar, pages inside

$(JAR): $(SOURCES)
	@.ci/jdk25.sh >/dev/null
	$(MVN) -q -pl vmm-service -am package -DskipTests
	@touch $@

cloud-check: $(JAR) ## asks the clouds of FLEET=file.yaml all that the service will, and launches nothing; CLOUD=name only that one
	@[ -n "$(FLEET)" ] || { echo "say which fleet file: make cloud-check FLEET=file.yaml" >&2; exit 2; }; \
	java=$(JDK)/bin/java; exec "$$java" --sun-misc-unsafe-memory-access=allow -jar $(JAR) cloud-check "$(FLEET)" $(CLOUD)

test: ## every check and test that can run here, with a summary of what was left out and why
	@.ci/test.sh

sim: ## the simulation with seeded faults: SEED=1 replays one, SEEDS=50 STEPS=1000 bounds it
	@.ci/sim.sh

sim-long: ## the simulation for MINUTES=600
	@export MINUTES="$${MINUTES:-600}"; .ci/sim.sh

mutants: ## the simulation must catch each deliberate mistake
	@.ci/mutants.sh

crash: ## kill -9 of the real service at any moment: nothing lost, nothing doubled
	@.ci/crash.sh

replicas: ## two real services on one PostgreSQL, thousands of claims
	@.ci/replicas.sh

trouble: ## two OpenStacks in each trouble that we know, and away as planned, for MINUTES=2 (10: the full run); FAULTS=SLOW_10X only that
	@.ci/trouble.sh

mixed: ## the service on an OpenStack, an EC2 and an Azure of the tests: each out and back, kills in a create, no secret in the log
	@.ci/mixed.sh

bench: ## figures for docs/benchmarks.md: claims, fills, a large fleet at rest (about 8 minutes, alone on the machine)
	@.ci/bench.sh

bench-openstack: ## a fill of SERVERS=100 on the real OpenStacks against a bare loop of creates (root, Debian 12)
	@.ci/openstack.sh --bench

e2e: ## a scientist in a real browser: pick, wait, granted, release
	@.ci/e2e.sh

openstack-up: ## two real OpenStacks on this machine, as clouds a and b (root, Debian 12)
	@$(TESTBED)/up a b

openstack-down: ## stops them; PURGE=1 removes their state too
	@PURGE="$(PURGE)" $(TESTBED)/down

openstack-ctl: ## a fault or a look: CMD="a pause nova-api"; without CMD what there is
	@$(TESTBED)/ctl $(CMD)

test-openstack: ## the adapter and the service on a real OpenStack (root, Debian 12)
	@.ci/openstack.sh

test-openstack-chaos: ## two OpenStacks that break in a fill or are away as planned, KILLS=50 kills, SERVERS=520 servers (an hour or two)
	@.ci/openstack.sh --chaos

onboard: ## a new cloud from nothing, by Ansible: CLOUD=rutherford; CHECK=1 changes nothing; SITE=file for a site's file elsewhere
	@provisioning/onboard "$(CLOUD)" $(if $(CHECK),--check) $(if $(SITE),--site "$(SITE)")

teardown-site: ## removes all that onboard made of CLOUD=rutherford; asks first
	@provisioning/onboard "$(CLOUD)" --teardown $(if $(SITE),--site "$(SITE)")

image: ## an image for VMs, by Packer: TYPE=jupyter (base, desktop, mantid-like, gpu) SOURCE=openstack (amazon-ebs, azure-arm, qemu)
	@[ -n "$(TYPE)" ] && [ -n "$(SOURCE)" ] || { echo "say what and where: make image TYPE=jupyter SOURCE=openstack" >&2; exit 2; }; \
	packer/build "$(TYPE)" "$(SOURCE)"

test-provisioning: ## playbooks, hosts and images for real: AREAS=static,hosts only these (root, Debian 12; 25 minutes at most)
	@.ci/provisioning.sh

format: ## formats all Java
	@.ci/format.sh

format-check: ## names the Java files that are not formatted
	@.ci/format.sh --check

clean: ## removes what was built; data/ stays
	rm -rf target */target cloud-adapters/*/target web-ui/dist
