// Every page in every state, for the sheet of screenshots: how each comes about. A scene is {name, open}: OPEN takes
// a KIT (below) and gives {path or link, act}, ACT doing something with the browser's page before its picture is taken.
// `mails` of the kit are photographed besides, so a scene may exist for its mail alone.
import {readFileSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {metadata} from '../../integration/lib/api.js';
import {png, putFile} from '../../integration/lib/files.js';
import {Visitor} from '../../integration/lib/visitor.js';
import {waitFor} from '../../integration/lib/wait.js';
import {manyPagesPdf} from '../../pdfs/make.js';

const attachments = [
	{name: 'Almindelige betingelser.txt', bytes: 'Betalingsfristen er 14 dage.\n', type: 'text/plain'},
	{name: 'Foto af tagryg.png', bytes: png, type: 'image/png'},
];

// What scenes are made with: a tenant, and documents for contacts of their own.
export class Kit {
	static async open(portal, build, browser) {
		const kit = new Kit();
		const quote = join(portal.base, 'quote.pdf');

		execFileSync(join(build, 'bin/sample-quote'), [quote]);
		Object.assign(kit, {portal, quote: readFileSync(quote), logo: await drawLogo(browser), count: 0});
		kit.api = (await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example', '--color', '#1f5f8b')).api;
		return kit;
	}

	// A document sent to one contact or more: {id, link, visitor, visitors, metadata}.
	async send({language = 'da', people = ['Mette Jensen'], pdf = this.quote, files = attachments, ...changes} = {}) {
		const n = ++this.count;
		const contacts = people.map((name, i) => ({name, email: `kunde-${n}-${i}@example.dk`, language}));
		const whole = metadata(`T-${n}`, {
			contacts, language, message: 'Hej Mette. Tak for en god gennemgang i går. Her er tilbuddet på det nye tag, som vi talte om.\n\nRing endelig, hvis du har spørgsmål.',
			expires_at: new Date(Date.now() + 38 * 86400e3).toISOString().slice(0, 10), ...changes,
		});
		const {id} = await this.api.send(whole, pdf, files);
		const visitors = await Promise.all(contacts.map(async ({email}) => new Visitor((await this.portal.mailTo(email)).link)));

		return {id, metadata: whole, visitors, visitor: visitors[0], link: visitors[0].link};
	}
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

const shownPdf = page => page.waitForSelector('.viewer.shown');
const seen = sent => ({link: sent.link, act: shownPdf});

async function publicLink(kit, language) {
	const {metadata: sent} = await kit.send({language, visibility: 'link', access_code: 'tagsten7'});
	const status = await kit.api.get(`/documents?external_id=${sent.external_id}`);

	return (await kit.api.document(status.body.data[0].id)).links.public;
}

export const scenes = [
	{name: 'quote', async open(kit, language) {
		const sent = await kit.send({language});

		await sent.visitor.opened();
		await sent.visitor.get('/download');
		return seen(sent);
	}},
	{name: 'quote-logo', async open(kit, language) {
		await putFile(kit.api, 'PUT', '/settings/logo', 'logo.png', kit.logo);
		const sent = await kit.send({language});

		return {...seen(sent), after: () => kit.api.request('DELETE', '/settings/logo')};
	}},
	{name: 'document', open: async (kit, language) => seen(await kit.send({language, kind: 'document', amount: null,
		expires_at: null, title: 'Drift og vedligehold', number: 'D-118', message: null}))},
	{name: 'reader', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await shownPdf(page);
			await page.locator('.open a, [data-do="full"]').locator('visible=true').first().click();
			await page.waitForSelector('.viewer.expanded');
			await page.waitForTimeout(500);
		}, window: true};
	}},
	{name: 'search', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await shownPdf(page);
			if (await page.locator('.open a').isVisible())
				await page.locator('.open a').click();
			await page.locator('[data-do="find"]').click();
			await page.locator('#find').fill('tag');
			await page.waitForTimeout(900);
		}, window: true};
	}},
	{name: 'long', async open(kit, language) {
		return {link: (await kit.send({language, pdf: manyPagesPdf(300), files: []})).link, act: shownPdf, window: true};
	}},
	{name: 'trouble', async open(kit, language) {
		return {link: (await kit.send({language})).link, before: page => page.route('**/file', route => route.fulfill({status: 503})),
			act: page => page.waitForSelector('.viewer.failed')};
	}},
	{name: 'refused-form', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await shownPdf(page);
			await page.locator('#accept #name').fill('');
			await page.locator('#accept button[type=submit]').click();
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'changed', async open(kit, language) {
		const sent = await kit.send({language});

		return {link: sent.link, async act(page) {
			await shownPdf(page);
			await kit.api.send({...sent.metadata, amount: {value: '179900.00', currency: 'DKK'}}, kit.quote, attachments);
			await page.locator('#consent').check();
			await page.locator('#accept button[type=submit]').click();
			await page.waitForSelector('.outcome.changed');
			await shownPdf(page);
		}};
	}},
	{name: 'accepted', async open(kit, language) {
		const sent = await kit.send({language});

		await sent.visitor.accept({purchase_order: 'PO-4711', lang: language});
		return seen(sent);
	}},
	{name: 'accepted-by-another', async open(kit, language) {
		const sent = await kit.send({language, people: ['Mette Jensen', 'Ole Holm']});

		await sent.visitors[1].accept();
		return seen(sent);
	}},
	{name: 'declined', async open(kit, language) {
		const sent = await kit.send({language});

		await sent.visitor.post('/decline', {...await sent.visitor.form('/decline'), reason: 'Vi har valgt en anden løsning.'});
		return seen(sent);
	}},
	{name: 'expiring', open: async (kit, language) => seen(await kit.send({language,
		expires_at: new Date(Date.now() + 2 * 86400e3).toISOString().slice(0, 10)}))},
	{name: 'expired', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${sent.id}'`);
		return seen(sent);
	}},
	{name: 'withdrawn', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.api.post(`/documents/${sent.id}/withdraw`);
		return {link: sent.link};
	}},
	{name: 'access-code', open: async (kit, language) => ({link: await publicLink(kit, language)})},
	{name: 'access-code-wrong', async open(kit, language) {
		return {link: await publicLink(kit, language), async act(page) {
			await page.locator('#code').fill('forkert');
			await page.locator('button[type=submit]').click();
			await page.waitForSelector('#code-error');
		}};
	}},
	{name: 'not-found', open: () => ({path: '/d/findes-ikke'})},
	{name: 'front', open: () => ({path: '/'})},
	{name: 'login', open: () => ({path: '/login'})},
	{name: 'verify', open: () => ({path: '/verify'})},
	{name: 'change-mail', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.api.send({...sent.metadata, amount: {value: '179900.00', currency: 'DKK'}}, manyPagesPdf(2), attachments);
		await kit.portal.mail('of the change', mail => mail.to === sent.metadata.contacts[0].email && mail.link && /ersion/.test(mail.subject));
		return null;
	}},
	{name: 'reminder-mail', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.api.post(`/documents/${sent.id}/remind`);
		return null;
	}},
	// The last one: it takes the database away.
	{name: 'unavailable', last: true, async open(kit, language) {
		const sent = await kit.send({language});

		await kit.portal.supervise('down', 'postgres');
		return {link: sent.link, async after() {
			await kit.portal.supervise('up', 'postgres');
			await waitFor('the database', async () => (await fetch(`${kit.portal.url}/readyz`)).status === 204);
		}};
	}},
];
