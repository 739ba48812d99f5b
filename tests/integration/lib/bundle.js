// Evidence bundles in tests: unpacked, checked with our program and without it, and forged.
import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {sha256} from './bytes.js';
import {readZip, writeZip} from './zip.js';

const run = promisify(execFile);

export const memberText = (members, name) => members.find(([title]) => title === name)?.[1].toString();
export const manifestOf = zip => JSON.parse(memberText(readZip(zip), 'manifest.json'));

// Unpacks below FOLDER by Debian's unzip; gives the new folder.
export async function unpacked(folder, zip) {
	const out = mkdtempSync(join(folder, 'ud-'));

	writeFileSync(`${out}.zip`, zip);
	await run('unzip', ['-q', `${out}.zip`, '-d', out]);
	return out;
}

// The commands that README.txt tells, exactly as they stand there: what they print.
export async function readmeCommands(out) {
	const commands = readFileSync(join(out, 'README.txt'), 'utf8').split('\n').filter(line => line.startsWith('    ')).join('\n');
	const {stdout} = await run('sh', ['-c', `${commands}\n:`], {cwd: out, env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'}})
		.catch(error => error);

	return stdout;
}

// portalctl verify --bundle, with no database, no settings, nothing but the file.
export async function checkBundle(folder, zip, ...options) {
	const path = join(folder, 'check.zip'), program = join(process.env.PORTAL_BUILD ?? 'build', 'bin/portalctl');

	writeFileSync(path, zip);
	return run(program, ['verify', '--bundle', path, ...options], {env: {PATH: '/usr/bin:/bin'}})
		.then(({stdout, stderr}) => ({status: 0, output: stdout, errors: stderr}),
			error => ({status: error.code, output: error.stdout, errors: error.stderr}));
}

// Members as a forger leaves them: what CHANGES name is replaced, or gone where null, new names are added; with COVER the
// two lists are made again so that they fit.
export function forged(members, changes, cover) {
	const fresh = new Map(members.map(([name, bytes]) => [name, bytes]));

	for (const [name, change] of Object.entries(changes)) {
		const bytes = typeof change === 'function' ? Buffer.from(change(fresh.get(name)?.toString('latin1')), 'latin1') : change;

		if (bytes === null)
			fresh.delete(name);
		else
			fresh.set(name, bytes);
	}
	if (cover) {
		const manifest = JSON.parse(fresh.get('manifest.json'));

		manifest.files = [...fresh].filter(([name]) => !['manifest.json', 'SHA256SUMS'].includes(name))
			.map(([path, bytes]) => ({path, size: bytes.length, sha256: sha256(bytes)}));
		cover(manifest, fresh);
		fresh.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
		fresh.set('SHA256SUMS', Buffer.from([...fresh].filter(([name]) => name !== 'SHA256SUMS')
			.map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join('')));
	}
	return writeZip([...fresh]);
}

export const listsOnly = () => {};
