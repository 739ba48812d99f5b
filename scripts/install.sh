# Installs Debian packages (scripts/packages) and npm packages (tests/package.json). Sourced by ./portal.
# shellcheck shell=sh disable=SC2154 # root and build come from ./portal

# packages_for NEED...: the packages that scripts/packages lists for these needs.
packages_for() {
	for need in "$@"; do
		sed -n "s/^$need //p" "$root/scripts/packages"
	done
}

# missing_packages NEED...: those of them that are not installed.
missing_packages() {
	wanted=$(packages_for "$@")
	# shellcheck disable=SC2086 # a list of words
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p')
	for package in $wanted; do
		printf '%s\n' "$installed" | grep -qxF "$package" || provided "$package" || printf '%s\n' "$package"
	done
}

# Node may come from elsewhere than Debian.
provided() {
	case $1 in
	nodejs) command -v node >/dev/null ;;
	npm) command -v npm >/dev/null ;;
	*) false ;;
	esac
}

# install_packages NEED...: asks for root only when something is missing.
install_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	set -- $missing
	say "installing $*"
	as_root=
	[ "$(id -u)" = 0 ] || as_root=sudo
	command -v ${as_root:-sh} >/dev/null ||
		die "missing Debian packages, and no sudo to install them; as root: apt-get install $*"
	mkdir -p "$build"
	$as_root sh "$root/scripts/apt-install" "$@" >"$build/install.log" || {
		tail -n 20 "$build/install.log" >&2
		die "the packages could not be installed; see $build/install.log"
	}
}

# The npm packages of FOLDER (tests, or tests/slow), as its package-lock.json fixes them.
install_npm_packages() {
	folder=${1:-tests}
	[ -f "$folder/package-lock.json" ] || return 0
	newer "$folder/package-lock.json" "$folder/node_modules/.package-lock.json" || return 0
	say "installing the npm packages of $folder/"
	npm ci --prefix "$folder" --cache "$build/npm" --no-audit --no-fund
	touch "$folder/node_modules/.package-lock.json"
}
