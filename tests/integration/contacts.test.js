// Contacts and their links: revoked, rotated, with another address, as one of all of a customer; and customers.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {answers, gone, open, person, sender} from './lib/sender.js';
import {startSmtp} from './lib/smtp.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api} = await portal.tenant('Nordtag ApS');
const {mailsTo, mailed, patch, act, types, changed, quiet, sent} = sender({portal, api, smtp});

after(async () => {
	await portal.stop();
	await smtp.stop();
});

test('contacts stand in the order in which they were sent', async () => {
	for (const name of ['order-1', 'order-2', 'order-3']) {
		const contacts = Array.from({length: 20}, (_, n) => person(name, (n * 7) % 20));
		const document = await api.send(metadata(name, {contacts}), simplePdf(name));

		assert.deepEqual(document.contacts.map(contact => contact.email), contacts.map(contact => contact.email));
	}
});

describe('links', () => {
	const contactOf = async (id, email) => (await api.document(id)).contacts.find(contact => contact.email === email);

	test('revoked: closed at once on every route, for good until it is rotated', async () => {
		const {id, given, pdf, contacts, visitors: [one, two], document} = await sent('l-revoke', {people: 2});
		const contact = await contactOf(id, contacts[1].email);
		const form = await two.form();

		await quiet(id);
		const answer = await act(id, `contacts/${contact.id}/revoke`);

		assert.deepEqual([answer.status, answer.body.result], [200, 'done']);
		assert.deepEqual(await answers(two), gone);
		assert.equal((await two.opened()).status, 404);
		for (const path of ['/accept', '/decline'])
			assert.equal((await two.post(path, {...form, consent: 'yes'})).status, 404);
		assert.deepEqual(await answers(one), open);
		assert.equal((await act(id, `contacts/${contact.id}/revoke`)).body.result, 'unchanged');
		await api.send(given, pdf);
		await changed(id, {contacts});
		assert.deepEqual(await answers(new Visitor(await linkOf(portal, id, contacts[1].email))), gone, 'naming the contact again does not bring it back');
		assert.equal((await types(id)).filter(type => type === 'link.revoked').length, 1);
		await quiet(id);
		assert.equal(mailsTo(contacts[1].email).length, 1);
		assert.equal((await act(id, `contacts/${contact.id}/rotate`)).status, 200);
		const fresh = (await mailed(contacts[1].email, 2)).link;

		assert.deepEqual(await answers(new Visitor(fresh)), open);
		assert.deepEqual(await answers(two), gone);
		assert.equal(document.contacts.length, (await api.document(id)).contacts.length);
	});

	test('rotated: the old one is dead at once, the contact is mailed the new one', async () => {
		const {id, contacts: [contact], visitor} = await sent('l-rotate');
		const old = (await mailed(contact.email)).link;

		assert.equal(old, visitor.link);
		const {id: contactId} = await contactOf(id, contact.email);
		const {status, body} = await act(id, `contacts/${contactId}/rotate`);

		assert.equal(status, 200);
		assert.ok(!JSON.stringify(body).includes(new URL(await linkOf(portal, id, contact.email)).pathname), 'the API shows no contact\'s link');
		assert.deepEqual(await answers(visitor), gone);
		const fresh = new Visitor((await mailed(contact.email, 2)).link);

		assert.notEqual(fresh.link, old);
		assert.equal((await fresh.accept()).status, 303);
		assert.equal((await types(id)).filter(type => type === 'link.rotated').length, 1);
	});

	test('twice rotated is mailed twice, and the last opens', async () => {
		const {id, contacts: [contact]} = await sent('l-twice');
		const {id: contactId} = await contactOf(id, contact.email);

		await mailed(contact.email);
		for (const n of [2, 3]) {
			await act(id, `contacts/${contactId}/rotate`);
			await mailed(contact.email, n);
		}
		assert.deepEqual(await Promise.all(mailsTo(contact.email).map(async ({link}) => (await new Visitor(link).get()).status)), [404, 404, 200]);
	});

	test('of who is no contact here are not found', async () => {
		const [one, other] = [await sent('l-one'), await sent('l-other')];
		const {id: foreign} = await contactOf(other.id, other.contacts[0].email);

		for (const action of ['revoke', 'rotate']) {
			assertProblem(await act(one.id, `contacts/${foreign}/${action}`), 404, 'not_found');
			assertProblem(await act(one.id, `contacts/${one.id}/${action}`), 404, 'not_found');
		}
		assert.deepEqual(await answers(other.visitor), open);
	});

	test('a changed address closes the link everywhere and gets the new one mailed', async () => {
		const known = n => person('l-address', 0, {external_id: 'P-7', email: `l-address-${n}@example.dk`});
		const first = await sent('l-address', {contacts: [known(0)]});
		const second = await api.send(metadata('l-address-2', {customer: first.given.customer, contacts: [known(0)]}), simplePdf('Nummer to'));
		const secondLink = new Visitor(await linkOf(portal, second.id, known(0).email));

		await mailed(known(0).email, 2);
		const body = await changed(first.id, {contacts: [known(1)]});

		assert.deepEqual(body.contacts.map(({email, id}) => [email, id]), [[known(1).email, first.document.contacts[0].id]]);
		assert.deepEqual([await answers(first.visitor), await answers(secondLink)], [gone, gone]);
		await mailed(known(1).email, 2);
		const links = mailsTo(known(1).email).map(mail => mail.link).sort();

		assert.deepEqual(links, [await linkOf(portal, first.id, known(1).email), await linkOf(portal, second.id, known(1).email)].sort());
		assert.deepEqual(await answers(new Visitor(links[0])), open);
		assert.equal(mailsTo(known(0).email).length, 2, 'the old address hears no more');
	});

	test('a failed address shows the server\'s words; corrected, it is sent again', async () => {
		const known = (email, more) => ({external_id: 'P-9', name: 'Mette Jensen', email, language: 'da', ...more});

		smtp.modes.set('l-typo@example.dk', 'reject');
		const {id} = await sent('l-failed', {contacts: [known('l-typo@example.dk')]});
		const {contacts: [failed]} = await api.documentWhere('a failure', id, ({contacts: [one]}) => one.delivery === 'failed');

		assert.match(failed.delivery_answer, /550 .*No such user here: l-typo@example\.dk/);
		const {contacts: [queued]} = await changed(id, {contacts: [known('l-right@example.dk')]});

		assert.deepEqual([queued.id, queued.delivery, queued.delivery_answer], [failed.id, 'queued', null]);
		const link = (await mailed('l-right@example.dk')).link;
		const {contacts: [delivered]} = await api.documentWhere('a delivery', id, ({contacts: [one]}) => one.delivery === 'sent');

		assert.ok(delivered.delivered_at);
		assert.deepEqual(await answers(new Visitor(link)), open);
		// The same for a contact known by address alone, who is another contact then.
		smtp.modes.set('l-typo-2@example.dk', 'reject');
		const other = await sent('l-failed-2', {contacts: [{name: 'M', email: 'l-typo-2@example.dk'}]});

		await api.documentWhere('a failure', other.id, ({contacts: [one]}) => one.delivery === 'failed');
		await changed(other.id, {contacts: [{name: 'M', email: 'l-right-2@example.dk'}]});
		assert.deepEqual(await answers(new Visitor((await mailed('l-right-2@example.dk')).link)), open);
		assert.deepEqual((await api.document(other.id)).contacts.map(contact => contact.email), ['l-right-2@example.dk']);
	});

	test('an address that only changed its capitals is the same', async () => {
		const {id, contacts: [contact], visitor} = await sent('l-capitals');

		await mailed(contact.email);
		await changed(id, {contacts: [{...contact, email: contact.email.toUpperCase()}]});
		assert.deepEqual(await answers(visitor), open);
		await quiet(id);
		assert.equal(mailsTo(contact.email.toUpperCase()).length, 0);
	});
});

describe('all contacts of the customer', () => {
	test('a contact added later gets in, with `view` and `ask`, unmailed; and out again', async () => {
		const {id, given, contacts, visitor} = await sent('c-all', {visibility: 'customer'});
		const later = person('c-all', 1);
		const other = await api.send(metadata('c-other', {customer: given.customer, contacts: [contacts[0], later]}), simplePdf('Andet tilbud'));

		await mailed(later.email);
		const document = await api.document(id);

		assert.deepEqual(document.contacts.map(({email, rights, delivery}) => [email, rights, delivery]).filter(([email]) => email === later.email),
			[[later.email, ['view', 'ask'], 'none']]);
		const theirs = new Visitor(await linkOf(portal, id, later.email));

		assert.deepEqual(await answers(theirs), open);
		assert.equal(formOf((await theirs.get()).html, '/accept'), null);
		const {version, sha256} = await visitor.form();

		assert.equal((await theirs.post('/accept', {version, sha256, name: 'X', consent: 'yes'})).status, 403);
		await quiet(id);
		assert.equal(mailsTo(later.email).filter(mail => mail.link === theirs.link).length, 0, 'mailed are only the named');
		assert.deepEqual(await answers(new Visitor(await linkOf(portal, other.id, later.email))), open);
		// Named, they get the mail and what they are named for; no longer named, they keep `view` and `ask`.
		await changed(id, {contacts: [contacts[0], later]});
		const named = (await waitFor('the mail', () => mailsTo(later.email)[1])).link;

		assert.equal(named, theirs.link);
		assert.ok(formOf((await theirs.get()).html, '/accept'));
		await changed(id, {contacts});
		assert.deepEqual(await answers(theirs), open);
		assert.equal(formOf((await theirs.get()).html, '/accept'), null);
		await changed(id, {visibility: 'contact'});
		assert.deepEqual([await answers(theirs), await answers(visitor)], [gone, open]);
		await changed(id, {visibility: 'customer'});
		assert.deepEqual(await answers(theirs), gone, 'the old link stays dead');
		assert.deepEqual(await answers(new Visitor(await linkOf(portal, id, later.email))), open);
	});

	test('contacts of other customers do not', async () => {
		const {id} = await sent('c-mine', {visibility: 'customer'});
		const stranger = await sent('c-stranger');

		assert.equal(await linkOf(portal, id, stranger.contacts[0].email), undefined);
		assert.equal((await api.document(id)).contacts.length, 1);
	});

	test('what was removed is not opened to later ones', async () => {
		const {id, given} = await sent('c-removed', {visibility: 'customer'});

		await api.request('DELETE', `/documents/${id}`);
		await api.send(metadata('c-removed-2', {customer: given.customer, contacts: [person('c-removed', 1)]}), simplePdf('Senere'));
		assert.equal(await linkOf(portal, id, 'c-removed-1@example.dk'), undefined);
	});
});

describe('a contact who was revoked', () => {
	test('stays in the status, with the time, also when named again; dropped, it is gone', async () => {
		const {id, given, pdf, contacts, document} = await sent('r-status', {people: 2});
		const {id: contactId} = document.contacts.find(contact => contact.email === contacts[1].email);
		const revokedOf = body => body.contacts.map(({email, revoked_at: at}) => [email, at !== null]).sort();
		const second = body => body.contacts.find(contact => contact.email === contacts[1].email);
		const before = await api.document(id);

		assert.deepEqual(before.contacts.map(contact => contact.revoked_at), [null, null]);
		const {body} = await act(id, `contacts/${contactId}/revoke`);

		assert.deepEqual(revokedOf(body), [[contacts[0].email, false], [contacts[1].email, true]]);
		assert.ok(Math.abs(new Date(second(body).revoked_at) - Date.now()) < 60e3);
		for (const answer of [await changed(id, {contacts}), await api.send(given, pdf)]) {
			assert.equal(answer.result, 'unchanged');
			assert.deepEqual(revokedOf(answer), [[contacts[0].email, false], [contacts[1].email, true]], 'the answer says so');
		}
		const viewer = await changed(id, {contacts: [contacts[0], {...contacts[1], rights: ['view']}]});

		assert.deepEqual([viewer.result, second(viewer).rights, second(viewer).revoked_at !== null], ['updated', ['view'], true]);
		assert.deepEqual(revokedOf(await changed(id, {contacts: [contacts[0]]})), [[contacts[0].email, false]]);
		assert.deepEqual(revokedOf(await changed(id, {contacts})), [[contacts[0].email, false], [contacts[1].email, true]], 'back, it is revoked still');
		const rotated = await act(id, `contacts/${contactId}/rotate`);

		assert.equal(second(rotated.body).revoked_at, null);
	});

	test('cannot accept: with nobody else who can, settings are 422 until somebody can', async () => {
		const {id, contacts: [first], document: {contacts: [{id: contactId}]}} = await sent('r-accept');

		assert.equal((await act(id, `contacts/${contactId}/revoke`)).status, 200, 'revoking is always allowed');
		assertProblem(await patch(id, {message: 'Ny besked'}), 422, 'invalid', ['/accept/enabled']);
		assert.equal((await changed(id, {message: 'Ny besked', contacts: [first, person('r-accept', 1)]})).result, 'updated');
		assertProblem(await patch(id, {contacts: [first]}), 422, 'invalid', ['/accept/enabled']);
		assert.equal((await changed(id, {contacts: [first], accept: {enabled: false}})).result, 'updated');
	});

	test('after the decision is needed by nobody: dates still change', async () => {
		const {id, visitor, document: {contacts: [{id: contactId}]}} = await sent('r-decided');

		await visitor.accept();
		await act(id, `contacts/${contactId}/revoke`);
		assert.equal((await changed(id, {remove_at: '2098-01-01'})).result, 'updated');
	});
});

describe('a rotated link reaches the contact by one mail', () => {
	const reach = {
		sent: () => {}, opened: ({visitor}) => visitor.opened(), accepted: ({visitor}) => visitor.accept(),
		declined: async ({visitor}) => visitor.post('/decline', {...await visitor.form('/decline'), reason: ''}),
		expired: ({id}) => portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${id}'`),
	};

	for (const [state, act_] of Object.entries(reach))
		test(state, async () => {
			const x = await sent(`rotate-${state}`), {contacts: [{email}], document: {contacts: [{id: contactId}]}} = x;

			await mailed(email);
			await act_(x);
			await quiet(x.id);
			const count = mailsTo(email).length;
			const {status, body} = await act(x.id, `contacts/${contactId}/rotate`);

			assert.deepEqual([status, body.state], [200, state]);
			const mail = await mailed(email, count + 1);

			assert.match(mail.subject, /^Nyt link til tilbud 2026-0117 fra Nordtag ApS/);
			assert.match(mail.text, /Her er|Det gamle virker ikke længere/);
			assert.match(mail.html, /Her er dit nye link/);
			assert.deepEqual(await answers(new Visitor(mail.link)), open);
			assert.deepEqual(await answers(x.visitor), gone);
			await quiet(x.id);
			assert.equal(mailsTo(email).length, count + 1);
			assert.equal((await api.document(x.id)).contacts[0].delivery, 'sent');
		});

	test('withdrawn: 409, and the old one stays', async () => {
		const {id, visitor, contacts: [{email}], document: {contacts: [{id: contactId}]}} = await sent('rotate-withdrawn');

		await mailed(email);
		await act(id, 'withdraw');
		assertProblem(await act(id, `contacts/${contactId}/rotate`), 409, 'withdrawn');
		assert.equal((await visitor.get()).status, 200);
		await quiet(id);
		assert.equal(mailsTo(email).length, 1);
		assert.equal((await act(id, `contacts/${contactId}/revoke`)).status, 200);
		assert.deepEqual(await answers(visitor), gone);
	});
});

describe('one contact under two names', () => {
	test('the same address by two external ids is 422 at the second', async () => {
		const {id} = await sent('two-ids');
		const twice = [person('two-ids', 0, {external_id: 'A'}), person('two-ids', 0, {external_id: 'B'})];

		assertProblem(await patch(id, {contacts: twice}), 422, 'invalid', ['/contacts/1/email']);
		assertProblem(await api.upload(metadata('two-ids-new', {contacts: twice}), simplePdf('To')), 422, 'invalid', ['/contacts/1/email']);
	});

	test('an address and an external id of the same contact are 422 at the second, and change nothing', async () => {
		const {id, contacts} = await sent('two-ways', {contacts: [person('two-ways', 0, {external_id: 'A'})]});
		const twice = [person('two-ways', 0), person('two-ways', 1, {external_id: 'A'})];

		assertProblem(await patch(id, {contacts: twice}), 422, 'invalid', ['/contacts/1']);
		assert.deepEqual((await api.document(id)).contacts.map(({email}) => email), [contacts[0].email]);
	});
});

describe('a customer', () => {
	const put = (id, customer, changes = {}) => api.upload(metadata(id, {customer, contacts: [person(id)], notify: {on_upload: false}, ...changes}), simplePdf('K', id));

	test('known by name alone gets an external id and stays the same', async () => {
		const {body: first} = await put('k-1', {name: 'Kunde Et'});
		const again = await put('k-1', {external_id: 'K-1', name: 'Kunde Et'});

		assert.deepEqual([again.status, again.body.result], [200, 'unchanged']);
		assert.deepEqual(again.body.customer, {id: first.customer.id, external_id: 'K-1', name: 'Kunde Et'});
		assert.equal((await put('k-2', {external_id: 'K-1', name: 'Kunde Et'})).body.customer.id, first.customer.id);
	});

	test('with an external id is found by its name alone while nobody shares that', async () => {
		const {body: first} = await put('k-3', {external_id: 'K-3', name: 'Kunde Tre'});

		assert.equal((await put('k-3', {name: 'Kunde Tre'})).body.result, 'unchanged');
		assert.equal((await put('k-4', {name: 'Kunde Tre'})).body.customer.id, first.customer.id);
		await put('k-5', {external_id: 'K-5', name: 'Kunde Tre'});
		assert.equal((await put('k-3', {name: 'Kunde Tre'})).body.customer.id, first.customer.id, 'a document keeps its own');
		assert.equal((await put('k-6', {name: 'Kunde Tre'})).body.customer.external_id, null, 'nobody can say which of the two is meant');
	});

	test('another one is 409', async () => {
		await put('k-7', {external_id: 'K-7', name: 'Kunde Syv'});
		assertProblem(await put('k-7', {external_id: 'K-8', name: 'Kunde Otte'}), 409, 'conflict', ['/customer']);
	});

	test('six at once adopt one external id', async () => {
		const {body: first} = await put('k-9', {name: 'Kunde Ni'});
		const all = await Promise.all([1, 2, 3, 4, 5, 6].map(n => put(`k-9-${n}`, {external_id: 'K-9', name: 'Kunde Ni'})));

		assert.deepEqual(new Set(all.map(({body}) => body.customer?.id)), new Set([first.customer.id]));
	});

	test('an existing document without contacts is told of its contacts, not of its title', async () => {
		await put('k-10', {external_id: 'K-10', name: 'Kunde Ti'});
		assertProblem(await api.upload({external_id: 'k-10', contacts: []}, simplePdf('K', 'k-10')), 422, 'invalid', ['/contacts']);
		assertProblem(await api.upload({external_id: 'k-11'}, simplePdf('K', 'k-11')), 422, 'invalid', ['/title', '/customer', '/contacts']);
	});
});
test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
