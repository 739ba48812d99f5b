// `portalctl secrets import`: the owner's key file from elsewhere; what would lose keys is refused.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {startPortal} from './lib/portal.js';

let portal, dir, file, first, second;
const owner = () => readFileSync(join(dir, 'owner'), 'utf8');
const subkeys = () => ['sender', 'customer', 'worker'].map(name => readFileSync(join(dir, name), 'utf8'));
const kept = () => readdirSync(dir).filter(name => name.startsWith('owner.'));
const bring = (text, ...options) => {
	writeFileSync(file, text, {mode: 0o644});
	return portal.ctl('secrets', 'import', dir, file, ...options);
};

before(async () => {
	portal = await startPortal();
	dir = join(portal.var, 'secrets');
	file = join(portal.base, 'brought');
	first = {owner: owner(), subkeys: subkeys()};
	assert.equal((await portal.ctl('secrets', 'rotate', dir, 'all')).status, 0);
	second = {owner: owner(), subkeys: subkeys()};
});
after(() => portal?.stop());

test('what is cut off, or no key file of the owner, changes nothing', async () => {
	for (const [text, why] of [['', /no key file of the owner/], [second.subkeys[1], /no key file of the owner/],
		['hello\n', /line 1 is not/], [second.owner.slice(0, -5), /line 2 is not/], [first.owner.slice(0, 20), /line 1 is not/]]) {
		for (const options of [[], ['--replace']]) {
			const {status, output} = await bring(text, ...options);

			assert.equal(status, 1, text);
			assert.match(output, why);
		}
	}
	assert.deepEqual([owner(), subkeys(), kept()], [second.owner, second.subkeys, []]);
});

test('a file that lacks a key in use is refused while there are tenants', async () => {
	for (const text of [first.owner, second.owner.replace(/^(master 1 ).{10}/m, '$1AAAAAAAAAA')]) {
		const {status, output} = await bring(text);

		assert.equal(status, 1);
		assert.match(output, /lacks keys that .*--replace/);
	}
	assert.deepEqual([owner(), subkeys(), kept()], [second.owner, second.subkeys, []]);
});

test('--replace takes it, and what was there stays beside it', async () => {
	const {status, output} = await bring(first.owner, '--replace');

	assert.equal(status, 0, output);
	assert.deepEqual([owner(), subkeys()], [first.owner, first.subkeys]);
	assert.equal(kept().length, 1);
	assert.equal(readFileSync(join(dir, kept()[0]), 'utf8'), second.owner);
	assert.ok(output.includes(kept()[0]), output);
});

test('a newer file that holds all keys in use needs no word', async () => {
	await new Promise(resolve => setTimeout(resolve, 1000)); // names of what is kept are seconds
	const {status, output} = await bring(second.owner);

	assert.equal(status, 0, output);
	assert.deepEqual([owner(), subkeys()], [second.owner, second.subkeys]);
});

test('without tenants any key file of the owner is taken: a new machine', async () => {
	await portal.sql('DROP SCHEMA portal CASCADE');
	await new Promise(resolve => setTimeout(resolve, 1000));
	const {status, output} = await bring(first.owner);

	assert.equal(status, 0, output);
	assert.deepEqual([owner(), subkeys()], [first.owner, first.subkeys]);
});
