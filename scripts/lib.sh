# What the scripts share. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_PROGRESS_WHEN=${CARGO_TERM_PROGRESS_WHEN:-never}

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# as_root COMMAND... : runs it as root.
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# debian PACKAGE... : installs those that are missing.
debian() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "Missing, and there is no apt-get here: install what Debian calls ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || die "Missing: run as root: apt-get install ${missing[*]}"
  say "Installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# lacking COMMAND PACKAGE ... : of each pair, the package if nothing gives the command.
lacking() {
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || printf '%s\n' "$2"
    shift 2
  done
}

# What it takes to build ponte.
build_tools() {
  # shellcheck disable=SC2046
  debian $(lacking cc gcc make make pkg-config pkg-config) ca-certificates libc6-dev libssl-dev libxml2-dev libxmlsec1-dev
  command -v cargo >/dev/null || PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null || die "Rust 1.89 or newer is needed and Debian's is older: install it with rustup (see rustup.rs), then run this again"
  local version
  version=$(cargo --version | cut -d' ' -f2)
  printf '1.89\n%s\n' "$version" | sort -CV || die "Rust 1.89 or newer is needed, and this is $version: run rustup update"
}

# What it takes to bring the pages' style and scripts.
page_tools() {
  # shellcheck disable=SC2046
  debian $(lacking node nodejs npm npm)
}

# The browser that the tests drive: Chromium without windows, where Debian has it and it can be installed, or whole.
browser() {
  local light=chromium-headless-shell
  command -v $light >/dev/null && return 0
  if apt-cache show $light >/dev/null 2>&1 && (debian $light); then return 0; fi
  # shellcheck disable=SC2046
  debian $(lacking chromium chromium)
}

# The service providers and the browser that the tests drive: target/venv, target/pyff, target/satosa and target/peers.
peers() {
  page_tools
  # shellcheck disable=SC2046
  debian $(lacking xmlsec1 xmlsec1 strace strace softhsm2-util softhsm2 gnutls-cli gnutls-bin)
  browser
  python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3 python3-venv
  mkdir -p target
  if ! cmp -s tests/clients/requirements.txt target/venv/requirements.txt; then
    say "Installing the Python service providers in target/venv"
    rm -rf target/venv
    python3 -m venv target/venv
    target/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement tests/clients/requirements.txt
    cp tests/clients/requirements.txt target/venv/requirements.txt
  fi
  if ! cmp -s tests/clients/pyff.txt target/pyff/requirements.txt; then
    say "Installing pyFF in target/pyff"
    rm -rf target/pyff
    python3 -m venv target/pyff
    target/pyff/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement tests/clients/pyff.txt
    cp tests/clients/pyff.txt target/pyff/requirements.txt
  fi
  if ! cmp -s tests/clients/satosa.txt target/satosa/requirements.txt; then
    say "Installing SATOSA in target/satosa"
    rm -rf target/satosa
    python3 -m venv target/satosa
    target/satosa/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement tests/clients/satosa.txt
    cp tests/clients/satosa.txt target/satosa/requirements.txt
  fi
  if ! cmp -s tests/clients/package-lock.json target/peers/installed.json; then
    say "Installing the JavaScript service provider and the browser's driver in target/peers"
    rm -rf target/peers
    mkdir -p target/peers
    cp tests/clients/package.json tests/clients/package-lock.json target/peers/
    (cd target/peers && npm ci --silent --no-audit --no-fund --ignore-scripts)
    cp tests/clients/package-lock.json target/peers/installed.json
  fi
  simplesamlphp
}

# Debian's SimpleSAMLphp in target/simplesamlphp, taken apart rather than installed: it would bring a web server, and start it.
simplesamlphp() {
  debian php-cli php-mbstring php-xml
  [ -d target/simplesamlphp/usr ] && return 0
  say "Taking SimpleSAMLphp apart in target/simplesamlphp"
  rm -rf target/simplesamlphp target/simplesamlphp.new
  mkdir -p target/simplesamlphp.new
  (
    cd target/simplesamlphp.new &&
      { apt-get download -qq simplesamlphp 2>/dev/null || { as_root apt-get update -qq && apt-get download -qq simplesamlphp; }; } &&
      dpkg-deb --extract simplesamlphp_*.deb . && rm simplesamlphp_*.deb
  ) && mv target/simplesamlphp.new target/simplesamlphp || say "No SimpleSAMLphp here: Debian 12 has it"
}
