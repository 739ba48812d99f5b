// The portal under measurement and the floor beside it: one database, two nginx with the same configuration.
import {execFile, spawn, spawnSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';
import {freePort, startPortal} from '../integration/lib/portal.js';
import {metadata} from '../integration/lib/api.js';
import {waitFor} from '../integration/lib/wait.js';
import {List} from './load.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(process.env.PORTAL_BUILD ?? join(root, 'build'), 'bin');
const {simplePdf} = createRequire(import.meta.url)('../pdfs/make.js');

// Those that are measured: nginx needs no sockets of others.
export const processes = {upload: 2, view: 4, download: 4, accept: 4};

// A PDF of about SIZE bytes that nobody can compress. A second `startxref` keeps its table of references in place.
export function pdfOf(size, id) {
	const pdf = simplePdf(id).toString('latin1');
	const tail = pdf.slice(pdf.lastIndexOf('startxref'));
	const padding = randomBytes(Math.ceil(size * 3 / 4)).toString('base64').slice(0, Math.max(0, size - pdf.length - 20));

	return Buffer.from(`${pdf}%${padding}\n${tail}`, 'latin1');
}

export class Instance {
	static async start() {
		const instance = new Instance();

		instance.children = [];
		instance.portal = await startPortal({});
		process.prependListener('exit', () => instance.stopFloor()); // before the portal and its folder go
		instance.folder = join(instance.portal.base, 'floor');
		instance.owner = statSync(join(instance.portal.var, 'pg'));
		instance.makeFolder(instance.folder);
		await instance.portal.sql(readFileSync(new URL('documents.sql', import.meta.url), 'utf8'));
		Object.assign(instance, await instance.portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example'));
		instance.files = {small: await instance.sendFile(100e3), large: await instance.sendFile(5e6)};
		return instance;
	}

	makeFolder(folder) {
		mkdirSync(folder);
		chownSync(folder, this.owner.uid, this.owner.gid);
	}

	write(name, text) {
		const file = join(this.folder, name);

		writeFileSync(file, text);
		chmodSync(file, 0o644);
		return file;
	}

	asOwner() {
		return process.getuid() === 0
			? ['setpriv', '--reuid', String(this.owner.uid), '--regid', String(this.owner.gid), '--clear-groups'] : [];
	}

	// Runs a program as the user who owns the instance's data; INPUT is its standard input. Gives its output.
	run(program, words, input = '') {
		const [first, ...others] = [...this.asOwner(), program, ...words];
		const {status, stdout, stderr, error} = spawnSync(first, others,
			{input, cwd: '/', encoding: 'utf8', maxBuffer: 1 << 30, env: this.environment()});

		if (status !== 0)
			throw error ?? new Error(`${program}: ${stderr}`);
		return stdout;
	}

	environment() {
		return {...process.env, PORTAL_DATABASE_URL: `postgresql:///portal?host=${join(this.portal.var, 'run')}&user=portal_owner`};
	}

	// Sends a document with a file of SIZE bytes: {sha256, link, path}; the path is that below the store.
	async sendFile(size) {
		const pdf = pdfOf(size, `bench ${size}`);
		const sha256 = createHash('sha256').update(pdf).digest('hex');
		const {id} = await this.api.send(metadata(`file-${size}`), pdf);
		const tokenId = await this.portal.sqlValue(`SELECT token_id FROM portal.link
			WHERE document_id = '${id}' AND kind = 'personal'`);

		return {sha256, link: `/d/${this.tokens([tokenId])[0]}`, path: `${this.tenantId}/${sha256.slice(0, 2)}/${sha256}`};
	}

	tokens(ids) {
		const file = join(this.portal.var, 'secrets/customer');

		return this.run(join(bin, 'tokens'), [file], ids.map(id => `${id}\n`).join('')).trimEnd().split('\n');
	}

	// COUNT documents more, with the small file; gives nothing.
	async fill(from, count) {
		for (const end = from + count; from < end; from += 100000)
			await this.portal.sql(`SELECT bench.fill('${this.tenantId}', ${from}, ${Math.min(100000, end - from)}, '${this.files.small.sha256}')`);
		await this.settle();
	}

	// Documents FROM and following are done with; every table has rows then.
	async use(from, count) {
		await this.portal.sql(`SELECT bench.use('${this.tenantId}', ${from}, ${count}, '${this.files.small.sha256}')`);
	}

	// The first COUNT documents' tokens as a list for walk.lua, and as rows for the floor.
	async links(count) {
		const ids = (await this.portal.sql(`SELECT bench.links('${this.tenantId}', ${count})`)).map(([id]) => id);

		await this.settle();
		return new List(this.write('links', this.tokens(ids).join('\n') + '\n'), ids.length);
	}

	// Steady state: statistics and the visibility map are there, nothing waits to be written.
	async settle() {
		await this.portal.sql('VACUUM ANALYZE');
		await this.portal.sql('CHECKPOINT');
	}

	// Everything that the worker does in consequence of what was measured has been done.
	async idle() {
		await waitFor('the worker to catch up', async () => await this.portal.sqlValue(`SELECT
			NOT EXISTS (SELECT FROM portal.event WHERE feed_no IS NULL)
			AND NOT EXISTS (SELECT FROM portal.job WHERE state IN ('waiting', 'running') AND run_at < now() + interval '1 minute')`)
			=== 't', 120);
	}

	// `up` or `down`: whether the worker runs.
	worker(state) {
		this.run('sv', ['-w', '30', state, join(this.portal.var, 'service/worker')]);
	}

	// The floor's processes behind an nginx of its own, configured as the portal's; PAGE is the size of a page.
	async startFloor(page) {
		const port = await freePort(), sockets = join(this.folder, 'run'), files = join(this.folder, 'files');
		const lent = join(this.folder, 'static');

		for (const folder of [sockets, files, lent, join(sockets, 'nginx'), join(this.folder, 'log')])
			this.makeFolder(folder);
		const argument = {view: page, upload: files};

		for (const [name, count] of Object.entries(processes))
			this.start(join(bin, 'floor'), [name === 'view' ? 'page' : name, join(sockets, `${name}.sock`), String(count),
				...(argument[name] ? [String(argument[name])] : [])]);
		const {stdout} = await run(join(root, 'scripts/nginx-conf'),
			[`127.0.0.1:${port}`, sockets, join(this.portal.var, 'store')]);
		// nginx alone serves what the portal serves from the store.
		this.run('ln', [join(this.portal.var, 'store', this.files.large.path), join(lent, 'large.pdf')]);
		this.run('sh', ['-c', 'cat >"$0"', join(sockets, 'nginx.conf')], stdout.replace(/alias \S*\/static\//, `alias ${lent}/`));
		// runit's logger takes the access log, as it does the portal's.
		this.start('sh', ['-c', `/usr/sbin/nginx -e stderr -p ${sockets} -c ${sockets}/nginx.conf | svlogd ${this.folder}/log`]);
		this.floorUrl = `http://127.0.0.1:${port}`;
		await waitFor('the floor', async () => (await fetch(`${this.floorUrl}/empty`)).status === 204);
		this.floorNginx = Number(readFileSync(join(sockets, 'nginx.pid'), 'utf8'));
	}

	start(program, words) {
		const [first, ...others] = [...this.asOwner(), program, ...words];

		this.children.push(spawn(first, others, {cwd: '/', stdio: ['ignore', 'ignore', 'inherit'], env: this.environment()}));
	}

	// Not to be waited for: it also works while the process ends.
	stopFloor() {
		if (this.floorNginx)
			process.kill(this.floorNginx);
		for (const child of this.children.splice(0))
			child.kill();
		// The logger holds this lock until it has written its last.
		if (this.floorNginx)
			spawnSync('flock', ['-w', '5', join(this.folder, 'log/lock'), 'true']);
		this.floorNginx = undefined;
	}

	async stop() {
		this.stopFloor();
		await this.portal.stop();
	}
}
