// Questions and answers: who may write what, what becomes of it, who is told, and what is refused.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {after, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {simplePdf} from '../pdfs/make.js';
import {Api, assertProblem, metadata} from './lib/api.js';
import {linkOf, linksOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const sender = 'tilbud@nordtag.example';
const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', sender);
const readApi = new Api(portal.url, await portal.key(tenantId, 'read'));

after(() => portal.stop());

const types = events => events.map(event => event.type.replace(/^document\./, ''));
const all = ['view', 'ask', 'accept'];

// A document for people with these rights, {name: rights}; each has a visitor in `visitors`.
async function sent(externalId, people = {'Mette Jensen': all}, changes = {}, pdf = simplePdf('Tilbud', externalId)) {
	const contacts = Object.entries(people).map(([name, rights], i) => ({name, rights, email: `${externalId}-${i}@example.dk`, language: 'da'}));
	const document = await api.send(metadata(externalId, {contacts, notify: {on_upload: false}, ...changes}), pdf);
	const links = await linksOf(portal, document.id);
	const visitors = contacts.map(({email}) => new Visitor(links.get(email)));

	return {id: document.id, document, contacts, visitors, visitor: visitors[0], pdf};
}

const write = async (visitor, fields, action = '/messages') => visitor.post(action, {...formOf((await visitor.get()).html, action), ...fields});
const thread = async id => (await api.get(`/documents/${id}/messages`)).body.data;
const texts = async id => (await thread(id)).map(message => message.text);
const mailsAbout = async text => (await portal.mails()).filter(mail => mail.text.includes(text));
const mailAbout = (text, to) => portal.mail(`about ${text}`, mail => mail.text.includes(text) && mail.to === to);

describe('a question and its answer', async () => {
	const {id, visitors: [mette, anton, reader], contacts} = await sent('ask',
		{'Mette Jensen': all, 'Anton Jensen': ['view', 'ask'], 'Reader': ['view']});
	let question, answer;

	test('the question reaches the sender as message, event and mail', async () => {
		const page = await mette.get();

		assert.match(page.text, /Beskeder Er du i tvivl om noget/);
		const form = formOf(page.html, '/messages');
		const posted = await mette.post('/messages', {...form, text: '  Hvornår kan I begynde?\r\nDet haster <b>.  ', page: '1'});

		assert.equal(posted.status, 303);
		assert.equal(new URL(posted.headers.get('location'), mette.link).href, `${mette.link}?lang=da&sent=message#messages`);
		[question] = await thread(id);
		assert.deepEqual({...question, id: 0, at: 0}, {id: 0, author: 'contact', kind: 'message', name: 'Mette Jensen',
			contact_id: (await api.document(id)).contacts.find(({name}) => name === 'Mette Jensen').id, text: 'Hvornår kan I begynde?\nDet haster <b>.', version: 1,
			page: 1, at: 0, read_at: null});
		const mail = await mailAbout('Hvornår kan I begynde?\nDet haster <b>.', sender);

		assert.equal(mail.subject, 'Besked fra Jensen Byg A/S om tilbud 2026-0117');
		assert.match(mail.text, /Mette Jensen skriver om tilbud 2026-0117 til Jensen Byg A\/S:/);
		assert.match(mail.text, /Side: 1\n/);
		assert.match(mail.text, /Et svar på denne mail når ikke frem til kunden/);
		assert.ok(mail.html.includes('Det haster &lt;b&gt;.'));
		assert.match(mail.html, /display:none[^>]*>\s*Hvornår kan I begynde\?\s+Det haster &lt;b&gt;\./, 'what lists of mails show');
		const preview = await new Visitor(mail.link).get();

		assert.match(preview.text, /Mette Jensen Hvornår kan I begynde\? Det haster <b>\./);
		assert.equal(formOf(preview.html, '/messages'), null);
	});

	test('it counts as opened, and as unread', async () => {
		const document = await api.document(id);

		assert.deepEqual([document.state, document.unread_messages], ['opened', 1]);
		assert.deepEqual(document.contacts.filter(contact => contact.opened_at).map(({name}) => name), ['Mette Jensen']);
		for (const [query, found] of [['unread=true', true], ['unread=false', false]])
			assert.equal((await api.get(`/documents?external_id=ask&${query}`)).body.data.length === 1, found, query);
		assert.equal((await thread(id))[0].read_at, null, 'reading the thread marks nothing');
	});

	test('the event holds no text', async () => {
		const events = await api.events(id);
		const event = events.at(-1);

		assert.deepEqual(types(events).slice(-2), ['opened', 'message']);
		assert.deepEqual(event.data, {message_id: question.id, author: 'contact', kind: 'message', page: 1});
		assert.doesNotMatch(JSON.stringify(events), /begynde|Mette/);
		assert.match(await portal.sqlValue(`SELECT personal FROM event WHERE id = '${event.id}'`), /begynde/);
	});

	test('the answer is mailed to those who may ask', async () => {
		const posted = await api.post(`/documents/${id}/messages`, {text: 'I uge 14.\nHilsen Nordtag', page: 1});

		assert.equal(posted.status, 201);
		assert.equal(posted.body.read, 1);
		answer = posted.body.message;
		assert.deepEqual({...answer, id: 0, at: 0}, {id: 0, author: 'sender', kind: 'message', name: null, contact_id: null,
			text: 'I uge 14.\nHilsen Nordtag', version: 1, page: 1, at: 0, read_at: null});
		for (const [i, {link}] of [mette, anton].entries()) {
			const mail = await mailAbout('I uge 14.', contacts[i].email);

			assert.equal(mail.subject, 'Besked fra Nordtag ApS om tilbud 2026-0117');
			assert.deepEqual([mail.link, mail.replyTo], [link, sender]);
			assert.match(mail.html, /Læs og svar/);
		}
		assert.equal((await api.document(id)).unread_messages, 0);
		assert.notEqual((await thread(id))[0].read_at, null);
		await waitFor('an empty outbox', async () => await portal.sqlValue(
			`SELECT count(*) FROM job WHERE document_id = '${id}' AND state <> 'done'`) === '0');
		assert.equal((await mailsAbout('I uge 14.')).length, 2);
	});

	test('each sees the thread, and what is new to them until they have read it', async () => {
		const before = await mette.get();

		assert.match(before.text, /Ny besked fra Nordtag ApS/);
		assert.match(before.text, /Dig Hvornår kan I begynde\? .* Nordtag ApS Nyt I uge 14\. Hilsen Nordtag/);
		assert.match((await anton.get()).text, /Mette Jensen Hvornår/);
		assert.match((await mette.get()).text, /Ny besked/, 'a GET marks nothing');
		const seen = before.html.match(/data-seen="(\d+)"/)[1];

		assert.equal(seen, '2');
		assert.equal((await mette.post('/opened', {version: 1, seen})).status, 204);
		assert.doesNotMatch((await mette.get()).text, /Nyt/);
		assert.match((await anton.get()).text, /Ny besked/, 'others read for themselves');
		assert.notEqual((await thread(id))[1].read_at, null);
		const page = await reader.get();

		assert.match(page.text, /Mette Jensen Hvornår/);
		assert.equal(formOf(page.html, '/messages'), null);
	});

	test('who has not seen an answer yet has by answering it', async () => {
		assert.equal((await write(anton, {text: 'Det lyder godt.'})).status, 303);
		assert.doesNotMatch((await anton.get()).text, /Nyt/);
	});

	test('an answer that came while the page was open stays new', async () => {
		const form = formOf((await mette.get()).html, '/messages');

		await api.post(`/documents/${id}/messages`, {text: 'Og en ting til.'});
		await mette.post('/messages', {...form, text: 'Godt.'});
		assert.match((await mette.get()).text, /Nyt Og en ting til\./);
	});
});

describe('what is refused of a customer', async () => {
	const {id, visitor, visitors} = await sent('refused', {'Mette Jensen': all, 'Reader': ['view'], 'Acceptor': ['view', 'accept']});

	for (const [what, fields, words] of [
		['nothing', {text: ' \r\n '}, /Skriv, hvad du vil sige/],
		['what nobody can see', {text: '\u200b'}, /Skriv, hvad du vil sige/],
		['too much', {text: 'æ'.repeat(4001)}, /Skriv højst 4\.000 tegn/],
		['control characters', {text: 'a\u0007b'}, /tegn, der ikke kan vises/],
		['a page beyond the last', {text: 'Her', page: '2'}, /sidetal fra 1 til 1/],
		['a page that is none', {text: 'Her', page: 'to'}, /sidetal fra 1 til 1/],
		['a page without bounds', {text: 'Her', page: '99999999999999999999'}, /sidetal fra 1 til 1/],
		['page zero', {text: 'Her', page: '0'}, /sidetal fra 1 til 1/],
	])
		test(`${what} is shown again, with what is wrong`, async () => {
			const answer = await write(visitor, fields);

			assert.equal(answer.status, 422);
			assert.match(answer.text, words);
			assert.match(answer.html, /aria-invalid="true"/);
			if (fields.page)
				assert.equal(formOf(answer.html, '/messages').page, fields.page, 'nothing that was typed is lost');
			if (fields.text === 'Her')
				assert.match(answer.html, /<textarea id="message-text"[^>]*>Her<\/textarea>/);
		});

	test('in English, in English', async () =>
		assert.match((await visitor.post('/messages', {text: '', lang: 'en'})).text, /Write what you want to say/));

	test('4,000 characters with line breaks are taken', async () => {
		assert.equal((await write(visitor, {text: `${'æ'.repeat(1999)}\r\n${'ø'.repeat(2000)}`})).status, 303);
		assert.equal([...(await thread(id))[0].text].length, 4000);
	});

	test('numbers that no page of ours sends', async () => {
		for (const fields of [{version: 'x'}, {version: '-1'}, {seen: 'x'}])
			assert.ok([400, 422].includes((await visitor.post('/messages', {text: 'Her', ...fields})).status), JSON.stringify(fields));
		const unknown = await visitor.post('/messages', {text: 'Om version 7', version: '7'});

		assert.equal(unknown.status, 409);
		assert.match(unknown.html, /Om version 7<\/textarea>/);
	});

	test('without the right, from another site, by a preview', async () => {
		assert.equal((await visitors[1].post('/messages', {text: 'Må jeg?'})).status, 403);
		assert.equal((await visitors[1].post('/changes', {text: 'Må jeg?'})).status, 403);
		assert.equal((await visitors[2].post('/messages', {text: 'Må jeg?'})).status, 403);
		assert.equal((await visitor.post('/messages', {text: 'Hej'}, {origin: 'https://evil.example'})).status, 403);
		const preview = new Visitor((await api.document(id)).links.preview);

		for (const path of ['/messages', '/changes', '/renew'])
			assert.equal((await preview.post(path, {text: 'Hej', version: 1})).status, 403, path);
	});

	test('nothing of it was written down', async () => assert.equal((await texts(id)).length, 1));

	test('a second press is no second message', async () => {
		const form = {...formOf((await visitor.get()).html, '/messages'), text: 'To tryk'};
		const answers = await Promise.all(Array.from({length: 5}, () => visitor.post('/messages', form)));

		assert.deepEqual(answers.map(answer => answer.status), Array(5).fill(303));
		assert.equal((await texts(id)).filter(text => text === 'To tryk').length, 1);
	});

	test('twenty an hour are enough', async () => {
		const {id: other, visitor: eager} = await sent('eager');

		for (let i = 0; i < 20; i++)
			assert.equal((await eager.post('/messages', {text: `Besked ${i}`})).status, 303);
		const answer = await eager.post('/messages', {text: 'Besked 20'});

		assert.equal(answer.status, 429);
		assert.match(answer.text, /mange beskeder på kort tid/);
		assert.match(answer.html, /Besked 20<\/textarea>/);
		assert.equal((await eager.post('/changes', {text: 'Ændringer'})).status, 429);
		assert.equal((await texts(other)).length, 20);
		try {
			await portal.travel('61 minutes');
			assert.equal((await eager.post('/messages', {text: 'Besked 20'})).status, 303);
		} finally {
			await portal.travelBack();
		}
	});
});

describe('states', () => {
	test('a withdrawn document takes no messages, and its page shows none', async () => {
		const {id, visitor} = await sent('withdrawn');

		await write(visitor, {text: 'Et hemmeligt spørgsmål'});
		await api.post(`/documents/${id}/withdraw`, {});
		for (const path of ['/messages', '/changes', '/renew']) {
			const answer = await visitor.post(path, {text: 'Hvorfor?', version: 1});

			assert.equal(answer.status, 409, path);
			assert.match(answer.text, /trukket tilbage/);
			assert.doesNotMatch(answer.text, /hemmeligt/);
		}
		assertProblem(await api.post(`/documents/${id}/messages`, {text: 'Derfor'}), 409, 'withdrawn');
		assert.deepEqual((await api.post(`/documents/${id}/messages`, {read: true})).body, {message: null, read: 1});
		assert.equal((await texts(id)).length, 1);
	});

	test('an archived and an accepted document still take questions, but no wish for changes', async () => {
		for (const [name, act] of [['archived', ({id}) => api.post(`/documents/${id}/archive`, {})], ['accepted', ({visitor}) => visitor.accept()]]) {
			const x = await sent(name);

			await act(x);
			assert.equal((await write(x.visitor, {text: 'Hvornår kommer I?'})).status, 303, name);
			assert.equal((await x.visitor.post('/changes', {text: 'Blåt tag', version: 1})).status, 409, name);
			assert.equal((await x.visitor.post('/renew', {})).status, 409, name);
			assert.deepEqual(await texts(x.id), ['Hvornår kommer I?']);
		}
	});

	test('project documentation takes questions only', async () => {
		const {id, visitor} = await sent('documentation', {'Mette Jensen': ['view', 'ask']}, {kind: 'document', amount: null, accept: {enabled: false}});

		assert.equal((await write(visitor, {text: 'Hvor er tegning 3?'})).status, 303);
		assert.equal((await visitor.post('/changes', {text: 'Nye tegninger', version: 1})).status, 409);
		assert.deepEqual(await texts(id), ['Hvor er tegning 3?']);
	});

	test('a removed document is not there', async () => {
		const {id, visitor} = await sent('removed');

		await api.request('DELETE', `/documents/${id}`);
		assert.equal((await visitor.post('/messages', {text: 'Hallo?'})).status, 404);
		assertProblem(await api.get(`/documents/${id}/messages`), 404);
		assertProblem(await api.post(`/documents/${id}/messages`, {text: 'Hallo?'}), 404);
	});
});

test('a wish for changes marks the document until there is a new version', async () => {
	const {id, visitor, contacts} = await sent('changes');

	assert.equal((await write(visitor, {text: ''}, '/changes')).status, 422);
	const posted = await write(visitor, {text: 'Uden kviste, tak.'}, '/changes');

	assert.equal(posted.status, 303);
	const document = await api.document(id);

	assert.equal(document.state, 'opened');
	assert.ok(document.changes_requested_at);
	assert.equal(document.unread_messages, 1);
	assert.deepEqual(types(await api.events(id)).slice(-1), ['changes_requested']);
	assert.equal((await mailAbout('Uden kviste, tak.', sender)).subject, 'Jensen Byg A/S ønsker ændringer i tilbud 2026-0117');
	const page = await visitor.get('?sent=changes');

	assert.match(page.text, /Der er bedt om ændringer .* Du kan stadig acceptere/);
	assert.match(page.text, /Nordtag ApS har fået besked om, hvad du gerne vil have ændret/);
	assert.ok(formOf(page.html, '/accept'));
	const form = formOf(page.html, '/changes');

	await api.send(metadata('changes', {contacts}), simplePdf('Tilbud', 'uden kviste'));
	assert.equal((await api.document(id)).changes_requested_at, null);
	const stale = await visitor.post('/changes', {...form, text: 'Og billigere.'});

	assert.equal(stale.status, 409);
	assert.match(stale.text, /Tilbuddet er blevet ændret/);
	assert.match(stale.html, /<details class="decline" open>.*Og billigere\.<\/textarea>/s);
	assert.equal(formOf(stale.html, '/changes').version, '2');
	const question = await visitor.post('/messages', {...formOf(page.html, '/messages'), text: 'Om den gamle'});

	assert.equal(question.status, 303, 'a question may be about the version that was shown');
	assert.deepEqual((await thread(id)).map(({kind, version}) => [kind, version]), [['changes', 1], ['message', 1]]);
	const after = await visitor.get();

	assert.match(after.text, /Dig Ønsker ændringer Uden kviste, tak\. .* Om version 1 .*Om den gamle/);
	assert.equal((await visitor.accept()).status, 303);
});

describe('an expired quote', async () => {
	const {id, visitor, visitors: [, reader]} = await sent('expired', {'Mette Jensen': all, 'Reader': ['view']}, {expires_at: '2098-06-30'});

	after(() => portal.travelBack());

	test('is not renewed before', async () => {
		assert.equal((await visitor.post('/renew', {})).status, 409);
		assert.equal(formOf((await visitor.get()).html, '/renew'), null);
	});

	test('is asked to be renewed by one press, once', async () => {
		await portal.travelTo('2098-07-01 12:00+02');
		assert.equal(formOf((await reader.get()).html, '/renew'), null);
		assert.match((await reader.get()).text, /Kontakt Nordtag ApS, hvis du gerne vil have et nyt tilbud/);
		assert.equal((await reader.post('/renew', {})).status, 403);
		const form = await visitor.form('/renew');
		const answers = await Promise.all(Array.from({length: 4}, () => visitor.post('/renew', form)));

		assert.deepEqual(answers.map(answer => answer.status), [303, 303, 303, 303]);
		assert.equal(new URL(answers[0].headers.get('location'), visitor.link).searchParams.get('sent'), 'renewal');
		assert.equal(types(await api.events(id)).filter(type => type === 'renewal_requested').length, 1);
		const mail = await portal.mail('about the renewal', ({subject}) => /nyt tilbud/.test(subject));

		assert.deepEqual([mail.to, mail.subject], [sender, 'Jensen Byg A/S ønsker et nyt tilbud i stedet for tilbud 2026-0117']);
		const page = await visitor.get();

		assert.match(page.text, /Der er bedt om et nyt tilbud den 1\. juli 2098 kl\. 12\.0\d\. Nordtag ApS har fået besked/);
		assert.equal(formOf(page.html, '/renew'), null);
		assert.ok((await api.document(id)).renewal_requested_at);
		assert.equal((await visitor.post('/changes', {text: 'Billigere', version: 1})).status, 409);
	});

	test('that is extended and expires again is asked for again, with a word', async () => {
		await api.request('PATCH', `/documents/${id}`, {body: JSON.stringify({expires_at: '2098-07-31'})});
		assert.equal((await api.document(id)).renewal_requested_at, null);
		await portal.travelTo('2098-08-02 12:00+02');
		const refused = await visitor.post('/renew', {text: 'x'.repeat(4001)});

		assert.equal(refused.status, 422);
		assert.match(refused.html, /<details open>/);
		assert.equal((await visitor.post('/renew', {text: 'Vi vil stadig gerne.'})).status, 303);
		await mailAbout('Vi vil stadig gerne.', sender);
		assert.deepEqual((await thread(id)).map(({kind, text}) => [kind, text]), [['renewal', null], ['renewal', 'Vi vil stadig gerne.']]);
	});
});

describe('the public link', async () => {
	const code = 'Tagsten 7';
	const {id, document} = await sent('public', {'Mette Jensen': all}, {visibility: 'link', access_code: code});
	const visitor = new Visitor(document.links.public);

	test('asks only after the code', async () => {
		assert.equal((await visitor.post('/messages', {text: 'Uden kode'})).status, 403);
		visitor.headers.cookie = (await visitor.post('/code', {code})).headers.get('set-cookie').split(';')[0];
		assert.equal((await write(visitor, {text: 'Hvem er I?', name: 'Naboen'})).status, 303);
		assert.equal((await write(visitor, {text: 'Og jeg?'})).status, 303);
		assert.equal((await write(visitor, {text: 'For langt navn', name: 'N'.repeat(201)})).status, 422);
		assert.equal((await write(visitor, {text: 'To linjer', name: 'N\nM'})).status, 422);
		assert.deepEqual((await thread(id)).map(({name, contact_id: contact, text}) => [name, contact, text]),
			[['Naboen', null, 'Hvem er I?'], [null, null, 'Og jeg?']]);
	});

	test('shows the answers, for nobody is mailed there', async () => {
		await api.post(`/documents/${id}/messages`, {text: 'Vi er tagdækkere.'});
		await mailAbout('Vi er tagdækkere.', 'public-0@example.dk');
		const page = await visitor.get();

		assert.match(page.text, /Naboen Hvem er I\? .* Uden navn Og jeg\? .* Nordtag ApS Nyt Vi er tagdækkere/);
		assert.equal((await mailsAbout('Vi er tagdækkere.')).length, 1);
	});
});

describe('what is refused of the sender', async () => {
	const {id} = await sent('sender-refused');
	const post = value => api.post(`/documents/${id}/messages`, value);

	for (const [value, pointer] of [[{}, '/text'], [{text: ''}, '/text'], [{text: ' '}, '/text'], [{text: 'x'.repeat(4001)}, '/text'], [{text: 7}, '/text'], [{text: null}, '/text'],
		[{text: 'a\u0007'}, '/text'], [{read: false}, '/text'], [{read: 'yes'}, '/read'], [{text: 'a', version: 2}, '/version'], [{text: 'a', version: 0}, '/version'],
		[{text: 'a', page: 2}, '/page'], [{text: 'a', page: 1.5}, '/page'], [{text: 'a', colour: 'red'}, '/colour']])
		test(`${JSON.stringify(value).slice(0, 40)}`, async () => assertProblem(await post(value), 422, 'invalid', [pointer]));

	test('a key of scope read, another tenant, no such document', async () => {
		const {api: other} = await portal.tenant();

		assertProblem(await readApi.post(`/documents/${id}/messages`, {text: 'a'}), 403, 'forbidden');
		assertProblem(await other.post(`/documents/${id}/messages`, {text: 'a'}), 404);
		assertProblem(await other.get(`/documents/${id}/messages`), 404);
		assert.equal((await readApi.get(`/documents/${id}/messages`)).status, 200);
		for (const query of ['cursor=x', 'limit=0', 'colour=red'])
			assertProblem(await api.get(`/documents/${id}/messages?${query}`), 422, 'invalid');
		assertProblem(await api.get(`/documents/${id}/messages?cursor=01a20a79-e3ed-7343-bf46-a9b7192ee56f`), 404);
	});

	test('nothing of it was written', async () => assert.deepEqual(await texts(id), []));
});

describe('a reply by mail, as docs/examples/answer-by-mail.sh hands it over', async () => {
	const {id, visitor, document, contacts} = await sent('by-mail', {'Mette Jensen': all, 'Reader': ['view']});
	const links = await linksOf(portal, id);
	const quote = link => `Den 24. november 2026 skrev Nordtag ApS:\n> Kære Mette Jensen\n>\n> ${link}\n>\n> Venlig hilsen`;
	const post = text => spawnSync(fileURLToPath(new URL('../../docs/examples/answer-by-mail.sh', import.meta.url)), [portal.url], {input: text, encoding: 'utf8'});

	test('is the message that stands above the quotation', async () => {
		for (const end of ['\n', '\r\n'])
			assert.deepEqual(post(`Hej æøå\n\nKom & se "det" 100 %.\n\n${quote(visitor.link)}\n`.replaceAll('\n', end)).status, 0, 'the second is a repeat');
		assert.deepEqual((await thread(id)).map(({name, text}) => [name, text]), [['Mette Jensen', 'Hej æøå\n\nKom & se "det" 100 %.']]);
	});

	for (const [what, text] of [
		['no link', () => 'Hej'], ['no text', () => quote(visitor.link)], ['nothing', () => ''],
		['a link that may not write', () => `Hej\n${quote(links.get(contacts[1].email))}`],
		['the sender\'s preview', () => `Hej\n${quote(document.links.preview)}`],
		['a forged link', () => `Hej\n${quote(visitor.link.slice(0, -4) + 'AAAA')}`],
		['another portal\'s link', () => `Hej\n${quote(visitor.link.replace('127.0.0.1', 'evil.example'))}`],
	])
		test(`${what} is left to a person`, () => {
			const {status, stderr} = post(text());

			assert.equal(status, 65);
			assert.match(stderr, /^answer-by-mail: /);
			assert.doesNotMatch(stderr, /\/d\//);
		});

	test('nothing of that was written', async () => assert.equal((await thread(id)).length, 1));
});

test('an answer repeated with its Idempotency-Key is one answer', async () => {
	const {id} = await sent('idempotent');
	const post = text => api.request('POST', `/documents/${id}/messages`, {body: JSON.stringify({text}), headers: {'idempotency-key': 'answer-1'}});
	const answers = await Promise.all([post('En gang'), post('En gang'), post('En gang')]);

	assert.deepEqual(answers.map(answer => answer.status), [201, 201, 201]);
	assert.equal(new Set(answers.map(answer => answer.body.message.id)).size, 1);
	assert.equal((await post('To gange')).status, 409);
	assert.deepEqual(await texts(id), ['En gang']);
});

test('the thread is read in pages, oldest first, over all versions', async () => {
	const {id, contacts} = await sent('paged');

	for (let i = 0; i < 5; i++) {
		if (i === 3)
			await api.send(metadata('paged', {contacts}), simplePdf('Tilbud', 'paged again'));
		assert.equal((await api.post(`/documents/${id}/messages`, {text: `Nr. ${i}`, ...(i === 4 && {version: 1}), read: false})).status, 201);
	}
	const found = [];

	for (let cursor = ''; cursor !== null;) {
		const {body} = await api.get(`/documents/${id}/messages?limit=2${cursor && `&cursor=${cursor}`}`);

		found.push(...body.data.map(({text, version}) => [text, version]));
		cursor = body.next;
	}
	assert.deepEqual(found, [['Nr. 0', 1], ['Nr. 1', 1], ['Nr. 2', 1], ['Nr. 3', 2], ['Nr. 4', 1]]);
});

test('messages from all sides at once are each there once, in one order', async () => {
	const {id, visitors} = await sent('race', {'Mette Jensen': all, 'Anton Jensen': all});
	const answers = await Promise.all(Array.from({length: 24}, (_, i) =>
		i % 3 ? visitors[i % 2].post('/messages', {text: `Fra kunden ${i}`}) : api.post(`/documents/${id}/messages`, {text: `Fra os ${i}`})));

	assert.ok(answers.every(({status}) => [201, 303].includes(status)));
	assert.equal(new Set(await texts(id)).size, 24);
	assert.equal(await portal.sqlValue(`SELECT count(DISTINCT n) || ' ' || max(n) FROM message WHERE document_id = '${id}'`), '24 24');
	assert.equal((await api.events(id)).filter(({type}) => type === 'document.message').length, 24);
});

test('an answer that cannot be delivered is told', async () => {
	const {id, contacts: [{email}]} = await sent('undelivered');

	await portal.sql(`UPDATE contact SET email = 'not an address' WHERE email = '${email}'`);
	await api.post(`/documents/${id}/messages`, {text: 'Når den frem?'});
	const {contacts: [contact]} = await api.documentWhere('failed delivery', id, ({contacts: [{delivery}]}) => delivery === 'failed');

	assert.equal(contact.delivery, 'failed');
	assert.equal((await api.events(id)).find(({type}) => type === 'document.delivery_failed').data.cause, 'message');
	assert.ok(await linkOf(portal, id, 'not an address'));
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
