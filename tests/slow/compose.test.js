// docker-compose on a clean clone: the main job over HTTPS from outside, dying containers, settings, an upgrade under load,
// and everything destroyed and restored.
import assert from 'node:assert/strict';
import {appendFileSync, chownSync, readFileSync, writeFileSync} from 'node:fs';
import {request as plainRequest} from 'node:http';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {connect} from 'node:tls';
import {after, before, describe, test} from 'node:test';
import {sha256} from '../integration/lib/bytes.js';
import {waitFor} from '../integration/lib/wait.js';
import {startReceiver} from '../integration/lib/webhook_receiver.js';
import {simplePdf} from '../pdfs/make.js';
import {cleanClone, keepImages} from './lib/compose.js';
import {docker, engineMissing, run} from './lib/docker.js';
import {curl, newSender, sendQuote, walk} from './lib/walk.js';

const skip = await engineMissing('docker', 'docker-compose') ?? false;
const megabyte = 1024 * 1024;
const services = ['db', 'app-a', 'app-b', 'worker', 'nginx'];

describe('docker-compose', {skip}, () => {
	let portal, place, sender, receiver, first;
	const links = [];
	const walkAnother = async name => {
		const quote = await walk(sender, name);

		links.push(quote.link);
		return quote;
	};

	before(async () => {
		keepImages();
		portal = await cleanClone();
		place = portal.place();
		receiver = await startReceiver();
	});
	after(() => receiver?.stop());

	test('up on a clean clone, and the main job over HTTPS from outside', async () => {
		await portal.build();
		await portal.compose('up', '-d', '--build');
		await portal.ready();
		sender = await newSender(place, receiver);
		first = await walkAnother('t-2026-0118');
		assert.match(await place.ctl('verify'), /\b0 findings/);
	});

	describe('seen from outside:', () => {
		test('the image adds at most 75 MB to Debian', async () => {
			const [size, base] = await Promise.all(['dokumentportal', 'debian:bookworm-slim'].map(
				name => docker('image', 'inspect', '-f', '{{.Size}}', name)));

			assert.ok(size - base <= 75e6, `${Math.round((size - base) / megabyte)} MiB above Debian`);
		});

		test('containers are confined, and only nginx publishes ports', async () => {
			for (const service of services) {
				const {Config: config, HostConfig: host} = JSON.parse(await docker('inspect', await portal.container(service)))[0];

				assert.equal(config.User, service === 'db' ? 'postgres' : 'www-data', service);
				assert.deepEqual(host.CapDrop, ['ALL'], service);
				assert.deepEqual(host.CapAdd ?? [], [], service);
				assert.deepEqual(host.SecurityOpt, ['no-new-privileges:true'], service);
				assert.equal(host.ReadonlyRootfs, true, service);
				assert.equal(host.Privileged, false, service);
				assert.ok(host.Memory > 0 && host.Memory <= 2048 * megabyte, `${service}: ${host.Memory}`);
				assert.equal(host.RestartPolicy.Name, 'unless-stopped', service);
				assert.equal(host.LogConfig.Config['max-file'], '5', service);
				assert.deepEqual(Object.keys(host.PortBindings ?? {}).sort(), service === 'nginx' ? ['8080/tcp', '8443/tcp'] : [], service);
				assert.ok(!host.Binds.some(bind => bind.includes('docker.sock')), service);
			}
		});

		test('trying shows the same: no right, and nothing to write to but the volumes', async () => {
			for (const service of services) {
				const status = await portal.exec(service, 'cat', '/proc/1/status');

				assert.match(status, /^CapEff:\t0+$/m, service);
				assert.match(status, /^CapBnd:\t0+$/m, service);
				assert.match(status, /^NoNewPrivs:\t1$/m, service);
				assert.doesNotMatch(status, /^Uid:\t0\t/m, service);
				const tries = await portal.exec(service, 'sh', '-c',
					'for path in / /usr /etc /opt /var/lib /home; do (: >$path/x) 2>&1 && echo written; done; true');

				assert.equal(tries.match(/Read-only file system/g)?.length, 6, `${service}: ${tries}`);
			}
			for (const service of ['app-a', 'app-b', 'worker'])
				await assert.rejects(portal.exec(service, 'sh', '-c', ': >/var/lib/portal/secrets/x'), /Read-only file system/, service);
			await assert.rejects(portal.exec('nginx', 'sh', '-c', ': >/var/lib/portal/certificates/x'), /Read-only file system/);
		});

		test('each service holds its own keys alone, and the worker the mail server\'s', async () => {
			const held = async service => (await portal.exec(service, 'ls', '/var/lib/portal/secrets')).split('\n').sort();

			assert.deepEqual(await held('app-a'), ['customer', 'customer.pgpass', 'sender', 'sender.pgpass']);
			assert.deepEqual(await held('worker'), ['worker', 'worker.pgpass']);
			assert.deepEqual((await held('nginx')).filter(Boolean), []);
			for (const service of services)
				assert.equal((await portal.inspect(service, '{{.Config.Env}}')).includes('PORTAL_SMTP_URL'), service === 'worker', service);
		});

		test('HTTP leads to HTTPS; HSTS; HTTP/2; nothing below TLS 1.2', async () => {
			const head = async (...words) => (await run(['curl', '-sS', '-o', '/dev/null', '-D', '-', ...place.curlArguments, ...words])).stdout.toString();

			assert.match(await head(`${portal.plainUrl}/d/x?y=1`), new RegExp(`^HTTP/1.1 308[^]*location: ${portal.url}/d/x\\?y=1\r`, 'i'));
			assert.match(await head('--http2', `${portal.url}/verify`), /^HTTP\/2 200[^]*strict-transport-security: max-age=31536000/i);
			for (const [version, fine] of [['TLSv1.1', false], ['TLSv1.2', true], ['TLSv1.3', true]])
				assert.equal(await handshake(version), fine, version);
		});

		// Whether the server takes the version: an alert of its own says no.
		const handshake = version => new Promise((resolve, reject) => {
			const socket = connect({port: new URL(portal.url).port, host: 'localhost', minVersion: version, maxVersion: version,
				ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false}, () => resolve(Boolean(socket.end())));

			socket.on('error', error => /ALERT_PROTOCOL_VERSION/.test(error.code) ? resolve(false) : reject(error));
		});

		test('metrics for those inside alone', async () => {
			assert.match(await portal.exec('nginx', 'curl', '-s', 'http://127.0.0.1:9180/metrics'), /^portal_worker_age_seconds \d/m);
			assert.match(await portal.exec('nginx', 'curl', '-s', 'http://127.0.0.1:9180/metrics/app-b/view'), /^portal_requests_total\{/m);
			assert.notEqual((await portal.fetch(`${portal.url}/metrics`)).status, 200);
		});
	});

	test('a flood on one link gets a page that says so, and others are served', async () => {
		const [flooded, other] = [await sendQuote(sender, 't-flood'), await sendQuote(sender, 't-calm')];
		const answers = await Promise.all(Array.from({length: 180}, () => portal.fetch(flooded.link)));
		const refused = answers.filter(({status}) => status === 429);

		assert.ok(refused.length > 10, `${refused.length} refused`);
		assert.ok(answers.some(({status}) => status === 200));
		assert.match(refused[0].text, /Det gik lidt for hurtigt[^]*lang="en"[^]*a little too fast/);
		assert.equal(refused[0].headers['retry-after'], '10');
		assert.equal((await portal.fetch(other.link)).status, 200);
		await sender.document(other.document.id);
		links.push(flooded.link, other.link);
		await waitFor('the link to be free again', async () => (await portal.fetch(flooded.link)).status === 200);
	});

	describe('a container that dies comes back, and another quote is walked:', () => {
		// nginx turns to the other app at once, so those are not waited for before.
		for (const service of ['app-a', 'app-b', 'worker', 'nginx', 'db'])
			test(service, async () => {
				const back = await portal.die(service);

				if (['nginx', 'db'].includes(service)) {
					await back();
					await portal.ready();
				}
				await walkAnother(`t-without-${service}`);
				await back();
			});
	});

	test('without both apps visitors see that we are back in a moment', async () => {
		await portal.compose('stop', 'app-a', 'app-b');
		const {status, text, headers} = await portal.fetch(links[0]);

		assert.equal(status, 503);
		assert.match(text, /Vi er straks tilbage[^]*Back in a moment/);
		assert.equal(headers['retry-after'], '5');
		assert.equal((await portal.fetch(`${portal.url}/api/v1/documents`)).headers['content-type'], 'application/problem+json');
		await portal.compose('start', 'app-a', 'app-b');
		await portal.ready();
	});

	test('the database starts anew, and the main job goes on', async () => {
		await portal.compose('restart', 'db');
		await portal.ready();
		await walkAnother('t-2026-0119');
	});

	test('an upgrade under load loses no request', async () => {
		await portal.keepLogs();
		const old = await Promise.all(['app-a', 'app-b', 'worker', 'nginx'].map(portal.container));
		const load = startLoad();

		appendFileSync(join(portal.folder, 'Dockerfile'), 'LABEL release=next\n');
		const {stdout} = await run(['./portal', 'upgrade'], portal.options());
		const answers = await load.stop();

		assert.match(stdout.toString(), /replacing app-a\nreplacing app-b\nreplacing worker\nupgraded/);
		const fresh = await Promise.all(['app-a', 'app-b', 'worker', 'nginx'].map(portal.container));

		assert.deepEqual(fresh.map((id, n) => id === old[n]), [false, false, false, true]);
		assert.equal(await portal.inspect('app-b', '{{index .Config.Labels "release"}}'), 'next');
		for (const kind of ['page', 'settings', 'upload'])
			assert.ok(answers.filter(answer => answer.kind === kind).length > 10, kind);
		assert.deepEqual(answers.filter(({status}) => ![200, 201].includes(status)), []);
		assert.match(await place.ctl('verify', '--store'), /\b0 findings/);
	});

	test('one more app by a few lines: what runs goes on, and the new one serves alone if need be', async () => {
		const path = join(portal.folder, 'docker-compose.yml');
		const text = readFileSync(path, 'utf8');
		const more = text.replace(/^  app-b:\n.*\n.*\n/m, lines => lines + lines.replaceAll('app-b', 'app-c'))
			.replace('PORTAL_APPS: app-a app-b', '$& app-c');
		const others = () => Promise.all(['app-a', 'app-b', 'worker', 'db'].map(portal.container));
		const old = await others();

		await portal.keepLogs();
		writeFileSync(path, more);
		await portal.compose('up', '-d');
		await portal.ready();
		assert.deepEqual(await others(), old);
		await portal.compose('stop', 'app-a', 'app-b');
		await walkAnother('t-app-c');
		await portal.compose('start', 'app-a', 'app-b');
		await portal.keepLogs();
		writeFileSync(path, text);
		await portal.compose('up', '-d', '--remove-orphans');
		await portal.ready();
	});

	// Requests of three kinds at once, until stop(), which gives [{kind, status}].
	function startLoad() {
		const answers = [];
		let busy = true;
		const loops = Object.entries({
			page: () => portal.fetch(first.link),
			settings: n => portal.fetch(`${portal.url}/api/v1/settings`, {method: 'PATCH', body: JSON.stringify({sender_name: `Nordtag ${n}`}),
				headers: {authorization: `Bearer ${sender.key}`, 'content-type': 'application/json'}}),
			upload: async n => sender.send(`t-load-${n}`, simplePdf(`Tilbud ${n}`)).then(() => ({status: 201})),
		}).map(async ([kind, ask]) => {
			for (let n = 0; busy; n++) {
				const {status} = await ask(n).catch(error => ({status: error.message}));

				answers.push({kind, status});
				await pause(50);
			}
		});

		return {stop: () => (busy = false, Promise.all(loops).then(() => answers))};
	}

	test('a new set of settings: without TLS behind a proxy, whose word on addresses is taken', async () => {
		const {link} = await sendQuote(sender, 't-proxy');

		await portal.keepLogs();
		links.push(link);
		Object.assign(portal.settings, {PORTAL_TLS: 'off', PORTAL_TRUSTED_PROXY: '0.0.0.0/0', PORTAL_BASE_URL: portal.url});
		await portal.compose('up', '-d');
		const page = await waitFor('the page', async () => {
			const answer = await plain(link.replace(portal.url, portal.plainUrl), {'x-forwarded-for': '203.0.113.7'});

			return answer.status === 200 && answer;
		}, 60);

		assert.equal(page.headers['strict-transport-security'], undefined);
		const seen = () => portal.sql("SELECT count(*) FROM event WHERE personal::jsonb->>'ip' = '203.0.113.7'");

		await waitFor('the visitor\'s address in the history', async () => Number(await seen()) > 0);
	});

	const plain = (url, headers) => new Promise((resolve, reject) => {
		plainRequest(url, {headers}, answer => resolve({status: answer.statusCode, headers: answer.headers}, answer.resume())).on('error', reject).end();
	});

	test('a bad setting stops the start by its name', async () => {
		for (const [name, value] of Object.entries({PORTAL_TLS: 'maybe', PORTAL_SMTP_URL: 'nonsense', PORTAL_WEBHOOK_ALLOW: 'here',
			PORTAL_TRUSTED_PROXY: 'a proxy', PORTAL_TLS_DIR: portal.hostFolder('empty')})) {
			const settings = {[name]: value, PORTAL_MAIL_FROM: 'tilbud@portal.example', ...name === 'PORTAL_TLS_DIR' && {PORTAL_TLS: 'on'}};

			await assert.rejects(portal.composeWith(settings, 'run', '--rm', 'init'), new RegExp(`${name}: `), name);
		}
		await assert.rejects(portal.composeWith({PORTAL_SMTP_URL: 'smtp://mail.example:25'}, 'run', '--rm', 'init'), /PORTAL_MAIL_FROM is not set/);
	});

	test('a certificate of one\'s own', async () => {
		const folder = portal.hostFolder('certificates');

		const files = ['privkey.pem', 'fullchain.pem'].map(name => join(folder, name));
		const make = async () => {
			await run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
				'-subj', '/CN=own', '-addext', 'subjectAltName=DNS:localhost', '-keyout', files[0], '-out', files[1]]);
			await run(['chmod', '644', ...files]);
		};

		await make();
		Object.assign(portal.settings, {PORTAL_TLS_DIR: folder, PORTAL_TLS: 'on', PORTAL_TRUSTED_PROXY: '', PORTAL_BASE_URL: ''});
		await portal.keepLogs();
		await portal.compose('up', '-d');
		await portal.ready();
		assert.equal(readFileSync(portal.certificate, 'utf8'), readFileSync(join(folder, 'fullchain.pem'), 'utf8'));
		await walkAnother('t-own-certificate');
		await make();
		await assert.rejects(portal.compose('exec', '-T', 'nginx', 'curl', '-sS', '--cacert', '/var/lib/portal/certificates/fullchain.pem',
			'--connect-to', 'localhost:443:127.0.0.1:8443', 'https://localhost/healthz'), /certificate/, 'the old one is still served');
		await portal.compose('kill', '-s', 'HUP', 'nginx');
		await portal.ready();
	});

	test('new passwords while all goes on, and new keys', async () => {
		const before = await portal.exec('app-a', 'cat', '/var/lib/portal/secrets/customer.pgpass');

		await portal.compose('run', '--rm', 'init', 'rotate', 'passwords');
		assert.notEqual(await portal.exec('app-a', 'cat', '/var/lib/portal/secrets/customer.pgpass'), before);
		const owners = () => portal.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'portal_owner'");
		const old = await owners();

		await portal.compose('run', '--rm', 'init', 'rotate', 'owner');
		assert.notEqual(await owners(), old);
		await portal.compose('restart', 'app-a');
		await portal.compose('run', '--rm', 'init', 'rotate', 'all');
		await portal.compose('restart', 'app-a', 'app-b', 'worker');
		await portal.ready();
		assert.equal((await portal.fetch(first.link)).status, 200);
		await walkAnother('t-new-keys');
		assert.match(await place.ctl('keys'), /"ed25519-2-[^]*"ed25519-1-/);
	});

	test('backups go into a volume, or a folder of the host that belongs to the containers\' user', async () => {
		assert.match(await place.ctl('backup', '/backup'), /the database and (\d+) files, \1 of them new/);
		assert.match(await place.ctl('backup', '/backup'), / files, 0 of them new/);
		portal.settings.PORTAL_BACKUP_DIR = portal.hostFolder('backup', 0);
		await assert.rejects(place.ctl('backup', '/backup'), /PORTAL_BACKUP_DIR: user 33 cannot write there/);
		chownSync(portal.settings.PORTAL_BACKUP_DIR, 33, 33);
	});

	test('everything destroyed and restored: links open, bytes and histories are whole', async () => {
		const {stdout: owner} = await run([...portal.command, 'run', '--rm', '-T', 'init', 'export-key'], portal.options());
		const pdf = await curl(place, `${first.link}/file`);
		const hashes = async () => (await portal.sql(`SELECT document_id, encode(sha256, 'hex') FROM version
			UNION ALL SELECT document_id, hash FROM event WHERE hash IS NOT NULL`)).split('\n');
		const expected = await hashes();

		assert.ok(expected.length > 50, String(expected.length));
		await place.ctl('backup', '/backup');
		await portal.keepLogs();
		await portal.compose('down', '-v');
		await portal.compose('up', '-d');
		await portal.ready();
		assert.equal((await portal.fetch(first.link)).status, 404);
		await portal.compose('stop', 'nginx', 'app-a', 'app-b', 'worker');
		await run([...portal.command, 'run', '--rm', '-T', 'init', 'import-key'], {...portal.options(), input: owner});
		await place.ctl('restore', '/backup');
		await assert.rejects(place.ctl('restore', '/backup'), /there are tenants in the database/);
		await portal.compose('up', '-d');
		await portal.ready();
		assert.match(await place.ctl('verify', '--store'), /\b0 findings/);
		assert.match(await place.ctl('fsck'), /\b0 findings, 0 orphans/);
		const restored = new Set(await hashes());

		assert.deepEqual(expected.filter(hash => !restored.has(hash)), []);
		const again = await curl(place, `${first.link}/file`);

		assert.equal(again.status, 200);
		assert.equal(sha256(again.body), sha256(pdf.body));
		assert.equal((await sender.document(first.id)).state, 'accepted');
		await receiver.register(sender); // on the new network we have another address
		await walkAnother('t-restored');
	});

	test('no log of any container holds a token, a key or a password', async () => {
		await portal.keepLogs();
		const passwords = (await Promise.all(['app-a', 'worker'].map(service => portal.exec(service, 'sh', '-c', 'cat /var/lib/portal/secrets/*'))))
			.join('\n').split(/[\s:]/).filter(word => word.length > 30);
		const secrets = [...links.map(link => link.split('/').at(-1)), sender.key, ...receiver.secrets.values(), ...passwords];

		assert.ok(secrets.length > 20);
		assert.ok(portal.logs.includes('"path":"/d/…/accept"'));
		for (const secret of secrets)
			for (const part of [secret, secret.slice(3, 27)])
				assert.ok(!portal.logs.includes(part), portal.logs.split('\n').find(line => line.includes(part)));
	});
});
