// The example client, docs/examples/send-folder.sh: a folder from two processes at once, what became of each document, and
// answers that get lost. PORTAL_TEST_LONG=1 sends a thousand.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {startPortal} from './lib/portal.js';

const count = process.env.PORTAL_TEST_LONG ? 1000 : 60;
const portal = await startPortal();
const folders = [];
const script = fileURLToPath(new URL('../../docs/examples/send-folder.sh', import.meta.url));

after(async () => {
	for (const folder of folders)
		rmSync(folder, {recursive: true});
	await portal.stop();
});

function makeFolder(files) {
	const folder = mkdtempSync(join(tmpdir(), 'send folder '));

	folders.push(folder);
	writeFiles(folder, files);
	return folder;
}

function writeFiles(folder, files) {
	for (const [name, bytes] of Object.entries(files))
		writeFileSync(join(folder, name), bytes);
}

const quiet = {on_upload: false, on_change: false};
const named = (name, changes = {}, bytes = simplePdf('Tilbud', name)) =>
	({[`${name}.pdf`]: bytes, [`${name}.json`]: JSON.stringify(metadata(name, {notify: quiet, ...changes}))});

// {status, lines, results, text}; `results` are the numbers at the end.
function send(key, folder, {url = portal.url, environment = {}} = {}) {
	return new Promise(resolve => {
		const options = {env: {...process.env, ...environment}, maxBuffer: 64 * 1024 * 1024};

		execFile('sh', [script, url, key, folder], options, (error, stdout, stderr) => {
			const results = Object.fromEntries([...stdout.matchAll(/^([a-z_]+) (\d+)$/gm)]
				.map(([, name, number]) => [name, Number(number)]));

			resolve({status: error ? error.code : 0, lines: stdout.match(/^\d+\/\d+ .*$/gm) ?? [], results, text: stdout + stderr});
		});
	});
}

const none = {created: 0, new_version: 0, updated: 0, unchanged: 0, refused: 0, failed: 0};

test(`${count} documents of a folder from two processes: each once, with one version`, async () => {
	const names = Array.from({length: count}, (_, i) => `T-2026-${String(i + 1).padStart(4, '0')}`);
	const folder = makeFolder(Object.assign({}, ...names.map(name => named(name))));
	const {tenantId, key, api} = await portal.tenant();
	const both = await Promise.all([send(key, folder), send(key, folder)]);

	for (const {status, lines, text} of both) {
		assert.equal(status, 0, text);
		assert.deepEqual(lines.map(line => line.match(/^(\d+\/\d+ \S+) (created|unchanged)$/)?.[1]),
			names.map((name, i) => `${i + 1}/${count} ${name}`));
	}
	assert.equal(both[0].results.created + both[1].results.created, count);
	assert.equal(both[0].results.unchanged + both[1].results.unchanged, count);
	assert.deepEqual(await portal.sql(`SELECT count(*), count(DISTINCT external_id),
		(SELECT count(*) FROM version WHERE tenant_id = d.tenant_id) FROM document d WHERE tenant_id = '${tenantId}' GROUP BY tenant_id`), [[count, count, count].map(String)]);
	assert.equal((await api.get('/documents/counts')).body.sent, count);

	writeFiles(folder, {...named(names[0], {}, simplePdf('Tilbud', 'other')), ...named(names[1], {project: 'Carport'})});
	assert.deepEqual((await send(key, folder)).results, {...none, new_version: 1, updated: 1, unchanged: count - 2});
	writeFiles(folder, named(names[0]));
	assert.deepEqual((await send(key, folder)).results, {...none, new_version: 1, unchanged: count - 1}, 'back to what it was is sent, too');
});

test('what is refused is told, with what is wrong, and the rest is sent', async () => {
	const {key} = await portal.tenant();
	const folder = makeFolder({...named('Tilbud æøå "1"; x,y'), ...named('page', {}, '<!doctype html>'),
		...named('wrong', {colour: 1, expires_at: 'soon'}), 'alone.pdf': simplePdf('Tilbud', 'alone')});
	const {status, results, text} = await send(key, folder);

	assert.equal(status, 1);
	assert.deepEqual(results, {...none, created: 1, refused: 3}, text);
	for (const words of ['page refused: 422 pdf_invalid\n    /file: ', 'wrong refused: 422 invalid\n', '    /colour: is not a known member',
		'    /expires_at: must be a date', 'alone refused: alone.json'])
		assert.ok(text.includes(words), `${words} in ${text}`);
});

test('.PDF in any case is sent; a folder without PDFs is told of', async () => {
	const {key} = await portal.tenant();
	const {'T-9.pdf': bytes, 'T-9.json': json} = named('T-9');
	const {status, lines, results} = await send(key, makeFolder({'T-9.PDF': bytes, 'T-9.json': json, ...named('T-10')}));

	assert.deepEqual([status, lines.sort()], [0, ['1/2 T-10 created', '2/2 T-9 created']]);
	assert.deepEqual(results, {...none, created: 2});
	const empty = await send(key, makeFolder({'T-11.json': json}));

	assert.deepEqual([empty.status, empty.results], [0, none]);
	assert.match(empty.text, /there are no PDFs in /);
});

test('without a good key or a portal it does not begin', async () => {
	const folder = makeFolder(named('T-1'));

	assert.equal((await send('dp_wrong', folder)).status, 2);
	const gone = await send('dp_wrong', folder, {url: 'http://127.0.0.1:1', environment: {SEND_TRIES: '2'}});

	assert.equal(gone.status, 2);
	assert.match(gone.text, /no answer from/);
});

// Between client and portal: does with each upload what PLAN says next, and passes on what is left.
async function startObstacle(plan) {
	const seen = [];
	const server = createServer(async (request, response) => {
		const chunks = await request.toArray();
		const act = request.method === 'POST' ? plan.shift() ?? 'pass' : 'pass';

		seen.push({act, at: Date.now(), key: request.headers['idempotency-key']});
		if (typeof act === 'number') {
			response.writeHead(act, {'retry-after': '2'}).end();
			return;
		}
		const headers = ['authorization', 'content-type', 'idempotency-key'].filter(name => request.headers[name])
			.map(name => [name, request.headers[name]]);
		const body = chunks.length ? Buffer.concat(chunks) : undefined;
		const answer = await fetch(portal.url + request.url, {method: request.method, headers, body});
		const bytes = Buffer.from(await answer.arrayBuffer());

		if (act === 'lose')
			request.socket.destroy();
		else
			response.writeHead(answer.status, {'content-type': answer.headers.get('content-type')}).end(bytes);
	});

	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	return {url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => server.close()};
}

test('what fails for the moment is tried again, and a lost answer comes again', async () => {
	const {key, api} = await portal.tenant();
	const obstacle = await startObstacle([503, 429, 'lose']);
	const {status, results, text} = await send(key, makeFolder(named('T-1')), {url: obstacle.url});
	const uploads = obstacle.seen.filter(one => one.key);

	obstacle.stop();
	assert.equal(status, 0, text);
	assert.deepEqual(results, {...none, created: 1}, 'the first answer, by its Idempotency-Key');
	assert.deepEqual(uploads.map(one => one.act), [503, 429, 'lose', 'pass']);
	assert.equal(new Set(uploads.map(one => one.key)).size, 1);
	for (const i of [1, 2])
		assert.ok(uploads[i].at - uploads[i - 1].at >= 1900, 'Retry-After is honoured');
	assert.equal((await api.get('/documents?external_id=T-1')).body.data[0].versions.length, 1);
});

test('what goes on failing is given up, and told', async () => {
	const {key} = await portal.tenant();
	const obstacle = await startObstacle([503, 503, 503]);
	const {status, results, text} = await send(key, makeFolder(named('T-1')),
		{url: obstacle.url, environment: {SEND_TRIES: '3', SEND_WAIT_MOST: '0'}});

	obstacle.stop();
	assert.equal(status, 1);
	assert.deepEqual(results, {...none, failed: 1}, text);
	assert.match(text, /T-1 failed: 503/);
});
