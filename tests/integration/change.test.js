// What the sender changes after sending: contacts, dates, visibility; withdrawing, archiving, reminding; new versions; and what
// the customers are told of it.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {assertProblem, metadata} from './lib/api.js';
import {startPortal} from './lib/portal.js';
import {answers, gone, open, person, sender} from './lib/sender.js';
import {startSmtp} from './lib/smtp.js';
import {formOf, Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

const smtp = await startSmtp();
const portal = await startPortal({PORTAL_SMTP_URL: smtp.url});
const {api} = await portal.tenant('Nordtag ApS');
const {mailsTo, mailed, patch, act, types, changed, quiet, sent} = sender({portal, api, smtp});

after(async () => {
	await portal.stop();
	await smtp.stop();
});

describe('PATCH', () => {
	test('changes the members named and no other, and says whether anything changed', async () => {
		const {id, document} = await sent('p-members', {expires_at: '2098-12-31'});
		const {result, ...after} = await changed(id, {message: 'Ny besked', expires_at: '2099-06-30', notify: {reminder_days: [5]}, accept: {signature: 'none'}});
		const rest = ({message, expires_at, notify, accept, updated_at, ...others}) => others;
		const {result: created, ...before} = document;

		assert.deepEqual([created, result], ['created', 'updated']);
		const settle = value => JSON.parse(JSON.stringify(rest(value), (key, one) => /^deliver/.test(key) ? undefined : one));

		assert.deepEqual(settle(after), settle(before));
		assert.deepEqual([after.message, after.expires_at, after.notify, after.accept], ['Ny besked', '2099-06-30',
			{on_upload: true, on_change: true, reminder_days: [5], remind_if: 'not_decided'}, {enabled: true, identity: 'link', signature: 'none', reason_required: false}]);
		const count = (await types(id)).length;

		assert.equal((await changed(id, {message: 'Ny besked', notify: {reminder_days: [5]}})).result, 'unchanged');
		assert.equal((await changed(id, {})).result, 'unchanged');
		assert.equal((await types(id)).filter(type => type === 'updated').length, 1);
		assert.ok((await types(id)).length <= count + 1);
		const back = await changed(id, {message: null, expires_at: null, notify: {reminder_days: null}, accept: {signature: null}});

		assert.deepEqual([back.message, back.expires_at, back.notify.reminder_days, back.accept.signature], [null, null, [], 'typed']);
	});

	test('shows on the page at once', async () => {
		const {id, visitor} = await sent('p-page');

		await changed(id, {message: 'Vi har fundet en bedre tagsten', expires_at: '2098-06-30', language: 'en'});
		const page = await visitor.get();

		assert.match(page.text, /Vi har fundet en bedre tagsten/);
		assert.match(page.text, /30\. juni 2098/);
		await changed(id, {accept: {enabled: false}});
		assert.equal(formOf((await visitor.get()).html, '/accept'), null);
	});

	test('replaces the contacts whole: who is missing loses the link, who comes back gets another', async () => {
		const {id, contacts: [first, second], visitors: [one, two]} = await sent('p-contacts', {people: 2});
		const third = person('p-contacts', 2, {rights: ['view']});

		await Promise.all([mailed(first.email), mailed(second.email)]);
		const body = await changed(id, {contacts: [first, third]});

		assert.deepEqual(body.contacts.map(contact => contact.email).sort(), [first.email, third.email]);
		assert.deepEqual(body.contacts.find(contact => contact.email === third.email).rights, ['view']);
		assert.deepEqual(await answers(one), open);
		assert.deepEqual(await answers(two), gone);
		const link = (await mailed(third.email)).link;

		assert.deepEqual(await answers(new Visitor(link)), open);
		assert.equal(formOf((await new Visitor(link).get()).html, '/accept'), null);
		await changed(id, {contacts: [first, second]});
		const again = (await mailed(second.email, 2)).link;

		assert.notEqual(again, two.link);
		assert.deepEqual(await answers(two), gone, 'the old link stays dead');
		assert.deepEqual(await answers(new Visitor(again)), open);
		assert.deepEqual(await answers(new Visitor(link)), gone);
		await quiet(id);
		assert.deepEqual([first, second, third].map(({email}) => mailsTo(email).length), [1, 2, 1], 'who kept a link is not told again');
	});

	test('rights given and taken count at once', async () => {
		const {id, contacts: [first, second], visitors: [, two]} = await sent('p-rights', {people: 2});
		const form = await two.form();

		await changed(id, {contacts: [first, {...second, rights: ['view', 'ask']}]});
		assert.equal(formOf((await two.get()).html, '/accept'), null);
		assert.equal((await two.post('/accept', {...form, consent: 'yes'})).status, 403);
		await changed(id, {contacts: [first, {...second, rights: ['view', 'accept']}]});
		assert.equal((await two.post('/accept', {...form, consent: 'yes'})).status, 303);
	});

	test('without notify.on_upload new contacts are not mailed', async () => {
		const {id, contacts} = await sent('p-quiet', {notify: {on_upload: false}});
		const body = await changed(id, {contacts: [...contacts, person('p-quiet', 1)]});

		assert.deepEqual(body.contacts.map(contact => contact.delivery), ['none', 'none']);
		await quiet(id);
		assert.deepEqual([0, 1].map(n => mailsTo(`p-quiet-${n}@example.dk`).length), [0, 0]);
	});

	test('If-Match', async () => {
		const {id} = await sent('p-match');
		const etag = (await api.get(`/documents/${id}`)).headers.get('etag');
		const {status, headers} = await patch(id, {message: 'Et'}, {'if-match': etag});

		assert.equal(status, 200);
		assertProblem(await patch(id, {message: 'To'}, {'if-match': etag}), 412, 'precondition_failed');
		for (const action of ['withdraw', 'archive', 'remind'])
			assertProblem(await api.request('POST', `/documents/${id}/${action}`, {body: '{}', headers: {'if-match': etag}}), 412, 'precondition_failed');
		assertProblem(await api.request('DELETE', `/documents/${id}`, {headers: {'if-match': etag}}), 412, 'precondition_failed');
		assert.equal((await api.document(id)).message, 'Et');
		assert.equal((await patch(id, {message: 'Tre'}, {'if-match': headers.get('etag')})).status, 200);
	});

	test('four at once with one ETag: one is taken', async () => {
		const {id} = await sent('p-race');
		const etag = (await api.get(`/documents/${id}`)).headers.get('etag');
		const all = await Promise.all([1, 2, 3, 4].map(n => patch(id, {message: `Besked ${n}`}, {'if-match': etag})));

		assert.deepEqual(all.map(({status}) => status).sort(), [200, 412, 412, 412]);
		assert.equal((await api.document(id)).message, all.find(({status}) => status === 200).body.message);
	});
});

describe('bad input', async () => {
	const contact = person('bad', 0), {id, visitor} = await sent('bad', {contacts: [contact]});
	const viewer = {...contact, rights: ['view', 'ask']};

	for (const [what, value, pointers] of [
		['accept without any contact with the right', {contacts: [viewer]}, ['/accept/enabled']],
		['no contacts', {contacts: []}, ['/contacts']],
		['contacts as null', {contacts: null}, ['/contacts']],
		['contacts of another type', {contacts: {}}, ['/contacts']],
		['`link` without code', {visibility: 'link'}, ['/access_code']],
		['a code without `link`', {access_code: 'kode 123'}, ['/access_code']],
		['remove_at before expires_at', {expires_at: '2098-12-31', remove_at: '2098-12-30'}, ['/remove_at']],
		['remove_at a second before the end of expires_at', {expires_at: '2098-12-31', remove_at: '2098-12-31T23:59:59+01:00'}, ['/remove_at']],
		['expires_at in the past', {expires_at: '2020-01-01'}, ['/expires_at']],
		['remove_at in the past', {remove_at: '2020-01-01'}, ['/remove_at']],
		['a day that there is not', {expires_at: '2098-02-30'}, ['/expires_at']],
		['a time without offset', {expires_at: '2098-12-31T12:00:00'}, ['/expires_at']],
		['a date as number', {expires_at: 20981231}, ['/expires_at']],
		['reminders unsorted', {notify: {reminder_days: [7, 3]}}, ['/notify/reminder_days/1']],
		['negative reminders', {notify: {reminder_days: [-3]}}, ['/notify/reminder_days/0']],
		['more than ten reminders', {notify: {reminder_days: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}, ['/notify/reminder_days']],
		['a reminder as text', {notify: {reminder_days: ['3']}}, ['/notify/reminder_days/0']],
		['another cause to remind', {notify: {remind_if: 'bored'}}, ['/notify/remind_if']],
		['a switch that is a text', {notify: {on_change: 'yes'}}, ['/notify/on_change']],
		['another visibility', {visibility: 'public'}, ['/visibility']],
		['accept that is a word', {accept: true}, ['/accept']],
		['accept enabled by a word', {accept: {enabled: 'true'}}, ['/accept/enabled']],
		['an unknown identity', {accept: {identity: 'passport'}}, ['/accept/identity']],
		['archiving after no day', {archive_after_days: 0}, ['/archive_after_days']],
		['archiving after half a day', {archive_after_days: 1.5}, ['/archive_after_days']],
		['a message beyond measure', {message: 'x'.repeat(5001)}, ['/message']],
		['a contact without address', {contacts: [{name: 'Mette'}]}, ['/contacts/0/email']],
		['a contact without name', {contacts: [{email: 'a@example.dk'}]}, ['/contacts/0/name']],
		['an address that is none', {contacts: [contact, {name: 'X', email: 'x'}]}, ['/contacts/1/email']],
		['a contact twice', {contacts: [contact, {...contact, email: contact.email.toUpperCase()}]}, ['/contacts/1/email']],
		['an unknown right', {contacts: [{...contact, rights: ['view', 'delete']}]}, ['/contacts/0/rights/1']],
		['rights without `view`', {contacts: [{...contact, rights: ['accept']}]}, ['/contacts/0/rights']],
		['what makes a version: title', {title: 'Ny titel'}, ['/title']],
		['what makes a version: amount', {amount: {value: '1.00', currency: 'DKK'}}, ['/amount']],
		['what cannot change: external_id', {external_id: 'x'}, ['/external_id']],
		['what is unknown', {foo: 1}, ['/foo']],
		['several at once', {visibility: 'x', notify: {remind_if: 'x'}}, ['/visibility', '/notify/remind_if']],
	])
		test(`${what} is 422 and changes nothing`, async () => {
			const etag = (await api.get(`/documents/${id}`)).headers.get('etag');

			assertProblem(await patch(id, value), 422, 'invalid', pointers);
			assert.equal((await api.get(`/documents/${id}`)).headers.get('etag'), etag);
			assert.equal((await visitor.get('/file')).status, 200);
		});

	for (const [what, changes, pointers] of [
		['accept without any contact with the right', {contacts: [viewer]}, ['/accept/enabled']],
		['remove_at before expires_at', {expires_at: '2098-12-31', remove_at: '2098-06-01'}, ['/remove_at']],
		['no contact', {contacts: []}, ['/contacts']],
	])
		test(`an upload with ${what} is 422 and leaves nothing`, async () => {
			assertProblem(await api.upload(metadata('bad-upload', changes), simplePdf('Nej')), 422, 'invalid', pointers);
			assert.deepEqual((await api.get('/documents?external_id=bad-upload')).body.data, []);
		});

	test('one is enough who may accept; without accept nobody needs to', async () => {
		const {id: other} = await sent('bad-not', {people: 2});
		const [first, second] = [person('bad-not', 0), person('bad-not', 1, {rights: ['view']})];

		await changed(other, {contacts: [first, second]});
		await changed(other, {accept: {enabled: false}, contacts: [second]});
		assertProblem(await patch(other, {accept: {enabled: true}}), 422, 'invalid', ['/accept/enabled']);
		await sent('bad-document', {kind: 'document', contacts: [person('bad-document', 0, {rights: ['view']})]});
	});
});

describe('the table of states', () => {
	const decline = async ({visitor}) => visitor.post('/decline', {...await visitor.form('/decline'), reason: ''});
	const reach = {
		sent: () => {}, opened: ({visitor}) => visitor.opened(), accepted: ({visitor}) => visitor.accept(), declined: decline,
		withdrawn: ({id}) => act(id, 'withdraw'),
		expired: ({id}) => portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${id}'`),
	};
	// The answer to each action; a word alone is a result (200), or the code of a 409.
	const results = ['done', 'unchanged', 'updated', 'new_version'];
	const table = {
		sent: {remind: 'done', withdraw: 'done', archive: 'done', unarchive: 'unchanged', message: 'updated', dates: 'updated', version: 'new_version'},
		opened: {remind: 'done', withdraw: 'done', archive: 'done', unarchive: 'unchanged', message: 'updated', dates: 'updated', version: 'new_version'},
		expired: {remind: 'expired', withdraw: 'done', archive: 'done', unarchive: 'unchanged', message: 'updated', dates: 'updated', version: 'new_version'},
		accepted: {remind: 'already_accepted', withdraw: 'already_accepted', archive: 'done', unarchive: 'unchanged', message: 'already_accepted',
			dates: 'updated', version: 'already_accepted', revision: 'new_version'},
		declined: {remind: 'already_decided', withdraw: 'done', archive: 'done', unarchive: 'unchanged', message: 'updated', dates: 'updated', version: 'new_version'},
		withdrawn: {remind: 'withdrawn', withdraw: 'unchanged', archive: 'done', unarchive: 'unchanged', message: 'withdrawn', dates: 'withdrawn', version: 'withdrawn'},
	};
	const again = ({given}, more = {}) => api.upload({...given, ...more}, simplePdf('Tilbud', `${given.external_id} again`));
	const actions = {
		remind: ({id}) => act(id, 'remind'), withdraw: ({id}) => act(id, 'withdraw'), archive: ({id}) => act(id, 'archive'), unarchive: ({id}) => act(id, 'unarchive'),
		message: ({id}) => patch(id, {message: 'En ny besked'}), dates: ({id}) => patch(id, {expires_at: '2098-01-01', archive_after_days: 9}),
		version: x => again(x), revision: x => again(x, {revision: true}),
	};
	const stateAfter = {done: {withdraw: () => 'withdrawn'}, updated: {}, new_version: {version: () => 'sent', revision: () => 'sent'}, unchanged: {}};

	for (const [state, row] of Object.entries(table))
		for (const archived of [false, true])
			test(`${state}${archived ? ', archived' : ''}`, async () => {
				const actual = {}, wanted = {};

				await Promise.all(Object.keys(row).map(async action => {
					const x = await sent(`t-${state}-${action}-${archived}`, {notify: {on_upload: false}});

					await reach[state](x);
					if (archived)
						assert.equal((await act(x.id, 'archive')).status, 200);
					const {status, body} = await actions[action](x);
					const word = archived && {remind: 'archived', archive: 'unchanged', unarchive: 'done'}[action] || row[action];
					// An expired one whose date moves lives again.
					const later = results.includes(word) ? stateAfter[word][action]?.(state) ?? (state === 'expired' && ['dates', 'message'].includes(action) ? 'sent' : state) : state;

					wanted[action] = [results.includes(word) ? 200 : 409, word, later];
					actual[action] = [status, body.result ?? body.code, (await api.document(x.id)).state];
					const isArchived = (await api.document(x.id)).archived_at !== null;

					assert.equal(isArchived, action === 'archive' ? true : archived && word !== 'new_version' && action !== 'unarchive', `${action}: archived`);
				}));
				assert.deepEqual(actual, wanted);
			});

	test('withdrawn: the page says so, its bytes are closed, contacts cannot decide', async () => {
		const {id, visitor} = await sent('w-page');
		const form = await visitor.form();

		assert.equal((await act(id, 'withdraw')).body.state, 'withdrawn');
		const page = await visitor.get();

		assert.match(page.text, /trukket tilbage/);
		assert.equal((await visitor.get('/file')).status, 303);
		const answer = await visitor.post('/accept', {...form, consent: 'yes'});

		assert.equal(answer.status, 409);
		assert.match(answer.text, /trukket tilbage/);
		assert.equal((await types(id)).filter(type => type === 'withdrawn').length, 1);
	});

	test('declined and withdrawn: withdrawn once, and for good', async () => {
		const x = await sent('w-declined', {notify: {on_upload: false}});

		await reach.declined(x);
		assert.equal((await act(x.id, 'withdraw')).body.result, 'done');
		assert.equal((await act(x.id, 'withdraw')).body.result, 'unchanged');
		assert.equal((await types(x.id)).filter(type => type === 'withdrawn').length, 1);
		assert.equal((await api.document(x.id)).state, 'withdrawn');
		assert.deepEqual((await api.get('/documents?state=withdrawn')).body.data.filter(({id}) => id === x.id).length, 1);
		assertProblem(await again(x), 409, 'withdrawn');
		assertProblem(await patch(x.id, {message: 'Igen'}), 409, 'withdrawn');
		assertProblem(await act(x.id, 'remind'), 409, 'withdrawn');
		assert.equal((await portal.ctl('verify')).status, 0);
	});

	test('a mail that still waits is not sent after withdrawal or removal', async () => {
		smtp.modes.set('w-late-0@example.dk', 'defer').set('r-late-0@example.dk', 'defer');
		const [withdrawn, removed] = [await sent('w-late'), await sent('r-late')];

		await waitFor('first attempts', async () => await portal.sqlValue(`SELECT count(*) FROM job WHERE kind = 'mail' AND attempts > 0
			AND document_id IN ('${withdrawn.id}', '${removed.id}')`) === '2');
		await act(withdrawn.id, 'withdraw');
		await api.request('DELETE', `/documents/${removed.id}`);
		smtp.modes.clear();
		await portal.sql(`UPDATE job SET run_at = portal_now() WHERE state = 'waiting'`);
		await Promise.all([quiet(withdrawn.id), quiet(removed.id)]);
		assert.deepEqual([mailsTo('w-late-0@example.dk'), mailsTo('r-late-0@example.dk')], [[], []]);
		assert.equal((await api.document(withdrawn.id)).contacts[0].delivery, 'none');
	});

	test('after acceptance only dates, and the decision stays with its version', async () => {
		const {id, given, visitor, contacts} = await sent('accepted');

		assert.equal((await visitor.accept()).status, 303);
		for (const value of [{message: 'x'}, {contacts: [...contacts, person('accepted', 1)]}, {visibility: 'customer'}, {notify: {reminder_days: [1]}},
			{accept: {enabled: false}}, {visibility: 'link', access_code: 'kode 123'}, {project: 'Andet'}, {language: 'en'}])
			assertProblem(await patch(id, value), 409, 'already_accepted');
		assert.equal((await changed(id, {expires_at: '2098-01-01', remove_at: '2099-01-01', archive_after_days: 5})).state, 'accepted');
		const next = await api.send({...given, revision: true}, simplePdf('Tilbud', 'accepted 2'));

		assert.deepEqual([next.result, next.state, next.decision], ['new_version', 'sent', null]);
		assert.deepEqual(next.versions.map(version => version.decision?.type ?? null), ['accepted', null]);
		assert.equal((await visitor.accept()).status, 303);
		assert.deepEqual((await api.document(id)).versions.map(version => version.decision.type), ['accepted', 'accepted']);
	});
});

describe('a new version', () => {
	test('is told by a mail that says what changed, at the same link', async () => {
		const {id, given, contacts: [contact], visitor} = await sent('v-amount');

		await mailed(contact.email);
		const body = await api.send({...given, title: 'Tilbud på nyt tag og kvist', amount: {value: '199000.50', currency: 'DKK'}, message: 'Nu med kvist.'}, simplePdf('Tilbud', 'v-amount 2'));

		assert.deepEqual([body.result, body.version.number], ['new_version', 2]);
		const mail = await mailed(contact.email, 2);

		assert.match(mail.subject, /^Ny version af tilbud 2026-0117 fra Nordtag ApS/);
		assert.match(mail.text, /Version: 2/);
		assert.match(mail.text, /199\.000,50.*\(før 184\.500,00/);
		assert.match(mail.text, /Tilbud på nyt tag og kvist \(før Tilbud på nyt tag\)/);
		assert.match(mail.text, /Nu med kvist\./);
		assert.match(mail.html, /199\.000,50/);
		assert.match(mail.html, /184\.500,00/);
		assert.equal(mail.link, visitor.link);
		assert.match((await visitor.get()).text, /199\.000,50/);
		await quiet(id);
		assert.equal(mailsTo(contact.email).length, 2);
	});

	test('without a change of the amount says no amount of before', async () => {
		const {given, contacts: [contact]} = await sent('v-same');

		await mailed(contact.email);
		await api.send(given, simplePdf('Tilbud', 'v-same 2'));
		const mail = await mailed(contact.email, 2);

		assert.doesNotMatch(mail.text, /\(før/);
		assert.match(mail.text, /184\.500,00/);
	});

	test('of another attachment, title, number or kind is one; of another message is none', async () => {
		const {given, pdf} = await sent('v-facts', {notify: {on_upload: false, on_change: false}});
		const result = async (changes, attachments) => (await api.send({...given, ...changes}, pdf, attachments)).result;
		const bilag = [{name: 'bilag.txt', bytes: 'Bilag'}];

		assert.equal(await result({}), 'unchanged');
		assert.equal(await result({message: 'Ny'}), 'updated');
		assert.equal(await result({}, bilag), 'new_version');
		assert.equal(await result({}, bilag), 'unchanged');
		assert.equal(await result({}, [{name: 'andet.txt', bytes: 'Bilag'}]), 'new_version');
		assert.equal(await result({title: 'Anden titel'}, [{name: 'andet.txt', bytes: 'Bilag'}]), 'new_version');
		assert.equal(await result({title: 'Anden titel', number: '7'}, [{name: 'andet.txt', bytes: 'Bilag'}]), 'new_version');
		assert.equal(await result({title: 'Anden titel', number: '7', amount: null}, [{name: 'andet.txt', bytes: 'Bilag'}]), 'new_version');
	});

	test('without notify.on_change tells nobody but a contact who is new', async () => {
		const {id, given, contacts} = await sent('v-quiet', {notify: {on_change: false}});

		await mailed(contacts[0].email);
		await api.send({...given, contacts: [...contacts, person('v-quiet', 1)]}, simplePdf('Tilbud', 'v-quiet 2'));
		await mailed('v-quiet-1@example.dk');
		await quiet(id);
		assert.equal(mailsTo(contacts[0].email).length, 1);
	});

	test('names in one mail both that a contact is new and that the version is', async () => {
		const {id, given, contacts} = await sent('v-new');

		await mailed(contacts[0].email);
		await api.send({...given, contacts: [...contacts, person('v-new', 1)]}, simplePdf('Tilbud', 'v-new 2'));
		await mailed('v-new-1@example.dk');
		await quiet(id);
		assert.deepEqual([0, 1].map(n => mailsTo(`v-new-${n}@example.dk`).length), [2, 1], 'one mail per contact and cause');
		assert.doesNotMatch(mailsTo('v-new-1@example.dk')[0].subject, /Ny version/, 'who never saw the first is told of a quote');
	});

	test('is not told to who was revoked, withdrawn mails stay away', async () => {
		const {id, given, contacts, document} = await sent('v-revoked', {people: 2});

		await Promise.all(contacts.map(({email}) => mailed(email)));
		await act(id, `contacts/${document.contacts.find(contact => contact.email === contacts[1].email).id}/revoke`);
		await api.send(given, simplePdf('Tilbud', 'v-revoked 2'));
		await mailed(contacts[0].email, 2);
		await quiet(id);
		assert.equal(mailsTo(contacts[1].email).length, 1);
	});
});

test('`portalctl verify` is content with all of it', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
