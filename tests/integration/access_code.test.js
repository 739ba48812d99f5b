// The public link's access code: how it is set, what it opens, and how it locks.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {newAddress, requestFrom} from './lib/address.js';
import {assertProblem, metadata} from './lib/api.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant();

after(() => portal.stop());

const pdf = simplePdf('Offentligt tilbud');
const given = (externalId, code, changes = {}) => metadata(externalId, {visibility: 'link', access_code: code,
	contacts: [{name: 'Mette Jensen', email: `${externalId.replaceAll(' ', '-')}@example.dk`, language: 'da'}], ...changes});
const send = (...words) => api.send(given(...words), pdf);
const patch = (id, value) => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(value)});

const postFrom = (address, url, fields, headers = {}) => requestFrom(address, url, {method: 'POST',
	headers: {'content-type': 'application/x-www-form-urlencoded', ...headers}, body: String(new URLSearchParams(fields))});

// Tries a code; each of these tests from an address of its own, so that none locks another out.
const tryCode = (document, code, address = newAddress()) => postFrom(address, `${document.links.public}/code`, {code});

// A visitor who has given the code.
async function entered(document, code, address) {
	const answer = await tryCode(document, code, address);

	assert.equal(answer.status, 303, answer.text);
	return new Visitor(document.links.public, {cookie: answer.headers['set-cookie'][0].split(';')[0]});
}

describe('setting it', () => {
	test('a generated code is told once, to who asked for it', async () => {
		const document = await send('generated', 'generate');

		assert.match(document.access_code, /^[2-9A-HJKMNP-TV-Z]{3}(-[2-9A-HJKMNP-TV-Z]{3}){2}$/);
		assert.equal('access_code' in await api.document(document.id), false);
		const list = (await api.get('/documents?external_id=generated')).body.data[0];

		assert.equal('access_code' in list, false);
		assert.ok(!JSON.stringify(await api.events(document.id)).includes(document.access_code));
		assert.ok((await (await entered(document, document.access_code)).get()).text.includes('Tilbud på nyt tag'));
		const stored = await portal.sqlValue(`SELECT access_code FROM document WHERE id = '${document.id}'`);

		assert.ok(stored && !stored.includes(document.access_code));
	});

	test('two generated codes differ', async () => {
		const [one, two] = await Promise.all(['g-1', 'g-2'].map(id => send(id, 'generate')));

		assert.notEqual(one.access_code, two.access_code);
	});

	test('"generate" in the same upload again makes no other code; in a PATCH it does', async () => {
		const first = await send('again', 'generate');
		const second = await send('again', 'generate');

		assert.equal(second.result, 'unchanged');
		assert.equal(second.access_code, undefined);
		const visitor = await entered(first, first.access_code);
		const {body} = await patch(first.id, {access_code: 'generate'});

		assert.equal(body.result, 'updated');
		assert.ok(body.access_code && body.access_code !== first.access_code);
		assert.ok(!(await visitor.get()).text.includes('Tilbud på nyt tag'));
		assert.equal((await tryCode(first, first.access_code)).status, 403);
		assert.equal((await tryCode(first, body.access_code)).status, 303);
	});

	test('a code given works however it is written, is never shown, and the same again changes nothing', async () => {
		const document = await send('given', 'Tag-sten 7');

		assert.equal(document.access_code, undefined);
		for (const code of ['Tag-sten 7', 'tagsten7', ' TAG STEN-7 '])
			assert.equal((await tryCode(document, code)).status, 303, code);
		const visitor = await entered(document, 'tagsten7');
		const again = await send('given', 'Tag-sten 7');

		assert.equal(again.result, 'unchanged');
		assert.equal((await patch(document.id, {access_code: 'Tag-sten 7'})).body.result, 'unchanged');
		assert.equal((await visitor.get('/file')).status, 200, 'the cookie lives on');
	});

	test('another code ends the cookies', async () => {
		const document = await send('changed', 'første kode');
		const visitor = await entered(document, 'første kode');

		assert.equal((await visitor.get('/file')).status, 200);
		assert.equal((await patch(document.id, {access_code: 'anden kode'})).body.result, 'updated');
		assert.equal((await visitor.get('/file')).status, 403);
		const page = await visitor.get();

		assert.match(page.text, /Skriv adgangskoden/);
		assert.ok(!page.text.includes('Tilbud på nyt tag'));
		assert.equal((await tryCode(document, 'første kode')).status, 403);
		assert.equal((await (await entered(document, 'anden kode')).get('/file')).status, 200);
	});

	test('a visibility taken away ends the link; given again it is another, with a code of its own', async () => {
		const document = await send('hidden', 'samme kode');
		const visitor = await entered(document, 'samme kode');

		assert.equal((await patch(document.id, {visibility: 'contact'})).status, 200);
		assert.equal((await visitor.get()).status, 404);
		assertProblem(await patch(document.id, {visibility: 'link'}), 422, 'invalid', ['/access_code']);
		const {body} = await patch(document.id, {visibility: 'link', access_code: 'samme kode'});

		assert.notEqual(body.links.public, document.links.public);
		assert.equal((await visitor.get()).status, 404);
		assert.equal((await new Visitor(body.links.public, visitor.headers).get('/file')).status, 403);
	});

	for (const [number, [what, change, pointers]] of [
		['visibility `link` without a code', {access_code: undefined}, ['/access_code']],
		['a null code', {access_code: null}, ['/access_code']],
		['a code of five characters', {access_code: 'abcde'}, ['/access_code']],
		['a code of another type', {access_code: 123456}, ['/access_code']],
		['a code of two lines', {access_code: 'abc\ndef'}, ['/access_code']],
		['a code beyond measure', {access_code: 'x'.repeat(101)}, ['/access_code']],
		['a code of signs that do not count', {access_code: '- - - -'}, ['/access_code']],
		['a code with visibility `contact`', {visibility: 'contact'}, ['/access_code']],
		['a code with visibility `customer`', {visibility: 'customer'}, ['/access_code']],
	].entries())
		test(`${what} is refused by name`, async () => {
			const answer = await api.upload(given(`bad-${number}`, 'kode 123', change), pdf);

			assertProblem(answer, 422, 'invalid', pointers);
			assert.deepEqual((await api.get(`/documents?external_id=bad-${number}`)).body.data, []);
		});
});

describe('giving it', async () => {
	const document = await send('door', 'rigtig kode');

	test('a wrong one is 403 with the form and what went wrong, in the language asked for', async () => {
		const answer = await tryCode(document, 'forkert kode');

		assert.equal(answer.status, 403);
		assert.match(answer.text, /Adgangskoden er ikke rigtig/);
		assert.match(answer.html, /<form[^>]*action="[^"]*\/code"/);
		assert.equal(answer.headers['set-cookie'], undefined);
		assert.ok(!answer.text.includes('Tilbud på nyt tag') && !answer.text.includes('Jensen Byg'));
		assert.match((await postFrom(newAddress(), `${document.links.public}/code`, {code: 'forkert', lang: 'en'})).html, /<html lang="en"/);
	});

	for (const [what, fields] of [['none', {}], ['an empty one', {code: ''}], ['blanks', {code: '   '}], ['one far too long', {code: 'x'.repeat(300)}]])
		test(`${what} is a wrong one`, async () => {
			assert.equal((await postFrom(newAddress(), `${document.links.public}/code`, fields)).status, 403);
		});

	test('the cookie is for this link alone, out of reach of scripts and other sites', async () => {
		const [cookie] = (await tryCode(document, 'rigtig kode')).headers['set-cookie'];
		const [value, ...attributes] = cookie.split('; ');

		assert.deepEqual(attributes.map(text => text.toLowerCase()).sort(), [
			'httponly', `max-age=${30 * 86400}`, `path=${new URL(document.links.public).pathname.toLowerCase()}`, 'samesite=lax']);
		const other = await send('next door', 'rigtig kode');

		assert.equal((await new Visitor(other.links.public, {cookie: value}).get('/file')).status, 403);
		assert.equal((await new Visitor(document.links.public, {cookie: value}).get('/file')).status, 200);
	});

	test('a cookie that was written by another hand opens nothing', async () => {
		const {headers: {cookie}} = await entered(document, 'rigtig kode');
		const parts = cookie.slice('code='.length).split('.');
		const variant = change => `code=${change([...parts]).join('.')}`;

		for (const forged of [
			variant(([key, generation, until, mac]) => [key, Number(generation) + 1, until, mac]),
			variant(([key, generation, until, mac]) => [key, generation, Number(until) + 1, mac]),
			variant(([key, generation, until, mac]) => [Number(key) + 1, generation, until, mac]),
			variant(([key, generation, until, mac]) => [key, generation, until, mac.slice(0, -1) + (mac.at(-1) === 'A' ? 'B' : 'A')]),
			variant(([key, generation, until]) => [key, generation, until]), variant(([key, generation, until]) => [key, generation, until, '']),
			variant(() => ['']), 'code=', 'code=1', 'code=....', `kode=${parts.join('.')}`])
			for (const path of ['/file', '/download', '/logo'])
				assert.equal((await new Visitor(document.links.public, {cookie: forged}).get(path)).status, 403, forged);
	});

	test('the cookie goes over HTTPS only where the portal is reached by HTTPS', async () => {
		const secure = await startPortal({PORTAL_BASE_URL: 'https://tilbud.example'});

		try {
			const {api: own} = await secure.tenant();

			own.url = `http://127.0.0.1:${secure.port}`;
			const {links} = await own.send(given('secure', 'rigtig kode'), pdf);
			const answer = await postFrom('127.0.0.1', `http://127.0.0.1:${secure.port}${new URL(links.public).pathname}/code`, {code: 'rigtig kode'});

			assert.match(answer.headers['set-cookie'][0], /; Secure(;|$)/);
		} finally {
			await secure.stop();
		}
	});

	test('from another site it is refused and does not count', async () => {
		const address = newAddress();

		for (let i = 0; i < 7; i++)
			assert.equal((await postFrom(address, `${document.links.public}/code`, {code: 'forkert'}, {origin: 'https://evil.example'})).status, 403);
		assert.equal((await tryCode(document, 'rigtig kode', address)).status, 303);
	});

	test('with a personal link none is needed', async () => {
		const mail = await portal.mailTo('door@example.dk');

		assert.equal((await new Visitor(mail.link).get('/file')).status, 200);
		assert.equal((await new Visitor(mail.link).post('/code', {code: 'hvad som helst'})).status, 303);
	});
});

describe('locking', () => {
	const locks = async id => (await api.events(id)).filter(event => event.type === 'link.locked');
	const lockMails = async title => (await portal.mails()).filter(mail => mail.to === 'tilbud@nordtag.example' && mail.text.includes(title));

	test('after five wrong ones from an address the right one is refused there, and the sender is told once', async () => {
		assert.equal((await api.request('PATCH', '/settings', {body: JSON.stringify({reply_to: 'tilbud@nordtag.example'})})).status, 200);
		const document = await send('locked', 'rigtig kode', {title: 'Låst inde'});
		const address = newAddress(), elsewhere = newAddress();
		const told = [, ...[4, 3, 2, 1].map(left => new RegExp(`ikke rigtig\\. .*Du har ${left} forsøg tilbage`)), /ikke rigtig\. Du har ikke flere forsøg/];

		for (let i = 1; i <= 5; i++)
			assert.match((await tryCode(document, `forkert ${i}`, address)).text, told[i], `try ${i}`);
		for (const code of ['rigtig kode', 'forkert', 'rigtig kode']) {
			const answer = await tryCode(document, code, address);

			assert.equal(answer.status, 403);
			assert.match(answer.text, /for mange gange/);
			assert.equal(answer.headers['set-cookie'], undefined);
		}
		assert.equal((await tryCode(document, 'rigtig kode', elsewhere)).status, 303, 'others still get in');
		const [event, ...more] = await locks(document.id);

		assert.deepEqual(more, []);
		assert.deepEqual(event.data, {scope: 'address'});
		assert.ok(!JSON.stringify(event).includes(address), 'events hold no address');
		await waitFor('the mail', async () => (await lockMails('Låst inde')).length);
		const [mail] = await lockMails('Låst inde');

		assert.match(mail.subject, /Spærret i en time: en besøgende/);
		assert.match(mail.text, /For alle andre virker linket stadig/);
		await waitFor('the outbox', async () => await portal.sqlValue(
			`SELECT count(*) FROM job WHERE kind = 'mail' AND document_id = '${document.id}' AND state IN ('waiting', 'running')`) === '0');
		assert.equal((await lockMails('Låst inde')).length, 1);
		assert.equal((await portal.ctl('verify')).status, 0);
	});

	test('a cookie from before lives on, and personal links too', async () => {
		const document = await send('inside', 'rigtig kode');
		const address = newAddress();
		const inside = await entered(document, 'rigtig kode', address);

		for (let i = 0; i < 7; i++)
			await tryCode(document, 'forkert', address);
		assert.match((await tryCode(document, 'rigtig kode', address)).text, /for mange gange/);
		assert.equal((await inside.get('/file')).status, 200);
		assert.equal((await new Visitor((await portal.mailTo('inside@example.dk')).link).get('/file')).status, 200);
	});

	test('the right one in between starts the count anew', async () => {
		const document = await send('forgetful', 'rigtig kode');
		const address = newAddress();

		for (let round = 0; round < 3; round++) {
			for (let i = 0; i < 4; i++)
				assert.equal((await tryCode(document, 'forkert', address)).status, 403);
			assert.equal((await tryCode(document, 'rigtig kode', address)).status, 303, `round ${round}`);
		}
		assert.deepEqual(await locks(document.id), []);
	});

	test('the lock ends after an hour', async () => {
		const document = await send('patient', 'rigtig kode');
		const address = newAddress();

		for (let i = 0; i < 6; i++)
			await tryCode(document, 'forkert', address);
		try {
			await portal.travel('59 minutes');
			assert.match((await tryCode(document, 'rigtig kode', address)).text, /for mange gange/);
			await portal.travel('61 minutes');
			assert.equal((await tryCode(document, 'rigtig kode', address)).status, 303);
		} finally {
			await portal.travelBack();
		}
	});

	test('ten at once are not more tries than ten one after the other', async () => {
		const document = await send('at once', 'rigtig kode');
		const address = newAddress();
		const answers = await Promise.all(Array.from({length: 10}, () => tryCode(document, 'forkert', address)));

		assert.equal(answers.filter(answer => /ikke rigtig/.test(answer.text)).length, 5);
		assert.match((await tryCode(document, 'rigtig kode', address)).text, /for mange gange/);
		assert.equal((await locks(document.id)).length, 1);
	});

	test('fifty wrong ones from everywhere lock the link for all', async () => {
		const document = await send('siege', 'rigtig kode', {title: 'Belejret'});
		const addresses = Array.from({length: 13}, newAddress), one = newAddress();

		for (let i = 0; i < 6; i++)
			await tryCode(document, 'forkert', one);
		assert.deepEqual((await locks(document.id)).map(event => event.data.scope), ['address']);
		for (const address of addresses)
			await Promise.all(Array.from({length: 4}, () => tryCode(document, 'forkert', address)));
		assert.match((await tryCode(document, 'rigtig kode')).text, /for mange gange/);
		assert.deepEqual((await locks(document.id)).map(event => event.data.scope), ['address', 'link']);
		await waitFor('both mails', async () => (await lockMails('Belejret')).length === 2);
		assert.ok((await lockMails('Belejret')).some(mail => /spærret i en time for alle/.test(mail.text)));
	});

	test('one address alone does not lock the link for others', async () => {
		const document = await send('one attacker', 'rigtig kode');
		const address = newAddress();

		for (let i = 0; i < 60; i++)
			await tryCode(document, 'forkert', address);
		assert.equal((await tryCode(document, 'rigtig kode')).status, 303);
	});

	test('where counting fails nobody gets in', async () => {
		const document = await send('broken', 'rigtig kode');
		const inside = await entered(document, 'rigtig kode');

		await portal.sql('ALTER TABLE access_failure RENAME TO access_failure_away');
		try {
			const answer = await tryCode(document, 'rigtig kode');

			assert.ok(answer.status >= 500, String(answer.status));
			assert.equal(answer.headers['set-cookie'], undefined);
		} finally {
			await portal.sql('ALTER TABLE access_failure_away RENAME TO access_failure');
		}
		assert.equal((await inside.get('/file')).status, 200);
		await portal.sql(`UPDATE document SET access_code = NULL WHERE id = '${document.id}'`);
		assert.equal((await tryCode(document, 'rigtig kode')).status, 403, 'no code in the row is no open door');
		assert.equal((await tryCode(document, '')).status, 403);
		await portal.sql(`UPDATE document SET access_code = '' WHERE id = '${document.id}'`);
		assert.equal((await tryCode(document, '')).status, 403);
	});

	test('the tenant was only told of its own links', async () => {
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM event WHERE type = 'link.locked' AND tenant_id <> '${tenantId}'`), '0');
	});
});
