// Small, odd and hostile PDFs for tests; no dependencies, the same bytes every time.
//   node tests/pdfs/make.js OUTDIR        writes them all (encrypted ones where the program `qpdf` is installed)
//   const {simplePdf} = require('../pdfs/make.js')
'use strict';

const {createCipheriv, createHash} = require('node:crypto');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const latin1 = text => Buffer.from(text, 'latin1');
const escaped = text => text.replace(/[\\()]/g, '\\$&');
const MB = 1024 * 1024;

// One stream object's body; DICT without << >> and /Length.
const stream = (dict, data) =>
	Buffer.concat([latin1(`<< ${dict} /Length ${data.length} >>\nstream\n`), data, latin1('\nendstream')]);

// Numbers OBJECTS (strings or Buffers) from 1, object 1 being the catalog; classic table of references.
function assemble(objects, id, trailer = '') {
	const parts = [latin1('%PDF-1.7\n%\xe6\xf8\xe5\xff\n')];
	const offsets = [];
	let at = parts[0].length;

	objects.forEach((object, index) => {
		const part = Buffer.concat([latin1(`${index + 1} 0 obj\n`), Buffer.from(object, 'latin1'), latin1('\nendobj\n')]);

		offsets.push(at);
		parts.push(part);
		at += part.length;
	});
	const hex = createHash('sha256').update(id).digest('hex').slice(0, 32);
	const entries = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');

	parts.push(latin1(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n` +
	    `<< /Size ${objects.length + 1} /Root 1 0 R /ID [<${hex}> <${hex}>] ${trailer} >>\nstartxref\n${at}\n%%EOF\n`));
	return Buffer.concat(parts);
}

// A PDF of one page for each of TEXTS (Latin-1); EXTRA are further objects, which the catalog names.
function pagesPdf(texts, id, extra = []) {
	const page = index => 4 + 2 * index;
	const objects = [
		`<< /Type /Catalog /Pages 2 0 R ${extra.length ? `/Extra [${extra.map((_, i) => `${page(texts.length + i / 2)} 0 R`).join(' ')}]` : ''} >>`,
		`<< /Type /Pages /Count ${texts.length} /Kids [${texts.map((_, i) => `${page(i)} 0 R`).join(' ')}] >>`,
		'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
	];

	texts.forEach((text, index) => objects.push(
		`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${page(index) + 1} 0 R ` +
		    '/Resources << /Font << /F1 3 0 R >> >> >>',
		stream('', latin1(`BT /F1 18 Tf 60 760 Td (${escaped(text)}) Tj ET`))));
	return assemble([...objects, ...extra], id);
}

// One page with TEXT. The same text and id give the same bytes; another id other bytes.
const simplePdf = (text, id = text) => pagesPdf([text], `simple ${id}`);

const manyPagesPdf = count => pagesPdf(Array.from({length: count}, (_, i) => `Side ${i + 1} af ${count}`), `many ${count}`);

// Two pages; on the first a link to elsewhere, one to the second page, and scripts that ask to run.
function linksPdf() {
	const script = what => `<< /S /JavaScript /JS (app.alert\\("${what}"\\)) >>`;
	const link = (y, action) => `<< /Type /Annot /Subtype /Link /Rect [60 ${y} 260 ${y + 20}] /Border [0 0 0] /A ${action} >>`;

	return assemble([
		`<< /Type /Catalog /Pages 2 0 R /OpenAction ${script('open')} >>`,
		'<< /Type /Pages /Count 2 /Kids [4 0 R 5 0 R] >>',
		'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
		'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Resources << /Font << /F1 3 0 R >> >> /Annots [' +
		    link(750, '<< /S /URI /URI (https://nordtag.example/vilkaar) >>') + link(700, '<< /S /GoTo /D [5 0 R /Fit] >>') +
		    link(650, script('link')) + link(600, '<< /S /URI /URI (javascript:alert\\(1\\)) >>') + '] >>',
		`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /AA << /O ${script('page')} >> >>`,
		stream('', latin1('BT /F1 18 Tf 60 755 Td (Se vilk\xe5rene) Tj ET')),
	], 'links');
}

// One page and exactly SIZE bytes, most of them incompressible.
function bigPdf(size) {
	const make = filler => pagesPdf(['Stor fil'], `big ${size}`,
		[stream('', createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(filler)))]);
	let filler = size - make(0).length - 16, pdf;

	while ((pdf = make(filler)).length !== size) // the filler's size is itself written in the file
		filler += size - pdf.length;
	return pdf;
}

// Bears a digital signature, or what looks like one to who does not verify it.
const signedPdf = text => assemble([
	'<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [6 0 R] >> >>',
	'<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
	'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots [6 0 R] >>',
	stream('', latin1(`BT /F1 18 Tf 60 760 Td (${escaped(text)}) Tj ET`)),
	'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
	'<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /Rect [0 0 0 0] /P 3 0 R /V 7 0 R >>',
	'<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 400 600 200] ' +
	    `/Contents <${'00'.repeat(64)}> /M (D:20261124093107Z) >>`,
], `signed ${text}`);

const noPagesPdf = () => assemble(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Count 0 /Kids [] >>'], 'no pages');

// The last lines are lost, and with them the place of the table of references: readers can rebuild it.
function truncatedPdf() {
	const whole = manyPagesPdf(3);

	return whole.subarray(0, whole.lastIndexOf('startxref') + 4);
}

// Half of it is lost, the trailer included: beyond repair.
function halfPdf() {
	const whole = manyPagesPdf(3);

	return whole.subarray(0, whole.length / 2);
}

const garbage = () => createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(4096));

// zlib's form of MEGABYTES of zeros without ever holding them: one compressed MB, repeated.
function deflatedZeros(megabytes) {
	const one = zlib.deflateRawSync(Buffer.alloc(MB), {level: 9, finishFlush: zlib.constants.Z_FULL_FLUSH});
	const sum = Buffer.alloc(4);

	sum.writeUInt16BE(megabytes * MB % 65521, 0); // Adler-32 of zeros: the length, and 1
	sum.writeUInt16BE(1, 2);
	return Buffer.concat([Buffer.from([0x78, 0xda]), ...Array(megabytes).fill(one), Buffer.from([3, 0]), sum]);
}

// Zeros behind three filters: under 1 KB here, MEGABYTES for who decodes them.
const bomb = (dict, megabytes) => stream(`${dict} /Filter [/FlateDecode /FlateDecode /FlateDecode]`,
	[1, 2].reduce(data => zlib.deflateSync(data, {level: 9}), deflatedZeros(megabytes)));

// The table of references is a bomb: it goes off as soon as the file is opened.
function xrefBombPdf(megabytes = 12000) {
	const head = latin1('%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n' +
		'2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n' +
		'3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n');
	const table = bomb('/Type /XRef /Size 5 /W [1 4 2] /Root 1 0 R', megabytes);

	return Buffer.concat([head, latin1('4 0 obj\n'), table, latin1(`\nendobj\nstartxref\n${head.length}\n%%EOF\n`)]);
}

// The pages stand in a bomb: an object stream that a reader must decode to find them.
function objectBombPdf(megabytes = 12000) {
	const bodies = ['%PDF-1.7\n', '1 0 obj\n<< /Type /Catalog /Pages 3 0 R >>\nendobj\n'].map(latin1);

	bodies.push(Buffer.concat([latin1('2 0 obj\n'), bomb('/Type /ObjStm /N 1 /First 4', megabytes), latin1('\nendobj\n')]));
	const at = [bodies[0].length, bodies[0].length + bodies[1].length, Buffer.concat(bodies).length];
	const entry = (type, second, third) => Buffer.from([type, second >> 8, second & 255, third]);
	const table = stream('/Type /XRef /Size 5 /W [1 2 1] /Root 1 0 R', Buffer.concat(
		[entry(0, 0, 255), entry(1, at[0], 0), entry(1, at[1], 0), entry(2, 2, 0), entry(1, at[2], 0)]));

	return Buffer.concat([...bodies, latin1('4 0 obj\n'), table, latin1(`\nendobj\nstartxref\n${at[2]}\n%%EOF\n`)]);
}

// A tree of pages that is its own child.
const loopPdf = () => assemble(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Count 1 /Kids [2 0 R] >>'], 'loop');

// Ten levels, each naming the next ten times: 10^10 pages in 2 KB.
function treePdf() {
	const levels = Array.from({length: 10}, (_, i) =>
		`<< /Type /Pages /Count ${10 ** (10 - i)} /Kids [${`${i + 3} 0 R `.repeat(10)}] >>`);

	return assemble(['<< /Type /Catalog /Pages 2 0 R >>', ...levels, '<< /Type /Page /MediaBox [0 0 595 842] >>'], 'tree');
}

// Arrays in arrays, deep enough for the stack of a reader that recurses.
const nestedPdf = (depth = 200000) => assemble([
	`<< /Type /Catalog /Pages 2 0 R /Deep ${'['.repeat(depth)}${']'.repeat(depth)} >>`,
	'<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
	'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>',
], 'nested');

const files = {
	'simple.pdf': () => simplePdf('Tilbud på nyt tag, æøå ÆØÅ'),
	'pages.pdf': () => manyPagesPdf(120),
	'big.pdf': () => bigPdf(20 * MB),
	'truncated.pdf': truncatedPdf,
	'half.pdf': halfPdf,
	'signed.pdf': () => signedPdf('Underskrevet'),
	'no_pages.pdf': noPagesPdf,
	'garbage.pdf': garbage,
	'hostile_xref.pdf': xrefBombPdf,
	'hostile_objects.pdf': objectBombPdf,
	'hostile_loop.pdf': loopPdf,
	'hostile_tree.pdf': treePdf,
	'hostile_nested.pdf': nestedPdf,
};

// Encrypts the file FROM into TO; an empty USER password opens without asking. False where there is no qpdf.
function encrypt(from, to, user) {
	try {
		execFileSync('qpdf', ['--encrypt', user, 'owner', '256', '--', from, to]);
		return true;
	} catch (error) {
		if (error.code === 'ENOENT')
			return false;
		throw error;
	}
}

function writeAll(folder) {
	const to = name => path.join(folder, name);

	fs.mkdirSync(folder, {recursive: true});
	for (const [name, make] of Object.entries(files))
		fs.writeFileSync(to(name), make());
	fs.writeFileSync(to('empty.pdf'), '');
	return encrypt(to('simple.pdf'), to('encrypted.pdf'), '') && encrypt(to('simple.pdf'), to('password.pdf'), 'hemmelig');
}

module.exports = {simplePdf, manyPagesPdf, linksPdf, bigPdf, signedPdf, noPagesPdf, truncatedPdf, halfPdf, garbage, xrefBombPdf,
	objectBombPdf, loopPdf, treePdf, nestedPdf, encrypt, writeAll};

if (require.main === module) {
	if (process.argv.length !== 3) {
		console.error('usage: node make.js OUTDIR');
		process.exit(64);
	}
	if (!writeAll(process.argv[2]))
		console.error('no program qpdf: encrypted.pdf and password.pdf are not made');
}
