// The main job as both sides do it, with curl alone, wherever the portal runs. A `place` says where:
//   url                        the portal's address, seen from there
//   curlArguments              what curl needs there besides, such as whom to trust; may be missing
//   run(words, {input})        runs a command there (lib/docker.js)
//   ctl(...words)              portalctl: what it printed
//   mails()                    the mails that lie there
//   hookUrl(url)               this machine's loopback URL, seen from there
import assert from 'node:assert/strict';
import {metadata} from '../../integration/lib/api.js';
import {sha256} from '../../integration/lib/bytes.js';
import {formOf, textOf} from '../../integration/lib/visitor.js';
import {waitFor} from '../../integration/lib/wait.js';
import {simplePdf} from '../../pdfs/make.js';

// How long the portal may take for what it does in its own time, on a machine with much else to do.
const patience = 120;

// {status, body}; the body as bytes.
export async function curl(place, url, args = [], input) {
	const words = ['curl', '-sS', '--max-time', '60', '-w', '%{stderr}%{http_code}', ...place.curlArguments ?? [], ...args, url];
	const {stdout, stderr} = await place.run(words, {input});

	return {status: Number(stderr), body: stdout};
}

// A new tenant with a write key, and with a webhook where a receiver is given.
export async function newSender(place, receiver) {
	const {tenant_id: tenantId} = JSON.parse(await place.ctl('tenant', 'create', 'Nordtag ApS', '--reply-to', 'tilbud@nordtag.example'));
	const {api_key: key} = JSON.parse(await place.ctl('key', 'create', tenantId, '--scope', 'write'));
	const sender = new Sender(place, key, receiver);

	await receiver?.register(sender);
	return sender;
}

class Sender {
	constructor(place, key, receiver) {
		Object.assign(this, {place, key, receiver});
	}

	async request(path, args, input) {
		const {status, body} = await curl(this.place, `${this.place.url}/api/v1${path}`,
			['-H', `Authorization: Bearer ${this.key}`, ...args], input);

		assert.ok([200, 201].includes(status), `${path}: ${status} ${body}`);
		return JSON.parse(body);
	}

	async webhook(url) {
		const body = JSON.stringify({url: await this.place.hookUrl(url)});

		return this.request('/webhooks', ['-H', 'Content-Type: application/json', '-d', body]);
	}

	// Posts a quote to a contact of its own.
	send(externalId, pdf) {
		const contacts = [{external_id: externalId, name: 'Mette Jensen', email: `${externalId}@example.dk`, language: 'da'}];

		return this.request('/documents', ['-F', `metadata=${JSON.stringify(metadata(externalId, {contacts}))}`,
			'-F', 'file=@-;type=application/pdf;filename=tilbud.pdf'], pdf);
	}

	document(id) {
		return this.request(`/documents/${id}`, []);
	}
}

// Posts a quote and gives {pdf, document, link}, the link being that of the mail.
export async function sendQuote(sender, externalId) {
	const pdf = simplePdf(`Tilbud ${externalId}`);
	const document = await sender.send(externalId, pdf);

	assert.equal(document.result, 'created');
	assert.equal(document.version.sha256, sha256(pdf));
	const mail = await waitFor(`the mail with ${externalId}`,
		async () => (await sender.place.mails()).find(one => one.to === `${externalId}@example.dk`), patience);

	assert.ok(mail.link?.startsWith(`${sender.place.url}/d/`), mail.text);
	return {pdf, document, link: mail.link};
}

// Reads the page and fills in its form; gives the answer.
export async function accept(place, link) {
	const page = await curl(place, link);

	assert.equal(page.status, 200);
	assert.match(textOf(page.body.toString()), /Tilbud på nyt tag .*Accepter tilbud/);
	const fields = {...formOf(page.body.toString(), '/accept'), consent: 'yes'};

	return curl(place, `${link}/accept`, Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]));
}

// The whole of it; gives the document's status at the end.
export async function walk(sender, externalId) {
	const {place, receiver} = sender;
	const {pdf, document, link} = await sendQuote(sender, externalId);

	for (const path of ['/file', '/download']) {
		const {status, body} = await curl(place, link + path);

		assert.equal(status, 200, path);
		assert.equal(sha256(body), sha256(pdf), path);
	}
	const accepted = await accept(place, link);

	assert.equal(accepted.status, 303, textOf(accepted.body.toString()));
	assert.match(textOf((await curl(place, link)).body.toString()), /Tilbuddet er accepteret/);
	const status = await sender.document(document.id);
	const {at, ...decision} = status.decision;

	assert.equal(status.state, 'accepted');
	assert.ok(Date.parse(at) && Date.parse(status.downloaded_at));
	assert.deepEqual(decision, {type: 'accepted', by: {contact_id: document.contacts[0].id, name: 'Mette Jensen',
		email: `${externalId}@example.dk`}, identity: 'link', signature: 'typed', version: 1, sha256: sha256(pdf), reason: null, purchase_order: null});
	const receipt = await waitFor('the receipt', async () => {
		const answer = await curl(place, `${link}/receipt`);

		return answer.status === 200 && answer.body;
	}, patience);

	assert.equal(receipt.subarray(0, 5).toString(), '%PDF-');
	if (receiver)
		await assertTold(receiver, status);
	return {...status, link};
}

// Waits for the webhook of the decision; all that came must verify.
async function assertTold(receiver, {id, decision}) {
	const told = await waitFor('the webhook of the decision', () => receiver.deliveries.find(delivery =>
		delivery.type === 'document.accepted' && delivery.body.data.document_id === id), patience);

	assert.deepEqual(receiver.deliveries.map(delivery => delivery.fault).filter(Boolean), []);
	assert.equal(told.body.data.data.sha256, decision.sha256);
	assert.equal(told.body.data.version, decision.version);
	assert.equal(told.body.data.contact_id, decision.by.contact_id);
}
