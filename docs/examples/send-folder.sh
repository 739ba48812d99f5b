#!/bin/sh
# Sends the PDFs of a folder to the portal, each with the metadata that stands beside it.
#
# usage: send-folder.sh BASE_URL API_KEY FOLDER
#   BASE_URL  such as https://portal.example
#   API_KEY   with the scope `write`
#   FOLDER    holds NAME.pdf (or NAME.PDF) and NAME.json, the metadata of docs/api.md, for each document; attachments are
#             not sent
#
# It can be started again at any time, and several times at once: the portal knows a document by its `external_id`, and what
# it has already is `unchanged`. What fails for the moment (no connection, 429, 5xx) is tried again. The exit status is
# 0 when everything was taken, also where there is nothing to send, 1 when something was not, 2 when it could not begin.
#
# Settings: SEND_TRIES (8) times a document is tried, SEND_WAIT_MOST (60) seconds it waits at most between two tries.
set -eu

tries_most=${SEND_TRIES:-8}
wait_most=${SEND_WAIT_MOST:-60}

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s\n' "send-folder: $*" >&2
	exit 2
}

# sha256 < BYTES, by whichever program there is.
sha256() {
	if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# json_strings NAME... < JSON: the values of these members, one a line, where they are strings; in the order they stand.
json_strings() {
	awk -v names=" $* " '
		{ text = text $0 " " }
		END {
			while (match(text, /"([^"\\]|\\.)*"/)) {
				string = substr(text, RSTART + 1, RLENGTH - 2)
				text = substr(text, RSTART + RLENGTH)
				if (text ~ /^[ \t]*:/) {
					name = string
					continue
				}
				if (index(names, " " name " ")) {
					gsub(/\\n/, " ", string)
					gsub(/\\"/, "\"", string)
					gsub(/\\\//, "/", string)
					gsub(/\\\\/, "\\", string)
					print string
				}
				name = ""
			}
		}'
}

# quoted PATH: as curl takes a file name in -F, whatever signs it holds.
quoted() {
	printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# header NAME: of the last answer.
header() {
	tr -d '\r' <"$work/head" | awk -v name="$1:" 'tolower($1) == tolower(name) { value = $2 } END { print value }'
}

# request CURL-ARGUMENT...: one try; $status is the HTTP status, 000 without an answer. $work/answer holds the body.
request() {
	: >"$work/head"
	: >"$work/answer"
	status=$(curl -sS --connect-timeout 10 --max-time 600 -H "@$work/key" -D "$work/head" -o "$work/answer" -w '%{http_code}' \
		"$@" 2>"$work/error") || status=000
}

# ask CURL-ARGUMENT...: tries until there is an answer that counts, and waits as long as the portal asks.
ask() {
	try=1
	pause=1
	while request "$@" && may_pass && [ "$try" -lt "$tries_most" ]; do
		wait=$(header Retry-After)
		case $wait in
		'' | *[!0-9]*) wait=$pause ;;
		esac
		[ "$wait" -le "$wait_most" ] || wait=$wait_most
		sleep "$wait"
		try=$((try + 1))
		pause=$((pause * 2))
	done
}

# Whether another try may help.
may_pass() {
	case $status in
	000 | 429 | 5??) return 0 ;;
	*) return 1 ;;
	esac
}

# send PDF: sets $result.
send() {
	pdf=$1
	metadata=${1%.*}.json
	if [ ! -r "$metadata" ] || [ ! -r "$pdf" ]; then
		result=refused
		printf '%s\n' "${metadata##*/} or ${pdf##*/} cannot be read" >"$work/why"
		return
	fi
	# The same key for every try of this content in this run: a lost answer comes again. Another run asks anew.
	key=$run-$(cat "$metadata" "$pdf" | sha256)
	ask -H "Idempotency-Key: $key" -F "metadata=<$(quoted "$metadata");type=application/json" \
		-F "file=@$(quoted "$pdf");type=application/pdf" "$base_url/api/v1/documents"
	case $status in
	200 | 201) result=$(json_strings result <"$work/answer" | head -n 1) ;;
	*) result='' ;;
	esac
	[ -z "$result" ] || return 0
	if [ "$status" = 000 ]; then cp "$work/error" "$work/why"; else why; fi
	if may_pass; then result=failed; else result=refused; fi
}

# What a problem (RFC 9457) says: each member at fault, or its detail where none is.
why() {
	json_strings code detail pointer <"$work/answer" | awk -v status="$status" '
		NR == 1 { code = $0; next }
		NR == 2 { detail = $0; next }
		NR % 2 == 1 { pointer = $0; next }
		{ errors = errors "\n    " pointer ": " $0 }
		END { print status " " code (errors == "" ? ": " detail : errors) }' >"$work/why"
}

# tally RESULT: how many there were.
tally() {
	grep -c -x "$1" "$work/results" || true
}

[ $# = 3 ] || die "usage: send-folder.sh BASE_URL API_KEY FOLDER"
base_url=${1%/}
folder=$3
[ -d "$folder" ] || die "there is no folder $folder"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# In a file, and not among curl's arguments, which everybody on this machine can see.
(umask 077 && printf 'Authorization: Bearer %s\n' "$2" >"$work/key")
: >"$work/results"
: >"$work/not-taken"
run=$(date +%s)-$$-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')

ask "$base_url/api/v1/documents/counts"
case $status in
200) ;;
000) die "no answer from $base_url: $(cat "$work/error")" ;;
*) die "$base_url answers $status: $(json_strings detail <"$work/answer" | head -n 1)" ;;
esac

total=0
for pdf in "$folder"/*.[pP][dD][fF]; do
	[ ! -e "$pdf" ] || total=$((total + 1))
done
[ "$total" -gt 0 ] || say "there are no PDFs in $folder"
number=0
for pdf in "$folder"/*.[pP][dD][fF]; do
	[ -e "$pdf" ] || continue
	name=${pdf##*/}
	name=${name%.*}
	number=$((number + 1))
	send "$pdf"
	say "$number/$total $name $result"
	say "$result" >>"$work/results"
	case $result in
	refused | failed) say "$name $result: $(cat "$work/why")" >>"$work/not-taken" ;;
	esac
done

say
for result in created new_version updated unchanged refused failed; do
	say "$result $(tally "$result")"
done
[ -s "$work/not-taken" ] || exit 0
say
cat "$work/not-taken"
exit 1
