# `./portal upgrade`: a new release under docker-compose, without a request lost. Sourced by ./portal.
# shellcheck shell=sh disable=SC2154 # root comes from ./portal

compose() {
	if docker compose version >/dev/null 2>&1; then
		docker compose "$@"
	else
		docker-compose "$@"
	fi
}

# app_services: the services of docker-compose.yml that run the executables.
app_services() {
	compose config --services | grep '^app-' | sort
}

healthy() {
	[ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = healthy ]
}

# The database learns what the new release needs, in a way that the old one can live with; then one app after the other is
# replaced, while nginx turns to those that serve. nginx and the database stay as they are.
upgrade() {
	command -v docker >/dev/null || die "docker is not installed"
	say "building"
	compose build -q init
	say "bringing the database up to date"
	compose run --rm init || die "the database could not be brought up to date; nothing was replaced"
	for service in $(app_services); do
		say "replacing $service"
		compose up -d --no-deps --no-build "$service"
		wait_until 120 healthy "$service" || die "$service does not become healthy; what is not replaced yet goes on serving"
	done
	say "replacing worker"
	compose up -d --no-deps --no-build worker
	say "upgraded"
}
