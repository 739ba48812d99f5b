// No log holds a link's token, a one-time code, a session, an API key, a webhook's secret or a mail server's password, whatever went
// wrong. And every line about a failure can be found by its request.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {Api, metadata} from './lib/api.js';
import {startPortal} from './lib/portal.js';
import {firstAnswer} from './lib/raw.js';
import {startSmtp} from './lib/smtp.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const smtp = await startSmtp();
const receiver = await startReceiver();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url, PORTAL_LOG_LEVEL: 'debug'});
const {api, key} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
const {secret} = await receiver.register(api);

after(async () => {
	await portal.stop();
	receiver.stop();
	await smtp.stop();
});

const mailTo = address => waitFor(`a mail to ${address}`, () => smtp.mails.find(mail => mail.recipients.includes(address)));
const logs = () => portal.files('log').map(path => [path, readFileSync(path, 'utf8')]);

// Every kind of request, good and bad, with the token where one may stand.
async function requests(link) {
	const visitor = new Visitor(link), token = link.split('/').at(-1);
	const form = {version: '1', sha256: '0'.repeat(64), name: 'M', consent: 'yes'};

	for (const path of ['', '?lang=en', '/file', '/download', '/attachments/1', '/attachments/x', '/nothing', '/receipt', '//file', '%2Ffile'])
		await visitor.get(path);
	for (const path of ['/accept', '/decline', '/opened', '/code', '/identity', '/messages', '/changes', '/renew', '/share', '/share/revoke',
		'/nothing', '']) {
		await visitor.post(path, form);
		await visitor.post(path, {...form, name: 'x'.repeat(700 * 1024)}).catch(() => {}); // nginx may close first
	}
	for (const path of [`/D/${token}`, `/x/${token}`, `/d/x/../${token}`, `/static/${token}`, `/api/v1/documents/${token}`, `/${token}`,
		`/?token=${token}`, `/api/v1/documents?q=${token}`, `/internal/store/${token}`])
		await new Visitor(portal.url + path, {authorization: `Bearer ${key}`, referer: link, cookie: `link=${token}`}).get();
	await firstAnswer(portal.url, [`GET /d/${token} nonsense`, 'Host: portal']);
	await firstAnswer(portal.url, [`GET /d/${token}/\0 HTTP/1.1`, 'Host: portal']);
	await firstAnswer(portal.url, [`GET /d/${token} HTTP/1.1`, 'Host: portal', `X-Long: ${'x'.repeat(40000)}`]);
	await firstAnswer(portal.url, [`POST /d/${token}/accept HTTP/1.1`, 'Host: portal', 'Content-Length: 99999999']);
	await new Api(portal.url, key).request('POST', `/documents?key=${key}`, {body: 'x', headers: {'if-match': key}});
	await new Api(portal.url, key).post('/bounces', {message_id: link, reason: token});
	await new Api(portal.url, key).post(`/documents/${token}/messages`, {text: link});
	await new Visitor(`${portal.url}/verify?sha256=${token}`).get();
	await new Visitor(`${portal.url}/verify`).post('', {sha256: token, file: link});
	await new Api(portal.url, key).post('/webhooks', {url: `https://example.com/${'\u0000'}`, description: secret, secret});
	await new Api(portal.url, key).upload(metadata('logs', {[secret]: 1, message: key, number: key}), Buffer.from(key));
}

// What the service is needed for fails until it is back.
async function without(service, work) {
	await portal.supervise('down', service);
	await work();
	await portal.supervise('up', service);
}

const cookieOf = answer => answer.headers.getSetCookie().map(cookie => cookie.split(';')[0]).join('; ');
const codeIn = mail => mail.text.match(/^\d{6}$/m)?.[0];

// A quote accepted with a code by mail, questions asked on the way, a sign-in: what was secret in it.
async function journey() {
	const email = 'kode@example.dk', secrets = {};
	const {id} = await api.send(metadata('logs-3', {contacts: [{name: 'Mette Jensen', email}],
		accept: {enabled: true, identity: 'email_code', signature: 'typed'}}), simplePdf('Log 3'));
	const {link} = await mailTo(email);
	const visitor = new Visitor(link), codes = () => smtp.mails.filter(mail => mail.recipients.includes(email)).map(codeIn).filter(Boolean);
	const code = nth => waitFor('a mail with a code', () => codes()[nth]);

	await visitor.post('/messages', {...await visitor.form('/messages'), text: 'Er stilladset med?'});
	await visitor.post('/identity', {});
	secrets['an identity code'] = await code(0);
	await visitor.post('/accept', {...await visitor.form(), consent: 'yes', name: 'Mette Jensen', code: '000000'});
	assert.equal((await visitor.accept({name: 'Mette Jensen', code: secrets['an identity code']})).status, 303);
	await waitFor('the receipt', async () => (await visitor.get('/receipt')).status === 200);

	const login = new Visitor(`${portal.url}/login`), asked = await login.post('', {email});

	secrets['a browser\'s cookie'] = cookieOf(asked);
	login.headers.cookie = cookieOf(asked);
	secrets['a sign-in code'] = await code(1);
	await login.post('/code', {code: '000000'});
	const signedIn = await login.post('/code', {code: secrets['a sign-in code']});

	assert.equal(signedIn.status, 303);
	secrets['a session\'s cookie'] = cookieOf(signedIn);
	const documents = await new Visitor(`${portal.url}/documents`, {cookie: secrets['a session\'s cookie']}).get();

	assert.equal(documents.status, 200);
	await api.post('/bounces', {message_id: (await mailTo(email)).id, reason: `<${email}> is full`});
	return {...secrets, 'another link\'s token': link.split('/').at(-1), 'a document\'s address': email, id};
}

test('no log holds a secret after a journey with faults', async () => {
	const {id} = await api.send(metadata('logs', {contacts: [{name: 'Mette Jensen', email: 'logs@example.dk'}]}), simplePdf('Log'));
	const {link} = await mailTo('logs@example.dk');
	const token = link.split('/').at(-1);

	smtp.modes.set('refused@example.dk', 'reject');
	await api.send(metadata('logs-2', {contacts: [{name: 'Indkøb', email: 'refused@example.dk'}]}), simplePdf('Log 2'));
	receiver.mode = 'fail';
	await requests(link);
	await without('view', () => requests(link));
	await without('accept', () => requests(link));
	await without('upload', () => requests(link));
	await without('postgres', () => requests(link));
	receiver.mode = 'ok';
	await waitFor('the portal to be back', async () => (await new Visitor(link).get()).status === 200);
	await waitFor('the API to be back', async () => (await api.get(`/documents/${id}`)).status === 200);
	assert.equal((await new Visitor(link).accept()).status, 303);
	await waitFor('a delivery', () => receiver.taken().length > 0);

	const {id: other, ...told} = await journey();

	assert.ok(other);
	for (const [what, value] of Object.entries(told))
		assert.ok(value.length >= 6, what);
	const preview = (await api.document(id)).links.preview.split('/').at(-1);
	const tokenId = (await portal.sql(`SELECT replace(token_id::text, '-', '') FROM link WHERE document_id = '${id}'`)).flat();
	const secrets = {'a link\'s token': token, 'the preview\'s token': preview, 'the API key': key, 'a webhook\'s secret': secret,
		'a webhook\'s secret, its text alone': secret.replace('whsec_', ''), 'half a token': token.slice(0, 24),
		'half an API key': key.slice(3, 25), ...told, 'an address': 'refused@example.dk'};

	assert.ok(tokenId.length >= 2);
	for (const [path, text] of logs())
		for (const [what, value] of Object.entries(secrets))
			assert.ok(!text.includes(value), `${path} holds ${what}: ${text.split('\n').find(line => line.includes(value))}`);
});

test('the logs do say what happened', () => {
	const all = Object.fromEntries(logs().filter(([path]) => path.endsWith('/current'))
		.map(([path, text]) => [path.split('/').at(-2), text]));

	assert.match(all.nginx, /"path":"\/d\/…\/accept","status":503/);
	assert.match(all.worker, /No such user here/);
	assert.match(all.postgres, /shut down/);
	for (const service of ['upload', 'status', 'view', 'download', 'accept'])
		assert.match(all[service], /"request_id":"[0-9a-f]{32}"/, service);
});

test('every line about a failure names its request; the worker\'s name their jobs\', too', async () => {
	// A statement that fails: the function is gone for a moment.
	await portal.sql('ALTER FUNCTION portal.sender_counts(uuid) RENAME TO sender_counts_away');
	const failed = await api.get('/documents/counts');

	await portal.sql('ALTER FUNCTION portal.sender_counts_away(uuid) RENAME TO sender_counts');
	assert.equal(failed.status, 500);
	const lines = logs().filter(([path]) => path.endsWith('/current') && !/\/(nginx|postgres)\//.test(path))
		.flatMap(([, text]) => text.split('\n')).map(line => line.slice(line.indexOf('{'))).filter(line => line.startsWith('{'))
		.map(line => JSON.parse(line));
	const about = lines.filter(line => line.request_id === failed.headers.get('x-request-id')).map(line => line.message);

	assert.ok(about.includes('a statement failed') && about.includes('request'), about.join());
	for (const line of lines.filter(({message}) => ['a statement failed', 'the store failed', 'request', 'job'].includes(message)))
		assert.ok(line.request_id || line.kind === 'erase' || line.program === 'worker', JSON.stringify(line));
	const mails = lines.filter(line => line.message === 'job' && line.kind === 'mail');

	assert.ok(mails.length && mails.every(line => line.request_id), 'mails without a request');
	assert.ok(lines.some(line => line.message === 'job' && line.outcome === 'dead' && line.level === 'warning'));
});
