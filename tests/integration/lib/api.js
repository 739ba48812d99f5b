// The sender's side: the API with one key.
import assert from 'node:assert/strict';
import {waitFor} from './wait.js';

// The sample of the contract under another external id. CHANGES replace members; undefined takes one away.
export function metadata(externalId, changes = {}) {
	return {
		external_id: externalId, kind: 'quote', title: 'Tilbud på nyt tag', number: '2026-0117',
		project: 'Tagrenovering', amount: {value: '184500.00', currency: 'DKK'},
		customer: {external_id: 'K-88', name: 'Jensen Byg A/S'},
		contacts: [{external_id: 'P-1', name: 'Mette Jensen', email: 'mette@example.dk', language: 'da',
			rights: ['view', 'ask', 'accept']}],
		message: 'Hej Mette, her er tilbuddet.',
		accept: {enabled: true, identity: 'link', signature: 'typed'},
		...changes,
	};
}

// An upload's body. METADATA is an object, or text to be sent as it is; ATTACHMENTS are [{name, bytes, type}].
export function uploadForm(metadata, pdf, attachments = []) {
	const form = new FormData();
	const text = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);

	form.append('metadata', new Blob([text], {type: 'application/json'}), 'metadata.json');
	if (pdf)
		form.append('file', new Blob([pdf], {type: 'application/pdf'}), 'tilbud.pdf');
	for (const {name, bytes, type = 'application/octet-stream'} of attachments)
		form.append('attachment', new Blob([bytes], {type}), name);
	return form;
}

export class Api {
	constructor(url, key) {
		this.url = url;
		this.key = key;
	}

	// {status, headers, body}; the body is parsed where it is JSON, else bytes.
	async request(method, path, {body, headers = {}} = {}) {
		const answer = await fetch(`${this.url}/api/v1${path}`, {
			method, body, redirect: 'manual', headers: {...(this.key && {authorization: `Bearer ${this.key}`}), ...headers},
		});
		const bytes = Buffer.from(await answer.arrayBuffer());
		const json = /\bjson\b/.test(answer.headers.get('content-type') ?? '');

		return {status: answer.status, headers: answer.headers, body: json ? JSON.parse(bytes) : bytes};
	}

	get(path) {
		return this.request('GET', path);
	}

	post(path, value) {
		return this.request('POST', path, {body: JSON.stringify(value), headers: {'content-type': 'application/json'}});
	}

	upload(metadata, pdf, attachments, headers) {
		return this.request('POST', '/documents', {body: uploadForm(metadata, pdf, attachments), headers});
	}

	// An upload that must be taken; gives the answer's body.
	async send(metadata, pdf, attachments, headers) {
		const answer = await this.upload(metadata, pdf, attachments, headers);

		assert.ok([200, 201].includes(answer.status), `upload: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body;
	}

	async document(id) {
		const answer = await this.get(`/documents/${id}`);

		assert.equal(answer.status, 200);
		return answer.body;
	}

	// Waits until the document's status suits.
	documentWhere(what, id, suits) {
		return waitFor(what, async () => {
			const document = await this.document(id);

			return suits(document) && document;
		});
	}

	async events(id) {
		const {status, body} = await this.get(`/documents/${id}/events?limit=200`);

		assert.equal(status, 200);
		return body.data;
	}

	// Registers a webhook; gives it with its secret.
	async webhook(url, types) {
		const {status, body} = await this.post('/webhooks', {url, ...(types && {types})});

		assert.equal(status, 201, JSON.stringify(body));
		return body;
	}
}

// Says that ANSWER is a problem of this status and code, and that it points at exactly these members.
export function assertProblem(answer, status, code, pointers) {
	assert.equal(answer.status, status, JSON.stringify(answer.body));
	assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
	assert.equal(answer.body.status, status);
	if (code)
		assert.equal(answer.body.code, code, JSON.stringify(answer.body));
	assert.ok(answer.body.title && answer.body.detail, 'a problem has a title and a detail');
	if (pointers)
		assert.deepEqual((answer.body.errors ?? []).map(error => error.pointer).sort(), [...pointers].sort());
}
