// No log holds a link's token, an API key, a webhook's secret or a mail server's password, whatever went wrong.
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
	for (const path of ['/accept', '/decline', '/opened', '/code', '/nothing', '']) {
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
	await new Api(portal.url, key).post('/webhooks', {url: `https://example.com/${'\u0000'}`, description: secret, secret});
	await new Api(portal.url, key).upload(metadata('logs', {[secret]: 1, message: key, number: key}), Buffer.from(key));
}

// What the service is needed for fails until it is back.
async function without(service, work) {
	await portal.supervise('down', service);
	await work();
	await portal.supervise('up', service);
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

	const preview = (await api.document(id)).links.preview.split('/').at(-1);
	const tokenId = (await portal.sql(`SELECT replace(token_id::text, '-', '') FROM link WHERE document_id = '${id}'`)).flat();
	const secrets = {'a link\'s token': token, 'the preview\'s token': preview, 'the API key': key, 'a webhook\'s secret': secret,
		'a webhook\'s secret, its text alone': secret.replace('whsec_', ''), 'half a token': token.slice(0, 24),
		'half an API key': key.slice(3, 25)};

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
