# `./portal bench`: how far the portal is from the least program that does the same work. Sourced by ./portal.
# shellcheck shell=sh disable=SC2154 # root and build come from ./portal

# run_bench [--long] [--check] [--documents N] [NAME...]: see tests/bench/bench.js.
run_bench() {
	install_npm_packages
	build_tree "$build"
	node=node
	[ ! -x tests/node_modules/.bin/node ] || node=tests/node_modules/.bin/node
	PORTAL_BUILD=$build "$node" tests/bench/bench.js "$@"
}
