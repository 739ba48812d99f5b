// Lighthouse on the document's page, on a phone and a desktop. That search engines are kept out is meant.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import lighthouse, {desktopConfig} from 'lighthouse';
import {Browser} from '../browser/lib/browser.js';
import {Kit} from '../browser/lib/kit.js';
import {freePort, startPortal} from '../integration/lib/portal.js';

const debugging = await freePort();
const portal = await startPortal();
const browser = await Browser.start({debugging});
const kit = await Kit.open(portal, process.env.PORTAL_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url)), browser);
const sent = await kit.send();

await kit.talk(sent);
after(async () => {
	await browser.stop();
	await portal.stop();
});

const categories = ['performance', 'accessibility', 'best-practices'];

async function measured(config) {
	const {lhr} = await lighthouse(sent.link, {port: debugging, onlyCategories: categories, logLevel: 'error'}, config);
	const weak = Object.values(lhr.audits).filter(({score}) => score !== null && score < .9).map(({id, displayValue}) => `${id} ${displayValue ?? ''}`);

	return {scores: Object.fromEntries(categories.map(name => [name, Math.round(lhr.categories[name].score * 100)])), weak};
}

for (const [device, config] of [['phone', undefined], ['desktop', desktopConfig]])
	test(`at least 95 each on a ${device}`, async t => {
		// What else the machine does costs points: the best of three.
		const runs = [];

		for (let i = 0; i < 3 && !runs.some(({scores}) => Object.values(scores).every(score => score >= 95)); i++)
			runs.push(await measured(config));
		t.diagnostic(runs.map(({scores}) => JSON.stringify(scores)).join(', '));
		assert.ok(Object.values(runs.at(-1).scores).every(score => score >= 95), JSON.stringify(runs));
	});
