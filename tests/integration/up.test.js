// ./portal up: settings that cannot serve are refused by name, at once; a supervisor that was killed is replaced.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {startPortal} from './lib/portal.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const root = fileURLToPath(new URL('../..', import.meta.url));

after(() => portal.stop());

// {status, stderr, seconds} of ./portal up with these settings besides the portal's own.
function up(settings) {
	const start = Date.now();

	return new Promise(resolve => execFile('./portal', ['up'], {cwd: root, env: {...portal.environment(), ...settings}},
		(error, stdout, stderr) => resolve({status: error?.code ?? 0, stderr, seconds: (Date.now() - start) / 1000})));
}

const ready = async () => (await fetch(`${portal.url}/readyz`)).status;

describe('a bad setting', () => {
	for (const [name, value] of [['PORTAL_SMTP_URL', 'http://127.0.0.1:25'], ['PORTAL_SMTP_URL', 'smtp://'], ['PORTAL_WEBHOOK_ALLOW', '10.0.0.0/33'],
		['PORTAL_WEBHOOK_ALLOW', 'localhost'], ['PORTAL_PROCESSES', '0'], ['PORTAL_PROCESSES', 'many'], ['PORTAL_PROCESSES', '257'],
		['PORTAL_PORT', '0'], ['PORTAL_PORT', '65536'], ['PORTAL_PORT', 'http'], ['PORTAL_BASE_URL', 'portal.example'],
		['PORTAL_MAIL_FROM', 'nobody'], ['PORTAL_LOG_LEVEL', 'loud']])
		test(`${name}=${value} is refused by name, and what runs goes on`, async () => {
			const worker = portal.pids('worker')[0];
			const {status, stderr, seconds} = await up({[name]: value});

			assert.notEqual(status, 0);
			assert.match(stderr, new RegExp(`^portal: ${name}\\b.*\n$`));
			assert.ok(seconds < 15, `it took ${seconds} s`);
			assert.equal(await ready(), 204);
			assert.equal(portal.pids('worker')[0], worker);
		});
});

describe('a supervisor that was killed', () => {
	const supervisor = () => Number(readFileSync(join(portal.var, 'run/runsvdir.pid'), 'utf8'));
	const parentOf = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^PPid:\s+(\d+)$/m)[1]);

	test('is replaced by the next up, and its own are replaced again', async () => {
		const first = supervisor();

		process.kill(first, 'SIGKILL');
		await waitFor('its end', () => parentOf(parentOf(portal.pids('view')[0])) !== first);
		assert.equal(await ready(), 204, 'what it had started goes on');
		await portal.up();
		assert.notEqual(supervisor(), first);
		assert.equal(await ready(), 204);
		const runsv = parentOf(portal.pids('view')[0]);

		assert.equal(parentOf(runsv), supervisor());
		process.kill(runsv, 'SIGKILL');
		await waitFor('another', () => {
			const [view] = portal.pids('view');

			return view && parentOf(view) !== runsv && parentOf(parentOf(view)) === supervisor();
		});
		await waitFor('the page', async () => await ready() === 204);
	});
});
