// The Docker engine for a test file, and what every test asks of it.
import {execFile, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';
import {readMails} from '../../integration/lib/mail.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
// Brings an engine to a machine that has none; stands beside the repository where there is one.
const bringer = join(root, '../shared/docker/engine');
const execute = promisify(execFile);
const cleanups = [];

// Runs WORDS with INPUT as standard input: {stdout, stderr}, stdout as bytes. Fails with both when the command does, or takes
// longer than the slowest, which builds images.
export async function run(words, {input, ...options} = {}) {
	const running = execute(words[0], words.slice(1), {encoding: 'buffer', maxBuffer: 256 * 1024 * 1024, timeout: 20 * 60 * 1000, ...options});

	running.child.stdin.on('error', () => {}); // of a command that does not read
	running.child.stdin.end(input);
	try {
		const {stdout, stderr} = await running;

		return {stdout, stderr: stderr.toString()};
	} catch (error) {
		throw Object.assign(error, {message: `${words.slice(0, 8).join(' ')}: ${error.message}`.slice(0, 500) +
			`\n${`${error.stdout}\n${error.stderr}`.slice(-4000)}`});
	}
}

// Prints what the command printed, without the last newline.
export const docker = async (...words) => (await run(['docker', ...words])).stdout.toString().trimEnd();

// At the end of the test file, however it comes; the last one given goes first. Must not be asynchronous.
export function atEnd(cleanup) {
	cleanups.unshift(cleanup);
}

// For atEnd(): gives what the command printed; says what failed, and goes on.
export function runAtEnd(words, options = {}) {
	const {status, stdout, stderr} = spawnSync(words[0], words.slice(1), {encoding: 'utf8', ...options});

	if (status !== 0)
		console.error(`${words.join(' ')}: ${stderr}`);
	return stdout ?? '';
}

// A folder that goes with the test file.
export function scratch() {
	const folder = mkdtempSync('/tmp/portal-docker-');

	atEnd(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

const works = words => spawnSync(words[0], words.slice(1), {stdio: 'ignore'}).status === 0;

// Why the tests cannot run here; nothing when they can. Test files take turns, so that none stops another's engine.
export async function engineMissing(...commands) {
	for (const command of commands)
		if (!works([command, '--version']) && !existsSync(bringer))
			return `${command} is not installed`;
	await takeTurn();
	if (works(['docker', 'info']))
		return undefined;
	if (!existsSync(bringer))
		return 'no Docker engine runs';
	atEnd(() => runAtEnd([bringer, 'stop']));
	return run([bringer, 'start']).then(() => undefined, error => {
		console.error(error.message);
		return 'no Docker engine can be started here';
	});
}

// Waits for the lock; it is held until this process ends, and with it the pipe that `cat` reads.
async function takeTurn() {
	const folder = resolve(root, process.env.PORTAL_BUILD ?? 'build');

	mkdirSync(folder, {recursive: true});
	const holder = spawn('flock', [join(folder, 'docker.lock'), 'sh', '-c', 'echo; exec cat'], {stdio: ['pipe', 'pipe', 'inherit']});

	await once(holder.stdout, 'data');
	for (const handle of [holder, holder.stdin, holder.stdout])
		handle.unref();
}

// The mails in FOLDER of the container, as lib/mail.js gives them.
export async function containerMails(container, folder) {
	const copy = mkdtempSync('/tmp/portal-mail-');

	try {
		await docker('cp', `${container}:${folder}/.`, copy);
		return await readMails(copy);
	} finally {
		rmSync(copy, {recursive: true, force: true});
	}
}

// The URL at which the container reaches what listens on this machine's loopback at URL.
export async function urlFromContainer(container, url) {
	const gateway = await docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}', container);
	const {port} = new URL(url);
	const server = createServer(socket => {
		const onward = connect(Number(port), '127.0.0.1');

		for (const [from, to] of [[socket, onward], [onward, socket]])
			from.unref().on('error', () => to.destroy()).pipe(to);
	});

	server.listen(0, gateway).unref();
	await once(server, 'listening');
	return Object.assign(new URL(url), {host: `${gateway}:${server.address().port}`}).href;
}

process.on('exit', () => {
	for (const cleanup of cleanups)
		cleanup();
});
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]])
	process.on(signal, () => process.exit(128 + number));
