// Processes are killed and PostgreSQL is restarted under load: what was acknowledged is there, once, and told once.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {lostBytes, spoolFiles} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {startReceiver} from './lib/webhook_receiver.js';

const LANES = 6;
const PER_LANE = 5; // at least; they go on until there were enough kills
const KILLS = 30;
const VICTIMS = ['upload', 'status', 'view', 'download', 'accept', 'worker'];

const smtp = await startSmtp();
const receiver = await startReceiver();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

await receiver.register(api);
after(async () => {
	await portal.stop();
	receiver.stop();
	await smtp.stop();
});

const done = [];    // {id, address, pdf} of what was acknowledged
const refusals = new Set(); // answers that a client must never see, whatever dies

// Repeats REQUEST as a client does: as long as the connection breaks or the answer is 502 to 504.
function persist(what, request, good) {
	return waitFor(what, async () => {
		const answer = await request();

		if (answer.status < 500 && !good.includes(answer.status))
			refusals.add(`${what}: ${answer.status} ${answer.text ?? JSON.stringify(answer.body)}`);
		if (answer.status === 500)
			refusals.add(`${what}: 500`);
		return good.includes(answer.status) && answer;
	}, 90);
}

async function journey(name) {
	const address = `${name}@example.dk`, pdf = simplePdf('Tilbud', name);
	const given = metadata(name, {contacts: [{name: 'Mette Jensen', email: address}]});
	const {body: {id}} = await persist(`upload ${name}`, () => api.upload(given, pdf), [200, 201]);
	const mail = await waitFor(`a mail to ${address}`, () => findMail(address), 90);
	const visitor = new Visitor(mail.link);

	await persist(`download ${name}`, () => visitor.get('/download'), [200]);
	await persist(`accept ${name}`, () => visitor.post('/accept',
		{version: '1', sha256: sha256(pdf), name: 'Mette Jensen', consent: 'yes'}), [303, 200]);
	done.push({id, address, pdf, visitor});
}

const findMail = address => smtp.mails.find(mail => mail.recipients.includes(address));

async function lane(number, state) {
	for (let i = 0; i < PER_LANE || state.kills < KILLS; i++)
		await journey(`crash-${number}-${i}`);
}

// One process of a service, the one above all others included.
function killOne(service) {
	const pids = portal.pids(service);
	const pid = pids[Math.floor(Math.random() * pids.length)];

	try {
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		if (error.code !== 'ESRCH')
			throw error;
	}
}

function restartPostgres() {
	process.kill(Number(readFileSync(join(portal.var, 'pg/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGINT');
}

// Kills something again and again until STATE.over, and PostgreSQL once; counts in STATE.kills.
async function havoc(state) {
	for (; !state.over; state.kills++) {
		if (state.kills === KILLS / 2)
			restartPostgres();
		else
			killOne(VICTIMS[state.kills % VICTIMS.length]);
		await pause(100 + Math.random() * 300);
		// What died while a job was claimed keeps the claim; the clock of the contract lets it lapse.
		if (state.kills % 4 === 3)
			await portal.travel(`${5 * (state.kills + 1)} minutes`).catch(() => {}); // the database may just be away
	}
}

const count = async text => Number(await portal.sqlValue(text));

describe('after processes were killed and PostgreSQL was restarted under load', () => {
	test('every upload and accept got through', async () => {
		const state = {over: false, kills: 0};
		const kills = havoc(state);

		try {
			await Promise.all(Array.from({length: LANES}, (_, number) => lane(number, state)));
		} finally {
			state.over = true;
			await kills;
		}
		assert.ok(state.kills >= KILLS && done.length >= LANES * PER_LANE);
		assert.deepEqual([...refusals], [], 'answers that no crash excuses');
	});

	test('the outbox empties by itself', async () => {
		let hours = 24;

		await waitFor('an empty outbox', async () => {
			// Claims lapse, retries come due; but not of what is being carried out, which would never end.
			if (await count(`SELECT count(*) FROM job WHERE state = 'running' AND run_at > portal_now()`) === 0)
				await portal.travel(`${hours++} hours`);
			return await count('SELECT count(*) FROM event WHERE feed_no IS NULL') === 0 &&
				await count('SELECT count(*) FROM job WHERE state IN (\'waiting\', \'running\')') === 0;
		}, 60);
		assert.equal(await count('SELECT count(*) FROM job WHERE state = \'dead\''), 0);
	});

	test('every document is there once, accepted once, with its bytes', async () => {
		assert.equal(await count(`SELECT count(*) FROM document WHERE tenant_id = '${tenantId}'`), done.length);
		assert.equal(await count(`SELECT count(*) FROM version WHERE tenant_id = '${tenantId}'`), done.length);
		assert.equal(await count(`SELECT count(*) FROM decision WHERE tenant_id = '${tenantId}'`), done.length);
		for (const {id, pdf, visitor} of done) {
			const document = await api.document(id);

			assert.equal(document.state, 'accepted');
			assert.equal(document.version.sha256, sha256(pdf));
			assert.equal(sha256((await visitor.get('/file')).bytes), sha256(pdf));
			const types = (await api.events(id)).map(event => event.type);

			for (const type of ['document.sent', 'document.delivered', 'document.opened', 'document.downloaded', 'document.accepted'])
				assert.equal(types.filter(one => one === type).length, 1, `${type} of ${id}`);
			assert.equal(document.contacts[0].delivery, 'sent');
		}
		assert.deepEqual(await lostBytes(portal), []);
	});

	test('each contact has one mail per cause, the sender one per decision', () => {
		const ids = mails => [...new Set(mails.map(mail => mail.id))];

		for (const {address} of done) {
			const mails = smtp.mails.filter(mail => mail.recipients.includes(address));
			const receipts = mails.filter(mail => /accepteret/.test(mail.subject));

			assert.equal(ids(receipts).length, 1, `receipts to ${address}`);
			assert.equal(ids(mails).length, 2, `mails to ${address}`);
		}
		assert.equal(ids(smtp.mails.filter(mail => mail.recipients.includes('tilbud@nordtag.example'))).length, done.length);
	});

	test('each event has one webhook, and every delivery verifies', async () => {
		assert.deepEqual(receiver.deliveries.map(delivery => delivery.fault).filter(Boolean), []);
		const events = (await portal.sql(`SELECT id FROM event WHERE tenant_id = '${tenantId}'`)).flat();

		assert.deepEqual([...new Set(receiver.deliveries.map(delivery => delivery.id))].sort(), events.sort());
	});

	test('the histories are whole and no spooled body is left', async () => {
		const {status, output} = await portal.ctl('verify');

		assert.equal(status, 0, output);
		await waitFor('an empty spool folder', () => spoolFiles(portal).length === 0);
	});
});
