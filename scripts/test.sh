# `./portal test`: unit tests by ctest, the others by Node's test runner. Sourced by ./portal.
# shellcheck shell=sh disable=SC2154 # root and build come from ./portal

passed=0
failed=0

# run_tests [--all | --compose] [NAME...]: everything, or what has a NAME in its name; --all adds what is slow, --compose of that
# docker-compose.yml alone.
run_tests() {
	more=
	node_folders='tests/integration tests/browser'
	case ${1:-} in
	--all | --compose)
		more=$1
		shift
		;;
	esac
	install_npm_packages
	build_tree "$build"
	test_build "$build" "$@"
	case $more in
	--all)
		build_tree "$build/sanitize" -DPORTAL_SANITIZE=ON
		test_build "$build/sanitize" "$@"
		install_npm_packages tests/slow
		node_tests "$build" 'tests/slow' "$@"
		;;
	--compose)
		# Afterwards, since it loads the machine; skipped where no Docker engine can be had.
		node_tests "$build" tests/slow/compose.test.js "$@"
		;;
	esac
	[ $((passed + failed)) -gt 0 ] || die "no test is named $*"
	say "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}

# test_build BUILD-FOLDER [NAME...]
test_build() {
	unit_tests "$@"
	folder=$1
	shift
	node_tests "$folder" "$node_folders" "$@"
}

# count PASSED FAILED EXIT-STATUS: a runner that fails without a failed test counts as one.
count() {
	passed=$((passed + ${1:-0}))
	failed=$((failed + ${2:-0}))
	[ "$3" = 0 ] || [ "${2:-0}" -gt 0 ] || failed=$((failed + 1))
}

unit_tests() {
	folder=$1
	shift
	pattern=.
	[ $# = 0 ] || pattern=$(printf '|%s' "$@")
	status=0
	ctest --test-dir "$folder" --output-on-failure -R "${pattern#|}" --no-tests=ignore \
		-j "$(nproc)" --output-log "$folder/ctest.log" || status=$?
	total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$folder/ctest.log")
	bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of .*/\1/p' "$folder/ctest.log")
	count $((${total:-0} - ${bad:-0})) "$bad" "$status"
}

# node_tests BUILD-FOLDER 'FOLDER-OR-FILE...' [NAME...]: the files *.test.js there.
node_tests() {
	tree=$1
	folders=$2
	shift 2
	files=
	for folder in $folders; do
		for file in "$folder"/*.test.js "$folder"; do
			[ ! -f "$file" ] || ! named "$file" "$@" || files="$files $file"
		done
	done
	[ -n "$files" ] || return 0
	status=0
	# shellcheck disable=SC2086 # a list of words
	PORTAL_BUILD=$tree "$(tests_node)" --test --test-concurrency="$(nproc)" --test-reporter spec --test-reporter-destination stdout \
		--test-reporter tap --test-reporter-destination "$tree/node.tap" $files || status=$?
	count "$(tap_count pass)" "$(($(tap_count fail) + $(tap_count cancelled)))" "$status"
}

# The Node that tests run on: npm's, where there is one.
tests_node() {
	[ ! -x tests/node_modules/.bin/node ] || {
		echo tests/node_modules/.bin/node
		return
	}
	echo node
}

# take_shots [NAME...]: the sheet of screenshots.
take_shots() {
	install_npm_packages
	build_tree "$build"
	PORTAL_BUILD=$build "$(tests_node)" tests/browser/shots.js "$@"
}

tap_count() {
	sed -n "s/^# $1 //p" "$tree/node.tap" | tail -n 1 | grep . || echo 0
}

# named FILE [NAME...]: no NAME, or one that FILE's name holds.
named() {
	base=${1##*/}
	shift
	[ $# -gt 0 ] || return 0
	for name in "$@"; do
		case $base in
		*"$name"*) return 0 ;;
		esac
	done
	return 1
}

# fuzz SECONDS: each target searches from its seeds; what it learns stays in the build folder.
fuzz() {
	CC=clang build_tree "$build/fuzz" -DPORTAL_SANITIZE=ON -DPORTAL_FUZZ=ON
	for target in "$root"/tests/fuzz/seeds/*; do
		name=${target##*/}
		mkdir -p "$build/fuzz/corpus/$name"
		say "fuzzing $name for $1 seconds"
		"$build/fuzz/bin/fuzz_$name" -max_total_time="$1" -print_final_stats=1 -verbosity=0 \
			-artifact_prefix="$build/fuzz/corpus/$name-" "$build/fuzz/corpus/$name" "$target"
	done
}
