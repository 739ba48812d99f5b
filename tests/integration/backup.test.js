// The drill: load, a backup under load, everything destroyed, restored, and all of it compared.
import assert from 'node:assert/strict';
import {chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync,
	writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {startPortal} from './lib/portal.js';
import {lostBytes, pathOf} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

describe('backup, restore, fsck', () => {
	let portal, other, sender, folder;
	const ok = ({status, output}) => assert.equal(status, 0, output);

	before(async () => {
		[portal, other] = await Promise.all([startPortal(), startPortal()]);
		sender = await portal.tenant();
		folder = mkdtempSync('/tmp/portal-backup-');
		const {uid, gid} = statSync(join(portal.var, 'pg'));

		chownSync(folder, uid, gid);
	});
	after(async () => {
		await Promise.all([portal?.stop(), other?.stop()]);
		if (folder)
			rmSync(folder, {recursive: true, force: true});
	});

	const send = n => sender.api.send(metadata(`b-${n}`), simplePdf(`Tilbud ${n}`));
	const hashes = async place => Object.fromEntries((await place.sql(
		`SELECT external_id, encode(v.sha256, 'hex') FROM document d JOIN version v ON v.document_id = d.id
		 WHERE d.tenant_id = '${sender.tenantId}'`)));

	test('a backup under load holds all that was there before it, and a second one only what is new', async () => {
		for (let n = 0; n < 20; n++)
			await send(n);
		const accepted = new Visitor((await portal.mail('of a quote', mail => mail.link)).link);

		assert.equal((await accepted.accept({name: 'Mette Jensen'})).status, 303);
		await waitFor('its receipt', async () => await portal.sqlValue('SELECT count(signature) FROM receipt') === '1');
		let busy = true, sent = 20;
		const load = (async () => {
			while (busy) {
				await send(sent);
				if (sent % 3 === 0) // a removal, whose bytes the worker erases
					await sender.api.request('DELETE', `/documents/${(await sender.api.get(`/documents?external_id=b-${sent}`)).body.data[0].id}`);
				sent++;
			}
		})();

		const backup = await portal.ctl('backup', folder);

		busy = false;
		await load;
		ok(backup);
		await portal.mail('of the last', mail => mail.text.includes('Tilbud'));
		const again = await portal.ctl('backup', folder);

		ok(again);
		assert.match(again.output, /the database and \d+ files, \d+ of them new/);
		assert.ok(sent > 20);
	});

	test('backups of the same second stand side by side', async () => {
		const complete = () => readdirSync(folder).filter(name => existsSync(join(folder, name, 'backup.json'))).length;
		const earlier = complete();

		for (const backup of await Promise.all([portal.ctl('backup', folder), portal.ctl('backup', folder)]))
			ok(backup);
		assert.equal(complete(), earlier + 2);
	});

	test('restored elsewhere: every document, byte and hash; links open; the history is whole', async () => {
		const expected = await hashes(portal);
		const link = (await portal.mails()).find(mail => mail.link).link;

		assert.match((await other.ctl('restore', folder)).output, /there are tenants in the database/);
		// The keys are kept apart from backups; here they come along, and programs read them when they start.
		const programs = ['worker', 'view', 'download', 'status', 'upload'];

		for (const program of programs)
			await other.supervise('down', program);
		for (const name of readdirSync(join(portal.var, 'secrets')))
			writeFileSync(join(other.var, 'secrets', name), readFileSync(join(portal.var, 'secrets', name)));
		const restored = await other.ctl('restore', folder, '--replace');

		ok(restored);
		assert.doesNotMatch(restored.output, /not those of the backup/);
		// Before a worker has been there, however long ago the backup was.
		await other.travel('30 days');
		const early = await other.ctl('verify', '--store');

		await other.travelBack();
		ok(early);
		assert.match(early.output, /^note: no worker has been at work for \d+ minutes/m);
		assert.equal(await other.sqlValue('SELECT count(signature) FROM receipt'), '1');
		for (const program of programs)
			await other.supervise('up', program);
		assert.deepEqual(await hashes(other), expected);
		assert.deepEqual(await lostBytes(other), []);
		ok(await other.ctl('verify', '--store'));
		ok(await other.ctl('fsck'));
		await waitFor('the link to open', async () => (await fetch(link.replace(portal.url, other.url))).status === 200);
		const pdf = await fetch(`${link.replace(portal.url, other.url)}/file`);

		const hash = sha256(Buffer.from(await pdf.arrayBuffer()));

		assert.equal(await portal.sqlValue(`SELECT count(*) > 0 FROM version WHERE sha256 = '\\x${hash}'`), 't');
	});

	test('the feed goes on beyond every number that was given', async () => {
		const last = async place => BigInt(await place.sqlValue('SELECT last FROM feed'));

		assert.ok(await last(other) > await last(portal));
	});

	test('a damaged dump or file in the backup is named, and nothing is begun', async () => {
		const newest = readdirSync(folder).filter(name => /Z$/.test(name)).sort().at(-1);
		const dump = join(folder, newest, 'database.dump');
		const documents = await other.sqlValue('SELECT count(*) FROM document');

		truncateSync(dump, statSync(dump).size - 10);
		const refused = await other.ctl('restore', folder, '--replace');

		assert.equal(refused.status, 1);
		assert.match(refused.output, /database\.dump is damaged/);
		assert.equal(await other.sqlValue('SELECT count(*) FROM document'), documents);
		rmSync(join(folder, newest), {recursive: true});
		const hash = Object.values(await hashes(portal))[0];
		const file = join(folder, 'store', sender.tenantId, hash.slice(0, 2), hash);

		renameSync(join(folder, 'store'), join(folder, 'away'));
		assert.match((await other.ctl('restore', folder, '--replace')).output, /store is damaged: it holds 0 files where the backup names \d+/);
		renameSync(join(folder, 'away'), join(folder, 'store'));
		truncateSync(file, 5);
		assert.match((await other.ctl('restore', folder, '--replace')).output, new RegExp(`in the backup, file ${hash}.*does not hold`));
		assert.equal(await other.sqlValue('SELECT count(*) FROM document'), documents);
	});

	test('a folder without a complete backup, or one that must not be read, is refused', async () => {
		const empty = join(folder, 'empty');

		mkdirSync(join(empty, '20260101T000000Z'), {recursive: true});
		assert.match((await other.ctl('restore', empty, '--replace')).output, /holds no complete backup/);
		chmodSync(empty, 0);
		assert.match((await other.ctl('restore', empty, '--replace')).output, /Permission denied/);
		chmodSync(empty, 0o755);
	});

	test('fsck names missing, altered and unknown bytes', async () => {
		const [first, second] = Object.values(await hashes(portal));
		const [missing, altered] = [first, second].map(hash => pathOf(portal, sender.tenantId, hash));

		ok(await portal.ctl('fsck'));
		renameSync(missing, `${folder}/away`);
		const bytes = readFileSync(altered);

		bytes[40] ^= 1;
		writeFileSync(altered, bytes);
		const stray = missing.replace(first, first.replace(/.$/, last => last === '0' ? '1' : '0'));

		writeFileSync(stray, 'x');
		const found = await portal.ctl('fsck');

		assert.equal(found.status, 1);
		assert.match(found.output, new RegExp(`${first}.* is missing`));
		assert.match(found.output, new RegExp(`${second}.* does not hold the bytes`));
		assert.match(found.output, new RegExp(`${stray.split('/').at(-1)}: no row names it`));
		assert.ok(existsSync(stray));
	});
});
