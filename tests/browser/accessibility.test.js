// Everybody can use every page in every state, and read every mail: axe in light and dark, any width, sound HTML,
// what is wrong tied to its field, nothing that moves for those who do not want it. English is looked at by the sheet
// of screenshots; Danish words are the longer ones.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {HtmlValidate} from 'html-validate';
import {startPortal} from '../integration/lib/portal.js';
import {accessibilityFaults, Browser, contrastFaults, sidewaysScroll} from './lib/browser.js';
import {Kit} from './lib/kit.js';
import {causeMails, scenes} from './lib/scenes.js';

const build = process.env.PORTAL_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url));
const portal = await startPortal();
const browser = await Browser.start();
const kit = await Kit.open(portal, build, browser);

after(async () => {
	await browser.stop();
	await portal.stop();
});

const validator = new HtmlValidate({extends: ['html-validate:standard', 'html-validate:a11y', 'html-validate:document'], rules: {
	// Matters of taste: how we write it.
	'doctype-style': 'off', 'void-style': 'off', 'no-trailing-whitespace': 'off', 'attribute-boolean-style': 'off',
	'long-title': 'off', 'no-raw-characters': 'off', 'tel-non-breaking': 'off',
	// How a quote ended stands above its title.
	'heading-level': ['error', {minInitialRank: 'h2'}],
	// The fieldset around an answer groups nothing: it waits for the code.
	'wcag/h71': 'off',
	// Everything comes from the portal itself.
	'require-sri': 'off',
	'form-dup-name': ['error', {shared: ['radio', 'checkbox', 'button', 'submit', 'reset']}],
}});

async function htmlFaults(html) {
	const {results} = await validator.validateString(html);

	return results.flatMap(({messages}) => messages.map(({line, ruleId, message}) => `${line}: ${ruleId}: ${message}`));
}

// What is wrong is said beside its field, and the field says where; links in the summary lead to fields.
const tieFaults = page => page.evaluate(() => {
	const described = element => (element.getAttribute('aria-describedby') ?? '').split(' ').map(id => document.getElementById(id));
	const all = selector => [...document.querySelectorAll(selector)];
	const live = element => element.closest('[role="alert"], [role="status"], [aria-live]');

	return [
		...all('[aria-invalid="true"]').filter(field => !described(field).some(text => text?.matches('.error')))
			.map(field => `nothing says what is wrong with ${field.id}`),
		...all('.error').filter(text => !live(text) && !all('[aria-describedby]').some(field => described(field).includes(text)))
			.map(text => `no field has the error ${text.textContent}`),
		...all('.problem a[href^="#"]').filter(link => !document.getElementById(link.hash.slice(1)))
			.map(link => `${link.hash} is not there`),
		...all('.error, .problem, p.done:not(.badge), .told').length && !all('[role="alert"], [role="status"]').length ? ['nothing is announced'] : [],
	];
});

const widths = [1440, 768, 640, 390, 320]; // 640: 1280 at 200 %

async function faultsOf(page, looked) {
	const faults = [];
	const note = (where, found) => faults.push(...found.map(fault => `${where}: ${fault}`));

	for (const width of widths) {
		await page.setViewportSize({width, height: 844});
		const over = await sidewaysScroll(page);

		note(width, over > 0 ? [`${over} pixels wider than the window`] : []);
	}
	for (const width of looked) {
		await page.setViewportSize({width, height: 844});
		note(width, await accessibilityFaults(page));
		await page.emulateMedia({colorScheme: 'dark'});
		note(`${width}, dark`, await contrastFaults(page));
		await page.emulateMedia({colorScheme: 'light'});
	}
	note('forms', await tieFaults(page));
	const moving = await page.evaluate(() => document.getAnimations().length);

	note('motion', moving ? [`${moving} animations`] : []);
	return faults;
}

// Two visitors look at a time, each with a browser's memory of its own that keeps scripts and styles from one scene to the next.
const together = 2;
const visitors = await Promise.all(Array.from({length: together}, () => browser.context({reducedMotion: 'reduce'})));

async function lookAt(scene) {
	const set = await scene.open(kit, 'da');
	const visitor = set.options ? await browser.context({reducedMotion: 'reduce', ...set.options}) : visitors.pop();
	const page = await browser.pageOf(visitor);
	let shown;

	page.on('response', answer => {
		if (answer.request().resourceType() === 'document' && answer.frame() === page.mainFrame() && answer.status() !== 303)
			shown = answer;
	});
	try {
		await set.before?.(page);
		await page.goto(set.link ?? portal.url + set.path);
		await set.act?.(page);
		assert.deepEqual(await htmlFaults(await shown.text()), []);
		assert.deepEqual(await faultsOf(page, set.looked ?? [1440, 390]), []);
	} finally {
		await set.after?.();
		if (set.options) {
			await visitor.close();
		} else {
			await page.close();
			await visitor.clearCookies();
			visitors.push(visitor);
		}
	}
}

describe('pages', {concurrency: together}, () => {
	for (const scene of scenes.filter(({alone, last}) => !alone && !last))
		test(scene.name, {timeout: 120000}, () => lookAt(scene));
});

describe('pages that others are not to be opened beside', () => {
	for (const scene of scenes.filter(({alone}) => alone))
		test(scene.name, {timeout: 120000}, () => lookAt(scene));
});

describe('mails', async () => {
	const kinds = new Map();

	test('of every kind were sent', async () => {
		for (const language of ['da', 'en'])
			await causeMails(kit, language);
		await kit.mailed();
		for (const mail of await portal.mails())
			kinds.set(`${mail.html.match(/lang="(\w+)"/)[1]} ${mail.subject.replace(/[\d-]+/g, 'N')}`, mail);
		assert.ok(kinds.size >= 18, [...kinds.keys()].join('\n'));
	});

	test('each is one card with one button, tells who sent it and why, and loads nothing', () => {
		for (const [kind, mail] of kinds) {
			const login = mail.fromName === 'Dokumentportal';
			const buttons = mail.html.match(/class="button"/g)?.length ?? 0;
			const code = /^\d{6}$/m.test(mail.text);

			assert.equal(buttons, code ? 0 : 1, kind);
			assert.equal(mail.html.match(/<h1\b/g).length, 1, kind);
			assert.doesNotMatch(mail.html, /<(?:img|script|link|iframe|form)\b|url\(|src=/i, kind);
			assert.match(mail.html, login ? /Dokumentportal/ : /Nordtag ApS/, kind);
			assert.match(mail.text, /Du får mailen, fordi|You (?:are getting|get|receive|have received) this/, kind);
			assert.match(mail.html, /display:none[^>]*>[^<]{10}/, `${kind}: no preview text`);
			assert.ok(code || mail.link, `${kind}: no link on a line of its own`);
			// Where what it names is short.
			assert.ok(mail.subject.length <= 100 || mail.subject.includes('VARMEPUMPE'), `${kind}: a long subject`);
		}
	});

	test('each can be read: phone and desktop, light and dark, and where styles in the head are dropped', async () => {
		const faults = [];

		const page = await browser.page();

		for (const [kind, mail] of kinds) {
			await page.setContent(mail.html);
			for (const width of [320, 700]) {
				await page.setViewportSize({width, height: 800});
				if (await sidewaysScroll(page) > 0)
					faults.push(`${kind}: wider than ${width}`);
			}
			faults.push(...(await accessibilityFaults(page)).filter(fault => !/^(?:region|landmark)/.test(fault)).map(fault => `${kind}: ${fault}`));
			await page.emulateMedia({colorScheme: 'dark'});
			faults.push(...(await contrastFaults(page)).map(fault => `${kind}, dark: ${fault}`));
			const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);

			if (ground !== 'rgb(17, 23, 27)')
				faults.push(`${kind}: ${ground} in the dark`);
			await page.emulateMedia({colorScheme: 'light'});
			await page.evaluate(() => document.querySelectorAll('style').forEach(style => style.remove()));
			faults.push(...(await contrastFaults(page)).map(fault => `${kind}, no styles: ${fault}`));
		}
		assert.deepEqual(faults, []);
	});
});

describe('pages when something is away', () => {
	for (const scene of scenes.filter(({last}) => last))
		test(scene.name, {timeout: 120000}, () => lookAt(scene));
});
