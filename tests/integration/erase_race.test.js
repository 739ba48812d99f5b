// Erasing bytes while the same bytes are uploaded again: no row without its bytes, whoever wins.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {lostBytes, spoolFiles, strayFiles} from './lib/store.js';
import {waitFor} from './lib/wait.js';

const LANES = 4;
const UPLOADS = process.env.PORTAL_TEST_LONG ? 1000 : 200;

const portal = await startPortal();
const {api, tenantId} = await portal.tenant();

after(() => portal.stop());

// Wakes the worker every 2 ms instead of letting it look four times a second, as long as WORK goes on.
async function withRestlessWorker(work) {
	await portal.sql('CREATE TABLE public.restless ()');
	const waking = portal.sql(`DO $$ BEGIN
		WHILE EXISTS (SELECT FROM pg_class WHERE relname = 'restless') LOOP
			NOTIFY portal_jobs;
			COMMIT;
			PERFORM pg_sleep(0.002);
		END LOOP;
	END $$`);

	try {
		return await work();
	} finally {
		await portal.sql('DROP TABLE public.restless');
		await waking;
	}
}

// Uploads the lane's own bytes again and again while the document that had them is removed, and checks each time.
async function lane(number) {
	const pdf = simplePdf('Tilbud', `lane ${number}`);
	const contacts = [{name: 'Mette Jensen', email: 'mette@example.dk'}];
	let last = null;

	for (let i = 0; i < UPLOADS / LANES; i++) {
		const removal = last && api.request('DELETE', `/documents/${last}`);
		const document = await api.send(metadata(`lane-${number}-${i}`, {contacts, notify: {on_upload: false}}), pdf);

		assert.equal((await removal)?.status ?? 204, 204);
		const {status, body} = await api.get(`/documents/${document.id}/file`);

		assert.equal(status, 200, `${document.id} was acknowledged`);
		assert.equal(sha256(body), sha256(pdf));
		last = document.id;
	}
	return last;
}

test(`${UPLOADS} uploads of bytes that are being removed leave no row without bytes`, async () => {
	const kept = await withRestlessWorker(() => Promise.all(Array.from({length: LANES}, (_, number) => lane(number))));

	await waitFor('the last erasures', async () =>
		await portal.sqlValue('SELECT count(*) FROM job WHERE kind = \'erase\' AND state IN (\'waiting\', \'running\')') === '0', 60);
	assert.deepEqual(await lostBytes(portal, tenantId), []);
	for (const id of kept)
		assert.equal((await api.get(`/documents/${id}/file`)).status, 200);
	assert.notEqual(await portal.sqlValue('SELECT count(*) FROM job WHERE kind = \'erase\' AND state = \'done\''), '0');

	await Promise.all(kept.map(id => api.request('DELETE', `/documents/${id}`)));
	await waitFor('nothing to be left', async () => (await strayFiles(portal, tenantId)).length === 0 &&
		await portal.sqlValue(`SELECT count(*) FROM file WHERE tenant_id = '${tenantId}'`) === '0');
	await waitFor('an empty spool folder', () => spoolFiles(portal).length === 0);
});

test('`portalctl verify` is content while documents change and afterwards', async () => {
	let over = false;
	const verifying = (async () => {
		const outputs = [];

		while (!over) {
			const {status, output} = await portal.ctl('verify');

			outputs.push(...(status === 0 ? [] : [output]));
		}
		return outputs;
	})();

	await Promise.all([4, 5].map(lane)).finally(() => {
		over = true;
	});
	assert.deepEqual(await verifying, []);
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
