// `portalctl migrate`: each file once, whoever else migrates at the same time; a file that fails leaves nothing behind.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {promisify} from 'node:util';
import {root, startPortal} from './lib/portal.js';

const run = promisify(execFile);
const binaries = resolve(root, process.env.PORTAL_BUILD ?? 'build', 'bin');
const numbered = readdirSync(join(root, 'sql')).filter(name => /^\d{3}_/.test(name));

describe('portalctl migrate', () => {
	let portal, folder;
	const sql = async (database, text) => (await run('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h', join(portal.var, 'run'),
		'-U', 'portal_owner', '-d', database, '-c', text])).stdout.trimEnd();

	// {status, output} for the database `two`.
	const migrate = directory => run(join(binaries, 'portalctl'), ['migrate', directory],
		{env: {...process.env, PORTAL_DATABASE_URL: `postgresql:///two?host=${join(portal.var, 'run')}`}})
		.then(({stdout, stderr}) => ({status: 0, output: stdout + stderr}), ({code, stdout, stderr}) => ({status: code, output: stdout + stderr}));

	before(async () => {
		portal = await startPortal();
		folder = mkdtempSync('/tmp/portal-sql-');
		cpSync(join(root, 'sql'), folder, {recursive: true});
		await sql('postgres', 'CREATE DATABASE two');
	});
	after(async () => {
		await portal?.stop();
		if (folder)
			rmSync(folder, {recursive: true, force: true});
	});

	test('three at once into an empty database: all succeed, and every file was applied once', async () => {
		const answers = await Promise.all([1, 2, 3].map(() => migrate(folder)));
		const applied = answers.flatMap(({output}) => [...output.matchAll(/^applied (.*)$/gm)].map(match => match[1]));

		assert.deepEqual(answers.map(({status}) => status), [0, 0, 0], answers.map(({output}) => output).join());
		assert.deepEqual(applied.sort(), [...numbered, 'functions'].sort());
	});

	test('once more changes nothing', async () => {
		assert.deepEqual(await migrate(folder), {status: 0, output: 'the database is up to date\n'});
	});

	test('one that fails is named, and leaves nothing behind', async () => {
		writeFileSync(join(folder, '998_good.sql'), 'CREATE TABLE portal.whole (n integer);\n');
		writeFileSync(join(folder, '999_bad.sql'), 'CREATE TABLE portal.half (n integer);\nSELECT 1 / 0;\n');
		const {status, output} = await migrate(folder);

		assert.equal(status, 1);
		assert.match(output, /^applied 998_good\.sql$/m);
		assert.match(output, /999_bad\.sql: /);
		assert.equal(await sql('two', "SELECT to_regclass('portal.whole') IS NOT NULL, to_regclass('portal.half') IS NULL"), 't|t');
		writeFileSync(join(folder, '999_bad.sql'), 'CREATE TABLE portal.half (n integer);\n');
		assert.match((await migrate(folder)).output, /^applied 999_bad\.sql$/m);
	});

	test('a file that was edited after it was applied is refused by name', async () => {
		appendFileSync(join(folder, numbered[0]), '-- a thought\n');
		const {status, output} = await migrate(folder);

		assert.equal(status, 1);
		assert.match(output, new RegExp(`${numbered[0]} was applied with other content`));
	});
});
