// Drawn signatures: what is taken, what of it is kept, and what is refused.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {deflateSync} from 'node:zlib';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {dataUrl as url, drawing, pngHead as header, pngStart as start} from './lib/drawing.js';
import {pngChunk, pngOf} from './lib/files.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant();

after(() => portal.stop());

let number = 0;

async function sent(signature = 'drawn') {
	const name = `s-${++number}`, email = `${name}@example.dk`;
	const document = await api.send(metadata(name, {contacts: [{name: 'Mette Jensen', email}], notify: {on_upload: false},
		accept: {enabled: true, identity: 'link', signature}}), simplePdf(name));

	return {document, visitor: new Visitor(await linkOf(portal, document.id, email))};
}

const evidence = async ({id}) =>
	JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${id}', 1)`) || 'null');

describe('a drawing', () => {
	test('is kept as ink alone, with its hash beside the history', async () => {
		const {document, visitor} = await sent();
		const noted = drawing(300, 100, [pngChunk('tEXt', Buffer.from('Comment\0<script>hemmeligt</script>', 'latin1'))]);

		assert.equal((await visitor.accept({signature: url(noted), sign: 'drawn'})).status, 303);
		const found = await evidence(document), kept = Buffer.from(found.signature_image, 'base64');

		assert.equal(found.signature, 'drawn');
		assert.deepEqual(kept.subarray(0, 8), start);
		assert.ok(!kept.includes('hemmeligt') && !kept.includes('tEXt'));
		assert.deepEqual([kept.readUInt32BE(16), kept.readUInt32BE(20), kept[24], kept[25]], [207, 13, 8, 4], 'cropped, gray and alpha');
		const personal = JSON.parse(await portal.sqlValue(`SELECT personal FROM event WHERE id = '${found.event_id}'`));

		assert.equal(personal.signature_sha256, sha256(kept));
		assert.equal((await api.document(document.id)).decision.signature, 'drawn');
		assert.equal((await portal.ctl('verify')).status, 0);
		await portal.sql(`UPDATE decision SET signature_image = signature_image || '\\x00' WHERE document_id = '${document.id}'`);
		assert.match((await portal.ctl('verify')).output, /the decision of version 1 is not what event/);
		await portal.sql(`UPDATE decision SET signature_image = decode('${found.signature_image}', 'base64') WHERE document_id = '${document.id}'`);
	});

	test('may be left for a typed name, whatever was drawn before', async () => {
		for (const fields of [{}, {sign: 'typed'}, {sign: 'typed', signature: url(drawing())}, {signature: ''}]) {
			const {document, visitor} = await sent();

			assert.equal((await visitor.accept(fields)).status, 303);
			assert.deepEqual([(await evidence(document)).signature, (await evidence(document)).signature_image], ['typed', null]);
		}
	});

	test('that nobody asked for is not kept', async () => {
		for (const signature of ['none', 'typed']) {
			const {document, visitor} = await sent(signature);

			assert.equal((await visitor.accept({signature: url(drawing())})).status, 303);
			assert.deepEqual([(await evidence(document)).signature, (await evidence(document)).signature_image], [signature, null]);
		}
	});
});

test('what is no drawing is refused, and leaves nothing behind', async () => {
	const {document, visitor} = await sent();
	const bomb = Buffer.concat([start, header(30000, 30000), pngChunk('IDAT', deflateSync(Buffer.alloc(5_000_000))), pngChunk('IEND', Buffer.alloc(0))]);
	const text = Buffer.concat([Buffer.from('k\0\0', 'latin1'), deflateSync(Buffer.alloc(50_000_000))]);
	const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
	const blank = /Tegn din underskrift/, bad = /Tegningen kan ikke bruges/;

	for (const [what, signature, words] of [
		['nothing', '', blank], ['an empty picture', url(drawing(300, 100, [], 0)), blank], ['one pixel', url(pngOf(0)), blank],
		['a bomb', url(bomb), bad], ['a picture beyond the bounds', url(drawing(2001, 10)), bad],
		['an SVG', url(svg, 'image/svg+xml'), bad], ['an SVG that calls itself PNG', url(svg), bad],
		['half a PNG', url(drawing().subarray(0, 80)), bad], ['a PNG without its end', url(drawing().subarray(0, -12)), bad],
		['a PNG whose end is cut', url(drawing().subarray(0, -1)), bad], ['no base64', 'data:image/png;base64,!!!', bad],
		['an address', 'https://evil.example/a.png', bad], ['a script', 'javascript:alert(1)', bad],
	]) {
		const answer = await visitor.accept({sign: 'drawn', signature, purchase_order: 'PO-3'});

		assert.equal(answer.status, 422, what);
		assert.match(answer.text, words, what);
		assert.equal(await evidence(document), null, what);
	}
	assert.equal((await visitor.accept({sign: 'drawn', signature: url(drawing(300, 100, [pngChunk('zTXt', text)]))})).status < 500, true);
});

test('a form beyond 512 KB is too large', async () => {
	const {visitor} = await sent();

	assert.equal((await visitor.accept({sign: 'drawn', signature: `data:image/png;base64,${'A'.repeat(520 * 1024)}`})).status, 413);
	assert.equal((await visitor.accept({sign: 'drawn', signature: `data:image/png;base64,${'A'.repeat(2 * 1024 * 1024)}`})).status, 413);
});
