// What happens by itself, by the portal's own clock: expiry, reminders, notices, removal, archiving. The clock stands still
// between the moments named; winter time in Copenhagen is UTC+1, summer time from 28 March to 31 October 2027.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {sha256} from './lib/bytes.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {startSmtp} from './lib/smtp.js';
import {pathOf} from './lib/store.js';
import {formOf, Visitor} from './lib/visitor.js';
import {at, round, settled} from './lib/worker.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api, tenantId} = await portal.tenant();

after(async () => {
	await portal.stop();
	await smtp.stop();
});

const patch = (id, value) => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(value)});
const settings = value => api.request('PATCH', '/settings', {body: JSON.stringify(value)});
const act = async (id, action) => {
	const {status, body} = await api.post(`/documents/${id}/${action}`, {});

	assert.equal(status, 200, JSON.stringify(body));
	return body;
};
const types = async id => (await api.events(id)).map(event => event.type.replace('document.', ''));
const count = async (id, type) => (await types(id)).filter(one => one === type).length;

// A document for these people, [{name, rights}], with a visitor each.
async function sent(name, changes = {}, people = [{}], pdf = simplePdf('Tilbud', name)) {
	const contacts = people.map((person, i) => ({name: 'Mette Jensen', email: `${name}-${i}@example.dk`, language: 'da', ...person}));
	const document = await api.send(metadata(name, {contacts, ...changes}), pdf);
	const visitors = await Promise.all(contacts.map(async ({email}) => new Visitor(await linkOf(portal, document.id, email))));

	return {id: document.id, name, document, visitors, visitor: visitors[0], contacts, pdf};
}

// Subjects of the reminders (or notices) of a document that went out, by recipient.
const mailsTo = ({name}, subject) => smtp.mails.filter(mail => subject.test(mail.subject))
	.flatMap(mail => mail.recipients).filter(to => to.replace(/-\d+@.*/, '') === name).sort();
const reminders = document => mailsTo(document, /^Påmindelse/);
const notices = document => mailsTo(document, /gælder kun/);

describe('expiry at the last moment of the day', () => {
	for (const [day, zone, last] of [
		['2027-03-27', 'Europe/Copenhagen', '2027-03-27 22:59:59.999+00'], // the night of the change: 23 hours long
		['2027-03-28', 'Europe/Copenhagen', '2027-03-28 21:59:59.999+00'],
		['2027-10-30', 'Europe/Copenhagen', '2027-10-30 21:59:59.999+00'],
		['2027-10-31', 'Europe/Copenhagen', '2027-10-31 22:59:59.999+00'], // 25 hours long
		['2027-04-29', 'Africa/Cairo', '2027-04-29 21:59:59.999+00'], // summer time begins at midnight, which there is not
		['2027-06-30', 'Asia/Kathmandu', '2027-06-30 18:14:59.999+00'],
		['2028-02-29', 'America/New_York', '2028-03-01 04:59:59.999+00'],
	])
		test(`${day} in ${zone}`, async () => {
			const name = `${day}-${zone}`.replace(/\W/g, '-').toLowerCase();

			assert.equal((await settings({time_zone: zone})).status, 200);
			try {
				const [quick, late] = [await sent(`q-${name}`, {expires_at: day}), await sent(`l-${name}`, {expires_at: day})];
				const form = await quick.visitor.form(), lateForm = await late.visitor.form();

				await portal.setClock(`timestamptz '${last}'`);
				assert.notEqual((await api.document(late.id)).state, 'expired');
				assert.ok(formOf((await late.visitor.get()).html, '/accept'));
				assert.equal((await quick.visitor.post('/accept', {...form, consent: 'yes'})).status, 303);
				await portal.setClock(`timestamptz '${last}' + interval '1 millisecond'`);
				assert.equal((await api.document(late.id)).state, 'expired');
				assert.equal(formOf((await late.visitor.get()).html, '/accept'), null);
				for (const path of ['/accept', '/decline'])
					assert.equal((await late.visitor.post(path, {...lateForm, consent: 'yes', reason: ''})).status, 409);
				assert.equal((await api.document(quick.id)).state, 'accepted', 'what was accepted in time stays so');
				await settled(portal);
				assert.equal(await count(late.id, 'expired'), 1);
				assert.equal(await count(quick.id, 'expired'), 0);
			} finally {
				await portal.travelBack();
				await settings({time_zone: null});
			}
		});

	test('a time of day is that moment, whatever its offset', async () => {
		const {id} = await sent('moment', {expires_at: '2027-03-28T12:00:00-05:00'});

		try {
			await portal.setClock(`timestamptz '2027-03-28 16:59:59.999+00'`);
			assert.equal((await api.document(id)).state, 'sent');
			await portal.setClock(`timestamptz '2027-03-28 17:00:00+00'`);
			assert.equal((await api.document(id)).state, 'expired');
		} finally {
			await portal.travelBack();
		}
	});

	test('told once; a new date revives it, and its passing is told again', async () => {
		const {id, visitor} = await sent('revived', {expires_at: '2027-01-10'});

		try {
			await at(portal, '2027-01-11 12:00+01', round);
			assert.equal(await count(id, 'expired'), 1);
			assert.equal((await patch(id, {expires_at: '2027-01-20'})).body.state, 'sent');
			assert.ok(formOf((await visitor.get()).html, '/accept'));
			await at(portal, '2027-01-21 12:00+01');
			assert.equal(await count(id, 'expired'), 2);
			assert.equal((await api.document(id)).state, 'expired');
		} finally {
			await portal.travelBack();
		}
	});
});

describe('one spring', async () => {
	const week = {reminder_days: [3, 7]};
	const d = {}; // the documents by name
	// The numbers of the contacts that were reminded, in one word a document.
	const look = () => Object.fromEntries(Object.entries(d).map(([name, document]) =>
		[name, reminders(document).map(to => to.match(/-(\d)@/)[1]).join('')]));
	// Says that since last time exactly these reminders went out: {name: the numbers of the contacts, in one word}.
	let before = {};
	const went = wanted => {
		const now = look(), fresh = {};

		for (const [name, all] of Object.entries(now)) {
			const known = [...before[name] ?? ''];
			const more = [...all].filter(one => !known.includes(one) || (known.splice(known.indexOf(one), 1), false)).join('');

			if (more)
				fresh[name] = more;
		}
		before = now;
		assert.deepEqual(fresh, wanted);
	};
	const both = [{}, {name: 'Jens Jensen', rights: ['view', 'ask']}];
	const make = async (name, changes, people) => d[name] = await sent(name, changes, people);
	const gone = ['none', 'accepted', 'declined', 'withdrawn', 'archived', 'removed'];

	after(() => portal.travelBack());

	test('Monday night, 1 March: one quote is sent', async () => {
		await at(portal, '2027-03-01 02:00+01');
		await make('night', {notify: {reminder_days: [3]}});
	});

	test('Monday, 10:00: the others', async () => {
		await portal.setClock(`timestamptz '2027-03-01 10:00+01'`);
		await make('undecided', {notify: {...week, remind_if: 'not_decided'}}, both);
		await make('unopened', {notify: {...week, remind_if: 'not_opened'}}, both);
		await make('several', {notify: {reminder_days: [1, 2, 3]}});
		await make('project', {kind: 'document', notify: week}, both);
		await make('extended', {notify: {reminder_days: [3]}, expires_at: '2027-03-03'});
		await make('changed', {notify: week});
		for (const name of gone)
			await make(name, {notify: name === 'none' ? {reminder_days: []} : week});
		await make('expired', {notify: week, expires_at: '2027-03-03'});
		await make('unsettled', {notify: week});
		smtp.modes.set('refused-0@example.dk', 'reject');
		await make('refused', {notify: week});
		await d.undecided.visitor.opened();
		await d.unopened.visitor.opened();
		await d.project.visitor.opened();
		await d.accepted.visitor.accept();
		await d.declined.visitor.post('/decline', {...await d.declined.visitor.form('/decline'), reason: ''});
		await act(d.withdrawn.id, 'withdraw');
		await act(d.archived.id, 'archive');
		assert.equal((await api.request('DELETE', `/documents/${d.removed.id}`)).status, 204);
		await settled(portal);
		assert.equal((await api.document(d.refused.id)).contacts[0].delivery, 'failed');
		went({});
	});

	test('Wednesday: a new version counts from its own sending', async () => {
		await portal.setClock(`timestamptz '2027-03-03 10:00+01'`);
		await api.send(metadata('changed', {contacts: d.changed.contacts, notify: week}), simplePdf('Tilbud', 'changed again'));
		await patch(d.unsettled.id, {notify: {reminder_days: []}});
		await settled(portal);
		went({several: '0'}); // the first of its days was passed while nobody looked: one mail for both
		assert.equal(await count(d.several.id, 'reminded'), 1);
	});

	test('Thursday night: what is due waits for the day', async () => {
		await at(portal, '2027-03-04 02:30+01');
		went({});
		await at(portal, '2027-03-04 07:59:59+01');
		went({});
		await at(portal, '2027-03-04 08:00+01');
		went({night: '0'});
	});

	test('Thursday, a second before the day is full: none yet', async () => {
		await patch(d.extended.id, {expires_at: '2027-06-01'});
		await at(portal, '2027-03-04 09:59:59+01');
		went({});
	});

	test('Thursday, 10:00: who is to act gets one mail; nobody after decision, expiry, withdrawal, refused mail', async () => {
		await at(portal, '2027-03-04 10:00:01+01', round);
		// Of `undecided` and `changed` those who can accept, opened or not; of `unopened` and `project` those who have not opened.
		went({undecided: '0', unopened: '1', several: '0', project: '1', extended: '0'});
		const contacts = (await api.document(d.undecided.id)).contacts;

		assert.deepEqual(contacts.map(contact => contact.reminders_sent), [1, 0]);
		const [event] = (await api.events(d.undecided.id)).filter(one => one.type === 'document.reminded');

		assert.equal(event.contact_id, contacts[0].id);
		const [mail] = smtp.mails.filter(one => /^Påmindelse/.test(one.subject) && one.recipients[0] === 'undecided-0@example.dk');

		assert.equal((await new Visitor(mail.link).get()).status, 200, 'it carries the contact\'s own link');
		assert.match(mail.text, /1\. marts 2027/);
	});

	test('later the same day, and the day after: not again', async () => {
		await at(portal, '2027-03-04 17:00+01');
		await at(portal, '2027-03-05 12:00+01');
		went({});
	});

	test('Saturday: the new version\'s first day', async () => {
		await at(portal, '2027-03-06 10:00:01+01');
		went({changed: '0'});
	});

	test('Monday, 8 March: the second day of the list; who has opened meanwhile is left alone', async () => {
		await d.unopened.visitors[1].opened();
		await at(portal, '2027-03-08 10:00:01+01');
		went({undecided: '0', project: '1'});
	});

	test('who is reminded by hand gets one, and no document that has ended', async () => {
		assert.equal((await act(d.undecided.id, 'remind')).result, 'done');
		await settled(portal);
		went({undecided: '0'});
		for (const [name, code] of [['accepted', 'already_accepted'], ['declined', 'already_decided'], ['withdrawn', 'withdrawn'],
			['archived', 'archived'], ['expired', 'expired'], ['refused', 'conflict'], ['unopened', 'conflict']]) {
			const {status, body} = await api.post(`/documents/${d[name].id}/remind`, {});

			assert.deepEqual([status, body.code], [409, code], name);
		}
		await settled(portal);
		went({});
	});

	test('then never again: the list is at its end', async () => {
		await at(portal, '2027-03-10 12:00+01');
		went({changed: '0'});
		await at(portal, '2027-05-20 12:00+02');
		went({});
		assert.deepEqual((await api.document(d.undecided.id)).contacts.map(contact => contact.reminders_sent), [3, 0]);
		for (const name of ['accepted', 'declined', 'withdrawn', 'archived', 'removed', 'expired', 'refused', 'none', 'unsettled'])
			assert.deepEqual(reminders(d[name]), [], name);
	});
});

test('who was archived and taken out again is reminded of what is still to come', async () => {
	await at(portal, '2027-03-01 10:00+01');
	const document = await sent('out-again', {notify: {reminder_days: [3, 7]}, expires_at: '2027-03-20'});

	try {
		await act(document.id, 'archive');
		await at(portal, '2027-03-05 10:00+01');
		assert.deepEqual(reminders(document), []);
		await act(document.id, 'unarchive');
		await at(portal, '2027-03-05 10:01+01');
		assert.deepEqual(reminders(document), [], 'what was passed in the archive is passed');
		await at(portal, '2027-03-08 10:00:01+01');
		assert.equal(reminders(document).length, 1);
		await at(portal, '2027-03-18 10:00:01+01');
		assert.equal(notices(document).length, 1);
	} finally {
		await portal.travelBack();
	}
});

describe('the notice before expiry', () => {
	test('goes to who can still decide, three days before the end, by day, once', async () => {
		await at(portal, '2027-03-15 10:00+01');
		const spring = {expires_at: '2027-03-28', notify: {reminder_days: [60]}};
		const told = await sent('told', spring, [{}, {name: 'Jens', rights: ['view']}]);
		const [accepted, silent, soon] = [await sent('told-accepted', spring), await sent('silent', {...spring, notify: {reminder_days: []}}),
			await sent('soon', {...spring, expires_at: '2027-03-16'})];
		const moved = await sent('moved', spring);

		try {
			await accepted.visitor.accept();
			await patch(moved.id, {expires_at: '2027-04-20'});
			await at(portal, '2027-03-25 21:59:59+00');
			assert.deepEqual(notices(told), []);
			await at(portal, '2027-03-25 22:00:01+00'); // 23 o'clock
			assert.deepEqual(notices(told), []);
			await at(portal, '2027-03-26 08:00:01+01');
			assert.deepEqual(notices(told), ['told-0@example.dk']);
			await at(portal, '2027-03-27 12:00+01');
			for (const [document, wanted] of [[told, 1], [accepted, 0], [silent, 0], [soon, 0], [moved, 0]])
				assert.equal(notices(document).length, wanted, document.name);
			const [mail] = smtp.mails.filter(one => one.recipients[0] === 'told-0@example.dk' && /gælder kun/.test(one.subject));

			assert.match(mail.subject, /til og med 28\. marts 2027/);
			await at(portal, '2027-04-18 12:00+02');
			assert.equal(notices(moved).length, 1);
		} finally {
			await portal.travelBack();
		}
	});
});

describe('removal', () => {
	test('at remove_at it is gone from every route, its bytes erased unless another document holds them', async () => {
		const own = simplePdf('Kun mit eget'), shared = simplePdf('Delt med et andet'), attachment = Buffer.from('Eget bilag');
		const first = await api.send(metadata('removed-own', {contacts: [{name: 'M', email: 'ro@example.dk'}], remove_at: '2027-03-28'}),
			own, [{name: 'bilag.txt', bytes: attachment}]);
		const second = await api.send(metadata('removed-shared', {contacts: [{name: 'M', email: 'rs@example.dk'}], remove_at: '2027-03-28'}), shared);
		const third = await sent('keeps', {}, [{}], shared);
		const visitor = new Visitor(await linkOf(portal, first.id, 'ro@example.dk'));
		const path = bytes => pathOf(portal, tenantId, sha256(bytes));

		try {
			await portal.supervise('down', 'worker');
			await portal.setClock(`timestamptz '2027-03-28 21:59:59.999+00'`);
			assert.equal((await visitor.get('/file')).status, 200);
			await portal.setClock(`timestamptz '2027-03-28 22:00+00'`);
			for (const where of ['', '/file', '/download', '/attachments/1'])
				assert.equal((await visitor.get(where)).status, 404, `${where}: the clock decides, not the worker`);
			for (const where of ['/opened', '/accept', '/decline'])
				assert.equal((await visitor.post(where, {version: 1, sha256: first.version.sha256, name: 'M', consent: 'yes'})).status, 404, where);
			await portal.supervise('up', 'worker');
			await round(portal);
			for (const {id} of [first, second]) {
				assert.equal((await api.get(`/documents/${id}`)).status, 404);
				assert.equal((await api.get(`/documents/${id}/file`)).status, 404);
				assert.equal(await count(id, 'removed'), 1);
			}
			assert.deepEqual([own, attachment, shared].map(bytes => existsSync(path(bytes))), [false, false, true]);
			assert.equal(sha256((await third.visitor.get('/file')).bytes), sha256(shared));
		} finally {
			await portal.supervise('up', 'worker');
			await portal.travelBack();
		}
	});
});

describe('archiving', () => {
	test('so many days after decision, withdrawal or expiry, whichever comes', async () => {
		await at(portal, '2027-03-20 10:00+01');
		const wanted = {archive_after_days: 10};
		const accepted = await sent('a-accepted', wanted), declined = await sent('a-declined', wanted);
		const withdrawn = await sent('a-withdrawn', wanted), expired = await sent('a-expired', {...wanted, expires_at: '2027-03-21'});
		const undecided = await sent('a-open', wanted), without = await sent('a-without', {});
		const archived = async ({id}) => (await api.document(id)).archived_at !== null;
		const all = [accepted, declined, withdrawn, expired, undecided, without];

		try {
			await accepted.visitor.accept();
			await declined.visitor.post('/decline', {...await declined.visitor.form('/decline'), reason: ''});
			await act(withdrawn.id, 'withdraw');
			await without.visitor.accept();
			await at(portal, '2027-03-30 09:00+02'); // ten days, one of 23 hours, less an hour
			assert.deepEqual(await Promise.all(all.map(archived)), [false, false, false, false, false, false]);
			await at(portal, '2027-03-30 11:00:01+02', round);
			assert.deepEqual(await Promise.all(all.map(archived)), [true, true, true, false, false, false]);
			await at(portal, '2027-04-01 01:00:01+02');
			assert.deepEqual(await Promise.all(all.map(archived)), [true, true, true, true, false, false]);
			assert.equal(await count(accepted.id, 'archived'), 1);
			assert.equal((await accepted.visitor.get()).status, 200, 'it stays in the customer\'s history');
			assert.equal((await accepted.visitor.get('/file')).status, 200);
			assert.equal((await act(accepted.id, 'unarchive')).result, 'done');
			await at(portal, '2027-05-20 12:00+02');
			assert.equal(await archived(accepted), false, 'who takes it out wants it out');
			assert.deepEqual(await Promise.all([undecided, without].map(archived)), [false, false]);
		} finally {
			await portal.travelBack();
		}
	});

	test('a longer time set after the decision counts', async () => {
		const {id, visitor} = await sent('a-longer', {archive_after_days: 2});

		try {
			await visitor.accept();
			assert.equal((await patch(id, {archive_after_days: 20})).status, 200);
			await portal.travel('10 days');
			await settled(portal);
			assert.equal((await api.document(id)).archived_at, null);
			await portal.travel('20 days 1 minute');
			await settled(portal);
			assert.notEqual((await api.document(id)).archived_at, null);
		} finally {
			await portal.travelBack();
		}
	});

	test('at the decision itself, where the tenant has it so', async () => {
		assert.equal((await settings({defaults: {archive_on_decision: true}})).status, 200);
		try {
			const {id, visitor, document} = await sent('a-decision');

			assert.equal((await visitor.accept()).status, 303);
			const status = await api.document(id);

			assert.deepEqual([status.state, status.archived_at !== null], ['accepted', true]);
			assert.deepEqual((await types(id)).slice(-2), ['accepted', 'archived']);
			assert.match((await visitor.get()).text, /Tilbuddet er accepteret/);
			const again = await visitor.post('/accept', {version: 1, sha256: document.version.sha256, name: 'Mette', consent: 'yes'});

			assert.equal(again.status, 200, 'the receipt can be had again');
			assert.equal((await act(id, 'unarchive')).archived_at, null);
		} finally {
			await settings({defaults: {archive_on_decision: null}});
		}
	});

	test('an archived one comes back with a new version', async () => {
		const {id, contacts} = await sent('a-version');

		await act(id, 'archive');
		const {result, archived_at: archived} = await api.send(metadata('a-version', {contacts}), simplePdf('Tilbud', 'a-version 2'));

		assert.deepEqual([result, archived], ['new_version', null]);
	});
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
