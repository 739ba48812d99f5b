# The services of an instance as folders for runit (runsv(8)). Sourced by scripts/instance.
# shellcheck shell=sh disable=SC2034,SC2154 # var, run, bin, root and the like come from scripts/instance

. "$root/scripts/programs.sh"
services="postgres $executables worker nginx"

# replace FILE: standard input becomes FILE, which keeps its time when nothing changes.
replace() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then
		rm "$1.new"
	else
		mv "$1.new" "$1"
	fi
}

# setting PROGRAM NAME VALUE: one variable of the program's environment (chpst -e); empty means unset.
setting() {
	mkdir -p "$var/env/$1"
	printf '%s' "$3" | replace "$var/env/$1/$2"
}

# settings PROGRAM: its environment.
settings() {
	setting "$1" PORTAL_BASE_URL "$base_url"
	setting "$1" PORTAL_DATABASE_URL "postgresql:///portal?host=$run"
	setting "$1" PORTAL_SECRET_FILE "$var/secrets/$(secret_of "$1")"
	setting "$1" PORTAL_STORE_DIR "$var/store"
	setting "$1" PORTAL_LOG_LEVEL "${PORTAL_LOG_LEVEL:-info}"
	setting "$1" PORTAL_MAIL_DIR "$var/mail"
	setting "$1" PORTAL_MAIL_FROM "${PORTAL_MAIL_FROM:-tilbud@portal.example}"
	setting "$1" PORTAL_WEBHOOK_ALLOW "${PORTAL_WEBHOOK_ALLOW:-}"
}

# mail_settings PROGRAM: the environment of one that sends mails.
mail_settings() {
	settings "$1"
	setting "$1" PORTAL_SMTP_URL "${PORTAL_SMTP_URL:-}"
}

# service NAME STOP-SIGNAL [-e FOLDER] COMMAND...: a service that runs COMMAND under chpst(8), and whose output goes to log/NAME/current.
# What runit starts anew never meets its predecessor: a command that dies takes its process group along, and
# it ends when its runsv does.
service() {
	name=$1
	signal=$2
	shift 2
	folder=$var/service/$name
	mkdir -p "$folder/log" "$folder/control" "$var/log/$name"
	script "$folder/run" 'exec 2>&1' 'echo $$ >group' "exec setpriv --pdeathsig $signal chpst -P $*"
	# shellcheck disable=SC2016 # for the script to expand
	script "$folder/finish" 'kill -s KILL -- "-$(cat group)" 2>/dev/null'
	script "$folder/log/run" "exec svlogd $var/log/$name"
	script "$folder/control/t" "kill -s $signal \"\$(cat supervise/pid)\""
	printf 's1000000\nn10\n' | replace "$var/log/$name/config"
}

# script FILE LINE...
script() {
	file=$1
	shift
	{
		echo '#!/bin/sh'
		printf '%s\n' "$@"
	} | replace "$file"
	chmod +x "$file"
}

make_services() {
	service postgres INT "$pg_bin/postgres -D $var/pg"
	ln -sfn "$var/pg/postgresql.conf" "$var/service/postgres/inputs"

	for executable in $executables; do
		settings "$executable"
		service "$executable" TERM \
			"-e $var/env/$executable $bin/$executable $run/$executable.sock $(processes_of "$executable")"
	done

	mail_settings worker
	service worker TERM "-e $var/env/worker $bin/worker"

	settings portalctl

	PORTAL_PDFJS=$build/web/pdfjs PORTAL_METRICS_LISTEN=${PORTAL_METRICS_PORT:+127.0.0.1:$PORTAL_METRICS_PORT} \
		"$root/scripts/nginx-conf" "127.0.0.1:$port" "$run" "$var/store" | replace "$run/nginx.conf"
	service nginx QUIT "/usr/sbin/nginx -e stderr -p $run/nginx -c $run/nginx.conf"
	ln -sfn "$run/nginx.conf" "$var/service/nginx/inputs"
}
