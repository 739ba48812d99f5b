// docker-compose up on a clean clone: the main job from outside, and what happens when a container dies.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {freePort} from '../integration/lib/portal.js';
import {waitFor} from '../integration/lib/wait.js';
import {startReceiver} from '../integration/lib/webhook_receiver.js';
import {atEnd, containerMails, docker, engineMissing, root, run, runAtEnd, scratch, urlFromContainer} from './lib/docker.js';
import {accept, curl, newSender, sendQuote, walk} from './lib/walk.js';

const skip = await engineMissing('docker', 'docker-compose') ?? false;
const image = 'dokumentportal';
const megabyte = 1024 * 1024;

// At the end the image under its name, if any, is what it was, and what building left goes.
function keepImages() {
	const ids = (...words) => runAtEnd(['docker', 'image', 'ls', '-q', '--no-trunc', ...words]).split('\n').filter(Boolean);
	const unnamed = ids('--filter', 'dangling=true');
	const [old] = ids(image);

	atEnd(() => {
		if (old)
			runAtEnd(['docker', 'tag', old, image]);
		const made = [...old ? [] : ids(image), ...ids('--filter', 'dangling=true').filter(id => !unnamed.includes(id))];

		if (made.length)
			runAtEnd(['docker', 'rmi', ...made]);
	});
}

// A clean clone, and docker-compose in it: compose(...words) gives what that printed.
async function cleanClone() {
	const folder = join(scratch(), 'portal');
	const port = await freePort();
	const env = {...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTAL_'))),
		PORTAL_PORT: String(port), PORTAL_WEBHOOK_ALLOW: '0.0.0.0/0'};
	const command = ['docker-compose', '-p', `portal${process.pid}`];
	const compose = async (...words) => (await run([...command, ...words], {cwd: folder, env})).stdout.toString().trimEnd();

	await run(['git', 'clone', '-q', root, folder]);
	atEnd(() => runAtEnd([...command, 'down', '-v', '--remove-orphans'], {cwd: folder, env}));
	return {compose, url: `http://127.0.0.1:${port}`};
}

describe('docker-compose', {skip}, () => {
	let compose, place, sender, receiver;
	const containerOf = service => compose('ps', '-q', service);
	const inspect = async (service, format) => docker('inspect', '-f', format, await containerOf(service));

	before(async () => {
		let url;

		keepImages();
		({compose, url} = await cleanClone());
		place = {
			url, run,
			ctl: (...words) => compose('run', '--rm', 'ctl', ...words),
			mails: async () => containerMails(await containerOf('worker'), '/var/lib/portal/mail'),
			hookUrl: async there => urlFromContainer(await containerOf('worker'), there),
		};
		receiver = await startReceiver();
	});

	after(() => receiver?.stop());

	const ready = () => waitFor('readiness', async () => (await curl(place, `${place.url}/readyz`)).status === 204, 120);

	test('up on a clean clone, and the main job from outside', async () => {
		await compose('up', '-d', '--build');
		await ready();
		sender = await newSender(place, receiver);
		await walk(sender, 't-2026-0118');
		assert.match(await place.ctl('verify'), /\b0 findings/);
	});

	test('the image is small, and its programs run as an ordinary user', async () => {
		const [size, base] = await Promise.all([image, 'debian:bookworm-slim'].map(
			name => docker('image', 'inspect', '-f', '{{.Size}}', name)));

		assert.ok(size - base < 160 * megabyte, `${Math.round((size - base) / megabyte)} MB above Debian`);
		assert.equal(await docker('image', 'inspect', '-f', '{{.Config.User}}', image), 'www-data');
	});

	test('only nginx publishes a port', async () => {
		const containers = (await compose('ps', '-q')).split('\n');
		const published = (await docker('inspect', '-f',
			'{{index .Config.Labels "com.docker.compose.service"}} {{json .HostConfig.PortBindings}}', ...containers)).split('\n').filter(line => !/ (\{\}|null)$/.test(line));

		assert.equal(published.length, 1, published.join('\n'));
		assert.match(published[0], /^nginx /);
	});

	// Not by `docker kill`: the engine takes that for the operator's wish, and starts nothing again.
	async function die(service) {
		const pid = await inspect(service, '{{.State.Pid}}');

		await docker('run', '--rm', '--pid', 'host', 'debian:bookworm-slim', 'sh', '-c', `kill -KILL ${pid}`);
		await waitFor(`${service} to come back`,
			async () => (await inspect(service, '{{.State.Running}} {{.RestartCount}}')) === 'true 1', 60);
	}

	describe('a container that dies comes back, and the next request is served:', () => {
		let quote;
		const answers = async (path, status = 200) => assert.equal((await curl(place, quote.link + path)).status, status);
		const requests = {
			upload: () => sender.send('t-upload', quote.pdf),
			status: () => sender.document(quote.document.id),
			view: () => answers(''),
			download: () => answers('/file'),
			accept: async () => assert.equal((await accept(place, quote.link)).status, 303),
			worker: () => sendQuote(sender, 't-worker'),
			nginx: () => answers(''),
		};

		before(async () => {
			quote = await sendQuote(sender, 't-kill');
		});
		for (const [service, request] of Object.entries(requests))
			test(service, async () => {
				await die(service);
				await waitFor(`${service} to serve`, async () => [await request()], 60);
			});
	});

	test('the database starts anew, and the main job goes on', async () => {
		await compose('restart', 'db');
		await ready();
		await walk(sender, 't-2026-0119');
		assert.match(await place.ctl('verify'), /\b0 findings/);
	});
});
