// The document's page in a browser: the viewer of PDFs, what counts as opened, and that everybody can use it.
import assert from 'node:assert/strict';
import {gzipSync} from 'node:zlib';
import {after, describe, test} from 'node:test';
import {metadata} from '../integration/lib/api.js';
import {startPortal} from '../integration/lib/portal.js';
import {Visitor} from '../integration/lib/visitor.js';
import {waitFor} from '../integration/lib/wait.js';
import {bigPdf, linksPdf, manyPagesPdf, simplePdf} from '../pdfs/make.js';
import {accessibilityFaults, assertSound, Browser, desktop, openDocument, phone, pinch, sidewaysScroll, small} from './lib/browser.js';

const MB = 1024 * 1024;
const portal = await startPortal();
const browser = await Browser.start();
const {api} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example', '--color', '#1f5f8b');

after(async () => {
	await browser.stop();
	await portal.stop();
});

// A document for one contact: {id, link}. CHANGES are of the metadata.
async function send(externalId, pdf, changes = {}, attachments = []) {
	const email = `${externalId}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da'}];
	const {id} = await api.send(metadata(externalId, {contacts, ...changes}), pdf, attachments);

	return {id, link: (await portal.mailTo(email)).link};
}

const quote = await send('tilbud', manyPagesPdf(3), {}, [{name: 'Vilkår.txt', bytes: 'Vilkår', type: 'text/plain'}]);
const long = await send('lang', manyPagesPdf(300));

const zoomOf = page => page.locator('.zoom').innerText().then(text => parseInt(text, 10));
const tool = (page, name) => page.locator(`[data-do="${name}"]`);
const canvases = page => page.locator('.leaf canvas').count();
const currentPage = page => page.locator('#page-number').inputValue();

describe('on a desktop', async () => {
	const page = await browser.page();

	await openDocument(page, quote.link);

	test('the first page is drawn, and the text lies above it', async () => {
		const inked = await page.locator('.leaf canvas').first().evaluate(canvas => {
			const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);

			return data.some((value, i) => i % 4 === 0 && value < 60);
		});

		assert.ok(inked, 'nothing is drawn');
		await page.waitForFunction(() => document.querySelector('.leaf').innerText.includes('Side 1 af 3'));
		assert.equal(await page.locator('.leaf').first().getAttribute('aria-label'), 'Side 1 af 3');
	});

	test('it fits the width, and zooms by buttons and keys', async () => {
		const fit = await zoomOf(page);
		const [drawn, room] = await page.evaluate(() =>
			[document.querySelector('.leaf').offsetWidth, document.getElementById('pages').clientWidth - 24]);

		assert.ok(Math.abs(drawn - room) <= 1, `${drawn} of ${room}`);
		await tool(page, 'in').click();
		assert.ok(await zoomOf(page) > fit * 1.2);
		await page.locator('#pages').focus();
		await page.keyboard.press('-');
		await page.keyboard.press('-');
		assert.ok(await zoomOf(page) < fit);
		await tool(page, 'fit').click();
		assert.equal(await zoomOf(page), fit);
		assert.equal(await tool(page, 'fit').getAttribute('aria-pressed'), 'true');
	});

	test('it says which page is read, and goes to another', async () => {
		assert.equal(await currentPage(page), '1');
		await page.locator('#page-number').fill('3');
		await page.keyboard.press('Enter');
		await waitFor('page 3', async () => await currentPage(page) === '3');
		assert.ok(await tool(page, 'next').isDisabled());
		await tool(page, 'previous').click();
		await waitFor('page 2', async () => await currentPage(page) === '2');
		await page.locator('#page-number').fill('nonsense');
		await page.keyboard.press('Enter');
		assert.equal(await currentPage(page), '2');
	});

	test('text can be selected', async () => {
		await page.locator('.leaf .text span', {hasText: 'Side 2 af 3'}).first().click({clickCount: 3});
		assert.match(await page.evaluate(() => String(getSelection())), /Side 2 af 3/);
	});

	test('nothing was refused, and no script complained', () => assertSound(page));
});

describe('searching', async () => {
	const page = await browser.page();
	const said = () => page.locator('.find output').innerText();

	await openDocument(page, quote.link);
	test('finds all places, goes through them, and says where one is', async () => {
		await tool(page, 'find').click();
		await page.locator('#find').fill('SIDE');
		await waitFor('the count', async () => await said() === '1 af 3');
		await page.keyboard.press('Enter');
		await waitFor('the second', async () => await said() === '2 af 3' && await currentPage(page) === '2');
		await page.keyboard.press('Shift+Enter');
		await waitFor('the first', async () => await said() === '1 af 3');
		assert.equal(await page.evaluate(() => CSS.highlights.get('hit-now').size), 1);
	});

	test('says when there is nothing, and ends with Escape', async () => {
		await page.locator('#find').fill('findes ikke');
		await waitFor('nothing', async () => await said() === 'Ingen resultater');
		await page.keyboard.press('Escape');
		assert.ok(await page.locator('.find').isHidden());
		assert.equal(await page.evaluate(() => CSS.highlights.get('hit').size), 0);
	});

	test('reaches pages that were never shown', async () => {
		const other = await openDocument(await browser.page(), long.link);

		await tool(other, 'find').click();
		await other.locator('#find').fill('Side 287 af');
		await waitFor('page 287', async () => await currentPage(other) === '287');
		await waitFor('its colour', () => other.evaluate(() => CSS.highlights.get('hit-now').size === 1));
		assert.equal(await other.locator('.said').textContent(), 'Side 287 af 300');
		await other.locator('#find').fill('findes ikke');
		await waitFor('nothing', async () => await other.locator('.find output').innerText() === 'Ingen resultater');
		assert.equal(await other.locator('.said').textContent(), '', 'the page of another search is still told');
		assertSound(other);
	});
});

test('300 pages: each has its place at once, few are drawn at a time, and what was left is freed', async () => {
	const page = await openDocument(await browser.page(), long.link);
	let most = 0;

	assert.equal(await page.locator('.leaf').count(), 300);
	for (let n = 1; n <= 300; n += 23) {
		await page.locator('#page-number').fill(String(n));
		await page.keyboard.press('Enter');
		await waitFor(`page ${n}`, () => page.evaluate(at => document.querySelectorAll('.leaf')[at - 1].querySelector('canvas'), n)
			.then(Boolean));
		most = Math.max(most, await canvases(page));
	}
	assert.ok(most <= 6, `${most} pages were drawn at once`);
	const texts = await page.locator('.leaf .text').count();

	assert.ok(texts <= 8, `${texts} pages kept their text`);
	assertSound(page);
});

test('40 MB: the first page is there when few bytes are, all of them asked for by range', async () => {
	const {link} = await send('stor', bigPdf(40 * MB));
	const page = await browser.page();
	const answers = [];

	page.on('response', answer => answer.url().endsWith('/file') && answers.push(answer));
	await openDocument(page, link);
	const sizes = await Promise.all(answers.map(async answer => (await answer.request().sizes()).responseBodySize));
	const bytes = sizes.reduce((sum, size) => sum + size, 0);

	assert.ok(answers.length && answers.every(answer => answer.status() === 206), answers.map(answer => answer.status()).join());
	assert.ok(bytes < MB, `${bytes} bytes for the first page`);
	assertSound(page);
});

describe('on a phone', () => {
	test('a preview opens over the window, pinches, and the way back closes it', async () => {
		const page = await openDocument(await browser.page({device: phone}), quote.link);

		assert.ok(await page.locator('.tools').isHidden());
		await page.locator('#pages').tap();
		await page.waitForSelector('.viewer.expanded');
		const box = await page.locator('.viewer').boundingBox();

		assert.deepEqual([box.x, box.y, box.width], [0, 0, 390]);
		assert.ok(await page.locator('.ready a').isVisible(), 'the way to the answer is gone');
		const width = await page.locator('.leaf').first().evaluate(element => element.offsetWidth);

		await pinch(page, '#pages', 2);
		await waitFor('zoom', () => page.locator('.leaf').first().evaluate((element, was) => element.offsetWidth > was * 1.7, width));
		await tool(page, 'fit').tap();
		await page.goBack();
		await page.waitForSelector('.viewer:not(.expanded)');
		assert.match(page.url(), /\/d\/[\w-]+$/, 'the way back left the page');
		assertSound(page);
	});

	for (const device of [phone, small])
		test(`at ${device.viewport.width} pixels one finger is enough to zoom: by buttons, and by two taps`, async () => {
			const page = await openDocument(await browser.page({device}), quote.link);
			const width = () => page.locator('.leaf').first().evaluate(element => element.offsetWidth);
			const tap = () => page.touchscreen.tap(device.viewport.width / 2, 200);

			await page.locator('.open a').tap();
			await page.waitForSelector('.viewer.expanded');
			const fit = await width();
			const over = await page.locator('.tools').evaluate(bar => bar.scrollWidth - bar.clientWidth);

			assert.ok(over <= 0, `the bar is ${over} pixels too wide`);
			await tool(page, 'in').tap();
			await waitFor('nearer', async () => await width() > fit * 1.2);
			await tool(page, 'out').tap();
			await waitFor('as before', async () => Math.abs(await width() - fit) <= 1);
			await tap();
			await page.waitForTimeout(700);
			await tap();
			await page.waitForTimeout(700);
			assert.ok(Math.abs(await width() - fit) <= 1, 'two slow taps are no double tap');
			await tap();
			await tap();
			await waitFor('nearer', async () => await width() > fit * 1.7);
			await page.waitForTimeout(700);
			await tap();
			await tap();
			await waitFor('the width', async () => Math.abs(await width() - fit) <= 1);
			assertSound(page);
		});

	test('the bar leads to the answer, also out of the reader, and goes when that is in view', async () => {
		const page = await openDocument(await browser.page({device: phone}), quote.link);

		await page.locator('.open a').tap();
		await page.waitForSelector('.viewer.expanded');
		await page.locator('.ready a').tap();
		await page.waitForSelector('.ready.away', {state: 'attached'});
		assert.ok(await page.locator('.viewer.expanded').count() === 0);
		await waitFor('the form on top', async () => {
			const top = await page.locator('#accept').evaluate(element => element.getBoundingClientRect().top);

			return top >= 0 && top < 100;
		});
		await page.goBack();
		await waitFor('the place in the page', () => page.url() === quote.link);
		assert.ok(await page.locator('#accept').count(), 'the way back left the quote');
		assertSound(page);
	});
});

test('with the keyboard alone: to the viewer, through its pages, and on to the answer', async () => {
	const page = await openDocument(await browser.page(), quote.link);
	const focused = () => page.evaluate(() => {
		const at = document.activeElement;

		return at.dataset.do || at.id || at.textContent.trim();
	});
	const met = [];

	for (let i = 0; i < 40 && met.at(-1) !== 'name'; i++) {
		await page.keyboard.press('Tab');
		met.push(await focused());
	}
	for (const stop of ['Gå til indholdet', 'next', 'page-number', 'in', 'find', 'full', 'pages', 'name'])
		assert.ok(met.includes(stop), `${stop} is not reached: ${met}`);
	await page.locator('#pages').focus();
	await page.keyboard.press('n');
	await waitFor('page 2', async () => await currentPage(page) === '2');
	await page.keyboard.press('Control+f');
	assert.equal(await focused(), 'find');
	await page.keyboard.press('Escape');
	assert.equal(await focused(), 'pages');
	await tool(page, 'full').focus();
	await page.keyboard.press('Enter');
	await page.waitForSelector('.viewer.expanded');
	assert.ok(await page.evaluate(() => document.getElementById('accept').closest('[inert]')), 'what is covered can be reached');
	await page.keyboard.press('Escape');
	await page.waitForSelector('.viewer:not(.expanded)');
	assert.equal(await focused(), 'full');
});

for (const viewport of [{width: 390, height: 844}, {width: 320, height: 480}])
	test(`at ${viewport.width} by ${viewport.height} pixels the bar covers nothing that has the keyboard's focus`, async () => {
		const page = await openDocument(await browser.page({viewport, reducedMotion: 'reduce'}), quote.link);
		const covered = [];
		let met = 0;

		for (let i = 0; i < 40; i++) {
			await page.keyboard.press('Tab');
			const what = await page.evaluate(() => {
				const at = document.activeElement, {left, right, top, bottom} = at.getBoundingClientRect();
				const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);

				return at.closest('main') && !at.closest('.ready') && {name: at.id || at.textContent.trim().slice(0, 30), top, bottom,
					covered: !above || Boolean(above.closest('.ready'))};
			});

			met += what ? 1 : 0;
			if (what && what.covered)
				covered.push(what);
		}
		assert.ok(met > 10, `${met} stops`);
		assert.deepEqual(covered, []);
	});

for (const [name, device] of Object.entries({phone, desktop}))
	test(`on a slow line one sees and hears that the PDF is on its way: ${name}`, async () => {
		const page = await browser.page({device});
		let release;
		const held = new Promise(resolve => {
			release = resolve;
		});

		await page.route('**/pdf.min.mjs', async route => {
			await held;
			await route.continue();
		});
		const fetched = page.waitForResponse(answer => answer.url().endsWith('/file'));

		await page.goto(quote.link);
		const seen = selector => page.locator(selector).evaluate(element => {
			const {left, right, top, bottom} = element.getBoundingClientRect();

			return getComputedStyle(element).opacity === '1' && top >= 0 && bottom <= innerHeight &&
				document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === element;
		});

		await (await fetched).finished();
		await waitFor('the bar', () => seen('.loading'));
		assert.equal(await page.locator('.loading').evaluate(bar => bar.position), -1, 'the bar tells of the PDF alone');
		await waitFor('the words', () => seen('.waiting'));
		await waitFor('the words for who listens', async () => await page.locator('.said').textContent() === 'Henter dokumentet …');
		release();
		await page.waitForSelector('.viewer.shown');
		assert.ok(await page.locator('.loading').isHidden());
		assert.ok(await page.locator('.waiting').isHidden());
		assert.equal(await page.locator('.said').textContent(), '');
		assertSound(page);
	});

test('without JavaScript the browser\'s own viewer stands in, and the answer is there', async () => {
	const page = await browser.page({javaScriptEnabled: false});

	await page.goto(quote.link);
	assert.ok(await page.locator('.viewer').isHidden());
	assert.match(await page.locator('iframe').getAttribute('src'), /\/d\/[\w-]+\/file#/);
	assert.ok(await page.locator('iframe').isVisible());
	assert.ok(await page.locator('#accept button').isVisible());
	const small = await browser.page({device: phone, javaScriptEnabled: false});

	await small.goto(quote.link);
	assert.ok(await small.locator('.viewer').isHidden());
	assert.ok(await small.locator('.open a').isVisible());
});

describe('a page named in the conversation', async () => {
	const {id, link} = await send('sidetal', manyPagesPdf(3));
	const visitor = new Visitor(link);
	const named = page => page.locator('.thread').getByRole('link', {name: 'Side 2'}).first();
	const focusedId = page => page.evaluate(() => document.activeElement.id);
	const there = page => waitFor('page 2', async () => await currentPage(page) === '2');

	await visitor.post('/messages', {...await visitor.form('/messages'), text: 'Hvad betyder det?', page: '2'});
	assert.equal((await api.post(`/documents/${id}/messages`, {text: 'Det står på næste side.', page: 3})).status, 201);

	test('is shown beside it, by mouse and by keyboard, and has the focus', async () => {
		for (const follow of [element => element.click(), element => element.press('Enter')]) {
			const page = await openDocument(await browser.page(), link);

			await follow(named(page));
			await there(page);
			assert.equal(page.url(), link);
			assert.equal(await focusedId(page), 'pages');
			assert.equal(await page.locator('.said').textContent(), 'Side 2 af 3');
			const box = await page.locator('#viewer').boundingBox();

			assert.ok(box.y >= 0 && box.y < 200, `the viewer is at ${box.y}`);
			assertSound(page);
		}
	});

	test('opens the reader there on a phone, and the way back leads to the message', async () => {
		const page = await openDocument(await browser.page({device: phone}), link);

		await named(page).focus();
		await named(page).tap();
		await page.waitForSelector('.viewer.expanded');
		await there(page);
		await page.goBack();
		await page.waitForSelector('.viewer:not(.expanded)');
		assert.ok(await named(page).evaluate(element => element === document.activeElement));
		assertSound(page);
	});

	test('waits for pages that are still on their way, and leads to the file where they do not come', async () => {
		for (const comes of [true, false]) {
			const page = await browser.page();
			let release;
			const held = new Promise(resolve => {
				release = resolve;
			});

			await page.route(/\/file$/, async route => {
				await held;
				await (comes ? route.continue() : route.fulfill({status: 503}));
			});
			await page.goto(link);
			await page.waitForSelector('.viewer.alive');
			const opened = page.waitForRequest(request => request.isNavigationRequest() && request.url().includes('/file')).catch(() => null);

			await named(page).click();
			release();
			if (comes)
				await there(page);
			else
				assert.ok(await opened, 'the file is not opened');
			await page.context().close();
		}
	});

	test('is a link to the PDF without JavaScript; that of another version is none', async () => {
		const plain = await browser.page({javaScriptEnabled: false});

		await plain.goto(link);
		assert.equal(await named(plain).getAttribute('href'), `${new URL(link).pathname}/file#page=2`);
		await api.send(metadata('sidetal', {contacts: [{name: 'Mette Jensen', email: 'sidetal@example.dk', language: 'da'}], title: 'Tilbud på andet tag'}), manyPagesPdf(2));
		await plain.reload();
		await plain.getByText('Om version 1, side 2').waitFor();
		assert.equal(await plain.locator('.thread a').count(), 0);
	});
});

describe('what counts as opened', () => {
	const times = async id => (await api.document(id)).contacts[0];

	test('asking for the page, by whomever, is fetched and no more', async () => {
		const {id, link} = await send('hentet', simplePdf('hentet'));
		const visitor = new Visitor(link);

		await visitor.get();
		await visitor.get('/file');
		await visitor.head();
		const {fetched_at: fetched, opened_at: opened} = await times(id);

		assert.ok(fetched);
		assert.equal(opened, null);
		assert.equal((await api.document(id)).state, 'sent');
	});

	test('a scanner is told as one', async () => {
		const {id, link} = await send('scanner', simplePdf('scanner'));

		await new Visitor(link, {'user-agent': 'Mozilla/5.0 (compatible; MSOffice 16; SafeLinks)', purpose: 'prefetch'}).get();
		const event = await waitFor('the event', async () => (await api.events(id)).find(({type}) => type === 'document.fetched'));

		assert.equal(event.data.likely_scanner, true);
		assert.equal((await times(id)).opened_at, null);
	});

	test('nor does one become a reader by running scripts', async () => {
		const {id, link} = await send('crawler', simplePdf('crawler'));
		const bot = new Visitor(link, {'user-agent': 'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0 Safari/537.36'});

		await bot.get();
		assert.equal((await bot.opened()).status, 204);
		assert.equal((await times(id)).opened_at, null);
		assert.equal((await api.document(id)).state, 'sent');
		await new Visitor(link).opened();
		assert.ok((await times(id)).opened_at);
	});

	test('a page that was shown but not used is not opened; the first use opens it, once', async () => {
		const {id, link} = await send('brugt', simplePdf('brugt'));
		const page = await browser.page();
		const told = [];

		page.on('request', request => request.url().endsWith('/opened') && told.push(request));
		await openDocument(page, link);
		await page.waitForTimeout(6000);
		assert.equal(told.length, 0, 'the viewer itself, or time, looks like a reader');
		assert.equal((await times(id)).opened_at, null);
		await page.mouse.move(400, 600);
		await page.mouse.wheel(0, 200);
		await waitFor('opened', async () => (await times(id)).opened_at);
		await tool(page, 'in').click();
		await page.mouse.wheel(0, 200);
		assert.equal(told.length, 1);
		assert.equal((await api.document(id)).state, 'opened');
		assert.equal((await api.events(id)).filter(({type}) => type === 'document.opened').length, 1);
	});
});

test('an answer counts as read once it was on screen of a page in use', async () => {
	const {id, link} = await send('laest', simplePdf('laest'));
	const visitor = new Visitor(link);
	const unread = () => visitor.get().then(({html}) => html.includes('data-fresh'));

	await visitor.post('/messages', {...await visitor.form('/messages'), text: 'Er stillads med?'});
	assert.equal((await api.post(`/documents/${id}/messages`, {text: `Ja. ${'Det er alt sammen med. '.repeat(60)}`})).status, 201);
	assert.equal((await api.post(`/documents/${id}/messages`, {text: 'Og nedtagning.'})).status, 201);
	const page = await openDocument(await browser.page({device: phone}), link);

	await page.waitForTimeout(900);
	await page.locator('.open a').tap();
	await page.waitForSelector('.viewer.expanded');
	await page.goBack();
	await waitFor('opened', async () => (await api.document(id)).contacts[0].opened_at);
	assert.ok(await unread(), 'read without having been on screen');
	await page.locator('.news a').tap();
	await page.getByText('Og nedtagning.').scrollIntoViewIfNeeded();
	await waitFor('read', async () => !await unread());
	assertSound(page);
});

describe('trouble has words and a way on', () => {
	const trouble = async (page, link) => {
		await page.goto(link);
		await page.waitForSelector('.viewer.failed');
		return page.locator('.trouble').innerText();
	};

	test('bytes that do not come', async () => {
		const page = await browser.page();

		await page.route('**/file', route => route.fulfill({status: 503}));
		assert.match(await trouble(page, quote.link), /kan ikke vises lige nu[^]*Genindlæs siden[^]*Hent PDF/);
	});

	test('a new version meanwhile', async () => {
		const page = await browser.page();

		await page.route('**/file', async route => {
			const answer = await route.fetch();

			await route.fulfill({response: answer, headers: {...answer.headers(), etag: `"${'0'.repeat(64)}"`}});
		});
		const text = await trouble(page, quote.link);

		assert.match(text, /ny version/);
		assert.doesNotMatch(text, /Hent PDF/);
	});

	test('bytes that are no PDF', async () => {
		const page = await browser.page();

		await page.route('**/file', async route => {
			const answer = await route.fetch();

			await route.fulfill({response: answer, body: Buffer.alloc((await answer.body()).length)});
		});
		assert.match(await trouble(page, quote.link), /kan ikke vises her i browseren[^]*Hent PDF/);
	});
});

test('paper says that the PDF is what to print', async () => {
	const page = await openDocument(await browser.page(), quote.link);
	const advice = page.getByText('Selve tilbuddet er en PDF');

	assert.ok(await advice.isHidden());
	await page.emulateMedia({media: 'print'});
	assert.ok(await advice.isVisible());
	assert.ok(await page.locator('.viewer').isHidden());
});

test('links in a PDF lead out without telling where from; its scripts do nothing', async () => {
	const {link} = await send('links', linksPdf());
	const page = await openDocument(await browser.page(), link);

	await page.waitForSelector('.leaf .links a');
	const links = await page.locator('.leaf .links a').evaluateAll(all => all.map(({href, rel, target}) => ({href, rel, target})));

	assert.deepEqual(links, [
		{href: 'https://nordtag.example/vilkaar', rel: 'noopener noreferrer', target: '_blank'},
		{href: `${link}#viewer`, rel: '', target: ''},
	]);
	await page.locator('.leaf .links a').nth(1).click();
	await waitFor('page 2', async () => await currentPage(page) === '2');
	assertSound(page);
});

test('the history tells what this reader did, and of others only how it ended', async () => {
	const contacts = [['Mette Jensen', 'historie-1@example.dk'], ['Ole Holm', 'historie-2@example.dk']]
		.map(([name, email]) => ({name, email, language: 'da'}));
	const {id} = await api.send(metadata('historie', {contacts}), simplePdf('historie'));
	const [mette, ole] = await Promise.all(contacts.map(async ({email}) => new Visitor((await portal.mailTo(email)).link)));

	await mette.opened();
	await mette.get('/download');
	await ole.opened();
	await mette.accept();
	const lines = async visitor => [...(await visitor.get()).html.match(/<ol reversed>.*?<\/ol>/s)[0].matchAll(/<li><span>\s*(.*?)\s*<\/span>/gs)]
		.map(match => match[1]);

	assert.deepEqual(await lines(mette), ['Du accepterede tilbuddet', 'Du hentede PDF’en', 'Du åbnede tilbuddet', 'Nordtag ApS sendte tilbuddet']);
	assert.deepEqual(await lines(ole), ['Tilbuddet blev accepteret', 'Du åbnede tilbuddet', 'Nordtag ApS sendte tilbuddet']);
	assert.equal((await api.document(id)).state, 'accepted');
});

describe('everybody can use it', () => {
	for (const [name, device] of Object.entries({phone, desktop}))
		for (const dark of [false, true])
			test(`axe finds nothing on a ${name}, ${dark ? 'dark' : 'light'}`, async () => {
				const page = await openDocument(await browser.page({device, dark}), quote.link);

				assert.deepEqual(await accessibilityFaults(page), []);
				await page.locator(device === phone ? '.open a' : '[data-do="full"]').click();
				await page.waitForSelector('.viewer.expanded');
				await tool(page, 'find').click();
				assert.deepEqual(await accessibilityFaults(page), []);
				await page.context().close();
			});

	for (const width of [320, 390, 768, 1440])
		test(`at ${width} pixels nothing scrolls sideways`, async () => {
			const page = await openDocument(await browser.page({viewport: {width, height: 800}}), quote.link);

			assert.equal(await sidewaysScroll(page), 0);
			await page.context().close();
		});
});

test('the page weighs little, its conversation included, and pdf.js comes after it is seen', async () => {
	const {id, link} = await send('letvaegt', manyPagesPdf(3), {}, [{name: 'Vilkår.txt', bytes: 'Vilkår', type: 'text/plain'}]);
	const visitor = new Visitor(link), page = await browser.page();

	for (let i = 1; i <= 5; i++) {
		assert.equal((await visitor.post('/messages', {...await visitor.form('/messages'), text: `Er del ${i} med i prisen, eller kommer det oveni?`})).status, 303);
		assert.equal((await api.post(`/documents/${id}/messages`, {text: `Del ${i} er med. Se side ${1 + i % 3}, hvor det hele er talt op.`})).status, 201);
	}
	const own = [];

	page.on('response', answer => own.push(answer));
	await openDocument(page, link);
	const parts = own.filter(answer => /\/d\/[\w-]+$|\/static\/[\w.]+(\?|$)/.test(answer.url()));
	const sizes = await Promise.all(parts.map(async answer => gzipSync(await answer.body()).length));
	const total = sizes.reduce((sum, size) => sum + size, 0);

	assert.ok(parts.length >= 6, parts.map(answer => answer.url()).join());
	assert.ok(total <= 60 * 1024, `${total} bytes`);
	const [painted, fetched] = await page.evaluate(() => [
		performance.getEntriesByName('first-contentful-paint')[0].startTime,
		performance.getEntriesByType('resource').find(({name}) => name.includes('pdf.min.mjs')).startTime,
	]);

	assert.ok(fetched > painted, `pdf.js at ${fetched}, first paint at ${painted}`);
});
