// The check page: what it tells of which bytes, to whom, and what it keeps.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {bigPdf, simplePdf} from '../pdfs/make.js';
import {newAddress, requestFrom} from './lib/address.js';
import {assertProblem, metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {spoolFiles} from './lib/store.js';
import {textOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const portal = await startPortal();
const own = await portal.tenant('Nordtag ApS');

after(() => portal.stop());

// The check page, each time from another address of loopback, so that its rate is not ours.
const ask = (method, path, {address = newAddress(), ...rest} = {}) => requestFrom(address, portal.url + path, {method, ...rest});

const asked = (hash, query = '') => ask('GET', `/verify?sha256=${hash}${query}`);
const posted = (hash, headers = {}) => ask('POST', '/verify', {body: `sha256=${hash}`,
	headers: {'content-type': 'application/x-www-form-urlencoded', ...headers}});

// What a browser without JavaScript sends.
async function uploaded(bytes, name = 'tilbud.pdf', query = '') {
	const form = new FormData();

	form.append('file', new Blob([bytes], {type: 'application/pdf'}), name);
	const encoded = new Response(form);

	return ask('POST', `/verify${query}`, {body: Buffer.from(await encoded.arrayBuffer()),
		headers: {'content-type': encoded.headers.get('content-type')}});
}

let number = 0;

// A quote with bytes of its own, or with PDF.
async function sent({api} = own, changes = {}, pdf = simplePdf('Tilbud', `tjek-${++number}`)) {
	const name = `tjek-${++number}`;
	const document = await api.send(metadata(name, changes), pdf);

	return {...document, name, pdf, hash: sha256(pdf), visitor: new Visitor(await linkOf(portal, document.id, 'mette@example.dk'))};
}

async function accepted(...words) {
	const quote = await sent(...words);

	assert.equal((await quote.visitor.accept({name: 'Mette Jensen'})).status, 303);
	return quote;
}

// What the page says of the bytes, without the bytes' own hash.
const answerOf = page => textOf(page.html.match(/<div id="answer".*?(?=<form)/s)[0]).replace(/[0-9a-f]{64}/, '');

describe('answers', () => {
	test('the page itself, linked from the front page, in two languages', async () => {
		const page = await ask('GET', '/verify'), english = await ask('GET', '/verify?lang=en');

		assert.equal(page.status, 200);
		assert.match(page.text, /Er det den accepterede udgave\?/);
		assert.match(english.text, /Is it the accepted version\?/);
		assert.equal(answerOf(page), '');
		assert.match((await ask('GET', '/')).html, /href="\/verify"/);
		assert.match(page.headers['content-security-policy'], /script-src 'self'/);
	});

	test('an accepted version: sender and time, local and UTC', async () => {
		const quote = await accepted();
		const {decision} = await own.api.document(quote.id);
		const local = new Intl.DateTimeFormat('da-DK', {timeZone: 'Europe/Copenhagen', dateStyle: 'long'}).format(new Date(decision.at));

		for (const page of [await asked(quote.hash), await posted(quote.hash), await uploaded(quote.pdf)]) {
			assert.equal(page.status, 200);
			assert.match(answerOf(page), /Nordtag ApS/);
			assert.ok(answerOf(page).includes(local.replace(/ kl.*/, '')), answerOf(page));
			assert.match(answerOf(page), /\(Europe\/Copenhagen\).* UTC/);
			assert.match(page.html, new RegExp(quote.hash));
			assert.doesNotMatch(page.html, /Mette|2026-0117|Jensen Byg|nyt tag/);
		}
	});

	test('a link to the answer speaks of the fingerprint, a file in hand of the PDF', async () => {
		const quote = await accepted();

		assert.match(answerOf(await asked(quote.hash)), /Fingeraftrykket hører til en accepteret udgave/);
		assert.match(answerOf(await posted(quote.hash)), /PDF’en er den accepterede udgave/);
		assert.match(answerOf(await uploaded(quote.pdf)), /PDF’en er den accepterede udgave/);
		const english = await asked(quote.hash, '&lang=en');

		assert.match(answerOf(english), /The fingerprint belongs to an accepted version/);
		assert.match(english.html, new RegExp(`lang=da&amp;sha256=${quote.hash}`));
	});

	test('a receipt is known for one, and as little told of it', async () => {
		const quote = await accepted();
		const receipt = await waitFor('the receipt', async () => {
			const answer = await own.api.get(`/documents/${quote.id}/receipt`);

			return answer.status === 200 && answer.body;
		});
		const page = await uploaded(receipt);

		assert.match(answerOf(page), /PDF’en er en ægte kvittering.*Nordtag ApS/);
		assert.match(answerOf(await asked(sha256(receipt))), /Fingeraftrykket hører til en ægte kvittering/);
		assert.doesNotMatch(page.html, /Mette|2026-0117/);
		assert.match(answerOf(await uploaded(Buffer.concat([receipt, Buffer.from(' ')]))), /Vi genkender ikke/);
	});

	test('one byte more is another file', async () => {
		const quote = await accepted();
		const page = await uploaded(Buffer.concat([quote.pdf, Buffer.from('\n')]));

		assert.equal(page.status, 200);
		assert.match(answerOf(page), /Vi genkender ikke PDF’en/);
		assert.doesNotMatch(answerOf(page), /Nordtag/);
	});

	test('unanswered, declined, withdrawn, superseded and unknown bytes are answered alike', async () => {
		const open = await sent(), declined = await sent(), withdrawn = await sent(), older = await sent();

		await declined.visitor.post('/decline', {...await declined.visitor.form('/decline'), reason: 'For dyrt'});
		assert.equal((await own.api.document(declined.id)).state, 'declined');
		assert.equal((await own.api.post(`/documents/${withdrawn.id}/withdraw`, {})).status, 200);
		await own.api.send(metadata(older.name), simplePdf('Tilbud', 'nyere'));
		await older.visitor.accept({name: 'Mette Jensen'});
		const unknown = answerOf(await asked(sha256('ukendt')));

		assert.match(unknown, /Vi genkender ikke fingeraftrykket/);
		for (const {hash} of [open, declined, withdrawn, older])
			assert.equal(answerOf(await asked(hash)), unknown);
	});

	test('the accepted version stays known after a revision, after archiving and after removal', async () => {
		const quote = await accepted();

		await own.api.send(metadata(quote.name, {revision: true}), simplePdf('Tilbud', 'revideret'));
		assert.match(answerOf(await asked(quote.hash)), /Nordtag ApS/);
		await own.api.post(`/documents/${quote.id}/archive`, {});
		assert.match(answerOf(await asked(quote.hash)), /Nordtag ApS/);
		assert.equal((await own.api.request('DELETE', `/documents/${quote.id}`)).status, 204);
		assert.match(answerOf(await asked(quote.hash)), /Nordtag ApS/);
	});

	test('the same bytes accepted at several senders: all are named, five at most', async () => {
		const other = await portal.tenant('Sydtag ApS', '--time-zone', 'Atlantic/Faroe');
		const quote = await accepted();

		await accepted(other, {}, quote.pdf);
		const page = answerOf(await asked(quote.hash));

		assert.match(page, /Sydtag ApS.*Atlantic\/Faroe.*Nordtag ApS/);
		for (let i = 0; i < 5; i++)
			await accepted(own, {}, quote.pdf);
		assert.equal(answerOf(await asked(quote.hash)).match(/ApS/g).length, 5);
	});

	test('who accepted is told where the sender allows it, and only then', async () => {
		const open = await portal.tenant('Åbentag ApS');
		const quote = await accepted(open);
		const set = value => open.api.request('PATCH', '/settings', {body: JSON.stringify({verify_shows_name: value})});

		assert.doesNotMatch(answerOf(await asked(quote.hash)), /Mette/);
		assert.equal((await set(true)).body.verify_shows_name, true);
		assert.match(answerOf(await asked(quote.hash)), /Accepteret af Mette Jensen/);
		assert.match(answerOf(await asked(quote.hash, '&lang=en')), /Accepted by Mette Jensen/);
		assert.equal((await set(null)).body.verify_shows_name, false);
		assert.doesNotMatch(answerOf(await asked(quote.hash)), /Mette/);
		assertProblem(await set('ja'), 422, 'invalid', ['/verify_shows_name']);
	});
});

describe('what is no PDF or no hash', () => {
	test('a pasted hash may have blanks and capitals', async () => {
		const quote = await accepted();

		assert.match(answerOf(await asked(`%20${quote.hash.toUpperCase()}%0A`)), /Nordtag ApS/);
	});

	for (const [what, hash] of [['short', 'abc'], ['not hexadecimal', 'x'.repeat(64)], ['long', 'a'.repeat(65)], ['empty', ''],
		['SQL', `'; DROP TABLE decision; --`]]) {
		test(`${what}: 422 that says what a fingerprint is`, async () => {
			for (const page of [await asked(encodeURIComponent(hash)), await posted(encodeURIComponent(hash))]) {
				assert.equal(page.status, 422);
				assert.match(answerOf(page), /Et fingeraftryk er 64 tegn/);
			}
		});
	}

	test('a file that is no PDF, an empty one, none', async () => {
		const picture = await uploaded(randomBytes(5000), 'billede.pdf');

		assert.equal(picture.status, 422);
		assert.match(answerOf(picture), /Filen er ikke en PDF/);
		const empty = await uploaded('', '');

		assert.equal(empty.status, 422);
		assert.match(answerOf(empty), /Vælg først den PDF/);
		assert.match(answerOf(await uploaded(randomBytes(9), 'x.pdf', '?lang=en')), /The file is not a PDF/);
	});

	test('broken forms are refused, and nothing stays', async () => {
		assert.equal((await ask('POST', '/verify', {body: '--x\r\nkaput', headers: {'content-type': 'multipart/form-data; boundary=x'}})).status, 400);
		assert.equal((await ask('POST', '/verify', {body: '{}', headers: {'content-type': 'application/json'}})).status, 415);
		assert.equal((await ask('POST', '/verify', {body: 'sha256=' + 'a'.repeat(70000),
			headers: {'content-type': 'application/x-www-form-urlencoded'}})).status, 413);
		await waitFor('an empty spool', () => spoolFiles(portal).length === 0);
	});
});

describe('a PDF sent without JavaScript', () => {
	test('of 40 MB: answered, and not kept', async () => {
		const pdf = bigPdf(40 * 1024 * 1024);
		const before = portal.files('store').length;

		assert.match(answerOf(await uploaded(pdf)), /Vi genkender ikke PDF’en/);
		const quote = await accepted(own, {}, pdf);

		assert.match(answerOf(await uploaded(quote.pdf)), /PDF’en er den accepterede udgave/);
		await waitFor('an empty spool', () => spoolFiles(portal).length === 0);
		await waitFor('the quote and its receipt, and nothing else', () => portal.files('store').length === before + 2);
	});

	test('of 70 MB: refused with words, nothing kept', async () => {
		const answer = await uploaded(Buffer.alloc(70 * 1024 * 1024, 'x')).catch(({code}) => ({status: code}));

		assert.ok([413, 'EPIPE', 'ECONNRESET'].includes(answer.status), String(answer.status));
		await waitFor('an empty spool', () => spoolFiles(portal).length === 0);
	});
});

test('too many questions from one address are held back, not those of others', async () => {
	const address = '127.0.2.1';
	const answers = await Promise.all(Array.from({length: 40}, () => ask('GET', '/verify', {address})));
	const refused = answers.filter(({status}) => status === 429);

	assert.ok(refused.length >= 15, `${refused.length} of 40 were refused`);
	assert.match(refused[0].text, /Det gik lidt for hurtigt/);
	assert.ok(refused[0].headers['retry-after']);
	assert.equal((await ask('GET', '/verify')).status, 200);
});

test('no log tells what was asked for', async () => {
	const quote = await accepted();

	await asked(quote.hash);
	for (const path of portal.files('log').filter(file => file.endsWith('current')))
		assert.ok(!readFileSync(path, 'utf8').includes(quote.hash), path);
});
