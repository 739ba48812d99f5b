// Receipts of odd letters, of a drawn signature with a code, and receipts that cannot be made.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, describe, test} from 'node:test';
import {manyPagesPdf, simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {askCode} from './lib/codes.js';
import {dataUrl, drawing} from './lib/drawing.js';
import {linkOf} from './lib/links.js';
import {assertClean, infoOf, pagesOf, run, onDisk, textOf} from './lib/pdf_readers.js';
import {freePort, startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const metrics = await freePort();
const portal = await startPortal({PORTAL_METRICS_PORT: String(metrics)});
const {api} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());

async function sent(externalId, changes = {}, pdf = simplePdf(externalId)) {
	const email = `${externalId}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da'}];
	const document = await api.send(metadata(externalId, {number: externalId, contacts, ...changes}), pdf);

	return {document, email, visitor: new Visitor(await linkOf(portal, document.id, email))};
}

const receiptOf = id => waitFor('a receipt', async () => {
	const answer = await api.get(`/documents/${id}/receipt`);

	return answer.status === 200 && answer.body;
});

const acceptMails = (number, n = 2) => waitFor(`${n} mails of the acceptance of ${number}`, async () => {
	const mails = (await portal.mails()).filter(mail => mail.subject.includes(number) && mail.subject.includes('accepteret'));

	return mails.length >= n && mails;
});

const plain = text => text.replace(/\s+/g, ' ');

test('signed by hand, with a code, in real Danish letters, it opens everywhere', async () => {
	const {document, email, visitor} = await sent('haand', {
		title: 'Rødt tegltag på Ærøvej 3, Åby', customer: {name: 'Jensen Byg A/S'},
		accept: {enabled: true, identity: 'email_code', signature: 'drawn'}}, manyPagesPdf(2));
	const code = await askCode(portal, visitor, email);
	const answer = await visitor.accept({code, name: 'Søren Ærø Åkjær', purchase_order: 'Ø-17 å', sign: 'drawn', signature: dataUrl(drawing())});

	assert.equal(answer.status, 303, answer.text);
	const pdf = await receiptOf(document.id);

	await assertClean(pdf);
	assert.ok(Number(infoOf(pdf).Pages) >= 3);
	const {proof} = (await api.events(document.id)).find(({type}) => type === 'document.accepted').data;

	assert.equal(proof.tries, 1);
	const pages = (await pagesOf(pdf)).slice(2).join('\n');

	for (const text of [textOf(pdf), pages])
		for (const said of ['Søren Ærø Åkjær har accepteret tilbud haand fra Nordtag ApS', 'Rødt tegltag på Ærøvej 3, Åby', 'Ø-17 å',
			'Underskrevet i hånden på skærmen', `Engangskode sendt til ${email} den`, 'Koden blev tastet rigtigt i forsøg 1'])
			assert.ok(plain(text).includes(said), `${said} in ${plain(text)}`);
	assert.match(run('pdfimages', '-list', onDisk(pdf)).toString(), /\n\s+3 .*\b207 +13\b/, 'the drawing is on the certificate');
	for (const mail of await acceptMails('haand'))
		assert.match(mail.text, /Kvitteringen er vedhæftet som PDF/);
});

// Each word of the certificate's pages with the place of its left edge, in the order of the page: [{word, x, y, page}].
function wordsOf(pdf) {
	let page = 0;

	return run('pdftotext', '-bbox', onDisk(pdf), '-').toString().split('\n').flatMap(line => {
		const [, x, y, word] = line.match(/<word xMin="([\d.]+)" yMin="([\d.]+)".*>(.*)<\/word>/) ?? [];

		page += line.includes('<page ');
		return word ? [{word, x: Number(x), y: Number(y), page}] : [];
	});
}

test('an Arabic name does not turn the sentence around, and a long one gets no hyphens', async () => {
	const {document, visitor} = await sent('retning');

	assert.equal((await visitor.accept({name: 'محمد علي'})).status, 303);
	const words = wordsOf(await receiptOf(document.id));
	const has = words.findIndex(({word}) => word === 'har');
	const name = words.filter(({y, page}) => page === words[has].page && Math.abs(y - words[has].y) < 4).filter(({word}) => /[\u0600-\u06ff\ufb50-\ufeff]/.test(word));

	assert.ok(name.length > 0 && name.every(({x}) => x < words[has].x), JSON.stringify(words.slice(0, 30)));
	assert.ok(words[has + 1].word === 'accepteret' && words[has].x < words[has + 1].x);
	const {document: long, visitor: other} = await sent('lang');
	const legal = 'Ejendomsadministrationsselskabetforboligudlejningsejendommeogerhvervslejemaalsforvaltning'.repeat(2).slice(0, 118);

	assert.equal((await other.accept({name: legal})).status, 303);
	const said = textOf(await receiptOf(long.id));

	assert.ok(said.replace(/\s+/g, '').includes(`${legal}har`), said);
	assert.doesNotMatch(said.replace(/\s+\n/g, '\n'), /[a-z][-‐]\n\s*[a-z]/);
});

describe('letters of all the world', () => {
	for (const [what, name] of [['Polish and Turkish', 'Łukasz Wiśniewski-Şahin'], ['Chinese, Japanese, Korean', '李小龍 王さくら 김민수'],
		['Greek and Russian', 'Γιώργος Ковальчук'], ['Tamil, Thai, Hindi', 'தமிழ் ไทย हिन्दी'], ['emoji', 'Mette 🙂 ✓ ☎'], ['Arabic', 'محمد علي']])
		test(`${what} are drawn by a font, and read`, async () => {
			const {document, visitor} = await sent(`letters-${what.split(/\W/)[0]}`, {title: `Tag ${name}`});

			assert.equal((await visitor.accept({name, purchase_order: name})).status, 303);
			const pdf = await receiptOf(document.id), text = textOf(pdf).replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

			await assertClean(pdf);
			assert.ok(plain(text).split(name.normalize()).length > 4, text);
		});

	test('what stands in the database from before is replaced', async () => {
		const {document, visitor} = await sent('before');

		await portal.supervise('down', 'worker');
		assert.equal((await visitor.accept({name: 'Mette Jensen', purchase_order: 'PO-7'})).status, 303);
		// As a release that took noncharacters would have left it.
		await portal.sql(`SET search_path = portal; UPDATE decision SET name = name || U&'\\FFFE', purchase_order = 'PO' || U&'\\FDD0' || '7'
			WHERE document_id = '${document.id}'; UPDATE version SET title = 'Tag' || U&'\\+10FFFF' WHERE document_id = '${document.id}';
			UPDATE customer SET name = 'Jensen' || U&'\\FFFF' WHERE id = (SELECT customer_id FROM document WHERE id = '${document.id}')`);
		await portal.supervise('up', 'worker');
		const pdf = await receiptOf(document.id);

		await assertClean(pdf);
		for (const said of ['Mette Jensen\ufffd', 'PO\ufffd7', 'Tag\ufffd', 'Jensen\ufffd'])
			assert.ok(textOf(pdf).includes(said), said);
		assert.equal((await acceptMails('before')).length, 2, 'and mails go out');
		await portal.sql(`UPDATE customer SET name = 'Jensen Byg A/S' WHERE id = (SELECT customer_id FROM document WHERE id = '${document.id}')`);
	});
});

describe('a receipt that cannot be made', () => {
	let document, visitor, promised;

	before(async () => {
		({document, visitor} = await sent('broken'));
		await portal.supervise('down', 'worker');
		assert.equal((await visitor.accept({name: 'Mette Jensen'})).status, 303);
		promised = await visitor.get();
		// Nothing that comes in makes pdfreceipt fail, so the description is broken for it; this is the last attempt.
		await portal.sql(`SET search_path = portal; UPDATE job SET attempts = 4 WHERE kind = 'receipt' AND document_id = '${document.id}';
			ALTER FUNCTION receipt_json(job) RENAME TO receipt_json_whole;
			CREATE FUNCTION receipt_json(j job) RETURNS json LANGUAGE sql AS
				'SELECT (portal.receipt_json_whole(j)::jsonb || ''{"history": [{}]}'')::json'`);
		await portal.supervise('up', 'worker');
		await waitFor('it to be given up', async () => await portal.sqlValue(`SELECT state FROM job WHERE kind = 'receipt'
			AND document_id = '${document.id}'`) === 'dead');
	});

	test('is promised until then, and no longer', async () => {
		assert.match(promised.html, /\/receipt"/);
		assert.match(promised.text, /du får en kvittering på mail/);
		const page = await visitor.get();

		assert.ok(!page.html.includes('/receipt"'));
		assert.doesNotMatch(page.text, /du får en kvittering på mail|finde kvitteringen her igen/);
		assert.match(page.text, /Tak, Mette Jensen\. Nordtag ApS har fået besked\. .*Kvitteringen kunne ikke laves som PDF\. Accepten er registreret og gælder/);
		assert.match((await visitor.get('?lang=en')).text, /The receipt could not be made as a PDF/);
		const asked = await visitor.get('/receipt');

		assert.equal(asked.status, 404);
		assert.match(asked.text, /Kvitteringen kunne ikke laves/);
		assertProblem(await api.get(`/documents/${document.id}/receipt`), 404, 'not_found');
	});

	test('is not promised by mails that go out later', async () => {
		for (const mail of await acceptMails('broken')) {
			assert.match(mail.text, /Kvitteringen kunne ikke laves som PDF\. Accepten er registreret og gælder/);
			assert.doesNotMatch(mail.subject + mail.text + mail.html, /Her er kvitteringen|Se kvitteringen|Kvittering:|vedhæftet/);
			assert.match(mail.text, /accepterede tilbuddet/);
		}
	});

	test('is told to ops: in the log, in the metrics, by portalctl', async () => {
		const log = portal.files('log').filter(path => path.endsWith('worker/current')).map(path => readFileSync(path, 'utf8')).join('');
		const lines = log.split('\n').filter(line => line.includes('{')).map(line => JSON.parse(line.slice(line.indexOf('{'))));
		const ended = lines.find(({message, kind, outcome}) => message === 'job' && kind === 'receipt' && outcome === 'dead');

		assert.equal(ended.answer, 'pdfreceipt failed: signal 11 (Segmentation fault)');
		assert.equal(ended.level, 'warning');
		assert.equal(lines.find(({message}) => /takes no certificate/.test(message)).reason, 'signal 11 (Segmentation fault)');
		const measured = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();

		assert.match(measured.split('\n').filter(line => line.includes('"receipt"')).join('\n'), /portal_jobs_ended_total\{kind="receipt",outcome="dead"\} 1$/m);
		const failed = JSON.parse((await portal.ctl('jobs', 'failed', '--kind', 'receipt')).output);

		assert.deepEqual([failed.kind, failed.document_id, failed.version, failed.answer], ['receipt', document.id, 1, ended.answer]);
		assert.equal((await portal.ctl('jobs', 'failed', '--kind', 'webhook')).output, '');
	});

	test('is made once what was wrong is mended and portalctl has it tried again', async () => {
		for (const [words, status, said] of [[[], 2, /say which/], [['--kind', 'tea'], 2, /no jobs of the kind tea/], [['x'], 2, /not an id/],
			[[document.id], 1, /no job with this id/], [['--kind', 'receipt', '--tenant', 'x'], 2, /not an id/]]) {
			const answer = await portal.ctl('jobs', 'retry', ...words);

			assert.equal(answer.status, status, answer.output);
			assert.match(answer.output, said);
		}
		await portal.sql(`SET search_path = portal; DROP FUNCTION receipt_json(job); ALTER FUNCTION receipt_json_whole(job) RENAME TO receipt_json`);
		assert.equal(JSON.parse((await portal.ctl('jobs', 'retry', '--kind', 'receipt')).output).document_id, document.id);
		await assertClean(await receiptOf(document.id));
		assert.match((await visitor.get()).html, /\/receipt"/);
		assert.equal((await visitor.get('/receipt')).status, 200);
		assert.equal((await portal.ctl('jobs', 'failed')).output, '');
		assert.equal((await acceptMails('broken')).length, 2);
	});
});

test('a mail that could wait no longer says that the receipt is to come', async () => {
	const {document, visitor} = await sent('late');

	await portal.supervise('down', 'worker');
	assert.equal((await visitor.accept({name: 'Mette Jensen'})).status, 303);
	await portal.sql(`UPDATE job SET created_at = now() - interval '16 minutes', run_at = CASE kind WHEN 'receipt' THEN 'infinity' ELSE run_at END
		WHERE document_id = '${document.id}'`);
	await portal.supervise('up', 'worker');
	for (const mail of await acceptMails('late'))
		assert.match(mail.text, /Kvitteringen som PDF er ikke klar endnu\. Du kan hente den på siden/);
	assert.match((await visitor.get()).html, /\/receipt"/);
});
