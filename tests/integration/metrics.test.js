// What ops see: readiness, and metrics on a port of their own.
import assert from 'node:assert/strict';
import {readFileSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {freePort, root, startPortal} from './lib/portal.js';
import {waitFor} from './lib/wait.js';

// {name{labels}: value} of a page of metrics; every line is a comment or a sample.
function samples(text) {
	const found = {};

	for (const line of text.trimEnd().split('\n').filter(one => !one.startsWith('#'))) {
		const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? assert.fail(line);

		assert.ok(!Number.isNaN(Number(value)), line);
		assert.ok(!(name in found), `${name} stands twice`);
		found[name] = Number(value);
	}
	return found;
}

describe('metrics and readiness', () => {
	let portal, sender, port;
	const metrics = async path => {
		const answer = await fetch(`http://127.0.0.1:${port}${path}`);

		assert.equal(answer.status, 200, path);
		assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
		return samples(await answer.text());
	};

	before(async () => {
		port = await freePort();
		portal = await startPortal({PORTAL_METRICS_PORT: String(port)});
		sender = await portal.tenant();
	});
	after(() => portal?.stop());

	test('requests are counted by route and status, over all processes', async () => {
		const name = status => `portal_requests_total{executable="view",method="GET",route="/d/{token}",status="${status}"}`;

		for (let i = 0; i < 20; i++)
			await fetch(portal.demo.customer_url);
		await fetch(`${portal.url}/d/AAAA`);
		const counted = await metrics('/metrics/view');

		assert.equal(counted[name(200)], 20);
		assert.equal(counted[name(404)], 1);
		const labels = 'executable="view",method="GET",route="/d/{token}"';

		assert.equal(counted[`portal_request_seconds_count{${labels}}`], 21);
		assert.equal(counted[`portal_request_seconds_bucket{${labels},le="+Inf"}`], 21);
		assert.ok(counted[`portal_request_seconds_sum{${labels}}`] > 0);
	});

	test('jobs, the worker and the disk', async () => {
		const earlier = (await metrics('/metrics'))['portal_jobs_ended_total{kind="mail",outcome="done"}'];

		await sender.api.send(metadata('m-1'), simplePdf('Tilbud'));
		await waitFor('the mail to be counted', async () =>
			(await metrics('/metrics'))['portal_jobs_ended_total{kind="mail",outcome="done"}'] > earlier);
		const now = await metrics('/metrics');

		assert.ok(now.portal_worker_age_seconds < 60);
		for (const name of ['portal_jobs_waiting{kind="webhook"}', 'portal_oldest_job_seconds{kind="webhook"}',
			'portal_jobs_ended_total{kind="webhook",outcome="dead"}'])
			assert.equal(now[name], 0, name);
		assert.ok(now.portal_store_free_bytes > 0);
	});

	test('what processes count stands with their executable alone, what is the portal\'s alone in /metrics', async () => {
		const names = page => Object.keys(page).map(name => name.replace(/\{.*/, ''));
		const [whole, one] = (await Promise.all(['/metrics', '/metrics/status'].map(metrics))).map(names);
		const ofProcesses = name => /^portal_(request|database_failures)/.test(name);

		assert.ok(whole.length > 10 && one.length > 10);
		assert.deepEqual(whole.filter(ofProcesses), []);
		assert.deepEqual(one.filter(name => !ofProcesses(name)), []);
	});

	test('alerts and dashboard ask for what there is, and the manual tells of every alert', async () => {
		const read = path => readFileSync(join(root, 'docs', path), 'utf8');
		const [alerts, dashboard, manual] = ['monitoring/alerts.yml', 'monitoring/dashboard.json', 'operations.md'].map(read);
		const pages = ['/metrics', '/metrics/view'].map(async path => (await fetch(`http://127.0.0.1:${port}${path}`)).text());
		const told = (await Promise.all(pages)).join('').match(/^(# TYPE )?portal_[a-z_]+/gm).map(name => name.replace('# TYPE ', ''));
		const asked = (alerts + dashboard).match(/\bportal_[a-z_]+/g);

		assert.ok(asked.length > 10);
		assert.deepEqual(asked.filter(name => !told.includes(name)), []);
		const {executables} = /executables='(?<executables>.*)'/.exec(readFileSync(join(root, 'scripts/programs.sh'), 'utf8')).groups;

		for (const app of ['app-a', 'app-b'])
			assert.ok(read('monitoring/prometheus.yml').includes(executables.split(' ').map(name => `${app}/${name}`).join(', ')), app);
		const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(match => match[1]);

		assert.deepEqual([...manual.matchAll(/^### (Portal\w+)$/gm)].map(match => match[1]), names);
	});

	test('the public port tells nothing of it', async () => {
		for (const path of ['/metrics', '/metrics/view', '/internal/metrics'])
			assert.equal((await fetch(portal.url + path)).status, 404, path);
	});

	test('a worker that is gone for a minute makes the portal unready, and its return ready', async () => {
		const ready = async () => (await fetch(`${portal.url}/readyz`)).status;

		assert.equal(await ready(), 204);
		await portal.supervise('down', 'worker');
		await portal.sql(`UPDATE portal.worker_beat SET at = at - interval '2 minutes'`);
		assert.equal(await ready(), 503);
		assert.equal((await fetch(`${portal.url}/healthz`)).status, 204);
		await portal.supervise('up', 'worker');
		await waitFor('readiness', async () => await ready() === 204);
	});

	test('without a store to write to the portal is not ready', async () => {
		const store = `${portal.var}/store`;

		renameSync(store, `${store}.away`);
		try {
			assert.equal((await fetch(`${portal.url}/readyz`)).status, 503);
		} finally {
			renameSync(`${store}.away`, store);
		}
		assert.equal((await fetch(`${portal.url}/readyz`)).status, 204);
	});
});
