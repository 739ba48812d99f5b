// Idempotency-Key: the same request gets the first answer again, for a day.
import assert from 'node:assert/strict';
import {chmodSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {pngOf, putFile} from './lib/files.js';
import {startPortal} from './lib/portal.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant();

after(() => portal.stop());

let number = 0;
const newKey = () => `key-${++number}`;
const given = (externalId, changes = {}) => metadata(externalId, {notify: {on_upload: false}, ...changes});
const post = (path, value, key, by = api) => by.request('POST', path, {body: JSON.stringify(value),
	headers: {'content-type': 'application/json', 'idempotency-key': key}});
const patch = (id, value, key, headers) => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(value), headers: {'idempotency-key': key, ...headers}});
const upload = (metadata, pdf, key, attachments, by = api) => by.upload(metadata, pdf, attachments, {'idempotency-key': key});
const replayed = answer => answer.headers.get('idempotent-replayed') === 'true';
const events = async id => (await api.events(id)).length;
const pdf = simplePdf('Med nøgle');

// A document with a state of its own, made without a key.
const sent = (name, changes) => api.send(given(name, changes), pdf);

// What a client can tell two answers apart by.
const seen = ({status, headers, body}) => ({status, body, ...Object.fromEntries(['content-type', 'etag'].map(name => [name, headers.get(name)]))});

// FIRST and AGAIN are the answers to the same request.
function assertAgain(first, again) {
	assert.deepEqual(seen(again), seen(first));
	assert.equal(replayed(first), false);
	assert.equal(replayed(again), true);
}

describe('the same request again', () => {
	test('an upload: status, body, headers, and nothing happens twice', async () => {
		const key = newKey(), attachments = [{name: 'bilag.txt', bytes: 'Bilag'}];
		const first = await upload(given('u-1'), pdf, key, attachments);

		assert.equal(first.status, 201);
		const count = await events(first.body.id);

		for (let i = 0; i < 2; i++) // each with another multipart boundary
			assertAgain(first, await upload(given('u-1'), pdf, key, attachments));
		assert.equal(await events(first.body.id), count);
		assert.equal((await api.document(first.body.id)).version.number, 1);
	});

	test('says again where the document is', async () => {
		const key = newKey(), first = await upload(given('u-location'), pdf, key), again = await upload(given('u-location'), pdf, key);

		assert.equal(first.headers.get('location'), `/api/v1/documents/${first.body.id}`);
		assert.equal(again.headers.get('location'), first.headers.get('location'));
	});

	test('the metadata\'s members in another order and with other blanks are the same request', async () => {
		const key = newKey(), value = given('u-order');
		const first = await upload(value, pdf, key);

		assertAgain(first, await upload(JSON.stringify(Object.fromEntries(Object.entries(value).reverse()), null, 4), pdf, key));
	});

	test('the first answer even after the document has changed, and after it is removed', async () => {
		const key = newKey();
		const first = await upload(given('u-later'), pdf, key);

		await patch(first.body.id, {message: 'Noget andet'}, newKey());
		assertAgain(first, await upload(given('u-later'), pdf, key));
		assert.equal((await api.document(first.body.id)).message, 'Noget andet');
		await api.request('DELETE', `/documents/${first.body.id}`);
		assertAgain(first, await upload(given('u-later'), pdf, key));
		assert.deepEqual((await api.get('/documents?external_id=u-later')).body.data, []);
	});

	test('a code that was generated is told again to who lost the answer, and kept sealed', async () => {
		const key = newKey(), value = given('u-code', {visibility: 'link', access_code: 'generate'});
		const first = await upload(value, pdf, key), again = await upload(value, pdf, key);

		assert.ok(first.body.access_code);
		assertAgain(first, again);
		const kept = await portal.sql(`SELECT i::text FROM idempotency i WHERE key = '${key}'`);

		assert.equal(kept.length, 1);
		assert.ok(!kept[0][0].includes(first.body.access_code) &&
			!kept[0][0].includes(Buffer.from(first.body.access_code).toString('hex')));
	});

	test('PATCH, an act, a link\'s rotation, DELETE', async () => {
		const {id, contacts: [contact]} = await sent('acts');
		const key = newKey();
		const changed = await patch(id, {message: 'Ny'}, key);

		assert.equal(changed.body.result, 'updated');
		assertAgain(changed, await patch(id, {message: 'Ny'}, key));
		for (const path of [`/documents/${id}/contacts/${contact.id}/rotate`, `/documents/${id}/archive`]) {
			const one = newKey(), first = await post(path, {}, one);

			assert.equal(first.body.result, 'done');
			assertAgain(first, await post(path, {}, one));
		}
		const types = (await api.events(id)).map(event => event.type);

		for (const type of ['link.rotated', 'document.archived', 'document.updated'])
			assert.equal(types.filter(one => one === type).length, 1, type);
		const last = newKey();
		const remove = () => fetch(`${portal.url}/api/v1/documents/${id}`,
			{method: 'DELETE', headers: {'idempotency-key': last, authorization: `Bearer ${api.key}`}});
		const first = await remove();

		assert.equal(first.status, 204);
		const again = await remove();

		assert.deepEqual([again.status, await again.text(), replayed(again)], [204, '', true]);
		assert.equal(again.headers.get('content-type'), first.headers.get('content-type'));
	});

	test('settings, logo, standard attachments and webhooks, whose secret comes again', async () => {
		const all = [
			key => api.request('PATCH', '/settings', {body: '{"sender_name": "Nordtag"}', headers: {'idempotency-key': key}}),
			key => putFile(api, 'PUT', '/settings/logo', 'logo.png', pngOf(3), {'idempotency-key': key}),
			key => putFile(api, 'POST', '/settings/attachments', 'vilkår.txt', 'Vilkår', {'idempotency-key': key}),
			key => post('/webhooks', {url: 'http://127.0.0.1:9/'}, key),
		];

		for (const request of all) {
			const key = newKey(), first = await request(key);

			assert.ok(first.status < 300, JSON.stringify(first.body));
			assertAgain(first, await request(key));
		}
		const settings = (await api.get('/settings')).body;

		assert.equal(settings.attachments.length, 1);
		assert.equal((await api.get('/webhooks')).body.data.length, 1);
		await api.request('DELETE', `/settings/attachments/${settings.attachments[0].id}`);
	});

	test('with If-Match: the first answer, not 412', async () => {
		const {id} = await sent('matched');
		const etag = (await api.get(`/documents/${id}`)).headers.get('etag'), key = newKey();
		const first = await patch(id, {message: 'Ny'}, key, {'if-match': etag});

		assert.equal(first.status, 200);
		assertAgain(first, await patch(id, {message: 'Ny'}, key, {'if-match': etag}));
	});
});

describe('another request under the same key', () => {
	test('is 409 and changes nothing', async () => {
		const key = newKey(), attachments = [{name: 'bilag.txt', bytes: 'Bilag'}];
		const {body: {id}} = await upload(given('other'), pdf, key, attachments);

		for (const [what, request] of Object.entries({
			title: () => upload(given('other', {title: 'Andet'}), pdf, key, attachments),
			'external_id': () => upload(given('other-2'), pdf, key, attachments),
			'the PDF': () => upload(given('other'), simplePdf('Andre bytes'), key, attachments),
			'an attachment\'s bytes': () => upload(given('other'), pdf, key, [{name: 'bilag.txt', bytes: 'Andet'}]),
			'an attachment\'s name': () => upload(given('other'), pdf, key, [{name: 'andet.txt', bytes: 'Bilag'}]),
			'one attachment more': () => upload(given('other'), pdf, key, [...attachments, ...attachments]),
			'no attachment': () => upload(given('other'), pdf, key),
			'an access code': () => upload(given('other', {visibility: 'link', access_code: 'kode 123'}), pdf, key, attachments),
			'null for left out': () => upload(given('other', {expires_at: null}), pdf, key, attachments),
		})) {
			const answer = await request();

			assertProblem(answer, 409, 'conflict');
			assert.equal(replayed(answer), false, what);
		}
		assert.equal((await api.document(id)).version.number, 1);
		assert.deepEqual((await api.get('/documents?external_id=other-2')).body.data, []);
		assert.ok(replayed(await upload(given('other'), pdf, key, attachments)), 'the first is still known');
	});
});

describe('the scope of a key', () => {
	test('is the tenant and the route', async () => {
		const key = newKey(), {api: other} = await portal.tenant('Sydtag ApS');
		const first = await upload(given('scope'), pdf, key), theirs = await upload(given('scope'), pdf, key, [], other);

		assert.deepEqual([first.status, theirs.status, replayed(theirs)], [201, 201, false]);
		assert.notEqual(first.body.id, theirs.body.id);
		const {id} = await sent('scope-2');

		for (const one of [first.body.id, id]) {
			const answer = await post(`/documents/${one}/archive`, {}, key);

			assert.deepEqual([answer.status, answer.body.result, replayed(answer)], [200, 'done', false]);
		}
		assert.equal((await post(`/documents/${id}/unarchive`, {}, key)).body.result, 'done');
	});

	test('another key of the same tenant gets the same answer', async () => {
		const key = newKey(), first = await upload(given('two-keys'), pdf, key);
		const {api: again} = {api: Object.assign(Object.create(Object.getPrototypeOf(api)), api, {key: await portal.key(tenantId, 'write')})};

		assertAgain(first, await upload(given('two-keys'), pdf, key, [], again));
	});

	test('without a key everything is judged anew', async () => {
		assert.equal((await sent('keyless')).result, 'created');
		assert.equal((await sent('keyless')).result, 'unchanged');
	});

	for (const [what, key] of [['empty', ''], ['of 201 characters', 'x'.repeat(201)]])
		test(`a key ${what} is refused`, async () => {
			assertProblem(await upload(given('bad-key'), pdf, key), 400, 'bad_request');
			assert.deepEqual((await api.get('/documents?external_id=bad-key')).body.data, []);
		});

	test('a key of 200 characters, and one of odd ones, is taken', async () => {
		for (const key of ['x'.repeat(200), `a'b"c;--${newKey()}`, '{"json": true}'])
			assert.equal(replayed(await post(`/documents/${(await sent(`long-${++number}`)).id}/archive`, {}, key)), false);
	});
});

describe('at once', () => {
	test('six uploads are one document, and get one answer', async () => {
		const key = newKey();
		const answers = await Promise.all(Array.from({length: 6}, () => upload(given('at-once'), pdf, key)));

		assert.deepEqual(new Set(answers.map(answer => JSON.stringify([answer.status, answer.body]))).size, 1);
		assert.equal(answers[0].status, 201);
		assert.equal(answers.filter(replayed).length, 5);
		assert.equal((await api.events(answers[0].body.id)).filter(event => event.type === 'document.sent').length, 1);
	});

	test('six changes are one', async () => {
		const {id} = await sent('at-once-patch'), key = newKey();
		const answers = await Promise.all(Array.from({length: 6}, () => patch(id, {message: 'Ny'}, key)));

		assert.deepEqual(answers.map(({status, body}) => [status, body.result]), Array(6).fill([200, 'updated']));
		assert.equal((await api.events(id)).filter(event => event.type === 'document.updated').length, 1);
	});

	test('two requests that differ: one is taken, the other is 409', async () => {
		const {id} = await sent('at-once-differ'), key = newKey();
		const answers = await Promise.all(['Et', 'To', 'Tre', 'Fire'].map(message => patch(id, {message}, key)));

		assert.deepEqual(answers.map(({status}) => status).sort(), [200, 409, 409, 409]);
		assert.equal((await api.document(id)).message, answers.find(({status}) => status === 200).body.message);
	});

	test('refusals at once are one refusal', async () => {
		const {id} = await sent('at-once-refused'), key = newKey();

		await post(`/documents/${id}/withdraw`, {}, newKey());
		const answers = await Promise.all(Array.from({length: 6}, () => patch(id, {message: 'Ny'}, key)));

		assert.deepEqual(answers.map(({status, body}) => [status, body.code]), Array(6).fill([409, 'withdrawn']));
	});
});

describe('what is kept', () => {
	test('a refusal by the state: also when the same would be taken now', async () => {
		const {id} = await sent('refused'), key = newKey();

		await portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${id}'`);
		const first = await post(`/documents/${id}/remind`, {}, key);

		assertProblem(first, 409, 'expired');
		await patch(id, {expires_at: '2098-12-31'}, newKey());
		assertAgain(first, await post(`/documents/${id}/remind`, {}, key));
		assert.equal((await post(`/documents/${id}/remind`, {}, newKey())).status, 200);
	});

	test('a refusal of an upload', async () => {
		const key = newKey(), value = given('refused-upload', {expires_at: '2098-01-01', remove_at: '2097-01-01'});
		const first = await upload(value, pdf, key);

		assertProblem(first, 422, 'invalid', ['/remove_at']);
		assertAgain(first, await upload(value, pdf, key));
		assertProblem(await upload(given('refused-upload'), pdf, key), 409, 'conflict');
		assert.deepEqual((await api.get('/documents?external_id=refused-upload')).body.data, []);
	});

	test('404', async () => {
		const key = newKey(), path = '/documents/01a20a79-e3ed-7343-bf46-a9b7192ee56f/archive';
		const first = await post(path, {}, key);

		assertProblem(first, 404, 'not_found');
		assertAgain(first, await post(path, {}, key));
	});

	test('no 503: while the database is away, and when it is back the request is carried out', async () => {
		const key = newKey();

		await portal.supervise('down', 'postgres');
		try {
			const answer = await upload(given('away'), pdf, key);

			assert.equal(answer.status, 503);
			assert.ok(Number(answer.headers.get('retry-after')) > 0);
		} finally {
			await portal.supervise('up', 'postgres');
		}
		for (let tries = 0, answer; ; tries++) {
			answer = await upload(given('away'), pdf, key);
			if (answer.status !== 503 || tries > 100) {
				assert.deepEqual([answer.status, replayed(answer)], [201, false]);
				break;
			}
			await new Promise(resolve => setTimeout(resolve, 50));
		}
		assert.ok(replayed(await upload(given('away'), pdf, key)));
	});

	test('no 5xx after the work had begun: bytes that cannot be written', async () => {
		const key = newKey(), folder = join(portal.var, 'store', tenantId), fresh = simplePdf('Kan ikke gemmes');
		const {mode} = statSync(folder);

		chmodSync(folder, 0o555);
		try {
			assert.ok((await upload(given('unwritten'), fresh, key)).status >= 500);
			assert.equal(await portal.sqlValue(`SELECT count(*) FROM idempotency WHERE key = '${key}'`), '0');
		} finally {
			chmodSync(folder, mode & 0o7777);
		}
		const answer = await upload(given('unwritten'), fresh, key);

		assert.deepEqual([answer.status, replayed(answer)], [201, false]);
	});

	test('no 5xx of a statement that fails, under a lock that lasts', async () => {
		const {id} = await sent('statement'), key = newKey();

		await portal.sql(`ALTER TABLE transition RENAME TO transition_away`);
		try {
			assert.ok((await post(`/documents/${id}/archive`, {}, key)).status >= 500);
		} finally {
			await portal.sql(`ALTER TABLE transition_away RENAME TO transition`);
		}
		assert.equal((await post(`/documents/${id}/archive`, {}, key)).body.result, 'done');
	});

	test('24 hours by the portal\'s clock', async () => {
		const key = newKey(), first = await upload(given('day'), pdf, key);

		assert.equal(first.status, 201);
		try {
			await portal.travel('23 hours 59 minutes');
			assertAgain(first, await upload(given('day'), pdf, key));
			await portal.travel('24 hours 1 minute');
			const answer = await upload(given('day', {title: 'En anden dag'}), pdf, key);

			assert.deepEqual([answer.status, answer.body.result, replayed(answer)], [200, 'new_version', false]);
		} finally {
			await portal.travelBack();
		}
	});
});
