# Sourced by ./portal and by the scripts beside it. Expects $root, the repository's folder.
# shellcheck shell=sh disable=SC2034,SC2154 # some names come from the caller, some are for it

umask 022
port=${PORTAL_PORT:-8080}
var=${PORTAL_VAR:-var}
build=${PORTAL_BUILD:-build}
case $var in /*) ;; *) var=$root/$var ;; esac
case $build in /*) ;; *) build=$root/$build ;; esac

die() {
	printf 'portal: %s\n' "$*" >&2
	exit 1
}

say() {
	printf '%s\n' "$*"
}

# wait_until SECONDS COMMAND...: asks COMMAND every 50 ms; fails when it has not succeeded in time.
wait_until() {
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# newer PATH MARK: PATH, or a file below it, changed after MARK, or there is no MARK.
newer() {
	[ ! -e "$2" ] || [ -n "$(find -L "$1" -type f -newer "$2" -print)" ]
}
