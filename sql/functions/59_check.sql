-- The check page: what the portal says about some bytes to anybody who has their hash.
SET search_path = portal;

-- GET and POST /verify. Only acceptances are told of: bytes that were declined, withdrawn or never decided are
-- answered like bytes that were never here. An acceptance stays provable when its document is removed; the name
-- goes when it is erased. Newest first, at most five: [{what, sender_name, at, utc, time_zone, name}].
CREATE OR REPLACE FUNCTION customer_verify(p_sha256 text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	RETURN (
		SELECT coalesce(json_agg(json_build_object('what', x.what, 'sender_name', s.sender_name,
			'at', local_time(x.at, s.time_zone), 'utc', local_time(x.at, 'UTC'), 'time_zone', s.time_zone,
			'name', CASE WHEN s.verify_shows_name THEN x.name END) ORDER BY x.at DESC), '[]')
		FROM (
			SELECT 'accepted' AS what, tenant_id, at, name FROM decision
			WHERE sha256 = decode(p_sha256, 'hex') AND type = 'accepted'
			UNION ALL
			SELECT 'receipt', y.tenant_id, y.at, y.name FROM receipt r
			JOIN decision y ON y.tenant_id = r.tenant_id AND y.document_id = r.document_id AND y.version = r.version
			WHERE r.sha256 = decode(p_sha256, 'hex')
			UNION ALL
			SELECT 'receipt', y.tenant_id, y.at, y.name FROM receipt_former r
			JOIN decision y ON y.tenant_id = r.tenant_id AND y.document_id = r.document_id AND y.version = r.version
			WHERE r.sha256 = decode(p_sha256, 'hex')
			ORDER BY at DESC LIMIT 5) x
		JOIN setting s ON s.tenant_id = x.tenant_id);
END $$;
