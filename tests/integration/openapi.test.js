// docs/openapi.yaml: its form, its examples as requests against a portal, every answer against what it says, and that it
// names every route, member and problem that there is.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {page} from '../../tools/api_docs.js';
import {simplePdf} from '../pdfs/make.js';
import {Api, metadata, uploadForm} from './lib/api.js';
import {png, putFile} from './lib/files.js';
import * as openapi from './lib/openapi.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const root = new URL('../..', import.meta.url);
const source = path => readFileSync(new URL(path, root), 'utf8');
const portal = await startPortal();
const receiver = await startReceiver();
const {api, tenantId} = await portal.tenant();
const readApi = new Api(portal.url, await portal.key(tenantId, 'read'));

after(async () => {
	receiver.stop();
	await portal.stop();
});

const pdf = simplePdf('Tilbud', 'openapi');
const {operations} = openapi;

describe('the file', () => {
	test('passes Redocly\'s linter', () => {
		execFileSync(process.execPath, ['tests/node_modules/@redocly/cli/bin/cli.js', 'lint', '--config', 'docs/redocly.yaml',
			'docs/openapi.yaml'], {cwd: fileURLToPath(root), stdio: 'pipe', env: {...process.env, REDOCLY_TELEMETRY: 'off',
			REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true'}});
	});

	test('names every route of the two tables, and no other', () => {
		const routes = ['upload', 'status'].flatMap(name =>
			[...source(`cgi/${name}.c`).matchAll(/^ {4}\{"([A-Z]+)", "(\/api\/[^"]+)",/gm)].map(([, method, path]) => `${method} ${path}`));

		assert.ok(routes.length > 20);
		assert.deepEqual(operations.map(({method, path}) => `${method} ${path}`).sort(), routes.sort());
	});

	test('names every problem that the API can give, with its status and title', () => {
		const customers = ['code_required', 'version_changed', 'too_many_requests'];
		const table = [...source('lib/problem.h').matchAll(/X\((\w+), (\d+), "([^"]+)"\)/g)].map(([, ...row]) => row)
			.filter(([code]) => !customers.includes(code));
		const code = openapi.place('/components/schemas/ProblemCode').value;

		assert.deepEqual([...code.enum].sort(), table.map(([name]) => name).sort());
		for (const [name, status, title] of table)
			assert.ok(code.description.includes(`| \`${name}\` | ${status} | ${title} |`), name);
	});

	test('names the types of events', () => {
		const words = source('lib/schemas.c').match(/event_types\[\] = \{(.*?)NULL/s)[1].match(/"[^"]+"/g).map(word => JSON.parse(word));

		assert.deepEqual(openapi.place('/components/schemas/EventType').value.enum, words);
	});

	for (const operation of operations) {
		test(`has right examples of ${operation.id}`, () => {
			for (const [name, value] of Object.entries(operation.body?.examples ?? {}))
				assert.deepEqual(openapi.faults(operation.body.schema, value), [], name);
			assert.ok(!operation.body || Object.keys(operation.body.examples).length, 'a body without an example');
			for (const parameter of operation.parameters)
				assert.deepEqual(openapi.faults(openapi.child(parameter, 'schema'), parameter.value.example), [], parameter.value.name);
			for (const status of Object.keys(operation.at.value.responses))
				responseExamples(operation, status);
		});
	}

	function responseExamples(operation, status) {
		const response = openapi.child(operation.at, 'responses', status);

		for (const [type, content] of Object.entries(response.value.content ?? {})) {
			const examples = Object.entries(openapi.examplesOf(content)), schema = openapi.child(response, 'content', type, 'schema');

			assert.ok(examples.length || !/\bjson\b/.test(type), `${status} without an example`);
			for (const [name, value] of examples)
				assert.deepEqual([...openapi.faults(schema, value), ...openapi.unnamed(schema, value)], [], `${status} ${name}`);
		}
	}
});

describe('the page /api/docs', () => {
	test('is the one that tools/api_docs.js makes of the file', () =>
		assert.ok(source('web/api/index.html') === page(source('docs/openapi.yaml')), 'run: node tools/api_docs.js'));

	test('is served with the file, to everybody, and asks nobody else', async () => {
		for (const [path, type, text] of [['/api/docs', 'text/html; charset=utf-8', source('web/api/index.html')],
			['/api/openapi.yaml', 'application/yaml', source('docs/openapi.yaml')]]) {
			const answer = await fetch(portal.url + path);

			assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, type]);
			assert.equal(await answer.text(), text);
			assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'/);
			assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
		}
	});

	test('has no script, no style of its own, nothing from elsewhere, and no dead link', async () => {
		const html = source('web/api/index.html');
		const anchors = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

		assert.ok(!/<script|<style| style=| on\w+="/.test(html));
		assert.equal(anchors.size, [...html.matchAll(/ id="/g)].length);
		for (const [, target] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
			if (target.startsWith('#'))
				assert.ok(anchors.has(target.slice(1)), target);
			else
				assert.equal((await fetch(portal.url + target)).status, 200, target);
		}
		for (const {id} of operations)
			assert.ok(anchors.has(id), id);
	});
});

// What stands in the examples, and what it is here.
const ids = {};
const here = new Map();

const pathOf = ({path}) => path.replace('/api/v1', '').replace(/\{(\w+)\}/g, (_, name) => ids[name]);

function bodyOf({body}, example) {
	if (!body)
		return undefined;
	if (body.type === 'application/json')
		return JSON.stringify(example, (_, value) => here.get(value) ?? value);
	if (example.metadata)
		return uploadForm(example.metadata, pdf, (example.attachment ?? []).map(name => ({name, bytes: 'Betaling: 14 dage netto.'})));
	const form = new FormData();

	form.append('file', new Blob([/png$/.test(example.file) ? png : 'Betaling: 14 dage netto.']), example.file);
	return form;
}

async function ask(operation, {from = api, example, query = '', headers = {}, body = bodyOf(operation, example),
	path = pathOf(operation)} = {}) {
	const type = operation.body?.type === 'application/json' ? {'content-type': 'application/json'} : {};
	const answer = await from.request(operation.method, path + query, {body, headers: {...type, ...headers}});

	assert.deepEqual(openapi.answerFaults(operation, answer), [],
		`${operation.id} ${query}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer;
}

const has = (operation, name) => operation.parameters.some(({value}) => value.name === name);
const firstExample = operation => Object.values(operation.body?.examples ?? {})[0];

// One example as a request: first for another state, then rightly, then once more with the same key.
async function run(operation, name, status) {
	const example = operation.body?.examples[name], key = randomUUID();
	const headers = has(operation, 'Idempotency-Key') ? {'idempotency-key': key} : {};

	if (has(operation, 'If-Match'))
		assert.equal((await ask(operation, {example, headers: {'if-match': '"999"'}})).status, 412);
	const answer = await ask(operation, {example, headers});

	assert.equal(answer.status, status, JSON.stringify(answer.body));
	if (headers['idempotency-key']) {
		const again = await ask(operation, {example, headers});

		assert.equal(again.headers.get('idempotent-replayed'), 'true');
		assert.deepEqual([again.status, again.body], [answer.status, answer.body]);
	}
	return answer.body;
}

// A query with each parameter's example; ids of the examples are those here.
async function runQueries(operation) {
	await ask(operation);
	for (const {value: {in: where, name, example}} of operation.parameters.filter(({value}) => value.in === 'query')) {
		const {status, body} = await ask(operation, {query: `?${new URLSearchParams({[name]: here.get(example) ?? example})}`});

		assert.equal(status, 200, `${where} ${name}: ${JSON.stringify(body)}`);
	}
}

describe('its examples are taken', () => {
	const done = new Set();
	const step = (id, name, status = 200, then = () => {}) =>
		test(`${id}${name ? ` ${name}` : ''}`, async () => {
			done.add(`${id} ${name ?? ''}`);
			await then(await run(openapi.operation(id), name, status));
		});
	const queries = id => test(id, async () => {
		done.add(`${id} `);
		await runQueries(openapi.operation(id));
	});

	for (const name of ['sender', 'texts', 'defaults'])
		step('patchSettings', name);
	step('putLogo', 'example', 200, ({logo}) => assert.equal(logo.type, 'image/png'));
	step('addStandardAttachment', 'example', 201, ({attachments: [{id}]}) => {
		ids.settingAttachment = id;
	});
	queries('getSettings');
	test('addWebhook example', async () => {
		done.add('addWebhook example');
		receiver.mode = 'fail';
		here.set('https://example.com/portal', (await receiver.register(api)).url.replace(/\d+$/, 'example'));
		receiver.secrets.set('/hook/example', (await run(openapi.operation('addWebhook'), 'example', 201)).secret);
	});
	queries('listWebhooks');

	step('putDocument', 'quote', 201, document => {
		ids.id = document.id;
		ids.contact_id = document.contacts[0].id;
		assert.deepEqual(document.version.attachments.map(({name}) => name), ['vilkaar.txt'], 'the standard one came with it');
	});
	for (const [name, result] of [['extend', 'updated'], ['version', 'new_version']])
		step('putDocument', name, 200, body => assert.equal(body.result, result));
	step('putDocument', 'public', 201, ({access_code: code, expires_at: end, links}) => {
		assert.ok(code && links.public);
		assert.match(end, /^\d{4}-\d\d-\d\d$/);
	});
	step('putDocument', 'documentation', 201);
	for (const name of ['extend', 'contacts', 'public', 'reset'])
		step('patchDocument', name, 200, body => assert.equal(body.result, 'updated'));
	step('remindDocument', undefined, 200, ({id}) => api.documentWhere('the reminder', id, ({contacts}) =>
		contacts.find(one => one.id === ids.contact_id).reminders_sent === 1));
	step('revokeLink', undefined, 200, ({contacts}) => assert.ok(contacts.find(one => one.id === ids.contact_id).revoked_at));
	step('rotateLink', undefined, 200, ({contacts}) => assert.equal(contacts.find(one => one.id === ids.contact_id).revoked_at, null));
	step('archiveDocument');
	step('unarchiveDocument');
	step('postMessage', 'answer', 201, ({message: {id}}) => {
		here.set(openapi.operation('listMessages').parameters.find(({value}) => value.name === 'cursor').value.example, id);
	});
	step('postMessage', 'read', 200, ({message, read}) => assert.deepEqual([message, read], [null, 0]));
	queries('listMessages');
	test('reportBounce', async () => {
		const {mail, address} = openapi.operation('reportBounce').body.examples;
		const job = await portal.sqlValue(`SELECT j.id FROM job j JOIN link l ON l.id = j.link_id
			JOIN contact c ON c.id = l.contact_id WHERE j.document_id = '${ids.id}' AND c.email = '${address.email}'`);

		here.set(mail.message_id, `<${job}@portal.example>`);
		for (const name of ['mail', 'address']) {
			done.add(`reportBounce ${name}`);
			await run(openapi.operation('reportBounce'), name, 200);
		}
	});
	step('withdrawDocument', undefined, 200, ({state}) => assert.equal(state, 'withdrawn'));
	queries('getDocument');
	queries('countDocuments');
	test('listDocuments', async () => {
		done.add('listDocuments ');
		here.set('01a20a53-e9f6-76e3-ace6-727378c42db9', (await api.get('/documents?limit=1')).body.next);
		await runQueries(openapi.operation('listDocuments'));
	});
	test('listDocumentEvents and listEvents', async () => {
		const [first] = await api.events(ids.id);

		here.set(openapi.operation('listEvents').parameters[0].value.example, first.id);
		await waitFor('the event in the feed', async () => (await api.get(`/events?after=${first.id}`)).status === 200);
		for (const id of ['listDocumentEvents', 'listEvents']) {
			done.add(`${id} `);
			await runQueries(openapi.operation(id));
		}
	});
	test('getDocumentFile', async () => {
		const file = openapi.operation('getDocumentFile');

		done.add('getDocumentFile ');
		await runQueries(file);
		const {headers, body} = await ask(file);

		assert.deepEqual(body, pdf);
		assert.equal((await ask(file, {headers: {'if-none-match': headers.get('etag')}})).status, 304);
		assert.equal((await ask(file, {headers: {range: 'bytes=0-99'}})).status, 206);
	});

	test('getDocumentEvidence', async () => {
		const evidence = openapi.operation('getDocumentEvidence');

		done.add('getDocumentEvidence ');
		await runQueries(evidence);
		const {headers, body} = await ask(evidence);

		assert.equal(body.toString('latin1', 0, 2), 'PK');
		assert.equal((await ask(evidence, {headers: {'if-none-match': headers.get('etag')}})).status, 304);
		assert.equal((await ask(evidence, {headers: {range: 'bytes=0-99'}})).status, 206);
	});

	test('getDocumentReceipt', async () => {
		done.add('getDocumentReceipt ');
		assert.equal((await ask(openapi.operation('getDocumentReceipt'))).status, 404, 'nothing was accepted');
	});

	test('the webhook', async () => {
		const webhook = (await api.get('/webhooks')).body.data.find(({url}) => url === here.get('https://example.com/portal'));

		ids.id = webhook.id;
		for (const [id, status] of [['testWebhook', 202], ['rotateWebhook', 200]]) {
			done.add(`${id} `);
			await run(openapi.operation(id), undefined, status);
		}
		const [delivery] = await waitFor('a delivery that failed once', async () => {
			const {data} = (await ask(openapi.operation('listDeliveries'))).body;

			return data[0]?.attempts > 0 && data;
		});

		ids.delivery_id = delivery.id;
		here.set(openapi.operation('listDeliveries').parameters.find(({value}) => value.name === 'cursor').value.example, delivery.id);
		done.add('listDeliveries ').add('retryDelivery ').add('deleteWebhook ');
		await runQueries(openapi.operation('listDeliveries'));
		await run(openapi.operation('retryDelivery'), undefined, 200);
		await run(openapi.operation('deleteWebhook'), undefined, 204);
	});

	test('the settings\' files go again', async () => {
		ids.id = ids.settingAttachment;
		for (const id of ['deleteStandardAttachment', 'deleteLogo']) {
			done.add(`${id} `);
			await run(openapi.operation(id), undefined, 200);
		}
	});
	step('patchSettings', 'reset', 200, ({defaults}) => assert.equal(defaults.expires_after, null));
	test('removeDocument', async () => {
		done.add('removeDocument ');
		ids.id = (await api.get('/documents?external_id=T-2026-0119')).body.data[0].id;
		await run(openapi.operation('removeDocument'), undefined, 204);
		assert.equal((await ask(openapi.operation('getDocument'))).status, 404);
		await ask(openapi.operation('listDocumentEvents'));
	});

	test('all of them', () => {
		const all = operations.flatMap(({id, body}) => body ? Object.keys(body.examples).map(name => `${id} ${name}`) : [`${id} `]);

		assert.deepEqual([...done].sort(), all.sort());
	});
});

describe('what a decided document answers', () => {
	test('is as described', async () => {
		const contact = {name: 'Mette Jensen', email: 'decided@example.dk'};
		const {id} = await api.send(metadata('T-2026-0120', {contacts: [contact]}), pdf);
		const visitor = new Visitor((await portal.mailTo(contact.email)).link);

		ids.id = id;
		assert.equal((await visitor.accept()).status, 303);
		for (const name of ['getDocument', 'listDocumentEvents', 'listDocuments'])
			await ask(openapi.operation(name));
		await waitFor('the receipt', async () => (await ask(openapi.operation('getDocumentReceipt'))).status === 200);
		for (const name of ['remindDocument', 'withdrawDocument']) {
			const {status, body} = await ask(openapi.operation(name));

			assert.deepEqual([status, body.code], [409, 'already_accepted']);
		}
		assert.equal((await ask(openapi.operation('patchDocument'), {body: '{"message": "For sent"}'})).status, 409);
	});

	test('and what webhooks posted is, too', async () => {
		receiver.mode = 'ok';
		await receiver.register(api);
		const {id} = (await api.get('/webhooks')).body.data.at(-1);

		await api.send(metadata('T-2026-0121'), pdf);
		await api.post(`/webhooks/${id}/test`);
		await waitFor('deliveries', () => ['document.sent', 'document.delivered', 'webhook.test']
			.every(type => receiver.taken().some(delivery => delivery.type === type)));
		const schema = openapi.place('/components/schemas/WebhookBody');

		for (const {body, fault} of receiver.taken())
			assert.deepEqual(fault ?? [...openapi.faults(schema, body), ...openapi.unnamed(schema, body)], [], JSON.stringify(body));
	});
});

describe('refusals are as described', () => {
	const strangeForm = () => {
		const form = new FormData();

		form.append('cover', new Blob([pdf]), 'cover.pdf');
		return form;
	};
	const nobody = {id: randomUUID(), contact_id: randomUUID(), delivery_id: randomUUID()};

	for (const operation of operations) {
		const {id, method, body} = operation;
		const path = operation.path.replace('/api/v1', '').replace(/\{(\w+)\}/g, (_, name) => nobody[name]);
		const asked = (options = {}) => ask(operation, {path, example: firstExample(operation), ...options});
		const statusOf = async options => (await asked(options)).status;

		test(id, async () => {
			assert.equal(await statusOf({from: new Api(portal.url)}), 401);
			if (method !== 'GET')
				assert.equal(await statusOf({from: readApi}), 403);
			if (/\{/.test(operation.path))
				assert.equal(await statusOf(), 404);
			if (has(operation, 'Idempotency-Key') && !/\{/.test(operation.path))
				assert.equal(await statusOf({headers: {'idempotency-key': 'x'.repeat(201)}}), 400);
			if (method === 'GET') {
				assert.equal(await statusOf({query: '?colour=red'}), 422);
				assert.equal(await statusOf({query: '?colour=red&colour=blue'}), 400);
			}
			if (body?.type === 'application/json')
				for (const [wrong, status] of [['{', 400], ['{"colour": 1}', 422], [' '.repeat(400 * 1024), 413]])
					assert.equal(await statusOf({body: wrong}), status);
			if (body?.type === 'multipart/form-data')
				for (const [wrong, headers, status] of [['{}', {'content-type': 'text/plain'}, 415], [strangeForm(), {}, 422]])
					assert.equal(await statusOf({body: wrong, headers}), status);
		});
	}

	test('a method that a path does not have: Allow names all that it has', async () => {
		for (const [path, item] of Object.entries(openapi.description.paths)) {
			const has = Object.keys(item).filter(name => name !== 'parameters').flatMap(name => name === 'get' ? ['GET', 'HEAD'] : [name.toUpperCase()]).sort();

			if (path.endsWith('/counts')) // for other methods a document's id, and no valid one
				continue;
			for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(one => !has.includes(one))) {
				const answer = await api.request(method, path.replace('/api/v1', '').replace(/\{\w+\}/g, nobody.id), {});

				assert.equal(answer.status, 405, `${method} ${path}: ${JSON.stringify(answer.body)}`);
				assert.deepEqual(answer.headers.get('allow').split(', ').sort(), has, `${method} ${path}`);
			}
		}
	});

	test('a key that came with another request', async () => {
		const headers = {'idempotency-key': randomUUID()}, patch = openapi.operation('patchSettings');

		assert.equal((await ask(patch, {body: '{"language": "da"}', headers})).status, 200);
		assert.equal((await ask(patch, {body: '{"language": "en"}', headers})).status, 409);
	});

	test('a file that is not taken', async () => {
		for (const [method, path] of [['PUT', '/settings/logo'], ['POST', '/settings/attachments']]) {
			const operation = operations.find(one => one.method === method && one.path === `/api/v1${path}`);

			assert.deepEqual(openapi.answerFaults(operation, await putFile(api, method, path, 'setup.exe', 'MZ')), []);
		}
	});
});

// The members and limits of the file against those of the product, by asking it.
describe('members and limits are the product\'s', async () => {
	const {id} = await api.send(metadata('T-2026-0122'), pdf);
	const bodies = {
		Metadata: value => api.upload(typeof value === 'object' && value ? {external_id: 'T-2026-0122', ...value} : value, pdf),
		DocumentPatch: value => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(value)}),
		SettingsPatch: value => api.request('PATCH', '/settings', {body: JSON.stringify(value)}),
		MessageGiven: value => api.post(`/documents/${id}/messages`, value),
		WebhookGiven: value => api.post('/webhooks', {url: 'https://example.com/', ...value}),
	};

	// Puts VALUE at NAMES of an otherwise empty body.
	const at = (names, value) => names.reduceRight((inner, name) => name === '0' ? [inner] : {[name]: inner}, value);
	const pointed = ({body}, pointer) => body.errors?.find(error => error.pointer === pointer)?.detail;

	// Values that the schema at a place does not take, by what is wrong with them.
	function wrongValues({value: schema}) {
		const types = [schema.type].flat();
		const wrong = {type: types.includes('array') ? 1 : [[1]]};

		if (schema.maxLength && !schema.format && !schema.pattern)
			wrong.long = 'æ'.repeat(schema.maxLength + 1);
		if (schema.minLength)
			wrong.short = 'x'.repeat(schema.minLength - 1);
		if (schema.maximum)
			Object.assign(wrong, {high: schema.maximum + 1, low: schema.minimum - 1, half: 1.5});
		if (schema.enum || schema.pattern || schema.format)
			wrong.word = 'rød';
		if (schema.maxItems)
			wrong.many = Array(schema.maxItems + 1).fill(1);
		if (schema.minItems)
			wrong.few = [];
		if (schema.type && !types.includes('null'))
			wrong.null = null;
		return wrong;
	}

	// Every place of a body's schema, with the names that lead there; items of arrays are `0`.
	function places(schema, names = []) {
		const below = [...openapi.membersOf(schema)].flatMap(([name, [first]]) => places(first, [...names, name]));
		const items = schema.value.items ? places(openapi.child(schema, 'items'), [...names, '0']) : [];

		return [{schema, names}, ...below, ...items];
	}

	for (const [name, send] of Object.entries(bodies)) {
		for (const {schema, names} of places(openapi.place(`/components/schemas/${name}`))) {
			const pointer = names.map(part => `/${part}`).join('');
			const members = openapi.membersOf(schema);

			if (members.size)
				test(`${name}${pointer} has these members`, async () => {
					const known = pointed(await send(at(names, {colour: 1})), `${pointer}/colour`)?.match(/known are: (.*)$/)?.[1].split(', ');

					assert.deepEqual(known?.sort(), [...members.keys()].sort());
				});
			if (names.length)
				test(`${name}${pointer} refuses what the file does`, async () => {
					for (const [what, value] of Object.entries(wrongValues(schema))) {
						const answer = await send(at(names, value));

						assert.equal(answer.status, 422, `${what}: ${JSON.stringify(answer.body)}`);
						assert.ok(pointed(answer, pointer), `${what}: ${JSON.stringify(answer.body)}`);
					}
				});
		}
	}
});
