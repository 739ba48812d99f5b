// Accepting and declining: what you saw is what you accept, one decision per version, and who is kept out.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {pathOf} from './lib/store.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const portal = await startPortal();
const receiver = await startReceiver();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

await receiver.register(api);
after(async () => {
	await portal.stop();
	receiver.stop();
});

const types = events => events.map(event => event.type.replace(/^document\./, ''));

// A document for these people, each with a visitor who has their link. CHANGES are of the metadata.
async function sent(externalId, names = ['Mette Jensen'], changes = {}, pdf = simplePdf('Tilbud', externalId)) {
	const contacts = names.map((name, i) => ({name, email: `${externalId}-${i}@example.dk`, language: 'da'}));
	const document = await api.send(metadata(externalId, {contacts, ...changes}), pdf);
	const visitors = await Promise.all(contacts.map(async ({email}) => new Visitor((await portal.mailTo(email)).link)));

	return {document, visitors, visitor: visitors[0], contacts, pdf};
}

const decisions = id => portal.sql(`SELECT type, name FROM decision WHERE document_id = '${id}'`);

describe('a form that is not right', async () => {
	const {document, visitor} = await sent('form');

	for (const [what, changes, words] of [
		['without a name', {name: ' '}, /Skriv dit fulde navn/],
		['without consent', {consent: ''}, /Sæt kryds for at acceptere/],
		['with another answer than yes', {consent: 'no'}, /Sæt kryds for at acceptere/],
		['with a name of two lines', {name: 'Mette\nJensen'}, /Navnet kan ikke bruges/],
		['with a name beyond measure', {name: 'M'.repeat(201)}, /Navnet kan ikke bruges/],
	]) {
		test(`${what} comes back with what was wrong`, async () => {
			const answer = await visitor.accept({purchase_order: 'PO-8', ...changes});

			assert.equal(answer.status, 422);
			assert.match(answer.text, words);
			const form = formOf(answer.html, '/accept');

			assert.equal(form.purchase_order, 'PO-8', 'nothing that was typed is lost');
			assert.equal(form.version, '1');
		});
	}

	test('in English comes back in English', async () => {
		const form = await visitor.form('/accept', '?lang=en');

		assert.match((await visitor.post('/accept', {...form, name: ''})).text, /Enter your full name/);
	});

	test('of another version or hash is a conflict that shows the present version', async () => {
		for (const changes of [{version: '2'}, {sha256: sha256('something else')}]) {
			const answer = await visitor.accept(changes);

			assert.equal(answer.status, 409);
			assert.deepEqual(formOf(answer.html, '/accept').sha256, document.version.sha256);
		}
	});

	test('without version or hash is no request at all', async () => {
		assert.equal((await visitor.accept({version: ''})).status, 400);
		const {sha256: left, ...rest} = await visitor.form();

		assert.ok(left);
		assert.equal((await visitor.post('/accept', {...rest, consent: 'yes'})).status, 400);
	});

	test('stands at an address that leads back to the page, in a tab that is restored or a bookmark', async () => {
		const page = visitor.link.slice(portal.url.length);

		for (const path of ['/accept', '/decline', '/code', '/identity', '/messages', '/changes', '/renew', '/share', '/share/revoke'])
			for (const method of ['GET', 'HEAD']) {
				const {status, headers} = await visitor.request(method, path);

				assert.deepEqual([status, headers.get('location')], [303, page], `${method} ${path}`);
			}
		assert.equal((await visitor.request('PUT', '/accept')).headers.get('allow'), 'POST, GET, HEAD');
		assert.equal((await visitor.get('/nothing')).status, 404);
		assert.equal((await new Visitor(`${portal.url}/d/${'A'.repeat(44)}`).get('/accept')).status, 404, 'no link of ours');
	});

	test('from another site is refused, from our own taken', async () => {
		const form = {...await visitor.form('/decline'), reason: ''};

		for (const origin of ['https://evil.example', 'null'])
			for (const path of ['/accept', '/decline', '/opened'])
				assert.equal((await visitor.post(path, {...form, consent: 'yes', name: 'M'}, {origin})).status, 403, `${path} ${origin}`);
		assert.deepEqual(await decisions(document.id), []);
		assert.equal((await visitor.post('/decline', form, {origin: portal.url})).status, 303);
	});
});

test('a form of a version that was replaced meanwhile shows the new one', async () => {
	const {document, visitor, contacts} = await sent('replaced');
	const form = await visitor.form();
	const changed = simplePdf('Tilbud', 'replaced again');

	await api.send(metadata('replaced', {contacts}), changed);
	const answer = await visitor.post('/accept', {...form, consent: 'yes'});

	assert.equal(answer.status, 409);
	assert.match(answer.text, /Tilbuddet er blevet ændret/);
	const fresh = formOf(answer.html, '/accept');

	assert.deepEqual([fresh.version, fresh.sha256], ['2', sha256(changed)]);
	assert.equal(fresh.consent, undefined, 'the new version is agreed to before it was read');
	assert.deepEqual(await decisions(document.id), []);
	assert.equal((await visitor.post('/accept', {...fresh, consent: 'yes'})).status, 303);
	assert.equal((await api.document(document.id)).decision.version, 2);
});

test('declining tells the sender why', async () => {
	const {document, visitor} = await sent('decline');
	const answer = await visitor.post('/decline', {...await visitor.form('/decline'), reason: 'For dyrt.\nDesværre.'});

	assert.equal(answer.status, 303);
	assert.match((await visitor.get()).text, /Tilbuddet er afvist/);
	const status = await api.document(document.id);

	assert.equal(status.state, 'declined');
	assert.deepEqual([status.decision.type, status.decision.reason.replaceAll('\r', '')], ['declined', 'For dyrt.\nDesværre.']);
	assert.equal(types(await api.events(document.id)).at(-1), 'declined');
	await portal.mail('with the note', mail => mail.to === 'tilbud@nordtag.example' && /afvist/.test(mail.subject));
});

test('the same contact again gets the same receipt, another is told who decided', async () => {
	const {document, visitors: [mette, other]} = await sent('rival', ['Mette Jensen', 'Indkøb']);
	const forms = await Promise.all([mette, other].map(visitor => visitor.form()));
	const post = (visitor, i) => visitor.post('/accept', {...forms[i], consent: 'yes'});

	assert.equal((await post(mette, 0)).status, 303);
	const again = await post(mette, 0);

	assert.equal(again.status, 200);
	assert.match(again.text, /Tilbuddet er accepteret/);
	assert.ok(again.text.includes(document.version.sha256));
	const rival = await post(other, 1);

	assert.equal(rival.status, 409);
	assert.match(rival.text, /Mette Jensen har accepteret tilbuddet/);
	assert.ok(!rival.text.includes('rival-0@example.dk'), 'nobody is told another\'s address');
	const declined = await mette.post('/decline', {...forms[0], reason: ''});

	assert.equal(declined.status, 409);
	assert.deepEqual(await decisions(document.id), [['accepted', 'Mette Jensen']]);
});

test('20 accepts at once by two contacts are one decision, one event, one set of mails and webhooks', async () => {
	const {document, visitors} = await sent('race', ['Mette Jensen', 'Indkøb']);
	const forms = await Promise.all(visitors.map(visitor => visitor.form()));
	const answers = await Promise.all(Array.from({length: 20}, (_, i) =>
		visitors[i % 2].post('/accept', {...forms[i % 2], consent: 'yes'}).then(({status}) => ({contact: i % 2, status}))));
	const winner = answers.find(answer => answer.status === 303)?.contact;
	const counts = {};

	for (const {contact, status} of answers)
		counts[`${contact === winner ? 'winner' : 'rival'} ${status}`] = (counts[`${contact === winner ? 'winner' : 'rival'} ${status}`] ?? 0) + 1;
	assert.deepEqual(counts, {'winner 303': 1, 'winner 200': 9, 'rival 409': 10});
	const name = ['Mette Jensen', 'Indkøb'][winner];

	assert.deepEqual(await decisions(document.id), [['accepted', name]]);
	const status = await api.document(document.id);

	assert.equal(status.decision.by.name, name);
	await waitFor('an empty outbox', async () => await portal.sqlValue(
		`SELECT count(*) FROM job WHERE document_id = '${document.id}' AND state <> 'done'`) === '0' &&
		await portal.sqlValue(`SELECT count(*) FROM event WHERE document_id = '${document.id}' AND feed_no IS NULL`) === '0');
	const events = await api.events(document.id);

	assert.equal(types(events).filter(type => type === 'accepted').length, 1);
	const accepted = receiver.deliveries.filter(({body}) => body.type === 'document.accepted' && body.data.document_id === document.id);

	assert.deepEqual(accepted.map(delivery => delivery.id), [events.find(event => event.type === 'document.accepted').id]);
	const mails = (await portal.mails()).filter(mail => /accepteret/.test(mail.subject) && mail.text.includes(document.version.sha256));

	assert.deepEqual(mails.map(mail => mail.to).sort(), [`race-${winner}@example.dk`, 'tilbud@nordtag.example'].sort());
	assert.equal(new Set(mails.map(mail => mail.id)).size, 2);
});

test('a customer who is a person is named once and told by "you"', async () => {
	const customer = {external_id: 'house', name: 'Mette Jensen'};
	const {document, visitor, contacts: [{email}]} = await sent('house', ['Mette jensen'], {customer});
	const mail = await portal.mailTo(email), page = await visitor.get();

	assert.match(mail.text, /Nordtag ApS har sendt et tilbud til dig\. Du kan/);
	assert.match(mail.text, /fordi Nordtag ApS har sendt dig et dokument/);
	assert.doesNotMatch(mail.text + mail.html, /Mette Jensen/);
	assert.match(page.text, /Til Mette Jensen Sendt/);
	assert.match(page.text, /Jeg accepterer tilbuddet\. Accepter tilbud/);
	assert.doesNotMatch(page.text, /på vegne af Mette|Jeres/);
	assert.match((await visitor.get('?lang=en')).text, /I accept the quote\. Accept quote/);
	assert.equal((await visitor.post('/messages', {...await visitor.form('/messages'), text: 'Er det med moms?'})).status, 303);
	const asked = await portal.mail('with the question', one => one.to === 'tilbud@nordtag.example' && one.text.includes('Er det med moms?'));

	assert.match(asked.text, /\nMette jensen skriver om tilbud 2026-0117:/);
	assert.equal((await visitor.accept()).status, 303);
	assert.equal(await portal.sqlValue(`SELECT consent FROM decision WHERE document_id = '${document.id}'`), 'Jeg accepterer tilbuddet.');
	const receipt = await portal.mail('with the receipt', one => one.to === email && /^Kvittering/.test(one.subject));

	assert.match(receipt.text, /Kære Mette jensen\n\nDu accepterede tilbuddet den/);
	const told = await portal.mail('to the sender', one => one.to === 'tilbud@nordtag.example' && one.subject.endsWith('er accepteret af Mette Jensen'));

	assert.match(told.text, /\nMette jensen accepterede tilbuddet den/);
});

test('who signs with another name than the mail went to is named in the receipt\'s mail', async () => {
	const {visitor, contacts: [{email}]} = await sent('another');

	await visitor.accept({name: 'Ole Hansen'});
	const {text} = await portal.mail('with the receipt', one => one.to === email && /^Kvittering/.test(one.subject));

	assert.match(text, /Kære Mette Jensen\n\nOle Hansen accepterede tilbuddet den/);
});

test('mail and page say what the link can do, what is seen, and how to get in again', async () => {
	const {visitors: [decider, reader], contacts} = await sent('foot', ['Mette Jensen', 'Ida Holm'],
		{contacts: [{name: 'Mette Jensen', email: 'foot-0@example.dk'}, {name: 'Ida Holm', email: 'foot-1@example.dk', rights: ['view']}]});
	const answers = /Den, der har det, kan også svare på dine vegne\. Brug »Del med andre« /;

	assert.match((await decider.get()).text, answers);
	assert.match((await reader.get()).text, /Linket er personligt\. Brug »Del med andre« her på siden/);
	for (const [{email}, accepts] of contacts.map((contact, i) => [contact, i === 0])) {
		const {text, html} = await portal.mailTo(email);

		for (const part of [text, html]) {
			assert.equal(answers.test(part), accepts, email);
			assert.match(part, /Nordtag ApS kan se, hvornår dokumentet er åbnet, hentet og besvaret\./);
			assert.ok(part.includes(`få en kode på ${portal.url}/login og se`), email);
		}
	}
	await decider.accept();
	const {text} = await portal.mail('with the receipt', one => one.to === contacts[0].email && /^Kvittering/.test(one.subject));

	assert.doesNotMatch(text, answers);
	assert.match(text, /Linket er personligt\. Brug »Del med andre«/);
});

test('an expired quote can be read but not accepted; a later date revives it', async () => {
	const {document, visitor, contacts, pdf} = await sent('expired', ['Mette Jensen'], {expires_at: '2098-06-30'});
	const form = await visitor.form();

	try {
		await portal.travel('200 years');
		const page = await visitor.get();

		assert.equal(page.status, 200);
		assert.match(page.text, /Tilbuddet er udløbet.*Det gjaldt til og med 30\. juni 2098/);
		assert.equal(formOf(page.html, '/accept'), null);
		assert.equal((await visitor.get('/download')).status, 200);
		const answer = await visitor.post('/accept', {...form, consent: 'yes'});

		assert.equal(answer.status, 409);
		assert.match(answer.text, /Tilbuddet er udløbet/);
		const status = await api.document(document.id);

		assert.deepEqual([status.state, status.decision], ['expired', null]);
		await waitFor('the event, once', async () => types(await api.events(document.id)).filter(type => type === 'expired').length === 1);
	} finally {
		await portal.travelBack();
	}
	await api.send(metadata('expired', {contacts, expires_at: '2099-06-30'}), pdf);
	assert.equal((await visitor.post('/accept', {...form, consent: 'yes'})).status, 303);
});

test('the last day counts whole in the tenant\'s time zone', async () => {
	const {document} = await sent('last-day', ['Mette Jensen'], {expires_at: '2099-06-30'});
	try {
		await portal.travelTo('2099-06-30 21:59:30+00'); // 23:59:30 in Copenhagen
		assert.notEqual((await api.document(document.id)).state, 'expired');
		await portal.travelTo('2099-06-30 22:00:00+00');
		assert.equal((await api.document(document.id)).state, 'expired');
	} finally {
		await portal.travelBack();
	}
});

test('unknown, forged, revoked and removed links look the same from outside', async () => {
	const names = ['Mette Jensen', 'Indkøb'];
	const {visitors: [mette, other], contacts, pdf} = await sent('gate', names);
	const {document: gone, visitor: removed} = await sent('removed');
	const token = new URL(mette.link).pathname.split('/').at(-1);
	const at = token => new Visitor(`${portal.url}/d/${token}`);
	const flipped = (text, i) => text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);

	await api.send(metadata('gate', {contacts: [contacts[0]]}), pdf); // revokes the other's link
	assert.equal((await api.request('DELETE', `/documents/${gone.id}`)).status, 204);
	const closed = {
		forged: at(flipped(token, 30)), 'with another id': at(flipped(token, 5)), 'with another key': at(flipped(token, 0)),
		short: at(token.slice(0, -1)), long: at(`${token}A`), nonsense: at('nonsense'), revoked: other, removed,
	};
	const bodies = {};

	for (const [what, visitor] of Object.entries(closed)) {
		const page = await visitor.get();

		assert.equal(page.status, 404, what);
		bodies[what] = page.html;
		for (const path of ['/file', '/download', '/attachments/1'])
			assert.equal((await visitor.get(path)).status, 404, `${what} ${path}`);
		for (const path of ['/accept', '/decline', '/opened'])
			assert.equal((await visitor.post(path, {version: '1', sha256: gone.version.sha256, name: 'M', consent: 'yes'})).status, 404,
				`${what} ${path}`);
	}
	assert.deepEqual(new Set(Object.values(bodies)).size, 1, 'one body for all');
	assert.equal((await mette.get()).status, 200);
});

test('a removed document is gone everywhere, its bytes too unless another document needs them', async () => {
	const own = simplePdf('Kun her'), shared = simplePdf('To steder');
	const {document: first, visitor} = await sent('remove-own', ['Mette Jensen'], {}, own);
	const {document: second} = await sent('remove-shared', ['Mette Jensen'], {}, shared);
	const {document: third, visitor: reader} = await sent('keep-shared', ['Mette Jensen'], {}, shared);
	const path = bytes => pathOf(portal, tenantId, sha256(bytes));

	assert.ok(existsSync(path(own)));
	for (const {id} of [first, second]) {
		assert.equal((await api.request('DELETE', `/documents/${id}`)).status, 204);
		assertProblem(await api.get(`/documents/${id}`), 404);
		assertProblem(await api.get(`/documents/${id}/file`), 404);
		assertProblem(await api.request('DELETE', `/documents/${id}`), 404);
	}
	assert.equal((await visitor.get()).status, 404);
	assert.equal((await visitor.get('/file')).status, 404);
	assert.deepEqual((await api.get('/documents?external_id=remove-own')).body.data, []);
	await waitFor('the bytes to be erased', async () => !existsSync(path(own)) &&
		await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'erase' AND state <> 'done'`) === '0');
	assert.equal(sha256((await reader.get('/file')).bytes), sha256(shared));
	assert.equal((await api.document(third.id)).state, 'sent');
	assert.equal(types(await api.events(first.id)).at(-1), 'removed', 'the history is kept');
	const {document: anew} = await sent('remove-own', ['Mette Jensen'], {}, own);

	assert.notEqual(anew.id, first.id);
	assert.equal(anew.result, 'created');
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
