// `retention`: personal data that a tenant no longer keeps, and a history that stays whole all the same.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();

after(() => portal.stop());

const set = (api, retention) => api.request('PATCH', '/settings', {body: JSON.stringify({retention})});

// A quote that was fetched, opened, downloaded and accepted, with its events numbered.
async function read({api}, name) {
	const document = await api.send(metadata(name), simplePdf('Tilbud', name));
	const visitor = new Visitor(await linkOf(portal, document.id, 'mette@example.dk'));

	await visitor.get();
	await visitor.opened();
	await visitor.get('/download');
	await visitor.accept({name: 'Mette Jensen'});
	await waitFor('the feed', async () => await portal.sqlValue(
		`SELECT count(*) FROM event WHERE document_id = '${document.id}' AND feed_no IS NULL`) === '0');
	return document.id;
}

const personal = async id => (await portal.sql(`SELECT type FROM event
	WHERE document_id = '${id}' AND (personal IS NOT NULL OR salt IS NOT NULL) ORDER BY n`)).flat();
const types = async id => (await portal.sql(`SELECT type FROM event WHERE document_id = '${id}' ORDER BY n`)).flat();
const kept = ['document.fetched', 'document.opened', 'document.downloaded', 'document.accepted'];

test('the setting: shape, limits, null', async () => {
	const {api} = await portal.tenant();

	assert.deepEqual((await set(api, {ip_days: 30, event_days: 90})).body.retention, {ip_days: 30, event_days: 90});
	assert.deepEqual((await set(api, {ip_days: null})).body.retention, {event_days: 90});
	assert.deepEqual((await set(api, null)).body.retention, {});
	for (const [value, pointer] of [[{ip_days: 0}, '/retention/ip_days'], [{ip_days: 3651}, '/retention/ip_days'],
		[{ip_days: '30'}, '/retention/ip_days'], [{ip_days: 1.5}, '/retention/ip_days'], [{event_days: 29}, '/retention/event_days'],
		[{days: 3}, '/retention/days'], [[], '/retention'], [30, '/retention']])
		assertProblem(await set(api, value), 422, 'invalid', [pointer]);
});

test('nothing is forgotten unasked', async () => {
	const tenant = await portal.tenant();
	const id = await read(tenant, 'uspurgt');

	await portal.travel('3000 days');
	try {
		await portal.sql('SELECT worker_forget_personal(500)');
		assert.deepEqual((await personal(id)).filter(type => kept.includes(type)), kept);
	} finally {
		await portal.travelBack();
	}
});

test('addresses go after ip_days, those of a decision stay; the history can still be verified', async () => {
	const tenant = await portal.tenant();
	const before = await read(tenant, 'glemt');

	await set(tenant.api, {ip_days: 30});
	await portal.travel('29 days');
	try {
		await portal.sql('SELECT worker_forget_personal(500)');
		assert.deepEqual((await personal(before)).filter(type => kept.includes(type)), kept);
		const later = await read(tenant, 'nyere');

		await portal.travel('31 days');
		await waitFor('forgetting', async () => (await personal(before)).join() === 'document.accepted');
		assert.deepEqual((await personal(later)).filter(type => kept.includes(type)), kept);
		assert.ok((await types(before)).includes('document.fetched'));
		const {status, output} = await portal.ctl('verify', '--tenant', tenant.tenantId);

		assert.equal(status, 0, output);
		assert.match(output, / 0 findings/);
	} finally {
		await portal.travelBack();
	}
});

test('unchained events go after event_days, the feed goes on', async () => {
	const tenant = await portal.tenant();
	const id = await read(tenant, 'hentet');

	await set(tenant.api, {event_days: 40});
	const feed = async after => (await tenant.api.get(`/events?limit=200${after ? `&after=${after}` : ''}`)).body.data;
	const before = (await feed()).filter(event => event.type !== 'document.fetched').map(event => event.id);

	await portal.travel('41 days');
	try {
		await waitFor('forgetting', async () => !(await types(id)).includes('document.fetched'));
		assert.deepEqual((await feed()).map(event => event.id), before);
		assert.deepEqual((await feed(before[1])).map(event => event.id), before.slice(2));
		assert.match((await portal.ctl('verify', '--tenant', tenant.tenantId)).output, / 0 findings/);
	} finally {
		await portal.travelBack();
	}
});

test('in batches, each going on where the last one stopped', async () => {
	const tenant = await portal.tenant();
	const ids = await Promise.all(['b-1', 'b-2', 'b-3'].map(name => read(tenant, name)));

	await portal.supervise('down', 'worker');
	await set(tenant.api, {ip_days: 1});
	await portal.travel('2 days');
	try {
		const steps = [];

		do
			steps.push(Number(JSON.parse(await portal.sqlValue('SELECT worker_forget_personal(4)')).done));
		while (steps.at(-1) === 4);
		assert.ok(steps.length > 3, steps.join());
		for (const id of ids)
			assert.deepEqual(await personal(id), ['document.accepted']);
	} finally {
		await portal.travelBack();
		await portal.supervise('up', 'worker');
	}
});
