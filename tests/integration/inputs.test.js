// Texts that stand for nothing, or that nobody can see: refused by name wherever they come in.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {formOf, Visitor} from './lib/visitor.js';

const portal = await startPortal();
const {api} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());

// Some of Unicode's 66 noncharacters, and the letters beside them, which are letters.
const bad = [0xfffe, 0xffff, 0xfdd0, 0xfdef, 0x1fffe, 0x10ffff].map(c => `x${String.fromCodePoint(c)}y`);
const named = text => JSON.stringify(text).replace(/[^ -~]/gu, c => `U+${c.codePointAt(0).toString(16)}`);

let number = 0;

async function sent(changes = {}) {
	const name = `in-${++number}`, email = `${name}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da', rights: ['view', 'ask', 'accept']}];
	const document = await api.send(metadata(name, {contacts, notify: {on_upload: false}, ...changes}), simplePdf(name));

	return {document, visitor: new Visitor(await linkOf(portal, document.id, email))};
}

const patch = (path, value) => api.request('PATCH', path, {body: JSON.stringify(value), headers: {'content-type': 'application/json'}});

describe('noncharacters', () => {
	test('in every text of an upload are 422 at their place', async () => {
		const contact = {name: 'Mette Jensen', email: 'mette@example.dk'};

		for (const text of bad)
			for (const [place, changes] of [
				['/title', {title: text}], ['/number', {number: text}], ['/project', {project: text}], ['/message', {message: text}],
				['/customer/name', {customer: {name: text}}], ['/contacts/0/name', {contacts: [{...contact, name: text}]}],
				['/contacts/0/external_id', {contacts: [{...contact, external_id: text}]}],
				['/access_code', {visibility: 'link', access_code: `tagsten${text}`}],
			])
				assertProblem(await api.upload(metadata(`bad-${++number}`, changes), simplePdf('x')), 422, 'invalid', [place]);
		assertProblem(await api.upload(metadata(bad[0]), simplePdf('x')), 422, 'invalid', ['/external_id']);
		const escaped = JSON.stringify(metadata('escaped', {title: 'TITEL'})).replace('TITEL', 'x\\ufffey');

		assertProblem(await api.upload(escaped, simplePdf('x')), 422, 'invalid', ['/title']);
		assert.equal((await api.upload(metadata('name'), simplePdf('x'), [{name: `a${bad[0]}.txt`, bytes: Buffer.from('a'), type: 'text/plain'}])).status, 400);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM document WHERE external_id LIKE 'bad-%'`), '0');
	});

	test('and in settings, answers and webhooks', async () => {
		const {document} = await sent();

		for (const text of bad) {
			assertProblem(await patch('/settings', {sender_name: text}), 422, 'invalid', ['/sender_name']);
			assertProblem(await patch('/settings', {texts: {da: {consent: text}}}), 422, 'invalid', ['/texts/da/consent']);
			assertProblem(await api.post(`/documents/${document.id}/messages`, {text}), 422, 'invalid', ['/text']);
			assertProblem(await api.post('/webhooks', {url: 'https://example.dk/hook', description: text}), 422, 'invalid', ['/description']);
		}
		assert.notEqual((await portal.ctl('tenant', 'create', bad[0])).status, 0);
	});

	test('in a customer\'s forms are told beside the field', async () => {
		const {document, visitor} = await sent();

		for (const text of bad) {
			for (const [path, fields, words] of [
				['/accept', {name: text}, /Navnet kan ikke bruges/], ['/accept', {purchase_order: text}, /Nummeret kan ikke bruges/],
				['/decline', {reason: text}, /tegn, der ikke kan vises/], ['/messages', {text}, /tegn, der ikke kan vises/],
				['/changes', {text}, /tegn, der ikke kan vises/],
				['/share', {email: 'ida@example.dk', name: text}, /Navnet kan ikke bruges/],
				['/share', {email: 'ida@example.dk', text}, /tegn, der ikke kan vises/],
			]) {
				const answer = await visitor.post(path, {...await visitor.form(path), ...path === '/accept' && {consent: 'yes'}, ...fields});

				assert.equal(answer.status, 422, `${path} ${named(text)}`);
				assert.match(answer.text, words);
				assert.match(answer.html, /aria-invalid="true"/);
			}
		}
		assert.equal((await api.document(document.id)).state, 'sent');
	});

	test('their neighbours are taken', async () => {
		const name = 'Mette \u{fdcf}\u{fdf0}\u{fffd}\u{20000}\u{1f642} 李';
		const {document, visitor} = await sent({title: name});

		assert.equal((await visitor.accept({name, purchase_order: name})).status, 303);
		assert.equal((await api.document(document.id)).decision.by.name, name);
	});
});

test('what comes along with pasted text is left out of it, and lines stay lines', async () => {
	const {document, visitor} = await sent();
	const text = '\u202aSe side 2\u202c\u2028og 3\u2029\u2066tak\u2069\u000bHilsen\u000cMette';

	assert.equal((await visitor.post('/messages', {...await visitor.form('/messages'), text})).status, 303);
	assert.equal((await api.get(`/documents/${document.id}/messages`)).body.data[0].text, 'Se side 2\nog 3\ntak\nHilsen\nMette');
	assert.equal((await visitor.accept({name: '\u202aMette Jensen\u202c\u2028', purchase_order: '\u2066PO-8\u2069'})).status, 303);
	const {decision} = (await api.document(document.id));

	assert.deepEqual([decision.by.name, decision.purchase_order], ['Mette Jensen', 'PO-8']);
});

describe('text that nobody can see', () => {
	const invisible = ['\u200b', '\u00ad', '\u2060', '\u3164', '\ufeff', '\u2800', ' \u200b\u2060 \u3164'];

	test('is none where one is needed', async () => {
		const {document, visitor} = await sent({accept: {enabled: true, identity: 'link', reason_required: true}});

		for (const text of invisible)
			for (const [path, fields, words] of [
				['/accept', {name: text, consent: 'yes'}, /Skriv dit fulde navn/], ['/decline', {reason: text}, /Skriv en kort begrundelse/],
				['/messages', {text}, /Skriv, hvad du vil sige/], ['/changes', {text}, /Skriv, hvad du vil sige/],
			]) {
				const answer = await visitor.post(path, {...await visitor.form(path), ...fields});

				assert.equal(answer.status, 422, `${path} ${named(text)}`);
				assert.match(answer.text, words);
				assert.match(answer.html, /aria-invalid="true"/);
			}
		assert.equal((await api.document(document.id)).state, 'sent');
		for (const text of invisible)
			assertProblem(await api.post(`/documents/${document.id}/messages`, {text}), 422, 'invalid', ['/text']);
	});

	test('is left out where one may be', async () => {
		const {document, visitor} = await sent();

		assert.equal((await visitor.accept({purchase_order: '\u200b\u2060'})).status, 303);
		assert.equal((await api.document(document.id)).decision.purchase_order, null);
		const other = await sent(), form = formOf((await other.visitor.get()).html, '/decline');

		assert.equal((await other.visitor.post('/decline', {...form, reason: '\u3164'})).status, 303);
		assert.equal((await api.document(other.document.id)).decision.reason, null);
	});
});
