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
	why=$("$bin/worker" --check 2>&1) || die "$why"
}

# check_certificate FOLDER: nginx would end again and again over files that it cannot use, or serve what browsers refuse.
check_certificate() {
	for file in fullchain.pem privkey.pem; do
		[ -r "$1/$file" ] || die "PORTAL_TLS_DIR: $PORTAL_TLS_DIR holds no $file that user $(id -u) can read"
	done
	public=$(openssl x509 -in "$1/fullchain.pem" -noout -pubkey 2>/dev/null) &&
		openssl crl2pkcs7 -nocrl -certfile "$1/fullchain.pem" -out /dev/null 2>/dev/null ||
		die "PORTAL_TLS_DIR: $PORTAL_TLS_DIR/fullchain.pem is no chain of certificates in PEM"
	ours=$(openssl pkey -in "$1/privkey.pem" -passin pass: -pubout 2>/dev/null) ||
		die "PORTAL_TLS_DIR: $PORTAL_TLS_DIR/privkey.pem is no key in PEM without a passphrase"
	[ "$public" = "$ours" ] ||
		die "PORTAL_TLS_DIR: in $PORTAL_TLS_DIR, privkey.pem is not the key of the first certificate in fullchain.pem"
	openssl x509 -in "$1/fullchain.pem" -noout -checkend 0 >/dev/null ||
		die "PORTAL_TLS_DIR: the certificate in $PORTAL_TLS_DIR has ended: $(openssl x509 -in "$1/fullchain.pem" -noout -enddate)"
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
