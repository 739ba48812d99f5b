// Following up: the list's filters, the counts, and the feed while many write at once.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {settled} from './lib/worker.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const pdf = simplePdf('Til opfølgning');

after(async () => {
	await portal.stop();
	await smtp.stop();
});

describe('lists and counts', async () => {
	const {api} = await portal.tenant();
	const d = {};
	const act = async (name, action) => assert.equal((await api.post(`/documents/${d[name].id}/${action}`, {})).status, 200);
	// The names of the documents that a list gives, in its order.
	const list = async query => {
		const {status, body} = await api.get(`/documents?${query}`);

		assert.equal(status, 200, JSON.stringify(body));
		return body.data.map(document => document.external_id);
	};
	const lists = async wanted => {
		for (const [query, names] of Object.entries(wanted))
			assert.deepEqual((await list(query)).sort(), [...names].sort(), query);
	};

	after(() => portal.travelBack());

	async function make(name, changes = {}, address = `${name}@example.dk`) {
		const document = await api.send(metadata(name, {customer: {name: `Kunden ${name}`}, contacts: [{name: 'M', email: address}], ...changes}), pdf);

		d[name] = {id: document.id, visitor: new Visitor(await linkOf(portal, document.id, address))};
	}

	test('before anything is sent', async () => {
		assert.deepEqual((await api.get('/documents/counts')).body, {sent: 0, opened: 0, accepted: 0, declined: 0, withdrawn: 0, expired: 0, archived: 0});
		assert.deepEqual((await api.get('/documents')).body, {data: [], next: null});
	});

	test('ten days of quotes', async () => {
		await portal.setClock(`timestamptz '2027-03-01 10:00+01'`);
		await make('old');
		await make('old-opened');
		await make('old-renewed');
		await make('old-expiring', {expires_at: '2027-03-13'});
		await make('old-expired', {expires_at: '2027-03-05'});
		await make('old-archived');
		await make('accepted');
		await make('declined');
		await make('withdrawn');
		await make('removed');
		smtp.modes.set('refused@example.dk', 'reject');
		await make('refused', {}, 'refused@example.dk');
		await make('refused-once', {contacts: [{external_id: 'P', name: 'M', email: 'refused@example.dk'}]}, 'refused@example.dk');
		await d['old-opened'].visitor.opened();
		await d.accepted.visitor.accept();
		await d.declined.visitor.post('/decline', {...await d.declined.visitor.form('/decline'), reason: ''});
		await act('withdrawn', 'withdraw');
		await act('old-archived', 'archive');
		await settled(portal);
		await api.request('PATCH', `/documents/${d['refused-once'].id}`, {body: JSON.stringify({contacts: [{external_id: 'P', name: 'M', email: 'right@example.dk'}]})});
		await api.request('DELETE', `/documents/${d.removed.id}`);
		await portal.setClock(`timestamptz '2027-03-06 10:00+01'`);
		await make('fresh');
		await make('fresh-opened', {expires_at: '2027-03-12T12:00:00+01:00'});
		await d['fresh-opened'].visitor.opened();
		await api.send(metadata('old-renewed', {customer: {name: 'Kunden old-renewed'}, contacts: [{name: 'M', email: 'old-renewed@example.dk'}]}), simplePdf('Fornyet'));
		await portal.setClock(`timestamptz '2027-03-11 10:00+01'`);
		await settled(portal);
	});

	test('not opened for so many days: counted from the version\'s sending', () => lists({
		'not_opened_days=10&archived=false': ['old', 'old-expiring', 'refused', 'refused-once'],
		'not_opened_days=11&archived=false': [],
		'not_opened_days=5&archived=false': ['old', 'old-expiring', 'refused', 'refused-once', 'fresh', 'old-renewed'],
		'not_opened_days=6&archived=false': ['old', 'old-expiring', 'refused', 'refused-once'],
		'not_opened_days=0&archived=false': ['old', 'old-expiring', 'refused', 'refused-once', 'fresh', 'old-renewed'],
	}));

	test('what is archived needs no following up', () => lists({
		'not_opened_days=10': ['old', 'old-expiring', 'refused', 'refused-once'],
		'not_opened_days=10&archived=true': ['old-archived'],
	}));

	test('opened, but undecided', () => lists({
		'undecided_days=10': ['old-opened'], 'undecided_days=11': [], 'undecided_days=5': ['old-opened', 'fresh-opened'], 'undecided_days=0': ['old-opened', 'fresh-opened'],
	}));

	test('expiring soon, by the clock and the tenant\'s zone', () => lists({
		'expiring_days=0': [], 'expiring_days=1': [], 'expiring_days=2': ['fresh-opened'], 'expiring_days=3': ['fresh-opened', 'old-expiring'], 'expiring_days=30': ['fresh-opened', 'old-expiring'],
	}));

	test('delivery failed, until it is mended', () => lists({'delivery=failed': ['refused'], 'delivery=queued': []}));

	test('states, with and without what is archived', () => lists({
		'state=expired': ['old-expired'], 'state=accepted': ['accepted'], 'state=declined': ['declined'], 'state=withdrawn': ['withdrawn'], 'state=opened': ['old-opened', 'fresh-opened'],
		'archived=true': ['old-archived'], 'state=sent&archived=true': ['old-archived'],
		'state=sent&archived=false': ['old', 'old-expiring', 'refused', 'refused-once', 'fresh', 'old-renewed'],
	}));

	test('several filters together, and a text', () => lists({
		'expiring_days=30&undecided_days=1': ['fresh-opened'], 'not_opened_days=6&expiring_days=3': ['old-expiring'], 'not_opened_days=1&state=opened': [],
		'q=kunden fresh': ['fresh', 'fresh-opened'], 'q=KUNDEN%20FRESH&state=sent': ['fresh'], 'customer=Kunden%20old': ['old'], 'delivery=failed&q=nothing': [],
		'q=%25': [], 'q=_': [], [`q=${encodeURIComponent("'; DROP")}`]: [], 'external_id=removed': [],
	}));

	test('counts by state, archived ones apart', async () => {
		const wanted = {sent: 6, opened: 2, accepted: 1, declined: 1, withdrawn: 1, expired: 1, archived: 1};
		const {body} = await api.get('/documents/counts');

		assert.deepEqual(body, wanted);
		for (const [state, count] of Object.entries(wanted))
			assert.equal((await list(state === 'archived' ? 'archived=true' : `state=${state}&archived=false`)).length, count, state);
		assert.equal(Object.values(body).reduce((a, b) => a + b), (await list('')).length);
	});

	test('pages hold every document once, the newest first', async () => {
		const all = await list('limit=200'), paged = [];

		for (let next = ''; next !== null;) {
			const {body} = await api.get(`/documents?limit=4${next && `&cursor=${next}`}`);

			assert.ok(body.data.length <= 4);
			paged.push(...body.data.map(document => document.external_id));
			next = body.next;
		}
		assert.deepEqual(paged, all);
		assert.equal(new Set(all).size, 13);
		assert.deepEqual([all[0], all.at(-1)], ['fresh-opened', 'old']);
	});

	for (const [query, pointer] of [['not_opened_days=-1', 'not_opened_days'], ['undecided_days=x', 'undecided_days'], ['expiring_days=3651', 'expiring_days'], ['expiring_days=1.5', 'expiring_days'],
		['state=archived', 'state'], ['delivery=lost', 'delivery'], ['archived=yes', 'archived'], ['limit=0', 'limit'], ['limit=201', 'limit'],
		['cursor=x', 'cursor'], ['colour=red', 'colour'], ['not_opened_days=', 'not_opened_days']])
		test(`the query ${query} is refused by name`, async () => {
			assertProblem(await api.get(`/documents?${query}`), 422, 'invalid', [pointer]);
		});
});

describe('the feed', () => {
	// Reads on from AFTER until nothing more comes; gives the events.
	async function read(api, after, limit = 7) {
		const events = [];

		for (;;) {
			const {status, body} = await api.get(`/events?limit=${limit}${after ? `&after=${after}` : ''}`);

			assert.equal(status, 200, JSON.stringify(body));
			events.push(...body.data);
			if (body.data.length === 0)
				return {events, after};
			after = body.data.at(-1).id;
		}
	}

	test('no gaps and no repeats while eight write and two read', async () => {
		const {api, tenantId} = await portal.tenant();
		let writing = true;
		const writer = async w => {
			for (let i = 0; i < 12; i++) {
				const {id} = await api.send(metadata(`f-${w}-${i}`, {notify: {on_upload: false}, customer: {name: `Kunde ${w}`},
					contacts: [{name: 'M', email: `f-${w}@example.dk`}]}), pdf);

				await api.request('PATCH', `/documents/${id}`, {body: JSON.stringify({message: `Besked ${w} ${i}`})});
				await api.post(`/documents/${id}/${i % 2 ? 'archive' : 'withdraw'}`, {});
				if (i % 4 === 3)
					await api.request('DELETE', `/documents/${id}`);
			}
		};
		const reader = async limit => {
			const seen = [];
			let after;

			for (;;) {
				const last = !writing && await portal.sqlValue(`SELECT count(*) FROM event WHERE tenant_id = '${tenantId}' AND feed_no IS NULL`) === '0';
				const page = await read(api, after, limit);

				seen.push(...page.events);
				after = page.after;
				if (last)
					return seen.map(event => event.id);
			}
		};
		const writers = Promise.all(Array.from({length: 8}, (_, w) => writer(w))).finally(() => (writing = false));
		const [, ...readers] = await Promise.all([writers, reader(7), reader(200)]);
		const written = (await portal.sql(`SELECT id FROM event WHERE tenant_id = '${tenantId}'`)).flat();

		assert.equal(written.length, 8 * (12 * 3 + 3));
		for (const seen of readers) {
			assert.equal(new Set(seen).size, seen.length, 'nothing twice');
			assert.deepEqual([...seen].sort(), [...written].sort(), 'nothing is missing');
		}
		assert.deepEqual(readers[0], readers[1], 'one order for all');
		assert.deepEqual((await read(api, undefined, 200)).events.map(event => event.id), readers[0], 'and it stays');
		const order = new Map(readers[0].map((id, i) => [id, i]));

		for (const [document] of await portal.sql(`SELECT DISTINCT document_id FROM event WHERE tenant_id = '${tenantId}' LIMIT 20`)) {
			const places = (await api.events(document)).map(event => order.get(event.id));

			assert.deepEqual(places, [...places].sort((a, b) => a - b), 'a document\'s events in their own order');
		}
	});

	test('a transaction that commits late is not skipped', async () => {
		const {api, tenantId} = await portal.tenant();
		const send = name => api.send(metadata(name, {notify: {on_upload: false}, contacts: [{name: 'M', email: `${name}@example.dk`}]}), pdf);
		const first = await send('late-1');
		// Its event is written, and its number in the table taken, two seconds before it commits.
		const late = portal.sql(`BEGIN; SELECT event_append(tenant_id, id, 'document.updated', version, NULL, NULL, portal_now(), '{}', NULL, 'late')
			FROM document WHERE id = '${first.id}'; SELECT pg_sleep(1.5); COMMIT`);

		await new Promise(resolve => setTimeout(resolve, 300));
		await send('late-2');
		const before = await waitFor('the later one', async () => {
			const page = await read(api);

			return page.events.length === 2 && page;
		});

		await late;
		const next = await waitFor('the late one', async () => {
			const page = await read(api, before.after);

			return page.events.length && page;
		});

		assert.deepEqual(next.events.map(event => event.type), ['document.updated']);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM event WHERE tenant_id = '${tenantId}'`), '3');
	});

	test('survives the worker\'s and the database\'s end', async () => {
		const {api, tenantId} = await portal.tenant();
		const send = n => api.send(metadata(`end-${n}`, {notify: {on_upload: false}, contacts: [{name: 'M', email: `end-${n}@example.dk`}]}), pdf);

		for (let n = 0; n < 3; n++)
			await send(n);
		const before = await waitFor('three', async () => {
			const page = await read(api);

			return page.events.length === 3 && page;
		});

		for (const pid of portal.pids('worker').slice(0, 1))
			process.kill(pid, 'SIGKILL');
		await send(3);
		await portal.supervise('down', 'postgres');
		await portal.supervise('up', 'postgres');
		await waitFor('the portal', async () => (await api.get('/documents')).status === 200);
		await send(4);
		await waitFor('all numbered', async () => await portal.sqlValue(
			`SELECT count(*) FROM event WHERE tenant_id = '${tenantId}' AND feed_no IS NOT NULL`) === '5');
		assert.deepEqual((await read(api, before.after)).events.map(event => event.external_id), ['end-3', 'end-4']);
	});

	test('a place that a restore has lost: the answer says where to read on, with no gap and no repeat', async () => {
		const {api, tenantId} = await portal.tenant();
		const numbered = count => waitFor(`${count} events in the feed`, async () => await portal.sqlValue(
			`SELECT count(*) FROM event WHERE tenant_id = '${tenantId}' AND feed_no IS NOT NULL`) === String(count));
		const lost = async () => (await portal.sqlValue('SELECT portal.new_id()'));
		const nowhere = await lost();

		assertProblem(await api.get(`/events?after=${nowhere}`), 410, 'unknown_event');
		assert.equal((await api.get(`/events?after=${nowhere}`)).body.resume_after, null, 'from the beginning');
		for (const n of [0, 1, 2])
			await api.send(metadata(`restore-${n}`, {notify: {on_upload: false}}), pdf);
		await numbered(3);
		const {events: [, , last]} = await read(api);
		const gone = await lost(); // of an event after the backup

		for (const n of [3, 4])
			await api.send(metadata(`restore-${n}`, {notify: {on_upload: false}}), pdf);
		await numbered(5);
		const {status, body} = await api.get(`/events?after=${gone}`);

		assert.deepEqual([status, body.code, body.resume_after], [410, 'unknown_event', last.id]);
		assert.deepEqual((await read(api, body.resume_after)).events.map(event => event.external_id), ['restore-3', 'restore-4']);
	});

	test('a place that there is not, and one of another tenant, are refused', async () => {
		const {api} = await portal.tenant(), {api: other} = await portal.tenant();

		await other.send(metadata('theirs', {notify: {on_upload: false}}), pdf);
		const {events: [event]} = await waitFor('their event', async () => {
			const page = await read(other);

			return page.events.length && page;
		});

		for (const after of ['01a20a79-e3ed-4343-bf46-a9b7192ee56f', 'x'])
			assertProblem(await api.get(`/events?after=${after}`), 422, 'invalid', ['after']);
		for (const after of [event.id, '01a20a79-e3ed-7343-bf46-a9b7192ee56f'])
			assertProblem(await api.get(`/events?after=${after}`), 410, 'unknown_event');
		assert.deepEqual((await api.get('/events')).body, {data: [], next: null});
	});
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
