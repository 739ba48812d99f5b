// The evidence bundle: what is in it, that it can be checked without our code, and that whatever is done to it is found.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {createHash, generateKeyPairSync, sign} from 'node:crypto';
import {chmodSync, mkdtempSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {promisify} from 'node:util';
import {simplePdf} from '../pdfs/make.js';
import {Api, assertProblem, metadata} from './lib/api.js';
import {checkBundle, forged as forge, listsOnly, manifestOf, memberText, readmeCommands, unpacked} from './lib/bundle.js';
import {sha256} from './lib/bytes.js';
import {pngSized} from './lib/files.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {pathOf} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {readZip, writeZip} from './lib/zip.js';

const run = promisify(execFile);
const portal = await startPortal();
const own = await portal.tenant('Nordtag ApS');
const {api} = own;
const folder = mkdtempSync('/tmp/bundle-test-');

after(async () => {
	await portal.stop();
	rmSync(folder, {recursive: true});
});

const attachments = [{name: 'Vilkår for arbejdet.txt', bytes: 'Arbejdet udføres på hverdage.\n', type: 'text/plain'},
	{name: 'Tegning.txt', bytes: 'En tegning i ord.\n', type: 'text/plain'}];
// A stroke from left to right on white paper.
const drawing = pngSized(100, 41, 255, Buffer.concat(Array.from({length: 41}, (_, y) =>
	Buffer.concat([Buffer.of(0), Buffer.alloc(100, y > 17 && y < 22 ? 0 : 255)]))));

let number = 0;

async function sent(changes = {}, by = api) {
	const name = `bevis-${++number}`;
	const pdf = simplePdf('Tilbud på nyt tag', name);
	const document = await by.send(metadata(name, changes), pdf, attachments);

	return {...document, name, pdf, visitor: new Visitor(await linkOf(portal, document.id, 'mette@example.dk'))};
}

const signaturesOf = async id => Number(await portal.sqlValue(`SELECT count(*) FROM head_signature WHERE document_id = '${id}'`));

// Nothing more is to come: no job of the document waits.
const settled = id => waitFor('the end of all jobs', async () => await portal.sqlValue(`SELECT count(*) FROM job
	WHERE document_id = '${id}' AND state IN ('waiting', 'running')`) === '0');

// Read, downloaded, accepted, signed.
async function accepted(changes, by) {
	const quote = await sent(changes, by);

	await quote.visitor.opened();
	await quote.visitor.get('/download');
	assert.equal((await quote.visitor.accept({name: 'Mette Jensen', purchase_order: 'PO-7'})).status, 303);
	await waitFor('the signature', () => signaturesOf(quote.id));
	await settled(quote.id);
	return quote;
}

async function bundle(id, query = '', by = api) {
	const answer = await by.get(`/documents/${id}/evidence${query}`);

	assert.equal(answer.status, 200, JSON.stringify(answer.body));
	assert.equal(answer.headers.get('content-type'), 'application/zip');
	return answer.body;
}

const textOf = memberText;
const check = (...words) => checkBundle(folder, ...words);

describe('what is in it', () => {
	test('an accepted quote: files, history, personal data, signatures, all under one name each', async () => {
		const quote = await accepted();
		const answer = await api.get(`/documents/${quote.id}/evidence`);
		const members = readZip(answer.body), names = members.map(([name]) => name), manifest = manifestOf(answer.body);

		assert.match(answer.headers.get('content-disposition'), /^attachment; filename="evidence-2026-0117\.zip"/);
		assert.equal(names[0], 'README.txt');
		assert.deepEqual(members.find(([name]) => name === 'receipt.pdf')[1], (await api.get(`/documents/${quote.id}/receipt`)).body);
		for (const name of ['document.pdf', 'attachments/01-Vilkaar_for_arbejdet.txt', 'attachments/02-Tegning.txt', 'consent.txt', 'events.jsonl',
			'heads.txt', 'manifest.json', 'SHA256SUMS'])
			assert.ok(names.includes(name), `${name} is missing of ${names}`);
		assert.equal(new Set(names).size, names.length);
		assert.deepEqual(members.find(([name]) => name === 'document.pdf')[1], quote.pdf);
		assert.equal(textOf(members, 'attachments/01-Vilkaar_for_arbejdet.txt'), attachments[0].bytes);
		assert.deepEqual([manifest.format, manifest.portal, manifest.tenant, manifest.document.external_id, manifest.version.number],
			['dokumentportal-evidence-1', portal.url, {id: own.tenantId, name: 'Nordtag ApS'}, quote.name, 1]);
		const {decision} = manifest;

		assert.deepEqual([decision.type, decision.name, decision.email, decision.purchase_order, decision.identity, decision.ip],
			['accepted', 'Mette Jensen', 'mette@example.dk', 'PO-7', 'link', '127.0.0.1']);
		assert.equal(textOf(members, 'consent.txt'), decision.consent);
		assert.equal(manifest.files.find(({path}) => path.startsWith('attachments/01')).name, attachments[0].name);
		assert.deepEqual(manifest.files.map(({path}) => path).sort(),
			names.filter(name => !['manifest.json', 'SHA256SUMS'].includes(name)).sort());
		const lines = textOf(members, 'events.jsonl').trimEnd().split('\n').map(line => JSON.parse(line));

		assert.deepEqual(lines.map(line => line.seq), lines.map((_, i) => i + 1));
		assert.equal(lines[decision.chain.after.length - 1].type, 'document.accepted');
		assert.ok(!lines.some(({type}) => type === 'document.fetched'));
		assert.doesNotMatch(textOf(members, 'events.jsonl'), /Mette|mette@/);
	});

	test('the same evidence is the same bytes, also made anew; it can be fetched in parts', async () => {
		const quote = await accepted();
		const first = await bundle(quote.id), again = await bundle(quote.id);

		assert.ok(first.equals(again));
		for (const path of portal.files('store/bundle'))
			unlinkSync(path);
		assert.ok(first.equals(await bundle(quote.id)));
		const part = await api.request('GET', `/documents/${quote.id}/evidence`, {headers: {range: 'bytes=10-19'}});

		assert.equal(part.status, 206);
		assert.ok(part.body.equals(first.subarray(10, 20)));
		const etag = (await api.get(`/documents/${quote.id}/evidence`)).headers.get('etag');

		assert.equal((await api.request('GET', `/documents/${quote.id}/evidence`, {headers: {'if-none-match': etag}})).status, 304);
	});

	test('an unanswered document, a declined one, an older version', async () => {
		const open = await sent(), declined = await sent(), revised = await accepted();

		assert.equal(manifestOf(await bundle(open.id)).decision, null);
		await declined.visitor.post('/decline', {...await declined.visitor.form('/decline'), reason: 'For dyrt'});
		await waitFor('the signature', () => signaturesOf(declined.id));
		assert.deepEqual([(await check(await bundle(declined.id))).output.match(/\d+ findings/)[0],
			manifestOf(await bundle(declined.id)).decision.reason], ['0 findings', 'For dyrt']);
		await api.send(metadata(revised.name, {revision: true}), simplePdf('Tilbud', 'revideret'));
		const now = manifestOf(await bundle(revised.id)), then = manifestOf(await bundle(revised.id, '?version=1'));

		assert.deepEqual([now.version.number, now.decision, then.version.number, then.decision.type], [2, null, 1, 'accepted']);
		for (const zip of [await bundle(open.id), await bundle(revised.id), await bundle(revised.id, '?version=1')])
			assert.match((await check(zip)).output, / 0 findings/);
	});

	test('a drawn signature, and an address proved by a code', async () => {
		const quote = await sent({accept: {enabled: true, identity: 'email_code', signature: 'drawn'}});

		assert.equal((await quote.visitor.post('/identity', {})).status, 303);
		const mail = await portal.mail('with the code', one => one.to === 'mette@example.dk' && /^\d{6}$/m.test(one.text));
		const answer = await quote.visitor.accept({name: 'Mette Jensen', code: mail.text.match(/^\d{6}$/m)[0],
			sign: 'drawn', signature: `data:image/png;base64,${drawing.toString('base64')}`});

		assert.equal(answer.status, 303, answer.text);
		await waitFor('the signature', () => signaturesOf(quote.id));
		const zip = await bundle(quote.id), members = readZip(zip);
		const {decision} = manifestOf(zip);

		assert.deepEqual([decision.signature, decision.identity, 'signature_image' in decision], ['drawn', 'email_code', false]);
		assert.ok(decision.proof);
		assert.match((await check(zip)).output, / 0 findings/);
		assert.match(await readmeCommands(await unpacked(folder, zip)), /^signature\.png: OK$/m);
		const other = writeZip(members.map(([name, bytes]) => [name, name === 'signature.png' ? drawing : bytes]));

		assert.match((await check(other)).output, /^signature\.png: is not the file that line \d+ of events\.jsonl names/m);
	});

	test('project documentation without number or project', async () => {
		const {id} = await sent({kind: 'document', number: null, project: null, amount: null, accept: {enabled: false}});

		assert.match((await check(await bundle(id))).output, / 0 findings/);
		assert.match(await readmeCommands(await unpacked(folder, await bundle(id))), /document\.pdf: OK/);
	});

	test('who may have it, and what there is none of', async () => {
		const quote = await sent(), reader = new Api(portal.url, await portal.key(own.tenantId, 'read'));
		const other = await portal.tenant('Sydtag ApS');

		await bundle(quote.id, '', reader);
		assertProblem(await other.api.get(`/documents/${quote.id}/evidence`), 404, 'not_found');
		assertProblem(await new Api(portal.url).get(`/documents/${quote.id}/evidence`), 401, 'unauthorized');
		assertProblem(await api.get(`/documents/${quote.id}/evidence?version=2`), 404, 'not_found');
		assertProblem(await api.get(`/documents/${quote.id}/evidence?version=x`), 422, 'invalid', ['version']);
		assertProblem(await api.get(`/documents/${quote.id}/evidence?v=1`), 422, 'invalid', ['v']);
		assert.equal((await api.request('DELETE', `/documents/${quote.id}`)).status, 204);
		assertProblem(await api.get(`/documents/${quote.id}/evidence`), 404, 'not_found');
	});

	test('bytes that are missing: 503, and no half a zip stays', async () => {
		const quote = await sent();

		unlinkSync(pathOf(portal, own.tenantId, sha256(quote.pdf)));
		assertProblem(await api.get(`/documents/${quote.id}/evidence`), 503, 'unavailable');
		assert.deepEqual(portal.files('store/bundle').filter(path => path.endsWith('.new')), []);
	});

	test('bytes that were altered in the store: 503, since they are no evidence', async () => {
		for (const bytesOf of [({pdf}) => pdf, () => Buffer.from(attachments[1].bytes)]) {
			const quote = await sent(), path = pathOf(portal, own.tenantId, sha256(bytesOf(quote)));
			const whole = readFileSync(path), altered = Buffer.from(whole);

			altered[altered.length - 3] ^= 1;
			chmodSync(path, 0o640);
			writeFileSync(path, altered);
			assertProblem(await api.get(`/documents/${quote.id}/evidence`), 503, 'unavailable');
			assert.deepEqual(portal.files('store/bundle').filter(name => name.endsWith('.new')), []);
			writeFileSync(path, whole);
			assert.match((await check(await bundle(quote.id))).output, / 0 findings/);
		}
	});

	test('the worker takes away those that nobody fetched for an hour', async () => {
		const quote = await sent();

		await bundle(quote.id);
		const [old, ...rest] = portal.files('store/bundle').map(path => ({path}));

		utimesSync(old.path, new Date(Date.now() - 3700e3), new Date(Date.now() - 3700e3));
		await portal.supervise('restart', 'worker');
		await waitFor('its removal', () => !portal.files('store/bundle').includes(old.path), 20000);
		assert.deepEqual(portal.files('store/bundle').sort(), rest.map(({path}) => path).sort());
	});
});

describe('checked without our code, by the commands in its README', () => {
	test('everything fits', async () => {
		const quote = await accepted(), out = await unpacked(folder, await bundle(quote.id)), said = await readmeCommands(out);

		assert.doesNotMatch(said, /FAILED|differ|Failure/);
		for (const line of ['document.pdf: OK', 'attachments/01-Vilkaar_for_arbejdet.txt: OK', 'attachments/02-Tegning.txt: OK', 'consent.txt: OK',
			'events.jsonl: OK', 'manifest.json: OK', 'Signature Verified Successfully'])
			assert.ok(said.split('\n').includes(line), `${line} is missing in\n${said}`);
		assert.match(said, /^signatures\/\d+\.txt: OK$/m);
		assert.match(said, /^personal\/\d+\.txt: OK$/m);
		assert.match(said, /"name": "Mette Jensen"/);
		assert.match(said, /"type" : "document\.accepted"/);
		// The key is the one that the portal shows.
		const {keys} = await (await fetch(`${portal.url}/.well-known/dokumentportal-keys.json`)).json();

		assert.ok(keys.some(({id, public_key_pem: pem}) => readFileSync(join(out, `keys/${id}.pem`), 'utf8') === pem));
	});

	for (const [what, path, change, complaint] of [
		['PDF', 'document.pdf', text => text.replace('Tilbud', 'Tilbvd'), /document\.pdf: FAILED/],
		['line', 'events.jsonl', text => text.replace('document.opened', 'document.openea'), /events\.jsonl: FAILED/],
		['consent', 'consent.txt', text => `${text} Måske.`, /consent\.txt: FAILED/],
		['name', null, text => text.replace('Mette', 'Metta'), /personal\/\d+\.txt: FAILED/],
	]) {
		test(`an altered ${what} is seen`, async () => {
			const quote = await accepted(), zip = await bundle(quote.id), out = await unpacked(folder, zip);
			const file = join(out, path ?? `personal/${manifestOf(zip).decision.chain.after.length}.txt`);

			writeFileSync(file, change(readFileSync(file, 'latin1')), 'latin1');
			assert.match(await readmeCommands(out), complaint);
		});
	}
});

describe('portalctl verify --bundle', () => {
	let zip, members, line, keys;

	before(async () => {
		const quote = await accepted();

		zip = await bundle(quote.id);
		members = readZip(zip);
		line = manifestOf(zip).decision.chain.after.length;
		keys = join(folder, 'keys.json');
		writeFileSync(keys, await (await fetch(`${portal.url}/.well-known/dokumentportal-keys.json`)).text());
	});

	const forged = (...words) => forge(members, ...words);
	const manifestChange = change => ({'manifest.json': text => {
		const manifest = JSON.parse(Buffer.from(text, 'latin1'));

		change(manifest);
		return Buffer.from(JSON.stringify(manifest)).toString('latin1');
	}});
	// Heads and the manifest's chain made again for other lines.
	const rechained = (manifest, fresh) => {
		let head = '0'.repeat(64), heads = '';
		const lines = fresh.get('events.jsonl').toString().split('\n').slice(0, -1);

		for (const text of lines) {
			head = sha256(`${head}\n${text}`);
			heads += `${head}\n`;
		}
		fresh.set('heads.txt', Buffer.from(heads));
		manifest.chain = {length: lines.length, head};
		manifest.files.forEach(file => Object.assign(file, {size: fresh.get(file.path).length, sha256: sha256(fresh.get(file.path))}));
		if (manifest.decision) {
			const all = ['0'.repeat(64), ...heads.split('\n')];

			manifest.decision.chain = {before: {length: line - 1, head: all[line - 1]}, after: {length: line, head: all[line]}};
		}
	};
	const lines = change => ({'events.jsonl': text => `${change(text.split('\n').slice(0, -1)).join('\n')}\n`});
	const swap = (list, a, b) => list.map((x, i) => i === a ? list[b] : i === b ? list[a] : x);
	const bytesOf = name => members.find(([title]) => title === name)[1];
	const personal = () => `personal/${line}.txt`;
	const signature = ending => members.map(([name]) => name).find(name => name.startsWith('signatures/') && name.endsWith(ending));

	async function found(bytes, finding, ...options) {
		const {status, output, errors} = await check(bytes, ...options);

		assert.equal(status, 1, output + errors);
		assert.match(output, finding);
		assert.match(errors, /something was altered/);
	}

	test('as it was fetched: no finding, also against keys kept elsewhere, and rewritten by another zip program', async () => {
		for (const [bytes, ...options] of [[zip], [zip, '--keys', keys], [writeZip(members)], [forged({}, listsOnly)]]) {
			const {status, output} = await check(bytes, ...options);

			assert.match(output, new RegExp(`^${members.length} files, \\d+ events, [1-9]\\d* signatures, 0 findings\\n$`));
			assert.equal(status, 0);
		}
	});

	// what is done, the members changed, how it is covered up, what is said when it is not, what is said when it is
	const kinds = () => [
		['PDF altered', {'document.pdf': text => text.replace('Tilbud', 'Tilbvd')},
			manifest => Object.assign(manifest.version, {sha256: sha256('x')}),
			/^document\.pdf: was altered/m, /^document\.pdf: is not the file that line \d+ of events\.jsonl names/m],
		['PDF cut off', {'document.pdf': text => text.slice(0, -100)}, listsOnly, /^document\.pdf: was altered/m, /^document\.pdf: is not the file/m],
		['PDF deleted', {'document.pdf': null}, listsOnly, /^document\.pdf: is missing/m, /^document\.pdf: is missing, line \d+ of events/m],
		['attachment altered', {'attachments/02-Tegning.txt': () => 'En anden tegning.\n'}, listsOnly,
			/^attachments\/02-Tegning\.txt: was altered/m, /^attachments\/02-Tegning\.txt: is not the file/m],
		['attachments swapped', {'attachments/02-Tegning.txt': bytesOf('attachments/01-Vilkaar_for_arbejdet.txt'),
			'attachments/01-Vilkaar_for_arbejdet.txt': bytesOf('attachments/02-Tegning.txt')}, listsOnly,
			/^attachments\/01-.*: was altered/m, /^attachments\/01-.*: is not the file/m],
		['attachment deleted', {'attachments/02-Tegning.txt': null}, listsOnly,
			/^attachments\/02-Tegning\.txt: is missing/m, /^attachments\/02-Tegning\.txt: is missing, line/m],
		['consent altered', {'consent.txt': text => `${text}!`}, manifest => Object.assign(manifest.decision, {consent: `${manifest.decision.consent}!`}),
			/^consent\.txt: was altered/m, /^consent\.txt: is not the file/m],
		['member inserted', {'attachments/03-mere.txt': () => 'mere'}, null, /^attachments\/03-mere\.txt: was inserted/m],
		['manifest: another name', manifestChange(m => { m.decision.name = 'Ole Hansen'; }), listsOnly,
			/^manifest\.json: was altered/m, /^manifest\.json: its decision's name/m],
		['manifest: another time', manifestChange(m => { m.decision.at = '2026-01-01T00:00:00.000Z'; }), listsOnly,
			/^manifest\.json: was altered/m, /^manifest\.json: its decision's at/m],
		['manifest: declined', manifestChange(m => { m.decision.type = 'declined'; }), listsOnly,
			/^manifest\.json: was altered/m, /^manifest\.json: its decision is not the one/m],
		['manifest: no decision', manifestChange(m => { m.decision = null; }), listsOnly,
			/^manifest\.json: was altered/m, /^manifest\.json: its decision is not the one/m],
		['manifest: another document', manifestChange(m => { m.document.id = m.tenant.id; }), listsOnly,
			/^manifest\.json: was altered/m, /^events\.jsonl: line 1 is of another document/m],
		['manifest deleted', {'manifest.json': null}, null, /^manifest\.json: is missing/m],
		['SHA256SUMS deleted', {'SHA256SUMS': null}, null, /^SHA256SUMS: is missing/m],
		['line altered', lines(list => list.map(text => text.replace('"document.opened"', '"document.openea"'))), rechained,
			/^events\.jsonl: does not make the hash in line \d+ of heads\.txt/m, /^events\.jsonl: the first \d+ lines are not those that were signed/m],
		['line deleted', lines(list => list.filter((_, i) => i !== 1)), rechained,
			/^events\.jsonl: line 2 says that it is number 3/m, /^events\.jsonl: line 2 says that it is number 3/m],
		['line inserted', lines(list => [...list.slice(0, 2), list[1], ...list.slice(2)]), rechained,
			/^events\.jsonl: line 3 says that it is number 2/m, /^events\.jsonl: line 3 says that it is number 2/m],
		['lines swapped', lines(list => swap(list, 1, 2)), rechained, /^events\.jsonl: line 2 says/m, /^events\.jsonl: line 2 says/m],
		['history cut off before the last signature', lines(list => list.slice(0, line - 1)), rechained,
			/^events\.jsonl: was cut off: \d+ lines were signed/m, /^events\.jsonl: was cut off/m],
		['history deleted', {'events.jsonl': null}, null, /^events\.jsonl: is missing/m],
		['heads altered', {'heads.txt': text => text.replace(/^./, x => x === 'a' ? 'b' : 'a')}, listsOnly,
			/^heads\.txt: was altered/m, /^events\.jsonl: does not make the hash in line 1/m],
		['heads cut off', {'heads.txt': text => text.slice(0, -65)}, listsOnly, /^heads\.txt: was altered/m, /^heads\.txt: ends before/m],
		['personal data altered', {[personal()]: text => text.replace('Mette', 'Metta')},
			manifest => Object.assign(manifest.decision, {name: 'Metta Jensen'}),
			/^personal\/\d+\.txt: was altered/m, /^personal\/\d+\.txt: is not what its line/m],
		['personal data deleted, but still claimed', {[personal()]: null}, listsOnly,
			/^personal\/\d+\.txt: is missing/m, /^manifest\.json: its decision's name is not what the personal data/m],
		['personal data of another line', {[personal()]: bytesOf(members.map(([name]) => name).find(name => name.startsWith('personal/') && name !== personal()))},
			listsOnly, /^personal\/\d+\.txt: was altered/m, /^personal\/\d+\.txt: is not what its line/m],
		['signature altered', {[signature('.sig')]: text => String.fromCharCode(text.charCodeAt(0) ^ 1) + text.slice(1)}, listsOnly,
			/^signatures\/\d+\.sig: was altered/m, /^signatures\/\d+\.txt: its signature was not made with the key/m],
		['signature cut off', {[signature('.sig')]: text => text.slice(0, 40)}, listsOnly,
			/^signatures\/\d+\.sig: was altered/m, /^signatures\/\d+\.txt: is no statement with its signature/m],
		['statement altered', {[signature('.txt')]: text => text.replace(/at 20/, 'at 19')}, listsOnly,
			/^signatures\/\d+\.txt: was altered/m, /^signatures\/\d+\.txt: its signature was not made/m],
		['signatures deleted', Object.fromEntries(members.map(([name]) => name).filter(name => name.startsWith('signatures/')).map(name => [name, null])),
			listsOnly, /^signatures\/\d+\.txt: is missing/m, /^signatures: none covers the decision/m],
		['key deleted', Object.fromEntries(members.map(([name]) => name).filter(name => name.startsWith('keys/')).map(name => [name, null])),
			listsOnly, /^keys\/.*: is missing/m, /^signatures\/\d+\.txt: its signature has no key/m],
		['key under another\'s name', Object.fromEntries(members.filter(([name]) => name.startsWith('keys/')).map(([name]) => [name, () => otherKey().pem])),
			listsOnly, /^keys\/.*: was altered/m, /^keys\/.*: is not the key that its name says/m],
	];

	test('each kind of change is found and named, also where the lists were made to fit', async t => {
		for (const [what, changes, cover, plainly, covered] of kinds()) {
			await t.test(what, () => found(forged(changes, null), plainly));
			if (cover)
				await t.test(`${what}, covered up`, () => found(forged(changes, cover), covered));
		}
	});

	// A key of somebody else's, under the id that is truly its own.
	function otherKey() {
		const {publicKey, privateKey} = generateKeyPairSync('ed25519');
		const raw = publicKey.export({format: 'der', type: 'spki'}).subarray(-32);

		return {id: `ed25519-1-${createHash('sha256').update(raw).digest('hex').slice(0, 8)}`,
			pem: publicKey.export({format: 'pem', type: 'spki'}), privateKey};
	}

	test('a history rewritten and signed with a key of one\'s own is found by who knows the portal\'s', async () => {
		const {id, pem, privateKey} = otherKey();
		const rewritten = forged({...lines(list => list.map(text => text.replace('"document.opened"', '"document.openea"'))),
			...Object.fromEntries(members.map(([name]) => name).filter(name => name.startsWith('keys/')).map(name => [name, null])),
			[`keys/${id}.pem`]: Buffer.from(pem)}, (manifest, fresh) => {
			rechained(manifest, fresh);
			const heads = fresh.get('heads.txt').toString().split('\n');

			for (const name of [...fresh.keys()].filter(title => /^signatures\/.*txt$/.test(title))) {
				const n = Number(basename(name, '.txt'));
				const text = Buffer.from(fresh.get(name).toString().replace(/^head .*/m, `head ${heads[n - 1]}`).replace(/^key .*/m, `key ${id}`));

				fresh.set(name, text);
				fresh.set(name.replace('.txt', '.sig'), sign(null, text, privateKey));
			}
			Object.assign(manifest.receipt, {key_id: id});
			manifest.files.forEach(file => Object.assign(file, {size: fresh.get(file.path).length, sha256: sha256(fresh.get(file.path))}));
		});

		assert.match((await check(rewritten)).output, / 0 findings/);
		await found(rewritten, new RegExp(`^keys/${id}\\.pem: is not one of the keys to trust`, 'm'), '--keys', keys);
		await found(rewritten, /^signatures\/\d+\.txt: its signature was made with the key .* which is not a trusted one/m, '--keys', keys);
	});

	test('a member twice, a zip cut off, no zip, names that would steer a terminal', async () => {
		await found(writeZip([...members, ['document.pdf', Buffer.from('x')]]), /^document\.pdf: is there more than once/m);
		await found(zip.subarray(0, zip.length - 300), /^the zip: is damaged or cut off/m);
		await found(Buffer.from('ikke et arkiv'), /^the zip: is damaged or cut off/m);
		await found(Buffer.alloc(0), /^the zip: is damaged or cut off/m);
		const {output} = await check(writeZip([...members, ['\x1b[2Jx', Buffer.from('x')]]));

		assert.match(output, /^\?\[2Jx: was inserted/m);
		assert.ok(!output.includes('\x1b'));
		const flipped = Buffer.from(zip);

		flipped[flipped.indexOf('document.accepted') + 3] ^= 1;
		await found(flipped, /CRC|events\.jsonl/);
	});

	test('names changed in the directory alone, which is what unpackers go by; another zip glued in front', async () => {
		const rename = (bytes, from, to) => {
			const at = bytes.lastIndexOf(from);

			assert.equal(bytes.toString('latin1', at - 46, at - 42), 'PK\x01\x02');
			bytes.write(to, at);
		};
		const swapped = Buffer.from(zip), all = Buffer.from(zip);

		rename(swapped, 'heads.txt', 'Heads.txt');
		rename(all, 'document.pdf', 'bocument.pdf');
		for (const bytes of [swapped, all])
			await found(bytes, /^the zip: is not the same for every program that unpacks it: its directory says otherwise than the member that it calls/m);
		await found(Buffer.concat([writeZip([['document.pdf', Buffer.from('x')]]), zip]), /^the zip: is /m);
		await found(Buffer.concat([zip, Buffer.from('x')]), /^the zip: is /m);
	});

	test('a file that is not there, options that do not go together', async () => {
		const program = join(process.env.PORTAL_BUILD ?? 'build', 'bin/portalctl');
		const status = words => run(program, words, {env: {}}).then(() => 0, error => error.code);

		assert.equal(await status(['verify', '--bundle', join(folder, 'intet.zip')]), 2);
		assert.equal(await status(['verify', '--bundle', join(folder, 'check.zip'), '--store']), 2);
		assert.equal(await status(['verify', '--bundle', join(folder, 'check.zip'), '--keys', join(folder, 'intet.json')]), 2);
	});

	test('erased personal data are no fault', async () => {
		const tenant = await portal.tenant('Glemtag ApS'), quote = await accepted({}, tenant.api);

		await tenant.api.request('PATCH', '/settings', {body: JSON.stringify({retention: {ip_days: 1}})});
		await portal.travel('2 days');
		try {
			await waitFor('forgetting', async () => await portal.sqlValue(
				`SELECT count(personal) FROM event WHERE document_id = '${quote.id}'`) === '1');
		} finally {
			await portal.travelBack();
		}
		const {output} = await check(await bundle(quote.id, '', tenant.api));

		assert.match(output, /the personal data of [1-9]\d* events were erased/);
		assert.match(output, / 0 findings/);
		assert.doesNotMatch(await readmeCommands(await unpacked(folder, await bundle(quote.id, '', tenant.api))), /FAILED|No such file/);
	});
});
