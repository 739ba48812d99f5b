// The main job from end to end: a quote is posted, mailed, read, downloaded and accepted, and the sender knows.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {formOf, textOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const portal = await startPortal();
const receiver = await startReceiver();

after(async () => {
	await portal.stop();
	receiver.stop();
});

const pdf = simplePdf('Tilbud på nyt tag, æøå', 'main job');
const drawing = {name: 'Tegning æøå.txt', bytes: Buffer.from('Taget set fra siden\n'), type: 'text/plain'};
const types = events => events.map(event => event.type.replace(/^document\./, ''));

async function sent(api, externalId, changes, attachments) {
	const address = `${externalId}@example.dk`;
	const contacts = [{external_id: externalId, name: 'Mette Jensen', email: address, language: 'da'}];
	const document = await api.send(metadata(externalId, {contacts, ...changes}), pdf, attachments);

	await api.documentWhere('the mail to be taken', document.id, status => status.contacts[0].delivery === 'sent');
	return {document, mail: await portal.mailTo(address)};
}

describe('the main job', async () => {
	const {api, key} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
	let document, mail, visitor;

	await receiver.register(api);

	test('an upload answers 201 with every member of the status', async () => {
		const contacts = [{external_id: 'P-1', name: 'Mette Jensen', email: 'mette@jensenbyg.example', language: 'da',
			rights: ['view', 'ask', 'accept']}];
		const answer = await api.upload(metadata('T-2026-0117', {contacts, expires_at: '2099-12-31'}), pdf, [drawing]);

		assert.equal(answer.status, 201, JSON.stringify(answer.body));
		assert.match(answer.headers.get('etag'), /^"\d+"$/);
		document = answer.body;
		assert.equal(document.result, 'created');
		for (const member of ['id', 'external_id', 'kind', 'title', 'number', 'project', 'amount', 'state', 'version', 'versions',
			'customer', 'visibility', 'accept', 'notify', 'expires_at', 'remove_at', 'archived_at', 'removed_at', 'opened_at',
			'downloaded_at', 'unread_messages', 'changes_requested_at', 'renewal_requested_at', 'contacts', 'decision', 'links'])
			assert.ok(member in document, `status lacks ${member}`);
		assert.equal(document.state, 'sent');
		assert.deepEqual(document.amount, {value: '184500.00', currency: 'DKK'});
		assert.equal(document.expires_at, '2099-12-31');
		const {uploaded_at: uploadedAt, ...version} = document.version;

		assert.match(uploadedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
		assert.deepEqual(version, {number: 1, sha256: sha256(pdf), size: pdf.length, pages: 1, attachments: [
			{n: 1, name: drawing.name, type: 'text/plain', size: drawing.bytes.length, sha256: sha256(drawing.bytes)}]});
		for (const member of ['id', 'external_id', 'name', 'email', 'language', 'rights', 'delivery', 'delivered_at', 'fetched_at',
			'opened_at', 'downloaded_at', 'reminders_sent'])
			assert.ok(member in document.contacts[0], `contact lacks ${member}`);
		assert.ok(!JSON.stringify(document.contacts).includes('/d/'), 'a contact\'s link is not the sender\'s to know');
		assert.deepEqual(Object.keys(document.links).sort(), ['preview', 'public']);
	});

	test('the contact gets a mail whose link stands alone on a line', async () => {
		mail = await portal.mailTo('mette@jensenbyg.example');
		assert.ok(mail.link.startsWith(`${portal.url}/d/`), mail.text);
		assert.ok(mail.html.includes(`href="${mail.link}"`));
		assert.match(mail.subject, /2026-0117/);
		assert.match(mail.subject, /Tilbud på nyt tag/);
		assert.match(mail.text, /Hej Mette, her er tilbuddet\./);
		assert.match(textOf(mail.html), /Hej Mette, her er tilbuddet\./);
		assert.equal(mail.fromName, 'Nordtag ApS');
		assert.equal(mail.replyTo, 'tilbud@nordtag.example');
		assert.ok(mail.header('date') && mail.id);
		await api.documentWhere('delivery `sent`', document.id, ({contacts: [mette]}) => mette.delivery === 'sent' && mette.delivered_at);
	});

	test('the link opens a Danish page with title, amount and security headers', async () => {
		visitor = new Visitor(mail.link);
		const page = await visitor.get();

		assert.equal(page.status, 200);
		assert.match(page.html, /<html lang="da">/);
		assert.match(page.text, /Tilbud på nyt tag/);
		assert.match(page.text, /184\.500,00 kr\./);
		assert.match(page.text, /Hej Mette, her er tilbuddet\./);
		assert.match(page.text, /31\. december 2099/);
		assert.match(page.text, /Accepter tilbud/);
		assert.match(page.text, /Tegning æøå\.txt/);
		const {headers} = page;

		assert.match(headers.get('content-type'), /^text\/html/);
		assert.match(headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/);
		assert.doesNotMatch(headers.get('content-security-policy'), /unsafe/);
		assert.equal(headers.get('cache-control'), 'no-store');
		assert.equal(headers.get('x-content-type-options'), 'nosniff');
		assert.equal(headers.get('referrer-policy'), 'same-origin');
		assert.match(headers.get('x-robots-tag'), /noindex/);
	});

	test('the PDF comes whole, in ranges, inline for the viewer and as a download', async () => {
		for (const [path, disposition] of [['/file', /^inline/], ['/download', /^attachment/]]) {
			const {status, headers, bytes} = await visitor.get(path);

			assert.equal(status, 200);
			assert.equal(sha256(bytes), sha256(pdf), path);
			assert.equal(headers.get('content-type'), 'application/pdf');
			assert.match(headers.get('content-disposition'), disposition);
			assert.equal(headers.get('x-content-type-options'), 'nosniff');
			assert.ok(headers.get('content-security-policy'), `${path} has no policy`);
		}
		const part = await visitor.get('/file', {range: 'bytes=100-199'});

		assert.equal(part.status, 206);
		assert.equal(part.headers.get('content-range'), `bytes 100-199/${pdf.length}`);
		assert.deepEqual(part.bytes, pdf.subarray(100, 200));
	});

	test('the attachment comes under its own name', async () => {
		const {status, headers, bytes} = await visitor.get('/attachments/1');

		assert.equal(status, 200);
		assert.deepEqual(bytes, drawing.bytes);
		assert.match(headers.get('content-disposition'), /^attachment;.*filename\*=UTF-8''Tegning%20%C3%A6%C3%B8%C3%A5\.txt/);
		assert.equal((await visitor.get('/attachments/2')).status, 404);
	});

	test('accepting what the page showed gives a receipt', async () => {
		const form = await visitor.form();

		assert.equal(form.version, '1');
		assert.equal(form.sha256, sha256(pdf));
		assert.equal(form.name, 'Mette Jensen');
		const answer = await visitor.post('/accept', {...form, consent: 'yes', purchase_order: 'PO-7'});

		assert.equal(answer.status, 303, answer.text);
		assert.equal(new URL(answer.headers.get('location'), portal.url).pathname, new URL(mail.link).pathname);
		const receipt = await visitor.get();

		assert.match(receipt.text, /Tilbuddet er accepteret/);
		assert.match(receipt.text, /Mette Jensen/);
		assert.match(receipt.text, /PO-7/);
		assert.ok(receipt.text.includes(sha256(pdf)));
		assert.equal(formOf(receipt.html, '/accept'), null);
	});

	test('the status says accepted, with version, hash and contact', async () => {
		const status = await api.document(document.id);
		const [contact] = status.contacts;

		assert.equal(status.state, 'accepted');
		const {at, ...decision} = status.decision;

		assert.ok(Date.now() - Date.parse(at) < 60000);
		assert.deepEqual(decision, {type: 'accepted', by: {contact_id: contact.id, name: 'Mette Jensen', email: 'mette@jensenbyg.example'},
			identity: 'link', signature: 'typed', version: 1, sha256: sha256(pdf), reason: null, purchase_order: 'PO-7'});
		assert.deepEqual(status.versions.map(version => version.decision), [status.decision]);
		for (const time of ['fetched_at', 'opened_at', 'downloaded_at', 'delivered_at'])
			assert.ok(Date.parse(contact[time]), time);
		assert.ok(Date.parse(status.opened_at) && Date.parse(status.downloaded_at));
	});

	test('the receipt goes to the contact and a note to the sender', async () => {
		const receipt = await portal.mail('with the receipt', one => one.to === 'mette@jensenbyg.example' && one.id !== mail.id);
		const note = await portal.mailTo('tilbud@nordtag.example');

		assert.match(receipt.subject, /accepteret/);
		assert.equal(receipt.link, mail.link);
		assert.match(note.subject, /accepteret/);
		assert.notEqual(note.link, mail.link);
		assert.equal(formOf((await new Visitor(note.link).get()).html, '/accept'), null, 'the sender cannot decide');
	});

	test('the history tells it in order', async () => {
		assert.deepEqual(types(await api.events(document.id)),
			['sent', 'delivered', 'fetched', 'opened', 'downloaded', 'attachment_downloaded', 'accepted']);
	});

	test('every event is posted once, in order, and verifies with `standardwebhooks`', async () => {
		const events = await api.events(document.id);

		await waitFor('a webhook for every event', () => receiver.deliveries.length >= events.length);
		assert.deepEqual(receiver.deliveries.map(delivery => delivery.fault), events.map(() => undefined));
		assert.deepEqual(receiver.deliveries.map(delivery => delivery.id), events.map(event => event.id));
		assert.deepEqual(receiver.deliveries.map(delivery => delivery.body.data), events);
		const accepted = receiver.deliveries.at(-1).body;

		assert.equal(accepted.type, 'document.accepted');
		assert.equal(accepted.timestamp, accepted.data.timestamp);
		assert.equal(accepted.data.data.sha256, sha256(pdf));
		for (const secret of ['mette@jensenbyg.example', '/d/', key])
			assert.ok(!JSON.stringify(accepted).includes(secret), `the webhook tells ${secret}`);
	});
});

test('the feed pages with `after`, without gaps or repeats', async () => {
	const {api} = await portal.tenant();
	const documents = await Promise.all(['A', 'B', 'C'].map(name => sent(api, `feed-${name}`)));
	const expected = (await Promise.all(documents.map(({document}) => api.events(document.id)))).flat().map(event => event.id);
	const page = after => api.get(`/events?limit=2${after ? `&after=${after}` : ''}`).then(answer => answer.body);
	const seen = [];

	await waitFor('the feed to have them all', async () => {
		const {data, next} = await page(seen.at(-1));

		assert.equal(next, data.length === 2 && next ? data[1].id : null);
		seen.push(...data.map(event => event.id));
		return seen.length >= expected.length;
	});
	assert.deepEqual([...seen].sort(), expected.sort());
	assert.deepEqual(await page(seen.at(-1)), {data: [], next: null});
	const whole = (await api.get('/events?limit=200')).body.data.map(event => event.id);

	assert.deepEqual(whole, seen);
	await new Visitor(documents[1].mail.link).opened();
	const [later] = await waitFor('the next event', async () => {
		const {data} = await page(seen.at(-1));

		return data.length && data;
	});

	assert.equal(later.type, 'document.opened');
	const unknown = await api.get('/events?after=00000000-0000-7000-8000-000000000000');

	assertProblem(unknown, 410);
});

test('an English reader accepts an English consent, and the evidence says so', async () => {
	const {api} = await portal.tenant();
	const {document, mail} = await sent(api, 'english');
	const visitor = new Visitor(mail.link);
	const page = await visitor.get('?lang=en');

	assert.match(page.html, /<html lang="en">/);
	assert.match(page.text, /DKK 184,500\.00/);
	assert.match(page.text, /Accept the quote/);
	const consent = 'I accept the quote on behalf of Jensen Byg A/S and am entitled to do so.';

	assert.ok(page.text.includes(consent));
	const answer = await visitor.post('/accept', {...formOf(page.html, '/accept'), consent: 'yes'});

	assert.equal(answer.status, 303);
	assert.match((await new Visitor(new URL(answer.headers.get('location'), portal.url).href).get()).text, /The quote is accepted/);
	assert.deepEqual(await portal.sql(`SELECT language, consent FROM decision WHERE document_id = '${document.id}'`), [['en', consent]]);
	assert.equal((await api.events(document.id)).at(-1).data.language, 'en');
});

test('HEAD records nothing, a scanner only that it came, a person what they do', async () => {
	const {api} = await portal.tenant();
	const {document, mail} = await sent(api, 'scanner');
	const history = async () => types(await api.events(document.id));
	const quiet = ['sent', 'delivered'];
	const scanner = new Visitor(mail.link, {'user-agent': 'Barracuda Link Protection'});

	await scanner.head();
	await new Visitor(mail.link).head();
	await new Visitor(mail.link).head('/download');
	assert.deepEqual(await history(), quiet);
	assert.equal((await scanner.get()).status, 200);
	assert.equal((await scanner.get('/download')).status, 200);
	assert.equal((await new Visitor(mail.link, {'sec-purpose': 'prefetch'}).get('/download')).status, 200);
	assert.equal((await new Visitor(mail.link).get('/download', {range: 'bytes=10-20'})).status, 206);
	assert.equal((await new Visitor(mail.link).get('/file')).status, 200);
	assert.deepEqual(await history(), [...quiet, 'fetched']);
	assert.equal((await api.events(document.id)).at(-1).data.likely_scanner, true);
	let status = await api.document(document.id);

	assert.equal(status.state, 'sent');
	assert.equal(status.contacts[0].opened_at, null);
	assert.ok(status.contacts[0].fetched_at);

	const person = new Visitor(mail.link);

	await person.get();
	await person.get();
	assert.deepEqual(await history(), [...quiet, 'fetched'], 'fetched is told at most once an hour');
	assert.equal((await person.opened()).status, 204);
	assert.equal((await person.opened()).status, 204);
	assert.deepEqual(await history(), [...quiet, 'fetched', 'opened']);
	status = await api.document(document.id);
	assert.equal(status.state, 'opened');
	assert.ok(status.opened_at && !status.downloaded_at);
	await person.get('/download');
	await person.get('/download');
	assert.deepEqual(await history(), [...quiet, 'fetched', 'opened', 'downloaded']);
});

test('a download by a person also opens', async () => {
	const {api} = await portal.tenant();
	const {document, mail} = await sent(api, 'download');

	await new Visitor(mail.link).get('/download');
	assert.deepEqual(types(await api.events(document.id)), ['sent', 'delivered', 'opened', 'downloaded']);
});

test('`portalctl verify` is content, and names an event that was changed by hand', async () => {
	const whole = await portal.ctl('verify');

	assert.equal(whole.status, 0, whole.output);
	assert.match(whole.output, /\b0 findings/);
	const [[id, document, line]] = await portal.sql(
		'SELECT id, document_id, line FROM event WHERE type = \'document.accepted\' ORDER BY n LIMIT 1');
	const changed = line.replace(/"identity": ?"link"/, '"identity": "none"');

	assert.notEqual(changed, line);
	await portal.sql(`UPDATE event SET line = '${changed.replaceAll('\'', '\'\'')}' WHERE id = '${id}'`);
	const broken = await portal.ctl('verify');

	assert.notEqual(broken.status, 0);
	assert.match(broken.output, new RegExp(`document ${document}: .*event ${id}`));
	await portal.sql(`UPDATE event SET line = '${line.replaceAll('\'', '\'\'')}' WHERE id = '${id}'`);
	assert.equal((await portal.ctl('verify')).status, 0);
});
