// Every page in every state: how each comes about, for the sheet of screenshots and for the tests that look at them all.
// A scene is {name, open, last}: OPEN takes a Kit and a language and gives {link or path, before, act, after, window};
// BEFORE and ACT do something with the browser's page before and after it goes there, AFTER puts back what the scene
// changed, WINDOW says that the window alone is the picture, LOOKED the widths at which axe looks (it is a script itself), OPTIONS are Playwright's for
// the visitor. Nothing else is to go on beside ALONE ones, which others would notice. LAST ones take parts of the portal away.
import {putFile} from '../../integration/lib/files.js';
import {waitFor} from '../../integration/lib/wait.js';
import {manyPagesPdf, simplePdf} from '../../pdfs/make.js';
import {attachments, drawSignature, enterCode, inDays, share} from './kit.js';

export const shownPdf = page => page.waitForSelector('.viewer.shown');
const seen = sent => ({link: sent.link, act: shownPdf});
const coded = {enabled: true, identity: 'email_code', signature: 'typed'};
const drawn = {enabled: true, identity: 'link', signature: 'drawn'};
const submit = (page, action) => page.locator(`form[action$="${action}"] button[type=submit]`).last().click();

const expire = (kit, {id}) => kit.portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${id}'`);
const changedPrice = (kit, {metadata}) => kit.api.send({...metadata, amount: {value: '179900.00', currency: 'DKK'}}, kit.quote, attachments);

// Danish joins words, and so do people who paste.
const longWords = {
	title: 'Tilbud på varmepumpeinstallationsarbejde og ejendomsvedligeholdelsesaftale', number: 'VARMEPUMPEINSTALLATIONSARBEJDE-2027-0117',
	customer: {external_id: 'lang', name: 'Andelsboligforeningen-Strandparkens-Ejendomsadministrationsselskab'},
	project: 'Ventilationsanlægsrenoveringsprojektlederens-Kælderlejlighedskompleks',
	message: 'Se https://nordtag.example/varmepumper/installationsvejledninger/luft-til-vand/2027/tilbudsgrundlag-og-forudsaetninger.html',
	amount: {value: '123456789012.00', currency: 'DKK'},
};
const longNames = ['Maximiliane-Charlotte_Vestergaard-Christophersen.Ejendomsadministration'];

const states = [
	{name: 'quote', async open(kit, language) {
		const sent = await kit.send({language});

		await sent.visitor.opened();
		await sent.visitor.get('/download');
		return seen(sent);
	}},
	{name: 'quote-logo', alone: true, async open(kit, language) {
		await putFile(kit.api, 'PUT', '/settings/logo', 'logo.png', kit.logo);
		return {...seen(await kit.send({language})), after: () => kit.api.request('DELETE', '/settings/logo')};
	}},
	{name: 'quote-without-script', open: async (kit, language) => ({link: (await kit.send({language})).link, options: {javaScriptEnabled: false}, looked: []})},
	{name: 'document', open: async (kit, language) => seen(await kit.send({language, kind: 'document', amount: null,
		expires_at: null, title: 'Drift og vedligehold', number: 'D-118', message: null}))},
	{name: 'public', open: async (kit, language) => ({link: (await kit.publish({language})).link, async act(page) {
		await enterCode(page);
		await shownPdf(page);
	}})},
	{name: 'expiring', open: async (kit, language) => seen(await kit.send({language, expires_at: inDays(2)}))},
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
	{name: 'long-words', async open(kit, language) {
		const sent = await kit.send({language, people: longNames, ...longWords});

		await kit.talk(sent, longWords.message, longWords.message);
		return seen(sent);
	}},
	{name: 'long-words-accepted', async open(kit, language) {
		const sent = await kit.send({language, people: longNames, ...longWords});

		await sent.visitor.accept({purchase_order: 'X'.repeat(60), lang: language});
		return seen(sent);
	}},
	{name: 'expired', async open(kit, language) {
		const sent = await kit.send({language});

		await expire(kit, sent);
		return seen(sent);
	}},
	{name: 'renewal-asked', async open(kit, language) {
		const sent = await kit.send({language});

		await expire(kit, sent);
		return {link: sent.link, async act(page) {
			await submit(page, '/renew');
			await page.waitForSelector('.outcome .done');
			await shownPdf(page);
		}};
	}},
	{name: 'withdrawn', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.api.post(`/documents/${sent.id}/withdraw`);
		return {link: sent.link};
	}},
	{name: 'not-found', open: () => ({path: '/d/findes-ikke'})},
];

const viewing = [
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
	{name: 'loading', async open(kit, language) {
		return {link: (await kit.send({language})).link, before: page => page.route('**/pdf.min.mjs', () => {}),
			act: page => page.waitForFunction(() => document.querySelector('.said').textContent)};
	}},
	{name: 'trouble', async open(kit, language) {
		return {link: (await kit.send({language})).link, before: page => page.route('**/file', route => route.fulfill({status: 503})),
			act: page => page.waitForSelector('.viewer.failed')};
	}},
];

const answering = [
	{name: 'refused-accept', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await page.locator('#accept #name').fill('');
			await submit(page, '/accept');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'refused-decline', async open(kit, language) {
		const sent = await kit.send({language, accept: {enabled: true, identity: 'link', signature: 'typed', reason_required: true}});

		return {link: sent.link, async act(page) {
			await page.locator('details:has(form[action$="/decline"]) summary').click();
			await submit(page, '/decline');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'changed', async open(kit, language) {
		const sent = await kit.send({language});

		return {link: sent.link, async act(page) {
			await shownPdf(page);
			await changedPrice(kit, sent);
			await page.locator('#consent').check();
			await submit(page, '/accept');
			await page.waitForSelector('.outcome.changed');
			await shownPdf(page);
		}};
	}},
	{name: 'code-first', open: async (kit, language) => seen(await kit.send({language, accept: coded}))},
	{name: 'code-wrong', async open(kit, language) {
		const sent = await kit.send({language, accept: coded});

		return {link: sent.link, async act(page) {
			await submit(page, '/identity');
			await page.waitForSelector('#fields:not(:disabled)');
			await page.locator('#otp').fill(await kit.codeTo(sent.email) === '111111' ? '222222' : '111111');
			await page.locator('#consent').check();
			await submit(page, '/accept');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'code-public', open: async (kit, language) => ({link: (await kit.publish({language, accept: {...coded, signature: 'drawn'}})).link,
		async act(page) {
			await enterCode(page);
			await shownPdf(page);
		}})},
	{name: 'drawn', open: async (kit, language) => ({link: (await kit.send({language, accept: drawn})).link, async act(page) {
		await shownPdf(page);
		await drawSignature(page);
		await page.evaluate(() => scrollTo(0, 0));
	}})},
];

const talking = [
	{name: 'conversation', async open(kit, language) {
		const sent = await kit.send({language});

		await kit.talk(sent);
		await sent.visitor.post('/changes', {...await sent.visitor.form('/changes'), text: 'Kan vi få tagrender i zink i stedet?'});
		await kit.answer(sent.id, 'Det kan I godt. I får en ny version i morgen.');
		return seen(sent);
	}},
	{name: 'message-sent', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await page.locator('#message-text').fill('Hvornår kan I begynde?');
			await submit(page, '/messages');
			await page.waitForSelector('.thread');
			await shownPdf(page);
		}};
	}},
	{name: 'refused-message', async open(kit, language) {
		return {link: (await kit.publish({language, pdf: manyPagesPdf(3)})).link, async act(page) {
			await enterCode(page);
			await page.locator('#message-page').fill('17');
			await submit(page, '/messages');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'refused-changes', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await page.locator('details:has(form[action$="/changes"]) summary').click();
			await submit(page, '/changes');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
];

const sharing = [
	{name: 'shared', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await share(page, 'ole.holm@example.dk', 'Ole Holm', 'Hvad siger du til tagrenderne?');
			await page.waitForSelector('.share .done');
			await shownPdf(page);
		}};
	}},
	{name: 'refused-share', async open(kit, language) {
		return {link: (await kit.send({language})).link, async act(page) {
			await share(page, 'ole');
			await page.waitForSelector('.problem');
			await shownPdf(page);
		}};
	}},
	{name: 'colleague', async open(kit, language) {
		const sent = await kit.send({language}), email = `kollega-${kit.count}@example.dk`;

		await sent.visitor.post('/share', {...await sent.visitor.form('/share'), email, name: 'Ole Holm', lang: language});
		return seen({link: (await kit.portal.mailTo(email)).link});
	}},
];

const entering = [
	{name: 'access-code', open: async (kit, language) => ({link: (await kit.publish({language})).link})},
	{name: 'access-code-wrong', open: async (kit, language) => ({link: (await kit.publish({language})).link, async act(page) {
		await enterCode(page, 'forkert');
		await page.waitForSelector('#code-error');
	}})},
	{name: 'access-code-locked', open: async (kit, language) => ({link: (await kit.publish({language})).link, async act(page) {
		for (let i = 0; i < 6; i++) {
			await enterCode(page, `forkert ${i}`);
			await page.waitForSelector('#code-error');
		}
	}})},
	{name: 'front', open: (kit, language) => ({path: `/?lang=${language}`})},
	{name: 'login', open: (kit, language) => ({path: `/login?lang=${language}`})},
	{name: 'login-refused', open: (kit, language) => ({path: `/login?lang=${language}`, async act(page) {
		await page.locator('main form').evaluate(form => form.noValidate = true);
		await page.locator('#email').fill('mette');
		await submit(page, '/login');
		await page.waitForSelector('#email-error');
	}})},
	{name: 'login-code', open: (kit, language) => ({path: '/login', act: page => kit.askAtLogin(page, 'ukendt@example.dk', language)})},
	{name: 'login-code-wrong', open: (kit, language) => ({path: '/login', async act(page) {
		await kit.askAtLogin(page, 'ukendt@example.dk', language);
		await page.locator('#code').fill('123456');
		await submit(page, '/login/code');
		await page.waitForSelector('#code-error');
	}})},
	{name: 'login-too-many', alone: true, open: async (kit, language) => ({path: '/login', async act(page) {
		await kit.askAtLogin(page, 'ukendt@example.dk', language);
		await kit.portal.sql('UPDATE portal.login_rate SET count = 1000');
		await page.locator('.again button').click();
		await page.waitForSelector('.problem');
	}, after: () => kit.portal.sql('DELETE FROM portal.login_rate')})},
	{name: 'documents', async open(kit, language) {
		const emails = [`arkiv-${kit.count}@example.dk`];
		const all = [];

		for (const changes of [{}, {title: 'Nye vinduer mod gården', number: '2026-0122', expires_at: inDays(2), project: null},
			{title: 'Tilbygning', number: '2025-0834', project: 'Havestuen'}, {title: 'Drift og vedligehold', kind: 'document', number: null, amount: null}])
			all.push(await kit.send({language, emails, files: [], ...changes}));
		await all[0].visitor.opened();
		await kit.answer(all[0].id, 'Vi kan begynde i uge 14.');
		await all[2].visitor.accept();
		return {path: '/login', async act(page) {
			await kit.logIn(page, emails[0], language);
			await page.locator('.sessions summary').click();
		}};
	}},
	{name: 'documents-many', async open(kit, language) {
		const emails = [`mange-${kit.count}@example.dk`];
		const other = (await kit.portal.tenant('Jensen Byg A/S', '--color', '#8b3a1f')).api;

		await Promise.all(Array.from({length: 18}, (_, i) => kit.send({language, emails, files: [], pdf: simplePdf(`nr. ${i}`), message: null, notify: {on_upload: false},
			api: i % 3 ? kit.api : other, number: i % 7 ? `2026-0${200 + i}` : null, project: i % 2 ? ['Stalden', 'Sommerhuset i Blåvand'][i % 4 >> 1] : null,
			title: ['Nyt tag', 'Udskiftning af vinduer og yderdøre i hovedhus, udhus og den ombyggede længe mod syd', 'Efterisolering', 'Kvist'][i % 4],
			amount: i % 5 ? {value: `${i * 7919}.50`, currency: i % 11 ? 'DKK' : 'EUR'} : null})));
		return {path: '/login', act: page => kit.logIn(page, emails[0], language)};
	}},
	{name: 'documents-none-found', async open(kit, language) {
		const {email} = await kit.send({language, files: []});

		return {path: '/login', async act(page) {
			await kit.logIn(page, email, language);
			await page.locator('#q').fill('findes ikke');
			await page.locator('.search button').click();
			await page.waitForSelector('.found');
		}};
	}},
	{name: 'documents-empty', async open(kit, language) {
		const {email, id} = await kit.send({language, files: []});

		return {path: '/login', async act(page) {
			await kit.logIn(page, email, language);
			await kit.api.request('DELETE', `/documents/${id}`);
			await page.reload();
		}};
	}},
	{name: 'login-left', open: async (kit, language) => ({path: '/login', async act(page) {
		await kit.logIn(page, (await kit.send({language, files: []})).email, language);
		await page.locator('.who button').click();
		await page.waitForSelector('.told');
	}})},
];

async function acceptedFile(kit, language) {
	const sent = await kit.send({language, files: []});

	await sent.visitor.accept();
	return sent.document.version.sha256;
}

const further = [
	{name: 'verify', open: (kit, language) => ({path: `/verify?lang=${language}`})},
	{name: 'verify-known', open: async (kit, language) => ({path: `/verify?lang=${language}&sha256=${await acceptedFile(kit, language)}`,
		act: page => page.waitForSelector('#answer .outcome')})},
	{name: 'verify-unknown', open: (kit, language) => ({path: `/verify?lang=${language}&sha256=${'0'.repeat(64)}`,
		act: page => page.waitForSelector('#answer .outcome')})},
	{name: 'verify-refused', open: (kit, language) => ({path: `/verify?lang=${language}&sha256=kort`,
		act: page => page.waitForSelector('#answer .problem')})},
	{name: 'api-docs', open: () => ({path: '/api/docs', window: true, looked: [390]})}, // a long one
	{name: 'error-400', open: () => ({path: '/', act: page => page.goto(`${new URL(page.url()).origin}/${'x'.repeat(9000)}`)})},
	{name: 'error-413', open: () => ({path: '/login', act: page => page.evaluate(() => {
		const form = document.querySelector('main form');

		form.noValidate = true;
		form.email.maxLength = 100000;
		form.email.value = 'x'.repeat(90000);
		form.submit();
	}).then(() => page.getByText('That is too large').waitFor())})},
	{name: 'error-429', alone: true, open: kit => ({path: '/', async act(page) {
		const address = `${kit.portal.url}/verify`;

		await Promise.all(Array.from({length: 30}, () => fetch(address).then(answer => answer.arrayBuffer())));
		await page.goto(address);
	}, after: () => new Promise(resolve => setTimeout(resolve, 2000))})},
];

const away = (name, service, kit, link) => kit.portal.supervise('down', service).then(() => ({link, after: async () => {
	await kit.portal.supervise('up', service);
	await waitFor(service, async () => (await fetch(`${kit.portal.url}/readyz`)).status === 204);
}}));

export const scenes = [
	...states, ...viewing, ...answering, ...talking, ...sharing, ...entering, ...further,
	{name: 'receipt-waiting', last: true, async open(kit, language) {
		const sent = await kit.send({language});

		await kit.portal.supervise('down', 'worker');
		await sent.visitor.accept({lang: language});
		return {link: `${sent.link}/receipt`, after: () => kit.portal.supervise('up', 'worker')};
	}},
	{name: 'unavailable', last: true, open: async (kit, language) => away('unavailable', 'postgres', kit, (await kit.send({language})).link)},
	{name: 'error-503', last: true, open: async (kit, language) => away('error-503', 'view', kit, (await kit.send({language})).link)},
];

// What makes the mails that no scene above causes.
export async function causeMails(kit, language) {
	const sent = await kit.send({language});
	const patch = (path, value) => kit.api.request('PATCH', path, {body: JSON.stringify(value)});

	await changedPrice(kit, sent);
	await kit.api.post(`/documents/${sent.id}/remind`);
	await kit.portal.sql(`SELECT portal.reminders_enqueue(d, d.expires_at::text, portal.portal_now(), NULL, 'expiring')
		FROM portal.document d WHERE id = '${sent.id}'`);
	await kit.api.post(`/documents/${sent.id}/contacts/${sent.document.contacts[0].id}/rotate`);
	const unread = await kit.send({language, kind: 'document', amount: null, expires_at: null, number: null, title: 'Drift og vedligehold'});

	await kit.api.post(`/documents/${unread.id}/remind`);
	await kit.mailed(); // before the texts are others
	await patch('/settings', {texts: {[language]: {mail_subject: '{titel} til {kunde}', mail_body: 'Hej {kontakt}\n\nTak for snakken. Her er vores tilbud på {projekt}:\n\n{link}\n\nMed venlig hilsen\nJens'}}});
	await kit.send({language});
	await patch('/settings', {texts: {[language]: {mail_subject: null, mail_body: null}}});
	const long = await kit.send({language, people: longNames, ...longWords});

	await kit.talk(long, longWords.message, longWords.message);
	await changedPrice(kit, long);
}
