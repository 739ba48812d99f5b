// The tenant's settings: what they take and refuse, and what becomes of them in documents, mails, pages and evidence.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {Api, assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {jpeg, pngOf, pngSized, putFile, webp} from './lib/files.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {pathOf} from './lib/store.js';
import {formOf, textOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const own = await portal.tenant('Nordtag ApS');
const {api, tenantId} = own;

after(() => portal.stop());

const json = {'content-type': 'application/json'};
const patch = (value, headers = {}, by = api) => by.request('PATCH', '/settings', {body: JSON.stringify(value), headers: {...json, ...headers}});

// A change that must be taken; gives the settings.
async function set(value, by = api) {
	const {status, body} = await patch(value, {}, by);

	assert.equal(status, 200, JSON.stringify(body));
	return body;
}

const settings = async (by = api) => (await by.get('/settings')).body;

// A tenant of its own, so that tests do not see each other's settings.
async function tenant(value) {
	const one = await portal.tenant('Sydtag ApS');

	if (value)
		await set(value, one.api);
	return one;
}

let number = 0;

// A document with what metadata must have and CHANGES; nothing that defaults could give.
async function sent(by, changes = {}, pdf = simplePdf('Tilbud', `s-${++number}`), attachments) {
	const name = changes.external_id ?? `s-${++number}`;
	const contacts = [{name: 'Mette Jensen', email: `${name}@example.dk`}];
	const document = await by.send({external_id: name, title: 'Tilbud på nyt tag', customer: {name: 'Jensen Byg A/S'}, contacts, ...changes}, pdf, attachments);

	return {id: document.id, name, document, pdf, contacts,
		visitor: new Visitor(await linkOf(portal, document.id, contacts[0].email))};
}

describe('reading and changing', () => {
	test('a new tenant has the portal\'s own', async () => {
		const {api: fresh} = await tenant();
		const answer = await fresh.get('/settings');

		assert.equal(answer.status, 200);
		assert.deepEqual(answer.body, {
			sender_name: 'Sydtag ApS', reply_to: null, color: null, language: 'da', time_zone: 'Europe/Copenhagen', logo: null, attachments: [],
			texts: {da: {}, en: {}}, defaults: {visibility: 'contact', accept: {enabled: true, identity: 'link', signature: 'typed', reason_required: false},
				notify: {on_upload: true, on_change: true, reminder_days: [], remind_if: 'not_decided'}, archive_after_days: null,
				expires_after: null, archive_on_decision: false},
			return_links: false, verify_shows_name: false, retention: {},
		});
		assert.match(answer.headers.get('etag'), /^"\d+"$/);
	});

	test('what is set can be read; null goes back; what is left out stays', async () => {
		const {api: fresh} = await tenant();
		const value = {sender_name: 'Sydtag Tømrere', reply_to: 'post@sydtag.example', color: '#1A5FB4', language: 'en', time_zone: 'Atlantic/Faroe',
			texts: {da: {welcome: 'Velkommen'}, en: {welcome: 'Welcome', thanks: 'Thanks'}},
			defaults: {visibility: 'customer', accept: {enabled: false}, notify: {reminder_days: [2, 4]}, archive_after_days: 30,
				expires_after: {weeks: 2}, archive_on_decision: true}};
		const all = await set(value, fresh);

		assert.deepEqual([all.sender_name, all.reply_to, all.color, all.language, all.time_zone],
			['Sydtag Tømrere', 'post@sydtag.example', '#1a5fb4', 'en', 'Atlantic/Faroe']);
		assert.deepEqual(all.texts, value.texts);
		assert.deepEqual(all.defaults, {visibility: 'customer', accept: {enabled: false, identity: 'link', signature: 'typed', reason_required: false},
			notify: {on_upload: true, on_change: true, reminder_days: [2, 4], remind_if: 'not_decided'}, archive_after_days: 30,
			expires_after: {weeks: 2}, archive_on_decision: true});
		assert.deepEqual(await settings(fresh), all);
		const less = await set({color: null, texts: {da: {welcome: null}, en: {thanks: null}}, defaults: {notify: {reminder_days: null}, expires_after: null}}, fresh);

		assert.deepEqual(less, {...all, color: null, texts: {da: {}, en: {welcome: 'Welcome'}}, defaults: {...all.defaults,
			notify: {...all.defaults.notify, reminder_days: []}, expires_after: null}});
		assert.deepEqual((await set({texts: {en: null}}, fresh)).texts, {da: {}, en: {}});
		await set({texts: value.texts}, fresh);
		const none = await set(Object.fromEntries(Object.keys(value).map(name => [name, null])), fresh);

		assert.deepEqual(none, await settings((await tenant()).api));
	});

	test('a validity in other units replaces the one before', async () => {
		const {api: fresh} = await tenant({defaults: {expires_after: {days: 5}}});

		assert.deepEqual((await set({defaults: {expires_after: {months: 1}}}, fresh)).defaults.expires_after, {months: 1});
	});

	test('If-Match keeps one from overwriting another\'s change', async () => {
		const {api: fresh} = await tenant();
		const etag = (await fresh.get('/settings')).headers.get('etag');
		const changed = await patch({sender_name: 'Et'}, {'if-match': etag}, fresh);

		assert.equal(changed.status, 200);
		assert.notEqual(changed.headers.get('etag'), etag);
		assert.equal(changed.headers.get('etag'), (await fresh.get('/settings')).headers.get('etag'));
		for (const stale of [etag, '"999"', '"x"', 'x'])
			assertProblem(await patch({sender_name: 'To'}, {'if-match': stale}, fresh), 412, 'precondition_failed');
		assertProblem(await putFile(fresh, 'PUT', '/settings/logo', 'logo.png', pngOf(1), {'if-match': etag}), 412, 'precondition_failed');
		assertProblem(await putFile(fresh, 'POST', '/settings/attachments', 'a.txt', 'Vilkår', {'if-match': etag}), 412, 'precondition_failed');
		assert.equal((await settings(fresh)).sender_name, 'Et');
		assert.equal((await patch({sender_name: 'Tre'}, {'if-match': '*'}, fresh)).status, 200);
		const two = await Promise.all([1, 2].map(async n => patch({sender_name: `Samtidig ${n}`},
			{'if-match': changed.headers.get('etag')}, fresh).then(({status}) => status)));

		assert.deepEqual(two, [412, 412]);
		const now = (await fresh.get('/settings')).headers.get('etag');
		const race = await Promise.all([1, 2, 3, 4].map(n => patch({sender_name: `Samtidig ${n}`}, {'if-match': now}, fresh)));

		assert.deepEqual(race.map(({status}) => status).sort(), [200, 412, 412, 412]);
	});

	for (const [what, value, pointers] of [
		['an unknown member', {colour: '#000000'}, ['/colour']],
		['a name of another type', {sender_name: 7}, ['/sender_name']],
		['an empty name', {sender_name: ' '}, ['/sender_name']],
		['a name of two lines', {sender_name: 'A\nBcc: x@example.dk'}, ['/sender_name']],
		['a reply address that is none', {reply_to: 'post'}, ['/reply_to']],
		['a reply address with a second header', {reply_to: 'a@example.dk\r\nBcc: b@example.dk'}, ['/reply_to']],
		['no colour', {color: 'blue'}, ['/color']],
		['a colour that nobody could see on white', {color: '#ffff00'}, ['/color']],
		['a colour just too light', {color: '#969696'}, ['/color']],
		['an unknown language', {language: 'sv'}, ['/language']],
		['an unknown time zone', {time_zone: 'Europe/Aarhus'}, ['/time_zone']],
		['a time zone as an offset', {time_zone: '+02:00'}, ['/time_zone']],
		...['posixrules', 'posix/Europe/Copenhagen', 'right/Europe/Copenhagen', 'Factory', 'localtime', 'Etc/GMT+5', 'CET', 'EST5EDT', 'europe/copenhagen', 'Europe']
			.map(zone => [`a time zone that nobody lives in (${zone})`, {time_zone: zone}, ['/time_zone']]),
		['texts of another type', {texts: 'Hej'}, ['/texts']],
		['texts in an unknown language', {texts: {sv: {}}}, ['/texts/sv']],
		['an unknown text', {texts: {da: {hello: 'Hej'}}}, ['/texts/da/hello']],
		['a subject of two lines', {texts: {da: {mail_subject: 'Et\nBcc: x@example.dk'}}}, ['/texts/da/mail_subject']],
		['a text beyond measure', {texts: {da: {welcome: 'x'.repeat(2001)}}}, ['/texts/da/welcome']],
		['an unknown default', {defaults: {title: 'Tilbud'}}, ['/defaults/title']],
		['a visibility that is none', {defaults: {visibility: 'everyone'}}, ['/defaults/visibility']],
		['reminders unsorted', {defaults: {notify: {reminder_days: [7, 3]}}}, ['/defaults/notify/reminder_days/1']],
		['reminders twice the same', {defaults: {notify: {reminder_days: [3, 3]}}}, ['/defaults/notify/reminder_days/1']],
		['reminders at once', {defaults: {notify: {reminder_days: [0, 1]}}}, ['/defaults/notify/reminder_days/0']],
		['negative reminders', {defaults: {notify: {reminder_days: [-1]}}}, ['/defaults/notify/reminder_days/0']],
		['eleven reminders', {defaults: {notify: {reminder_days: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}}, ['/defaults/notify/reminder_days']],
		['half a day of validity', {defaults: {expires_after: {days: 0.5}}}, ['/defaults/expires_after/days']],
		['no validity at all', {defaults: {expires_after: {days: 0}}}, ['/defaults/expires_after/days']],
		['a validity of years', {defaults: {expires_after: {years: 1}}}, ['/defaults/expires_after/years']],
		['a validity as text', {defaults: {expires_after: '30 days'}}, ['/defaults/expires_after']],
		['a validity without a length', {defaults: {expires_after: {}}}, ['/defaults/expires_after']],
		['a validity in two units', {defaults: {expires_after: {days: 3, weeks: 1}}}, ['/defaults/expires_after']],
		['a day in the past for archiving', {defaults: {archive_after_days: -1}}, ['/defaults/archive_after_days']],
		['a logo by PATCH', {logo: {name: 'x'}}, ['/logo']],
		['attachments by PATCH', {attachments: []}, ['/attachments']],
	])
		test(`${what} is refused by name`, async () => {
			const before = await settings();

			assertProblem(await patch(value), 422, 'invalid', pointers);
			assert.deepEqual(await settings(), before);
		});

	test('all that is wrong is named at once', async () => {
		assertProblem(await patch({language: 'sv', sender_name: '', defaults: {visibility: 'x'}}), 422, 'invalid',
			['/language', '/sender_name', '/defaults/visibility']);
	});

	test('a colour that can be seen is taken', async () => {
		for (const color of ['#767676', '#949494', '#1a5fb4', '#000000', '#B00020'])
			assert.equal((await set({color})).color, color.toLowerCase());
		await set({color: null});
	});

	test('a body that is no JSON object is refused', async () => {
		for (const body of ['', '{', '[]', '"x"', 'null'])
			assert.ok([400, 422].includes((await api.request('PATCH', '/settings', {body, headers: json})).status), body);
	});
});

describe('variables', () => {
	const everywhere = ['kunde', 'kontakt', 'virksomhed', 'projekt', 'titel', 'nummer', 'udløb'];
	const texts = {mail_subject: everywhere, mail_body: [...everywhere, 'besked', 'link'], welcome: [...everywhere, 'besked'],
		thanks: [...everywhere, 'besked'], consent: [...everywhere, 'besked'], access: ['virksomhed']};

	for (const [name, taken] of Object.entries(texts)) {
		test(`${name} takes ${taken.join(', ')} and no other`, async () => {
			await set({texts: {da: {[name]: taken.map(word => `{${word}}`).join(' ')}}});
			for (const word of [...texts.mail_body, 'pris', 'Kunde', 'customer', ' kunde'].filter(one => !taken.includes(one))) {
				const answer = await patch({texts: {da: {[name]: `Hej {${word}}`}, en: {[name]: 'Hello {virksomhed}'}}});

				assertProblem(answer, 422, 'invalid', [`/texts/da/${name}`]);
				assert.ok(answer.body.errors[0].detail.includes(`{${word}}`), answer.body.errors[0].detail);
			}
			await set({texts: null});
		});
	}

	test('braces that hold no word are text', async () => {
		for (const welcome of ['{}', '{ }', '{', '}', 'a { b } c'.replace(' b ', ''), '{to ord}', '100 %'])
			assert.equal((await set({texts: {da: {welcome}}})).texts.da.welcome, welcome);
		await set({texts: null});
	});
});

describe('defaults of new documents', () => {
	test('a member left out takes the default, a member given stands, null is the default', async () => {
		const {api: by} = await tenant({language: 'en', defaults: {visibility: 'customer', accept: {enabled: false, signature: 'none', reason_required: false},
			notify: {on_change: false, reminder_days: [2, 4], remind_if: 'not_opened'}, archive_after_days: 30}});
		const {document: left} = await sent(by);

		assert.deepEqual([left.visibility, left.accept, left.notify, left.archive_after_days, left.language, left.expires_at], ['customer',
			{enabled: false, identity: 'link', signature: 'none', reason_required: false},
			{on_upload: true, on_change: false, reminder_days: [2, 4], remind_if: 'not_opened'}, 30, 'en', null]);
		const {document: given} = await sent(by, {visibility: 'contact', accept: {enabled: true}, notify: {reminder_days: []}, language: 'da', archive_after_days: null});

		assert.deepEqual([given.visibility, given.accept, given.notify, given.archive_after_days, given.language], ['contact',
			{enabled: true, identity: 'link', signature: 'none', reason_required: false},
			{on_upload: true, on_change: false, reminder_days: [], remind_if: 'not_opened'}, 30, 'da']);
	});

	test('later defaults change no document, until a member is sent as null', async () => {
		const {api: by} = await tenant({defaults: {archive_after_days: 30}});
		const {id, name, pdf, contacts} = await sent(by);

		await set({defaults: {archive_after_days: 60}}, by);
		assert.equal((await by.document(id)).archive_after_days, 30);
		const again = await by.send({external_id: name, contacts}, pdf);

		assert.deepEqual([again.result, again.archive_after_days], ['unchanged', 30]);
		const {body} = await by.request('PATCH', `/documents/${id}`, {body: '{"archive_after_days": null}'});

		assert.deepEqual([body.result, body.archive_after_days], ['updated', 60]);
	});

	for (const [after, day] of [[{days: 30}, '2027-03-02'], [{weeks: 2}, '2027-02-14'], [{months: 1}, '2027-02-28'], [{months: 13}, '2028-02-29'], [null, null]])
		test(`expires_after ${JSON.stringify(after)} from the evening of 31 January 2027`, async () => {
			const {api: by} = await tenant({defaults: {expires_after: after}});

			try {
				await portal.setClock(`timestamptz '2027-01-30 23:30+00'`); // 31 January in Copenhagen
				const {document, name, pdf} = await sent(by);

				assert.equal(document.expires_at, day);
				assert.equal((await sent(by, {expires_at: '2027-02-10'})).document.expires_at, '2027-02-10');
				assert.equal((await by.send({external_id: name}, pdf)).expires_at, day, 'sending again does not move it');
			} finally {
				await portal.travelBack();
			}
		});

	test('a document without end, though the tenant has a default: null is that default', async () => {
		const {api: by} = await tenant({defaults: {expires_after: {days: 30}}});
		const {document} = await sent(by, {expires_at: null});

		assert.match(document.expires_at ?? '', /^\d{4}-\d\d-\d\d$/);
	});

	test('a default visibility `link` asks for a code', async () => {
		const {api: by} = await tenant({defaults: {visibility: 'link'}});
		const answer = await by.upload({external_id: 'd-link', title: 'T', customer: {name: 'K'}, contacts: [{name: 'M', email: 'm@example.dk'}]}, simplePdf('Link'));

		assertProblem(answer, 422, 'invalid', ['/access_code']);
		assert.equal((await sent(by, {access_code: 'generate'})).document.visibility, 'link');
	});
});

describe('the logo', () => {
	test('is shown on the page, replaced and taken away, its bytes erased', async () => {
		const {api: by, tenantId: id} = await tenant();
		const {visitor} = await sent(by);
		const [first, second] = [pngOf(10), pngOf(20)];
		const stored = bytes => existsSync(pathOf(portal, id, sha256(bytes)));

		assert.equal((await visitor.get('/logo')).status, 404);
		assert.doesNotMatch((await visitor.get()).html, /class="logo"/);
		const answer = await putFile(by, 'PUT', '/settings/logo', 'logo.png', first);

		assert.equal(answer.status, 200);
		assert.deepEqual({...answer.body.logo, id: 0}, {id: 0, name: 'logo.png', type: 'image/png', size: first.length, sha256: sha256(first)});
		const page = await visitor.get();
		const source = page.html.match(/<img class="logo" src="([^"]*)" alt="Sydtag ApS">/)?.[1];

		assert.ok(source, 'the page shows it');
		const shown = await fetch(new URL(source, portal.url));

		assert.equal(shown.headers.get('content-type'), 'image/png');
		assert.equal(shown.headers.get('x-content-type-options'), 'nosniff');
		assert.equal(sha256(Buffer.from(await shown.arrayBuffer())), sha256(first));
		assert.equal((await putFile(by, 'PUT', '/settings/logo', 'ny.png', second)).status, 200);
		assert.equal(sha256((await visitor.get('/logo')).bytes), sha256(second));
		await waitFor('the old logo to be erased', () => !stored(first));
		assert.equal((await by.request('DELETE', '/settings/logo')).body.logo, null);
		assert.equal((await visitor.get('/logo')).status, 404);
		await waitFor('the new logo to be erased', () => !stored(second));
		assertProblem(await by.request('DELETE', '/settings/logo'), 404, 'not_found');
	});

	for (const [what, name, bytes, status] of [
		['a text', 'logo.txt', 'Hej', 422], ['a PDF', 'logo.pdf', simplePdf('Logo'), 422], ['a PNG by name only', 'logo.png', 'Hej', 422],
		['an SVG', 'logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 422],
		['nothing', 'logo.png', '', 422], ['more than 1 MB', 'logo.png', Buffer.concat([pngOf(1), Buffer.alloc(1024 * 1024)]), 413],
		['a PNG cut short', 'logo.png', pngSized(64, 64).subarray(0, -40), 422], ['a PNG without pixels', 'logo.png', pngSized(64, 64, 0, Buffer.alloc(0)), 422],
		['a JPEG cut short', 'logo.jpg', jpeg.subarray(0, -30), 422], ['a WebP cut short', 'logo.webp', webp.subarray(0, -30), 422],
		['a PNG that is wider than 4000 pixels', 'logo.png', pngSized(4001, 1), 422], ['a PNG that is higher', 'logo.png', pngSized(1, 4001), 422],
		['a PNG that says it has 30,000 × 30,000', 'logo.png', pngSized(30000, 30000, 0, Buffer.alloc(10)), 422],
		['a JPEG under another name', 'logo.png', jpeg, 422],
	])
		test(`${what} is refused`, async () => {
			const answer = await putFile(api, 'PUT', '/settings/logo', name, bytes);

			assertProblem(answer, status, undefined, ['/file']);
			if (status === 422)
				assert.match(answer.body.detail, /PNG, JPEG or WebP/);
			assert.equal((await settings()).logo, null);
		});

	for (const [name, bytes, type] of [['logo.jpg', jpeg, 'image/jpeg'], ['logo.webp', webp, 'image/webp'], ['logo.png', pngSized(4000, 4000), 'image/png']])
		test(`${name} is taken, and shown byte by byte`, async () => {
			const {api: by} = await tenant(), {visitor} = await sent(by);

			assert.equal((await putFile(by, 'PUT', '/settings/logo', name, bytes)).body.logo?.type, type);
			assert.equal(sha256((await visitor.get('/logo')).bytes), sha256(bytes));
		});

	test('no part, two parts or another body is refused', async () => {
		const two = new FormData();

		for (const n of [1, 2])
			two.append('file', new Blob([pngOf(n)]), `${n}.png`);
		assertProblem(await api.request('PUT', '/settings/logo', {body: two}), 422, 'invalid', ['/file']);
		assert.equal((await api.request('PUT', '/settings/logo', {body: 'x', headers: {'content-type': 'image/png'}})).status, 415);
		assert.ok([400, 411, 415, 422].includes((await api.request('PUT', '/settings/logo')).status));
	});
});

describe('standard attachments', () => {
	const terms = Buffer.from('Salgs- og leveringsbetingelser'), other = Buffer.from('Garanti'), mine = Buffer.from('Tegning');

	test('join new versions behind the document\'s own, with their hashes, and stand in the evidence', async () => {
		const {api: by} = await tenant();
		const added = await putFile(by, 'POST', '/settings/attachments', 'vilkår.txt', terms);

		assert.equal(added.status, 201);
		assert.equal(added.body.attachments[0].sha256, sha256(terms));
		const x = await sent(by, {}, undefined, [{name: 'tegning.txt', bytes: mine}]);
		const files = x.document.version.attachments.map(({n, name, sha256: hash}) => [n, name, hash]);

		assert.deepEqual(files, [[1, 'tegning.txt', sha256(mine)], [2, 'vilkår.txt', sha256(terms)]]);
		assert.equal(sha256((await x.visitor.get('/attachments/2')).bytes), sha256(terms));
		assert.match((await x.visitor.get()).text, /vilkår\.txt/);
		assert.equal((await x.visitor.accept()).status, 303);
		const accepted = (await by.events(x.id)).find(event => event.type === 'document.accepted');

		assert.deepEqual(accepted.data.attachments.map(file => file.sha256), [sha256(mine), sha256(terms)]);
	});

	test('make no new version by themselves; the next version has them as they are then', async () => {
		const {api: by, tenantId: id} = await tenant();
		const {body: {attachments: [{id: file}]}} = await putFile(by, 'POST', '/settings/attachments', 'vilkår.txt', terms);
		const x = await sent(by, {}, undefined, [{name: 'tegning.txt', bytes: mine}]);
		const own = [{name: 'tegning.txt', bytes: mine}];
		const again = () => by.send({external_id: x.name, contacts: x.contacts}, x.pdf, own);

		assert.equal((await again()).result, 'unchanged');
		await putFile(by, 'POST', '/settings/attachments', 'garanti.txt', other);
		assert.equal((await again()).result, 'unchanged');
		assert.equal((await by.request('DELETE', `/settings/attachments/${file}`)).status, 200);
		assert.equal((await again()).result, 'unchanged');
		assert.equal((await by.document(x.id)).version.attachments.length, 2);
		assert.equal(sha256((await x.visitor.get('/attachments/2')).bytes), sha256(terms), 'the version keeps what it was sent with');
		const next = await by.send({external_id: x.name, contacts: x.contacts}, simplePdf('Tilbud', `${x.name} again`), own);

		assert.equal(next.result, 'new_version');
		assert.deepEqual(next.version.attachments.map(({name}) => name), ['tegning.txt', 'garanti.txt']);
		assert.deepEqual(next.versions[0].attachments.map(({name}) => name), ['tegning.txt', 'vilkår.txt']);
		assert.ok(existsSync(pathOf(portal, id, sha256(terms))), 'an older version needs it');
		assert.equal((await by.request('DELETE', `/documents/${x.id}`)).status, 204);
		await waitFor('the bytes to go', () => !existsSync(pathOf(portal, id, sha256(terms))));
		assert.ok(existsSync(pathOf(portal, id, sha256(other))), 'the settings need it');
	});

	test('sent twice are there once; under another name they are refused', async () => {
		const {api: by} = await tenant();
		const first = await putFile(by, 'POST', '/settings/attachments', 'vilkår.txt', terms);
		const again = await putFile(by, 'POST', '/settings/attachments', 'vilkår.txt', terms);

		assert.deepEqual([first.status, again.status], [201, 200]);
		assert.deepEqual([again.body, again.headers.get('etag')], [first.body, first.headers.get('etag')]);
		const renamed = await putFile(by, 'POST', '/settings/attachments', 'betingelser.txt', terms);

		assertProblem(renamed, 409, 'conflict');
		assert.match(renamed.body.detail, /vilkår\.txt/);
		assert.equal((await by.get('/settings')).body.attachments.length, 1);
	});

	test('of a type that is not taken, or more than ten, are refused', async () => {
		const {api: by} = await tenant();

		assertProblem(await putFile(by, 'POST', '/settings/attachments', 'x.exe', 'MZ'), 422, 'invalid', ['/file']);
		assertProblem(await putFile(by, 'POST', '/settings/attachments', 'x.pdf', 'no PDF'), 422, 'invalid', ['/file']);
		for (let i = 0; i < 10; i++)
			assert.equal((await putFile(by, 'POST', '/settings/attachments', `${i}.txt`, `Nummer ${i}`)).status, 201);
		assertProblem(await putFile(by, 'POST', '/settings/attachments', '10.txt', 'Nummer 10'), 409, 'conflict');
		assert.deepEqual((await sent(by)).document.version.attachments.map(({n}) => n), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	});
});

describe('texts', async () => {
	const texts = {
		mail_subject: 'Tilbud {nummer} til {kunde}', mail_body: 'Kære {kontakt}\n\nHer er {titel} fra {virksomhed} til {projekt}.\n\n{link}\n\nGælder til {udløb}. {besked}',
		welcome: 'Velkommen, {kontakt} fra {kunde}', thanks: 'Tak for ordren på {titel}', access: 'Ring til {virksomhed} og få koden',
		consent: 'Jeg, {kontakt}, accepterer {titel} for {kunde} efter ABT 18.\nOgså vilkårene.',
	};
	const {api: by} = await tenant({texts: {da: texts, en: {consent: 'I accept {titel} for {kunde}.'}}});
	const x = await sent(by, {number: '2026-0117', project: 'Tagrenovering', message: 'Ring endelig {titel}', expires_at: '2098-12-31', language: 'da'});

	test('appear in the mail, their variables filled in once', async () => {
		const mail = await portal.mailTo(`${x.name}@example.dk`);

		assert.equal(mail.subject, 'Tilbud 2026-0117 til Jensen Byg A/S');
		assert.match(mail.text, /Kære Mette Jensen\n\nHer er Tilbud på nyt tag fra Sydtag ApS til Tagrenovering\./);
		assert.match(mail.text, /Gælder til 31\. december 2098\. Ring endelig \{titel\}/, 'what a value holds is not filled in itself');
		assert.equal(mail.text.match(/Ring endelig/g).length, 1);
		assert.equal(mail.link, x.visitor.link);
		assert.ok(textOf(mail.html).includes('Her er Tilbud på nyt tag fra Sydtag ApS til Tagrenovering.'));
	});

	test('appear on the page: welcome before, thanks after the decision', async () => {
		const page = (await x.visitor.get()).text;

		assert.ok(page.includes('Velkommen, Mette Jensen fra Jensen Byg A/S'));
		assert.ok(!page.includes('Tak for ordren'));
	});

	test('appear on the form for the code, which tells nothing else', async () => {
		const {document} = await sent(by, {visibility: 'link', access_code: 'kode 123'});
		const page = await new Visitor(document.links.public).get();

		assert.ok(page.text.includes('Ring til Sydtag ApS og få koden'));
		assert.ok(!page.text.includes('Jensen Byg') && !page.text.includes('nyt tag'));
	});

	test('the consent is recorded as it was shown, in its language', async () => {
		const english = await sent(by, {language: 'da'});

		for (const [document, query, shown] of [
			[x, '', 'Jeg, Mette Jensen, accepterer Tilbud på nyt tag for Jensen Byg A/S efter ABT 18.\nOgså vilkårene.'],
			[english, '?lang=en', 'I accept Tilbud på nyt tag for Jensen Byg A/S.']]) {
			const page = await document.visitor.get(query);

			assert.ok(page.text.includes(shown.replace(/\s+/g, ' ')), page.text);
			const answer = await document.visitor.post('/accept', {...formOf(page.html, '/accept'), consent: 'yes'});

			assert.equal(answer.status, 303);
			const [[recorded, language]] = await portal.sql(`SELECT replace(consent, E'\\n', '|'), language FROM decision WHERE document_id = '${document.id}'`);

			assert.deepEqual([recorded, language], [shown.replace('\n', '|'), query ? 'en' : 'da']);
			const event = (await by.events(document.id)).find(one => one.type === 'document.accepted');

			assert.equal(event.data.consent_sha256, sha256(shown));
		}
		assert.ok((await x.visitor.get()).text.includes('Tak for ordren på Tilbud på nyt tag'));
	});

	test('the portal\'s own consent is recorded as shown as well', async () => {
		const {api: plain} = await tenant();
		const {id, visitor} = await sent(plain, {customer: {name: 'Børge & Søn "A/S" {titel}'}});
		const page = await visitor.get();

		assert.equal((await visitor.accept()).status, 303);
		const consent = await portal.sqlValue(`SELECT consent FROM decision WHERE document_id = '${id}'`);

		assert.match(consent, /Børge & Søn "A\/S" \{titel\}/);
		assert.ok(page.text.includes(consent), 'the page said this');
	});

	test('hold no markup', async () => {
		const {api: sly} = await tenant({sender_name: '<b>Syd</b>', texts: {da: {welcome: '<script>alert(1)</script>', consent: '<img src=x onerror=alert(2)>',
			mail_body: '<script>alert(3)</script> {link}'}}});
		const {visitor, name} = await sent(sly, {title: '<i>{kunde}</i>'});
		const page = await visitor.get();

		assert.doesNotMatch(page.html, /<script>alert|<img src=x|<i>|<b>Syd/);
		assert.ok(page.text.includes('<script>alert(1)</script>'));
		assert.doesNotMatch((await portal.mailTo(`${name}@example.dk`)).html, /<script>alert|<b>Syd/);
	});

	test('the name, colour and language of the settings are on the page', async () => {
		const {api: red} = await tenant({sender_name: 'Rødtag', color: '#b00020', language: 'en'});
		const page = await (await sent(red)).visitor.get();

		assert.match(page.html, /<html lang="en">/);
		assert.match(page.html, /fill="#b00020"/);
		assert.ok(page.text.includes('Rødtag'));
	});
});

describe('keys and tenants', () => {
	test('a key that reads cannot write anything', async () => {
		const reader = new Api(portal.url, await portal.key(tenantId, 'read'));
		const {id, document: {contacts: [contact]}} = await sent(api);
		const {body: {attachments: [{id: attachment}]}} = await putFile(api, 'POST', '/settings/attachments', 'v.txt', 'Vilkår');
		const hook = await api.webhook(`${portal.url}/`);
		const before = [await settings(), await api.document(id)];

		assert.equal((await reader.get('/settings')).status, 200);
		for (const [method, path, body] of [
			['PATCH', '/settings', '{}'], ['PUT', '/settings/logo'], ['DELETE', '/settings/logo'], ['POST', '/settings/attachments', 'x'],
			['DELETE', `/settings/attachments/${attachment}`], ['POST', '/documents', 'x'], ['PATCH', `/documents/${id}`, '{"message": "x"}'],
			['DELETE', `/documents/${id}`], ...['withdraw', 'archive', 'unarchive', 'remind'].map(act => ['POST', `/documents/${id}/${act}`, '{}']),
			...['revoke', 'rotate'].map(act => ['POST', `/documents/${id}/contacts/${contact.id}/${act}`, '{}']),
			['POST', '/webhooks', JSON.stringify({url: `${portal.url}/`})], ['DELETE', `/webhooks/${hook.id}`],
			['POST', `/webhooks/${hook.id}/rotate`, '{}'], ['POST', `/webhooks/${hook.id}/test`, '{}'], ['POST', `/webhooks/${hook.id}/deliveries/${id}/retry`, '{}'],
		])
			assertProblem(await reader.request(method, path, {body}), 403);
		assert.deepEqual([await settings(), await api.document(id)], before);
		await api.request('DELETE', `/settings/attachments/${attachment}`);
		await api.request('DELETE', `/webhooks/${hook.id}`);
	});

	test('what belongs to another tenant is not there', async () => {
		const {api: other} = await tenant();
		const {id, document: {contacts: [contact]}} = await sent(api);
		const {body: {attachments: [{id: attachment}]}} = await putFile(api, 'POST', '/settings/attachments', 'v.txt', 'Vilkår');
		const hook = await api.webhook(`${portal.url}/`, ['document.accepted']);
		const {body: {id: delivery}} = await api.post(`/webhooks/${hook.id}/test`, {});
		const mine = await sent(other);
		const before = [await settings(), await api.document(id)];

		for (const [method, path, body] of [
			['GET', `/documents/${id}`], ['GET', `/documents/${id}/events`], ['GET', `/documents/${id}/file`], ['PATCH', `/documents/${id}`, '{"message": "x"}'],
			['DELETE', `/documents/${id}`], ...['withdraw', 'archive', 'unarchive', 'remind'].map(act => ['POST', `/documents/${id}/${act}`, '{}']),
			...['revoke', 'rotate'].flatMap(act => [['POST', `/documents/${id}/contacts/${contact.id}/${act}`, '{}'],
				['POST', `/documents/${mine.id}/contacts/${contact.id}/${act}`, '{}']]),
			['DELETE', `/settings/attachments/${attachment}`], ['DELETE', `/webhooks/${hook.id}`], ['GET', `/webhooks/${hook.id}/deliveries`],
			['POST', `/webhooks/${hook.id}/rotate`, '{}'], ['POST', `/webhooks/${hook.id}/test`, '{}'], ['POST', `/webhooks/${hook.id}/deliveries/${delivery}/retry`, '{}'],
			['GET', '/documents/x'], ['POST', `/documents/x/withdraw`, '{}'], ['POST', `/documents/${id}/contacts/x/revoke`, '{}'], ['DELETE', '/settings/attachments/x'],
		])
			assertProblem(await other.request(method, path, {body}), 404, 'not_found');
		assert.deepEqual((await other.get(`/documents?external_id=${(await api.document(id)).external_id}`)).body.data, []);
		assert.equal((await other.get(`/events?after=${(await api.events(id))[0].id}`)).status, 410);
		assert.deepEqual(await settings(), before[0]);
		assert.equal((await api.document(id)).state, 'sent');
		await api.request('DELETE', `/webhooks/${hook.id}`);
	});
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
