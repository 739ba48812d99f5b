// Debian's Chromium, as people hold it: pages on a phone or a desktop, light or dark, in Danish or English.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import {chromium} from 'playwright-core';

export const phone = {viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true};
// As narrow as a page has to go.
export const small = {viewport: {width: 320, height: 568}, deviceScaleFactor: 2, isMobile: true, hasTouch: true};
export const desktop = {viewport: {width: 1440, height: 900}};

export class Browser {
	// DEBUGGING is a port at which other programs may drive it.
	static async start({debugging} = {}) {
		const browser = new Browser();

		browser.chromium = await chromium.launch({
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			// A sandbox needs rights that a container's root does not have.
			args: [...process.getuid() === 0 ? ['--no-sandbox'] : [], ...debugging ? [`--remote-debugging-port=${debugging}`] : []],
		});
		return browser;
	}

	stop() {
		return this.chromium.close();
	}

	// A visitor: OPTIONS are Playwright's for a context, with a `device` from above and `dark`. It names itself as people's
	// browsers do: what calls itself headless counts as a mail scanner.
	context({device = desktop, dark = false, ...options} = {}) {
		return this.chromium.newContext({
			userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${this.chromium.version()} Safari/537.36`, locale: 'da-DK', timezoneId: 'Europe/Copenhagen', ...device, colorScheme: dark ? 'dark' : 'light', ...options,
		});
	}

	// A page of a visitor of its own.
	async page(options) {
		return this.pageOf(await this.context(options));
	}

	// A page of this visitor; `faults` are what the browser complained of meanwhile.
	async pageOf(context) {
		const page = await context.newPage();

		page.setDefaultTimeout(15000);
		page.faults = [];
		page.on('console', message => ['error', 'warning'].includes(message.type()) && page.faults.push(message.text()));
		page.on('pageerror', error => page.faults.push(String(error)));
		return page;
	}
}

// Opens a document's page and waits until its first page of PDF is drawn.
export async function openDocument(page, link) {
	await page.goto(link);
	await page.waitForSelector('.viewer.shown');
	return page;
}

export function assertSound(page) {
	assert.deepEqual(page.faults, []);
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// What axe finds against WCAG 2.2 AA and its own good practices, or against RULES alone, in words.
export async function accessibilityFaults(page, rules = null) {
	if (!await page.evaluate(() => 'axe' in globalThis))
		await page.evaluate(axe.source);
	const violations = await page.evaluate(runOnly => globalThis.axe.run({
		// The text of a PDF is transparent above its picture; what it looks like is its sender's.
		exclude: ['.leaf .text'],
	}, {
		runOnly,
		// Only what is wrong is worked out in full, and no style sheet is fetched again: a third of the time.
		resultTypes: ['violations'], preload: false, selectors: false,
	}).then(result => result.violations.map(({id, help, nodes}) => ({id, help, nodes: nodes.map(({html, any}) => [html.slice(0, 120), any[0]?.message])}))),
	rules ? {type: 'rule', values: rules} : wcag);

	return violations.map(({id, help, nodes}) => `${id}: ${help}: ${nodes.map(([html, why]) => rules ? `${html}: ${why}` : html).join(' | ')}`);
}

// Colours are all that differs in the dark.
export const contrastFaults = page => accessibilityFaults(page, ['color-contrast', 'link-in-text-block']);

// By how many pixels the page is wider than the window.
export const sidewaysScroll = page => page.evaluate(() =>
	document.documentElement.scrollWidth - document.documentElement.clientWidth);

// Two fingers on the element, from APART pixels to APART times FACTOR.
export async function pinch(page, selector, factor, apart = 80) {
	const {x, y, width, height} = await page.locator(selector).boundingBox();
	const session = await page.context().newCDPSession(page);
	const send = (type, distance) => session.send('Input.dispatchTouchEvent', {
		type, touchPoints: distance === null ? [] : [-1, 1].map((side, id) =>
			({x: x + width / 2 + side * distance / 2, y: y + height / 2, id})),
	});

	await send('touchStart', apart);
	for (let step = 1; step <= 8; step++)
		await send('touchMove', apart * (1 + (factor - 1) * step / 8));
	await send('touchEnd', null);
}
