# SPDX-License-Identifier: GPL-2.0-or-later
#
# What one types. The build itself is meson's (see docs/devel/build.md).

BUILD ?= build
SANITIZED ?= build-sanitize
JOBS ?= $(shell nproc)
GUEST = $(BUILD)/guest/amd64

.PHONY: all deps run check check-slow bench bench-disks format lint clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja:
	./configure --builddir=$(BUILD)

# What building and running need; the tests add theirs.
deps:
	@scripts/install-deps build run

# Boots a stock Debian kernel to a shell in this terminal; "poweroff -f" or Ctrl-A x leaves.
run: deps
	@$(MAKE) --no-print-directory all
	@scripts/guest/fetch amd64 $(GUEST)
	@scripts/guest/run $(BUILD)/qemu-system-x86_64 $(GUEST)

check:
	@scripts/install-deps build run test
	@scripts/run-checks --build $(BUILD) --sanitized $(SANITIZED) --jobs $(JOBS)

# RHEA_SOAK multiplies what it does: "make check-slow RHEA_SOAK=0.01" takes minutes.
check-slow:
	@scripts/install-deps build run test
	@scripts/run-checks --build $(BUILD) --sanitized $(SANITIZED) --jobs $(JOBS) --slow

bench: deps
	@$(MAKE) --no-print-directory all
	@scripts/guest/fetch amd64 $(GUEST)
	@tests/bench/run --emulator $(BUILD)/qemu-system-x86_64 --kernel $(GUEST)/vmlinuz $(BENCH_ARGS)

# Beside Debian's: make bench-disks BENCH_ARGS="--other /usr/bin"
bench-disks: deps
	@$(MAKE) --no-print-directory all
	@scripts/guest/fetch amd64 $(GUEST)
	@tests/bench/disks --build $(BUILD) --kernel $(GUEST)/vmlinuz $(BENCH_ARGS)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint: $(BUILD)/build.ninja
	@tests/style/check-tidy --build $(BUILD)

clean:
	rm -rf $(BUILD) $(SANITIZED)
