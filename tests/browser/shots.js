// `./portal shots [NAME...]`: pictures of every page in every state and of every mail, on a phone and a desktop, in Danish
// and English, light and dark; and index.html with all of them. Into build/shots. NAMEs choose scenes (lib/scenes.js), `mail` is all mails,
// `portal` the README's picture; `da-small`, `en-desktop`, `da-phone-dark` and the like choose how they are looked at.
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {startPortal} from '../integration/lib/portal.js';
import {Browser, desktop, phone, small} from './lib/browser.js';
import {inDays, Kit, senderAddress} from './lib/kit.js';
import {causeMails, scenes} from './lib/scenes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.PORTAL_BUILD ?? join(root, 'build');
const folder = join(build, 'shots');
const ways = /^(?:da|en)-(?:phone|small|desktop)(?:-dark)?$/;
const wanted = process.argv.slice(2).filter(word => !ways.test(word));
const wantedWays = process.argv.slice(2).filter(word => ways.test(word));
const devices = {phone, small, desktop};
const shots = [];

const portal = await startPortal();
const browser = await Browser.start();
const kit = await Kit.open(portal, build, browser);

async function shoot(page, name, window) {
	const file = `${name}.png`;

	if (!window && page.viewportSize().width < 900)
		await stretch(page);
	await page.screenshot({path: join(folder, file), fullPage: !window, animations: 'disabled'});
	shots.push(file);
}

// A window as high as the page: what sticks to its end stands there, and not across the middle.
async function stretch(page) {
	const {width} = page.viewportSize();

	await page.setViewportSize({width, height: await page.evaluate(() => Math.max(document.documentElement.scrollHeight, innerHeight))});
	await page.waitForTimeout(300);
}

// Languages are set by the contact, and by the browser where there is none.
async function photograph(scene, language, device, dark) {
	const set = await scene.open(kit, language);

	if (!set)
		return;
	const page = await browser.page({device: devices[device], dark, locale: language === 'da' ? 'da-DK' : 'en-GB', ...set.options});

	await set.before?.(page);
	await page.goto(set.link ?? portal.url + set.path);
	await set.act?.(page);
	await shoot(page, [scene.name, device, language, dark ? 'dark' : 'light'].join('-'), set.window);
	await set.after?.();
	await page.context().close();
}

// One mail of each kind, by its heading and language: {name, mail}.
async function kindsOfMail() {
	const kinds = new Map();

	for (const language of ['da', 'en'])
		await causeMails(kit, language);
	await kit.mailed();
	for (const mail of await portal.mails()) {
		const [, language, heading] = mail.html.match(/lang="(\w+)".*?<h1[^>]*>\s*(.*?)\s*<\/h1>/s);
		const towards = mail.to === senderAddress ? 'to-sender-' : '';

		kinds.set(`mail-${language}-${towards}${heading.toLowerCase().replace(/\W+/g, '-')}`, mail);
	}
	return kinds;
}

async function photographMails() {
	for (const [name, mail] of await kindsOfMail())
		for (const [device, options] of Object.entries({phone, small, desktop: {viewport: {width: 760, height: 700}}}))
			for (const dark of [false, true]) {
				const page = await browser.page({device: options, dark});

				await page.setContent(mail.html);
				await shoot(page, `${name}-${device}-${dark ? 'dark' : 'light'}`);
				await page.context().close();
			}
}

// The README's picture: the quote on a desktop, and before it on a phone.
async function photographPortal() {
	const inPdf = '2026-12-31'; // what the sample quote itself says
	const {link} = await kit.send({expires_at: inPdf > inDays(1) ? inPdf : inDays(38)});
	const taken = [];

	for (const device of [{viewport: {width: 1280, height: 860}, deviceScaleFactor: 2}, phone]) {
		const page = await browser.page({device});

		await page.goto(link);
		await page.waitForSelector('.viewer.shown');
		await page.waitForTimeout(500);
		taken.push((await page.screenshot({animations: 'disabled'})).toString('base64'));
		await page.context().close();
	}
	const page = await browser.page({viewport: {width: 1360, height: 800}});

	await page.setContent(`<style>body{position:relative;margin:0;height:800px}
		img{position:absolute;box-shadow:0 2px 6px #16232a33,0 16px 48px #16232a33}
		img:first-child{left:36px;top:24px;width:1080px;border-radius:12px}
		img:last-child{right:40px;bottom:34px;width:270px;border-radius:28px;outline:7px solid #16232a}</style>
		${taken.map(image => `<img alt="" src="data:image/png;base64,${image}">`).join('')}`);
	await page.screenshot({path: join(folder, 'portal.png'), omitBackground: true});
	shots.push('portal.png');
	await page.context().close();
}

// Dark for the phone in Danish alone: the colours are the same everywhere.
const variants = [['da', 'phone', false], ['da', 'phone', true], ['da', 'small', false], ['da', 'desktop', false], ['da', 'desktop', true],
	['en', 'phone', false], ['en', 'desktop', false]]
	.filter(([language, device, dark]) => !wantedWays.length || wantedWays.includes(`${language}-${device}${dark ? '-dark' : ''}`));

rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
try {
	const chosen = scenes.filter(({name}) => !wanted.length || wanted.some(word => name === word || word.endsWith('-') && name.startsWith(word)));

	for (const scene of [...chosen.filter(({last}) => !last), ...chosen.filter(({last}) => last)]) {
		console.log(scene.name);
		for (const variant of variants)
			await photograph(scene, ...variant).catch(error => {
				process.exitCode = 1;
				console.error(`${scene.name}, ${variant}: ${error.message}`);
			});
	}
	if (!wanted.length || wanted.includes('portal'))
		await photographPortal();
	if (!wanted.length || wanted.includes('mail'))
		await photographMails();
} finally {
	await browser.stop();
	await portal.stop();
}
writeFileSync(join(folder, 'index.html'), `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Every page and mail</title>
<style>body{font:14px sans-serif;background:#ddd}main{display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start}figure{margin:0}
img{display:block;max-width:640px;max-height:900px;box-shadow:0 1px 6px #0004}</style>
<main>${shots.map(file => `<figure><figcaption>${file.slice(0, -4)}</figcaption><a href="${file}"><img loading="lazy" src="${file}" alt=""></a></figure>`).join('\n')}</main>
`);
console.log(`${shots.length} pictures in ${folder}`);
