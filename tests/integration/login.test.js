// Signing in by a mailed code, and the list of everything shared with an address.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {Browser} from './lib/browser.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {round} from './lib/worker.js';

const portal = await startPortal();
const {api} = await portal.tenant();
const {api: otherApi} = await portal.tenant('Sydtag ApS');

after(() => portal.stop());

const pdf = simplePdf('Tilbud');

// A document for this address.
const send = (externalId, email, changes = {}, from = api) => from.send(metadata(externalId, {
	contacts: [{name: 'Mette Jensen', email, language: 'da', rights: ['view', 'ask', 'accept']}], ...changes}), pdf);

const codeMails = async address => (await portal.mails()).filter(mail => mail.to === address && mail.fromName === 'Dokumentportal');
const codeIn = mail => mail.text.match(/^(\d{6})$/m)[1];

// Waits until every code asked for was mailed or found unwanted.
const quiet = () => waitFor('the codes', async () =>
	await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'login' AND state IN ('waiting', 'running')`) === '0');

// Asks for a code and gives the one that was mailed.
async function asked(browser, address) {
	const before = (await codeMails(address)).map(mail => mail.id);
	const answer = await browser.post('/login', {email: address});

	assert.equal(answer.status, 303, answer.text);
	return codeIn(await waitFor(`a code for ${address}`, async () => (await codeMails(address)).find(mail => !before.includes(mail.id))));
}

async function signedIn(address, browser = new Browser(portal.url)) {
	const answer = await browser.post('/login/code', {code: await asked(browser, address)});

	assert.equal(answer.status, 303, answer.text);
	assert.equal(answer.headers.location, '/documents');
	return browser;
}

// The list as its reader sees it: headings, each with the rows below it.
function groups(html) {
	return Object.fromEntries([...html.matchAll(/<section class="group">(.*?)<\/section>/gs)].map(([, part]) => [
		part.match(/<h2>([^<]*?)\s*</)[1],
		[...part.matchAll(/<h3><a href="([^"]*)">(.*?)<\/a>/gs)].map(([, path, title]) => ({path, title}))]));
}

const titles = html => Object.values(groups(html)).flat().map(row => row.title);
const wrongOf = code => String((Number(code) + 1) % 1000000).padStart(6, '0');

describe('the code', () => {
	test('from the address to the documents', async () => {
		const {id} = await send('happy', 'Happy@Example.dk', {title: 'Glad for tag'});
		const browser = new Browser(portal.url);

		assert.match((await browser.get('/login')).html, /<input[^>]*name="email"[^>]*type="email"/);
		const answer = await browser.post('/login', {email: ' happy@EXAMPLE.dk ', lang: 'da'});

		assert.equal(answer.status, 303);
		const page = await browser.follow(answer);

		assert.match(page.text, /Hvis vi kender adressen happy@example\.dk, har vi sendt en kode/);
		const mail = await portal.mail('with a code', one => one.to === 'happy@example.dk' && /kode/.test(one.subject));
		const code = codeIn(mail);

		assert.ok(!mail.subject.includes(code));
		assert.ok(mail.html.includes(code));
		const entered = await browser.post('/login/code', {code: `${code.slice(0, 3)} ${code.slice(3)}`});

		assert.equal(entered.status, 303, entered.text);
		const documents = await browser.follow(entered);

		assert.match(documents.text, /Dine dokumenter/);
		const [{path, title}] = groups(documents.html).Aktuelle;

		assert.equal(title, 'Glad for tag');
		assert.equal(portal.url + path, await linkOf(portal, id, 'happy@example.dk'));
		assert.equal((await new Visitor(portal.url + path).get()).status, 200);
		assert.equal((await browser.get('/login')).headers.location, '/documents', 'who is signed in has no need of a code');
	});

	test('an unknown address gets the same answer and no mail', async () => {
		await send('known', 'known@example.dk');
		const answers = [];

		for (const email of ['known@example.dk', 'nobody@example.dk']) {
			const browser = new Browser(portal.url);
			const answer = await browser.post('/login', {email});
			const page = await browser.follow(answer);

			answers.push({status: answer.status, location: answer.headers.location, html: page.html.replaceAll(email, '…'),
				names: Object.keys(answer.headers), cookie: answer.cookies[0].attributes});
		}
		assert.deepEqual(answers[0], answers[1]);
		await quiet();
		assert.equal((await codeMails('known@example.dk')).length, 1);
		assert.equal((await codeMails('nobody@example.dk')).length, 0);
	});

	test('addresses without a living document are unknown', async () => {
		const revoked = await send('revoked only', 'revoked@example.dk');
		const removed = await send('removed only', 'removed@example.dk');
		const past = await send('past only', 'past@example.dk');

		await api.post(`/documents/${revoked.id}/contacts/${(await api.document(revoked.id)).contacts[0].id}/revoke`, {});
		await api.request('DELETE', `/documents/${removed.id}`);
		await portal.sql(`UPDATE document SET remove_at = portal_now() - interval '1 second' WHERE id = '${past.id}'`);
		for (const email of ['revoked@example.dk', 'removed@example.dk', 'past@example.dk'])
			assert.equal((await new Browser(portal.url).post('/login', {email})).status, 303);
		await quiet();
		for (const email of ['revoked@example.dk', 'removed@example.dk', 'past@example.dk'])
			assert.equal((await codeMails(email)).length, 0, email);
	});

	test('five tries, then the right one is refused too', async () => {
		await send('tries', 'tries@example.dk');
		const browser = new Browser(portal.url);
		const code = await asked(browser, 'tries@example.dk');

		for (const left of ['4 forsøg', '3 forsøg', '2 forsøg', '1 forsøg']) {
			const answer = await browser.post('/login/code', {code: wrongOf(code)});

			assert.equal(answer.status, 403);
			assert.ok(answer.text.includes(left), answer.text);
		}
		const kept = new Map(browser.cookies);
		const last = await browser.post('/login/code', {code: wrongOf(code)});

		assert.equal(last.status, 403);
		assert.match(last.text, /forkert for mange gange/);
		browser.cookies = kept;
		const right = await browser.post('/login/code', {code});

		assert.equal(right.status, 403);
		assert.ok(!browser.cookies.has('session'));
	});

	test('ten tries at once are not more than five', async () => {
		await send('at once', 'once@example.dk');
		const browser = new Browser(portal.url);
		const code = await asked(browser, 'once@example.dk');
		const answers = await Promise.all(Array.from({length: 10}, () => browser.post('/login/code', {code: wrongOf(code)})));

		assert.equal(answers.filter(answer => /forsøg tilbage/.test(answer.text)).length, 4);
		assert.equal((await browser.post('/login/code', {code})).status, 403);
	});

	test('it is used once, also by two at the same moment', async () => {
		await send('used', 'used@example.dk');
		const browser = new Browser(portal.url);
		const code = await asked(browser, 'used@example.dk');
		const cookies = new Map(browser.cookies);
		const answers = await Promise.all([1, 2, 3].map(() => browser.post('/login/code', {code})));

		assert.deepEqual(answers.map(answer => answer.status).sort(), [303, 403, 403]);
		browser.cookies = cookies;
		assert.equal((await browser.post('/login/code', {code})).status, 403);
		assert.equal(await portal.sqlValue(`SELECT count(*) FROM login_session WHERE address = 'used@example.dk'`), '1');
	});

	test('it is good for ten minutes', async () => {
		await send('late', 'late@example.dk');
		const [quick, late] = [new Browser(portal.url), new Browser(portal.url)];

		try {
			const first = await asked(quick, 'late@example.dk');

			await portal.travel('9 minutes 50 seconds');
			assert.equal((await quick.post('/login/code', {code: first})).status, 303);
			const second = await asked(late, 'late@example.dk');

			await portal.travel('19 minutes 55 seconds');
			const answer = await late.post('/login/code', {code: second});

			assert.equal(answer.status, 403);
			assert.match(answer.text, /gælder ikke længere/);
			assert.match(answer.html, /name="email"[^>]*value="late@example\.dk"/, 'the address is there for a new one');
		} finally {
			await portal.travelBack();
		}
	});

	test('a new one voids the old one, wherever that was asked for', async () => {
		await send('twice', 'twice@example.dk');
		const [first, second] = [new Browser(portal.url), new Browser(portal.url)];
		const old = await asked(first, 'twice@example.dk');
		const fresh = await asked(second, 'twice@example.dk');

		assert.equal((await first.post('/login/code', {code: old})).status, 403);
		if (old !== fresh)
			assert.equal((await second.post('/login/code', {code: old})).status, 403);
		assert.equal((await second.post('/login/code', {code: fresh})).status, 303);
	});

	test('another browser cannot use it', async () => {
		await send('stolen', 'stolen@example.dk');
		await send('thief', 'thief@example.dk');
		const [owner, thief] = [new Browser(portal.url), new Browser(portal.url)];
		const code = await asked(owner, 'stolen@example.dk');

		assert.equal((await thief.post('/login/code', {code})).status, 403, 'without having asked');
		await asked(thief, 'thief@example.dk');
		assert.equal((await thief.post('/login/code', {code})).status, 403, 'with a challenge of its own');
		assert.ok(!thief.cookies.has('session'));
		assert.equal((await owner.post('/login/code', {code})).status, 303);
	});

	test('the address in the cookie is the one that was asked for', async () => {
		await send('victim', 'victim@example.dk');
		await send('forger', 'forger@example.dk');
		const forger = new Browser(portal.url);
		const code = await asked(forger, 'forger@example.dk');
		const cookie = forger.cookies.get('challenge');

		cookie.value = `${cookie.value.split('.')[0]}.${Buffer.from('victim@example.dk').toString('base64url')}`;
		assert.equal((await forger.post('/login/code', {code})).status, 403);
		assert.ok(!forger.cookies.has('session'));
	});

	for (const [what, value] of [['nothing', ''], ['no dot', 'abc'], ['a short secret', 'abc.bWV0dGVAZXhhbXBsZS5kaw'],
		['no address', `${'A'.repeat(43)}.`], ['a long address', `${'A'.repeat(43)}.${'A'.repeat(400)}`], ['no base64', `${'A'.repeat(43)}.###`]])
		test(`a challenge of ${what} is none`, async () => {
			const browser = new Browser(portal.url);

			browser.cookies.set('challenge', {value, attributes: {path: '/login'}});
			assert.equal((await browser.get('/login')).status, 200);
			assert.equal((await browser.post('/login/code', {code: '123456'})).status, 403);
		});

	for (const [what, code] of [['none', undefined], ['an empty one', ''], ['letters', 'abcdef'], ['five digits', '12345'], ['a long one', '1'.repeat(300)]])
		test(`${what} is a wrong one`, async () => {
			const email = `wrong-${what.replaceAll(' ', '-')}@example.dk`;
			const browser = new Browser(portal.url);

			await browser.post('/login', {email});
			const answer = await browser.post('/login/code', code === undefined ? {} : {code});

			assert.equal(answer.status, 403);
			assert.match(answer.text, /ikke rigtig/);
		});

	for (const email of ['', 'mette', 'mette@', 'mette@example.dk\r\nBcc: x@example.dk', `${'x'.repeat(300)}@example.dk`, 'a b@example.dk', '<b>@example.dk'])
		test(`what is no address is told so: ${JSON.stringify(email.slice(0, 40))}`, async () => {
			const answer = await new Browser(portal.url).post('/login', {email});

			assert.equal(answer.status, 422);
			assert.match(answer.text, /Skriv en hel e-mailadresse/);
			assert.match(answer.html, /aria-invalid="true"/);
			assert.deepEqual(answer.cookies, []);
			assert.ok(!answer.html.includes('<b>'));
		});
});

describe('limits', () => {
	test('five codes an hour and fifteen a day for one address, from wherever', async () => {
		const ask = () => new Browser(portal.url).post('/login', {email: 'bombed@example.dk'});

		await send('bombed', 'bombed@example.dk');
		try {
			for (const hours of [0, 1, 2]) {
				await portal.travel(`${hours} hours ${hours} minutes`);
				for (let i = 0; i < 5; i++)
					assert.equal((await ask()).status, 303, `hour ${hours}, code ${i + 1}`);
				const answer = await ask();

				assert.equal(answer.status, 429);
				assert.match(answer.text, /for mange koder/);
				assert.deepEqual(answer.cookies, []);
			}
			await portal.travel('4 hours');
			assert.equal((await ask()).status, 429);
			await portal.travel('25 hours');
			assert.equal((await ask()).status, 303);
		} finally {
			await portal.travelBack();
		}
	});

	test('thirty an hour from one network; others are not held up', async () => {
		const browser = new Browser(portal.url);

		for (let i = 0; i < 30; i++)
			assert.equal((await browser.post('/login', {email: `flood-${i}@example.dk`})).status, 303, `code ${i + 1}`);
		assert.equal((await browser.post('/login', {email: 'flood-last@example.dk'})).status, 429);
		assert.equal((await new Browser(portal.url).post('/login', {email: 'flood-last@example.dk'})).status, 303);
	});

	test('a flood is stopped before the database, with a page; reading is not', async () => {
		const browser = new Browser(portal.url);
		const answers = await Promise.all(Array.from({length: 80}, () => browser.post('/login/code', {code: '1'})));
		const stopped = answers.filter(answer => answer.status === 429);

		assert.ok(stopped.length > 20, String(stopped.length));
		assert.match(stopped[0].text, /Det gik lidt for hurtigt/);
		assert.ok(stopped[0].headers['retry-after']);
		assert.equal((await browser.get('/login')).status, 200);
	});

	test('IPv6 households count as one', async () => {
		assert.deepEqual(await portal.sql(`SELECT network_of('2001:db8:1:2:3:4:5:6'), network_of('2001:db8:1:2::1'), network_of('192.0.2.7')`),
			[['2001:db8:1:2::/64', '2001:db8:1:2::/64', '192.0.2.7']]);
	});
});

describe('the session', () => {
	test('its cookie is out of reach of scripts and other sites, and only its hash is kept', async () => {
		await send('cookie', 'cookie@example.dk');
		const browser = new Browser(portal.url);
		const answer = await browser.post('/login/code', {code: await asked(browser, 'cookie@example.dk')});
		const {value, attributes} = answer.cookies.find(cookie => cookie.name === 'session');

		assert.deepEqual(attributes, {path: '/', 'max-age': String(30 * 86400), httponly: true, samesite: 'lax'});
		assert.equal(Buffer.from(value, 'base64url').length, 32);
		assert.ok(!browser.cookies.has('challenge'));
		const rows = JSON.stringify(await portal.sql('SELECT s::text FROM login_session s'));

		assert.ok(!rows.includes(value) && !rows.includes(Buffer.from(value, 'base64url').toString('hex')));
		assert.equal((await browser.get('/documents')).headers['cache-control'], 'no-store');
	});

	test('over HTTPS the cookies go by HTTPS alone', async () => {
		const secure = await startPortal({PORTAL_BASE_URL: 'https://tilbud.example'});

		try {
			const {api: own} = await secure.tenant();

			own.url = `http://127.0.0.1:${secure.port}`;
			await send('secure', 'secure@example.dk', {}, own);
			const browser = new Browser(own.url);
			const first = await browser.post('/login', {email: 'secure@example.dk'});
			const code = codeIn(await secure.mail('with a code', mail => mail.to === 'secure@example.dk' && mail.fromName === 'Dokumentportal'));
			const second = await browser.post('/login/code', {code});

			for (const cookie of [...first.cookies, ...second.cookies])
				assert.equal(cookie.attributes.secure, true, cookie.name);
			assert.equal(second.cookies.length, 2);
		} finally {
			await secure.stop();
		}
	});

	for (const [what, value] of [['nothing', ''], ['another text', 'x'], ['a secret of nobody', 'A'.repeat(43)]])
		test(`a cookie of ${what} leads to the sign-in`, async () => {
			const browser = new Browser(portal.url);

			browser.cookies.set('session', {value, attributes: {path: '/'}});
			assert.equal((await browser.get('/documents')).headers.location, '/login');
			assert.equal((await browser.get('/login')).status, 200);
		});

	test('it ends after a week without use, and after 30 days whatever', async () => {
		await send('time', 'time@example.dk');
		const [idle, busy] = [await signedIn('time@example.dk'), await signedIn('time@example.dk')];

		try {
			for (const days of [6, 12, 18, 24, 29]) {
				await portal.travel(`${days} days`);
				assert.equal((await busy.get('/documents')).status, 200, `day ${days}`);
			}
			const left = await idle.get('/documents');

			assert.equal(left.headers.location, '/login');
			assert.ok(!idle.cookies.has('session'), 'the cookie goes');
			await portal.travel('30 days 1 minute');
			assert.equal((await busy.get('/documents')).status, 303);
		} finally {
			await portal.travelBack();
		}
	});

	test('signing out ends it', async () => {
		await send('out', 'out@example.dk');
		const browser = await signedIn('out@example.dk');
		const cookies = new Map(browser.cookies);
		const answer = await browser.post('/logout');

		assert.equal(answer.status, 303);
		assert.match((await browser.follow(answer)).text, /Du er logget ud/);
		browser.cookies = cookies;
		assert.equal((await browser.get('/documents')).status, 303, 'the cookie alone opens nothing');
		assert.equal((await browser.post('/logout')).status, 303, 'once more does no harm');
	});

	test('addresses of forms lead back: to the sign-in, and from there to the documents', async () => {
		await send('back', 'back@example.dk');
		const browser = await signedIn('back@example.dk');

		for (const path of ['/login/code', '/logout']) {
			const {status, headers} = await new Browser(portal.url).get(`${path}?lang=en`);

			assert.deepEqual([status, headers.location], [303, '/login?lang=en'], path);
			assert.match((await browser.follow(await browser.get(path))).text, /Dine dokumenter/);
		}
	});

	test('the others are listed, and ended from here', async () => {
		await send('many', 'many@example.dk');
		await send('stranger', 'stranger@example.dk');
		const here = await signedIn('many@example.dk');
		const phone = await signedIn('many@example.dk', new Browser(portal.url, {'user-agent':
			'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'}));
		const third = await signedIn('many@example.dk', new Browser(portal.url, {'user-agent': 'curl/8.5.0'}));
		const stranger = await signedIn('stranger@example.dk');
		const page = await here.get('/documents');

		assert.match(page.text, /Firefox på Linux Her.*Ukendt browser.*Safari på iPhone/s);
		const ids = [...page.html.matchAll(/name="session" value="([0-9a-f-]{36})"/g)].map(match => match[1]);

		assert.equal(ids.length, 3);
		assert.equal((await stranger.post('/logout', {session: ids[0]})).headers.location, '/documents');
		assert.equal((await here.get('/documents')).status, 200, 'a stranger ends nothing of ours');
		assert.equal((await here.post('/logout', {session: ids[2]})).headers.location, '/documents');
		assert.equal((await phone.get('/documents')).status, 303);
		assert.equal((await third.get('/documents')).status, 200);
		assert.equal((await here.post('/logout', {session: 'nonsense'})).headers.location, '/documents');
		assert.equal((await here.post('/logout', {session: 'all'})).status, 303);
		for (const browser of [here, third])
			assert.equal((await browser.get('/documents')).status, 303);
		assert.equal((await stranger.get('/documents')).status, 200);
	});

	test('forms of other sites are refused', async () => {
		await send('csrf', 'csrf@example.dk');
		const browser = await signedIn('csrf@example.dk');

		for (const headers of [{origin: 'https://evil.example'}, {origin: 'null'}, {'sec-fetch-site': 'cross-site'}, {'sec-fetch-site': 'same-site'},
			{origin: portal.url, 'sec-fetch-site': 'cross-site'}])
			for (const path of ['/logout', '/login', '/login/code'])
				assert.equal((await browser.post(path, {email: 'csrf@example.dk', code: '1'}, headers)).status, 403, JSON.stringify(headers));
		assert.equal((await browser.get('/documents')).status, 200);
		assert.equal((await browser.post('/logout', {}, {origin: portal.url, 'sec-fetch-site': 'same-origin'})).status, 303);
	});

	test('the language chosen stays', async () => {
		await send('english', 'english@example.dk');
		const browser = await signedIn('english@example.dk');

		assert.match((await browser.get('/documents')).html, /<html lang="da"/);
		assert.match((await browser.get('/documents?lang=en')).html, /<html lang="en"/);
		assert.match((await browser.get('/documents')).text, /Your documents/);
		const other = new Browser(portal.url);

		await other.post('/login', {email: 'english@example.dk', lang: 'en'});
		assert.ok(await portal.mail('in English', mail => mail.to === 'english@example.dk' && mail.subject === 'Your code for Dokumentportal'));
	});
});

describe('the documents', () => {
	test('open ones first, then ended, then archived; of all tenants, of nobody else', async () => {
		const email = 'reader@example.dk';
		const waits = await send('r-waits', email, {title: 'Venter'});
		const accepted = await send('r-accepted', email, {title: 'Sagt ja'});
		const declined = await send('r-declined', email, {title: 'Sagt nej'});
		const withdrawn = await send('r-withdrawn', email, {title: 'Trukket'});
		const archived = await send('r-archived', email, {title: 'Gemt væk'});
		const revoked = await send('r-revoked', email, {title: 'Lukket'});
		const removed = await send('r-removed', email, {title: 'Fjernet'});

		await send('r-other', email, {title: 'Fra syd'}, otherApi);
		await send('r-stranger', 'someone-else@example.dk', {title: 'Ikke din'});
		await new Visitor(await linkOf(portal, waits.id, email)).opened();
		assert.equal((await new Visitor(await linkOf(portal, accepted.id, email)).accept()).status, 303);
		const no = new Visitor(await linkOf(portal, declined.id, email));

		assert.equal((await no.post('/decline', {...await no.form('/decline'), reason: 'Nej tak'})).status, 303);
		await api.post(`/documents/${withdrawn.id}/withdraw`, {});
		await api.post(`/documents/${archived.id}/archive`, {});
		await api.post(`/documents/${revoked.id}/contacts/${(await api.document(revoked.id)).contacts[0].id}/revoke`, {});
		await api.request('DELETE', `/documents/${removed.id}`);
		const browser = await signedIn(email);
		const {html, text} = await browser.get('/documents');
		const shown = groups(html);

		assert.deepEqual(Object.fromEntries(Object.entries(shown).map(([name, rows]) => [name, rows.map(row => row.title)])), {
			Aktuelle: ['Fra syd', 'Venter'], Afsluttede: ['Trukket', 'Sagt nej', 'Sagt ja'], Arkiverede: ['Gemt væk']});
		for (const words of [/Fra syd.*?Ny .*?Venter.*?Afventer dit svar/, /Trukket tilbage/, /Afvist/, /Accepteret/, /184\.500,00 kr\./])
			assert.match(text, words);
		for (const {path} of Object.values(shown).flat())
			assert.equal((await new Visitor(portal.url + path).get()).status, 200, 'every one can be opened');
		const sender = html.match(/<option value="([0-9a-f-]{36})"[^>]*>Sydtag ApS/)[1];

		assert.deepEqual(titles((await browser.get(`/documents?sender=${sender}`)).html), ['Fra syd']);
		await portal.sql(`UPDATE document SET expires_at = portal_now() WHERE id = '${waits.id}'`);
		assert.match((await browser.get('/documents')).text, /Venter.*?Udløbet/);
	});

	test('answers not yet read are counted', async () => {
		const email = 'asks@example.dk';
		const {id} = await send('asks', email);
		const visitor = new Visitor(await linkOf(portal, id, email));

		await visitor.post('/messages', {text: 'Hvornår?'});
		for (const text of ['I maj.', 'Senest i juni.'])
			assert.equal((await api.post(`/documents/${id}/messages`, {text})).status, 201);
		const browser = await signedIn(email);

		assert.match((await browser.get('/documents')).text, /2 nye beskeder/);
		await visitor.post('/opened', {version: 1, seen: 2});
		assert.match((await browser.get('/documents')).text, /1 ny besked/);
		await visitor.post('/opened', {version: 1, seen: 3});
		assert.doesNotMatch((await browser.get('/documents')).text, /besked/);
	});

	test('whom a link was passed on to finds the document too, by the link with the most rights', async () => {
		const {id} = await send('passed on', 'owner@example.dk', {title: 'Delt'});
		const passOn = email => portal.sql(`INSERT INTO link (tenant_id, document_id, kind, rights, shared_by, email)
			SELECT tenant_id, document_id, 'shared', '{view}', id, '${email}' FROM link WHERE document_id = '${id}' AND kind = 'personal'`);

		await passOn('Colleague@example.dk');
		await passOn('owner@example.dk');
		const colleague = await signedIn('colleague@example.dk');
		const [row] = groups((await colleague.get('/documents')).html).Aktuelle;

		assert.equal(row.title, 'Delt');
		assert.match((await new Visitor(portal.url + row.path).get()).text, /Delt/);
		const owner = groups((await (await signedIn('owner@example.dk')).get('/documents')).html).Aktuelle;

		assert.deepEqual(owner.map(({path}) => portal.url + path), [await linkOf(portal, id, 'owner@example.dk')]);
		await portal.sql(`UPDATE link SET revoked_at = portal_now() WHERE document_id = '${id}' AND kind = 'shared'`);
		assert.match((await colleague.get('/documents')).text, /ingen dokumenter lige nu/);
	});

	test('a new version is new, and the newest; a rotated link is the new one', async () => {
		const email = 'versions@example.dk';
		const first = await send('v-1', email, {title: 'Første'});

		await send('v-2', email, {title: 'Andet'});
		await new Visitor(await linkOf(portal, first.id, email)).opened();
		await api.send(metadata('v-1', {title: 'Første, ændret', contacts: undefined}), simplePdf('Ændret'));
		const contact = (await api.document(first.id)).contacts[0].id;

		assert.equal((await api.post(`/documents/${first.id}/contacts/${contact}/rotate`, {})).status, 200);
		const browser = await signedIn(email);
		const {html, text} = await browser.get('/documents');

		assert.deepEqual(titles(html), ['Første, ændret', 'Andet']);
		assert.match(text, /Første, ændret.*?Ny version.*?Andet.*?Ny/);
		assert.equal(portal.url + groups(html).Aktuelle[0].path, await linkOf(portal, first.id, email));
	});

	test('searching: every word, anywhere, in any case, none of it a pattern', async () => {
		const email = 'search@example.dk';

		await send('s-1', email, {title: 'Nyt TAG på gården', number: 'A-100', project: 'Østerbro 5'});
		await send('s-2', email, {title: 'Rabat 100% på_tag', number: 'B-200', project: null});
		await send('s-3', email, {title: 'Vinduer', number: 'A-300', project: 'Østerbro 7'}, otherApi);
		const browser = await signedIn(email);
		const found = async q => titles((await browser.get(`/documents?q=${encodeURIComponent(q)}`)).html).sort();

		assert.deepEqual(await found('tag på GÅRDEN'), ['Nyt TAG på gården']);
		assert.deepEqual(await found('østerbro a-'), ['Nyt TAG på gården', 'Vinduer']);
		assert.deepEqual(await found('  ØSTERBRO   sydtag '), ['Vinduer']);
		assert.deepEqual(await found('100%'), ['Rabat 100% på_tag']);
		assert.deepEqual(await found('på_'), ['Rabat 100% på_tag']);
		assert.deepEqual(await found('b-200'), ['Rabat 100% på_tag']);
		assert.deepEqual(await found(' '), ['Nyt TAG på gården', 'Rabat 100% på_tag', 'Vinduer']);
		assert.deepEqual(await found("' OR 1=1 --"), []);
		assert.match((await browser.get('/documents?q=nichts')).text, /Vi fandt ingen dokumenter, der passer\. Vis alle/);
		// No more counts than the field takes, and no character is cut in two.
		const long = await browser.get(`/documents?q=${encodeURIComponent(`${'x'.repeat(99)}øæå`)}`);

		assert.equal(long.status, 200);
		assert.ok(long.html.includes(`value="${'x'.repeat(99)}ø"`));
		assert.match(long.text, /Vi fandt ingen dokumenter/);
	});

	test('the other language keeps what was searched for', async () => {
		const email = 'sprog@example.dk';

		await send('l-1', email, {title: 'Nyt tag + kvist'});
		await send('l-2', email, {title: 'Vinduer'}, otherApi);
		const browser = await signedIn(email);
		const sender = (await browser.get('/documents')).html.match(/<option value="([\w-]+)"/)[1];
		const other = async path => (await browser.get(path)).html.match(/class="language"[^>]* href="([^"]*)"/)[1].replaceAll('&amp;', '&');
		const link = await other(`/documents?q=${encodeURIComponent('tag +')}&sender=`);

		assert.equal(link, '/documents?q=tag%20%2B&lang=en');
		assert.deepEqual(titles((await browser.get(link)).html), ['Nyt tag + kvist']);
		assert.equal(await other(`/documents?sender=${sender}`), `/documents?sender=${sender}&lang=da`);
		assert.equal(await other('/documents'), '/documents?lang=da');
	});

	const reader = new Browser(portal.url);

	before(async () => {
		await send('refused', 'refused@example.dk');
		await signedIn('refused@example.dk', reader);
	});

	for (const [what, query] of [['a cursor', 'after=4.1.x'], ['a cursor with text', `after=1.1.${'-'.repeat(36)}`], ['a sender', 'sender=1']])
		test(`${what} that is none of ours is refused`, async () => {
			assert.equal((await reader.get(`/documents?${query}`)).status, 400);
		});

	test('250 documents come in pages, each once, in order', async () => {
		const email = 'pages@example.dk';
		const {id} = await send('p-0', email, {title: 'Nr. 0'});

		await portal.sql(`DO $$ DECLARE k record; d record; v record; l record; n uuid; BEGIN
			SELECT * INTO d FROM document WHERE id = '${id}';
			FOR i IN 1..249 LOOP
				n := new_id();
				INSERT INTO document (tenant_id, id, external_id, customer_id, settings, version, archived_at)
				VALUES (d.tenant_id, n, 'p-' || i, d.customer_id, d.settings, 1, CASE WHEN i % 3 = 0 THEN now() END);
				INSERT INTO version (tenant_id, document_id, version, kind, title, file_name, sha256, size, pages, created_at)
				SELECT tenant_id, n, 1, kind, 'Nr. ' || i, file_name, sha256, size, pages, now() - make_interval(mins => 1 + i / 10)
				FROM version WHERE document_id = d.id;
				INSERT INTO link (tenant_id, document_id, kind, contact_id, rights)
				SELECT tenant_id, n, kind, contact_id, rights FROM link WHERE document_id = d.id AND kind = 'personal';
			END LOOP; END $$`);
		const browser = await signedIn(email);
		const seen = [];
		let path = '/documents', pages = 0;

		while (path) {
			const {html, status} = await browser.get(path);

			assert.equal(status, 200);
			seen.push(...Object.entries(groups(html)).flatMap(([group, rows]) => rows.map(row => `${group} ${row.title}`)));
			path = html.match(/<a class="button" href="(\/documents\?after=[^"]*)"/)?.[1].replaceAll('&amp;', '&');
			pages++;
		}
		assert.equal(pages, 5);
		assert.equal(seen.length, 250);
		assert.equal(new Set(seen).size, 250);
		assert.equal(seen.lastIndexOf(seen.findLast(row => row.startsWith('Aktuelle'))) < seen.findIndex(row => row.startsWith('Arkiverede')), true);
		assert.equal(seen[0], 'Aktuelle Nr. 0');
		assert.match((await browser.get('/documents?q=nr. 24')).text, /Vi fandt 13 dokumenter/);
	});

	test('text of a sender stays text', async () => {
		const evil = `"'><script>alert(1)</script>`;

		await send('evil', 'evil@example.dk', {title: evil, number: evil, project: evil});
		const browser = await signedIn('evil@example.dk');
		const {html, text} = await browser.get(`/documents?q=${encodeURIComponent(evil)}`);

		assert.ok(!html.includes('<script>'));
		assert.ok(text.includes(evil));
		assert.deepEqual(titles(html).length, 1);
	});

	test('who has none left is told so', async () => {
		const {id} = await send('last one', 'empty@example.dk');
		const browser = await signedIn('empty@example.dk');

		await api.request('DELETE', `/documents/${id}`);
		assert.match((await browser.get('/documents')).text, /ingen dokumenter lige nu/);
	});
});

describe('what is kept', () => {
	test('a plain address only until the mail is sent; nothing of a challenge after its time', async () => {
		await send('kept', 'kept@example.dk');
		await asked(new Browser(portal.url), 'kept@example.dk');
		await new Browser(portal.url).post('/login', {email: 'unkept@example.dk'});
		await quiet();
		assert.equal(await portal.sqlValue('SELECT count(*) FROM login_challenge WHERE address IS NOT NULL'), '0');
		await signedIn('kept@example.dk');
		try {
			await portal.travel('31 days');
			await round(portal);
			for (const table of ['login_challenge', 'login_session', 'login_rate', `job WHERE kind = 'login'`])
				assert.equal(await portal.sqlValue(`SELECT count(*) FROM ${table}`), '0', table);
		} finally {
			await portal.travelBack();
		}
	});

	test('no code, cookie or address in the logs', async () => {
		await send('logged', 'logged@example.dk');
		const browser = new Browser(portal.url);
		const code = await asked(browser, 'logged@example.dk');
		const challenge = browser.cookies.get('challenge').value;

		await browser.post('/login/code', {code});
		const logs = portal.files('log').map(path => readFileSync(path, 'utf8')).join('');

		assert.ok(logs.includes('/login/code'));
		for (const secret of [code, challenge.split('.')[0], browser.cookies.get('session').value, 'logged@example.dk'])
			assert.ok(!logs.includes(secret), secret);
	});
});

describe('the way in', () => {
	test('the front page and pages that are not found lead to it', async () => {
		const visitor = new Visitor(portal.url);

		assert.match((await visitor.get('/')).html, /<a class="button primary" href="\/login">/);
		const lost = await visitor.get('/nothing-here');

		assert.equal(lost.status, 404);
		assert.match(lost.html, /href="\/login"/);
	});
});
