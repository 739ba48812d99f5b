// A portal of its own for a test file: ./portal up on a free port with a folder below /tmp, and what tests ask of it.
import {execFile, spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';
import {Api} from './api.js';
import {readMails} from './mail.js';
import {waitFor} from './wait.js';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const running = new Set();

// Below the range that the kernel takes for outgoing connections, so that nobody has it a moment later.
export async function freePort() {
	for (;;) {
		const port = 20000 + Math.floor(Math.random() * 12000);
		const server = createServer();
		const free = await new Promise(resolve => {
			server.once('error', () => resolve(false));
			server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
		});

		if (free)
			return port;
	}
}

// The tests' own settings must not come from the caller's environment.
function cleanEnvironment() {
	return Object.fromEntries(Object.entries(process.env)
		.filter(([name]) => !name.startsWith('PORTAL_') || name === 'PORTAL_BUILD'));
}

// Starts a portal with these settings (PORTAL_SMTP_URL and the like); it ends with the test file at the latest.
export async function startPortal(settings = {}) {
	const portal = new Portal(await freePort(), settings);

	running.add(portal);
	try {
		await portal.up();
	} catch (error) {
		await portal.stop();
		throw error;
	}
	return portal;
}

class Portal {
	constructor(port, settings) {
		this.port = port;
		this.base = mkdtempSync('/tmp/portal-');
		chmodSync(this.base, 0o755); // as root, www-data goes in
		this.var = join(this.base, 'var');
		this.settings = {PORTAL_WEBHOOK_ALLOW: '127.0.0.0/8', ...settings};
	}

	environment() {
		return {...cleanEnvironment(), PORTAL_PORT: String(this.port), PORTAL_VAR: this.var, ...this.settings};
	}

	// Starts what is down, and what runs with other SETTINGS than these anew.
	async up(settings = {}) {
		Object.assign(this.settings, settings);
		await run('./portal', ['up'], {cwd: root, env: this.environment()});
		this.demo = JSON.parse(readFileSync(join(this.var, 'demo.json'), 'utf8'));
		this.url = this.demo.base_url;
		this.mailDir = this.demo.mail_dir;
	}

	// Ends it, and removes what it made.
	async stop() {
		if (running.delete(this) && !this.kept())
			await run('./portal', ['down'], {cwd: root, env: this.environment()}).then(() => this.remove(), error => this.leave(error));
	}

	// The same where nothing can be waited for any more: the process ends.
	stopNow() {
		if (!running.delete(this) || this.kept())
			return;
		const down = spawnSync('./portal', ['down'], {cwd: root, env: this.environment(), encoding: 'utf8'});

		if (down.status === 0)
			this.remove();
		else
			this.leave(down);
	}

	kept() {
		if (process.env.PORTAL_TEST_KEEP)
			console.error(`kept: ${this.var}, port ${this.port}`);
		return process.env.PORTAL_TEST_KEEP;
	}

	remove() {
		rmSync(this.base, {recursive: true, force: true});
	}

	leave({stderr}) {
		console.error(`./portal down failed, ${this.base} is left: ${stderr}`);
	}

	// portalctl: {status, output}, output being all that it printed.
	async ctl(...words) {
		try {
			const {stdout, stderr} = await run('./portal', ['ctl', ...words], {cwd: root, env: this.environment()});

			return {status: 0, output: stdout + stderr};
		} catch (error) {
			return {status: error.code, output: error.stdout + error.stderr};
		}
	}

	async ctlJson(...words) {
		const {status, output} = await this.ctl(...words);

		if (status !== 0)
			throw new Error(`portalctl ${words.join(' ')}: ${output}`);
		return JSON.parse(output);
	}

	// A new tenant with a write key: its `api`, `tenantId` and `key`. OPTIONS as of `portalctl tenant create`.
	async tenant(name = 'Nordtag ApS', ...options) {
		const {tenant_id: tenantId} = await this.ctlJson('tenant', 'create', name, ...options);
		const key = await this.key(tenantId, 'write');

		return {tenantId, key, api: new Api(this.url, key)};
	}

	async key(tenantId, scope) {
		return (await this.ctlJson('key', 'create', tenantId, '--scope', scope)).api_key;
	}

	// The result of SQL, as the superuser: an array of rows, each an array of texts.
	async sql(text) {
		const {uid, gid} = statSync(join(this.var, 'pg'));
		const words = ['psql', '-X', '-q', '-At', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', join(this.var, 'run'),
			'-U', 'portal_owner', '-d', 'portal', '-c', text];

		if (process.getuid() === 0)
			words.unshift('setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups');
		const {stdout} = await run(words[0], words.slice(1), {cwd: '/', maxBuffer: 64 * 1024 * 1024});

		return stdout.split('\n').slice(0, -1).map(line => line.split('\t'));
	}

	// Everything in the database, as pg_dump writes it.
	async dump() {
		const {uid, gid} = statSync(join(this.var, 'pg'));
		const words = ['pg_dump', '-h', join(this.var, 'run'), '-U', 'portal_owner', '-d', 'portal'];

		if (process.getuid() === 0)
			words.unshift('setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups');
		return (await run(words[0], words.slice(1), {cwd: '/', maxBuffer: 256 * 1024 * 1024})).stdout;
	}

	async sqlValue(text) {
		return (await this.sql(text))[0]?.[0];
	}

	// Moves the clock of the contract by INTERVAL, such as '40 days'.
	async travel(interval) {
		await this.setClock(`clock_timestamp() + interval '${interval}'`);
	}

	async travelTo(time) {
		const interval = await this.sqlValue(`SELECT timestamptz '${time}' - clock_timestamp()`);

		await this.travel(interval);
	}

	async travelBack() {
		await this.setClock('clock_timestamp()');
	}

	async setClock(expression) {
		await this.sql(`CREATE OR REPLACE FUNCTION portal.portal_now() RETURNS timestamptz
			LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT ${expression} $$`);
	}

	mails() {
		return readMails(this.mailDir);
	}

	// The first mail that SUITS, which may still be on its way.
	mail(what, suits) {
		return waitFor(`a mail ${what}`, async () => (await this.mails()).find(suits));
	}

	mailTo(address) {
		return this.mail(`to ${address}`, mail => mail.to === address);
	}

	// Pids of a service: the process that runit started, and its children.
	pids(service) {
		const first = Number(readFileSync(join(this.var, 'service', service, 'supervise/pid'), 'utf8'));

		if (!first)
			return [];
		try {
			return [first, ...readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').split(' ').filter(Boolean).map(Number)];
		} catch {
			return [first];
		}
	}

	// Takes a service down, or up again, and waits until it is.
	async supervise(command, service) {
		const {uid, gid} = statSync(join(this.var, 'pg'));

		await run('sv', ['-w', '30', command, join(this.var, 'service', service)], {uid, gid});
	}

	// Paths of the files in FOLDER (of PORTAL_VAR) and below.
	files(folder) {
		const above = join(this.var, folder);

		return readdirSync(above, {recursive: true, withFileTypes: true})
			.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name));
	}
}

function stopAll() {
	for (const portal of running)
		portal.stopNow();
}

process.on('exit', stopAll);
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]])
	process.on(signal, () => process.exit(128 + number));
