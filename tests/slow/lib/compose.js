// A clean clone under docker-compose: the portal as ops run it, seen from outside.
import {chmodSync, mkdirSync, readFileSync} from 'node:fs';
import {Agent, request} from 'node:https';
import {join} from 'node:path';
import {freePort} from '../../integration/lib/portal.js';
import {waitFor} from '../../integration/lib/wait.js';
import {atEnd, containerMails, docker, root, run, runAtEnd, scratch, urlFromContainer} from './docker.js';
import {curl} from './walk.js';

const image = 'dokumentportal';

// At the end the image under its name, if any, is what it was, and what building left goes.
export function keepImages() {
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

export async function cleanClone() {
	const composition = new Composition(join(scratch(), 'portal'), await freePort(), await freePort());

	await run(['git', 'clone', '-q', root, composition.folder]);
	atEnd(() => runAtEnd([...composition.command, 'down', '-v', '--remove-orphans', '-t', '5'], composition.options()));
	return composition;
}

class Composition {
	constructor(folder, port, tlsPort) {
		this.folder = folder;
		this.project = `portal${process.pid}`;
		this.command = ['docker-compose', '-p', this.project];
		this.port = port;
		this.url = `https://localhost:${tlsPort}`;
		this.plainUrl = `http://localhost:${port}`;
		this.certificate = `${folder}.pem`;
		this.logs = '';
		this.settings = {PORTAL_PORT: String(port), PORTAL_TLS_PORT: String(tlsPort), PORTAL_WEBHOOK_ALLOW: '0.0.0.0/0', PORTAL_SMTP_URL: ''};
	}

	// For a command in the clone; SETTINGS besides those that are set already.
	options(settings = {}) {
		const others = Object.entries(process.env).filter(([name]) => !/^(PORTAL|COMPOSE)_/.test(name));

		return {cwd: this.folder, env: {...Object.fromEntries(others), COMPOSE_PROJECT_NAME: this.project, ...this.settings, ...settings}};
	}

	// docker-compose there: what it printed.
	compose = async (...words) => (await run([...this.command, ...words], this.options())).stdout.toString().trimEnd();

	// What it fetches from elsewhere may be away for a moment.
	async build() {
		for (let tries = 3; tries > 0; tries--)
			try {
				return await this.compose('build');
			} catch (error) {
				if (tries === 1)
					throw error;
				console.error(error.message);
			}
	}

	composeWith = (settings, ...words) => run([...this.command, ...words], this.options(settings));

	container = service => this.compose('ps', '-q', service);

	inspect = async (service, format) => docker('inspect', '-f', format, await this.container(service));

	sql = text => this.exec('db', 'psql', '-X', '-U', 'portal_owner', '-d', 'portal', '-Atc', text);

	exec = async (service, ...words) => docker('exec', await this.container(service), ...words);

	// As lib/walk.js wants it.
	place() {
		return {
			url: this.url, run, curlArguments: ['--cacert', this.certificate],
			ctl: (...words) => this.compose('run', '--rm', 'ctl', ...words),
			mails: async () => containerMails(await this.container('worker'), '/var/lib/portal/mail'),
			hookUrl: async there => urlFromContainer(await this.container('worker'), there),
		};
	}

	// Whom to trust: the certificate that was made at the first start.
	async trust() {
		await docker('cp', `${await this.container('nginx')}:/var/lib/portal/certificates/fullchain.pem`, this.certificate);
		this.agent = new Agent({ca: readFileSync(this.certificate), keepAlive: true, maxSockets: 20});
	}

	// {status, headers, text} of a request without curl's start-up time.
	fetch(url, {method = 'GET', headers = {}, body} = {}) {
		return new Promise((resolve, reject) => {
			const asked = request(url, {method, headers, agent: this.agent, timeout: 60000}, answer => {
				const chunks = [];

				answer.on('data', chunk => chunks.push(chunk)).on('error', reject)
					.on('end', () => resolve({status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString()}));
			});

			asked.on('error', reject).on('timeout', () => asked.destroy(new Error(`no answer from ${url}`))).end(body);
		});
	}

	async ready() {
		await waitFor('readiness', async () => {
			await this.trust();
			return (await curl(this.place(), `${this.url}/readyz`)).status === 204;
		}, 120);
	}

	// Not by `docker kill`: the engine takes that for the operator's wish, and starts nothing again.
	async die(service) {
		const before = await this.inspect(service, '{{.State.Pid}} {{.RestartCount}}');
		const [pid, restarts] = before.split(' ');

		await docker('run', '--rm', '--pid', 'host', 'debian:bookworm-slim', 'sh', '-c', `kill -KILL ${pid}`);
		return () => waitFor(`${service} to come back`,
			async () => (await this.inspect(service, '{{.State.Running}} {{.RestartCount}}')) === `true ${Number(restarts) + 1}`, 60);
	}

	// Containers that are replaced take their logs along: what they said so far is kept.
	async keepLogs() {
		for (const id of (await this.compose('ps', '-q')).split('\n')) {
			const {stdout, stderr} = await run(['docker', 'logs', id]);

			this.logs += stdout + stderr;
		}
	}

	// A folder on this machine that the containers' user can use, or with MODE 0 only its owner.
	hostFolder(name, mode = 0o777) {
		const folder = `${this.folder}-${name}`;

		mkdirSync(folder);
		chmodSync(folder, mode | 0o700);
		return folder;
	}
}
