// What other programs make of our PDFs: poppler, qpdf, and the pdf.js that our pages show them with.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {sha256} from './bytes.js';

const folder = mkdtempSync('/tmp/pdfs-');

process.on('exit', () => rmSync(folder, {recursive: true, force: true}));

export function onDisk(pdf) {
	const path = join(folder, `${sha256(pdf)}.pdf`);

	writeFileSync(path, pdf);
	return path;
}

export const run = (program, ...words) => execFileSync(program, words, {stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28});
export const textOf = pdf => run('pdftotext', '-layout', onDisk(pdf), '-').toString().normalize();
export const infoOf = pdf => Object.fromEntries(run('pdfinfo', onDisk(pdf)).toString().split('\n').map(line => line.split(/:\s+/)));

// Everything that is printed while WORK goes on.
async function printed(work) {
	const lines = [], {log, warn} = console;

	console.log = console.warn = (...words) => lines.push(words.join(' '));
	try {
		return [await work(), lines];
	} finally {
		Object.assign(console, {log, warn});
	}
}

let loaded;

async function pdfjs() {
	const versions = join(process.env.PORTAL_BUILD ?? 'build', 'web/pdfjs'), path = resolve(versions, readdirSync(versions)[0]);

	// Without a canvas it warns once that it cannot draw.
	loaded ??= printed(() => import(join(path, 'pdf.min.mjs'))).then(([library]) => {
		library.GlobalWorkerOptions.workerSrc = pathToFileURL(join(path, 'pdf.worker.min.mjs')).href;
		return library;
	});
	return [await loaded, path];
}

// The text of each page as pdf.js reads it. It reads what draws the page too, and every font, and finds nothing to warn of.
export async function pagesOf(pdf) {
	const [library, path] = await pdfjs();
	const [pages, warnings] = await printed(async () => {
		const task = library.getDocument({data: new Uint8Array(pdf), cMapUrl: join(path, 'cmaps/'),
			standardFontDataUrl: join(path, 'standard_fonts/')});
		const document = await task.promise, texts = [];

		for (let n = 1; n <= document.numPages; n++) {
			const page = await document.getPage(n);

			await page.getOperatorList();
			texts.push((await page.getTextContent()).items.map(({str, hasEOL}) => str + (hasEOL ? '\n' : '')).join(''));
		}
		await task.destroy();
		return texts;
	});

	assert.deepEqual(warnings, []);
	return pages;
}

// None of the three has anything to complain about.
export async function assertClean(pdf) {
	assert.match(run('qpdf', '--check', onDisk(pdf)).toString(), /No syntax or stream encoding errors found/);
	assert.equal(run('sh', '-c', 'pdftotext "$0" /dev/null 2>&1; pdfinfo -struct "$0" 2>&1 >/dev/null', onDisk(pdf)).toString(), '');
	assert.equal((await pagesOf(pdf)).length, Number(infoOf(pdf).Pages));
}
