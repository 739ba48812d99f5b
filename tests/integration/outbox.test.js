// The outbox: mail servers and webhook receivers that refuse, defer, vanish or ask for a password.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {makeCertificate} from './lib/certificate.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const smtp = await startSmtp();
const receiver = await startReceiver();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(async () => {
	await portal.stop();
	receiver.stop();
	await smtp.stop();
});

const mailsTo = address => smtp.mails.filter(mail => mail.recipients.includes(address));

async function send(address, name = 'Mette Jensen', changes = {}) {
	return api.send(metadata(address, {contacts: [{name, email: address}], ...changes}), simplePdf('Tilbud', address));
}

// Lets jobs that wait for their next attempt have it now.
const hurry = () => portal.sql('UPDATE job SET run_at = portal_now() WHERE state = \'waiting\'');

const delivered = (id, delivery) => api.documentWhere(`delivery ${delivery}`, id, ({contacts: [one]}) => one.delivery === delivery);

// The only contact, once an attempt has ended and another is to come.
const deferred = id => waitFor('a first attempt', async () => Number(await portal.sqlValue(
	`SELECT count(*) FROM job WHERE document_id = '${id}' AND kind = 'mail' AND state = 'waiting' AND attempts = 1`)) === 1);

describe('mail by SMTP', () => {
	test('arrives once, with envelope and headers', async () => {
		const {id} = await send('good@example.dk');

		await delivered(id, 'sent');
		const [mail, ...more] = mailsTo('good@example.dk');

		assert.deepEqual(more, []);
		assert.equal(mail.to, 'good@example.dk');
		assert.equal(mail.fromName, 'Nordtag ApS');
		assert.equal((await new Visitor(mail.link).get()).status, 200);
	});

	test('odd names and titles arrive as they are', async () => {
		const name = 'Mette "Å" <x@example.dk>, Jensen', title = 'Tag & <b>fag</b> 🏠, 100 % "nyt"';
		const {id} = await send('odd@example.dk', name, {title});

		await delivered(id, 'sent');
		const [mail] = mailsTo('odd@example.dk');

		assert.deepEqual(mail.recipients, ['odd@example.dk']);
		assert.equal(mail.toName, name);
		assert.ok(mail.subject.endsWith(title), mail.subject);
		assert.ok(mail.text.includes(title));
		assert.ok(!mail.html.includes('<b>fag'));
	});

	test('text that looks like an encoded header stays text and adds no header', async () => {
		const text = '=?utf-8?q?a=0D=0ABcc:_evil@example.dk?=';
		const {id} = await send('encoded@example.dk', text, {title: text});

		await delivered(id, 'sent');
		const [mail] = mailsTo('encoded@example.dk');

		assert.deepEqual(mail.recipients, ['encoded@example.dk']);
		assert.equal(mail.header('bcc'), undefined);
		assert.ok(mail.subject.endsWith(text), mail.subject);
		assert.equal(mail.toName, text);
	});

	test('refused for good is a failed delivery, which says what the server said', async () => {
		smtp.modes.set('nobody@example.dk', 'reject');
		const {id} = await send('nobody@example.dk');
		const {contacts: [contact]} = await delivered(id, 'failed');

		assert.match(contact.delivery_answer, /550 .*No such user here: nobody@example\.dk/);
		assert.equal(contact.delivered_at, null);
		const failed = (await api.events(id)).filter(event => event.type === 'document.delivery_failed');

		assert.equal(failed.length, 1);
		assert.match(failed[0].data.answer, /No such user here/);
		assert.equal((await api.events(id)).some(event => event.type === 'document.delivered'), false);
	});

	for (const [mode, what] of [['defer', 'put off'], ['vanish', 'cut off by a broken connection']]) {
		test(`${what} is tried again, and arrives once`, async () => {
			const address = `${mode}@example.dk`;

			smtp.modes.set(address, mode);
			const {id} = await send(address);

			await deferred(id);
			assert.equal((await api.document(id)).contacts[0].delivery, 'queued');
			assert.deepEqual(mailsTo(address), []);
			smtp.modes.delete(address);
			await hurry();
			await delivered(id, 'sent');
			assert.equal(mailsTo(address).length, 1);
			assert.equal((await api.events(id)).filter(event => event.type === 'document.delivered').length, 1);
		});
	}

	test('that went out before the worker was killed counts as sent, though its reader was quicker than the next attempt', async () => {
		const address = 'swallow@example.dk';

		smtp.modes.set(address, 'swallow');
		const {id} = await send(address);
		const {link} = await waitFor('the mail', () => mailsTo(address)[0]);

		await new Visitor(link).accept();
		process.kill(portal.pids('worker')[0], 'SIGKILL');
		const {contacts: [contact]} = await delivered(id, 'sent');

		assert.ok(contact.delivered_at);
		smtp.modes.delete(address);
		assert.equal((await api.events(id)).filter(event => event.type === 'document.delivered').length, 1);
		assert.equal(mailsTo(address).filter(mail => !/accepteret/.test(mail.subject)).length, 1);
	});

	test('of a reminder counts when it has gone out, and not when it was never sent', async () => {
		const address = 'reminded@example.dk', {id} = await send(address);
		const reminded = async () => [(await api.document(id)).contacts[0].reminders_sent,
			(await api.events(id)).filter(event => event.type === 'document.reminded').length];

		await delivered(id, 'sent');
		await api.post(`/documents/${id}/remind`, {});
		await waitFor('the reminder', async () => (await reminded())[1] === 1);
		assert.deepEqual(await reminded(), [1, 1]);
		smtp.modes.set(address, 'defer');
		await portal.travel('2 minutes');
		try {
			assert.equal((await api.post(`/documents/${id}/remind`, {})).body.result, 'done');
			await deferred(id);
			assert.deepEqual(await reminded(), [1, 1]);
			await new Visitor(mailsTo(address)[0].link).accept();
			await hurry();
			await waitFor('an end', async () => await portal.sqlValue(`SELECT count(*) FROM job WHERE document_id = '${id}'
				AND cause LIKE 'reminder:%' AND state = 'done'`) === '2');
			assert.deepEqual(await reminded(), [1, 1]);
		} finally {
			smtp.modes.delete(address);
			await portal.travelBack();
		}
	});

	test('of a contact refused does not hold back the others', async () => {
		smtp.modes.set('bad@example.dk', 'reject');
		const {id} = await api.send(metadata('several', {contacts: [
			{name: 'Indkøb', email: 'bad@example.dk'}, {name: 'Mette', email: 'fine@example.dk'}]}), simplePdf('Flere'));

		await api.documentWhere('both deliveries', id, ({contacts}) =>
			contacts.map(contact => contact.delivery).sort().join() === 'failed,sent');
		assert.equal(mailsTo('fine@example.dk').length, 1);
	});
});

describe('webhooks', () => {
	test('that fail come again with the same id, and in order per document', async () => {
		await receiver.register(api);
		receiver.mode = 'fail';
		const {id} = await send('hooks@example.dk');

		await delivered(id, 'sent');
		await new Visitor(mailsTo('hooks@example.dk')[0].link).accept();
		await waitFor('a refused delivery', () => receiver.deliveries.length > 0);
		receiver.mode = 'ok';
		const events = await waitFor('all to be taken', async () => {
			await hurry();
			const all = await api.events(id);

			return receiver.taken().length >= all.length && all;
		});

		assert.deepEqual(receiver.deliveries.map(delivery => delivery.fault).filter(Boolean), []);
		assert.deepEqual(receiver.taken().map(delivery => delivery.id), events.map(event => event.id));
		const refused = receiver.deliveries.filter(delivery => delivery.answered === 'fail');

		assert.deepEqual(new Set(refused.map(delivery => delivery.id)), new Set([events[0].id]), 'the later ones waited');
		const [first, last] = [refused[0], receiver.taken()[0]];

		assert.equal(first.id, last.id);
		assert.deepEqual(first.body, last.body);
	});

	test('are only those asked for by type, and none once deleted', async () => {
		const {api: other} = await portal.tenant();
		const before = receiver.deliveries.length;
		const {id} = await receiver.register(other, ['document.opened']);
		const contacts = [{name: 'M', email: 'types@example.dk'}];
		const document = await other.send(metadata('types', {contacts}), simplePdf('Typer'));

		await other.documentWhere('the mail', document.id, status => status.contacts[0].delivery === 'sent');
		await new Visitor(mailsTo('types@example.dk')[0].link).opened();
		await waitFor('the webhook', () => receiver.deliveries.length > before);
		assert.deepEqual((await other.get('/webhooks')).body.data.map(one => [one.id, one.secret]), [[id, undefined]]);
		assert.equal((await other.request('DELETE', `/webhooks/${id}`)).status, 204);
		await new Visitor(mailsTo('types@example.dk')[0].link).get('/download');
		await waitFor('the feed', async () => (await other.get('/events')).body.data.some(event => event.type === 'document.downloaded'));
		assert.deepEqual(receiver.deliveries.slice(before).map(delivery => delivery.type), ['document.opened']);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM job WHERE webhook_id = '${id}' AND state <> 'done'`), '0');
	});

	test('to bad addresses or of unknown types are refused by member', async () => {
		assertProblem(await api.post('/webhooks', {url: 'ftp://127.0.0.1/'}), 422, 'invalid', ['/url']);
		assertProblem(await api.post('/webhooks', {url: 'http://10.1.2.3/'}), 422, 'invalid', ['/url']);
		assertProblem(await api.post('/webhooks', {url: 'https://a:b@example.com/'}), 422, 'invalid', ['/url']);
		assertProblem(await api.post('/webhooks', {url: `${portal.url}/`, types: ['document.eaten']}), 422, 'invalid', ['/types/0']);
		assertProblem(await api.post('/webhooks', {url: `${portal.url}/`, secret: 'whsec_x'}), 422, 'invalid', ['/secret']);
	});

	test('to a receiver that never answers do not hold back the mails', async () => {
		receiver.mode = 'hang';
		try {
			const {id} = await send('patience@example.dk');

			await waitFor('a delivery that hangs', () => receiver.deliveries.some(one => one.answered === 'hang'));
			const {id: next} = await send('meanwhile@example.dk');

			await delivered(id, 'sent');
			await delivered(next, 'sent');
		} finally {
			receiver.mode = 'ok';
			receiver.release();
		}
	});
});

describe('other settings', () => {
	test('a mail server that falls silent does not keep the worker from ending', async () => {
		smtp.modes.set('silence@example.dk', 'hang');
		const {id} = await send('silence@example.dk');
		const [worker] = portal.pids('worker');

		await waitFor('the mail server to be asked', () => smtp.hanging.has('silence@example.dk'));
		smtp.modes.delete('silence@example.dk');
		process.kill(worker, 'SIGTERM');
		await waitFor('another worker', () => ![0, worker].includes(portal.pids('worker')[0] ?? 0), 30);
		await delivered(id, 'sent');
		assert.equal(new Set(mailsTo('silence@example.dk').map(mail => mail.id)).size, 1);
	});

	test('STARTTLS and a password: the mail comes encrypted and signed in', async () => {
		const {path, cert, key} = makeCertificate(portal.base);
		const strict = await startSmtp({users: {'portal@nordtag': 'hemme/lig @1'}, cert, key});
		const user = 'portal%40nordtag:hemme%2Flig%20%401';

		await portal.up({PORTAL_SMTP_URL: `smtp://${user}@localhost:${strict.port}?tls=required&cafile=${path}`});
		try {
			const {id} = await send('strict@example.dk');

			await delivered(id, 'sent');
			assert.deepEqual(strict.mails.map(mail => [mail.recipients, mail.secure, mail.user]),
				[[['strict@example.dk'], true, 'portal@nordtag']]);
			assert.deepEqual(strict.logins, [{user: 'portal@nordtag', password: 'hemme/lig @1', secure: true}]);
		} finally {
			await strict.stop();
		}
	});

	test('no mail and no password goes to a server that offers no TLS, nor to one that nobody vouches for', async () => {
		const {cert, key} = makeCertificate(portal.base);
		const open = await startSmtp({users: {user: 'secret'}, cert, key, hideSTARTTLS: true, allowInsecureAuth: true});
		const unknown = await startSmtp({users: {user: 'secret'}, cert, key});

		try {
			for (const [server, address] of [[open, 'no-tls@example.dk'], [unknown, 'no-trust@example.dk']]) {
				await portal.up({PORTAL_SMTP_URL: `smtp://user:secret@localhost:${server.port}`});
				const {id} = await send(address);

				await deferred(id);
				assert.equal((await api.document(id)).contacts[0].delivery, 'queued');
				assert.deepEqual([server.mails, server.logins], [[], []]);
			}
		} finally {
			await open.stop();
			await unknown.stop();
		}
		await portal.up({PORTAL_SMTP_URL: smtp.url});
		await waitFor('both mails', async () => {
			await hurry();
			return mailsTo('no-tls@example.dk').length && mailsTo('no-trust@example.dk').length;
		});
	});

	test('a private address that ops did not list gets no webhook, however it is written', async () => {
		await portal.up({PORTAL_WEBHOOK_ALLOW: ''});
		const {port} = new URL(portal.url);

		for (const host of ['127.0.0.1', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '169.254.169.254'])
			for (const scheme of ['http', 'https']) {
				const answer = await api.post('/webhooks', {url: `${scheme}://${host}:${port}/`});

				if (host === 'localhost' && scheme === 'https' && answer.status === 201) // a name is judged when it is resolved
					await api.request('DELETE', `/webhooks/${answer.body.id}`);
				else
					assertProblem(answer, 422, 'invalid', ['/url']);
			}
		// The webhook of before is still registered: its address is refused when connecting.
		const {id} = await send('private@example.dk');

		await waitFor('a refused delivery', async () => await portal.sqlValue(`SELECT answer FROM job
			WHERE kind = 'webhook' AND document_id = '${id}' AND attempts > 0 AND answer LIKE '%127.0.0.1%' LIMIT 1`));
		assert.ok(!receiver.deliveries.some(delivery => JSON.stringify(delivery).includes(id)));
	});
});
