// The Debian package: installed on a bare Debian 12, set up, and the main job walked there. No systemd runs in a container, so its
// units are read by systemd's own checker, and what they would start is started by hand.
import assert from 'node:assert/strict';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {waitFor} from '../integration/lib/wait.js';
import {atEnd, containerMails, docker, engineMissing, root, run, runAtEnd} from './lib/docker.js';
import {curl, newSender, sendQuote, walk} from './lib/walk.js';

const build = resolve(root, process.env.PORTAL_BUILD ?? 'build');
const skip = await engineMissing('docker') ?? false;
const services = ['dokumentportal@view.service', 'dokumentportal@upload.service', 'dokumentportal-worker.service', 'dokumentportal-nginx.service'];

describe('the Debian package', {skip}, () => {
	let folder, container, place, sender;
	const shell = async (line, user = 'root') => docker('exec', '-u', user, container, 'bash', '-c', line);
	// As systemd would: in the background, without a terminal.
	const start = (user, ...words) => docker('exec', '-d', '-u', user, container, ...words);

	before(async () => {
		folder = mkdtempSync('/tmp/portal-package-');
		await run(['cpack', '-G', 'DEB', '--config', join(build, 'CPackConfig.cmake'), '-B', folder], {cwd: folder});
		container = await docker('run', '-d', 'debian:bookworm-slim', 'sleep', 'infinity');
		atEnd(() => runAtEnd(['docker', 'rm', '-f', '-v', container]));
		place = {
			url: 'https://localhost', curlArguments: ['--cacert', '/etc/dokumentportal/tls/fullchain.pem'],
			run: (words, {input} = {}) => run(['docker', 'exec', '-i', container, ...words], {input}),
			ctl: async (...words) => (await run(['docker', 'exec', container, 'dokumentportal', ...words])).stdout.toString(),
			mails: () => containerMails(container, '/var/lib/dokumentportal/mail'),
		};
	});
	after(() => rmSync(folder, {recursive: true, force: true}));

	test('installs with all it needs, and setup makes keys, database and schema, twice', async () => {
		const name = readdirSync(folder).find(file => file.endsWith('.deb'));

		await docker('cp', join(folder, name), `${container}:/tmp/portal.deb`);
		await docker('cp', join(root, 'scripts/apt-install'), `${container}:/tmp/`);
		await shell('sh /tmp/apt-install /tmp/portal.deb postgresql-15 curl');
		await shell('pg_ctlcluster 15 main start');
		await shell('sed -i "s|^PORTAL_BASE_URL=.*|PORTAL_BASE_URL=https://localhost|" /etc/dokumentportal/settings');
		await shell('dokumentportal setup && dokumentportal setup');
		assert.equal(await shell('stat -c "%U %a" /etc/dokumentportal/secrets /etc/dokumentportal/secrets/owner'),
			'dokumentportal 700\ndokumentportal 600');
	});

	test('a bad setting is named', async () => {
		await assert.rejects(shell('sed "s|^PORTAL_SMTP_URL=.*|PORTAL_SMTP_URL=nonsense|" -i.good /etc/dokumentportal/settings; dokumentportal setup'),
			/PORTAL_SMTP_URL: /);
		await shell('mv /etc/dokumentportal/settings.good /etc/dokumentportal/settings');
	});

	test('its programs serve the main job over HTTPS, behind sockets held by another', async () => {
		const executables = (await shell('. /usr/share/dokumentportal/scripts/programs.sh; echo $executables')).split(' ');

		await shell('install -d -o dokumentportal -g dokumentportal -m 750 /run/dokumentportal');
		for (const executable of executables)
			await start('dokumentportal', 'systemd-socket-activate', '-l', `/run/dokumentportal/${executable}.sock`, 'dokumentportal', 'program', executable);
		await start('dokumentportal', 'dokumentportal', 'program', 'worker');
		await shell('setcap cap_net_bind_service=+ep /usr/sbin/nginx'); // AmbientCapabilities= does that
		await start('dokumentportal', 'dokumentportal', 'nginx');
		await waitFor('readiness', async () => (await curl(place, `${place.url}/readyz`)).status === 204, 60);
		sender = await newSender(place);
		await walk(sender, 't-2026-0118');
		assert.match(await place.ctl('verify', '--store'), /\b0 findings/);
	});

	test('new passwords while all goes on; a new key that signs', async () => {
		const secrets = '/etc/dokumentportal/secrets';
		const passwords = () => shell(`sha256sum ${secrets}/*.pgpass`);
		const old = await passwords();

		await shell(`rm ${secrets}/*.pgpass && dokumentportal setup`);
		assert.notEqual(await passwords(), old);
		await place.ctl('secrets', 'rotate', secrets, 'sign');
		assert.match(await place.ctl('keys'), /"ed25519-2-/);
		await walk(sender, 't-2026-0119');
	});

	test('a backup, and back to it', async () => {
		await shell('install -d -o dokumentportal -g dokumentportal -m 700 /srv/backup');
		assert.match(await place.ctl('backup', '/srv/backup'), /the database and \d+ files/);
		const {document} = await sendQuote(sender, 't-forgotten');

		assert.match(await place.ctl('restore', '/srv/backup', '--replace'), /restored/);
		await shell('dokumentportal setup');
		assert.match(await place.ctl('verify', '--store'), /\b0 findings/);
		await waitFor('readiness', async () => (await curl(place, `${place.url}/readyz`)).status === 204, 60);
		await assert.rejects(sender.document(document.id), /404/);
		await walk(sender, 't-restored');
	});

	// A file system with the package's units and just enough of systemd's for the checker.
	function unitRoot() {
		const base = join(folder, 'root');
		const units = '/lib/systemd/system';

		mkdirSync(join(base, units), {recursive: true});
		for (const name of readdirSync(units).filter(file => /\.(target|slice)$/.test(file)))
			cpSync(join(units, name), join(base, units, name), {dereference: true, recursive: true});
		return base;
	}

	const analyze = async (...words) => {
		const {stdout, stderr} = await run(['systemd-analyze', '--no-pager', ...words]);

		return stdout + stderr;
	};

	test('systemd finds nothing wrong with the units, and little that they could still do', async t => {
		if (await run(['systemd-analyze', '--version']).catch(() => false) === false)
			return t.skip('systemd-analyze is not installed');
		const base = unitRoot();
		const deb = readdirSync(folder).find(file => file.endsWith('.deb'));

		await run(['dpkg-deb', '-x', join(folder, deb), base]);
		mkdirSync(join(base, 'bin'), {recursive: true});
		cpSync('/bin/kill', join(base, 'bin/kill'));
		assert.equal(await analyze('verify', '--man=no', `--root=${base}`, 'dokumentportal.target', 'dokumentportal-setup.service',
			'dokumentportal@view.socket', ...services), '');
		for (const service of services)
			await analyze('security', '--offline=true', '--threshold=20', `--root=${base}`, service);
		const path = join(base, 'lib/systemd/system/dokumentportal-worker.service');

		writeFileSync(path, readFileSync(path, 'utf8').replace('ProtectHome', 'ProtectHouse'));
		assert.match(await analyze('verify', '--man=no', `--root=${base}`, 'dokumentportal-worker.service').catch(error => error.message), /ProtectHouse/);
	});
});
