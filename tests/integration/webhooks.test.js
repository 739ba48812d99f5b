// Webhooks of a sender who wants to know: secrets, tests, deliveries and their answers, order, and receivers that misbehave.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, describe, test} from 'node:test';
import {Webhook} from 'standardwebhooks';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const pdf = simplePdf('Besked herom');
const servers = [];

after(async () => {
	await portal.stop();
	for (const own of servers)
		own.stop();
});

// A receiver whose answers a test decides: ANSWER(request, response, body), called for each delivery. Without one: 200 `tak`.
async function receiver(answer = (request, response) => response.end('tak')) {
	const own = {got: [], answer, sockets: 0};
	const server = createServer((request, response) => {
		const chunks = [];

		request.on('data', chunk => chunks.push(chunk));
		request.on('error', () => {});
		request.on('end', () => {
			const text = Buffer.concat(chunks).toString();

			own.got.push({headers: request.headers, text, body: JSON.parse(text || '{}'), id: request.headers['webhook-id'], url: request.url});
			own.answer(request, response, text);
		});
	});

	server.on('connection', () => own.sockets++);
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	servers.push(own);
	own.url = `http://127.0.0.1:${server.address().port}/hook`;
	own.stop = () => (server.closeAllConnections(), server.close());
	own.types = () => own.got.map(one => one.body.type);
	return own;
}

const verifies = (secret, {text, headers}) => {
	try {
		new Webhook(secret).verify(text, headers);
		return true;
	} catch {
		return false;
	}
};

// A tenant with a webhook to its own receiver; TYPES as the API takes them.
async function hooked(answer, types) {
	const own = await receiver(answer), {api, tenantId} = await portal.tenant();
	const webhook = await api.webhook(own.url, types);

	return {api, tenantId, own, webhook, path: `/webhooks/${webhook.id}`,
		deliveries: async (query = '') => (await api.get(`/webhooks/${webhook.id}/deliveries${query}`)).body.data};
}

let number = 0;

// A document without mails: `sent` is all that is told of it at first.
const sent = api => api.send(metadata(`w-${++number}`, {notify: {on_upload: false}, contacts: [{name: 'M', email: `w-${number}@example.dk`}]}), pdf);
const message = (api, id, text) => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify({message: text})});
// Lets deliveries that wait for their next attempt have it now.
const hurry = tenantId => portal.sql(`UPDATE job SET run_at = portal_now() WHERE state = 'waiting' AND kind = 'webhook' AND tenant_id = '${tenantId}'`);
const post = (api, path) => api.post(path, {});

describe('secrets', () => {
	test('rotated: for a day both sign, then only the new one', async () => {
		const {api, own, webhook, path} = await hooked();

		await sent(api);
		await waitFor('the first', () => own.got.length === 1);
		assert.ok(verifies(webhook.secret, own.got[0]));
		const {status, body: rotated} = await post(api, `${path}/rotate`);

		assert.equal(status, 200);
		assert.match(rotated.secret, /^whsec_[\w+/]{43}=$/);
		assert.notEqual(rotated.secret, webhook.secret);
		assert.ok(Math.abs(new Date(rotated.old_secret_until) - Date.now() - 86400e3) < 60e3);
		await sent(api);
		await waitFor('the second', () => own.got.length === 2);
		assert.deepEqual([webhook.secret, rotated.secret].map(secret => verifies(secret, own.got[1])), [true, true]);
		assert.equal(own.got[1].headers['webhook-signature'].split(' ').length, 2);
		try {
			await portal.travel('25 hours');
			await sent(api);
			await waitFor('the third', () => own.got.length === 3);
			assert.deepEqual([webhook.secret, rotated.secret].map(secret => verifies(secret, own.got[2])), [false, true]);
			assert.equal((await api.get('/webhooks')).body.data[0].old_secret_until, null);
		} finally {
			await portal.travelBack();
		}
	});

	test('rotated twice within a day, the first signs on and the one between is forgotten', async () => {
		const {api, own, webhook, path} = await hooked();
		const secrets = [webhook.secret];

		for (let i = 0; i < 2; i++)
			secrets.push((await post(api, `${path}/rotate`)).body.secret);
		await sent(api);
		await waitFor('a delivery', () => own.got.length === 1);
		assert.deepEqual(secrets.map(secret => verifies(secret, own.got[0])), [true, false, true]);
	});

	test('are shown once and kept sealed', async () => {
		const {api, webhook, path} = await hooked();
		const {body: {secret}} = await post(api, `${path}/rotate`);

		assert.ok(!JSON.stringify((await api.get('/webhooks')).body).includes('whsec'));
		const row = await portal.sqlValue(`SELECT w::text || encode(secret, 'escape') || encode(old_secret, 'escape') FROM webhook w WHERE id = '${webhook.id}'`);

		for (const one of [secret, webhook.secret])
			assert.ok(!row.includes(one) && !row.includes(one.slice(6)) && !row.includes(Buffer.from(one).toString('hex')));
	});

	test('a forged body, a foreign secret and an old timestamp do not verify', async () => {
		const {api, own, webhook} = await hooked();

		await sent(api);
		await waitFor('a delivery', () => own.got.length === 1);
		const [one] = own.got;

		assert.ok(verifies(webhook.secret, one));
		assert.ok(!verifies(webhook.secret, {...one, text: one.text.replace('sent', 'gone')}));
		assert.ok(!verifies(webhook.secret, {...one, headers: {...one.headers, 'webhook-id': 'other'}}));
		assert.ok(!verifies(webhook.secret, {...one, headers: {...one.headers, 'webhook-timestamp': String(one.headers['webhook-timestamp'] - 400)}}));
	});
});

describe('the test of a webhook', () => {
	test('posts an event of its own, signed, whatever types are asked for', async () => {
		const {api, own, webhook, path, deliveries} = await hooked(undefined, ['document.accepted']);
		const {status, body: {id}} = await post(api, `${path}/test`);

		assert.equal(status, 202);
		await waitFor('the test', () => own.got.length === 1);
		const [got] = own.got;

		assert.ok(verifies(webhook.secret, got));
		assert.equal(got.id, id);
		assert.deepEqual([got.body.type, got.body.data.type, got.body.data.id, got.body.data.document_id], ['webhook.test', 'webhook.test', id, null]);
		const [delivery] = await waitFor('its answer', async () => (await deliveries('?state=delivered')).length && deliveries());

		assert.deepEqual([delivery.id, delivery.type, delivery.state, delivery.status, delivery.answer, delivery.attempts, delivery.event_id],
			[id, 'webhook.test', 'delivered', 200, 'tak', 1, null]);
		assert.deepEqual((await api.get('/events')).body.data, [], 'it is no event of the feed');
	});

	test('of a receiver that fails tells so', async () => {
		const {api, path, deliveries} = await hooked((request, response) => response.writeHead(418).end('Jeg er en tekande'));

		await post(api, `${path}/test`);
		const [delivery] = await waitFor('its answer', async () => {
			const all = await deliveries();

			return all[0]?.attempts === 1 && all[0].status && all;
		});

		assert.deepEqual([delivery.state, delivery.status, delivery.answer, delivery.finished_at], ['waiting', 418, 'Jeg er en tekande', null]);
		assert.ok(new Date(delivery.next_attempt_at) > Date.now());
	});
});

describe('deliveries', () => {
	test('are listed newest first, by state and page', async () => {
		const {api, own, path, deliveries} = await hooked();
		const documents = [];

		for (let i = 0; i < 5; i++)
			documents.push((await sent(api)).id);
		await waitFor('all', async () => (await deliveries('?state=delivered')).length === 5);
		const all = await deliveries();

		assert.deepEqual(all.map(one => one.event_id).sort(), own.got.map(one => one.id).sort());
		assert.deepEqual(all.map(one => one.document_id), [...documents].reverse());
		const paged = [];

		for (let next = ''; next !== null;) {
			const {body} = await api.get(`${path}/deliveries?limit=2${next && `&cursor=${next}`}`);

			assert.ok(body.data.length <= 2);
			paged.push(...body.data);
			next = body.next;
		}
		assert.deepEqual(paged, all);
		assert.deepEqual([await deliveries('?state=waiting'), await deliveries('?state=failed')], [[], []]);
		assertProblem(await api.get(`${path}/deliveries?state=eaten`), 422, 'invalid', ['state']);
		assertProblem(await api.get(`${path}/deliveries?limit=201`), 422, 'invalid', ['limit']);
	});

	test('dead-lettered after three days, retried on demand: with the same id', async () => {
		let fine = false;
		const {api, tenantId, own, path, deliveries} = await hooked((request, response) => response.writeHead(fine ? 200 : 503).end(fine ? 'ja' : 'nej'));

		await sent(api);
		await waitFor('a refusal', async () => (await deliveries())[0]?.status === 503);
		try {
			await portal.travel('3 days 1 hour');
			const [dead] = await waitFor('the end', async () => {
				await hurry(tenantId);
				const all = await deliveries('?state=failed');

				return all.length && all;
			});

			assert.deepEqual([dead.status, dead.answer, dead.next_attempt_at], [503, 'nej', null]);
			assert.ok(dead.finished_at && dead.attempts >= 2);
			const count = own.got.length;

			fine = true;
			await hurry(tenantId);
			assert.equal(own.got.length, count, 'nothing more by itself');
			const retry = await post(api, `${path}/deliveries/${dead.id}/retry`);

			assert.deepEqual([retry.status, retry.body.state, retry.body.created_at], [200, 'waiting', dead.created_at]);
			assert.ok(dead.retried_at === null && retry.body.retried_at > dead.finished_at);
			const [delivered] = await waitFor('the delivery', async () => {
				const all = await deliveries('?state=delivered');

				return all.length && all;
			});

			assert.equal(delivered.id, dead.id);
			assert.equal(new Set(own.got.map(one => one.id)).size, 1);
			assertProblem(await post(api, `${path}/deliveries/${dead.id}/retry`), 409, 'conflict');
		} finally {
			await portal.travelBack();
		}
	});

	test('retried too early and failing again get three days more', async () => {
		const {api, tenantId, path, deliveries} = await hooked((request, response) => response.writeHead(500).end());

		await sent(api);
		await waitFor('a refusal', async () => (await deliveries())[0]?.status === 500);
		try {
			await portal.travel('4 days');
			await waitFor('the end', async () => (await hurry(tenantId), (await deliveries('?state=failed')).length === 1));
			const [{id, attempts}] = await deliveries();

			await post(api, `${path}/deliveries/${id}/retry`);
			const [again] = await waitFor('another attempt', async () => {
				const all = await deliveries();

				return all[0].attempts > attempts && all[0].next_attempt_at && all;
			});

			assert.equal(again.state, 'waiting');
		} finally {
			await portal.travelBack();
		}
	});

	test('410 Gone ends at once', async () => {
		const {api, own, deliveries} = await hooked((request, response) => response.writeHead(410).end('væk'));

		await sent(api);
		const [dead] = await waitFor('the end', async () => {
			const all = await deliveries('?state=failed');

			return all.length && all;
		});

		assert.deepEqual([dead.status, dead.attempts, own.got.length], [410, 1, 1]);
	});

	test('of one document wait for the first, those of others do not; after an hour the order yields', async () => {
		let stuck;
		const {api, tenantId, own, deliveries} = await hooked((request, response, text) =>
			response.writeHead(JSON.parse(text).data.document_id === stuck ? 500 : 200).end());
		const first = await sent(api).then(({id}) => (stuck = id, id)); // its first event may slip through
		const other = await sent(api);

		for (const n of [1, 2, 3]) {
			await message(api, first, `Besked ${n}`);
			await message(api, other.id, `Besked ${n}`);
		}
		const of = id => own.got.filter(one => one.body.data.document_id === id);

		await waitFor('the other document\'s', () => of(other.id).length === 4);
		const events = await api.events(other.id);

		assert.deepEqual(of(other.id).map(one => one.id), events.map(event => event.id));
		await waitFor('a second attempt', async () => (await hurry(tenantId), of(first).length >= 3));
		const refused = new Set(of(first).map(one => one.id));

		assert.ok(refused.size <= 2, 'the later ones waited for the first refused');
		try {
			await portal.travel('61 minutes');
			await waitFor('all of them', async () => (await hurry(tenantId), new Set(of(first).map(one => one.id)).size === 4));
		} finally {
			await portal.travelBack();
		}
		stuck = null;
		await waitFor('the rest', async () => (await hurry(tenantId), (await deliveries('?state=delivered')).length === 8));
	});

	test('in order per document, though it fails at first and events keep coming', async () => {
		let failing = true;
		const {api, tenantId, own} = await hooked((request, response) => response.writeHead(failing ? 500 : 200).end());
		const {id} = await sent(api);

		await waitFor('a refusal', () => own.got.length > 0);
		for (let n = 0; n < 6; n++)
			await message(api, id, `Besked ${n}`);
		await waitFor('the feed', async () => (await api.get('/events')).body.data.length === 7);
		await waitFor('another attempt', async () => (await hurry(tenantId), own.got.length > 1));
		assert.equal(new Set(own.got.map(one => one.id)).size, 1);
		failing = false;
		const from = own.got.length;

		await waitFor('all of them', async () => (await hurry(tenantId), own.got.length >= from + 7));
		assert.deepEqual(own.got.slice(from).map(one => one.id), (await api.events(id)).map(event => event.id));
	});
});

describe('receivers that misbehave', {concurrency: 4}, () => {
	// Waits for the first delivery's attempt to end and gives it.
	const attempt = (deliveries, suits = one => one.attempts === 1 && (one.next_attempt_at || one.finished_at), seconds = 20) => waitFor('an answer', async () => {
		const [one] = await deliveries();

		return one && suits(one) && (one.status !== null || one.answer) && one;
	}, seconds);

	test('many that hang hold back neither mails nor the webhooks of others for long, and end after their time', async () => {
		const hanging = await hooked(() => {}), fine = await hooked();

		for (let i = 0; i < 5; i++)
			await sent(hanging.api);
		await waitFor('them to hang', () => hanging.own.got.length >= 5);
		await sent(fine.api);
		await waitFor('the other\'s', () => fine.own.got.length === 1, 5);
		const {id} = await fine.api.send(metadata('hang-mail', {contacts: [{name: 'M', email: 'hang@example.dk'}]}), pdf);

		await fine.api.documentWhere('the mail', id, ({contacts: [one]}) => one.delivery === 'sent');
		const delivery = await attempt(hanging.deliveries, undefined, 25);

		assert.deepEqual([delivery.state, delivery.status], ['waiting', null]);
		assert.match(delivery.answer, /time|Time/);
		hanging.own.stop();
	});

	for (const status of [301, 302, 303, 307, 308])
		test(`a redirect (${status}) to loopback is not followed`, async () => {
			const inside = await receiver();
			const {api, deliveries} = await hooked((request, response) => response.writeHead(status, {location: inside.url}).end());

			await sent(api);
			const delivery = await attempt(deliveries);

			assert.deepEqual([delivery.state, delivery.status], ['waiting', status]);
			assert.match(delivery.answer, /redirect to .* is not followed/);
			assert.equal(inside.sockets, 0);
		});

	for (const [what, status, state] of [['taken', 200, 'delivered'], ['not taken', 500, 'waiting']])
		test(`an answer of 10 MB is read in part only: ${what}`, async () => {
			let written = 0;
			const {api, deliveries} = await hooked((request, response) => {
				response.writeHead(status);
				response.on('error', () => {});
				const write = () => {
					while (written < 10 * 1024 * 1024 && !response.destroyed) {
						written += 65536;
						if (!response.write(Buffer.alloc(65536, 'x')))
							return response.once('drain', write);
					}
					response.end();
				};

				write();
			});

			await sent(api);
			const delivery = await attempt(deliveries);

			assert.deepEqual([delivery.state, delivery.status], [state, status]);
			assert.ok(delivery.answer.length <= 1000, String(delivery.answer.length));
			assert.ok(written < 10 * 1024 * 1024, `${written} bytes were taken`);
		});

	test('an answer without end is cut', async () => {
		const {api, deliveries} = await hooked((request, response) => {
			const timer = setInterval(() => response.write('x'.repeat(30000)), 5);

			response.on('close', () => clearInterval(timer)).on('error', () => {});
		});

		await sent(api);
		assert.deepEqual(await attempt(deliveries).then(({state, status}) => [state, status]), ['delivered', 200]);
	});

	for (const [what, bytes] of [['Latin-1', Buffer.from('Nej, s\xe5 l\xe6nge \xff', 'latin1')], ['zero bytes', Buffer.from('a\0b\0c')],
		['a cut UTF-8 character', Buffer.concat([Buffer.from('x'.repeat(999)), Buffer.from('æøå').subarray(0, 3)])],
		['control characters', Buffer.from('\x1b[31mrød\x07\r\n\t')], ['a thousand and more signs of two bytes', Buffer.from('å'.repeat(3000))]])
		test(`an answer of ${what} is noted and tried again as any other`, async () => {
			const {api, tenantId, own, deliveries} = await hooked((request, response) => response.writeHead(500).end(bytes));

			await sent(api);
			const delivery = await attempt(deliveries);

			assert.deepEqual([delivery.state, delivery.status], ['waiting', 500]);
			assert.doesNotMatch(delivery.answer, /[\0\x1b\x07]/);
			await waitFor('a second attempt', async () => (await hurry(tenantId), own.got.length >= 2));
		});

	test('one that hangs up at once, one that talks nonsense, one that is not there', async () => {
		for (const answer of [(request, response) => response.destroy(), (request, response) => request.socket.end('nonsense\r\n\r\n')]) {
			const {api, deliveries} = await hooked(answer);

			await sent(api);
			const delivery = await attempt(deliveries);

			assert.deepEqual([delivery.state, delivery.finished_at], ['waiting', null]);
			assert.ok(delivery.answer);
		}
		const {api} = await portal.tenant(), {id} = await api.webhook('http://127.0.0.1:1/');

		await sent(api);
		assert.equal((await attempt(async () => (await api.get(`/webhooks/${id}/deliveries`)).body.data)).state, 'waiting');
	});
});

describe('where webhooks may go', () => {
	test('an end: nothing more is posted once it is deleted', async () => {
		let failing = true;
		const {api, tenantId, own, path, webhook, deliveries} = await hooked((request, response) => response.writeHead(failing ? 500 : 200).end());

		await sent(api);
		await waitFor('a refusal', async () => (await deliveries())[0]?.status === 500);
		const [{id: delivery}] = await deliveries();

		assert.equal((await api.request('DELETE', path)).status, 204);
		failing = false;
		const count = own.got.length;

		await sent(api);
		await waitFor('the feed', async () => (await api.get('/events')).body.data.length === 2);
		await hurry(tenantId);
		for (const route of ['test', 'rotate', `deliveries/${delivery}/retry`])
			assertProblem(await post(api, `${path}/${route}`), 404, 'not_found');
		assertProblem(await api.get(`${path}/deliveries`), 404, 'not_found');
		assertProblem(await api.request('DELETE', path), 404, 'not_found');
		assert.deepEqual((await api.get('/webhooks')).body.data, []);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM job WHERE webhook_id = '${webhook.id}' AND state IN ('waiting', 'running')`), '0');
		assert.equal(own.got.length, count);
	});

	test('deleted by one, a webhook of the same address stays another\'s', async () => {
		const {api, own, path} = await hooked();

		await api.webhook(own.url);
		await api.request('DELETE', path);
		await sent(api);
		await waitFor('one delivery', () => own.got.length === 1);
	});

	test('removed documents\' events still come', async () => {
		const {api, own} = await hooked();
		const {id} = await sent(api);

		await api.request('DELETE', `/documents/${id}`);
		await waitFor('both', () => own.got.length === 2);
		assert.deepEqual(own.types(), ['document.sent', 'document.removed']);
	});

	test('types asked for, and every type that the sender\'s acts make', async () => {
		const {api, own} = await hooked(undefined, ['document.withdrawn', 'document.archived', 'document.unarchived', 'link.revoked', 'link.rotated', 'document.reminded']);
		const {id, contacts: [contact]} = await sent(api);

		for (const path of ['remind', `contacts/${contact.id}/rotate`, `contacts/${contact.id}/revoke`, 'archive', 'unarchive', 'withdraw']) {
			assert.equal((await post(api, `/documents/${id}/${path}`)).status, 200, path);
			if (path === 'remind')
				await waitFor('the reminder', () => own.got.length === 1);
		}
		await waitFor('six', () => own.got.length === 6);
		assert.deepEqual(own.types(), ['document.reminded', 'link.rotated', 'link.revoked', 'document.archived', 'document.unarchived', 'document.withdrawn']);
		assert.ok(own.got.every(one => !one.text.includes('@')), 'events hold no addresses');
	});

	test('hold the event as the feed has it', async () => {
		const {api, own} = await hooked();
		const {id} = await sent(api);

		await new Visitor(await linkOf(portal, id, `w-${number}@example.dk`)).accept();
		await waitFor('the decision', () => own.types().includes('document.accepted'));
		const feed = (await api.get('/events')).body.data;

		for (const {body} of own.got)
			assert.deepEqual(body.data, feed.find(event => event.id === body.data.id));
	});

	test('not twenty-one of them', async () => {
		const {api} = await portal.tenant();

		for (let i = 0; i < 20; i++)
			await api.webhook(`http://127.0.0.1:9/${i}`);
		assertProblem(await post(api, '/webhooks').then(() => api.post('/webhooks', {url: 'http://127.0.0.1:9/20'})), 409, 'conflict');
	});

	test('private addresses that ops did not list: refused when set, and when connected to', async () => {
		const own = await receiver();
		const {api} = await portal.tenant();

		await api.webhook(own.url);
		await portal.up({PORTAL_WEBHOOK_ALLOW: '203.0.113.0/24'});
		const {port} = new URL(own.url);

		for (const host of ['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '0.0.0.0',
			'100.64.0.1', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[fe80::1]', '[fc00::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'])
			assertProblem(await api.post('/webhooks', {url: `https://${host}:${port}/`}), 422, 'invalid', ['/url']);
		const named = await api.webhook(`https://localhost:${port}/`); // a name is judged when it is resolved
		const [{id: old}] = (await api.get('/webhooks')).body.data;

		await sent(api);
		for (const id of [old, named.id]) {
			const [delivery] = await waitFor('a refusal', async () => {
				const {data} = (await api.get(`/webhooks/${id}/deliveries`)).body;

				return data[0]?.answer && data;
			});

			assert.equal(delivery.state, 'waiting');
			assert.match(delivery.answer, /is not a public address/);
		}
		assert.equal(own.sockets, 0);
	});
});
