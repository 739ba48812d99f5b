// What senders and their receivers meet at the edges: mail servers that are away, empty members, stray parameters.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {putFile} from './lib/files.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {firstAnswer} from './lib/raw.js';
import {person, sender} from './lib/sender.js';
import {startSmtp} from './lib/smtp.js';
import {waitFor} from './lib/wait.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api} = await portal.tenant('Nordtag ApS');
const {mailsTo, mailed, patch, act, types, changed, quiet, sent} = sender({portal, api, smtp});

after(async () => {
	await portal.stop();
	await smtp.stop();
});

const hurry = () => portal.sql(`UPDATE job SET run_at = portal_now() WHERE state = 'waiting'; NOTIFY portal_jobs`);
const json = {'content-type': 'application/json'};

describe('mails', () => {
	test('an address corrected three times while the mail server is away is one mail', async () => {
		const known = n => person('e-away', n, {external_id: 'e-away'});

		for (let n = 0; n < 4; n++)
			smtp.modes.set(known(n).email, 'defer');
		const {id, given} = await sent('e-away', {contacts: [known(0)]});
		const other = await api.send(metadata('e-away-other', {customer: given.customer, contacts: [known(0)]}), simplePdf('Et andet'));

		const tried = () => waitFor('attempts', async () => await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'mail'
			AND (attempts = 0 OR state = 'running') AND document_id IN ('${id}', '${other.id}')`) === '0');

		for (let n = 1; n < 4; n++) {
			await tried();
			await changed(id, {contacts: [known(n)]});
		}
		await tried();
		smtp.modes.clear();
		await hurry();
		await Promise.all([quiet(id), quiet(other.id)]);
		assert.deepEqual([0, 1, 2].flatMap(n => mailsTo(known(n).email)), []);
		assert.deepEqual(mailsTo(known(3).email).map(mail => mail.link).sort(),
			(await Promise.all([id, other.id].map(one => linkOf(portal, one, known(3).email)))).sort());
		for (const one of [id, other.id])
			assert.equal((await api.document(one)).contacts[0].delivery, 'sent');
	});

	test('without notify.on_upload a new version is silent to who was never told', async () => {
		const {id, given, contacts: [contact]} = await sent('e-silent', {notify: {on_upload: false}});

		assert.equal((await api.send(given, simplePdf('Tilbud', 'e-silent 2'))).result, 'new_version');
		await quiet(id);
		assert.deepEqual(mailsTo(contact.email), []);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'mail' AND document_id = '${id}'`), '0');
		assert.equal((await api.document(id)).contacts[0].delivery, 'none');
	});
});

describe('versions', () => {
	test('empty text is null: no other version, and nothing to show', async () => {
		const {id, given, pdf} = await sent('e-empty', {number: null, project: null, message: null});

		for (const empty of ['', ' '])
			assert.equal((await api.send({...given, number: empty, project: empty, message: empty}, pdf)).result, 'unchanged');
		assert.equal((await changed(id, {project: '', message: ''})).result, 'unchanged');
		await changed(id, {project: 'Tag', message: 'Hej'});
		const {project, message, number} = await changed(id, {project: '', message: ''});

		assert.deepEqual([project, message, number], [null, null, null]);
	});

	test('a new version takes a document out of the archive, and says so', async () => {
		const {id, given} = await sent('e-archive');

		await act(id, 'archive');
		assert.equal((await api.send(given, simplePdf('Tilbud', 'e-archive 2'))).archived_at, null);
		assert.equal((await types(id)).filter(type => type === 'unarchived').length, 1);
		assert.equal((await api.send({...given, title: 'Tredje'}, simplePdf('Tilbud', 'e-archive 3'))).result, 'new_version');
		assert.equal((await types(id)).filter(type => type === 'unarchived').length, 1);
	});

	test('a standard attachment that was sent along is there once', async () => {
		const own = await portal.tenant('Sydtag ApS');
		const terms = {name: 'betingelser.txt', bytes: 'Betalt inden 8 dage'};

		assert.equal((await putFile(own.api, 'POST', '/settings/attachments', terms.name, terms.bytes)).status, 201);
		const names = async (id, attachments) => (await own.api.send(metadata(id), simplePdf('Tilbud', id), attachments)).version.attachments.map(one => one.name);

		assert.deepEqual(await names('e-terms', [terms]), ['betingelser.txt']);
		assert.deepEqual(await names('e-other', [{...terms, bytes: 'Andre'}]), ['betingelser.txt', 'betingelser.txt']);
		assert.equal((await own.api.send(metadata('e-terms'), simplePdf('Tilbud', 'e-terms'), [terms])).result, 'unchanged');
	});

	test('a text of one byte is a text', async () => {
		const attachments = [{name: 'et.txt', bytes: '1'}];

		assert.equal((await api.send(metadata('e-byte'), simplePdf('Tilbud', 'e-byte'), attachments)).version.attachments[0].type, 'text/plain');
		assertProblem(await api.upload(metadata('e-byte'), simplePdf('Tilbud', 'e-byte'), [{name: 'et.txt', bytes: '\x01'}]), 422, 'invalid', ['/attachment/0']);
	});
});

describe('refusals', () => {
	test('point at what was sent', async () => {
		const {id} = await sent('e-pointer', {remove_at: '2098-01-01'});
		const answer = await patch(id, {expires_at: '2099-01-01'});

		assertProblem(answer, 422, 'invalid', ['/expires_at']);
		assert.match(answer.body.errors[0].detail, /remove_at.*2098-01-01/);
		assertProblem(await patch(id, {expires_at: '2099-01-01', remove_at: '2098-06-01'}), 422, 'invalid', ['/remove_at']);
		assertProblem(await patch(id, {customer: {}}), 422, 'invalid', ['/customer']);
	});

	test('an empty customer', async () => {
		const {given, pdf} = await sent('e-customer');

		assertProblem(await api.upload({...given, customer: {}}, pdf), 422, 'invalid', ['/customer']);
		assert.equal((await api.send({...given, customer: {external_id: 'e-customer'}}, pdf)).result, 'unchanged');
	});

	test('unknown query parameters of writes', async () => {
		const {id} = await sent('e-query');

		assertProblem(await api.request('POST', `/documents/${id}/withdraw?dry_run=true`, {body: '{}', headers: json}), 422, 'invalid', ['dry_run']);
		assertProblem(await api.request('PATCH', `/documents/${id}?a=b`, {body: '{}', headers: json}), 422, 'invalid', ['a']);
		assert.equal((await api.document(id)).state, 'sent');
	});

	test('If-Match on revoke and rotate', async () => {
		const {id, document: {contacts: [contact]}, visitor} = await sent('e-match');

		for (const action of ['revoke', 'rotate'])
			assertProblem(await api.request('POST', `/documents/${id}/contacts/${contact.id}/${action}`, {headers: {'if-match': '"99"'}}), 412, 'precondition_failed');
		assert.equal((await visitor.get()).status, 200);
		const etag = (await api.get(`/documents/${id}`)).headers.get('etag');

		assert.equal((await api.request('POST', `/documents/${id}/contacts/${contact.id}/revoke`, {headers: {'if-match': etag}})).status, 200);
	});

	test('of nginx itself are problems too', async () => {
		for (const [method, path, status, code] of [['GET', '/api/v1/documents/%00', 400, 'bad_request'], ['TRACE', '/api/v1/documents', 405, 'method_not_allowed']]) {
			const answer = await firstAnswer(portal.url, [`${method} ${path} HTTP/1.1`, 'Host: x', 'Connection: close']);

			assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
			assert.match(answer, /\r\ncontent-type: application\/problem\+json/i);
			assert.match(answer, new RegExp(`"code": "${code}"`));
		}
	});
});

describe('webhooks', () => {
	test('URLs that name no host, port 0 or letters of elsewhere', async () => {
		for (const url of ['https:///hook', 'https://', 'https://:443/hook', 'https://example.dk:0/hook', 'https://bøger.dk/hook', 'https://ex%C3%A6mple.dk/'])
			assertProblem(await api.post('/webhooks', {url}), 422, 'invalid', ['/url']);
		assert.equal((await api.post('/webhooks', {url: 'https://example.dk:8443/hook?navn=bøger'})).status, 201);
	});

	test('rotated twice, the secret that the receiver has keeps its day', async () => {
		const {id} = await api.webhook('https://example.dk/hook');
		const secrets = async () => (await portal.sql(`SELECT encode(secret, 'hex'), encode(old_secret, 'hex'), old_secret_until FROM webhook WHERE id = '${id}'`))[0];
		const [first] = await secrets();
		const {body} = await api.post(`/webhooks/${id}/rotate`, {});
		const [second, old, until] = await secrets();

		assert.equal(old, first);
		assert.equal((await api.post(`/webhooks/${id}/rotate`, {})).body.old_secret_until, body.old_secret_until);
		const [third, still, then] = await secrets();

		assert.deepEqual([still, then], [first, until]);
		assert.notEqual(third, second);
		try {
			await portal.travel('25 hours');
			await api.post(`/webhooks/${id}/rotate`, {});
			assert.equal((await secrets())[1], third);
		} finally {
			await portal.travelBack();
		}
	});
});
