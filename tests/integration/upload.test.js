// Uploads: what is taken and what it does to a document, and every refusal, which leaves nothing behind.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {bigPdf, encrypt, garbage, halfPdf, noPagesPdf, objectBombPdf, simplePdf, truncatedPdf, xrefBombPdf} from '../pdfs/make.js';
import {Api, assertProblem, metadata, uploadForm} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {firstAnswer} from './lib/raw.js';
import {spoolFiles, storeFiles, strayFiles} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();

after(() => portal.stop());

const MB = 1024 * 1024;
const pdf = simplePdf('Tilbud', 'upload');
const without = (name, changes) => ({...metadata('T-1', changes), [name]: undefined});

describe('the key', () => {
	const head = key => ['POST /api/v1/documents HTTP/1.1', 'Host: portal', 'Content-Type: multipart/form-data; boundary=x',
		'Content-Length: 50000000', ...(key ? [`Authorization: Bearer ${key}`] : [])];

	for (const [what, fields] of [['', []], [' that asks before it sends its body', ['Expect: 100-continue']]]) {
		test(`an upload without a key${what} is answered 401 before its body comes`, async () => {
			assert.match(await firstAnswer(portal.url, [...head(), ...fields]), /^HTTP\/1\.1 401 /);
			assert.match(await firstAnswer(portal.url, [...head(`dp_${'A'.repeat(43)}`), ...fields]), /^HTTP\/1\.1 401 /);
		});
	}

	test('an upload with a read key is answered 403 before its body comes', async () => {
		const {tenantId} = await portal.tenant();
		const key = await portal.key(tenantId, 'read');

		assert.match(await firstAnswer(portal.url, [...head(key), 'Expect: 100-continue']), /^HTTP\/1\.1 403 /);
		assert.equal((await new Api(portal.url, key).get('/documents')).status, 200);
	});

	test('a good key is told to send its body', async () => {
		const {key} = await portal.tenant();

		assert.match(await firstAnswer(portal.url, [...head(key), 'Expect: 100-continue']), /^HTTP\/1\.1 100 /);
	});

	test('a body larger than the route takes is answered 413 before it comes', async () => {
		const {key} = await portal.tenant();
		const tooLarge = head(key).map(line => line.replace('50000000', '200000000'));

		assert.match(await firstAnswer(portal.url, tooLarge), /^HTTP\/1\.1 413 /);
	});

	test('refusals are problem+json', async () => {
		const {tenantId} = await portal.tenant();

		assertProblem(await new Api(portal.url).upload(metadata('T-1'), pdf), 401);
		assertProblem(await new Api(portal.url, 'dp_nonsense').upload(metadata('T-1'), pdf), 401);
		assertProblem(await new Api(portal.url, await portal.key(tenantId, 'read')).upload(metadata('T-1'), pdf), 403);
	});

	test('a revoked key ends at once', async () => {
		const {tenantId, api} = await portal.tenant();
		const [, {key_id: id}] = [0, ...(await portal.ctl('key', 'list', tenantId)).output.trim().split('\n').map(JSON.parse)];

		assert.equal((await api.get('/documents')).status, 200);
		await portal.ctlJson('key', 'revoke', id);
		assertProblem(await api.get('/documents'), 401);
	});
});

describe('refused and nothing left:', async () => {
	const {tenantId, api} = await portal.tenant();
	const folder = mkdtempSync('/tmp/portal-pdf-');

	after(() => rmSync(folder, {recursive: true}));

	function encrypted(user) {
		const [from, to] = ['plain.pdf', 'encrypted.pdf'].map(name => join(folder, name));

		writeFileSync(from, pdf);
		assert.ok(encrypt(from, to, user), 'the program qpdf is missing');
		return readFileSync(to);
	}

	const cases = {
		'an unknown member': [metadata('T-1', {colour: 'red'}), 422, 'invalid', ['/colour']],
		'an unknown member of a contact': [metadata('T-1', {contacts: [{name: 'M', email: 'm@example.dk', phone: '1'}]}),
			422, 'invalid', ['/contacts/0/phone']],
		'missing members, all at once': [{external_id: 'T-1'}, 422, 'invalid', ['/title', '/customer', '/contacts']],
		'a missing external_id': [without('external_id'), 422, 'invalid', ['/external_id']],
		'a bad e-mail address': [metadata('T-1', {contacts: [{name: 'M', email: 'm@@example'}]}), 422, 'invalid', ['/contacts/0/email']],
		'an address that would add a header': [metadata('T-1', {contacts: [{name: 'M', email: 'm@example.dk\r\nBcc: x@example.dk'}]}),
			422, 'invalid', ['/contacts/0/email']],
		'a wrong type': [metadata('T-1', {title: 7, notify: {on_upload: 'yes'}}), 422, 'invalid', ['/title', '/notify/on_upload']],
		'an amount that is a number': [metadata('T-1', {amount: {value: 184500, currency: 'DKK'}}), 422, 'invalid', ['/amount/value']],
		'a bad date': [metadata('T-1', {expires_at: '2099-02-30'}), 422, 'invalid', ['/expires_at']],
		'a date in the past': [metadata('T-1', {expires_at: '2020-01-01'}), 422, 'invalid', ['/expires_at']],
		'broken JSON': ['{"external_id": "T-1",', 400, 'bad_request'],
		'a member twice': ['{"external_id": "T-1", "external_id": "T-2"}', 400, 'bad_request'],
		'JSON that is no object': ['[]', 422, 'invalid'],
		'metadata of more than 256 KB': [metadata('T-1', {message: 'x'.repeat(257 * 1024)}), 413, 'too_large'],
	};

	for (const [what, [given, ...expected]] of Object.entries(cases))
		test(what, async () => assertProblem(await api.upload(given, pdf), ...expected));

	test('a PDF of more than 50 MB', async () =>
		assertProblem(await api.upload(metadata('T-1'), Buffer.alloc(50 * MB + 1)), 413, 'too_large', ['/file']));

	test('an attachment of more than 25 MB', async () =>
		assertProblem(await api.upload(metadata('T-1'), pdf, [{name: 'a.txt', bytes: Buffer.alloc(25 * MB + 1, 'a')}]),
			413, 'too_large', ['/attachment/0']));

	test('a body that is not multipart', async () => assertProblem(await api.post('/documents', metadata('T-1')), 415));

	test('a multipart body that ends too early', async () => {
		const body = Buffer.from('--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}');

		assertProblem(await api.request('POST', '/documents', {body, headers: {'content-type': 'multipart/form-data; boundary=x'}}), 400);
	});

	test('an unknown part', async () => {
		const form = uploadForm(metadata('T-1'), pdf);

		form.append('cover', new Blob([pdf]), 'cover.pdf');
		assertProblem(await api.request('POST', '/documents', {body: form}), 422, 'invalid', ['/cover']);
	});

	test('two files', async () => {
		const form = uploadForm(metadata('T-1'), pdf);

		form.append('file', new Blob([pdf]), 'more.pdf');
		assertProblem(await api.request('POST', '/documents', {body: form}), 422, 'invalid', ['/file']);
	});

	test('no metadata', async () => {
		const form = new FormData();

		form.append('file', new Blob([pdf]), 'tilbud.pdf');
		assertProblem(await api.request('POST', '/documents', {body: form}), 422, 'invalid', ['/metadata']);
	});

	test('no file', async () => assertProblem(await api.upload(metadata('T-1'), null), 422, 'invalid', ['/file']));

	for (const [what, make] of Object.entries({
		'garbage': garbage, 'a web page': () => Buffer.from('<!doctype html><title>PDF</title>'), 'half a PDF': halfPdf,
		'a PDF without pages': noPagesPdf, 'an encrypted PDF': () => encrypted(''), 'a PDF with a password': () => encrypted('hemmelig'),
	}))
		test(`${what} instead of a PDF`, async () =>
			assertProblem(await api.upload(metadata('T-1'), make()), 422, 'pdf_invalid', ['/file']));

	for (const [what, make] of Object.entries({'table of references': xrefBombPdf, 'pages': objectBombPdf})) {
		test(`1 KB of PDF whose ${what} expand without end, within 15 s`, async () => {
			const bomb = make(), start = Date.now();

			assert.ok(bomb.length <= 1200, `${bomb.length} bytes`);
			assertProblem(await api.upload(metadata('T-1'), bomb), 422, 'pdf_invalid', ['/file']);
			assert.ok(Date.now() - start < 15000, `took ${Date.now() - start} ms`);
		});
	}

	for (const [name, bytes] of Object.entries({
		'page.html': '<!doctype html><script>alert(1)</script>', 'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
		'setup.exe': 'MZ\x90\0', 'picture.png': '<!doctype html><script>alert(1)</script>', 'note.txt': '<!doctype html><script>alert(1)</script>',
	}))
		test(`the attachment ${name}${/html|svg|exe/.test(name) ? '' : ' that is a web page'}`, async () =>
			assertProblem(await api.upload(metadata('T-1'), pdf, [{name, bytes}]), 422, 'invalid', ['/attachment/0']));

	test('more than 20 attachments', async () => {
		const attachments = Array.from({length: 21}, (_, i) => ({name: `${i}.txt`, bytes: `bilag ${i}`}));
		const answer = await api.upload(metadata('T-1'), pdf, attachments);

		assert.ok([413, 422].includes(answer.status), JSON.stringify(answer.body));
		assertProblem(answer, answer.status);
	});

	test('no row, no file, no mail is left of them', async () => {
		for (const table of ['document', 'version', 'link', 'customer', 'contact', 'file', 'file_use', 'event', 'job'])
			assert.equal(await portal.sqlValue(`SELECT count(*) FROM ${table} WHERE tenant_id = '${tenantId}'`), '0', table);
		assert.deepEqual(storeFiles(portal, tenantId), []);
		await waitFor('an empty spool folder', () => spoolFiles(portal).length === 0);
	});

	test('the next good upload is taken, a repairable PDF too', async () => {
		const answer = await api.upload(metadata('T-1'), truncatedPdf());

		assert.equal(answer.status, 201, JSON.stringify(answer.body));
		assert.equal(answer.body.version.pages, 3);
	});

	test('20 MB of PDF with 20 attachments come back whole and in order', async () => {
		const big = bigPdf(20 * MB);
		const attachments = Array.from({length: 20}, (_, i) => ({name: `${i + 1}.txt`, bytes: `bilag ${i + 1}`}));
		const {id, version} = await api.send(metadata('T-2'), big, attachments);
		const file = await api.get(`/documents/${id}/file`);

		assert.equal(file.status, 200);
		assert.equal(sha256(file.body), sha256(big));
		assert.deepEqual(version.attachments.map(({n, name, sha256: hash}) => [n, name, hash]),
			attachments.map(({name, bytes}, i) => [i + 1, name, sha256(bytes)]));
	});
});

describe('the upsert', async () => {
	const {api, tenantId} = await portal.tenant();

	test('the same again is unchanged, other facts are a new version, other settings an update', async () => {
		const results = [];
		const put = async (changes, bytes = pdf, attachments = []) => {
			const answer = await api.upload(metadata('U-1', changes), bytes, attachments);

			results.push([answer.status, answer.body.result, answer.body.versions.length]);
			return answer.body;
		};
		const bilag = {name: 'bilag.txt', bytes: 'Bilag'};

		await put();
		await put();
		await put({}, simplePdf('Tilbud', 'other bytes'));
		await put({title: 'Tilbud på nyt og bedre tag'}, simplePdf('Tilbud', 'other bytes'));
		await put({title: 'Tilbud på nyt og bedre tag'}, simplePdf('Tilbud', 'other bytes'), [bilag]);
		await put({title: 'Tilbud på nyt og bedre tag', message: 'En anden besked'}, simplePdf('Tilbud', 'other bytes'), [bilag]);
		await put({title: 'Tilbud på nyt og bedre tag', message: 'En anden besked'}, simplePdf('Tilbud', 'other bytes'), [bilag]);
		assert.deepEqual(results, [[201, 'created', 1], [200, 'unchanged', 1], [200, 'new_version', 2], [200, 'new_version', 3],
			[200, 'new_version', 4], [200, 'updated', 4], [200, 'unchanged', 4]]);
	});

	test('a member left out keeps its value, null goes back to the default', async () => {
		const first = await api.send(metadata('U-2', {language: 'en', notify: {on_change: false, reminder_days: [3, 7]},
			expires_at: '2099-01-01', accept: {enabled: false}}), pdf);

		assert.equal(first.accept.enabled, false);
		const kept = await api.send({external_id: 'U-2'}, pdf);

		assert.equal(kept.result, 'unchanged');
		for (const member of ['title', 'number', 'project', 'amount', 'message', 'language', 'notify', 'accept', 'expires_at'])
			assert.deepEqual(kept[member], first[member], member);
		assert.deepEqual(kept.contacts.map(contact => contact.email), ['mette@example.dk']);
		const reset = await api.send({external_id: 'U-2', message: null, language: null, notify: null, expires_at: null,
			accept: null, project: null}, pdf);

		assert.equal(reset.result, 'updated');
		assert.deepEqual([reset.message, reset.language, reset.expires_at, reset.project], [null, 'da', null, null]);
		assert.deepEqual([reset.notify.on_change, reset.notify.reminder_days, reset.accept.enabled], [true, [], true]);
		const part = await api.send({external_id: 'U-2', notify: {on_change: false}}, pdf);

		assert.deepEqual([part.notify.on_change, part.notify.on_upload], [false, true]);
	});

	test('If-Match takes a list, of which weak and foreign tags match nothing', async () => {
		let {headers} = await api.upload(metadata('U-list'), pdf);
		let n = 0;
		const put = ifMatch => api.upload(metadata('U-list', {message: `Nr. ${n++}`}), pdf, [], {'if-match': ifMatch});

		for (const list of [etag => `"998", ${etag}`, etag => `${etag},"998"`, etag => `, ${etag} ,`, etag => `W/"1", "x,y", ${etag}`, () => '*']) {
			const answer = await put(list(headers.get('etag')));

			assert.equal(answer.status, 200, list('"n"'));
			({headers} = answer);
		}
		for (const list of [etag => `W/${etag}`, () => '"998", "999"', etag => `${etag} "998"`, etag => etag.slice(0, -1), etag => etag.slice(1, -1), () => '"x"', etag => `*, ${etag}`, () => ','])
			assertProblem(await put(list(headers.get('etag'))), 412, 'precondition_failed');
	});

	test('If-Match refuses another state', async () => {
		const {headers} = await api.upload(metadata('U-3'), pdf);
		const put = (etag, message) => api.upload(metadata('U-3', {message}), pdf, [], {'if-match': etag});

		assertProblem(await put('"999"', 'A'), 412, 'precondition_failed');
		const answer = await put(headers.get('etag'), 'B');

		assert.equal(answer.status, 200, JSON.stringify(answer.body));
		assert.notEqual(answer.headers.get('etag'), headers.get('etag'));
		assertProblem(await put(headers.get('etag'), 'C'), 412, 'precondition_failed');
		assertProblem(await api.upload(metadata('U-3-new'), pdf, [], {'if-match': '"1"'}), 412, 'precondition_failed');
		assert.equal((await api.document(answer.body.id)).message, 'B');
	});

	test('another tenant sees nothing of it', async () => {
		const other = (await portal.tenant('Nordtag ApS')).api;
		const mine = await api.send(metadata('U-4'), pdf);

		for (const path of [`/documents/${mine.id}`, `/documents/${mine.id}/events`, `/documents/${mine.id}/file`])
			assertProblem(await other.get(path), 404);
		assertProblem(await other.request('DELETE', `/documents/${mine.id}`), 404);
		assert.deepEqual((await other.get('/documents')).body, {data: [], next: null});
		const theirs = await other.send(metadata('U-4'), pdf);

		assert.equal(theirs.result, 'created');
		assert.notEqual(theirs.id, mine.id);
		assert.equal((await api.document(mine.id)).state, 'sent');
	});

	test('an accepted document takes a new version only as a revision, which is undecided', async () => {
		const contacts = [{name: 'Mette Jensen', email: 'revision@example.dk'}];
		const first = await api.send(metadata('U-5', {contacts}), pdf);
		const visitor = new Visitor((await portal.mailTo('revision@example.dk')).link);

		assert.equal((await visitor.accept()).status, 303);
		const changed = simplePdf('Tilbud', 'revision');

		assertProblem(await api.upload(metadata('U-5', {contacts}), changed), 409, 'already_accepted');
		assert.equal((await api.document(first.id)).state, 'accepted');
		const revised = await api.send(metadata('U-5', {contacts, revision: true}), changed);

		assert.equal(revised.result, 'new_version');
		assert.equal(revised.state, 'sent');
		assert.equal(revised.decision, null);
		assert.deepEqual(revised.versions.map(version => version.decision?.type ?? null), ['accepted', null]);
		assert.equal(revised.versions[0].decision.sha256, first.version.sha256);
		assert.ok((await visitor.get()).text.includes('Accepter tilbud'));
	});

	test('another e-mail address of a contact ends the old link', async () => {
		const contact = email => [{external_id: 'P-9', name: 'Mette Jensen', email}];

		await api.send(metadata('U-6', {contacts: contact('old@example.dk')}), pdf);
		const old = new Visitor((await portal.mailTo('old@example.dk')).link);

		assert.equal((await old.get()).status, 200);
		const changed = await api.send(metadata('U-6', {contacts: contact('new@example.dk')}), pdf);

		assert.equal(changed.result, 'updated');
		assert.equal((await old.get()).status, 404);
		const {link} = await portal.mailTo('new@example.dk');

		assert.notEqual(link, old.link);
		assert.equal((await new Visitor(link).get()).status, 200);
	});

	test('a contact dropped from the list has no way in any more', async () => {
		const [kept, dropped] = ['kept', 'dropped'].map(name => ({name, email: `${name}@example.dk`}));

		await api.send(metadata('U-7', {contacts: [kept, dropped]}), pdf);
		const [stays, goes] = await Promise.all([kept, dropped].map(async ({email}) => new Visitor((await portal.mailTo(email)).link)));
		const changed = await api.send(metadata('U-7', {contacts: [kept]}), pdf);

		assert.deepEqual(changed.contacts.map(contact => contact.email), [kept.email]);
		for (const path of ['', '/file', '/download'])
			assert.equal((await goes.get(path)).status, 404, path);
		assert.equal((await stays.get()).status, 200);
	});

	test('20 identical uploads at once make one document with one version', async () => {
		const contacts = [{name: 'Mette Jensen', email: 'together@example.dk'}];
		const answers = await Promise.all(Array.from({length: 20}, () => api.upload(metadata('U-8', {contacts}), simplePdf('Samtidig'))));
		const results = answers.map(answer => answer.body.result).sort();

		assert.deepEqual(results, ['created', ...Array(19).fill('unchanged')]);
		assert.equal(new Set(answers.map(answer => answer.body.id)).size, 1);
		const document = await api.document(answers[0].body.id);

		assert.equal(document.versions.length, 1);
		assert.equal(document.contacts.length, 1);
		assert.deepEqual((await api.events(document.id)).filter(event => event.type === 'document.sent').length, 1);
		await api.documentWhere('the mail to be taken', document.id, ({contacts: [one]}) => one.delivery === 'sent');
		assert.equal((await portal.mails()).filter(mail => mail.to === 'together@example.dk').length, 1);
	});

	test('what an upload refused by the document\'s state brought along is not kept', async () => {
		const contacts = [{name: 'Mette Jensen', email: 'state@example.dk'}];

		await api.send(metadata('U-9', {contacts}), pdf);
		assertProblem(await api.upload(metadata('U-9', {contacts}), simplePdf('Ny'), [], {'if-match': '"999"'}), 412);
		assert.equal((await new Visitor((await portal.mailTo('state@example.dk')).link).accept()).status, 303);
		assertProblem(await api.upload(metadata('U-9', {contacts}), simplePdf('Nyere')), 409, 'already_accepted');
		assert.deepEqual(await strayFiles(portal, tenantId), []);
		await waitFor('an empty spool folder', () => spoolFiles(portal).length === 0);
	});
});
