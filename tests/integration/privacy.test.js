// What is held about a person: found, given out, and erased everywhere, while what happened stays provable.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {pngSized} from './lib/files.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {lostBytes, pathOf} from './lib/store.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';
import {round} from './lib/worker.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const folder = mkdtempSync('/tmp/privacy-test-');

chmodSync(folder, 0o755); // as root, portalctl runs as another

after(async () => {
	await portal.stop();
	await smtp.stop();
	rmSync(folder, {recursive: true});
});

const mette = {name: 'Mette Privat', email: 'Mette.Privat@example.dk', language: 'da'};
const jens = {name: 'Jens Kollega', email: 'jens.kollega@example.dk', language: 'da'};
const browser = {'user-agent': 'Privatbrowser/7.7'};
// Words that stand nowhere but in what is Mette's.
const traces = ['Mette Privat', 'mette.privat@', 'Privatbrowser/7.7', 'PO-privat-77', 'Hemmelig grund', 'Mit private spørgsmål', 'soster@'];

const drawing = pngSized(100, 41, 255, Buffer.concat(Array.from({length: 41}, (_, y) =>
	Buffer.concat([Buffer.of(0), Buffer.alloc(100, y > 17 && y < 22 ? 0 : 255)]))));
const codeIn = mail => mail.text.match(/^\d{6}$/m)?.[0];
// Codes that were mailed to Mette.
const codes = () => smtp.mails.filter(mail => mail.recipients.some(to => to.toLowerCase() === mette.email.toLowerCase()))
	.map(codeIn).filter(Boolean);
const codeAfter = seen => waitFor('a code', () => codes()[seen]);
const quiet = () => waitFor('the jobs', async () => await portal.sqlValue(`SELECT count(*) FROM job
	WHERE state IN ('waiting', 'running') AND run_at <= portal_now() + interval '1 second'`) === '0');
const found = (text, words = traces) => words.filter(word => text.toLowerCase().includes(word.toLowerCase()));
const verified = async tenantId => (await portal.ctl('verify', '--tenant', tenantId, '--store')).output;

async function visitorOf(id, {email}, headers = browser) {
	return new Visitor(await linkOf(portal, id, email), headers);
}

const send = ({api}, name, changes) => api.send(metadata(name, {customer: {external_id: name, name: 'Jensen Byg A/S'},
	contacts: [mette, jens], message: `Hej ${mette.name}, her er tilbuddet.`, ...changes}), simplePdf('Tilbud', name));

// Everything a person can leave behind, over several documents of one tenant.
async function livelyPerson(tenant) {
	const {api, tenantId} = tenant;
	const ids = {};

	await api.request('PATCH', '/settings', {body: JSON.stringify({texts: {da: {consent: 'Jeg, {kontakt}, tager imod tilbuddet.'}}})});
	// Accepted by a code, with a drawing, after a question and its answer.
	ids.accepted = (await send(tenant, 'accepteret', {accept: {enabled: true, identity: 'email_code', signature: 'drawn'}})).id;
	const visitor = await visitorOf(ids.accepted, mette), other = await visitorOf(ids.accepted, jens, {});

	await visitor.get();
	await visitor.opened();
	await visitor.get('/download');
	await visitor.post('/messages', {...await visitor.form('/messages'), text: 'Mit private spørgsmål'});
	await other.post('/messages', {...await other.form('/messages'), text: `Spørg ${mette.name} om det`});
	await api.post(`/documents/${ids.accepted}/messages`, {text: `Kære ${mette.name.toUpperCase()}: ja`});
	await visitor.post('/identity', {});
	const answer = await visitor.accept({name: mette.name, code: await codeAfter(0), purchase_order: 'PO-privat-77',
		sign: 'drawn', signature: `data:image/png;base64,${drawing.toString('base64')}`});

	assert.equal(answer.status, 303, answer.text);
	// Accepted by a colleague, whose receipt tells what Mette did before.
	ids.theirs = (await send(tenant, 'kollegas')).id;
	await (await visitorOf(ids.theirs, mette)).opened();
	assert.equal((await (await visitorOf(ids.theirs, jens, {})).accept({name: jens.name})).status, 303);
	// Declined, with a reason.
	ids.declined = (await send(tenant, 'afvist', {project: `Tag hos ${mette.name}`})).id;
	const declining = await visitorOf(ids.declined, mette);

	await declining.post('/decline', {...await declining.form('/decline'), reason: 'Hemmelig grund'});
	// Passed on.
	ids.open = (await send(tenant, 'åben')).id;
	const sharing = await visitorOf(ids.open, mette), asked = await visitorOf(ids.open, jens, {});

	assert.equal((await sharing.post('/share', {...await sharing.form('/share'), email: 'soster@example.dk', name: 'Søster',
		text: `fra ${mette.name}`})).status, 303);
	await asked.post('/share', {...await asked.form('/share'), email: mette.email, name: mette.name});
	// Refused by the mail server, which quotes the address; and a private customer.
	smtp.modes.set(mette.email, 'reject');
	ids.refused = (await send(tenant, 'retur', {customer: {name: mette.name}})).id;
	await api.documentWhere('the refusal', ids.refused, ({contacts}) => contacts.some(one => one.delivery === 'failed'));
	smtp.modes.set(mette.email, 'defer');
	ids.waiting = (await send(tenant, 'venter')).id;
	// By the public link, as nobody's contact.
	ids.public = (await send(tenant, 'offentlig', {visibility: 'link', access_code: 'Tagsten 7', contacts: [],
		accept: {enabled: true, identity: 'email_code', signature: 'typed'}})).id;
	await waitFor('both receipts', async () => await portal.sqlValue(`SELECT count(*) FROM receipt WHERE tenant_id = '${tenantId}'`) === '2');
	return ids;
}

async function publicDecision({api}, id) {
	smtp.modes.delete(mette.email);
	const visitor = new Visitor((await api.document(id)).links.public, browser);
	const seen = codes().length;

	const entered = await visitor.post('/code', {code: 'Tagsten 7'});

	assert.equal(entered.status, 303, entered.text);
	visitor.headers.cookie = entered.headers.get('set-cookie').split(';')[0];
	// Codes to one address are half a minute apart.
	await portal.sql(`UPDATE identity_challenge SET created_at = created_at - interval '1 minute'`);
	visitor.headers.cookie += `; ${(await visitor.post('/identity', {email: mette.email})).headers.get('set-cookie').split(';')[0]}`;
	const code = await codeAfter(seen);
	const answer = await visitor.post('/accept', {...await visitor.form(), name: mette.name, consent: 'yes', code});

	assert.equal(answer.status, 303, answer.text);
}

async function signIn() {
	const login = new Visitor(`${portal.url}/login`, browser);
	const seen = codes().length;
	const asked = await login.post('', {email: mette.email});

	login.headers.cookie = asked.headers.getSetCookie().map(cookie => cookie.split(';')[0]).join('; ');
	const answer = await login.post('/code', {code: await codeAfter(seen)});

	assert.equal(answer.status, 303);
	return answer.headers.getSetCookie().map(cookie => cookie.split(';')[0]).find(cookie => !/=$/.test(cookie));
}

describe('a person who left traces everywhere', () => {
	let tenant, ids, contacts, session, receipt, lines, key, links;

	before(async () => {
		tenant = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
		ids = await livelyPerson(tenant);
		await publicDecision(tenant, ids.public);
		session = await signIn();
		smtp.modes.set(mette.email, 'defer');
		key = {'idempotency-key': randomUUID()};
		assert.equal((await tenant.api.upload(metadata('med-nøgle', {contacts: [mette]}), simplePdf('Tilbud'), [], key)).status, 201);
		await waitFor('three receipts', async () => await portal.sqlValue(
			`SELECT count(*) FROM receipt WHERE tenant_id = '${tenant.tenantId}'`) === '3');
		await quiet();
		links = await Promise.all(Object.values(ids).filter(id => id !== ids.public).map(id => linkOf(portal, id, mette.email)));
		for (const link of links)
			assert.equal((await new Visitor(link).get()).status, 200);
		receipt = await portal.sqlValue(`SELECT encode(sha256, 'hex') FROM receipt WHERE document_id = '${ids.accepted}'`);
		lines = await portal.sql(`SELECT id, line, hash FROM event WHERE tenant_id = '${tenant.tenantId}' AND seq IS NOT NULL ORDER BY n`);
	});

	test('is found by the address, in any case of letters', async () => {
		const [one, ...more] = await portal.ctlJson('contact', 'find', mette.email.toUpperCase(), '--tenant', tenant.tenantId);

		assert.deepEqual(more, []);
		contacts = one.contacts;
		assert.deepEqual(new Set(contacts.map(contact => contact.name)), new Set([mette.name]));
		assert.equal(one.documents, 8);
		assert.ok(['accepteret', 'kollegas', 'offentlig'].includes(one.kept.external_id));
	});

	test('is given everything, and nothing of others', async () => {
		const [all, ...more] = await portal.ctlJson('contact', 'export', '--email', mette.email, '--tenant', tenant.tenantId);
		const text = JSON.stringify(all);

		assert.deepEqual(more, []);
		assert.deepEqual(found(text), traces);
		assert.deepEqual(all.decisions.map(({type}) => type).sort(), ['accepted', 'accepted', 'declined']);
		assert.ok(all.decisions.some(one => one.signature_image && one.purchase_order === 'PO-privat-77'));
		assert.deepEqual(all.messages.map(one => one.text), ['Mit private spørgsmål']);
		assert.equal(all.links.length, 8);
		assert.ok(all.links.some(one => one.read.some(({opened_at: at}) => at)));
		assert.deepEqual(all.passed_on.map(one => one.email), ['soster@example.dk']);
		assert.ok(all.events.some(one => one.type === 'document.opened' && one.personal.user_agent === browser['user-agent']));
		assert.ok(all.mails.some(one => one.state === 'waiting') && all.mails.some(one => /No such user/.test(one.answer)));
		assert.equal(all.sessions.length, 1);
		assert.ok(all.identity_codes.length >= 2);
		assert.ok(!text.includes(jens.email));
	});

	test('is kept while accepted quotes are: nothing is erased, and it says until when', async () => {
		const {status, output} = await portal.ctl('contact', 'erase', '--email', mette.email, '--tenant', tenant.tenantId);

		assert.equal(status, 1);
		assert.match(output, /was accepted, and its contacts are kept until 20\d\d-\d\d-\d\d \(retention\.accepted_years/);
		assert.match(output, /--force/);
		assert.deepEqual(found(await portal.dump()), traces);
		assert.match(await verified(tenant.tenantId), / 0 findings/);
	});

	test('is erased after that: no dump of the database has a word of it', async () => {
		await portal.sql(`UPDATE job SET run_at = portal_now() + interval '1 day' WHERE state = 'waiting' AND kind = 'mail'`);
		await tenant.api.request('PATCH', '/settings', {body: JSON.stringify({retention: {accepted_years: 0}})});
		const [result] = await portal.ctlJson('contact', 'erase', '--email', mette.email, '--tenant', tenant.tenantId);

		assert.equal(result.tenant_id, tenant.tenantId);
		assert.deepEqual([...result.contacts].sort(), contacts.map(({id}) => id).sort());
		assert.deepEqual([result.documents, result.decisions, result.messages, result.receipts], [8, 3, 1, 3]);
		const dump = await portal.dump();

		assert.deepEqual(found(dump), [], dump.split('\n').filter(line => found(line).length).join('\n'));
		assert.ok(!dump.includes(drawing.toString('hex')));
		assert.ok(dump.includes(jens.email), 'the colleague stays');
	});

	test('the history is the same, line by line, and verified; so are the evidence bundles', async () => {
		const now = new Map((await portal.sql(`SELECT id, line, hash FROM event WHERE tenant_id = '${tenant.tenantId}'`))
			.map(([id, ...rest]) => [id, rest]));

		for (const [id, ...rest] of lines)
			assert.deepEqual(now.get(id), rest);
		assert.match(await verified(tenant.tenantId), / 0 findings/);
		for (const [name, id] of Object.entries(ids)) {
			const {status, body} = await tenant.api.get(`/documents/${id}/evidence`);
			const path = join(folder, `${name}.zip`);

			assert.equal(status, 200);
			writeFileSync(path, body);
			const {output} = await portal.ctl('verify', '--bundle', path);

			assert.match(output, / 0 findings/, `${name}: ${output}`);
			if (name === 'accepted')
				assert.match(output, /personal data of \d+ events were erased/);
		}
	});

	test('receipts that named the person are gone, the colleague\'s was made anew, and both are still recognised', async () => {
		await waitFor('the new receipt', async () => await portal.sqlValue(
			`SELECT count(*) FROM receipt WHERE document_id = '${ids.theirs}'`) === '1');
		await round(portal);
		assert.ok(!existsSync(pathOf(portal, tenant.tenantId, receipt)), 'the bytes');
		assert.deepEqual(await lostBytes(portal, tenant.tenantId), []);
		assertProblem(await tenant.api.get(`/documents/${ids.accepted}/receipt`), 404, 'not_found');
		const {status, body} = await tenant.api.get(`/documents/${ids.theirs}/receipt`);

		assert.equal(status, 200);
		const path = join(folder, 'receipt.pdf');

		writeFileSync(path, body);
		const text = execFileSync('pdftotext', ['-layout', path, '-'], {encoding: 'utf8'}).normalize();

		assert.ok(text.includes(jens.name), text);
		assert.deepEqual(found(text), []);
		assert.match((await new Visitor(`${portal.url}/verify?sha256=${receipt}`).get()).text, /kvittering/i);
	});

	test('her links are dead, her session too; the colleague\'s pages say so and work', async () => {
		for (const link of links)
			assert.equal((await new Visitor(link).get()).status, 404, link);
		const page = await (await visitorOf(ids.accepted, jens, {})).get();

		assert.equal(page.status, 200);
		assert.match(page.text, /En person, hvis oplysninger er slettet har accepteret/);
		assert.match(page.text, /Beskeden er slettet/);
		assert.match(page.text, /Spørg \[slettet\] om det/);
		assert.deepEqual(found(page.html), []);
		assert.match((await (await visitorOf(ids.declined, jens, {})).get()).text, /oplysninger er slettet har sagt nej tak/);
		assert.match((await (await visitorOf(ids.open, jens, {})).get()).text, /Hej \[slettet\], her er tilbuddet/);
		assert.equal((await (await visitorOf(ids.accepted, jens, {})).get('/receipt')).status, 404);
		const documents = await new Visitor(`${portal.url}/documents`, {cookie: session}).get();

		assert.notEqual(documents.status, 200);
	});

	test('the API goes on, and names nobody', async () => {
		const {api} = tenant;

		for (const path of ['/documents?limit=200', '/events?limit=200', `/documents/${ids.accepted}`, `/documents/${ids.accepted}/messages`,
			`/documents/${ids.refused}/events`, '/documents/counts']) {
			const {status, body} = await api.get(path);

			assert.equal(status, 200, path);
			assert.deepEqual(found(JSON.stringify(body)), [], path);
		}
		const {decision, contacts: left} = await api.document(ids.accepted);

		assert.deepEqual([decision.type, decision.by.name, decision.by.email], ['accepted', null, null]);
		assert.deepEqual(left.map(({name}) => name), [jens.name]);
		assert.deepEqual((await api.events(ids.open)).filter(({type}) => type === 'link.revoked').map(({data}) => data),
			[{erased: true}, {erased: true}, {erased: true}], 'hers, the one she was given, the one she passed on');
		assert.deepEqual((await api.document(ids.open)).shared, []);
		const again = await api.upload(metadata('med-nøgle', {contacts: [mette]}), simplePdf('Tilbud'), [], key);

		assertProblem(again, 409, 'conflict');
	});

	test('mails that waited do not go out', async () => {
		const mails = smtp.mails.length;

		smtp.modes.delete(mette.email);
		await portal.sql('UPDATE job SET run_at = portal_now() WHERE state = \'waiting\'');
		await quiet();
		assert.deepEqual(smtp.mails.slice(mails).filter(mail => mail.recipients.some(to => found(to).length)), []);
	});

	test('nothing is left to give out, and erasing again does nothing', async () => {
		for (const words of [['--email', mette.email, '--tenant', tenant.tenantId], [contacts[0].id]]) {
			const exported = await portal.ctl('contact', 'export', ...words);

			assert.deepEqual([exported.status, /nothing is held/.test(exported.output)], [1, true], exported.output);
		}
		assert.deepEqual(await portal.ctlJson('contact', 'erase', '--email', mette.email, '--tenant', tenant.tenantId), []);
		const events = await portal.sqlValue('SELECT count(*) FROM event');
		const [again] = await portal.ctlJson('contact', 'erase', contacts[0].id);

		assert.deepEqual([again.decisions, again.messages, again.receipts], [0, 0, 0]);
		assert.equal(await portal.sqlValue('SELECT count(*) FROM event'), events);
	});

	test('sent anew with the same external id and address she is somebody new', async () => {
		const {body} = await tenant.api.upload(metadata('ny', {customer: {external_id: 'åben', name: 'Jensen Byg A/S'}, contacts: [mette],
			visibility: 'customer'}), simplePdf('Tilbud', 'ny'));

		assert.equal(body.result, 'created');
		assert.ok(!contacts.some(({id}) => id === body.contacts[0].id));
		assert.deepEqual(body.contacts.map(({name}) => name).sort(), [jens.name, mette.name].sort());
		assert.equal((await tenant.api.document(ids.accepted)).decision.by.name, null);
	});
});

describe('whom it does not touch', () => {
	test('other tenants, unless they are meant; another with the same address', async () => {
		const [one, two] = await Promise.all([portal.tenant('Østtag ApS'), portal.tenant('Vesttag ApS')]);
		const shared = {email: 'kontor@example.dk'};
		const sent = ({api}, name) => api.send(metadata(`fælles-${name[0]}`, {customer: {name: `Kunde ${name[0]}`}, contacts: [{...shared, name}]}),
			simplePdf('Tilbud', name));
		const anna = await sent(one, 'Anna Kontor'), bent = await sent(one, 'Bent Kontor');

		await sent(two, 'Anna Kontor');
		await portal.ctlJson('contact', 'erase', anna.contacts[0].id);
		assert.deepEqual((await one.api.document(anna.id)).contacts, []);
		assert.deepEqual((await one.api.document(bent.id)).contacts.map(({name, email}) => [name, email]), [['Bent Kontor', shared.email]]);
		assert.ok((await portal.dump()).includes('Anna Kontor'), 'the other tenant\'s');
		assert.equal((await portal.ctlJson('contact', 'erase', '--email', shared.email)).length, 2);
		assert.deepEqual(found(await portal.dump(), ['Anna Kontor', 'Bent Kontor', shared.email]), []);
	});

	test('a setting says how long accepted quotes keep their contacts; --force does not ask', async () => {
		const tenant = await portal.tenant();
		const {api} = tenant;
		const accepted = async (name, email) => {
			const {id, contacts: [{id: contact}]} = await api.send(metadata(name, {contacts: [{name: 'Carl Kunde', email}]}), simplePdf('Tilbud', name));

			assert.equal((await (await visitorOf(id, {email})).accept({name: 'Carl Kunde'})).status, 303);
			return contact;
		};
		const [first, second, third] = [await accepted('c-1', 'carl1@example.dk'), await accepted('c-2', 'carl2@example.dk'),
			await accepted('c-3', 'carl3@example.dk')];
		const years = value => api.request('PATCH', '/settings', {body: JSON.stringify({retention: {accepted_years: value}})});

		assert.equal((await portal.ctl('contact', 'erase', first)).status, 1);
		assertProblem(await years(-1), 422, 'invalid', ['/retention/accepted_years']);
		assert.deepEqual((await years(0)).body.retention, {accepted_years: 0});
		assert.equal((await portal.ctl('contact', 'erase', first)).status, 0);
		await years(null);
		await portal.travel('1820 days');
		try {
			assert.match((await portal.ctl('contact', 'erase', second)).output, /kept until/);
			await portal.travel('1830 days');
			assert.equal((await portal.ctl('contact', 'erase', second)).status, 0);
		} finally {
			await portal.travelBack();
		}
		await years(7);
		assert.match((await portal.ctl('contact', 'erase', third)).output, /kept until/);
		assert.equal((await portal.ctl('contact', 'erase', third, '--force')).status, 0);
		assert.match((await portal.ctl('verify', '--tenant', tenant.tenantId)).output, / 0 findings/);
	});

	test('while everybody is at work: nothing waits for ever, nothing fails, nothing is left', async () => {
		const {api, tenantId} = await portal.tenant();
		const contact = {name: 'Dorte Travl', email: 'dorte.travl@example.dk'};
		const documents = await Promise.all(Array.from({length: 8}, (_, n) => api.send(metadata(`d-${n}`, {contacts: [contact]}),
			simplePdf('Tilbud', `d-${n}`))));
		const visitors = await Promise.all(documents.map(({id}) => visitorOf(id, contact)));
		const forms = await Promise.all(visitors.map(visitor => visitor.form()));
		const work = documents.flatMap(({id}, n) => [visitors[n].get(), visitors[n].opened(), visitors[n].get('/download'),
			visitors[n].post('/accept', {...forms[n], consent: 'yes', name: contact.name}),
			api.request('PATCH', `/documents/${id}`, {body: JSON.stringify({project: `P ${n}`})})]);
		const erasing = Promise.all([0, 1].map(() => portal.ctl('contact', 'erase', '--email', contact.email, '--tenant', tenantId, '--force')));

		for (const {status} of await Promise.all(work))
			assert.ok(status < 500, String(status));
		for (const {status, output} of await erasing)
			assert.equal(status, 0, output);
		await quiet();
		assert.equal((await portal.ctl('contact', 'erase', documents[0].contacts[0].id)).status, 0);
		assert.deepEqual(found(await portal.dump(), [contact.name, contact.email]), []);
		assert.match(await verified(tenantId), / 0 findings/);
	});

	test('what is not understood is said', async () => {
		for (const [words, status, text] of [[['erase'], 2, 'say who'], [['erase', 'mette'], 2, 'is not an id'], [['erase', '--email', 'x'], 2, 'no mail address'],
			[['erase', randomUUID()], 1, 'there is no such contact'], [['export', randomUUID(), '--email', 'a@b.dk'], 2, 'say who'],
			[['find', 'ingen@example.dk'], 1, 'nothing is held'], [['find'], 2, 'usage']]) {
			const answer = await portal.ctl('contact', ...words);

			assert.deepEqual([answer.status, answer.output.includes(text)], [status, true], answer.output);
		}
	});
});
