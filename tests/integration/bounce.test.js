// Mails that came back after the mail server had taken them: portalctl bounce and POST /api/v1/bounces.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {Api, assertProblem, metadata} from './lib/api.js';
import {person, sender} from './lib/sender.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {waitFor} from './lib/wait.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
const {changed, mailed, mailsTo, quiet, sent} = sender({portal, api, smtp});

after(async () => {
	await portal.stop();
	await smtp.stop();
});

const contactOf = async id => (await api.document(id)).contacts[0];
const failures = async id => (await api.events(id)).filter(event => event.type === 'document.delivery_failed');
const failing = async () => (await api.get('/documents?delivery=failed&limit=200')).body.data.map(({id}) => id);
const bounced = body => body.bounced.map(({email}) => email);
const reason = '550 5.1.1 mailbox unavailable';

// A quote whose mail was taken: its id, and the address.
async function delivered(name) {
	const {id} = await sent(name);
	const mail = await mailed(`${name}-0@example.dk`);

	await quiet(id);
	return {id, email: `${name}-0@example.dk`, mail};
}

describe('over the API', () => {
	test('by Message-ID: the contact, the event, the list of failures; once', async () => {
		const {id, email, mail} = await delivered('retur');
		const report = {message_id: mail.id, reason};
		const {status, body} = await api.post('/bounces', report);

		assert.equal(status, 200, JSON.stringify(body));
		assert.deepEqual(body.bounced, [{document_id: id, external_id: 'retur', contact_id: (await contactOf(id)).id, email}]);
		const {delivery, delivered_at: at, delivery_answer: answer} = await contactOf(id);

		assert.deepEqual([delivery, at, answer], ['bounced', null, reason]);
		assert.deepEqual((await failures(id)).map(({data}) => data), [{cause: 'upload', bounced: true, answer: reason}]);
		assert.ok((await failing()).includes(id));
		assert.deepEqual((await api.post('/bounces', report)).body, {bounced: []});
		assert.equal((await failures(id)).length, 1);
		assert.equal((await portal.ctl('verify', '--document', id)).status, 0);
	});

	test('by address: every open document that went there, in any case of letters', async () => {
		const first = await delivered('flere');
		const again = await sent('flere-2', {customer: {external_id: 'flere', name: 'Kunden flere'}, contacts: [person('flere')]});
		const done = await sent('flere-3', {customer: {external_id: 'flere', name: 'Kunden flere'}, contacts: [person('flere')]});

		for (const {id} of [again, done])
			await quiet(id);
		assert.equal((await done.visitor.accept({name: 'Person 0'})).status, 303);
		await quiet(done.id);
		const {body} = await api.post('/bounces', {email: first.email.toUpperCase()});

		assert.deepEqual(body.bounced.map(one => one.document_id).sort(), [first.id, again.id].sort());
		assert.equal((await contactOf(done.id)).delivery, 'sent');
		assert.deepEqual((await failures(again.id)).map(({data}) => data), [{cause: 'address', bounced: true, answer: null}]);
	});

	test('with the right address it goes out again, and a late report about the old one changes nothing', async () => {
		const {id, mail} = await delivered('rettet');

		await api.post('/bounces', {message_id: mail.id, reason});
		await changed(id, {contacts: [{...person('rettet'), external_id: 'P-1'}]});
		await changed(id, {contacts: [{...person('rettet'), external_id: 'P-1', email: 'ny-adresse@example.dk'}]});
		await mailed('ny-adresse@example.dk');
		await waitFor('the delivery', async () => (await contactOf(id)).delivery === 'sent');
		assert.ok(!(await failing()).includes(id));
		assert.deepEqual((await api.post('/bounces', {message_id: mail.id, reason})).body, {bounced: []});
		assert.equal((await contactOf(id)).delivery, 'sent');
	});

	test('whoever bounced is not reminded', async () => {
		const {id, email} = await delivered('rykker');
		const before = mailsTo(email).length;

		await api.post('/bounces', {email});
		assertProblem(await api.post(`/documents/${id}/remind`, {}), 409, 'conflict');
		assert.equal(mailsTo(email).length, before);
	});

	test('a mail to the sender itself marks nobody', async () => {
		const {visitor, id} = await sent('selv');

		await visitor.accept({name: 'Person 0'});
		const mail = await waitFor('the sender\'s mail', () => smtp.mails.find(one => one.recipients.includes('tilbud@nordtag.example')));

		assert.deepEqual((await api.post('/bounces', {message_id: mail.id})).body, {bounced: []});
		assert.equal((await failures(id)).length, 0);
	});

	test('what is refused, and other tenants', async () => {
		const {mail, email, id} = await delivered('andre');
		const other = await portal.tenant('Sydtag ApS');
		const readOnly = new Api(portal.url, await portal.key(tenantId, 'read'));

		for (const report of [{message_id: mail.id}, {email}])
			assertProblem(await other.api.post('/bounces', report), 404, 'not_found');
		assertProblem(await readOnly.post('/bounces', {email}), 403, 'forbidden');
		assertProblem(await api.post('/bounces', {message_id: `<${randomUUID()}@portal.example>`}), 404, 'not_found');
		assertProblem(await api.post('/bounces', {email: 'ingen@example.dk'}), 404, 'not_found');
		for (const [report, pointer] of [[{}, '/message_id'], [{reason}, '/message_id'], [{email, message_id: mail.id}, '/email'],
			[{message_id: 'abc@example.dk'}, '/message_id'], [{email: 'x'}, '/email'], [{email, reason: 7}, '/reason'],
			[{email, colour: 'red'}, '/colour']])
			assertProblem(await api.post('/bounces', report), 422, 'invalid', [pointer]);
		assert.equal((await contactOf(id)).delivery, 'sent');
	});
});

describe('by portalctl', () => {
	test('by Message-ID with its brackets, and by address within one tenant', async () => {
		const {id, mail, email} = await delivered('drift');
		const other = await portal.tenant('Vesttag ApS');
		const theirs = await other.api.send(metadata('drift', {contacts: [{name: 'Person 0', email}]}), simplePdf('Tilbud'));

		await quiet(theirs.id);
		assert.deepEqual(bounced(await portal.ctlJson('bounce', `<${mail.id.replace(/[<>]/g, '')}>`, reason)), [email]);
		assert.equal((await contactOf(id)).delivery_answer, reason);
		assert.deepEqual(bounced(await portal.ctlJson('bounce', email, '--tenant', tenantId)), []);
		assert.equal((await other.api.document(theirs.id)).contacts[0].delivery, 'sent');
		assert.deepEqual(bounced(await portal.ctlJson('bounce', email)), [email]);
		assert.equal((await other.api.document(theirs.id)).contacts[0].delivery, 'bounced');
	});

	test('says what it does not know', async () => {
		for (const [words, status, words2] of [[['ingen@example.dk'], 1, 'nobody has this address'],
			[[`${randomUUID()}@portal.example`], 1, 'there is no such mail'], [['nonsense'], 2, 'neither'], [[], 2, 'usage']]) {
			const answer = await portal.ctl('bounce', ...words);

			assert.equal(answer.status, status, answer.output);
			assert.ok(answer.output.includes(words2), answer.output);
		}
	});
});

describe('jobs that ended long ago', () => {
	const states = async id => (await portal.sql(`SELECT kind, state FROM job WHERE document_id = '${id}' AND kind <> 'sign' ORDER BY n`))
		.map(row => row.join());

	test('go after 90 days, what failed for good after a year; nothing is mailed anew', async () => {
		smtp.modes.set('gammel-1@example.dk', 'reject');
		const {id} = await sent('gammel', {people: 2});

		await waitFor('both mails', async () => (await states(id)).sort().join(' ') === 'mail,dead mail,done');
		await portal.travel('89 days');
		try {
			await portal.sql('SELECT worker_forget_jobs(500)');
			assert.deepEqual((await states(id)).sort(), ['mail,dead', 'mail,done']);
			await portal.travel('91 days');
			await waitFor('the worker to forget', async () => (await states(id)).join() === 'mail,dead');
			await portal.travel('366 days');
			await waitFor('the worker to forget', async () => (await states(id)).join() === '');
			await changed(id, {message: 'Ny besked'});
			await quiet(id);
			assert.equal(mailsTo('gammel-0@example.dk').length, 1);
		} finally {
			await portal.travelBack();
		}
	});
});
