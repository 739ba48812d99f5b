// Accepting in a browser: the code, the drawn signature, what is typed and drawn is not lost. With PORTAL_TEST_PICTURES
// (a folder) it takes a picture of every step.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {join} from 'node:path';
import {metadata} from '../integration/lib/api.js';
import {linkOf} from '../integration/lib/links.js';
import {startPortal} from '../integration/lib/portal.js';
import {Visitor} from '../integration/lib/visitor.js';
import {waitFor} from '../integration/lib/wait.js';
import {simplePdf} from '../pdfs/make.js';
import {accessibilityFaults, assertSound, Browser, desktop, phone} from './lib/browser.js';

const portal = await startPortal();
const browser = await Browser.start();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example', '--color', '#1f5f8b');
const pictures = process.env.PORTAL_TEST_PICTURES;

after(async () => {
	await browser.stop();
	await portal.stop();
});

let number = 0;

async function send(accept, changes = {}) {
	const name = `svar-${++number}`, email = `${name}@example.dk`;
	const contacts = [{name: 'Mette Jensen', email, language: 'da'}];
	const document = await api.send(metadata(name, {contacts, notify: {on_upload: false}, accept, ...changes}), simplePdf(name));

	return {...document, email, link: await linkOf(portal, document.id, email)};
}

const codeTo = email => waitFor(`a code to ${email}`, async () =>
	(await portal.mails()).findLast(mail => mail.to === email)?.text.match(/^\d{6}$/m)?.[0]);
const evidence = async ({id}) =>
	JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${id}', 1)`) || 'null');

// Draws as a hand would, from the left to the right.
async function draw(page) {
	const canvas = page.locator('#sign canvas');

	await canvas.scrollIntoViewIfNeeded();
	const {x, y, width, height} = await canvas.boundingBox();

	await page.mouse.move(x + width * .15, y + height * .6);
	await page.mouse.down();
	for (let i = 0; i <= 40; i++)
		await page.mouse.move(x + width * (.15 + .6 * i / 40), y + height * (.55 - .28 * Math.sin(i / 2.6) * (1 - i / 60)));
	await page.mouse.up();
}

const picture = async (page, name) => pictures && page.locator('.answer').screenshot({path: join(pictures, `${name}.png`)});

async function sound(page) {
	await page.waitForSelector('.viewer.shown');
	assert.deepEqual(await accessibilityFaults(page), []);
}

const inked = page => page.locator('#sign canvas').evaluate(canvas =>
	canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value));

for (const [how, device, query, dark] of [['desktop', desktop, '', false], ['phone', phone, '', false],
	['phone-dark', phone, '', true], ['desktop-en', desktop, '?lang=en', false]]) {
	test(`with code and drawn signature on a ${how}`, async () => {
		const document = await send({enabled: true, identity: 'email_code', signature: 'drawn'});
		const page = await browser.page({device, dark});

		await page.goto(document.link + query);
		await page.locator('#identity button').waitFor();
		await picture(page, `${how}-1-start`);
		assert.ok(await page.locator('#fields').evaluate(fields => fields.disabled));
		await sound(page);
		await page.locator('#identity button').click();
		await page.locator('#identity.passed').waitFor();
		assert.ok(await page.locator('#otp').evaluate(input => input === input.ownerDocument.activeElement), 'the code comes next');
		const code = await codeTo(document.email);

		await picture(page, `${how}-2-sent`);
		await draw(page);
		await page.locator('#otp').fill(code === '111111' ? '222222' : '111111');
		await page.locator('#purchase_order').fill('PO-4711');
		await page.locator('#consent').check();
		await picture(page, `${how}-3-drawn`);
		await page.locator('#answer button[type=submit]').click();
		await page.locator('.problem').waitFor();
		assert.ok(await inked(page), 'the drawing is still there');
		assert.equal(await page.locator('#purchase_order').inputValue(), 'PO-4711');
		await picture(page, `${how}-4-wrong`);
		await sound(page);
		await page.locator('#otp').fill(code);
		await page.locator('#answer button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		const found = await evidence(document);

		assert.deepEqual([found.signature, found.identity, found.proof.tries], ['drawn', 'email_code', 2]);
		assert.ok(found.signature_image.length > 200);
		if (pictures)
			await page.screenshot({path: join(pictures, `${how}-5-accepted.png`)});
		await page.context().close();
	});
}

describe('the signature', () => {
	const drawn = {enabled: true, identity: 'link', signature: 'drawn'};

	test('can be typed instead', async () => {
		const document = await send(drawn);
		const page = await browser.page();

		await page.goto(document.link);
		await page.locator('label[for=sign-typed]').click();
		await page.locator('#name').fill('Mette Holm Jensen');
		assert.equal(await page.locator('.typed').innerText(), 'Mette Holm Jensen');
		await picture(page, 'typed');
		await sound(page);
		await page.locator('#consent').check();
		await page.locator('.accept button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		assert.deepEqual([(await evidence(document)).signature, (await evidence(document)).name], ['typed', 'Mette Holm Jensen']);
		assertSound(page);
	});

	test('that is not drawn is asked for; cleared it is gone', async () => {
		const document = await send(drawn);
		const page = await browser.page({device: phone});

		await page.goto(document.link);
		await draw(page);
		assert.ok(await inked(page));
		await page.locator('.clear').click();
		assert.ok(!await inked(page));
		await page.locator('#consent').check();
		await page.locator('.accept button[type=submit]').click();
		await page.locator('#signature-error').waitFor();
		await picture(page, 'phone-blank');
		assert.equal(await evidence(document), null);
	});

	test('without JavaScript is the name', async () => {
		const document = await send({...drawn, identity: 'email_code'});
		const page = await browser.page({javaScriptEnabled: false});

		await page.goto(document.link);
		await page.locator('#identity button').click();
		const code = await codeTo(document.email);

		await page.locator('#otp').fill(code);
		assert.ok(!await page.locator('#sign').isVisible());
		await page.locator('#consent').check();
		await page.locator('#answer button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		assert.equal((await evidence(document)).signature, 'typed');
	});
});

describe('impatience', () => {
	const simple = {enabled: true, identity: 'link', signature: 'none'};
	const ready = async page => {
		const document = await send(simple);

		await page.goto(document.link);
		await page.locator('#consent').check();
		return document;
	};

	test('a second press does nothing, and the button says that the first is on its way', async () => {
		const page = await browser.page({device: phone});
		const button = page.locator('#accept button[type=submit]');
		let release, posts = 0;
		const held = new Promise(resolve => {
			release = resolve;
		});

		await page.route('**/accept', async route => {
			posts++;
			await held;
			await route.continue();
		});
		await ready(page);
		const shown = await button.evaluate(element => {
			element.click();
			element.click();
			return [element.textContent, element.getAttribute('aria-disabled')];
		});

		assert.deepEqual(shown, ['Sender …', 'true']);
		release();
		await page.locator('.outcome.accepted').waitFor();
		assert.equal(posts, 1);
	});

	test('the browser\'s way back after accepting shows that it is accepted', async () => {
		const page = await browser.page({device: phone});

		await ready(page);
		await page.locator('#accept button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		await page.goBack();
		if (page.url() !== 'about:blank') {
			await page.locator('.outcome.accepted').waitFor();
			assert.equal(await page.locator('#accept').count(), 0);
		}
	});

	test('a refused form does not stand in the way: reloading and the way back find the page', async () => {
		const page = await browser.page({device: phone});
		const {link} = await ready(page);
		const sent = [];

		page.on('request', request => request.method() === 'POST' && /accept$/.test(request.url()) && sent.push(request));
		await page.locator('#consent').uncheck();
		await page.locator('#accept button[type=submit]').click();
		await page.locator('.problem').waitFor();
		await page.waitForURL(link);
		await page.reload();
		await page.locator('#consent').waitFor();
		assert.equal(await page.locator('.problem').count(), 0);
		await page.locator('#accept button[type=submit]').click();
		await page.locator('.problem').waitFor();
		await page.locator('#consent').check();
		await page.locator('#accept button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		await page.goBack();
		await page.locator('.outcome.accepted').waitFor();
		assert.equal(sent.length, 3);
	});

	test('a page that the browser kept is fetched anew when something was sent from it', async () => {
		const page = await browser.page();
		const {link} = await ready(page);

		await page.route('**/accept', route => route.fulfill({status: 204}));
		await page.locator('#accept button[type=submit]').click();
		await new Visitor(link).accept();
		await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})));
		await page.locator('.outcome.accepted').waitFor();
	});
});

describe('asking for a code', () => {
	test('too soon again says when, and keeps what is typed', async () => {
		const document = await send({enabled: true, identity: 'email_code', signature: 'typed'});
		const page = await browser.page({device: phone});

		await page.goto(document.link);
		await page.locator('#identity button').click();
		await page.locator('#otp').waitFor();
		await page.locator('#purchase_order').fill('PO-1');
		await page.locator('#identity summary').click();
		await page.locator('#identity button').click();
		await page.locator('#identity-error').waitFor();
		assert.match(await page.locator('#identity-error').innerText(), /Vent \d+ sekunder/);
		assert.equal(await page.locator('#purchase_order').inputValue(), 'PO-1');
		await picture(page, 'phone-wait');
		await sound(page);
	});

	test('on a public link takes an address first', async () => {
		const document = await send({enabled: true, identity: 'email_code', signature: 'none'},
			{visibility: 'link', access_code: 'Tagsten 7', contacts: []});
		const page = await browser.page();

		await page.goto(document.links.public);
		await page.locator('#code').fill('Tagsten 7');
		await page.locator('button[type=submit]').click();
		await page.locator('#identity #email').fill('ikke en adresse');
		await page.locator('#identity button').click();
		await page.locator('#email-error').waitFor();
		await picture(page, 'public-bad');
		await page.locator('#identity #email').fill('sofie@example.dk');
		await page.locator('#identity button').click();
		await page.locator('#identity.passed').waitFor();
		await picture(page, 'public-sent');
		await page.locator('#otp').fill(await codeTo('sofie@example.dk'));
		await page.locator('#name').fill('Sofie Holm');
		await page.locator('#consent').check();
		await page.locator('#answer button[type=submit]').click();
		await page.locator('.outcome.accepted').waitFor();
		assert.equal((await evidence(document)).email, 'sofie@example.dk');
		await picture(page, 'public-end').catch(() => {});
	});
});
