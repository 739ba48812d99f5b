# The demo tenant and its sample quote, sent like any other: through the API. Sourced by scripts/instance.
# shellcheck shell=sh disable=SC2154 # var, run, bin, local_url and the like come from scripts/instance

demo=$var/demo.json

# json_string NAME: the value of the member NAME in the JSON on standard input; empty for null.
json_string() {
	sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}

# write_demo TENANT-ID API-KEY CUSTOMER-URL
write_demo() {
	(umask 077 && cat >"$demo.new") <<-END
	{
	  "base_url": "$base_url",
	  "api_key": "$2",
	  "mail_dir": "$var/mail",
	  "customer_url": $([ -n "$3" ] && echo "\"$3\"" || echo null),
	  "console_url": "$base_url/console/",
	  "tenant_id": "$1"
	}
	END
	mv "$demo.new" "$demo"
}

sample_metadata() {
	cat <<-END
	{
	  "external_id": "T-2026-0117", "kind": "quote", "title": "Tilbud på nyt tag", "number": "2026-0117",
	  "project": "Tagrenovering", "amount": {"value": "184500.00", "currency": "DKK"},
	  "customer": {"external_id": "K-88", "name": "Jensen Byg A/S"},
	  "contacts": [{"external_id": "P-1", "name": "Mette Jensen", "email": "mette@example.dk",
	                "language": "da", "rights": ["view", "ask", "accept"]}],
	  "message": "Hej Mette, her er tilbuddet på det nye tag. Ring endelig, hvis du har spørgsmål.",
	  "accept": {"enabled": true, "identity": "link", "signature": "typed"},
	  "expires_at": "$(date -d '38 days' +%F)"
	}
	END
}

# post_sample API-KEY
post_sample() {
	"$bin/sample-quote" "$run/sample-quote.pdf"
	sample_metadata >"$run/sample-quote.json"
	curl -sS -o "$run/sample-answer.json" -w '%{http_code}\n' -H "Authorization: Bearer $1" \
		-F "metadata=<$run/sample-quote.json;type=application/json" \
		-F "file=@$run/sample-quote.pdf;type=application/pdf;filename=tilbud-2026-0117.pdf" \
		"$local_url/api/v1/documents" >"$run/sample-status"
	case $(cat "$run/sample-status") in
	20?) ;;
	*) die "the sample quote was refused: $(cat "$run/sample-answer.json")" ;;
	esac
}

# The path of the customer's page, from the link in a mail, which quoted-printable may have folded.
mailed_path() {
	for mail in "$var/mail"/*.eml; do
		tr -d '\r' <"$mail" | sed -e ':fold' -e '/=$/{N;s/=\n//;b fold' -e '}' -e 's/=3D/=/g' |
			sed -n "s|^$base_url\(/d/[A-Za-z0-9_-]*\)\$|\1|p"
	done 2>/dev/null | sed -n '1p' | grep .
}

make_demo() {
	path=''
	if [ -f "$demo" ]; then
		tenant=$(json_string tenant_id <"$demo")
		key=$(json_string api_key <"$demo")
		path=$(json_string customer_url <"$demo" | sed 's|.*\(/d/[^/]*\)$|\1|')
	else
		say "making the demo tenant Nordtag ApS"
		tenant=$(ctl tenant create 'Nordtag ApS' --reply-to tilbud@nordtag.example --color '#1f5f8b' | json_string tenant_id)
		key=$(ctl key create "$tenant" --scope write | json_string api_key)
		[ -n "$key" ] || die "portalctl made no API key"
		write_demo "$tenant" "$key" ''
	fi
	if [ -z "$path" ]; then
		post_sample "$key"
		if [ -z "${PORTAL_SMTP_URL:-}" ]; then
			wait_until 20 mailed_path || die "no mail with the sample's link came to $var/mail; see $var/log/worker/current"
			path=$(mailed_path)
		fi
	fi
	write_demo "$tenant" "$key" "${path:+$base_url$path}"
}

tell() {
	customer_url=$(json_string customer_url <"$demo")
	cat <<-END

	The portal runs at $base_url
	  The customer's page   ${customer_url:-in the mail to mette@example.dk}
	  Mails                 $var/mail
	  API key and addresses $demo
	  Logs                  $var/log
	./portal down stops it.
	END
}
