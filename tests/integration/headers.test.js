// What the browser is told to allow: on pages, for files of others, for our own.
import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {png, putFile} from './lib/files.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';

const portal = await startPortal();
const {api} = await portal.tenant();

assert.equal((await putFile(api, 'PUT', '/settings/logo', 'logo.png', png)).status, 200);
const attachments = [['bilag.txt', 'Vilkår'], ['bilag.png', png], ['bilag.pdf', simplePdf('bilag')]]
	.map(([name, bytes]) => ({name, bytes}));

await api.send(metadata('headers', {contacts: [{name: 'Mette Jensen', email: 'headers@example.dk'}]}), simplePdf('headers'), attachments);
const visitor = new Visitor((await portal.mailTo('headers@example.dk')).link);

after(() => portal.stop());

// A policy as its directives, by name.
const policyOf = answer => Object.fromEntries(answer.headers.get('content-security-policy').split(';')
	.map(directive => directive.trim().split(/\s+/)).map(([name, ...sources]) => [name, sources.join(' ')]));

// What every answer says, whoever gives it.
function assertCommon(answer) {
	assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
	assert.equal(answer.headers.get('referrer-policy'), 'same-origin');
	assert.equal(answer.headers.get('x-robots-tag'), 'noindex');
	const policy = policyOf(answer);

	assert.equal(policy['default-src'], "'none'");
	assert.doesNotMatch(answer.headers.get('content-security-policy'), /unsafe|blob:|\*|https?:/);
	return policy;
}

for (const [what, path] of [['a document', ''], ['an unknown link', '/nothing'], ['a document in English', '?lang=en']])
	test(`the page of ${what} loads from itself alone, is not framed, and is not kept`, async () => {
		const answer = await visitor.get(path);
		const policy = assertCommon(answer);

		for (const [name, source] of Object.entries({'script-src': "'self'", 'worker-src': "'self'", 'style-src': "'self'",
			'connect-src': "'self'", 'form-action': "'self'", 'frame-ancestors': "'none'", 'base-uri': "'none'"}))
			assert.equal(policy[name], source, name);
		assert.equal(answer.headers.get('cache-control'), 'no-store');
	});

test('a page comes compressed to who takes that', async () => {
	const answers = await Promise.all(['gzip', 'identity'].map(encoding => fetch(visitor.link, {headers: {'accept-encoding': encoding}})));

	assert.deepEqual(answers.map(({headers}) => headers.get('content-encoding')), ['gzip', null]);
	assert.equal(answers[0].headers.get('vary'), 'Accept-Encoding');
	assert.match(await answers[0].text(), /<\/html>\s*$/);
	assert.match(await answers[1].text(), /<\/html>\s*$/);
});

for (const path of ['/', '/login', '/documents', '/verify', '/nothing'])
	test(`${path} is as strict, and not kept`, async () => {
		const answer = await fetch(portal.url + path);
		const policy = assertCommon(answer);

		assert.equal(policy['script-src'], "'self'");
		assert.equal(policy['frame-ancestors'], "'none'");
		assert.equal(answer.headers.get('cache-control'), 'no-store');
		assert.doesNotMatch(await answer.text(), /<[^>]* (?:style|on\w+)=|<script(?![^>]* src=)|<style/);
	});

test('a page holds no script, style or handler of its own, and loads nothing from elsewhere', async () => {
	const {html} = await visitor.get();

	assert.doesNotMatch(html, /<[^>]* (?:style|on\w+)=|<script(?![^>]* src=)|<style/);
	assert.doesNotMatch(html, /(?:src|href|action)="(?:https?:)?\/\//);
});

describe('what others sent', () => {
	test('the PDF is shown as a PDF, without script, framed by us alone', async () => {
		const answer = await visitor.get('/file');
		const policy = assertCommon(answer);

		assert.equal(answer.headers.get('content-type'), 'application/pdf');
		assert.match(answer.headers.get('content-disposition'), /^inline;/);
		assert.equal(policy['frame-ancestors'], "'self'");
		assert.equal(policy['script-src'], undefined);
	});

	for (const path of ['/download', '/attachments/1', '/attachments/2', '/attachments/3'])
		test(`${path} is a download, and would be in a sandbox`, async () => {
			const answer = await visitor.get(path);
			const policy = assertCommon(answer);

			assert.equal(answer.status, 200);
			assert.match(answer.headers.get('content-disposition'), /^attachment;/);
			assert.equal(policy.sandbox, '');
			assert.equal(policy['frame-ancestors'], "'none'");
		});

	test('the logo is an image', async () => {
		const answer = await visitor.get('/logo');

		assertCommon(answer);
		assert.equal(answer.headers.get('content-type'), 'image/png');
	});
});

describe('what is ours', () => {
	const pdfjs = readdirSync(join(process.env.PORTAL_BUILD ?? 'build', 'web/pdfjs'))[0];
	const get = path => fetch(portal.url + path, {headers: {'accept-encoding': 'gzip'}});

	test('style and script are kept for good under their hash', async () => {
		const {html} = await visitor.get();
		const paths = [...html.matchAll(/"(\/static\/[\w.]+\?v=\w+)"/g)].map(match => match[1]);

		assert.ok(paths.length >= 5, paths.join());
		for (const path of paths) {
			const answer = await get(path);

			assertCommon(answer);
			assert.match(answer.headers.get('cache-control'), /immutable/, path);
			const text = await answer.text();

			// A brace lost in a merge takes half of the rules along, and nobody complains.
			if (path.includes('.css'))
				assert.equal(text.split('{').length, text.split('}').length, path);
		}
	});

	test('the icon is there for what names none', async () => {
		const answer = await get('/favicon.ico');
		const bytes = Buffer.from(await answer.arrayBuffer());

		assertCommon(answer);
		assert.equal(answer.status, 200);
		assert.match(answer.headers.get('content-type'), /^image\/(?:x-icon|vnd.microsoft.icon)/);
		assert.match(answer.headers.get('cache-control'), /max-age/);
		assert.deepEqual([bytes.readUInt16LE(0), bytes.readUInt16LE(2)], [0, 1]);
		assert.ok(bytes.length < 4096, `${bytes.length} bytes`);
		assert.match((await visitor.get()).html, /<link rel="icon"[^>]*\/static\/favicon\.ico\?v=[^>]*>\s*<link rel="icon" type="image\/svg\+xml"[^>]*\/static\/favicon\.svg\?v=/);
	});

	for (const file of ['pdf.min.mjs', 'pdf.worker.min.mjs'])
		test(`${file} comes compressed, and its worker loads from us alone`, async () => {
			const answer = await get(`/static/pdfjs/${pdfjs}/${file}`);
			const policy = assertCommon(answer);

			assert.match(answer.headers.get('content-type'), /^text\/javascript/);
			assert.equal(answer.headers.get('content-encoding'), 'gzip');
			assert.match(answer.headers.get('cache-control'), /immutable/);
			assert.deepEqual([policy['script-src'], policy['connect-src']], ["'self'", "'self'"]);
			await answer.body.cancel();
		});

	test('what is not there is the page that says so', async () => {
		const answer = await get('/static/pdfjs/0.0.0/pdf.min.mjs');

		assert.equal(answer.status, 404);
		assert.match(answer.headers.get('content-type'), /^text\/html/);
		assert.doesNotMatch(answer.headers.get('cache-control'), /immutable/);
	});
});
