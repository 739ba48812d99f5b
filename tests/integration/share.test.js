// Passing a document on to a colleague: what the link can do, who can end it, and what is refused.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linksOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());

const all = ['view', 'ask', 'accept'];

async function sent(externalId, people = {'Mette Jensen': all}, changes = {}) {
	const contacts = Object.entries(people).map(([name, rights], i) => ({external_id: `${externalId}-${i}`, name, rights, email: `${externalId}-${i}@example.dk`, language: 'da'}));
	const document = await api.send(metadata(externalId, {contacts, notify: {on_upload: false}, ...changes}), simplePdf('Tilbud', externalId));
	const links = await linksOf(portal, document.id);
	const visitors = contacts.map(({email}) => new Visitor(links.get(email)));

	return {id: document.id, document, contacts, visitors, visitor: visitors[0]};
}

const share = async (visitor, email, fields = {}) => visitor.post('/share', {...formOf((await visitor.get()).html, '/share'), email, ...fields});
const sharedMail = email => portal.mail(`with the link for ${email}`, mail => mail.to === email && /har delt/.test(mail.subject));
const patch = async (id, change) => assert.equal((await api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(change)})).status, 200);

// Contacts made in the same millisecond stand in any order.
const metteOf = document => document.contacts.find(({name}) => name === 'Mette Jensen').id;

// Shares with EMAIL; gives the colleague, who has the link from the mail.
async function colleague(visitor, email, fields) {
	assert.equal((await share(visitor, email, fields)).status, 303);
	return new Visitor((await sharedMail(email)).link);
}

describe('a shared link', async () => {
	const {id, visitor, visitors: [, other], document} = await sent('shared', {'Mette Jensen': all, 'Anton Jensen': ['view', 'ask']});
	const email = 'kollega@example.dk';
	let friend;

	test('comes by mail alone, with who shared it and what they wrote', async () => {
		const posted = await share(visitor, email, {name: 'Ida Holm', text: 'Hvad siger du til prisen?\r\nHilsen Mette'});

		assert.equal(new URL(posted.headers.get('location'), visitor.link).href, `${visitor.link}?lang=da&sent=shared#share`);
		const mail = await sharedMail(email);

		assert.equal(mail.subject, 'Mette Jensen har delt tilbud 2026-0117 fra Nordtag ApS med dig');
		assert.equal(mail.toName, 'Ida Holm');
		assert.match(mail.text, /Kære Ida Holm\n\nMette Jensen hos Jensen Byg A\/S har delt et tilbud fra Nordtag ApS med dig/);
		assert.match(mail.text, /Mette Jensen skriver:\n\nHvad siger du til prisen\?\nHilsen Mette\n/);
		assert.match(mail.text, /fordi Mette Jensen har oplyst din e-mailadresse/);
		assert.doesNotMatch(mail.text, /Hej Mette/);
		friend = new Visitor(mail.link);
		const page = await visitor.get('?sent=shared');

		assert.match(page.text, /Linket er på vej\./);
		assert.match(page.text, /Ida Holm kollega@example\.dk Sendt/);
		assert.ok(!page.html.includes(new URL(friend.link).pathname), 'who shared it does not see the link');
		assert.ok(!(await other.get()).text.includes(email), 'nobody else is told the address');
	});

	test('reads and asks, but does not accept or share on', async () => {
		const page = await friend.get();

		assert.match(page.text, /Tilbud på nyt tag Mette Jensen har delt tilbuddet med dig\. Det er Mette Jensen, der kan acceptere\./);
		assert.doesNotMatch(page.text, /kan ikke accepteres her|Til Jensen Byg/);
		for (const action of ['/accept', '/decline', '/share'])
			assert.equal(formOf(page.html, action), null, action);
		const decision = {version: 1, sha256: document.version.sha256, name: 'Ida Holm', consent: 'yes'};

		assert.equal((await friend.post('/accept', decision)).status, 403);
		assert.equal((await friend.post('/decline', {...decision, reason: ''})).status, 403);
		assert.equal((await friend.post('/share', {email: 'next@example.dk'})).status, 403);
		assert.equal((await friend.post('/share/revoke', {link: '01a20a79-e3ed-7343-bf46-a9b7192ee56f'})).status, 403);
		for (const path of ['/file', '/download'])
			assert.equal((await friend.get(path)).status, 200);
		assert.equal((await friend.post('/messages', {...formOf(page.html, '/messages'), text: 'Er det med moms?'})).status, 303);
		const [{name, contact_id: contact}] = (await api.get(`/documents/${id}/messages`)).body.data;

		assert.deepEqual([name, contact], ['Ida Holm', null]);
		assert.match((await friend.get()).text, /Dig Er det med moms\?/);
		await api.post(`/documents/${id}/messages`, {text: 'Ja, det er med moms.'});
		const answer = await portal.mail('with the answer', mail => mail.to === email && mail.text.includes('med moms'));

		assert.match(answer.text, /fordi Mette Jensen har oplyst din e-mailadresse/);
	});

	test('stands in the history and in the status', async () => {
		const {shared: [entry]} = await api.documentWhere('delivery', id, ({shared}) => shared[0].delivery === 'sent');
		const mette = document.contacts.find(({name}) => name === 'Mette Jensen');

		assert.deepEqual({...entry, id: 0, delivered_at: 0, shared_at: 0, opened_at: 0}, {id: 0, email, name: 'Ida Holm',
			by: {contact_id: mette.id, name: 'Mette Jensen'}, rights: ['view', 'ask'], delivery: 'sent', delivered_at: 0,
			delivery_answer: null, shared_at: 0, opened_at: 0, revoked_at: null});
		assert.ok(entry.opened_at);
		const events = await api.events(id);
		const event = events.find(({type}) => type === 'link.shared');

		assert.deepEqual([event.contact_id, event.data], [mette.id, {link_id: entry.id, rights: ['view', 'ask'], resent: false}]);
		assert.doesNotMatch(JSON.stringify(events), /kollega@|Ida Holm|prisen/);
		assert.match((await visitor.get()).text, /Du delte/);
	});

	test('is ended by who shared it, and by nobody else', async () => {
		const link = formOf((await visitor.get()).html, '/share/revoke');

		assert.equal((await other.post('/share/revoke', link)).status, 404);
		assert.equal((await friend.get()).status, 200);
		const posted = await visitor.post('/share/revoke', link);

		assert.equal(posted.status, 303);
		assert.match((await visitor.get('?sent=unshared')).text, /Adgangen er fjernet/);
		for (const path of ['', '/file', '/download', '/logo'])
			assert.equal((await friend.get(path)).status, 404, path);
		assert.equal((await friend.post('/messages', {text: 'Hallo?'})).status, 404);
		assert.equal((await visitor.post('/share/revoke', link)).status, 303, 'a second press changes nothing');
		const revoked = (await api.events(id)).filter(({type}) => type === 'link.revoked');

		assert.deepEqual(revoked.map(({data}) => data), [{link_id: link.link, by: 'contact'}]);
		assert.ok((await api.document(id)).shared[0].revoked_at);
	});

	test('is a new one when shared again', async () => {
		const again = await share(visitor, email);

		assert.equal(again.status, 303);
		const link = await waitFor('the second mail', async () =>
			(await portal.mails()).filter(mail => mail.to === email && /har delt/.test(mail.subject)).find(mail => mail.link !== friend.link)?.link);

		assert.equal((await new Visitor(link).get()).status, 200);
		assert.equal((await friend.get()).status, 404);
		assert.equal((await api.document(id)).shared.length, 2);
	});
});

describe('what ends with the contact\'s own link', async () => {
	const cases = {
		'revoking it': async ({id, document}) => assert.equal((await api.post(`/documents/${id}/contacts/${metteOf(document)}/revoke`, {})).status, 200),
		'dropping the contact': ({id, contacts}) => patch(id, {contacts: [contacts[1]]}),
	};

	for (const [what, end] of Object.entries(cases))
		test(what, async () => {
			const name = `ends-${what.split(' ')[0]}`;
			const x = await sent(name, {'Mette Jensen': all, 'Anton Jensen': all});
			const friend = await colleague(x.visitor, `${name}-friend@example.dk`), kept = await colleague(x.visitors[1], `${name}-kept@example.dk`);

			await end(x);
			assert.equal((await x.visitor.get()).status, 404);
			assert.equal((await friend.get()).status, 404);
			assert.equal((await kept.get()).status, 200);
			// The contact coming back does not bring the colleague back.
			if (what === 'revoking it')
				await api.post(`/documents/${x.id}/contacts/${metteOf(x.document)}/rotate`, {});
			else
				await patch(x.id, {contacts: x.contacts});
			assert.equal((await friend.get()).status, 404);
		});

	test('the right to ask, but not the link', async () => {
		const {id, visitor, contacts: [contact]} = await sent('ends-ask');
		const friend = await colleague(visitor, 'ends-ask-friend@example.dk');

		assert.ok(formOf((await friend.get()).html, '/messages'));
		await patch(id, {contacts: [{...contact, rights: ['view', 'accept']}]});
		assert.equal(formOf((await friend.get()).html, '/messages'), null);
		assert.equal((await friend.post('/messages', {text: 'Må jeg?'})).status, 403);
		const reader = await colleague(visitor, 'ends-ask-reader@example.dk');

		assert.equal((await reader.post('/messages', {text: 'Må jeg?'})).status, 403);
		await patch(id, {contacts: [{...contact, rights: all}]});
		assert.ok(formOf((await friend.get()).html, '/messages'));
		assert.deepEqual((await api.document(id)).shared.map(({rights}) => rights), [['view', 'ask'], ['view', 'ask']]);
	});

	test('not a rotated one: the colleague reads on', async () => {
		const {id, document, visitor} = await sent('ends-not');
		const friend = await colleague(visitor, 'ends-not-friend@example.dk');

		await api.post(`/documents/${id}/contacts/${document.contacts[0].id}/rotate`, {});
		assert.equal((await friend.get()).status, 200);
	});
});

test('the sender ends a shared link by its id, where contacts\' links end', async () => {
	const {id, visitor} = await sent('by-sender');
	const friend = await colleague(visitor, 'by-sender-friend@example.dk');
	const {shared: [{id: link}]} = await api.document(id);
	const act = action => api.post(`/documents/${id}/contacts/${link}/${action}`, {});

	assertProblem(await act('rotate'), 404);
	assert.equal((await friend.get()).status, 200);
	const {body} = await act('revoke');

	assert.deepEqual([body.result, body.shared.length, body.shared[0].revoked_at !== null, body.contacts.length], ['done', 1, true, 1]);
	assert.equal((await friend.get()).status, 404);
	assert.equal((await act('revoke')).body.result, 'unchanged');
	assert.deepEqual((await api.events(id)).filter(({type}) => type === 'link.revoked').map(({data, contact_id: contact}) => [data, contact]), [[{link_id: link, by: 'sender'}, null]]);
	const {api: stranger} = await portal.tenant();

	assertProblem(await stranger.post(`/documents/${id}/contacts/${link}/revoke`, {}), 404);
});

describe('what is refused', async () => {
	const {id, document, visitor, contacts: [{email: own}]} = await sent('refused', {'Mette Jensen': all}, {visibility: 'link', access_code: 'Tagsten 7'});

	for (const [what, fields, words] of [
		['no address', {email: ' '}, /Skriv en e-mailadresse/],
		['no real address', {email: 'ida@'}, /Skriv en e-mailadresse/],
		['two addresses', {email: 'a@example.dk, b@example.dk'}, /Skriv en e-mailadresse/],
		['an address with a header behind it', {email: 'a@example.dk\r\nBcc: b@example.dk'}, /Skriv en e-mailadresse/],
		['one\'s own address', {email: own.toUpperCase()}, /Det er din egen adresse/],
		['a name of two lines', {email: 'a@example.dk', name: 'Ida\nHolm'}, /Navnet kan ikke bruges/],
		['a name beyond measure', {email: 'a@example.dk', name: 'I'.repeat(201)}, /Navnet kan ikke bruges/],
		['a name that is an address', {email: 'a@example.dk', name: 'Se https://evil.example'}, /Skriv et navn uden link/],
		['a name that mail programs take for one', {email: 'a@example.dk', name: 'WWW.evil.example'}, /Skriv et navn uden link/],
		['too many words', {email: 'a@example.dk', text: 'x'.repeat(1001)}, /Skriv højst 1\.000 tegn/],
		['control characters', {email: 'a@example.dk', text: 'a\u0007'}, /tegn, der ikke kan vises/],
	])
		test(`${what} is shown again, with what is wrong`, async () => {
			const answer = await share(visitor, '', fields);

			assert.equal(answer.status, 422);
			assert.match(answer.text, words);
			assert.match(answer.html, /<details open>/);
			if (what === 'a name beyond measure')
				assert.equal(formOf(answer.html, '/share').email, 'a@example.dk', 'nothing that was typed is lost');
		});

	test('another site, the public link, the preview, no link to end', async () => {
		assert.equal((await visitor.post('/share', {email: 'a@example.dk'}, {origin: 'https://evil.example'})).status, 403);
		const open = new Visitor(document.links.public);

		assert.equal((await open.post('/share', {email: 'a@example.dk'})).status, 403);
		open.headers.cookie = (await open.post('/code', {code: 'Tagsten 7'})).headers.get('set-cookie').split(';')[0];
		assert.equal((await open.post('/share', {email: 'a@example.dk'})).status, 403);
		assert.equal(formOf((await open.get()).html, '/share'), null);
		assert.equal((await new Visitor(document.links.preview).post('/share', {email: 'a@example.dk'})).status, 403);
		for (const [link, status] of [['', 400], ['x', 400], [document.contacts[0].id, 404], ['01a20a79-e3ed-7343-bf46-a9b7192ee56f', 404]])
			assert.equal((await visitor.post('/share/revoke', {link})).status, status, link);
		assert.equal((await visitor.post('/share/revoke', {})).status, 400);
		assert.deepEqual((await api.document(id)).shared, []);
	});

	test('a withdrawn document; an expired, a decided and an archived one are shared', async () => {
		const x = {};

		for (const name of ['withdrawn', 'expired', 'accepted', 'archived'])
			x[name] = await sent(`state-${name}`);
		await api.post(`/documents/${x.withdrawn.id}/withdraw`, {});
		await api.post(`/documents/${x.archived.id}/archive`, {});
		await x.accepted.visitor.accept();
		await portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${x.expired.id}'`);
		for (const [name, {visitor: contact}] of Object.entries(x)) {
			const answer = await contact.post('/share', {email: `${name}@example.org`});

			assert.equal(answer.status, name === 'withdrawn' ? 409 : 303, name);
		}
		const friend = new Visitor((await sharedMail('accepted@example.org')).link);

		assert.match((await friend.get()).text, /Mette Jensen har accepteret tilbuddet/);
		assert.deepEqual((await api.document(x.withdrawn.id)).shared, []);
	});
});

describe('limits', () => {
	test('the same address is mailed once an hour, whatever its letters\' case', async () => {
		const {id, visitor} = await sent('again');
		const mails = async () => (await portal.mails()).filter(mail => mail.to.toLowerCase() === 'again-friend@example.dk');
		const answers = await Promise.all(['again-friend@example.dk', 'AGAIN-friend@example.dk', 'again-friend@example.dk'].map(email => share(visitor, email)));

		assert.deepEqual(answers.map(({headers}) => new URL(headers.get('location'), visitor.link).searchParams.get('sent')).sort(), ['shared', 'shared_before', 'shared_before']);
		await waitFor('the mail', async () => (await mails()).length === 1);
		try {
			await portal.travel('61 minutes');
			assert.equal((await share(visitor, 'again-friend@example.dk', {text: 'Har du set det?'})).status, 303);
			await waitFor('the second mail', async () => (await mails()).length === 2);
		} finally {
			await portal.travelBack();
		}
		const [first, second] = await mails();

		assert.equal(first.link, second.link);
		assert.equal((await api.document(id)).shared.length, 1);
		assert.deepEqual((await api.events(id)).filter(({type}) => type === 'link.shared').map(({data}) => data.resent), [false, true]);
	});

	test('ten at a time, twenty a day', async () => {
		const {id, visitor} = await sent('many');
		const to = n => visitor.post('/share', {email: `many-friend-${n}@example.dk`});
		const end = async () => {
			for (const {id: link, revoked_at: revoked} of (await api.document(id)).shared)
				if (!revoked)
					await visitor.post('/share/revoke', {link});
		};

		for (let n = 0; n < 10; n++)
			assert.equal((await to(n)).status, 303);
		const full = await to(10);

		assert.equal(full.status, 422);
		assert.match(full.text, /højst ti ad gangen/);
		await end();
		for (let n = 10; n < 20; n++)
			assert.equal((await to(n)).status, 303);
		await end();
		const limit = await to(20);

		assert.equal(limit.status, 429);
		assert.match(limit.text, /Prøv igen i morgen/);
		try {
			await portal.travel('25 hours');
			assert.equal((await to(20)).status, 303);
		} finally {
			await portal.travelBack();
		}
	});

	test('a mail that is not delivered is told to both', async () => {
		const {id, visitor} = await sent('undelivered');

		await visitor.post('/share', {email: 'undelivered-friend@example.dk'});
		await portal.sql(`UPDATE link SET delivery = 'failed' WHERE document_id = '${id}' AND kind = 'shared'`);
		assert.match((await visitor.get()).text, /Mailen kunne ikke leveres/);
		assert.deepEqual((await api.get('/documents?external_id=undelivered&delivery=failed')).body.data, [], 'the list is about contacts');
	});
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
