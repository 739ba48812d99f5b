// Who decides, and what proves it: codes by e-mail, on personal, disclosed and public links, and the evidence.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {askCode, codeTo, cookieOf} from './lib/codes.js';
import {linkOf} from './lib/links.js';
import {textOf} from './lib/pdf_readers.js';
import {startPortal} from './lib/portal.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());

const evidence = async (id, version = 1) =>
	JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${id}', ${version})`) || 'null');
const state = async id => (await api.document(id)).state;
const coded = {accept: {enabled: true, identity: 'email_code', signature: 'typed'}};

const patch = (who, path, value) =>
	who.request('PATCH', path, {body: JSON.stringify(value), headers: {'content-type': 'application/json'}});

let number = 0;

// A document for one contact, nobody told, with a visitor who has the link.
async function sent(changes = coded, pdf = simplePdf('Tilbud', String(++number))) {
	const name = `i-${++number}`, email = `${name}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da'}];
	const given = metadata(name, {contacts, notify: {on_upload: false}, ...changes});
	const document = await api.send(given, pdf);

	return {document, email, given, pdf, visitor: new Visitor(await linkOf(portal, document.id, email))};
}

const ask = (visitor, email, fields, seen) => askCode(portal, visitor, email, fields, seen);

const otherThan = code => code === '123456' ? '654321' : '123456';
const later = (interval, what) => portal.sql(`UPDATE identity_challenge SET ${['created_at', 'expires_at'].map(column =>
	`${column} = ${column} - interval '${interval}'`)} ${what ?? ''}`);

test('the evidence says who decided on what, and where it stands in the history', async () => {
	const {document, visitor, email} = await sent({});

	assert.equal(await evidence(document.id), null);
	assert.equal((await visitor.accept({purchase_order: 'PO-1'})).status, 303);
	const found = await evidence(document.id);
	const [before, line] = await portal.sql(`SELECT hash, seq FROM portal.event WHERE document_id = '${document.id}'
		AND seq IS NOT NULL ORDER BY seq DESC LIMIT 2`);

	assert.deepEqual([found.type, found.name, found.email, found.identity, found.proof, found.link_kind, found.purchase_order],
		['accepted', 'Mette Jensen', email, 'link', null, 'personal', 'PO-1']);
	assert.deepEqual([found.version, found.sha256, found.attachments], [1, document.version.sha256, []]);
	assert.deepEqual(found.chain.after, {length: Number(before[1]), head: before[0]});
	assert.deepEqual(found.chain.before, {length: Number(line[1]), head: line[0]});
	assert.match(found.ip, /^127\./);
	assert.match(found.user_agent, /Firefox/);
	assert.equal(found.consent_sha256, sha256(found.consent));
	assert.match(found.at_local, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
	assert.equal(found.disclosed_at, null);
});

describe('a code to the contact\'s own address', () => {
	test('is asked for on the page, mailed, and with it the quote accepted', async () => {
		const {document, visitor, email} = await sent();
		const first = await visitor.get();

		assert.match(first.text, /Vi sender en kode på seks cifre til i\*\*\*@example\.dk/);
		assert.match(first.html, /<fieldset class="fields" id="fields" disabled>/);
		assert.ok(!first.text.includes(email), 'the address itself is not told');
		const code = await ask(visitor, email, formOf(first.html, '/identity'));
		const page = await visitor.get();

		assert.match(page.text, /Koden er sendt til i\*\*\*@example\.dk/);
		assert.doesNotMatch(page.html, /id="fields" disabled/);
		const answer = await visitor.accept({code: `${code.slice(0, 3)} ${code.slice(3)}`});

		assert.equal(answer.status, 303, answer.text);
		const found = await evidence(document.id);

		assert.deepEqual([found.identity, found.email, found.proof.codes, found.proof.tries], ['email_code', email, 1, 1]);
		assert.ok(found.proof.requested_at <= found.proof.mailed_at && found.proof.mailed_at <= found.proof.confirmed_at);
		assert.deepEqual((await api.document(document.id)).decision.identity, 'email_code');
		const event = (await api.events(document.id)).find(({type}) => type === 'document.accepted');

		assert.deepEqual(event.data.proof, found.proof);
		const again = await visitor.post('/accept', {...formOf(page.html, '/accept'), consent: 'yes', code});

		assert.equal(again.status, 200, 'the same again is the receipt, used code or not');
	});

	test('the mail names the document and holds no link; the code is nowhere else', async () => {
		const {visitor, email, document} = await sent();
		const code = await ask(visitor, email);
		const mail = (await portal.mails()).findLast(({to}) => to === email);

		assert.equal(mail.subject, 'Din kode til tilbud 2026-0117 fra Nordtag ApS');
		assert.match(mail.text, /ti minutter/);
		assert.ok(!mail.text.includes('/d/') && !mail.html.includes('/d/'));
		assert.ok(!mail.subject.includes(code));
		for (const table of ['identity_challenge', 'job', 'event'])
			assert.equal(await portal.sqlValue(`SELECT count(*) FROM ${table} x WHERE document_id = '${document.id}'
				AND x::text ~ '[^0-9a-f]${code}[^0-9a-f]'`), '0', table);
	});

	test('in English', async () => {
		const {visitor, email} = await sent();
		const form = formOf((await visitor.get('?lang=en')).html, '/identity');
		const answer = await visitor.post('/identity', form);

		assert.match(answer.headers.get('location'), /\?lang=en#accept$/);
		await codeTo(portal, email);
		assert.match((await visitor.get('?lang=en')).text, /The code has been sent to i\*\*\*@example\.dk/);
	});

	test('missing, malformed and wrong codes are told; after five tries only a new one helps', async () => {
		const {document, visitor, email} = await sent();

		assert.match((await visitor.accept()).text, /Skriv koden fra mailen/);
		const code = await ask(visitor, email);
		const wrong = otherThan(code);

		for (const malformed of ['', '12345', 'abcdef', '1234567'])
			assert.equal((await visitor.accept({code: malformed})).status, 422);
		for (const left of [4, 3, 2, 1]) {
			const answer = await visitor.accept({code: wrong, purchase_order: 'PO-9'});

			assert.equal(answer.status, 422);
			assert.match(answer.text, new RegExp(`Koden er ikke rigtig\\. Du har ${left} forsøg tilbage`));
			assert.equal(formOf(answer.html, '/accept').purchase_order, 'PO-9', 'nothing that was typed is lost');
		}
		assert.match((await visitor.accept({code: wrong})).text, /skrevet forkert fem gange/);
		assert.match((await visitor.accept({code})).text, /skrevet forkert fem gange/);
		assert.equal(await state(document.id), 'sent');
		await later('31 seconds');
		const fresh = await ask(visitor, email, {}, 1);

		assert.equal((await visitor.accept({code: fresh})).status, 303);
		const {proof} = await evidence(document.id);

		assert.deepEqual([proof.codes, proof.tries], [2, 6], 'those of the first code count too');
		const receipt = await waitFor('the receipt', async () => {
			const {status, body} = await api.get(`/documents/${document.id}/receipt`);

			return status === 200 && textOf(body);
		});

		assert.match(receipt, /Der blev sendt 2 koder\. Koden blev tastet rigtigt i\s+forsøg 6\./);
	});

	test('forty guesses at once are five', async () => {
		const {visitor, email, document} = await sent();
		const code = await ask(visitor, email);
		const form = await visitor.form();
		const answers = await Promise.all(Array.from({length: 40}, (_, i) =>
			visitor.post('/accept', {...form, consent: 'yes', code: String((Number(code) + 1 + i) % 1e6).padStart(6, '0')})));

		assert.ok(answers.every(({status}) => status === 422));
		assert.equal(await portal.sqlValue(`SELECT tries FROM identity_challenge WHERE document_id = '${document.id}'`), '5');
		assert.equal((await visitor.post('/accept', {...form, consent: 'yes', code})).status, 422);
	});

	test('a code of another link, of another version, or void is wrong', async () => {
		const one = await sent(), other = await sent();
		const code = await ask(one.visitor, one.email), foreign = await ask(other.visitor, other.email);

		if (code !== foreign)
			assert.match((await one.visitor.accept({code: foreign})).text, /Koden er ikke rigtig/);
		await later('31 seconds');
		const second = await ask(one.visitor, one.email, {}, 1);

		if (code !== second)
			assert.match((await one.visitor.accept({code})).text, /Koden er ikke rigtig/);
		await api.send(one.given, simplePdf('Ny version'));
		assert.match((await one.visitor.accept({code: second})).text, /Skriv koden fra mailen/);
		assert.equal(await state(one.document.id), 'sent');
	});

	test('after ten minutes it has expired, to the second', async () => {
		const {visitor, email, document} = await sent();
		const code = await ask(visitor, email), form = {...await visitor.form(), consent: 'yes', code};

		await portal.sql(`UPDATE identity_challenge SET expires_at = portal_now() WHERE document_id = '${document.id}'`);
		const answer = await visitor.post('/accept', form);

		assert.equal(answer.status, 422);
		assert.match(answer.text, /Koden er udløbet/);
		assert.match(answer.html, /id="fields" disabled/);
	});

	test('the next is sent half a minute later at the soonest, and five in an hour', async () => {
		const {visitor, email, document} = await sent();

		await ask(visitor, email);
		const soon = await visitor.post('/identity', {});

		assert.equal(soon.status, 429);
		const seconds = Number(soon.headers.get('retry-after'));

		assert.ok(seconds > 20 && seconds <= 30, String(seconds));
		assert.match(soon.text, /Vi har lige sendt en kode\. Vent \d+ sekunder/);
		const mine = `WHERE document_id = '${document.id}'`;

		for (let i = 2; i <= 5; i++) {
			await later('31 seconds', mine);
			await ask(visitor, email, {}, i - 1);
		}
		await later('31 seconds', mine);
		const much = await visitor.post('/identity', {});

		assert.equal(much.status, 429);
		assert.match(much.text, /Vent \d\d minutter/);
		assert.ok(Number(much.headers.get('retry-after')) > 3000);
		await later('1 hour', mine);
		await ask(visitor, email, {}, 5);
	});

	test('nothing else stands in the way first: a code is not spent on what cannot be decided', async () => {
		const {visitor, email, document, given, pdf} = await sent();
		const code = await ask(visitor, email), form = {...await visitor.form(), consent: 'yes', code};

		assert.equal((await visitor.post('/accept', {...form, sha256: sha256('x')})).status, 409);
		await portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${document.id}'`);
		assert.equal((await visitor.post('/accept', form)).status, 409);
		assert.equal((await visitor.post('/identity', {})).status, 409);
		assert.equal(await portal.sqlValue(`SELECT tries FROM identity_challenge WHERE document_id = '${document.id}'`), '0');
		await portal.sql(`UPDATE document SET expires_at = NULL WHERE id = '${document.id}'`);
		await api.post(`/documents/${document.id}/withdraw`, {});
		assert.equal((await visitor.post('/accept', form)).status, 409);
		assert.equal((await visitor.post('/identity', {})).status, 409);
		assert.ok(given && pdf);
	});

	test('declining takes no code', async () => {
		const {visitor, document} = await sent();

		assert.equal((await visitor.post('/decline', {...await visitor.form('/decline'), reason: 'Nej'})).status, 303);
		assert.deepEqual([(await evidence(document.id)).identity, (await evidence(document.id)).signature], ['link', 'none']);
	});
});

describe('the public link', () => {
	const open = {...coded, visibility: 'link', access_code: 'Tagsten 7', contacts: []};

	async function entered(document) {
		const visitor = new Visitor(document.links.public);
		const answer = await visitor.post('/code', {code: 'Tagsten 7'});

		visitor.headers.cookie = answer.headers.get('set-cookie').split(';')[0];
		return visitor;
	}

	async function known(visitor, email) {
		const answer = await visitor.post('/identity', {email});

		assert.equal(answer.status, 303, answer.text);
		visitor.headers.cookie += `; ${answer.headers.get('set-cookie').split(';')[0]}`;
		return codeTo(portal, email);
	}

	test('can be accepted by only with a code, the visitor giving name and address', async () => {
		const {document} = await sent(open);
		const visitor = await entered(document), stranger = await entered(document);
		const email = `besøg-${++number}@example.dk`.replace('ø', 'o');

		assert.equal((await visitor.post('/identity', {email: ''})).status, 422);
		assert.match((await visitor.post('/identity', {email: 'ikke en adresse'})).text, /E-mailadressen kan ikke bruges/);
		assert.equal((await visitor.accept({name: 'Søren Holm', code: '123456'})).status, 422);
		const code = await known(visitor, email);

		assert.match((await visitor.get()).text, new RegExp(`Koden er sendt til ${email}`));
		assert.ok(!(await stranger.get()).text.includes(email), 'another visitor is told nothing');
		const form = await visitor.form();

		assert.equal(form.email, email);
		assert.equal((await visitor.post('/accept', {...form, consent: 'yes', code})).status, 422, 'without a name');
		const answer = await visitor.post('/accept', {...form, name: 'Søren Holm', consent: 'yes', code});

		assert.equal(answer.status, 303, answer.text);
		const found = await evidence(document.id);

		assert.deepEqual([found.name, found.email, found.link_kind, found.identity, found.contact_id],
			['Søren Holm', email, 'public', 'email_code', null]);
		assert.match((await visitor.get()).text, /Tak, Søren Holm/);
		assert.match((await stranger.get()).text, /Søren Holm har accepteret/);
		assert.ok(!(await stranger.get()).text.includes(email));
		assert.equal((await visitor.post('/accept', {...form, name: 'Søren Holm', consent: 'yes', code})).status, 200);
		assert.equal((await stranger.post('/accept', {...form, name: 'Søren Holm', consent: 'yes', code: otherThan(code)})).status, 409);
		await portal.mail('with the receipt', mail => mail.to === email && /Kvittering/.test(mail.subject));
	});

	test('who accepted is known again by the cookie that the accept gave, or by the code', async () => {
		const {document} = await sent(open), email = `igen-${++number}@example.dk`;
		const visitor = await entered(document), code = await ask(visitor, email, {email}); // and throws that cookie away
		const form = {version: '1', sha256: document.version.sha256, name: 'Søren Holm', email, code, consent: 'yes'};
		const answer = await visitor.post('/accept', form), cookie = cookieOf(answer, 'identity');

		assert.equal(answer.status, 303, answer.text);
		assert.ok(cookie);
		const again = await visitor.post('/accept', form);

		assert.equal(again.status, 200, again.text);
		assert.match(again.text, /Tak, Søren Holm/);
		assert.equal((await visitor.post('/accept', {...form, email: email.toUpperCase()})).status, 200);
		const known = new Visitor(visitor.link, {cookie: `${visitor.headers.cookie}; ${cookie}`});

		assert.match((await known.get()).text, /Tak, Søren Holm/);
		assert.equal((await known.post('/accept', {...form, code: ''})).status, 200);
		assert.equal((await known.post('/decline', {...form, reason: 'Nej'})).status, 409);
		for (const wrong of [{code: otherThan(code)}, {code: ''}, {email: 'anden@example.dk'}, {email: ''}, {sha256: sha256('x')}])
			assert.equal((await visitor.post('/accept', {...form, ...wrong})).status, 409, JSON.stringify(wrong));
		for (let i = 0; i < 5; i++)
			await visitor.post('/accept', {...form, code: otherThan(code)});
		assert.equal((await visitor.post('/accept', form)).status, 409, 'guessing ends it');
	});

	test('the API\'s proof makes no cookie', async () => {
		const {document} = await sent(open), email = `bevis-${++number}@example.dk`;
		const visitor = await entered(document), code = await known(visitor, email);
		const form = {...await visitor.form(), name: 'Søren Holm', consent: 'yes', code};

		assert.equal((await visitor.post('/accept', form)).status, 303);
		const {challenge_id: id} = (await api.events(document.id)).find(({type}) => type === 'document.accepted').data.proof;
		const [, made] = visitor.headers.cookie.match(/identity=([^;]+)/), stranger = await entered(document);
		const entrance = stranger.headers.cookie;

		assert.ok(made.includes(id), 'what it stands for is no secret');
		for (const forged of [id, made.replace(/.$/, c => c === 'A' ? 'B' : 'A'), made.slice(0, made.lastIndexOf('.')),
			`${made.split('.').slice(0, 3).join('.')}.${entrance.split('.').at(-1)}`, `1.${id}.99999999999.AAAAAAAAAAAAAAAAAAAAAA`]) {
			stranger.headers.cookie = `${entrance}; identity=${forged}`;
			assert.match((await stranger.get()).text, /Søren Holm har accepteret/, forged);
			assert.equal((await stranger.post('/accept', {...form, email: '', code: ''})).status, 409, forged);
		}
	});

	test('is declined the same way', async () => {
		const {document} = await sent(open);
		const visitor = await entered(document), email = `nej-${++number}@example.dk`;
		const form = await visitor.form('/decline');

		assert.equal((await visitor.post('/decline', {...form, reason: 'Nej'})).status, 422);
		const code = await known(visitor, email);

		assert.equal((await visitor.post('/decline', {...await visitor.form('/decline'), name: 'Bo', code, reason: 'Nej'})).status, 303);
		assert.deepEqual([(await evidence(document.id)).name, (await evidence(document.id)).email], ['Bo', email]);
	});

	test('asks one address five times an hour, whichever link it comes by', async () => {
		const email = `mange-${++number}@example.dk`;

		for (let i = 0; i < 5; i++) {
			const {document} = await sent(open);

			assert.equal((await (await entered(document)).post('/identity', {email})).status, 303);
			await later('31 seconds', `WHERE email = '${email}'`);
		}
		const {document} = await sent(open);

		assert.equal((await (await entered(document)).post('/identity', {email})).status, 429);
	});

	test('carries no right to accept with another identity', async () => {
		const plain = {accept: {enabled: true, identity: 'link'}};

		assertProblem(await api.upload(metadata(`i-${++number}`, {...open, ...plain}), simplePdf('x')), 422, 'invalid', ['/accept/enabled']);
		const {document, given} = await sent({...open, contacts: [{name: 'M', email: 'm@example.dk'}]});

		assert.equal((await patch(api, `/documents/${document.id}`, plain)).status, 200);
		const visitor = await entered(document);

		assert.equal((await visitor.post('/accept', {version: '1', sha256: document.version.sha256, name: 'M', consent: 'yes'})).status, 403);
		assert.equal((await visitor.post('/identity', {email: 'm@example.dk'})).status, 403);
		assert.ok(given);
	});
});

describe('links that the sender was shown', () => {
	let other;

	before(async () => {
		other = await portal.tenant('Sydtag ApS');
		assert.equal((await patch(other.api, '/settings', {return_links: true})).status, 200);
	});

	test('are returned, and accepting by one takes a code', async () => {
		const email = `vist-${++number}@example.dk`;
		const given = metadata('shown', {contacts: [{name: 'Mette Jensen', email, rights: ['view', 'ask', 'accept']}]});
		const document = await other.api.send(given, simplePdf('Vist'));
		const visitor = new Visitor(document.contacts[0].link);

		assert.equal((await other.api.document(document.id)).contacts[0].link, visitor.link);
		assert.match((await visitor.get()).text, /Vi sender en kode/);
		assert.equal((await visitor.accept()).status, 422);
		const code = await ask(visitor, email);

		assert.equal((await visitor.accept({code})).status, 303);
		const found = JSON.parse(await portal.sqlValue(
			`SELECT portal.decision_evidence('${other.tenantId}', '${document.id}', 1)`));

		assert.ok(found.disclosed_at);
		assert.equal(found.identity, 'email_code');
	});

	test('are declined by with a code too: the sender could say no in the customer\'s name', async () => {
		const email = `vist-nej-${++number}@example.dk`, contacts = [{name: 'Mette Jensen', email, language: 'da'}];
		const document = await other.api.send(metadata('shown-no', {contacts}), simplePdf('Vist nej'));
		const visitor = new Visitor(document.contacts[0].link), form = await visitor.form('/decline');

		assert.ok('code' in form && !('name' in form));
		assert.match((await visitor.get()).text, /Bed først om en kode ovenfor/);
		const refused = await visitor.post('/decline', {...form, reason: 'Nej'});

		assert.equal(refused.status, 422);
		assert.match(refused.text, /Skriv koden fra mailen/);
		assert.match(refused.html, /<details class="decline" open>/);
		assert.equal((await other.api.document(document.id)).state, 'sent');
		const code = await ask(visitor, email);

		assert.equal((await visitor.post('/decline', {...form, code: otherThan(code), reason: 'Nej'})).status, 422);
		assert.equal((await visitor.post('/decline', {...form, code, reason: 'Nej'})).status, 303);
		assert.equal((await visitor.post('/decline', {...form, code, reason: 'Nej'})).status, 200, 'the same again');
		const {decision} = await other.api.document(document.id);

		assert.deepEqual([decision.type, decision.identity, decision.by.name], ['declined', 'email_code', 'Mette Jensen']);
	});

	test('a rotated one is new, and shown only while the setting says so', async () => {
		const document = await other.api.send(metadata('rotated', {}), simplePdf('Nyt link'));
		const [contact] = document.contacts;

		assert.equal((await patch(other.api, '/settings', {return_links: false})).status, 200);
		const rotated = (await other.api.post(`/documents/${document.id}/contacts/${contact.id}/rotate`, {})).body;

		assert.equal(rotated.contacts[0].link, undefined);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM link WHERE document_id = '${document.id}' AND disclosed_at IS NOT NULL`), '0');
	});
});

describe('declining', () => {
	test('takes a reason where the sender asks for one', async () => {
		const {visitor, document} = await sent({accept: {enabled: true, identity: 'link', reason_required: true}});
		const form = await visitor.form('/decline');
		const answer = await visitor.post('/decline', {...form, reason: '  '});

		assert.equal(answer.status, 422);
		assert.match(answer.text, /Skriv en kort begrundelse/);
		for (const reason of ['\u200b', '\u00ad\u2060', '\u3164', '\ufeff', '\u2800 \u200b'])
			assert.match((await visitor.post('/decline', {...form, reason})).text, /Skriv en kort begrundelse/, JSON.stringify(reason));
		assert.equal(await state(document.id), 'sent');
		assert.equal((await visitor.post('/decline', {...form, reason: 'For dyrt'})).status, 303);
	});
});

describe('what was shown is what is accepted', () => {
	test('a consent that the sender changed meanwhile is shown first', async () => {
		const {visitor, document} = await sent({});
		const form = {...await visitor.form(), consent: 'yes'};

		await patch(api, '/settings', {texts: {da: {consent: 'Vi siger ja til {titel}.'}}});
		const answer = await visitor.post('/accept', form);

		assert.equal(answer.status, 409);
		assert.match(answer.text, /er blevet ændret/);
		assert.match(answer.text, /Vi siger ja til Tilbud på nyt tag\./);
		const fresh = formOf(answer.html, '/accept');

		assert.equal((await visitor.post('/accept', {...fresh, consent: 'yes'})).status, 303);
		const found = await evidence(document.id);

		assert.equal(found.consent, 'Vi siger ja til Tilbud på nyt tag.');
		assert.equal(found.consent_sha256, fresh.consent_sha256);
		await patch(api, '/settings', {texts: {da: {consent: null}}});
	});

	test('a wrong hash after one\'s own accept is a conflict, not the receipt', async () => {
		const {visitor} = await sent({});
		const form = {...await visitor.form(), consent: 'yes'};

		assert.equal((await visitor.post('/accept', form)).status, 303);
		assert.equal((await visitor.post('/accept', {...form, sha256: sha256('another')})).status, 409);
		assert.equal((await visitor.post('/accept', {...form, version: '2'})).status, 409);
		assert.equal((await visitor.post('/accept', form)).status, 200);
	});

	test('what cannot be accepted is not, to the second', async () => {
		for (const [what, change] of [
			['expired', id => portal.sql(`UPDATE document SET expires_at = portal_now() WHERE id = '${id}'`)],
			['archived', id => api.post(`/documents/${id}/archive`, {})],
			['withdrawn', id => api.post(`/documents/${id}/withdraw`, {})],
		]) {
			const {visitor, document} = await sent({});
			const form = {...await visitor.form(), consent: 'yes'};

			await change(document.id);
			assert.equal((await visitor.post('/accept', form)).status, 409, what);
			assert.equal((await visitor.post('/accept', {...form, name: 'M'.repeat(10000)})).status, 422);
			assert.equal(await evidence(document.id), null);
		}
		const {visitor, document} = await sent({kind: 'document'});

		assert.equal((await visitor.post('/accept', {version: '1', sha256: document.version.sha256, name: 'M', consent: 'yes'})).status, 403);
	});
});

test('`portalctl verify` finds a changed proof and a changed consent', async () => {
	assert.equal((await portal.ctl('verify')).status, 0);
	for (const [column, value] of [['proof', `jsonb_set(proof, '{tries}', '0')`], ['disclosed_at', 'now()'], ['consent', `'Ja'`],
		['email', `'anden@example.dk'`], ['signature', `'none'`]]) {
		const [id, version] = (await portal.sql(`SELECT document_id, version FROM decision WHERE proof IS NOT NULL AND consent IS NOT NULL LIMIT 1`))[0];
		const which = `WHERE document_id = '${id}' AND version = ${version}`;

		await portal.sql(`CREATE TABLE kept AS SELECT * FROM decision ${which}; UPDATE decision SET ${column} = ${value} ${which}`);
		const {status, output} = await portal.ctl('verify');

		assert.notEqual(status, 0, column);
		assert.match(output, /the decision of version 1 is not what event/);
		await portal.sql(`UPDATE decision SET ${column} = (SELECT ${column} FROM kept) ${which}; DROP TABLE kept`);
	}
	assert.equal((await portal.ctl('verify')).status, 0);
});
