// ./portal up on a bare Debian 12, as root and as a user with sudo, and the main job there with curl.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {startReceiver} from '../integration/lib/webhook_receiver.js';
import {atEnd, containerMails, docker, engineMissing, root, run, runAtEnd, urlFromContainer} from './lib/docker.js';
import {curl, newSender, walk} from './lib/walk.js';

const skip = await engineMissing('docker') ?? false;

// A container of bare Debian with a copy of the repository's HEAD in FOLDER, owned by USER.
async function bareMachine(user, folder, prepare) {
	const container = await docker('run', '-d', 'debian:bookworm-slim', 'sleep', 'infinity');

	atEnd(() => runAtEnd(['docker', 'rm', '-f', '-v', container]));
	const exec = (words, {input, as = user} = {}) =>
		run(['docker', 'exec', '-i', '-u', as, '-e', 'PORTAL_WEBHOOK_ALLOW=0.0.0.0/0', container, ...words], {input});
	const shell = async (line, options) => (await exec(['sh', '-c', line], options)).stdout.toString().trimEnd();

	await shell(prepare, {as: 'root'});
	const {stdout: tree} = await run(['git', 'archive', 'HEAD'], {cwd: root});

	await exec(['sh', '-c', `mkdir -p ${folder} && tar -x -C ${folder}`], {input: tree});
	return {
		container, exec, shell,
		portal: words => shell(`cd ${folder} && ./portal ${words}`),
		sql: (text, owner) => exec(['psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h', `${folder}/var/run`, '-U', 'portal_owner',
			'-d', 'portal', '-c', text], {as: owner}),
		place: {
			url: 'http://127.0.0.1:8080',
			run: exec,
			ctl: async (...words) => (await exec([`${folder}/portal`, 'ctl', ...words])).stdout.toString(),
			mails: () => containerMails(container, `${folder}/var/mail`),
			hookUrl: url => urlFromContainer(container, url),
		},
		readDemo: async () => JSON.parse(await shell(`cat ${folder}/var/demo.json`)),
	};
}

// What runs in the container besides its first process. One that ended and that nobody waited for is none.
async function processes(container) {
	const lines = (await docker('top', container, '-eo', 'pid,stat,args')).split('\n').slice(1).map(line => line.trim());

	return lines.filter(line => !/^\d+ +Z/.test(line) && !line.endsWith(' sleep infinity'));
}

const machines = {
	'root': {user: 'root', owner: 'www-data', folder: '/srv/portal', prepare: ':'},
	'a user with sudo': {user: 'dev', owner: 'dev', folder: '/home/dev/portal', prepare: `
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q && apt-get install -y -q --no-install-recommends sudo
		useradd -m dev && echo 'dev ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/dev`},
};

for (const [who, {user, owner, folder, prepare}] of Object.entries(machines))
	describe(`a bare Debian 12, as ${who}`, {skip}, () => {
		let machine, receiver, document;

		test('./portal up installs, builds, starts and tells where the sample quote is', async () => {
			machine = await bareMachine(user, folder, prepare);
			await assert.rejects(machine.exec(['curl', '--version']), /not found/, 'the machine is not bare');
			const told = await machine.portal('up');
			const {base_url: url, customer_url: link} = await machine.readDemo();

			assert.equal(url, machine.place.url);
			assert.ok(told.includes(link), told);
			assert.equal((await curl(machine.place, link)).status, 200);
			assert.equal(await machine.shell(`stat -c %U ${folder}/var/pg`, {as: 'root'}), owner);
		});

		test('the main job, with curl', async () => {
			receiver = await startReceiver();
			document = await walk(await newSender(machine.place, receiver), 't-2026-0118');
			receiver.stop();
		});

		test('`portalctl verify` is content, until an event is changed by hand', async () => {
			assert.match(await machine.place.ctl('verify'), /\b0 findings/);
			await machine.sql(`UPDATE event SET line = line || ' '
				WHERE type = 'document.accepted' AND document_id = '${document.id}'`, owner);
			await assert.rejects(machine.place.ctl('verify'), error => {
				assert.match(error.stdout + error.stderr, new RegExp(`document ${document.id}: .*event`));
				return true;
			});
		});

		test('./portal down leaves no process', async () => {
			assert.match((await processes(machine.container)).join('\n'), /nginx[^]*postgres|postgres[^]*nginx/);
			await machine.portal('down');
			assert.deepEqual(await processes(machine.container), []);
		});
	});
