// What scenes and journeys are made with: a tenant, documents for people of their own, and what people do in a browser.
import {readFileSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {metadata} from '../../integration/lib/api.js';
import {png} from '../../integration/lib/files.js';
import {linksOf} from '../../integration/lib/links.js';
import {Visitor} from '../../integration/lib/visitor.js';
import {waitFor} from '../../integration/lib/wait.js';

export const attachments = [
	{name: 'Almindelige betingelser.txt', bytes: 'Betalingsfristen er 14 dage.\n', type: 'text/plain'},
	{name: 'Foto af tagryg.png', bytes: png, type: 'image/png'},
];

export const inDays = days => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);

const messages = {
	da: 'Hej Mette. Tak for en god gennemgang i går. Her er tilbuddet på det nye tag, som vi talte om.\n\nRing endelig, hvis du har spørgsmål.',
	en: 'Hello Mette. Thank you for showing us round yesterday. Here is the quote for the new roof that we talked about.\n\nDo call if you have questions.',
};

export const senderAddress = 'tilbud@nordtag.example';

export class Kit {
	static async open(portal, build, browser) {
		const kit = new Kit();
		const quote = join(portal.base, 'quote.pdf');

		execFileSync(join(build, 'bin/sample-quote'), [quote]);
		Object.assign(kit, {portal, quote: readFileSync(quote), logo: await drawLogo(browser), count: 0});
		kit.api = (await portal.tenant('Nordtag ApS', '--reply-to', senderAddress, '--color', '#1f5f8b')).api;
		return kit;
	}

	// A document sent to one contact or more, who need not have their mails yet: {id, link, email, visitor, visitors, metadata}.
	async send({language = 'da', people = ['Mette Jensen'], emails, pdf = this.quote, files = attachments, api = this.api, ...changes} = {}) {
		const n = ++this.count;
		const contacts = people.map((name, i) => ({name, email: emails?.[i] ?? `kunde-${n}-${i}@example.dk`, language}));
		const whole = metadata(`T-${n}`, {contacts, language, message: messages[language], expires_at: inDays(38), ...changes});
		const document = await api.send(whole, pdf, files);
		const links = await linksOf(this.portal, document.id);
		const visitors = whole.contacts.map(({email}) => new Visitor(links.get(email)));

		return {id: document.id, document, metadata: whole, visitors, visitor: visitors[0], link: visitors[0]?.link, email: contacts[0]?.email};
	}

	// The same with a public link and this access code: besides, {link} is the public one.
	async publish(changes = {}) {
		const sent = await this.send({visibility: 'link', access_code: 'tagsten7', ...changes});

		return {...sent, link: sent.document.links.public};
	}

	// A question by the document's reader, and what the sender answers to it.
	async talk({id, visitor}, question = 'Er nedtagning af det gamle tag med i prisen?',
		answer = 'Ja, både nedtagning og bortskaffelse er med. Se side 1 nederst.') {
		await visitor.post('/messages', {...await visitor.form('/messages'), text: question, page: '1'});
		await this.answer(id, answer);
	}

	async answer(id, text) {
		const {status, body} = await this.api.post(`/documents/${id}/messages`, {text, page: 1});

		if (status !== 201)
			throw new Error(`answer: ${status} ${JSON.stringify(body)}`);
	}

	// A code mailed to ADDRESS after the SEEN ones that were there before.
	codeTo(address, seen = 0) {
		return waitFor(`a code to ${address}`, async () => {
			const codes = (await this.portal.mails()).filter(mail => mail.to === address)
				.map(mail => mail.text.match(/^\d{6}$/m)?.[0]).filter(Boolean);

			return codes.length > seen && codes.at(-1);
		});
	}

	// Asks for a code at /login. Everybody here comes from one address: limits by address start anew.
	async askAtLogin(page, address, language) {
		await this.portal.sql('DELETE FROM portal.login_rate');
		await page.goto(`${this.portal.url}/login?lang=${language}`);
		await page.locator('#email').fill(address);
		await page.locator('main form button[type=submit]').first().click();
		await page.locator('#code').waitFor();
	}

	async logIn(page, address, language) {
		await this.askAtLogin(page, address, language);
		await page.locator('#code').fill(await this.codeTo(address));
		await page.locator('main form button[type=submit]').first().click();
		await page.waitForURL('**/documents*');
	}

	// Waits until all mails that are due are written.
	mailed() {
		return waitFor('the mails', async () => await this.portal.sqlValue(
			`SELECT count(*) FROM job WHERE kind IN ('mail', 'login', 'receipt') AND state IN ('waiting', 'running')`) === '0', 60);
	}
}

// Gives the access code on a public link.
export async function enterCode(page, code = 'tagsten7') {
	await page.locator('#code').fill(code);
	await page.locator('main button[type=submit]').click();
}

// Passes the document on.
export async function share(page, email, name = '', text = '') {
	await page.locator('.share summary').click();
	await page.locator('#share-email').fill(email);
	await page.locator('#share-name').fill(name);
	await page.locator('#share-text').fill(text);
	await page.locator('form[action$="/share"] button').click();
}

// Signs as a finger or a mouse would, from the left to the right.
export async function drawSignature(page) {
	const canvas = page.locator('#sign canvas');

	await canvas.scrollIntoViewIfNeeded();
	const {x, y, width, height} = await canvas.boundingBox();
	const points = Array.from({length: 40}, (_, i) =>
		({x: x + width * (.15 + .6 * i / 40), y: y + height * (.55 - .28 * Math.sin(i / 2.6) * (1 - i / 60))}));

	if (await page.evaluate(() => navigator.maxTouchPoints > 0))
		return touch(page, points);
	await page.mouse.move(points[0].x, points[0].y);
	await page.mouse.down();
	for (const point of points)
		await page.mouse.move(point.x, point.y);
	await page.mouse.up();
}

async function touch(page, points) {
	const session = await page.context().newCDPSession(page);
	const send = (type, point) => session.send('Input.dispatchTouchEvent', {type, touchPoints: point ? [point] : []});

	await send('touchStart', points[0]);
	for (const point of points)
		await send('touchMove', point);
	await send('touchEnd');
}

// A logo as companies have them: drawn for paper, wider than high.
async function drawLogo(browser) {
	const page = await browser.page({deviceScaleFactor: 3});

	await page.setContent(`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="44" viewBox="0 0 200 44">
		<path d="M4 36 24 14l20 22" fill="none" stroke="#0f3d4c" stroke-width="7"/><path d="m26 18 8-8 16 17" fill="none" stroke="#c8502f" stroke-width="7"/>
		<text x="62" y="33" font-family="sans-serif" font-weight="700" font-size="30" fill="#0f3d4c">Nordtag</text></svg>`);
	const image = await page.locator('svg').screenshot({omitBackground: true});

	await page.context().close();
	return image;
}
