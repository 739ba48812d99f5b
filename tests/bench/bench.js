// ./portal bench [--long] [--check] [--documents N] [NAME...]
//
// Measures the portal against its floor: the least program that does the same durable work (floor.c), behind an
// nginx with the same configuration, with as many processes, in the same database. Both are asked in turn,
// and what counts is the ratio within a round: the median of the rounds is told. Absolute rates depend on the machine,
// which the load generator, nginx and PostgreSQL share.
//
// Every page, download and accept has a document of its own, so each writes its event; those that are downloaded and
// accepted have been opened before, as pages do that run their script. The worker runs, and has caught up before each
// round; it stands still while accepts are measured, for it would send thousands of mails.
//
//   --long         more and longer rounds
//   --check        exit 1 when a goal is missed
//   --documents N  also: the page's rate with N documents against that with the usual ones (5000000 takes 20 minutes)
//   NAME...        only the measurements whose name holds a NAME
import {execFile} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';
import {startPortal} from '../integration/lib/portal.js';
import {Instance, pdfOf, processes} from './instance.js';
import {List, alternate, load, median} from './load.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const options = readOptions(process.argv.slice(2));
const rounds = options.long ? 9 : 5;
const seconds = options.long ? 3 : 1;
// Documents for each measurement: more than the fastest machine asks for.
const share = (options.long ? 16 : 3) * 10000;
const parts = ['page', 'download', 'accept', 'p99'];
const rows = [];

function readOptions(words) {
	const read = {names: []};

	for (let i = 0; i < words.length; i++) {
		if (words[i] === '--documents')
			read.documents = Number(words[++i]);
		else if (words[i] === '--long' || words[i] === '--check')
			read[words[i].slice(2)] = true;
		else if (words[i].startsWith('-'))
			throw new Error(`unknown option ${words[i]}`);
		else
			read.names.push(words[i]);
	}
	return read;
}

const round = value => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

// One line of the table. GOAL is {least} or {most}; without one the line only informs.
function tell(what, value, goal = {}, note = '') {
	const met = goal.least !== undefined ? value >= goal.least : goal.most !== undefined ? value <= goal.most : undefined;

	rows.push({what, value, goal: goal.least !== undefined ? `>= ${goal.least}` : goal.most !== undefined ? `<= ${goal.most}` : '',
		met: met === undefined ? '' : met ? 'met' : 'MISSED', note});
	console.error(`${what}: ${round(value)} ${rows.at(-1).met} ${note}`);
}

function tellPair(what, pair, goal, unit) {
	tell(what, pair.ratio, goal, `${round(pair.ours)} ${unit}, floor ${round(pair.floor)}; rounds ${pair.spread}`);
}

// Asks the portal and the floor in turn for what REQUEST says, and compares VALUE of the results.
function compare(instance, ours, floor, how = {}, value = result => result.rate) {
	// What the portal was asked for counts as used; the floor writes its event again and again.
	const same = floor ?? {...ours, list: ours.list && new List(ours.list.file, Infinity)};
	const measure = (url, request) => async warmUp => {
		await instance.idle();
		return value(await load(url, request, {seconds, ...how, ...(warmUp && {seconds: 1})}));
	};

	return alternate(how.rounds ?? rounds, measure(instance.portal.url, ours), measure(instance.floorUrl, same));
}

// Compares like compare(), and makes sure that the portal wrote an event of TYPE for every request.
async function compareRecording(instance, type, request) {
	const count = async () => Number(await instance.portal.sqlValue(`SELECT count(*) FROM portal.event WHERE type = '${type}'`));
	const events = await count(), from = request.list.from;
	const pair = await compare(instance, request);
	// Requests that the end of a run cut off may have missed theirs.
	const missing = request.list.from - from - (await count() - events);

	if (missing > 16 * (rounds + 1))
		throw new Error(`${missing} of ${request.list.from - from} requests wrote no ${type}`);
	return pair;
}

async function measurePage(instance, list) {
	const pair = await compareRecording(instance, 'document.fetched', {path: '/d/%s', list});

	instance.pageRate = pair.ours;
	tellPair('customer page, event included', pair, {least: 0.85}, 'pages/s');
}

async function measureDownload(instance, list) {
	tellPair('download of 100 KB, event included', await compareRecording(instance, 'document.downloaded', {path: '/d/%s/download', list}), {least: 0.85}, '/s');
}

async function measureLargeDownload(instance) {
	const pair = await compare(instance, {path: `${instance.files.large.link}/download`}, {path: '/static/large.pdf'},
		{connections: 8}, result => result.bytes / result.seconds / 1e6);

	tellPair('download of 5 MB against nginx alone, bytes', pair, {least: 0.95}, 'MB/s');
}

async function measureAccept(instance, list) {
	const form = `version=1&sha256=${instance.files.small.sha256}&name=Mette+Jensen&consent=yes`;

	instance.worker('down');
	instance.idle = async () => {};
	try {
		tellPair('accept, evidence and jobs included', await compareRecording(instance, 'document.accepted', {path: '/d/%s/accept', list, form}), {least: 0.5}, '/s');
	} finally {
		// Nobody reads the mails and receipts.
		await instance.portal.sql("UPDATE portal.job SET state = 'done', finished_at = now() WHERE state = 'waiting'");
		delete instance.idle;
		instance.worker('up');
		await instance.idle();
	}
}

// When a process of the executables last asked the database anything.
function lastQuery(instance) {
	return instance.portal.sqlValue("SELECT max(query_start) || ' ' || count(*) FROM pg_stat_activity WHERE usename = 'portal_customer'");
}

async function measureForged(instance) {
	const forged = Array.from({length: 1000}, () => randomBytes(33).toString('base64url')).join('\n');
	const list = new List(instance.write('forged', forged + '\n'), Infinity);
	const before = await lastQuery(instance);
	const pair = await compare(instance, {path: '/d/%s', list}, {path: '/empty'}, {refusals: true});

	list.startAt(0);
	tellPair('forged token against an empty reply', pair, {least: 0.9}, '/s');
	tell('  database statements of forged tokens', await lastQuery(instance) === before ? 0 : 1, {most: 0});
}

// Uploads whose bytes the portal has seen pass the check of PDFs, but does not have.
async function uploads(instance, count) {
	const pdf = pdfOf(1e6, 'upload').toString('latin1').replace('%', '%XXXXXXXXXX');
	const [before, after] = pdf.split('XXXXXXXXXX');
	const head = createHash('sha256').update(before, 'latin1');
	const tail = Buffer.from(after, 'latin1');
	const numbers = Array.from({length: count}, (_, i) => String(i).padStart(10, '0'));
	const hashes = numbers.map(number => head.copy().update(number).update(tail).digest('hex'));

	for (let i = 0; i < count; i += 500)
		await instance.portal.sql(`INSERT INTO portal.file (tenant_id, sha256, size, pages)
			SELECT '${instance.tenantId}', decode(h, 'hex'), ${before.length + tail.length + 10}, 1
			FROM unnest('{${hashes.slice(i, i + 500)}}'::text[]) h`);
	return {list: new List(instance.write('uploads', numbers.join('\n') + '\n'), count),
		upload: instance.write('upload.pdf', Buffer.from(pdf, 'latin1'))};
}

async function measureUpload(instance) {
	const request = {path: '/api/v1/documents', key: instance.key, ...await uploads(instance, options.long ? 12000 : 3000)};

	instance.worker('down');
	instance.idle = async () => {};
	try {
		const pair = await compare(instance, request, undefined, {connections: 4, seconds: 2});
		const bare = Number(instance.run(`${process.env.PORTAL_BUILD}/bin/floor`, ['write', `${instance.folder}/files`, String(processes.upload), '2']));

		tellPair('upload of 1 MB, without the check of the PDF', pair, {least: 0.7}, '/s');
		tell('  the same against the floor without HTTP', pair.ours / bare, {}, `${round(bare)} files/s`);
	} finally {
		await instance.portal.sql("UPDATE portal.job SET state = 'done', finished_at = now() WHERE state = 'waiting'");
		delete instance.idle;
		instance.worker('up');
	}
}

// Both at half of what the portal can do.
async function measureLatency(instance, list) {
	const connections = 32;
	const pageRate = instance.pageRate ?? (await load(instance.portal.url, {path: '/d/%s', list}, {seconds: 2})).rate;
	const pause = connections / (pageRate / 2) * 1000 - 1;
	const pair = await compare(instance, {path: '/d/%s', list, pause}, undefined, {connections, seconds: 2 * seconds},
		result => result.p99 / 1000);

	tellPair('p99 of the page at half load', pair, {most: 1.5}, 'ms');
}

async function measureDocuments(instance, list) {
	const before = await compare(instance, {path: '/d/%s', list});

	console.error(`making ${options.documents} documents`);
	await instance.fill(parts.length * share + 2000, options.documents);

	const after = await compare(instance, {path: '/d/%s', list});

	// The floor's table stays as it is: its rate tells how the machine did meanwhile.
	tell(`page rate with ${options.documents} documents more`, after.ratio / before.ratio, {least: 0.9},
		`${round(before.ours)} and ${round(after.ours)} pages/s, floor ${round(before.floor)} and ${round(after.floor)}`);
}

// Private memory of the largest process of each executable, after all the load.
function measureMemory(instance) {
	for (const name of ['upload', 'status', 'view', 'download', 'accept']) {
		const sizes = instance.portal.pids(name).map(pid =>
			[...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)]
				.reduce((sum, [, kb]) => sum + Number(kb), 0));

		tell(`memory of ${name}, MB private`, Math.max(...sizes) / 1024, {most: 12});
	}
}

async function firstPage(portal) {
	const start = performance.now();

	await portal.up();
	if ((await fetch(portal.demo.customer_url)).status !== 200)
		throw new Error('the sample has no page');
	return (performance.now() - start) / 1000;
}

// The first `up` also makes the cluster and the tenant, and sends the sample.
async function measureUp() {
	const start = performance.now();
	const portal = await startPortal();
	const first = (performance.now() - start) / 1000, again = [];

	await fetch(portal.demo.customer_url);
	for (let i = 0; i < 3; i++) {
		await run('./portal', ['down'], {cwd: root, env: portal.environment()});
		again.push(await firstPage(portal));
	}
	await portal.stop();
	tell('./portal up to the first page, s', median(again), {most: 3});
	tell('  the first time, with an empty PORTAL_VAR, s', first, {most: 3});
}

const wanted = name => !options.names.length || options.names.some(part => name.includes(part));

async function measureAll() {
	if (wanted('up'))
		await measureUp();
	console.error('making documents');
	const instance = await Instance.start();

	await instance.fill(0, parts.length * share + 2000);
	await instance.use(parts.length * share, 2000);
	const links = await instance.links(parts.length * share);
	const page = await (await fetch(`${instance.portal.url}/d/${readFileSync(links.file, 'utf8').slice(0, 44)}`)).arrayBuffer();

	await instance.startFloor(page.byteLength);
	for (const part of ['download', 'accept'])
		if (wanted(part))
			await instance.portal.sql(`SELECT bench.open('${instance.tenantId}', ${parts.indexOf(part) * share}, ${share})`);
	await instance.idle();
	await instance.settle();

	for (const [name, measure] of [['page', measurePage], ['download', measureDownload], ['download large', measureLargeDownload],
		['accept', measureAccept], ['forged', measureForged], ['upload', measureUpload], ['p99', measureLatency], ['memory', measureMemory]]) {
		if (!wanted(name))
			continue;
		links.startAt(parts.indexOf(name) * share + 1);
		await measure(instance, links);
	}
	if (options.documents) {
		links.startAt(parts.indexOf('p99') * share + 1);
		await instance.portal.sql('UPDATE portal.engagement SET fetched_at = NULL');
		await measureDocuments(instance, links);
	}
	await instance.stop();
}

function printTable() {
	const width = Math.max(...rows.map(row => row.what.length));

	for (const {what, value, goal, met, note} of rows)
		console.log(`${what.padEnd(width)}  ${round(value).padStart(6)}  ${goal.padEnd(7)}  ${met.padEnd(6)}  ${note}`);
}

await measureAll();
printTable();
process.exit(options.check && rows.some(row => row.met === 'MISSED') ? 1 : 0);
