// The evidence bundle: everything that the signed lines name holds of manifest and files, the receipt is signed on its own,
// and nothing else may lie in it. What is done here is covered up: both lists fit.
import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {signedPdf, simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {checkBundle, forged as forge, listsOnly, manifestOf, memberText, readmeCommands, unpacked} from './lib/bundle.js';
import {sha256} from './lib/bytes.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {readZip, writeZip} from './lib/zip.js';

const portal = await startPortal();
const {api} = await portal.tenant('Nordtag ApS');
const folder = mkdtempSync('/tmp/bundle-facts-');
const check = (...words) => checkBundle(folder, ...words);

after(async () => {
	await portal.stop();
	rmSync(folder, {recursive: true});
});

// A name that looks like what the README's commands look for.
const attachments = [{name: 'Vilkår, "sha256": "00", {"n": 2, .txt', bytes: 'Arbejdet udføres på hverdage.\n', type: 'text/plain'},
	{name: 'Tegning.txt', bytes: 'En tegning i ord.\n', type: 'text/plain'}];

async function sent(name, changes = {}, pdf = simplePdf('Tilbud på nyt tag', name)) {
	const document = await api.send(metadata(name, changes), pdf, attachments);

	return {...document, visitor: new Visitor(await linkOf(portal, document.id, 'mette@example.dk'))};
}

const receipts = id => portal.sqlValue(`SELECT count(*) FROM receipt WHERE document_id = '${id}'`);
const decided = id => waitFor('the signature of the decision', async () => await portal.sqlValue(
	`SELECT count(*) FROM head_signature s JOIN event e ON e.document_id = s.document_id AND e.seq <= s.length
		AND e.type IN ('document.accepted', 'document.declined') WHERE s.document_id = '${id}'`) !== '0');

async function accepted(name, changes, pdf) {
	const quote = await sent(name, changes, pdf);

	assert.equal((await quote.visitor.accept({name: 'Mette Jensen', purchase_order: 'PO-7'})).status, 303);
	await decided(quote.id);
	await waitFor('the receipt', async () => await receipts(quote.id) === '1');
	return quote;
}

const bundle = async (id, query = '') => {
	const {status, body} = await api.get(`/documents/${id}/evidence${query}`);

	assert.equal(status, 200);
	return body;
};

async function fine(zip, note) {
	const {status, output} = await check(zip);

	assert.match(output, /, 0 findings\n$/);
	assert.equal(status, 0);
	if (note)
		assert.match(output, note);
	else
		assert.doesNotMatch(output, /note:/);
}

async function found(zip, finding) {
	const {status, output} = await check(zip);

	assert.match(output, finding);
	assert.equal(status, 1, output);
}

const changed = change => manifest => { change(manifest); };

describe('the manifest, covered up', () => {
	let members, line;

	before(async () => {
		const zip = await bundle((await accepted('facts')).id);

		members = readZip(zip);
		line = manifestOf(zip).decision.chain.after.length;
		await fine(zip);
		await fine(forge(members, {}, listsOnly));
	});

	for (const [name, change, finding, all] of [
		['amount', m => { m.document.amount.value = '84500.00'; }, /its document's amount's value is not what line 1 says/],
		['currency', m => { m.document.amount.currency = 'EUR'; }, /its document's amount's currency is not/],
		['no amount', m => { m.document.amount = null; }, /its document's amount's value is not/],
		['title', m => { m.document.title = 'Tilbud på kvist'; }, /its document's title is not what line 1 says/],
		['number', m => { m.document.number = '2026-0118'; }, /its document's number is not/],
		['kind', m => { m.document.kind = 'document'; }, /its document's kind is not/],
		['attachment\'s name', m => { m.version.attachments[1].name = 'Pris.txt'; }, /its version's attachments is not what line 1 says/],
		['attachment\'s type', m => { m.version.attachments[1].type = 'text/html'; }, /its version's attachments is not/],
		['attachment\'s size', m => { m.version.attachments[1].size++; }, /its version's attachments is not/],
		['attachment\'s hash', m => { m.version.attachments[1].sha256 = sha256('x'); }, /its version's attachments is not/],
		['attachment left out', m => { m.version.attachments.pop(); }, /its version's attachments is not/],
		['attachment\'s name in the list of files', m => { m.files.find(({path}) => path.endsWith('Tegning.txt')).name = 'Pris.txt'; },
			/its name for attachments\/02-Tegning\.txt is not the one in line \d/],
		['the version\'s hash', m => { m.version.sha256 = sha256('x'); }, /its version's sha256 is not/],
		['the version\'s size', m => { m.version.size++; }, /its version's size is not/],
		['when it was sent', m => { m.version.uploaded_at = '2026-01-01T00:00:00.000Z'; }, /its version's uploaded_at is not/],
		['the local time', m => { m.decision.at_local = '2026-01-01T00:00:00'; }, /its decision's at_local is not the time of line \d in Europe\/Copenhagen/],
		['the time zone', m => { m.decision.time_zone = 'Pacific/Auckland'; }, /its decision's at_local is not the time of line \d in Pacific\/Auckland/],
		['the e-mail address', m => { m.decision.email = 'ole@example.dk'; }, /its decision's email is not what the personal data of line \d says/],
		['the purchase order', m => { m.decision.purchase_order = 'PO-8'; }, /its decision's purchase_order is not/],
		['a reason', m => { m.decision.reason = 'Fordi'; }, /its decision's reason is not/],
		['the IP address', m => { m.decision.ip = '192.0.2.1'; }, /its decision's ip is not/],
		['how it was proved', m => { m.decision.identity = 'email_code'; }, /its decision's identity is not what line \d says/],
		['a proof', m => { m.decision.proof = {codes: 1}; }, /its decision's proof is not/],
		['that the link was shown', m => { m.decision.disclosed_at = '2026-01-01T00:00:00.000Z'; }, /its decision's disclosed_at is not/],
		['which kind of link', m => { m.decision.link_kind = 'public'; }, /its decision's link_kind is not/],
		['the contact', m => { m.decision.contact_id = m.decision.link_id; }, /its decision's contact_id is not/],
		['the hash of the consent', m => { m.decision.consent_sha256 = sha256('x'); }, /its decision's consent_sha256 is not/],
		['the language', m => { m.decision.language = 'en'; }, /its decision's language is not/],
		['that it was erased', m => { m.decision.erased_at = m.decision.at; }, /its decision's person was not erased, as it says/],
		['the event', m => { m.decision.event_id = m.decision.link_id; }, /its decision does not stand in line \d/],
		['the receipt\'s hash', m => { m.receipt.sha256 = sha256('x'); }, /its receipt is not the one that signatures\/receipt\.txt names/],
		['the receipt\'s size', m => { m.receipt.size++; }, /its receipt is not the one/],
		['the receipt\'s kind', m => { m.receipt.kind = 'certificate'; }, /its receipt is not the one/],
		['no receipt', m => { m.receipt = null; }, /its receipt is not the one/],
		['an unknown member', m => { m.evil = {price: 1}; }, /\/evil does not belong there/],
		['an unknown member of the decision', m => { m.decision.discount = '10 %'; }, /\/decision\/discount does not belong there/],
		['an unknown member of the amount', m => { m.document.amount.discount = '10 %'; }, /\/document\/amount\/discount does not belong there/],
		['an unknown member of the list of files', m => { m.files[0].note = 'x'; }, /\/files\/\*\/note does not belong there/],
		['a list item of no file', m => { m.files.push({name: 'aftale.pdf'}); }, /item \d+ of its files names none/],
		['an object in place of a name', m => { m.tenant.name = {first: 'x'}; }, /\/tenant\/name is not what belongs there/],
		['a list in place of a project', m => { m.document.project = ['x']; }, /\/document\/project is not what belongs there/],
		['a text in place of the amount', m => { m.document.amount = '5000'; }, /\/document\/amount is not what belongs there/],
		['no size in the list of files', m => { m.files[0].size = -1; }, null, /^README\.txt: was altered/m],
	]) {
		test(name, () => found(forge(members, {}, changed(change)), all ?? new RegExp(`^manifest\\.json: ${finding.source}`, 'm')));
	}

	test('a time zone that nobody knows is told of', async () => {
		const {output} = await check(forge(members, {}, changed(m => { m.decision.time_zone = '../../etc/passwd'; })));

		assert.match(output, /^note: manifest\.json: its decision's at_local cannot be checked/m);
	});

	test('what no line names is for information', () => fine(forge(members, {}, changed(m => {
		m.document.project = 'Kvist';
		m.document.customer.name = 'Hansen Byg';
		m.version.pages = 7;
	}))));

	test('manifests that are no such thing are found, not stumbled over', async () => {
		for (const manifest of ['null', '[]', '{"format": "dokumentportal-evidence-1"}', JSON.stringify({...manifestOf(writeZip(members)),
			version: 7, decision: [], receipt: 'x', files: {}, document: null, tenant: 1, chain: 'y'})])
			await found(forge(members, {'manifest.json': Buffer.from(manifest)}), /^manifest\.json: /m);
	});

	for (const [what, changes, finding] of [
		['an attachment', {'attachments/03-mere.txt': Buffer.from('mere')}, /^attachments\/03-mere\.txt: was inserted: nothing that was signed names it/m],
		['a second file with an attachment\'s number', {'attachments/01-andet.txt': Buffer.from('mere')}, /^attachments\/01-andet\.txt: was inserted/m],
		['any file', {'aftale.pdf': Buffer.from('%PDF')}, /^aftale\.pdf: was inserted/m],
		['a drawn signature', {'signature.png': Buffer.from('PNG')}, /^signature\.png: was inserted/m],
		['a signature without statement', {'signatures/99.sig': Buffer.alloc(64)}, /^signatures\/99\.sig: was inserted/m],
		['a file among the signatures', {'signatures/note.txt': Buffer.from('OK')}, /^signatures\/note\.txt: was inserted/m],
		['personal data of no line', {'personal/99.txt': Buffer.from('x')}, /^personal\/99\.txt: is not what its line/m],
		['a key that signed nothing', {'keys/ed25519-1-00000000.pem': Buffer.from('-----')}, /^keys\/ed25519-1-00000000\.pem: /m],
	])
		test(`inserted: ${what}`, () => found(forge(members, changes, listsOnly), finding));

	const receiptFiles = {'signatures/receipt.txt': null, 'signatures/receipt.sig': null};

	test('who accepted, as if that one had been erased', async () => {
		await found(forge(members, {[`personal/${line}.txt`]: null, 'receipt.pdf': null, ...receiptFiles}, changed(m => {
			m.receipt = null;
			Object.assign(m.decision, {name: null, email: null, purchase_order: null, ip: null, user_agent: null, erased_at: m.decision.at});
		})), /^manifest\.json: its decision's person was erased, as it says, but no line of events\.jsonl tells of that$/m);
	});

	const keyFile = () => members.map(([name]) => name).find(name => name.startsWith('keys/'));

	test('an amount where the line has none', async () => {
		const plain = readZip(await bundle((await sent('no-amount', {amount: null})).id));

		await fine(forge(plain, {}, listsOnly));
		await found(forge(plain, {}, changed(m => { m.document.amount = {}; })), /^manifest\.json: its document has an amount, line 1 has none/m);
	});

	test('deleted: README, the words that were agreed to', async () => {
		await found(forge(members, {'README.txt': null}, listsOnly), /^README\.txt: is missing$/m);
		await fine(forge(members, {'consent.txt': null}, changed(m => { m.decision.consent = null; })), /^note: consent\.txt: is not here, though no line/m);
	});

	test('deleted: the key, also where one brings the keys to trust', async () => {
		const keys = join(folder, 'trusted.json'), zip = forge(members, {[keyFile()]: null}, listsOnly);

		writeFileSync(keys, (await portal.ctl('keys')).output);
		for (const {output} of [await check(zip), await check(zip, '--keys', keys)])
			assert.match(output, new RegExp(`^${keyFile()}: is missing, signatures/\\d+\\.txt names it$`, 'm'));
	});

	test('an attachment under another name', async () => {
		const bytes = members.find(([name]) => name === 'attachments/02-Tegning.txt')[1];
		const zip = forge(members, {'attachments/02-Tegning.txt': null, 'attachments/02-Pris.txt': bytes}, listsOnly);

		await found(zip, /^attachments\/02-Tegning\.txt: is missing, line/m);
		await found(zip, /^attachments\/02-Pris\.txt: was inserted/m);
	});

	for (const [what, changes, finding] of [
		['altered', {'receipt.pdf': text => text.replace('%PDF', '%PDG')}, /^receipt\.pdf: is not the file that signatures\/receipt\.txt names/m],
		['replaced', {'receipt.pdf': () => 'Kvittering'}, /^receipt\.pdf: is not the file that signatures\/receipt\.txt names/m],
		['deleted', {'receipt.pdf': null}, /^receipt\.pdf: is missing, signatures\/receipt\.txt names it/m],
		['deleted with what signs it', {'receipt.pdf': null, ...receiptFiles}, /^receipt\.pdf: is missing, manifest\.json names it/m],
		['unsigned', receiptFiles, /^receipt\.pdf: is named by no signed statement/m],
		['signed by halves', {'signatures/receipt.sig': null}, /^signatures\/receipt\.txt: is no statement with its signature/m],
		['and its statement altered', {'receipt.pdf': () => 'Kvittering', 'signatures/receipt.txt': text => text
			.replace(/^sha256 .*/m, `sha256 ${sha256('Kvittering')}`).replace(/^size .*/m, 'size 10')}, /^signatures\/receipt\.txt: its signature was not made/m],
	])
		test(`the receipt ${what}`, () => found(forge(members, changes, listsOnly), finding));

	test('the receipt of another acceptance, with its true signature', async () => {
		const other = readZip(await bundle((await accepted('other')).id));
		const of = name => other.find(([title]) => title === name)[1];
		const change = m => { m.receipt = manifestOf(writeZip(other)).receipt; };

		await found(forge(members, Object.fromEntries(['receipt.pdf', 'signatures/receipt.txt', 'signatures/receipt.sig'].map(name => [name, of(name)])),
			change), /^signatures\/receipt\.txt: is not about the receipt of this version's acceptance/m);
	});

	test('the receipt and all that names it deleted: said, since a bundle from before the receipt looks the same', async () => {
		await fine(forge(members, {'receipt.pdf': null, ...receiptFiles}, changed(m => { m.receipt = null; })),
			/^note: receipt\.pdf: is not here: this bundle was made before the receipt was ready$/m);
	});

	test('its line is what the tests think', () => assert.equal(JSON.parse(memberText(members, 'events.jsonl').split('\n')[line - 1]).type, 'document.accepted'));
});

describe('receipts in bundles', () => {
	test('before there is one the bundle says so, in its README too', async () => {
		const quote = await sent('early');

		await portal.supervise('down', 'worker');
		assert.equal((await quote.visitor.accept({name: 'Mette Jensen'})).status, 303);
		await portal.sql(`UPDATE job SET run_at = 'infinity' WHERE kind = 'receipt' AND document_id = '${quote.id}'`);
		await portal.supervise('up', 'worker');
		await decided(quote.id);
		const zip = await bundle(quote.id);

		await fine(zip, /^note: receipt\.pdf: is not here: this bundle was made before the receipt was ready$/m);
		assert.match(memberText(readZip(zip), 'README.txt'), /The receipt was not\nmade yet/);
		const said = await readmeCommands(await unpacked(folder, zip));

		assert.doesNotMatch(said, /FAILED|receipt/);
	});

	test('of a signed PDF: the certificate beside it', async () => {
		const quote = await accepted('signed', {}, signedPdf('Underskrevet'));
		const zip = await bundle(quote.id);

		assert.equal(manifestOf(zip).receipt.kind, 'certificate');
		await fine(zip);
	});

	test('of an accepted version after a revision; the new one has none, and needs none', async () => {
		const quote = await accepted('revised');

		await api.send(metadata('revised', {revision: true}), simplePdf('Revideret'), attachments.slice(0, 1));
		await fine(await bundle(quote.id, '?version=1'));
		await fine(await bundle(quote.id));
		assert.equal(manifestOf(await bundle(quote.id)).receipt, null);
		assert.doesNotMatch(await readmeCommands(await unpacked(folder, await bundle(quote.id))), /FAILED/);
	});

	test('after a rotation of keys, both generations are there', async () => {
		const quote = await accepted('rotated');

		assert.equal((await portal.ctl('secrets', 'rotate', join(portal.var, 'secrets'), 'sign')).status, 0);
		await portal.supervise('restart', 'worker');
		await api.send(metadata('rotated', {revision: true}), simplePdf('Revideret'), attachments);
		assert.equal((await quote.visitor.accept({name: 'Mette Jensen'})).status, 303);
		await waitFor('both receipts', async () => await receipts(quote.id) === '2');
		const zip = await bundle(quote.id), keys = join(folder, 'keys.json');

		writeFileSync(keys, (await portal.ctl('keys')).output);
		assert.equal(readZip(zip).filter(([name]) => name.startsWith('keys/')).length, 2);
		await fine(zip);
		assert.match((await check(zip, '--keys', keys)).output, /, 0 findings/);
		assert.doesNotMatch(await readmeCommands(await unpacked(folder, zip)), /FAILED/);
	});
});

// Whoever has no program of ours: what README.txt's own commands see of changes that fit the list of hashes.
describe('by the commands in the README', () => {
	let zip;

	before(async () => {
		zip = await bundle((await accepted('readme')).id);
	});

	const relisted = async out => {
		const names = readdirSync(out, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
			.map(entry => join(entry.parentPath, entry.name).slice(out.length + 1)).filter(name => name !== 'SHA256SUMS');

		writeFileSync(join(out, 'SHA256SUMS'), names.map(name => `${sha256(readFileSync(join(out, name)))}  ${name}\n`).join(''));
	};

	test('everything fits', async () => {
		const said = (await readmeCommands(await unpacked(folder, zip))).split('\n');

		assert.deepEqual(said.filter(line => /FAILED|differ|Failure/.test(line)), []);
		for (const line of ['document.pdf: OK', 'attachments/02-Tegning.txt: OK', 'attachments: OK', 'consent.txt: OK', 'receipt.pdf: OK',
			'signatures/receipt.txt: OK', 'SHA256SUMS: OK'])
			assert.ok(said.includes(line), `${line} is missing in\n${said.join('\n')}`);
		assert.equal(said.filter(line => /^attachments\/01-.*: OK$/.test(line)).length, 2, 'by the list, and by the line');
		assert.equal(said.filter(line => line === 'Signature Verified Successfully').length, 2);
		assert.ok(said.some(line => /^line \d+: OK$/.test(line)));
		const readme = memberText(readZip(zip), 'README.txt');

		assert.match(readme, /manifest\.json proves nothing by/);
	});

	const first = out => join('attachments', readdirSync(join(out, 'attachments')).find(name => name.startsWith('01')));
	const put = (out, name, bytes) => writeFileSync(join(out, name), bytes);
	const bytesOf = (out, name) => readFileSync(join(out, name));

	for (const [what, change, complaints] of [
		['an attachment in place of the PDF, and the PDF in its place', out => {
			const pdf = bytesOf(out, 'document.pdf'), second = bytesOf(out, 'attachments/02-Tegning.txt');

			put(out, 'document.pdf', second);
			put(out, 'attachments/02-Tegning.txt', pdf);
		}, ['document.pdf: FAILED', 'attachments/02-Tegning.txt: FAILED']],
		['one attachment in place of another', out => put(out, 'attachments/02-Tegning.txt', bytesOf(out, first(out))),
			['attachments/02-Tegning.txt: FAILED']],
		['the consent in place of the PDF', out => put(out, 'document.pdf', bytesOf(out, 'consent.txt')), ['document.pdf: FAILED']],
		['the PDF in place of the consent', out => put(out, 'consent.txt', bytesOf(out, 'document.pdf')), ['consent.txt: FAILED']],
		['an attachment more', out => put(out, 'attachments/03-mere.txt', 'mere'), ['attachments/03-mere.txt: FAILED', 'attachments: FAILED']],
		['the same attachment twice', out => put(out, 'attachments/02-Mere.txt', bytesOf(out, 'attachments/02-Tegning.txt')), ['attachments: FAILED']],
		['an attachment less', out => rmSync(join(out, 'attachments/02-Tegning.txt')), ['attachments: FAILED']],
		['another receipt', out => put(out, 'receipt.pdf', 'Kvittering'), ['receipt.pdf: FAILED']],
		['the PDF in place of the receipt', out => put(out, 'receipt.pdf', bytesOf(out, 'document.pdf')), ['receipt.pdf: FAILED']],
		['another receipt, and its statement', out => {
			put(out, 'receipt.pdf', 'Kvittering');
			put(out, 'signatures/receipt.txt', bytesOf(out, 'signatures/receipt.txt').toString().replace(/^sha256 .*/m, `sha256 ${sha256('Kvittering')}`));
		}, ['Signature Verification Failure']],
		['the receipt of another event', out => put(out, 'signatures/receipt.txt',
			bytesOf(out, 'signatures/receipt.txt').toString().replace(/^event ./m, 'event x')), ['signatures/receipt.txt: FAILED']],
		['signatures that end before the answer', out => {
			const name = readdirSync(join(out, 'signatures')).find(one => /^\d+\.txt$/.test(one));

			put(out, `signatures/${name}`, bytesOf(out, `signatures/${name}`).toString().replace(/^length .*/m, 'length 1'));
		}, [/^line \d+: FAILED$/]],
		['personal data of another line', out => {
			const [a, b] = readdirSync(join(out, 'personal'));

			put(out, `personal/${a}`, bytesOf(out, `personal/${b}`));
		}, [/^personal\/\d+\.txt: FAILED$/]],
	]) {
		test(`is seen: ${what}`, async () => {
			const out = await unpacked(folder, zip);

			change(out);
			await relisted(out);
			const said = (await readmeCommands(out)).split('\n');

			assert.ok(said.includes('document.pdf: OK') && said.includes('manifest.json: OK'), 'the list fits');
			for (const complaint of complaints)
				assert.ok(said.some(line => complaint instanceof RegExp ? complaint.test(line) : line === complaint), `${complaint}:\n${said.join('\n')}`);
		});
	}

	// What this bundle's own README has no step for.
	for (const name of ['receipt.pdf', 'consent.txt', 'signature.png', 'personal/1.txt', 'attachments/01-mere.txt'])
		test(`is seen: ${name} put into a bundle without an answer`, async () => {
			const id = (await api.send(metadata(`bare-${name}`, {accept: {enabled: false}}), simplePdf('Tilbud'))).id;
			const out = await unpacked(folder, await bundle(id));

			assert.ok((await readmeCommands(out)).split('\n').includes('SHA256SUMS: OK'));
			assert.doesNotMatch(memberText(readZip(await bundle(id)), 'README.txt'), new RegExp(`^ +${name} `, 'm'));
			mkdirSync(dirname(join(out, name)), {recursive: true});
			put(out, name, 'mere');
			await relisted(out);
			assert.ok((await readmeCommands(out)).split('\n').includes('SHA256SUMS: FAILED'));
		});

	test('is seen: a link in place of a file, and beside them', async () => {
		for (const name of ['consent.txt', 'aftale.txt']) {
			const out = await unpacked(folder, zip);

			rmSync(join(out, name), {force: true});
			symlinkSync('events.jsonl', join(out, name));
			assert.ok((await readmeCommands(out)).split('\n').includes('SHA256SUMS: FAILED'));
		}
	});

	test('is seen: a file that no list names', async () => {
		const out = await unpacked(folder, zip);

		put(out, 'aftale.pdf', '%PDF');
		assert.ok((await readmeCommands(out)).split('\n').includes('SHA256SUMS: FAILED'));
	});
});
