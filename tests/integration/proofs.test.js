// What `portalctl verify` takes for what it is: things that wait for the worker, receipts from before they were signed, and
// all that legitimately goes, changes or stays behind.
import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {signedPdf, simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {checkBundle, manifestOf} from './lib/bundle.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {pathOf} from './lib/store.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
const folder = mkdtempSync('/tmp/proofs-');

after(async () => {
	await portal.stop();
	rmSync(folder, {recursive: true});
});

const contact = name => ({name: 'Mette Jensen', email: `${name}@example.dk`, language: 'da'});

async function sent(name, changes = {}, pdf = simplePdf('Tilbud', name)) {
	const document = await api.send(metadata(name, {contacts: [contact(name)], customer: {external_id: name, name: 'Jensen Byg A/S'}, ...changes}), pdf);

	return {...document, visitor: new Visitor(await linkOf(portal, document.id, contact(name).email))};
}

const settled = id => waitFor('the end of signing and making receipts', async () => await portal.sqlValue(`SELECT count(*) FROM job
	WHERE document_id = '${id}' AND kind IN ('sign', 'receipt', 'mail', 'erase') AND state IN ('waiting', 'running')`) === '0', 60);

async function accepted(...words) {
	const quote = await sent(...words);

	assert.equal((await quote.visitor.accept({name: 'Mette Jensen'})).status, 303);
	await settled(quote.id);
	return quote;
}

const verify = (...words) => portal.ctl('verify', ...words);

async function whole(...words) {
	const {status, output} = await verify(...words);

	assert.match(output, /, 0 findings$/m);
	assert.equal(status, 0);
	return output;
}

async function found(finding, ...words) {
	const {status, output} = await verify(...words);

	assert.match(output, finding);
	assert.equal(status, 1);
	return output;
}

// Runs PART with the clock put forward; with it goes the worker's last sign of life, where the worker is to have been at work.
async function later(time, working, part) {
	await portal.travel(time);
	if (working)
		await portal.sql(`UPDATE worker_beat SET at = at + interval '${time}'`);
	try {
		await part();
	} finally {
		await portal.travelBack();
		await portal.sql('UPDATE worker_beat SET at = now()');
	}
}

const tamper = text => portal.sql(`SET session_replication_role = replica; ${text}`);

describe('what waits for the worker', () => {
	let id;

	before(async () => {
		await portal.supervise('down', 'worker');
		const quote = await sent('waits');

		id = quote.id;
		await quote.visitor.accept({name: 'Mette Jensen'});
	});

	test('is a note, with how long it has waited', async () => {
		const output = await whole('--document', id);

		assert.match(output, /^note: 1 decisions, not yet signed; the oldest has waited for \d+ seconds$/m);
		assert.match(output, /^note: 1 documents, with events not yet signed, which is done once a day; the oldest/m);
		assert.match(output, /^note: 1 receipts, not yet made; the oldest has waited for \d+ seconds$/m);
		assert.doesNotMatch(output, /no worker/);
	});

	test('is one also when no worker could do it, as after a restore, and that is said', () => later('3 days', false, async () => {
		const output = await whole('--document', id);

		assert.match(output, /^note: 1 decisions, not yet signed; the oldest has waited for [23] days$/m);
		assert.match(output, /^note: no worker has been at work for 43\d\d minutes/m);
	}));

	test('is a finding once a worker had an hour for a decision', () => later('2 hours', true, async () => {
		const output = await found(/^document \S+: event \S+: this decision has no signature$/m, '--document', id);

		assert.match(output, /, 1 findings$/m);
		assert.match(output, /^note: 1 receipts, not yet made; the oldest has waited for 2 hours$/m);
	}));

	test('and two days for anything else', () => later('49 hours', true, async () => {
		await found(/: event \S+ and what follows have no signature$/m, '--document', id);
		await found(/: version 1 was accepted, but its receipt has not been made yet$/m, '--document', id);
	}));

	test('is no more once the worker has done it', async () => {
		await portal.supervise('up', 'worker');
		await settled(id);
		assert.doesNotMatch(await whole('--document', id, '--store'), /decision|receipt/);
	});
});

describe('receipts from before they were signed', () => {
	const signature = 'signed_at = NULL, key_id = NULL, statement = NULL, signature = NULL';
	const bare = id => portal.sql(`UPDATE receipt SET ${signature}, tried_at = NULL WHERE document_id = '${id}'`);
	const signed = id => portal.sqlValue(`SELECT signature IS NOT NULL FROM receipt WHERE document_id = '${id}'`);
	let old, broken, gone, forged, never;

	before(async () => {
		[old, broken, gone, forged, never] = await Promise.all(['old', 'broken', 'gone', 'forged', 'never'].map(name => accepted(name)));
	});

	test('are a note, and no part of a bundle', async () => {
		await portal.supervise('down', 'worker');
		for (const {id} of [old, broken])
			await bare(id);
		assert.match(await whole('--document', old.id), /^note: 1 receipts, not yet signed; the oldest/m);
		const {body} = await api.get(`/documents/${old.id}/evidence`);

		assert.equal(manifestOf(body).receipt, null);
		assert.match((await checkBundle(folder, body)).output, /^note: receipt\.pdf: is not here[^]*, 0 findings/m);
	});

	test('are made anew by the worker when it starts, and signed, whatever lies in the store', async () => {
		const path = pathOf(portal, tenantId, await portal.sqlValue(`SELECT encode(sha256, 'hex') FROM receipt WHERE document_id = '${broken.id}'`));

		chmodSync(path, 0o644);
		writeFileSync(path, 'En anden kvittering');
		await portal.supervise('up', 'worker');
		for (const {id} of [old, broken]) {
			await waitFor('the signature', async () => await signed(id) === 't');
			assert.doesNotMatch(await whole('--document', id, '--store'), /note: .*receipts/);
		}
		const {body} = await api.get(`/documents/${old.id}/evidence`);

		assert.ok(manifestOf(body).receipt.key_id);
		assert.doesNotMatch((await checkBundle(folder, body)).output, /note/);
	});

	test('are not signed where another was put in their place', async () => {
		const pdf = simplePdf('En anden kvittering'), hash = sha256(pdf), path = pathOf(portal, tenantId, hash);
		const receiptOf = async () => (await api.get(`/documents/${forged.id}/receipt`)).body;
		const mine = await receiptOf();

		mkdirSync(dirname(path), {recursive: true});
		writeFileSync(path, pdf);
		await tamper(`INSERT INTO file (tenant_id, sha256, size) VALUES ('${tenantId}', '\\x${hash}', ${pdf.length});
			INSERT INTO file_use (tenant_id, sha256, document_id) VALUES ('${tenantId}', '\\x${hash}', '${forged.id}');
			UPDATE receipt SET sha256 = '\\x${hash}', size = ${pdf.length}, ${signature}, tried_at = NULL WHERE document_id = '${forged.id}'`);
		await waitFor('a signature', async () => await signed(forged.id) === 't');
		assert.ok((await receiptOf()).equals(mine));
		await portal.sql('UPDATE public.migration SET applied_at = applied_at - interval \'2 days\'');
		await found(/: version 1: its former receipt has no signature$/m, '--document', forged.id, '--store');
		await portal.sql('UPDATE public.migration SET applied_at = applied_at + interval \'2 days\'');
	});

	test('that cannot be made are a finding after two days', async () => {
		await tamper(`UPDATE receipt SET ${signature}, tried_at = '2099-01-01', created_at = '2099-01-01', waits_since = '2099-01-01' WHERE document_id = '${forged.id}'`);
		await later('49 hours', true, () => found(/: version 1: its receipt has no signature$/m, '--document', forged.id));
		await tamper(`UPDATE receipt SET tried_at = NULL WHERE document_id = '${forged.id}'`);
	});

	test('that are never to be made are a finding as well', async () => {
		await tamper(`DELETE FROM receipt WHERE document_id = '${never.id}'; UPDATE job SET state = 'waiting', run_at = '2099-01-01',
			created_at = '2099-01-01', retried_at = '2099-01-01' WHERE document_id = '${never.id}' AND kind = 'receipt'`);
		await later('49 hours', true, () => found(/: version 1 was accepted, but its receipt has not been made yet$/m, '--document', never.id));
	});

	test('of a removed document cannot be signed any more: a note, if it is old enough', async () => {
		assert.equal((await api.request('DELETE', `/documents/${gone.id}`)).status, 204);
		await bare(gone.id);
		assert.match(await whole('--document', gone.id, '--store'), /^note: 1 receipts, erased or of removed documents, from before/m);
		await portal.sql('UPDATE public.migration SET applied_at = applied_at - interval \'2 days\'');
		await found(/: version 1: its receipt has no signature$/m, '--document', gone.id);
		await portal.sql('UPDATE public.migration SET applied_at = applied_at + interval \'2 days\'');
	});

	test('may be signed twice: the first stays', async () => {
		const row = () => portal.sql(`SELECT signed_at, statement FROM receipt WHERE document_id = '${old.id}'`);
		const first = await row();

		await portal.sql(`SELECT worker_sign_receipt('${tenantId}', '${old.id}', 1, encode(sha256, 'hex'), now(), key_id, 'x', base64(signature))
			FROM receipt WHERE document_id = '${old.id}'`);
		assert.deepEqual(await row(), first);
	});
});

describe('an erased person', () => {
	let quote;

	before(async () => {
		quote = await accepted('erased');
		await quote.visitor.post('/messages', {...formOf((await quote.visitor.get()).html, '/messages'), text: 'Et spørgsmål'});
		// A name at the beginning of a line.
		await api.post(`/documents/${quote.id}/messages`, {text: 'Kære\nMette Jensen,\ntak for din besked.'});
		await settled(quote.id);
		assert.equal((await portal.ctl('contact', 'erase', '--email', contact('erased').email, '--force')).status, 0);
	});

	test('leaves a history that is whole, and a bundle that says so', async () => {
		assert.doesNotMatch(await whole('--document', quote.id, '--store'), /note: .*receipts/);
		const {output} = await checkBundle(folder, (await api.get(`/documents/${quote.id}/evidence`)).body);

		assert.match(output, /^note: receipt\.pdf: is not here: it was erased, since it named who accepted$/m);
		assert.match(output, /, 0 findings/);
	});

	test('is gone from the words of others and from what vouched for them', async () => {
		assert.equal((await api.get(`/documents/${quote.id}/messages`)).body.data[1].text, 'Kære\n[slettet],\ntak for din besked.');
		assert.deepEqual(await portal.sql(`SELECT personal FROM event WHERE document_id = '${quote.id}' AND personal LIKE '%Mette%'`), []);
	});

	test('leaves a receipt\'s hash behind, with its signature', async () => {
		await tamper(`UPDATE receipt_former SET sha256 = sha256('x') WHERE document_id = '${quote.id}'`);
		await found(/: version 1: its former receipt's signature: its row is not what its statement says$/m, '--document', quote.id);
		await tamper(`UPDATE receipt_former SET sha256 = decode(substring(statement FROM 'sha256 (\\w+)'), 'hex') WHERE document_id = '${quote.id}'`);
		await whole('--document', quote.id);
	});

	test('leaves a receipt\'s row behind, which cannot go', async () => {
		await tamper(`CREATE TABLE receipt_kept AS SELECT * FROM receipt_former WHERE document_id = '${quote.id}';
			DELETE FROM receipt_former WHERE document_id = '${quote.id}'`);
		await found(/: version 1 was accepted, but its receipt is gone$/m, '--document', quote.id);
		await tamper('INSERT INTO receipt_former TABLE receipt_kept; DROP TABLE receipt_kept');
		await whole('--document', quote.id);
	});

	test('is erased with an event that names the decision, also where the link had ended or the document was removed', async () => {
		const ended = await accepted('ended'), away = await accepted('away');
		const [{id: who}] = (await api.document(ended.id)).contacts;

		assert.equal((await api.post(`/documents/${ended.id}/contacts/${who}/revoke`, {})).status, 200);
		assert.equal((await api.request('DELETE', `/documents/${away.id}`)).status, 204);
		for (const [name, {id}] of Object.entries({ended, away})) {
			assert.equal((await portal.ctl('contact', 'erase', '--email', contact(name).email, '--force')).status, 0);
			const [event, ...more] = (await portal.sql(`SELECT line FROM event WHERE document_id = '${id}' AND type = 'link.revoked' ORDER BY seq DESC`))
				.map(([line]) => JSON.parse(line).data);

			assert.deepEqual([event, more.length], [{erased: true, decisions: [1]}, name === 'ended' ? 1 : 0]);
			await settled(id);
			await whole('--document', id, '--store');
		}
	});

	test('from before that was told is told of by the migration', async () => {
		const {id} = await accepted('before');

		await tamper(`UPDATE decision SET name = NULL, email = NULL, erased_at = portal_now() WHERE document_id = '${id}';
			UPDATE event SET personal = NULL, salt = NULL WHERE document_id = '${id}' AND type = 'document.accepted';
			INSERT INTO receipt_former (tenant_id, document_id, version, sha256, kind, size, created_at, signed_at, key_id, statement, signature)
			SELECT tenant_id, document_id, version, sha256, kind, size, created_at, signed_at, key_id, statement, signature
			FROM receipt WHERE document_id = '${id}'; DELETE FROM receipt WHERE document_id = '${id}'`);
		await found(/: the decision of version 1: its person was erased, but no event tells of it$/m, '--document', id);
		await portal.sql(readFileSync(new URL('../../sql/024_erasures_told.sql', import.meta.url), 'utf8'));
		await whole('--document', id);
		await whole('--document', quote.id);
	});

	test('was erased when the history says it was', async () => {
		for (const [change, finding] of [['NULL', /does not say when the person was erased/], ['erased_at - interval \'1 hour\'', /was not erased at 20\S+, as it says/],
			['erased_at + interval \'1 second\'', /was not erased at 20\S+, as it says/]]) {
			const at = await portal.sqlValue(`SELECT erased_at FROM decision WHERE document_id = '${quote.id}'`);

			await tamper(`UPDATE decision SET erased_at = ${change} WHERE document_id = '${quote.id}'`);
			await found(finding, '--document', quote.id);
			await tamper(`UPDATE decision SET erased_at = '${at}' WHERE document_id = '${quote.id}'`);
		}
		await whole('--document', quote.id);
	});
});

test('documents in every state have nothing found about them', async () => {
	const revised = await accepted('revised'), removed = await accepted('removed'), declined = await sent('declined'), withdrawn = await sent('withdrawn');

	await accepted('signed', {}, signedPdf('Underskrevet'));
	await api.send(metadata('revised', {customer: undefined, contacts: [contact('revised')], revision: true}), simplePdf('Revideret'));
	assert.equal((await revised.visitor.accept({name: 'Mette Jensen'})).status, 303);
	assert.equal((await api.request('DELETE', `/documents/${removed.id}`)).status, 204);
	await declined.visitor.post('/decline', {...await declined.visitor.form('/decline'), reason: 'For dyrt'});
	assert.equal((await api.post(`/documents/${withdrawn.id}/withdraw`, {})).status, 200);
	assert.equal((await api.post(`/documents/${declined.id}/withdraw`, {})).status, 200);
	await Promise.all([revised, removed, declined, withdrawn].map(({id}) => settled(id)));
	assert.equal((await portal.ctl('secrets', 'rotate', join(portal.var, 'secrets'), 'sign')).status, 0);
	await portal.supervise('restart', 'worker');
	await accepted('rotated');
	for (const {id} of [revised, removed, declined, withdrawn])
		assert.doesNotMatch(await whole('--document', id, '--store'), /receipt/);
	await whole('--document', (await api.get('/documents?external_id=rotated')).body.data[0].id, '--store');
});

test('retention takes what vouches for messages, not the messages', async () => {
	const tenant = await portal.tenant();
	const document = await tenant.api.send(metadata('kept', {contacts: [contact('kept')]}), simplePdf('Tilbud', 'kept'));
	const visitor = new Visitor(await linkOf(portal, document.id, contact('kept').email));

	await visitor.post('/messages', {...formOf((await visitor.get()).html, '/messages'), text: 'Et spørgsmål'});
	await tenant.api.request('PATCH', '/settings', {body: JSON.stringify({retention: {ip_days: 1}})});
	await portal.travel('2 days');
	try {
		await waitFor('forgetting', async () => await portal.sqlValue(`SELECT count(personal) FROM event WHERE document_id = '${document.id}'`) === '0');
	} finally {
		await portal.travelBack();
	}
	await whole('--tenant', tenant.tenantId);
	assert.equal((await tenant.api.get(`/documents/${document.id}/messages`)).body.data[0].text, 'Et spørgsmål');
});
