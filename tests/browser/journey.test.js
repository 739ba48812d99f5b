// What people do, from the mail's link to the receipt: on a phone and a desktop, in Danish and English, with and without
// JavaScript, and with the keyboard alone. Words are looked for as people read them, controls as they find them.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {after, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {startPortal} from '../integration/lib/portal.js';
import {waitFor} from '../integration/lib/wait.js';
import {assertSound, Browser, desktop, phone} from './lib/browser.js';
import {drawSignature, enterCode, Kit, senderAddress, share} from './lib/kit.js';

const portal = await startPortal();
const browser = await Browser.start();
const kit = await Kit.open(portal, process.env.PORTAL_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url)), browser);

after(async () => {
	await browser.stop();
	await portal.stop();
});

const texts = Object.fromEntries(['da', 'en'].map(language =>
	[language, JSON.parse(readFileSync(new URL(`../../web/i18n/${language}.json`, import.meta.url), 'utf8'))]));

// The words of one language by key: all of them, or what stands before the first place left open.
const wordsOf = language => key => {
	const text = texts[language][key];

	assert.ok(text, key);
	return text.includes('{') ? new RegExp(text.split('{')[0].trim().replace(/[.*+?^$()|[\]\\]/g, '\\$&')) : text;
};

const da = wordsOf('da');

const press = (page, name) => page.getByRole('button', {name, exact: true}).click();
const heading = (page, name) => page.getByRole('heading', {name}).first().waitFor();
const linkIn = async (email, suits = () => true) =>
	(await portal.mail(`to ${email}`, mail => mail.to === email && mail.link && suits(mail))).link;

// The bytes that a link's download saves.
async function download(page, link) {
	const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);

	return {name: file.suggestedFilename(), bytes: await readFile(await file.path())};
}

// The receipt is made by the worker: the page may be there before it.
async function downloadReceipt(page, w) {
	await portal.mail('with the receipt', mail => w('mail.subject.accepted').test(mail.subject) && mail.text.includes(new URL(page.url()).pathname));
	await page.reload();
	return download(page, page.getByRole('link', {name: w('receipt.download')}));
}

async function readPdf(page, w, {js, small}) {
	if (!js) {
		const shown = await page.request.get(`${page.url().split(/[?#]/)[0]}/file`);

		assert.equal(shown.headers()['content-type'], 'application/pdf');
		assert.ok(small ? await page.getByRole('link', {name: w('read.quote')}).isVisible() : await page.locator('iframe.plain').isVisible());
		return;
	}
	await page.waitForSelector('.viewer.shown');
	if (!small) {
		await page.waitForFunction(() => /Tilbud/.test(document.querySelector('.leaf .text')?.textContent));
		return;
	}
	await page.getByRole('link', {name: w('read.quote')}).tap();
	await page.waitForSelector('.viewer.expanded');
	await page.waitForFunction(() => /Tilbud/.test(document.querySelector('.leaf .text')?.textContent));
	await page.goBack();
	await page.waitForSelector('.viewer:not(.expanded)');
}

for (const [how, device] of Object.entries({phone, desktop}))
	for (const language of ['da', 'en'])
		for (const js of [true, false])
			test(`from the mail to the receipt: ${how}, ${language}, ${js ? 'with' : 'without'} JavaScript`, async () => {
				const w = wordsOf(language);
				const sent = await kit.send({language});
				const page = await browser.page({device, javaScriptEnabled: js, locale: language === 'da' ? 'da-DK' : 'en-GB', acceptDownloads: true});

				await page.goto(await linkIn(sent.email));
				await page.getByText('184.500,00 kr.').or(page.getByText('DKK 184,500.00')).first().waitFor();
				await readPdf(page, w, {js, small: device === phone});
				const attachment = await download(page, page.getByRole('link', {name: /Almindelige betingelser/}));

				assert.deepEqual([attachment.name, String(attachment.bytes)], ['Almindelige betingelser.txt', 'Betalingsfristen er 14 dage.\n']);

				const question = `Hvornår kan I begynde, ${how}?`;

				await page.getByLabel(w('message.text')).fill(question);
				await press(page, w('message.button'));
				await page.locator('.thread').getByText(question).waitFor();
				if (js)
					assert.doesNotMatch(page.url(), /sent=/, 'a reload would say again that it was sent');
				const asked = await portal.mail('with the question', mail => mail.to === senderAddress && mail.text.includes(question) && mail.text.includes(sent.metadata.number));

				assert.ok(asked.link);
				await kit.answer(sent.id, `I uge 14, ${sent.id}.`);
				await page.goto(await linkIn(sent.email, mail => mail.text.includes(`I uge 14, ${sent.id}.`)));
				await page.getByText(w('message.news')).first().waitFor();
				await page.locator('.thread').getByText('I uge 14').waitFor();

				await page.getByLabel(w('accept.signature')).fill('Mette Jensen');
				await page.getByLabel(w('accept.purchase_order')).fill('PO-17');
				await press(page, w('accept.button'));
				await page.locator('.problem').waitFor(); // the tick was forgotten, what was typed is there
				assert.equal(await page.getByLabel(w('accept.purchase_order')).inputValue(), 'PO-17');
				await page.getByLabel(w('accept.consent')).check();
				await press(page, w('accept.button'));
				await heading(page, w('accepted.heading'));
				const receipt = await downloadReceipt(page, w);

				assert.match(receipt.name, language === 'da' ? /^Kvittering-.*\.pdf$/ : /^Receipt-.*\.pdf$/);
				assert.equal(String(receipt.bytes.subarray(0, 5)), '%PDF-');
				const {decision} = await kit.api.document(sent.id);

				assert.deepEqual([decision.type, decision.by.name, decision.purchase_order], ['accepted', 'Mette Jensen', 'PO-17']);

				await page.goto(`${portal.url}/verify?lang=${language}`);
				await page.locator('#file').setInputFiles({name: 'kvittering.pdf', mimeType: 'application/pdf', buffer: receipt.bytes});
				if (!js)
					await page.locator('form.drop button').click();
				await page.locator('#answer .accepted').waitFor();
				if (js)
					assertSound({faults: page.faults.filter(fault => !/422|409/.test(fault))});
				await page.context().close();
			});

describe('other ways to answer', () => {
	test('a code by mail and a signature drawn by finger', async () => {
		const sent = await kit.send({accept: {enabled: true, identity: 'email_code', signature: 'drawn'}});
		const page = await browser.page({device: phone});

		await page.goto(sent.link);
		await press(page, da('identity.button'));
		await page.getByLabel(da('identity.code')).fill(await kit.codeTo(sent.email));
		await drawSignature(page);
		await page.getByLabel(da('accept.consent')).check();
		await press(page, da('accept.button'));
		await heading(page, da('accepted.heading'));
		assert.equal(String((await downloadReceipt(page, da)).bytes.subarray(0, 5)), '%PDF-');
		const {identity, signature} = (await kit.api.document(sent.id)).decision;

		assert.deepEqual([identity, signature], ['email_code', 'drawn']);
		assertSound(page);
	});

	for (const js of [true, false])
		test(`declining, ${js ? 'with' : 'without'} JavaScript`, async () => {
			const sent = await kit.send();
			const page = await browser.page({device: phone, javaScriptEnabled: js});

			await page.goto(sent.link);
			await page.getByText(da('decline.summary'), {exact: true}).click();
			await page.getByLabel(da('decline.reason')).fill('Vi venter et år.');
			await press(page, da('decline.button'));
			await heading(page, da('declined.heading'));
			assert.equal((await kit.api.document(sent.id)).decision.reason, 'Vi venter et år.');
		});

	test('asking for changes, and the new version that comes of it', async () => {
		const sent = await kit.send();
		const page = await browser.page();

		await page.goto(sent.link);
		await page.getByText(da('changes.summary'), {exact: true}).click();
		await page.getByLabel(da('changes.text')).fill('Tagrender i zink, tak.');
		await press(page, da('changes.button'));
		await page.getByText(da('changes.asked')).waitFor();
		await portal.mail('about changes', mail => mail.to === senderAddress && mail.text.includes('Tagrender i zink'));
		await kit.api.send({...sent.metadata, amount: {value: '191000.00', currency: 'DKK'}}, kit.quote);
		await page.goto(await linkIn(sent.email, mail => /^Ny version/.test(mail.subject)));
		await page.getByText('191.000,00 kr.').first().waitFor();
		await page.getByText('Om version 1').waitFor();
		await page.getByLabel(da('accept.consent')).check();
		await press(page, da('accept.button'));
		await heading(page, da('accepted.heading'));
		assert.equal((await kit.api.document(sent.id)).decision.version, 2);
		assertSound(page);
	});

	for (const js of [true, false])
		test(`an expired quote is asked for anew, ${js ? 'with' : 'without'} JavaScript`, async () => {
			const sent = await kit.send();
			const page = await browser.page({device: phone, javaScriptEnabled: js});

			await portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${sent.id}'`);
			await page.goto(sent.link);
			await heading(page, da('expired.quote'));
			assert.equal(await page.getByRole('button', {name: da('accept.button')}).count(), 0);
			await press(page, da('renewal.button'));
			await page.getByText(da('renewal.asked')).waitFor();
			await waitFor('the wish', async () => (await kit.api.events(sent.id)).some(({type}) => type === 'document.renewal_requested'));
		});

	for (const js of [true, false])
		test(`a colleague is let in to read and ask, and out again, ${js ? 'with' : 'without'} JavaScript`, async () => {
			const sent = await kit.send(), email = `kollega-${js}@example.dk`;
			const page = await browser.page({device: phone, javaScriptEnabled: js});

			await page.goto(sent.link);
			await share(page, email, 'Ole Holm', 'Hvad siger du?');
			await page.getByText(da('share.sent')).waitFor();
			const colleague = await browser.page({javaScriptEnabled: js});

			await colleague.goto(await linkIn(email));
			await heading(colleague, 'Tilbud på nyt tag');
			assert.equal(await colleague.getByRole('button', {name: da('accept.button')}).count(), 0);
			await colleague.getByLabel(da('message.text')).fill('Er det med tagrender?');
			await press(colleague, da('message.button'));
			await page.goto(sent.link);
			await page.locator('.thread').getByText('Er det med tagrender?').waitFor();
			await page.locator('.share summary').click();
			await page.locator('.share li').getByRole('button').click();
			await page.getByText(da('share.ended')).waitFor();
			await colleague.reload();
			await heading(colleague, da('notice.not_found.heading'));
		});

	test('the other language is one press away, and stays', async () => {
		for (const language of ['da', 'en']) {
			const page = await browser.page({device: phone}), other = wordsOf(language === 'da' ? 'en' : 'da');

			await page.goto((await kit.send({language})).link);
			await page.getByRole('link', {name: texts[language]['page.other_language']}).click();
			await heading(page, other('accept.heading'));
			await page.locator('#message-text').fill('?');
			await page.locator('form[action$="/messages"] button').click();
			await page.locator('.thread').waitFor();
			await heading(page, other('accept.heading'));
		}
	});
});

describe('other ways in', () => {
	for (const js of [true, false])
		test(`a public link: wrong code, right code, the document, ${js ? 'with' : 'without'} JavaScript`, async () => {
			const {link} = await kit.publish();
			const page = await browser.page({device: phone, javaScriptEnabled: js});

			await page.goto(link);
			assert.ok(!(await page.content()).includes('Tilbud på nyt tag'), 'nothing is told before the code');
			await enterCode(page, 'forkert');
			await page.getByText('Adgangskoden er ikke rigtig').waitFor();
			await enterCode(page);
			await heading(page, 'Tilbud på nyt tag');
			await page.goto(link);
			await heading(page, 'Tilbud på nyt tag');
		});

	for (const js of [true, false])
		test(`from the front page by a mailed code to all documents, and out again, ${js ? 'with' : 'without'} JavaScript`, async () => {
			const emails = [`overblik-${js}@example.dk`];

			await kit.send({emails, title: 'Nye vinduer'});
			await kit.send({emails, title: 'Tilbygning mod haven'});
			const page = await browser.page({javaScriptEnabled: js});

			await portal.sql('DELETE FROM portal.login_rate');
			await page.goto(portal.url);
			await page.locator('main').getByRole('link', {name: 'Find dine dokumenter'}).click();
			await page.getByLabel('E-mailadresse').fill(emails[0]);
			await press(page, 'Send mig en kode');
			await page.getByLabel('Kode', {exact: true}).fill(await kit.codeTo(emails[0]));
			await press(page, 'Log ind');
			await heading(page, 'Dine dokumenter');
			await page.getByRole('searchbox').fill('haven');
			await press(page, 'Søg');
			await page.getByText('Vi fandt 1 dokument.').waitFor();
			assert.equal(await page.getByRole('link', {name: 'Nye vinduer'}).count(), 0);
			await page.getByRole('link', {name: 'Tilbygning mod haven'}).click();
			await heading(page, 'Tilbygning mod haven');
			await page.goto(`${portal.url}/documents`);
			await press(page, 'Log ud');
			await page.getByText('Du er logget ud').waitFor();
			await page.goto(`${portal.url}/documents`);
			await heading(page, 'Find dine dokumenter');
		});
});

// What is focused, as text, and whether one can see that it is.
const focused = page => page.evaluate(() => {
	const at = document.activeElement;
	const shown = at.closest('.drop, li, .choice') ?? at;
	const visible = [at, shown, at.nextElementSibling].some(element => {
		const {outlineStyle, outlineWidth} = element ? getComputedStyle(element) : {};
		const after = element ? getComputedStyle(element, '::after') : {};

		return [[outlineStyle, outlineWidth], [after.outlineStyle, after.outlineWidth]].some(([style, width]) => style && style !== 'none' && parseFloat(width) >= 2);
	});

	return {id: at.id, text: (at.labels?.[0] ?? at).textContent?.trim().replace(/\s+/g, ' '), visible, tag: at.tagName};
});

// Tabs on until what is focused SUITS; everything on the way shows that it is.
async function tabTo(page, what, suits) {
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		const at = await focused(page);

		assert.ok(at.visible || at.tag === 'BODY' || at.tag === 'HTML', `one cannot see the focus on ${at.tag} ${at.text}`);
		if (suits(at))
			return at;
	}
	throw new Error(`Tab does not lead to ${what}`);
}

test('with the keyboard alone: from the mail to the receipt', async () => {
	const sent = await kit.send();
	const page = await browser.page({acceptDownloads: true});

	await page.goto(sent.link);
	await page.waitForSelector('.viewer.shown');
	await tabTo(page, 'the skip link', ({text}) => text === 'Gå til indholdet');
	await page.keyboard.press('Enter');
	await tabTo(page, 'the pages', ({id}) => id === 'pages');
	await page.keyboard.press('End');
	await tabTo(page, 'the attachment', ({text}) => /^Almindelige betingelser/.test(text));
	const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);

	assert.equal(file.suggestedFilename(), 'Almindelige betingelser.txt');
	await tabTo(page, 'the message', ({id}) => id === 'message-text');
	await page.keyboard.type('Er stillads med?');
	await tabTo(page, 'sending', ({text}) => text === da('message.button'));
	await page.keyboard.press('Enter');
	await page.locator('.thread').getByText('Er stillads med?').waitFor();
	await page.waitForSelector('.viewer.shown');
	await page.goto(sent.link);
	await page.waitForSelector('.viewer.shown');
	await tabTo(page, 'accepting', ({text}) => text === da('accept.button'));
	await page.keyboard.press('Space');
	await page.locator('.problem').waitFor();
	await page.waitForSelector('.viewer.shown');
	assert.ok(await page.locator('.problem').evaluate(box => box === box.ownerDocument.activeElement), 'what is wrong has the focus');
	await tabTo(page, 'the field at fault', ({text}) => /^Sæt kryds/.test(text));
	await page.keyboard.press('Enter');
	await waitFor('the box', async () => (await focused(page)).id === 'consent');
	await page.keyboard.press('Space');
	await tabTo(page, 'accepting', ({text}) => text === da('accept.button'));
	await page.keyboard.press('Enter');
	await heading(page, da('accepted.heading'));
	await portal.mail('with the receipt', mail => mail.to === sent.email && da('mail.subject.accepted').test(mail.subject));
	await page.reload();
	await page.waitForSelector('.viewer.shown');
	await tabTo(page, 'the receipt', ({text}) => text === da('receipt.download'));
	const [receipt] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);

	assert.match(receipt.suggestedFilename(), /^Kvittering/);
});
