// The check page in a browser: the PDF stays there, the answer comes all the same, and everybody can use it.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {metadata} from '../integration/lib/api.js';
import {sha256} from '../integration/lib/bytes.js';
import {linkOf} from '../integration/lib/links.js';
import {startPortal} from '../integration/lib/portal.js';
import {Visitor} from '../integration/lib/visitor.js';
import {simplePdf} from '../pdfs/make.js';
import {accessibilityFaults, assertSound, Browser, desktop, phone, sidewaysScroll} from './lib/browser.js';

const portal = await startPortal();
const browser = await Browser.start();
const {api} = await portal.tenant('Nordtag ApS');

after(async () => {
	await browser.stop();
	await portal.stop();
});

const pdf = simplePdf('Tilbud på nyt tag');
const {id} = await api.send(metadata('tjek'), pdf);

await new Visitor(await linkOf(portal, id, 'mette@example.dk')).accept({name: 'Mette Jensen'});

const address = `${portal.url}/verify`;
const file = (buffer, name = 'tilbud.pdf') => ({name, mimeType: 'application/pdf', buffer});
const answer = page => page.locator('#answer');

// The page, with what it sends noted.
async function open(options, path = '') {
	const page = await browser.page(options);

	page.sent = [];
	page.on('request', request => request.method() === 'POST' && page.sent.push(request.postData()));
	await page.goto(address + path);
	return page;
}

async function choose(page, buffer, name) {
	await page.locator('#file').setInputFiles(file(buffer, name));
	await answer(page).locator('.outcome, .problem').waitFor();
}

test('a chosen PDF is hashed in the browser; only the hash is sent', async () => {
	const page = await open();

	await choose(page, pdf);
	assert.match(await answer(page).innerText(), /PDF’en er den accepterede udgave[\s\S]*Nordtag ApS/);
	assert.deepEqual(page.sent, [`sha256=${sha256(pdf)}`]);
	assert.equal(await page.evaluate(() => document.activeElement.id), 'answer');
	await choose(page, Buffer.concat([pdf, Buffer.from(' ')]), 'ændret.pdf');
	await answer(page).getByText('Vi genkender ikke PDF’en').waitFor();
	assert.match(await page.locator('.chosen').innerText(), /ændret\.pdf/);
	assertSound(page);
});

test('a dropped PDF', async () => {
	const page = await open();
	const dropped = await page.evaluateHandle(bytes => {
		const transfer = new DataTransfer();

		transfer.items.add(new File([new Uint8Array(bytes)], 'tilbud.pdf', {type: 'application/pdf'}));
		return transfer;
	}, [...pdf]);

	await page.dispatchEvent('.drop', 'dragover', {dataTransfer: dropped});
	assert.match(await page.locator('.drop').getAttribute('class'), /over/);
	await page.dispatchEvent('.drop', 'drop', {dataTransfer: dropped});
	await answer(page).getByText('PDF’en er den accepterede udgave').waitFor();
	assertSound(page);
});

test('what is no PDF is not even asked about', async () => {
	const page = await open({}, '?lang=en');

	await choose(page, Buffer.from('Ingen PDF'), 'brev.pdf');
	assert.match(await answer(page).innerText(), /The file is not a PDF/);
	assert.deepEqual(page.sent, []);
	assertSound(page);
});

test('a QR code\'s address, with ? and with #', async () => {
	for (const sign of ['?', '#']) {
		const page = await open({device: phone}, `${sign}sha256=${sha256(pdf)}`);

		await answer(page).getByText('Fingeraftrykket hører til en accepteret udgave').waitFor();
		assertSound(page);
	}
});

test('a portal that does not answer', async () => {
	const page = await open();

	await page.route('**/verify*', route => route.request().method() === 'POST' ? route.abort() : route.continue());
	await choose(page, pdf);
	assert.match(await answer(page).innerText(), /Vi kunne ikke tjekke filen/);
});

test('without JavaScript the form sends the file', async () => {
	const page = await open({javaScriptEnabled: false});

	assert.match(await page.locator('#file-hint').innerText(), /Filen sendes hertil/);
	await page.locator('#file').setInputFiles(file(pdf));
	await page.locator('.drop button').click();
	await answer(page).getByText('PDF’en er den accepterede udgave').waitFor();
});

test('the keyboard alone is enough', async () => {
	const page = await open();

	page.on('filechooser', () => {}); // from the start: turned on at the last moment it may miss the key
	for (const [key, buffer, said] of [['Enter', pdf, 'PDF’en er den accepterede udgave'], ['Space', Buffer.concat([pdf, pdf]), 'Vi genkender ikke PDF’en']]) {
		await page.locator('.language').focus();
		do
			await page.keyboard.press('Tab');
		while (await page.evaluate(() => document.activeElement.id === 'answer'));
		assert.equal(await page.evaluate(() => document.activeElement.id), 'file');
		const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press(key)]);

		await chooser.setFiles(file(buffer));
		await answer(page).getByText(said).waitFor();
	}
});

test('no fault of accessibility, no sideways scrolling: phone and desktop, light and dark, asked and answered', async () => {
	for (const device of [phone, desktop]) {
		for (const dark of [false, true]) {
			const page = await open({device, dark});

			for (const buffer of [null, pdf, Buffer.concat([pdf, pdf])]) {
				if (buffer)
					await choose(page, buffer);
				assert.deepEqual(await accessibilityFaults(page), []);
				assert.ok(await sidewaysScroll(page) <= 0);
			}
			assertSound(page);
		}
	}
});
