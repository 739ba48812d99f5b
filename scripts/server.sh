# What the container image and the Debian package do alike: settings, passwords, a first certificate. Sourced by
# scripts/container and packaging/dokumentportal.
# shellcheck shell=bash disable=SC2154 # $bin, the programs' folder, comes from who sources this

die() {
	echo "portal: $*" >&2
	exit 1
}

# Stops the start by the name of a setting that is no good. Expects the worker's settings in the environment.
check_settings() {
	case ${PORTAL_TLS:-on} in
	on | off) ;;
	*) die "PORTAL_TLS: $PORTAL_TLS is neither on nor off" ;;
	esac
	case ${PORTAL_PROCESSES:-4} in
	*[!0-9]* | 0* | ???*) die "PORTAL_PROCESSES: $PORTAL_PROCESSES is not a number from 1 to 99" ;;
	esac
	for network in ${PORTAL_TRUSTED_PROXY:-}; do
		[[ $network =~ ^[0-9a-fA-F.:]+(/[0-9]{1,3})?$ ]] || die "PORTAL_TRUSTED_PROXY: $network is no network like 10.1.0.0/16"
	done
	why=$("$bin/worker" --check 2>&1) || die "$why"
}

# random_password: 48 hexadecimal digits.
random_password() {
	od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# make_passwords FOLDER HOST OWNER-PASSWORD: a file for libpq of each role that has none yet.
make_passwords() {
	for role in owner sender customer worker; do
		[ ! -s "$1/$role.pgpass" ] || continue
		password=$3
		[ "$role" = owner ] || password=$(random_password)
		(umask 077 && printf '%s:*:*:portal_%s:%s\n' "$2" "$role" "$password" >"$1/$role.pgpass.new")
		mv "$1/$role.pgpass.new" "$1/$role.pgpass"
	done
}

# make_certificate FOLDER: one that nobody vouches for, for the host of PORTAL_BASE_URL, where there is none.
make_certificate() {
	[ ! -e "$1/fullchain.pem" ] || return 0
	host=${PORTAL_BASE_URL#*://}
	host=${host%%[:/]*}
	case $host in
	*[!0-9.]*) name=DNS:$host ;;
	*) name=IP:$host ;;
	esac
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "/CN=$host" \
		-addext "subjectAltName=$name" -keyout "$1/privkey.pem" -out "$1/fullchain.pem" 2>/dev/null)
	echo "made a self-signed certificate for $host"
}
