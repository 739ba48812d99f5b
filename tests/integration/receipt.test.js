// The receipt of an acceptance: a PDF that says who, what, when and how, for those who may have it.
import assert from 'node:assert/strict';
import {existsSync, statSync, writeFileSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import jsQR from 'jsqr';
import PostalMime from 'postal-mime';
import {bigPdf, halfPdf, loopPdf, manyPagesPdf, nestedPdf, objectBombPdf, signedPdf, simplePdf, treePdf,
	truncatedPdf, xrefBombPdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {linkOf} from './lib/links.js';
import {assertClean, infoOf, onDisk, run, textOf} from './lib/pdf_readers.js';
import {startPortal} from './lib/portal.js';
import {pathOf, strayFiles} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());

// A quote to one contact, and a visitor with their link.
async function sent(externalId, changes = {}, pdf = simplePdf(`Tilbud ${externalId}`), attachments = []) {
	const email = `${externalId}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da'}];
	const document = await api.send(metadata(externalId, {number: externalId, contacts, ...changes}), pdf, attachments);
	const to = (changes.contacts ?? contacts)[0].email;

	return {document, pdf, email: to, visitor: new Visitor(await linkOf(portal, document.id, to))};
}

async function accepted(...words) {
	const quote = await sent(...words);
	const answer = await quote.visitor.accept({name: 'Mette Jensen', purchase_order: 'PO-Ærø 8'});

	assert.equal(answer.status, 303, answer.text);
	return quote;
}

const receiptOf = id => waitFor('a receipt', async () => {
	const answer = await api.get(`/documents/${id}/receipt`);

	assert.ok([200, 503].includes(answer.status), JSON.stringify(answer.body));
	return answer.status === 200 && answer;
});

// What the QR code on a page says.
function codeOn(pdf, page) {
	const image = run('pdftoppm', '-gray', '-r', '150', '-f', String(page), '-l', String(page), onDisk(pdf));
	const [head, width, height] = image.toString('latin1', 0, 40).match(/^P5\s+(\d+)\s+(\d+)\s+255\s/);
	const rgba = new Uint8ClampedArray(width * height * 4).fill(255);

	for (let i = 0; i < width * height; i++)
		rgba.fill(image[head.length + i], 4 * i, 4 * i + 3);
	return jsQR(rgba, Number(width), Number(height))?.data;
}

const acceptMails = (email, n = 1) => waitFor(`mails of the acceptance to ${email}`, async () => {
	const mails = (await portal.mails()).filter(mail => /accepteret/.test(mail.subject) && mail.text.includes('SHA-256')
		&& (mail.to === email || mail.to === 'tilbud@nordtag.example' && mail.subject.includes(email.split('@')[0])));

	return mails.length >= n && mails;
});

const attachmentsOf = async mail => (await PostalMime.parse(Buffer.from(mail.raw, 'latin1'))).attachments
	.map(({filename, mimeType, content}) => ({filename, mimeType, bytes: Buffer.from(content)}));

describe('the receipt of an acceptance', async () => {
	const attachments = [{name: 'Tegninger æøå.pdf', bytes: simplePdf('Tegninger'), type: 'application/pdf'},
		{name: 'Priser.txt', bytes: Buffer.from('Priser'), type: 'text/plain'}];
	const quote = await accepted('2026-0117', {title: 'Tilbud på rødgrøn tagsten'}, manyPagesPdf(3), attachments);
	const answer = await receiptOf(quote.document.id);
	const pdf = answer.body, text = textOf(pdf);

	test('is the accepted PDF followed by its certificate', async () => {
		assert.equal(answer.headers.get('content-type'), 'application/pdf');
		assert.match(answer.headers.get('content-disposition'), /attachment; filename="?Kvittering-2026-0117\.pdf/);
		await assertClean(pdf);
		assert.ok(Number(infoOf(pdf).Pages) >= 4);
		for (const page of ['Side 1 af 3', 'Side 3 af 3', 'Tilbuddet er accepteret'])
			assert.ok(text.includes(page), page);
	});

	test('says who, what, when and how, in real letters', async () => {
		const {decision, version} = await api.document(quote.document.id);

		for (const said of ['Mette Jensen har accepteret tilbud 2026-0117 fra Nordtag ApS', 'Tilbud på rødgrøn tagsten', 'PO-Ærø 8',
			'184.500,00 kr.', quote.email, decision.at, 'Personligt link, sendt til', 'Er ikke blevet vist til Nordtag ApS',
			'Underskrevet ved at skrive sit navn', '127.0.0.1', 'Mozilla/5.0', 'Jeg accepterer tilbuddet på vegne af Jensen Byg A/S',
			'Tegninger æøå.pdf', 'Priser.txt', version.sha256, ...version.attachments.map(one => one.sha256),
			'Sendt af Nordtag ApS', 'Åbnet af Mette Jensen', 'Accepteret af Mette Jensen', `${portal.url}/verify`])
			assert.ok(text.replace(/\s+/g, ' ').includes(said), said);
	});

	test('shows the head of the history and the signature over it', async () => {
		const [[hash, key, signature]] = await portal.sql(`SELECT e.hash, s.key_id, encode(s.signature, 'base64') FROM event e
			JOIN head_signature s ON s.document_id = e.document_id AND s.length = e.seq
			WHERE e.document_id = '${quote.document.id}' AND e.type = 'document.accepted'`);

		assert.ok(text.includes(hash));
		assert.ok(text.includes(`nøgle ${key}`));
		assert.ok(text.includes(signature.slice(0, 44)));
	});

	test('leads to the check page', () => {
		assert.equal(codeOn(pdf, 4), `${portal.url}/verify?sha256=${sha256(quote.pdf)}`);
	});

	test('is known there', async () => {
		const page = await (await fetch(`${portal.url}/verify?sha256=${sha256(pdf)}`)).text();

		assert.match(page, /ægte kvittering/);
	});

	test('is the same by the link, and the page leads to it', async () => {
		assert.match((await quote.visitor.get()).html, /href="[^"]*\/receipt"[^>]*>Hent kvittering</);
		const mine = await quote.visitor.get('/receipt');

		assert.equal(mine.status, 200);
		assert.ok(mine.bytes.equals(pdf));
	});

	test('comes with both mails', async () => {
		const mails = await acceptMails(quote.email, 2);

		assert.deepEqual(mails.map(mail => mail.to).sort(), [quote.email, 'tilbud@nordtag.example'].sort());
		for (const mail of mails) {
			assert.match(mail.text, /Kvitteringen er vedhæftet som PDF/);
			const [file, ...more] = await attachmentsOf(mail);

			assert.deepEqual([file.filename, file.mimeType, more.length], ['Kvittering-2026-0117.pdf', 'application/pdf', 0]);
			assert.ok(file.bytes.equals(pdf));
			assert.ok(mail.raw.split('\r\n').every(line => line.length <= 998 && !line.includes('\n')));
		}
	});

	test('made again is the same, byte by byte', async () => {
		await portal.sql(`DELETE FROM receipt WHERE document_id = '${quote.document.id}'`);
		await portal.sql(`UPDATE job SET state = 'waiting', run_at = now(), attempts = 0 WHERE kind = 'receipt' AND document_id = '${quote.document.id}'`);
		assert.ok((await receiptOf(quote.document.id)).body.equals(pdf));
	});

	test('and its certificate go when the document is removed', async () => {
		const path = pathOf(portal, tenantId, sha256(pdf));

		assert.ok(existsSync(path));
		assert.equal((await api.request('DELETE', `/documents/${quote.document.id}`)).status, 204);
		assert.equal((await quote.visitor.get('/receipt')).status, 404);
		assertProblem(await api.get(`/documents/${quote.document.id}/receipt`), 404, 'not_found');
		await waitFor('the receipt to be erased', () => !existsSync(path));
	});
});

test('in English it speaks English', async () => {
	const quote = await accepted('english', {contacts: [{name: 'Mette Jensen', email: 'english@example.dk', language: 'en'}]});
	const {headers, body} = await receiptOf(quote.document.id);

	assert.match(headers.get('content-disposition'), /Receipt-english\.pdf/);
	assert.match(textOf(body), /The quote is accepted[\s\S]*Page 1 of/);
});

describe('who may have it', async () => {
	const contacts = [['mette', ['view', 'ask', 'accept']], ['chef', ['view', 'accept']], ['gæst', ['view']]]
		.map(([name, rights]) => ({name, email: `${name.replace('æ', 'ae')}-may@example.dk`, language: 'da', rights}));
	const {document} = await sent('may', {contacts, visibility: 'link', access_code: 'kodeord'});
	const [mette, chef, guest] = await Promise.all(contacts.map(async ({email}) => new Visitor(await linkOf(portal, document.id, email))));
	const shared = new Visitor(document.links.public);

	test('nobody before there is one', async () => {
		assert.equal((await mette.get('/receipt')).status, 404);
		assertProblem(await api.get(`/documents/${document.id}/receipt`), 404, 'not_found');
		assert.equal((await mette.accept({name: 'Mette'})).status, 303);
		await receiptOf(document.id);
	});

	test('who accepted, who could have, and the sender', async () => {
		assert.equal((await mette.get('/receipt')).status, 200);
		assert.equal((await chef.get('/receipt')).status, 200);
		assert.match((await chef.get()).html, /\/receipt"/);
		const preview = new Visitor((await api.document(document.id)).links.preview);

		assert.equal((await preview.get('/receipt')).status, 200);
	});

	test('not who may only look, nor a link that several people hold', async () => {
		assert.equal((await guest.get('/receipt')).status, 404);
		assert.ok(!(await guest.get()).html.includes('/receipt"'));
		assert.equal((await shared.get('/receipt')).status, 403, 'the code comes first');
		const cookie = (await shared.post('/code', {code: 'kodeord'})).headers.get('set-cookie').split(';')[0];

		assert.equal((await shared.get('/receipt', {cookie})).status, 404);
		assert.ok(!(await shared.get('', {cookie})).html.includes('/receipt"'));
	});

	test('of a version that was not accepted there is none', async () => {
		assertProblem(await api.get(`/documents/${document.id}/receipt?version=2`), 404, 'not_found');
		assert.equal((await api.get(`/documents/${document.id}/receipt?version=1`)).status, 200);
		assertProblem(await api.get(`/documents/${document.id}/receipt?size=1`), 422, 'invalid', ['size']);
	});

	test('a revision leaves it there', async () => {
		await api.send(metadata('may', {number: 'may', contacts, visibility: 'link', revision: true}), simplePdf('Revideret'));
		assert.equal((await api.get(`/documents/${document.id}/receipt`)).status, 200);
		assert.equal((await mette.get('/receipt')).status, 200);
	});
});

test('a declined quote has none', async () => {
	const {document, visitor} = await sent('declined');

	await visitor.post('/decline', {...await visitor.form('/decline'), reason: ''});
	assertProblem(await api.get(`/documents/${document.id}/receipt`), 404, 'not_found');
	assert.equal((await visitor.get('/receipt')).status, 404);
	assert.deepEqual(await portal.sql(`SELECT FROM job WHERE kind = 'receipt' AND document_id = '${document.id}'`), []);
});

test('a signed PDF stays as it is, with the certificate beside it', async () => {
	const signed = signedPdf('Underskrevet tilbud');
	const {document, visitor, email} = await accepted('signed', {}, signed);
	const {body} = await receiptOf(document.id);

	assert.ok((await visitor.get('/download')).bytes.equals(signed));
	await assertClean(body);
	assert.ok(!textOf(body).includes('Underskrevet tilbud'));
	assert.ok(textOf(body).includes(sha256(signed)));
	assert.equal(codeOn(body, 1), `${portal.url}/verify?sha256=${sha256(signed)}`);
	assert.equal(await portal.sqlValue(`SELECT kind FROM receipt WHERE document_id = '${document.id}'`), 'certificate');
	for (const mail of await acceptMails(email, 2))
		assert.ok((await attachmentsOf(mail))[0].bytes.equals(body));
});

describe('an odd PDF stops no mail:', () => {
	for (const [name, pdf] of Object.entries({
		truncated: truncatedPdf(), half: halfPdf(), loop: loopPdf(), tree: treePdf(), nested: nestedPdf(),
		xref: xrefBombPdf(), objects: objectBombPdf(), big: bigPdf(12 * 1024 * 1024),
	})) {
		test(name, async t => {
			const {status, body} = await api.upload(metadata(`odd-${name}`, {number: `odd-${name}`,
				contacts: [{name: 'Mette', email: `odd-${name}@example.dk`, language: 'da'}]}), pdf);

			if (status === 422)
				return t.skip(`is not taken: ${body.detail}`);
			assert.equal((await new Visitor(await linkOf(portal, body.id, `odd-${name}@example.dk`)).accept({name: 'Mette'})).status, 303);
			await assertClean((await receiptOf(body.id)).body);
			const [mail] = await acceptMails(`odd-${name}@example.dk`, 2);

			if (name === 'big') {
				assert.match(mail.text, /Kvitteringen fylder for meget til en mail/);
				assert.deepEqual(await attachmentsOf(mail), []);
			}
		});
	}

	test('one that turned out worse than it looked gets a certificate alone', async () => {
		const quote = await sent('worse');
		const path = pathOf(portal, tenantId, sha256(quote.pdf));

		await portal.supervise('down', 'worker');
		await quote.visitor.accept({name: 'Mette'});
		const {mode} = statSync(path);

		run('chmod', '600', path);
		writeFileSync(path, 'no PDF at all');
		run('chmod', (mode & 0o777).toString(8), path);
		await portal.supervise('up', 'worker');
		assert.match(textOf((await receiptOf(quote.document.id)).body), /Tilbuddet er accepteret/);
		assert.equal((await acceptMails(quote.email, 2)).length, 2);
	});
});

test('while it is made, both routes say so', async () => {
	const {document, visitor} = await sent('waits');

	await portal.supervise('down', 'worker');
	await visitor.accept({name: 'Mette'});
	const page = await visitor.get('/receipt'), answer = await api.get(`/documents/${document.id}/receipt`);

	assert.deepEqual([page.status, page.headers.get('retry-after')], [503, '5']);
	assert.match(page.text, /Kvitteringen er på vej/);
	assertProblem(answer, 503, 'unavailable');
	assert.equal(answer.headers.get('retry-after'), '5');
	await portal.supervise('up', 'worker');
	await receiptOf(document.id);
});

test('a mail of the acceptance waits for it, but not for ever', async () => {
	const {document, visitor, email} = await sent('late');

	await portal.supervise('down', 'worker');
	await visitor.accept({name: 'Mette'});
	// Neither job can be claimed by a worker; the signature is what the receipt waits for.
	await portal.sql(`UPDATE job SET run_at = 'infinity' WHERE kind = 'sign' AND document_id = '${document.id}'`);
	await portal.supervise('up', 'worker');
	const next = await accepted('another');

	await acceptMails(next.email, 2);
	assert.deepEqual(await portal.sql(`SELECT DISTINCT state FROM job WHERE document_id = '${document.id}'
		AND (kind = 'receipt' OR cause LIKE 'accepted:%')`), [['waiting']]);
	await portal.sql(`UPDATE job SET created_at = now() - interval '16 minutes' WHERE document_id = '${document.id}'`);
	assert.equal((await acceptMails(email, 2)).length, 2);
	assert.ok(!textOf((await receiptOf(document.id)).body).includes('Portalens signatur'));
});

test('workers that are killed leave one receipt each and one mail to each', async () => {
	const quotes = [];

	for (let i = 0; i < 6; i++)
		quotes.push(await accepted(`killed-${i}`, {}, manyPagesPdf(40 + i)));
	for (let i = 0; i < 8; i++) {
		await new Promise(resolve => setTimeout(resolve, 60 + 40 * i));
		for (const pid of portal.pids('worker').slice(0, 1))
			process.kill(pid, 'SIGKILL');
		await waitFor('the worker to be back', () => portal.pids('worker').length);
	}
	for (const {document, email} of quotes) {
		await assertClean((await receiptOf(document.id)).body);
		const ids = new Set((await acceptMails(email, 2)).map(mail => mail.id));

		assert.equal(ids.size, 2);
		// What a killed process had begun to write (`.new`) stays until the daily sweep.
		assert.deepEqual((await strayFiles(portal, tenantId)).filter(path => path.endsWith('.aside')), []);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM receipt WHERE document_id = '${document.id}'`), '1');
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'receipt' AND document_id = '${document.id}'`), '1');
	}
});
