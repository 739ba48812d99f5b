// Signatures of the history, and everything that can be altered by who owns the database or the store: each way in a
// document of its own, and `portalctl verify` names it.
import assert from 'node:assert/strict';
import {generateKeyPairSync, sign, verify} from 'node:crypto';
import {chmodSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {pathOf} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant();

after(() => portal.stop());

const attachment = name => ({name: 'Vilkår.txt', bytes: Buffer.from(`Vilkår for ${name}`), type: 'text/plain'});

// A quote that was accepted, with one attachment.
async function accepted(name, sender = api) {
	const document = await sender.send(metadata(name, {customer: {external_id: name, name: 'Jensen Byg A/S'}}),
		simplePdf('Tilbud', name), [attachment(name)]);
	const visitor = new Visitor(await linkOf(portal, document.id, 'mette@example.dk'));

	for (const text of ['Hvornår kan I begynde?', 'Og hvornår er I færdige?'])
		assert.equal((await visitor.post('/messages', {...await visitor.form('/messages'), text})).status, 303);
	const answer = await visitor.accept({name: 'Mette Jensen'});

	assert.ok([200, 303].includes(answer.status), `accepting ${name}: ${answer.status} ${answer.text}`);
	return document.id;
}

const signed = () => waitFor('signatures and receipts of all decisions', async () =>
	await portal.sqlValue('SELECT count(*) FROM job WHERE kind IN (\'sign\', \'receipt\') AND state IN (\'waiting\', \'running\')') === '0', 120);

// A new day for every tenant: what has happened is numbered, signed and listed.
async function nextDay() {
	await waitFor('events in the feed', async () => await portal.sqlValue('SELECT count(*) FROM event WHERE feed_no IS NULL') === '0');
	await portal.sql('UPDATE sealing SET day = \'2020-01-01\'');
	await waitFor('a statement for every tenant', async () =>
		await portal.sqlValue('SELECT count(*) FROM sealing WHERE day = \'2020-01-01\'') === '0');
}

// What verify says of SUBJECT ("document …", "tenant …", "keys").
const saidOf = (output, subject) => output.split('\n').filter(line => line.startsWith(`${subject}: `))
	.map(line => line.slice(subject.length + 2));

// As the superuser, past foreign keys and triggers.
const tamper = text => portal.sql(`SET session_replication_role = replica; ${text}`);

// Numbers the events anew and computes every hash again, as a knowing forger would.
const recompute = id => `DO $$ DECLARE e record; h text := repeat('0', 64); i integer := 0; BEGIN
	FOR e IN SELECT id, line FROM event WHERE document_id = '${id}' AND seq IS NOT NULL ORDER BY seq, n LOOP
		i := i + 1;
		e.line := regexp_replace(e.line, '"seq" : \\d+', '"seq" : ' || i);
		h := sha256_hex(h || E'\\n' || e.line);
		UPDATE event SET seq = i, line = e.line, hash = h WHERE id = e.id;
	END LOOP;
	UPDATE chain SET length = i, head = h WHERE document_id = '${id}'; END $$;`;

const rewrite = (id, from, to) => `UPDATE event SET line = replace(line, '${from}', '${to}')
	WHERE document_id = '${id}' AND type = 'document.accepted' AND line LIKE '%${from}%';`;

const removed = (id, type) => `DELETE FROM event WHERE document_id = '${id}' AND type = 'document.${type}';`;

const forged = id => `INSERT INTO event (id, tenant_id, document_id, seq, type, version, at, line, hash)
	SELECT new_id(), tenant_id, document_id, seq, 'document.downloaded', version, at,
		replace(line, 'document.opened', 'document.downloaded'), hash
	FROM event WHERE document_id = '${id}' AND type = 'document.opened';`;

const swapped = id => `UPDATE event e SET line = o.line, type = o.type, id = new_id() FROM event o
	WHERE e.document_id = '${id}' AND o.document_id = '${id}' AND e.seq = 3 - o.seq;`;

const cutOff = id => `${removed(id, 'accepted')} DELETE FROM decision WHERE document_id = '${id}';
	UPDATE document SET decided = NULL, decided_at = NULL WHERE id = '${id}'; ${recompute(id)}`;

const ofDecision = change => id => `UPDATE decision SET ${change} WHERE document_id = '${id}'`;
const ofReceipt = change => id => `UPDATE receipt SET ${change} WHERE document_id = '${id}'`;
const ofMessage = change => id => `UPDATE message SET ${change} WHERE document_id = '${id}' AND n = 1`;
const ofDocument = change => id => `UPDATE document SET ${change} WHERE id = '${id}'`;
const erased = id => `${ofDecision('name = NULL, email = NULL, reason = NULL, purchase_order = NULL')(id)};
	UPDATE event SET personal = NULL, salt = NULL WHERE document_id = '${id}'`;
const ofSignature = change => id => `UPDATE head_signature SET ${change} WHERE document_id = '${id}'`;

const hashOf = async (id, table) => (await portal.sql(
	`SELECT encode(sha256, 'hex') FROM ${table} WHERE document_id = '${id}'`))[0][0];

async function alterFile(id, table) {
	const path = pathOf(portal, tenantId, await hashOf(id, table));

	chmodSync(path, 0o644);
	writeFileSync(path, 'Et andet tilbud');
}

const nowhere = '01a20ad2-4468-730e-8a8a-69ec0bcf2351';

// name: [how (SQL of the document's id, or a function), what verify says]
const ways = {
	'an event\'s line': [id => rewrite(id, '"language": "da"', '"language": "en"'), /^event \S+: its hash does not follow/],
	'an event\'s line, and all hashes again': [id => rewrite(id, '"language": "da"', '"language": "en"') + recompute(id),
		/^the first \d events are not those that were signed at 20/],
	'an event\'s column': [id => `UPDATE event SET at = at - interval '1 day' WHERE document_id = '${id}' AND type = 'document.accepted'`,
		/^event \S+: its column at is not/],
	'an event\'s personal data': [id => `UPDATE event SET personal = replace(personal, 'Mette', 'Grethe') WHERE document_id = '${id}'`,
		/^event \S+: its personal data were altered/],
	'an event taken out': [id => removed(id, 'opened'), /^event \S+: number \d is missing before it/],
	'an event taken out, and all hashes again': [id => removed(id, 'opened') + recompute(id),
		/^(events were cut off: \d were signed|the first \d events are not)/],
	'an event put in': [id => forged(id), /^event \S+: its hash does not follow/],
	'an event put in, and all hashes again': [id => forged(id) + recompute(id), /^the first \d events are not those that were signed/],
	'an event put in beside the chain': [id => `${forged(id)}
		UPDATE event SET seq = NULL, hash = NULL WHERE document_id = '${id}' AND type = 'document.downloaded'`,
	/^event \S+: it stands outside the chain/],
	'two events swapped': [swapped, /^event \S+: its hash does not follow/],
	'two events swapped, and all hashes again': [id => swapped(id) + recompute(id), /^the first \d events are not those that were signed/],
	'the end cut off': [cutOff, /^events were cut off: \d were signed at \S+, \d are there/],
	'the end cut off, and its signatures': [id => `${cutOff(id)} DELETE FROM head_signature s WHERE document_id = '${id}'
		AND length > (SELECT length FROM chain c WHERE c.document_id = s.document_id)`,
	/^the signature at length \d, which its tenant's statement \d lists, is gone/],
	'the head': [id => `UPDATE chain SET head = repeat('a', 64) WHERE document_id = '${id}'`,
		/^the history does not end where its head says/],
	'the whole document taken out': [id => ['attachment', 'decision', 'engagement', 'link', 'event', 'chain', 'head_signature',
		'file_use', 'job', 'version'].map(table => `DELETE FROM ${table} WHERE document_id = '${id}';`).join(' ')
		+ `DELETE FROM document WHERE id = '${id}'`, /^the signature at length \d, which its tenant's statement \d lists, is gone/],
	'the document\'s row taken out': [id => `DELETE FROM document WHERE id = '${id}'`, /^it is gone, but \d+ of its rows in head_signature are there/],
	'the document, what happened and what was decided taken out': [id => ['document WHERE id', 'event WHERE document_id', 'decision WHERE document_id']
		.map(where => `DELETE FROM ${where} = '${id}';`).join(' '), /^it is gone, but 1 of its rows in receipt are there/],
	'the decision moved to a document that is not there': [id => `UPDATE decision SET document_id = '${nowhere}' WHERE document_id = '${id}'`,
		/^event \S+ tells of a decision whose row is gone/],
	'the decision moved to a version that is not there': [ofDecision('version = 7'), /^event \S+ tells of a decision whose row is gone/],
	'the receipt moved to a document that is not there': [id => `UPDATE receipt SET document_id = '${nowhere}' WHERE document_id = '${id}'`,
		/^version 1 was accepted, but its receipt is gone/],
	'who decided': [ofDecision('name = \'Grethe Jensen\''), /^the decision of version 1 .*event/],
	'who decided, in the event as well': [id => `${ofDecision('name = \'Grethe Jensen\'')(id)};
		UPDATE event SET personal = replace(personal, 'Mette Jensen', 'Grethe Jensen') WHERE document_id = '${id}'`,
	/^event \S+: its personal data were altered/],
	'who decided, and the proof of it erased': [id => `${ofDecision('name = \'Grethe Jensen\'')(id)};
		UPDATE event SET personal = NULL, salt = NULL WHERE document_id = '${id}'`, /^the decision of version 1 names a person, but event/],
	'the consent': [ofDecision('consent = \'Jeg accepterer alt\''), /^the decision of version 1 .*event/],
	'when was decided': [ofDecision('at = at - interval \'1 day\''), /^the decision of version 1 .*event/],
	'what was decided': [ofDecision('type = \'declined\''), /^the decision of version 1 .*event/],
	'the decision taken out': [id => `DELETE FROM decision WHERE document_id = '${id}';
		UPDATE document SET decided = NULL WHERE id = '${id}'`, /^event \S+ tells of a decision whose row is gone/],
	'the decision of another document': [async (id, other) => tamper(
		`UPDATE decision a SET event_id = b.event_id, name = b.name, at = b.at FROM decision b
		WHERE a.document_id = '${id}' AND b.document_id = '${other}'`), /^the decision of version 1 .*event/],
	'the title': [id => `UPDATE version SET title = 'Tilbud på kvist' WHERE document_id = '${id}'`, /^version 1: title not what event \S+ says/],
	'the version taken out': [id => `DELETE FROM version WHERE document_id = '${id}'`, /^version 1 was sent but its row is gone/],
	'the PDF of another document': [async (id, other) => tamper(
		`UPDATE version SET sha256 = '\\x${await hashOf(other, 'version')}' WHERE document_id = '${id}'`), /^version 1: sha256 not what event \S+ says/],
	'an attachment': [id => `UPDATE attachment SET sha256 = sha256('andet') WHERE document_id = '${id}'`, /^version 1: attachments not what event \S+ says/],
	'an attachment taken out': [id => `DELETE FROM attachment WHERE document_id = '${id}'`, /^version 1: attachments not what event \S+ says/],
	'the PDF\'s bytes': [id => alterFile(id, 'version'), /^version 1: its PDF was altered in the store/],
	'the attachment\'s bytes': [id => alterFile(id, 'attachment'), /^version 1: its attachment 1 was altered in the store/],
	'the PDF\'s file taken out': [async id => rmSync(pathOf(portal, tenantId, await hashOf(id, 'version'))),
		/^version 1: its PDF is missing in the store/],
	'the head in a signature\'s row': [ofSignature('head = repeat(\'a\', 64)'), /^the signature at length \d: its row is not/],
	'the time in a signature\'s row': [ofSignature('at = at - interval \'1 day\''), /^the signature at length \d: its row is not/],
	'a signature\'s statement': [ofSignature('at = at - interval \'1 day\', statement = replace(statement, rfc3339(at), '
		+ 'rfc3339(at - interval \'1 day\'))'), /^the signature at length \d: it was not made with the key ed25519-1-/],
	'a signature': [ofSignature('signature = set_byte(signature, 7, 255 - get_byte(signature, 7))'),
		/^the signature at length \d: it was not made with the key ed25519-1-/],
	'a signature taken out': [id => `DELETE FROM head_signature WHERE document_id = '${id}'`,
		/^the signature at length \d, which its tenant's statement \d lists, is gone/],
	'a decision\'s signature taken out before it was listed': [id => `UPDATE head_signature SET batch = NULL WHERE document_id = '${id}';
		UPDATE event SET at = at - interval '2 hours' WHERE document_id = '${id}';
		DELETE FROM head_signature WHERE document_id = '${id}'`, /^event \S+: this decision has no signature/],
	'the receipt\'s hash': [ofReceipt('sha256 = sha256(\'andet\')'), /^version 1: its receipt's signature: its row is not what its statement says/],
	'the receipt\'s kind': [ofReceipt('kind = \'certificate\''), /^version 1: its receipt's signature: its row is not/],
	'the receipt\'s size': [ofReceipt('size = size + 1'), /^version 1: its receipt's signature: its row is not/],
	'when the receipt was made': [ofReceipt('created_at = created_at - interval \'1 day\''), /^version 1: its receipt's signature: its row is not/],
	'the receipt\'s hash, and its statement': [ofReceipt('sha256 = sha256(\'andet\'), statement = replace(statement, encode(sha256, \'hex\'), '
		+ 'encode(sha256(\'andet\'), \'hex\'))'), /^version 1: its receipt's signature: it was not made with the key ed25519-1-/],
	'the receipt\'s signature': [ofReceipt('signature = set_byte(signature, 7, 255 - get_byte(signature, 7))'),
		/^version 1: its receipt's signature: it was not made with the key/],
	'the receipt of another document': [async (id, other) => tamper(`DELETE FROM receipt WHERE document_id = '${id}';
		INSERT INTO receipt SELECT tenant_id, '${id}', version, kind, sha256, size, created_at, signed_at, key_id, statement, signature
		FROM receipt WHERE document_id = '${other}'`), /^version 1: its receipt's signature: its row is not/],
	'the receipt taken out': [id => `DELETE FROM receipt WHERE document_id = '${id}'`, /^version 1 was accepted, but its receipt is gone/],
	'the receipt taken out, and the job that made it': [id => `DELETE FROM receipt WHERE document_id = '${id}';
		DELETE FROM job WHERE document_id = '${id}' AND kind = 'receipt'`, /^version 1 was accepted, but its receipt is gone/],
	'the receipt taken out, its making said to have failed': [id => `DELETE FROM receipt WHERE document_id = '${id}';
		UPDATE job SET state = 'dead' WHERE document_id = '${id}' AND kind = 'receipt'`, /^version 1 was accepted, but its receipt could not be made/],
	'the receipt taken out of a removed document': [async id => {
		assert.equal((await api.request('DELETE', `/documents/${id}`)).status, 204);
		return `DELETE FROM receipt WHERE document_id = '${id}'`;
	}, /^version 1 was accepted, but its receipt is gone/],
	'the receipt taken out of a removed document, and the job that made it': [async id => {
		assert.equal((await api.request('DELETE', `/documents/${id}`)).status, 204);
		return `DELETE FROM receipt WHERE document_id = '${id}'; DELETE FROM job WHERE document_id = '${id}' AND kind = 'receipt'`;
	}, /^version 1 was accepted, but its receipt is gone/],
	'the receipt\'s bytes': [id => alterFile(id, 'receipt'), /^version 1: its receipt was altered in the store/],
	'the receipt\'s file taken out': [async id => rmSync(pathOf(portal, tenantId, await hashOf(id, 'receipt'))),
		/^version 1: its receipt is missing in the store/],
	'a message\'s text': [ofMessage('text = \'Vi begynder i morgen\''), /^message 1: text not what event \S+ says/],
	'a message\'s text taken out': [ofMessage('text = NULL'), /^message 1: text not what event \S+ says/],
	'a message\'s text, in the event as well': [id => `${ofMessage('text = \'Nu\'')(id)}; UPDATE event SET personal = replace(personal,
		'Hvornår kan I begynde?', 'Nu') WHERE document_id = '${id}'`, /^event \S+: its personal data were altered/],
	'a message\'s text, and the proof of it erased': [id => `${ofMessage('text = \'Nu\'')(id)};
		UPDATE event SET personal = NULL, salt = NULL WHERE document_id = '${id}' AND type = 'document.message'`,
	/^message 1 has words, but event \S+ no longer vouches for them/],
	'who wrote a message': [ofMessage('name = \'Grethe Jensen\''), /^message 1: name not what event \S+ says/],
	'when a message was written': [ofMessage('at = at - interval \'1 day\''), /^message 1: at not what event \S+ says/],
	'what a message is about': [ofMessage('page = 1'), /^message 1: page not what event \S+ says/],
	'two messages swapped': [id => `UPDATE message SET n = n + 10 WHERE document_id = '${id}';
		UPDATE message SET n = 13 - n WHERE document_id = '${id}'`, /^message [12]: n not what event \S+ says/],
	'a message taken out': [id => `DELETE FROM message WHERE document_id = '${id}' AND n = 2`, /^event \S+ tells of a message whose row is gone/],
	'a message put in': [id => `INSERT INTO message (tenant_id, document_id, n, version, author, text, at)
		SELECT tenant_id, id, 3, 1, 'sender', 'Aftalt', now() FROM document WHERE id = '${id}'`, /^message 3: no event tells of it/],
	'that who decided was erased': [ofDecision('erased_at = now()'), /^the decision of version 1: its person was not erased, as it says/],
	'who decided taken out like an erasure': [erased, /^the decision of version 1 does not say when the person was erased/],
	'who decided erased, and when said': [id => `${erased(id)}; ${ofDecision('erased_at = now()')(id)}; DELETE FROM receipt WHERE document_id = '${id}'`,
		/^the decision of version 1: its person was erased, but no event tells of it/],
	'who decided erased before the decision': [id => `${erased(id)}; ${ofDecision('erased_at = at - interval \'1 day\'')(id)}`,
		/^the decision of version 1: its person was not erased at 20\S+, as it says/],
	'a hash beside the consent': [ofDecision('consent_sha256 = repeat(\'a\', 64)'), /^the decision of version 1 has a consent, and beside it the hash/],
	'a hash in place of the consent': [ofDecision('consent_sha256 = repeat(\'a\', 64), consent = NULL'), /^the decision of version 1 .*: consent_sha256/],
	'the identity': [ofDecision('identity = \'email_code\''), /^the decision of version 1 is not what event \S+ says: identity/],
	'a proof': [ofDecision('proof = \'{"codes": 1}\''), /^the decision of version 1 .*: proof/],
	'that the link was shown': [ofDecision('disclosed_at = at'), /^the decision of version 1 .*: link_disclosed_at/],
	'the purchase order': [ofDecision('purchase_order = \'PO-8\''), /^the decision of version 1 .*: purchase_order/],
	'how was signed': [ofDecision('signature = \'none\''), /^the decision of version 1 .*: signature/],
	'when the version was made': [id => `UPDATE version SET created_at = created_at - interval '1 day' WHERE document_id = '${id}'`,
		/^version 1: created_at not what event \S+ says/],
	'a version put in': [id => `INSERT INTO version SELECT tenant_id, document_id, 2, kind, title, number, amount, currency, file_name,
		sha256, size, pages, created_at FROM version WHERE document_id = '${id}'`, /^version 2: no event tells of it/],
	'an attachment\'s name': [id => `UPDATE attachment SET name = 'Pris.txt' WHERE document_id = '${id}'`, /^version 1: attachments not what/],
	'an attachment put in': [id => `INSERT INTO attachment (tenant_id, document_id, version, n, name, type, size, sha256)
		SELECT tenant_id, document_id, 1, 2, name, type, size, sha256 FROM attachment WHERE document_id = '${id}'`, /^version 1: attachments not what/],
	'the current version': [ofDocument('version = 2'), /^the document's version.* not what its history says/],
	'that it was withdrawn': [ofDocument('withdrawn_at = now(), decided = NULL, decided_at = NULL'), /^the document's withdrawn_at not what its history says/],
	'that it was removed': [ofDocument('removed_at = now()'), /^the document's removed_at not what its history says/],
	'when it was opened': [ofDocument('opened_at = opened_at - interval \'1 day\''), /^the document's opened_at not what its history says/],
	'that it was archived': [ofDocument('archived_at = now()'), /^the document's archived_at not what its history says/],
	'when it was decided taken out': [ofDocument('decided_at = NULL'), /^the document's state is not what its decision says/],
	'when it was decided': [ofDocument('decided_at = decided_at - interval \'1 day\''), /^the document's state is not what its decision says/],
	'a signature by a forger\'s key': [id => forgeSignature(id), /^the signature at length \d: it was made with the key \S+, which is not a trusted one/],
};

// Rewrites a history, and signs its head again with a key of its own that it also shows as the portal's.
async function forgeSignature(id) {
	const {privateKey, publicKey} = generateKeyPairSync('ed25519');
	const raw = publicKey.export({format: 'der', type: 'spki'}).subarray(12);
	const keyId = `ed25519-1-${sha256(raw).slice(0, 8)}`;

	await tamper(`${rewrite(id, '"language": "da"', '"language": "en"')} ${recompute(id)}
		INSERT INTO signing_key VALUES ('${keyId}', 1, '\\x${raw.toString('hex')}', now());
		UPDATE head_signature s SET head = e.hash, key_id = '${keyId}', statement =
			regexp_replace(regexp_replace(s.statement, 'head \\w+', 'head ' || e.hash), 'key \\S+', 'key ${keyId}')
		FROM event e WHERE s.document_id = '${id}' AND e.document_id = '${id}' AND e.seq = s.length`);
	for (const [length, hex] of await portal.sql(
		`SELECT length, encode(convert_to(statement, 'UTF8'), 'hex') FROM head_signature WHERE document_id = '${id}'`)) {
		await tamper(`UPDATE head_signature SET signature = '\\x${sign(null, Buffer.from(hex, 'hex'), privateKey).toString('hex')}'
			WHERE document_id = '${id}' AND length = ${length}`);
	}
}

test('the public keys are for everybody to fetch, and check signatures without our code', async () => {
	const id = await accepted('keys');

	await signed();
	const answer = await fetch(`${portal.url}/.well-known/dokumentportal-keys.json`);
	const {keys} = await answer.json();

	assert.equal(answer.status, 200);
	assert.equal(answer.headers.get('cache-control'), 'public, max-age=3600');
	assert.equal(keys.length, 1);
	assert.deepEqual(Object.keys(keys[0]).sort(), ['algorithm', 'created_at', 'id', 'public_key_pem', 'retired_at']);
	assert.equal(keys[0].algorithm, 'Ed25519');
	assert.equal(keys[0].retired_at, null);

	const signatures = JSON.parse(await portal.sqlValue(`SELECT signatures_json('${tenantId}', '${id}')`));
	const [[seq, hash]] = await portal.sql(`SELECT seq, hash FROM event WHERE document_id = '${id}' AND type = 'document.accepted'`);
	const mine = signatures.find(signature => signature.length === Number(seq));

	assert.equal(mine.head, hash, 'what is signed at once is the decision');
	for (const {statement, signature} of signatures)
		assert.ok(verify(null, Buffer.from(statement), keys[0].public_key_pem, Buffer.from(signature, 'base64')));
	assert.equal(mine.statement, `dokumentportal-head-1\ntenant ${tenantId}\ndocument ${id}\nlength ${seq}\nhead ${hash}\n`
		+ `at ${mine.at}\nkey ${keys[0].id}\n`);
});

test('`portalctl keys` prints the same keys, from the key file', async () => {
	const {keys} = await (await fetch(`${portal.url}/.well-known/dokumentportal-keys.json`)).json();

	assert.deepEqual((await portal.ctlJson('keys')).keys,
		keys.map(({id, algorithm, public_key_pem: pem}) => ({id, algorithm, public_key_pem: pem})));
});

test('signing twice changes nothing', async () => {
	const all = () => portal.sql('SELECT document_id, length, at, encode(signature, \'hex\') FROM head_signature ORDER BY 1, 2');
	const first = await all();

	await portal.sql('UPDATE job SET state = \'waiting\', run_at = portal_now() WHERE kind = \'sign\'');
	await signed();
	assert.deepEqual(await all(), first);
});

test('every day what changed is signed, and a statement of each tenant lists it', async () => {
	const document = await api.send(metadata('daily'), simplePdf('Tilbud', 'daily'));

	await nextDay();
	const [[length, head, batch]] = await portal.sql(`SELECT length, head, batch FROM head_signature WHERE document_id = '${document.id}'
		ORDER BY length DESC LIMIT 1`);
	const [[number, list, previous]] = await portal.sql(`SELECT number, replace(list, E'\\n', '|'), previous FROM tenant_statement
		WHERE tenant_id = '${tenantId}' ORDER BY number DESC LIMIT 1`);
	const before = await portal.sqlValue(`SELECT replace(statement, E'\\n', '|') FROM tenant_statement
		WHERE tenant_id = '${tenantId}' AND number = ${number - 1}`);

	assert.equal(head, await portal.sqlValue(`SELECT hash FROM event WHERE document_id = '${document.id}' AND seq = ${length}`));
	assert.equal(batch, number);
	assert.ok(list.split('|').includes(`${document.id} ${length} ${head}`));
	assert.equal(previous, sha256(before.replaceAll('|', '\n')));
});

describe('`portalctl verify`', () => {
	for (const [what, words, status, said] of [
		['of a document that is not there', ['--document', '01a20ad2-4468-730e-8a8a-69ec0bcf2350'], 1, /there is no document 01a2/],
		['of a tenant that is not there', ['--tenant', '01a20ad2-4468-730e-8a8a-69ec0bcf2350'], 1, /there is no tenant 01a2/],
		['of an id that is none', ['--document', '17'], 2, /--document: 17 is not an id/],
		['of a tenant\'s id that is none', ['--tenant', 'Nordtag'], 2, /--tenant: Nordtag is not an id/],
		['with keys that are not there', ['--keys', '/nowhere'], 2, /\/nowhere: No such file/],
		['with an option that it does not know', ['--tenants'], 2, /usage:/],
	]) {
		test(`${what} says so`, async () => {
			const answer = await portal.ctl('verify', ...words);

			assert.equal(answer.status, status, answer.output);
			assert.match(answer.output, said);
		});
	}
});

describe('what was altered is found and named:', () => {
	const documents = {}, tenants = {}, output = {};

	before(async () => {
		const names = [...Object.keys(ways), 'nothing', 'nothing either'];

		for (let i = 0; i < names.length; i += 4)
			await Promise.all(names.slice(i, i + 4).map(async name => documents[name] = await accepted(name)));
		for (const name of ['a statement', 'a statement taken out', 'the last statement taken out', 'a tenant', 'nothing']) {
			tenants[name] = await portal.tenant(name);
			await accepted(name, tenants[name].api);
		}
		await signed();
		await nextDay();
		await nextDay();
		output.keys = join(portal.base, 'keys.json');
		writeFileSync(output.keys, (await portal.ctl('keys')).output);
		await portal.supervise('down', 'worker');

		const whole = await portal.ctl('verify', '--store', '--keys', output.keys);

		assert.equal(whole.status, 0, whole.output);
		assert.match(whole.output, /^\d+ documents, \d+ events, \d+ signatures, \d+ files, 0 findings$/m);
		for (const [name, [way]] of Object.entries(ways)) {
			const sql = await way(documents[name], documents['nothing either']);

			if (typeof sql === 'string')
				await tamper(sql);
		}
		await tamper(`UPDATE tenant_statement SET list = '' WHERE tenant_id = '${tenants['a statement'].tenantId}'`);
		await tamper(`DELETE FROM tenant_statement WHERE tenant_id = '${tenants['a statement taken out'].tenantId}' AND number = 1`);
		await tamper(`DELETE FROM tenant_statement s WHERE tenant_id = '${tenants['the last statement taken out'].tenantId}'
			AND number = (SELECT max(number) FROM tenant_statement o WHERE o.tenant_id = s.tenant_id)`);
		await tamper(`DELETE FROM tenant WHERE id = '${tenants['a tenant'].tenantId}'`);
		output.all = (await portal.ctl('verify', '--store')).output;
		output.pinned = await portal.ctl('verify', '--keys', output.keys);
	});

	for (const [name, [, words]] of Object.entries(ways)) {
		test(name, () => {
			const said = saidOf(output.all, `document ${documents[name]}`);

			assert.ok(said.some(line => words.test(line)), `${name}: ${said.join('; ') || 'nothing was said'}`);
		});
	}

	test('events are named by their id', async () => {
		const [[event]] = await portal.sql(`SELECT id FROM event WHERE type = 'document.accepted'
			AND document_id = '${documents['an event\'s line']}'`);

		assert.ok(saidOf(output.all, `document ${documents['an event\'s line']}`).some(line => line.startsWith(`event ${event}: `)));
	});

	test('a statement', () => {
		assert.match(saidOf(output.all, `tenant ${tenants['a statement'].tenantId}`).join('\n'),
			/^statement \d: its row is not what its statement says/m);
	});

	test('a statement taken out', () => {
		assert.match(saidOf(output.all, `tenant ${tenants['a statement taken out'].tenantId}`).join('\n'), /^statement 1 is gone/m);
	});

	test('the last statement taken out', () => {
		assert.match(saidOf(output.all, `tenant ${tenants['the last statement taken out'].tenantId}`).join('\n'),
			/^its statements do not end with number \d, which was made last/m);
	});

	test('a tenant taken out', async () => {
		const {tenantId: id} = tenants['a tenant'];

		assert.deepEqual(saidOf(output.all, `tenant ${id}`), ['it is gone, but other rows tell of it']);
		assert.match((await portal.ctl('verify', '--tenant', id)).output, /: it is gone/);
	});

	test('what is left of a document that is not there, also where one is asked for', async () => {
		const one = await portal.ctl('verify', '--document', nowhere);

		for (const said of [saidOf(output.all, `document ${nowhere}`), saidOf(one.output, `document ${nowhere}`)])
			assert.deepEqual(said.map(line => line.split(' in ')[1]), ['decision are there', 'receipt are there']);
		assert.equal(one.status, 1);
	});

	test('a key that the database shows', () => {
		assert.match(saidOf(output.all, 'keys').join('\n'), /^the database shows a key ed25519-1-\w{8}, which is not a trusted one/m);
	});

	test('with keys that were kept elsewhere as well', () => {
		const id = documents['a signature by a forger\'s key'];

		assert.equal(output.pinned.status, 1);
		assert.match(saidOf(output.pinned.output, `document ${id}`).join('\n'), /which is not a trusted one/);
	});

	test('a public key replaced under its own id', async () => {
		const [[id, hex]] = await portal.sql('SELECT key_id, encode(public_key, \'hex\') FROM signing_key ORDER BY created_at LIMIT 1');

		await tamper(`UPDATE signing_key SET public_key = sha256('x') WHERE key_id = '${id}'`);
		const {output: said} = await portal.ctl('verify', '--keys', output.keys);

		await tamper(`UPDATE signing_key SET public_key = '\\x${hex}' WHERE key_id = '${id}'`);
		assert.match(saidOf(said, 'keys').join('\n'), new RegExp(`^the database shows another key under the id ${id}`, 'm'));
	});

	test('and nothing else is', () => {
		for (const name of ['nothing', 'nothing either'])
			assert.deepEqual(saidOf(output.all, `document ${documents[name]}`), []);
		assert.deepEqual(saidOf(output.all, `tenant ${tenants.nothing.tenantId}`), []);
	});

	test('one document can be asked for', async () => {
		const [good, bad] = await Promise.all(['nothing', 'the consent'].map(name => portal.ctl('verify', '--document', documents[name])));

		assert.equal(good.status, 0, good.output);
		assert.match(good.output, /^1 documents/m);
		assert.equal(bad.status, 1);
		assert.match(bad.output, /the decision of version 1/);
	});
});

test('after a rotation a new key signs, and the old one\'s signatures still hold', async () => {
	assert.equal((await portal.ctl('secrets', 'rotate', join(portal.var, 'secrets'), 'link')).status, 2);
	assert.equal((await portal.ctl('secrets', 'rotate', join(portal.var, 'secrets'), 'sign')).status, 0);
	await portal.supervise('up', 'worker');
	const {tenantId: tenant, api: sender} = await portal.tenant('Rotation');
	const id = await accepted('rotated', sender);

	await signed();
	const {keys} = await (await fetch(`${portal.url}/.well-known/dokumentportal-keys.json`)).json();

	assert.match(await portal.sqlValue(`SELECT key_id FROM head_signature WHERE document_id = '${id}' LIMIT 1`), /^ed25519-2-/);
	assert.match(keys[0].id, /^ed25519-2-/);
	assert.equal(keys[0].retired_at, null);
	assert.ok(keys.slice(1).every(key => key.retired_at));
	assert.equal((await portal.ctl('verify', '--tenant', tenant)).status, 1, 'the forged key is still shown');
	await tamper('DELETE FROM signing_key WHERE key_id NOT IN (SELECT key_id FROM tenant_statement)');
	assert.equal((await portal.ctl('verify', '--document', id)).status, 0);
	const nothing = await portal.sqlValue('SELECT document_id FROM head_signature WHERE key_id LIKE \'ed25519-1-%\' ORDER BY 1 LIMIT 1');

	assert.equal((await portal.ctl('verify', '--document', nothing)).status, 0);
});
