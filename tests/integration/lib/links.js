// Links as the portal makes them, from its own key: for tests of links that no mail carries, or of many at once.
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

// The token of a link's public half: key id, random id, HMAC.
function tokenOf(portal, tokenId) {
	const [, id, key] = readFileSync(join(portal.var, 'secrets/worker'), 'utf8').match(/^link (\d+) (\S+)$/m);
	const signed = Buffer.concat([Buffer.from([Number(id)]), Buffer.from(tokenId.replaceAll('-', ''), 'hex')]);

	return Buffer.concat([signed, createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest().subarray(0, 16)])
		.toString('base64url');
}

// The personal and shared links of a document by lower-case address: what the mails hold, or would hold. Who has both
// is known by the personal one.
export async function linksOf(portal, documentId) {
	const rows = await portal.sql(`SELECT lower(coalesce(c.email, l.email)), l.token_id FROM link l
		LEFT JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
		WHERE l.document_id = '${documentId}' AND l.kind IN ('personal', 'shared') ORDER BY l.kind DESC`);

	return new Map(rows.map(([email, tokenId]) => [email, `${portal.url}/d/${tokenOf(portal, tokenId)}`]));
}

export const linkOf = async (portal, documentId, email) => (await linksOf(portal, documentId)).get(email.toLowerCase());
