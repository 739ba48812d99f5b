// scripts/server.sh: what stops `init` and `setup` before anything that runs is replaced.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {after, before, test} from 'node:test';

const bin = resolve(process.env.PORTAL_BUILD ?? 'build', 'bin');
let base, dir;

before(() => {
	base = mkdtempSync('/tmp/portal-settings-');
	dir = join(base, 'tls');
	execFileSync('mkdir', [dir]);
});
after(() => rmSync(base, {recursive: true, force: true}));

function call(words, settings = {}) {
	const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTAL_')));
	const {status, stderr} = spawnSync('bash', ['-euo', 'pipefail', '-c', `bin=${bin}; . scripts/server.sh; ${words}`],
		{env: {...environment, PORTAL_TLS_DIR: dir, ...settings}, encoding: 'utf8'});

	return {status, stderr};
}

function make(name, ...options) {
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=a',
		'-keyout', join(base, `${name}.key`), '-out', join(base, `${name}.pem`), ...options], {stdio: 'pipe'});
	return {key: readFileSync(join(base, `${name}.key`), 'utf8'), chain: readFileSync(join(base, `${name}.pem`), 'utf8')};
}

test('a certificate that nginx or browsers would refuse is told by PORTAL_TLS_DIR', () => {
	const a = make('a'), b = make('b');
	const locked = execFileSync('openssl', ['pkey', '-in', join(base, 'a.key'), '-aes256', '-passout', 'pass:secret'], {encoding: 'utf8'});

	execFileSync('openssl', ['req', '-new', '-key', join(base, 'a.key'), '-subj', '/CN=a', '-out', join(base, 'a.csr')], {stdio: 'pipe'});
	const ended = execFileSync('openssl', ['x509', '-req', '-in', join(base, 'a.csr'), '-signkey', join(base, 'a.key'), '-days', '-1'],
		{encoding: 'utf8', stdio: 'pipe'});

	for (const [chain, key, why] of [[a.chain, a.key], [a.chain + b.chain, a.key],
		[a.chain, b.key, /is not the key of/], [b.chain + a.chain, a.key, /is not the key of/], ['', a.key, /no chain/], ['text', a.key, /no chain/],
		[a.chain + b.chain.slice(0, 200), a.key, /no chain/], [a.chain, '', /no key in PEM/], [a.chain, a.key.slice(0, 80), /no key in PEM/],
		[a.chain, locked, /without a passphrase/], [ended, a.key, /has ended/]]) {
		writeFileSync(join(dir, 'fullchain.pem'), chain);
		writeFileSync(join(dir, 'privkey.pem'), key);
		const {status, stderr} = call(`check_certificate ${dir}`);

		assert.equal(status, why ? 1 : 0, stderr || String(why));
		if (why) {
			assert.match(stderr, /^portal: PORTAL_TLS_DIR: /);
			assert.match(stderr, why);
		}
	}
	rmSync(join(dir, 'privkey.pem'));
	assert.match(call(`check_certificate ${dir}`).stderr, /^portal: PORTAL_TLS_DIR: .* holds no privkey\.pem/);
});

test('settings that would stop nginx are told by their names', () => {
	const good = {PORTAL_DATABASE_URL: 'postgresql:///portal', PORTAL_BASE_URL: 'https://a.dk', PORTAL_MAIL_FROM: 'tilbud@a.dk',
		PORTAL_MAIL_DIR: '/tmp', PORTAL_STORE_DIR: '/tmp', PORTAL_SECRET_FILE: '/nowhere'};

	assert.deepEqual(call('check_settings', {...good, PORTAL_TRUSTED_PROXY: '10.0.0.0/8 ::1'}), {status: 0, stderr: ''});
	for (const [name, ...values] of [['PORTAL_TRUSTED_PROXY', '10.0.0.0/64', '999.1.1.1', 'a proxy'],
		['PORTAL_BASE_URL', 'https://a b.dk', 'https://', 'https://a.dk/x?y=1'], ['PORTAL_TLS', 'maybe']]) {
		for (const value of values) {
			const {status, stderr} = call('check_settings', {...good, [name]: value});

			assert.equal(status, 1, value);
			assert.ok(stderr.startsWith(`portal: ${name}: `), stderr);
		}
	}
});
