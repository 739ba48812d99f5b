#!/bin/sh
# Makes a message of a customer's reply to one of the portal's mails: it then stands in the document's thread, and the
# sender is told of it as of any other.
#
# usage: answer-by-mail.sh BASE_URL <TEXT
#   BASE_URL  such as https://portal.example
#   TEXT      the reply's text part, decoded, in UTF-8
#
# The reply quotes our mail, and that holds the customer's link: who has the mail has the link, so the address it comes from
# proves nothing more. What stands above the quotation is the message. The exit status is one of sysexits.h, as mail servers
# read it: 0 taken (also twice the same), 65 not to be used (no link, no text, a link that may not write), 75 try later.
set -u

base_url=${1%/}
text=$(tr -d '\r')
link=$(printf '%s\n' "$text" | grep -Eom 1 "$(printf '%s' "$base_url" | sed 's/[.]/[.]/g')/d/[A-Za-z0-9_-]{44}")
[ -n "$link" ] || {
	echo "answer-by-mail: no link is quoted" >&2
	exit 65
}
file=$(mktemp) || exit 75
trap 'rm -f "$file"' EXIT
# Quoted lines begin with ">"; the line before them says whom they quote.
printf '%s\n' "$text" | link=$link awk '
	/^>/ || index($0, ENVIRON["link"]) { quoted = 1; exit }
	{ line[++n] = $0 }
	END {
		while (n && line[n] ~ /^[ \t]*$/) n--
		if (quoted && line[n] ~ /:[ \t]*$/) n--
		for (i = 1; i <= n; i++) print line[i]
	}' >"$file"
# The link is a key: curl reads it from here, not from its arguments, which everybody on the machine can see.
status=$(printf 'url = "%s/messages"\n' "$link" | curl -sS -o /dev/null -w '%{http_code}' --max-time 30 \
	--data-urlencode "text@$file" --config -) || exit 75
case $status in
303) ;;
429 | 5*) exit 75 ;;
*)
	echo "answer-by-mail: the portal answered $status" >&2
	exit 65
	;;
esac
