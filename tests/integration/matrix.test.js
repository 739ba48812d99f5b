// The gate: visibility x link x state x route, each cell's answer by the rules in one table.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {png, putFile} from './lib/files.js';
import {linksOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';

const portal = await startPortal();
const {api} = await portal.tenant();
const pdf = simplePdf('Alle slags tilbud');
const code = 'Tagsten 7', nextCode = 'Tagrende 8';
const secrets = /Hemmeligt tag|Hemmelig sag|Hemmelig besked|Jensen Byg|PDF-1/;

assert.equal((await putFile(api, 'PUT', '/settings/logo', 'logo.png', png)).status, 200);
after(() => portal.stop());

const view = ['view'], ask = ['view', 'ask'], accept = ['view', 'ask', 'accept'];

// What can come to a document. `rights` are those of a named contact; `dead`: the link opens nothing; `code`: what proves
// the access code of the public link; `shared`: the rights of the contact who
// passed the link on. `decider` is who accepts and declines in the states of that name.
const links = {
	'who may view': {rights: view},
	'who may ask': {rights: ask},
	'who may accept': {rights: accept},
	'who decides': {rights: accept, decider: true},
	'a revoked link': {rights: accept, before: 'revoke', dead: true},
	'a link before rotation': {rights: accept, before: 'rotate', dead: true},
	'a link after rotation': {rights: accept, before: 'rotate', fresh: true},
	'another contact': {only: 'customer', rights: ask, unnamed: true},
	'another contact, of one visibility less': {rights: ask, unnamed: true, dead: true, not: 'customer'},
	'a colleague of who may view': {shared: view, rights: view},
	'a colleague of who may accept': {shared: accept, rights: ask},
	'a colleague of whose link was revoked': {shared: accept, rights: ask, before: 'revoke', dead: true},
	'the public link': {only: 'link', public: true},
	'the public link, code given': {only: 'link', public: true, code: 'right'},
	'the public link, code changed since': {only: 'link', public: true, code: 'changed'},
	'the public link, code of another': {only: 'link', public: true, code: 'foreign'},
	'the public link, after another visibility': {only: 'link', public: true, code: 'right', before: 'hide', dead: true},
};

// How a document gets into each state. Expired and archived keep whether it was opened to themselves.
const states = {
	sent: () => {},
	opened: ({decider}) => decider.opened(),
	accepted: ({decider}) => decider.accept(),
	declined: async ({decider}) => decider.post('/decline', {...await decider.form('/decline'), reason: ''}),
	withdrawn: ({id}) => act(id, 'withdraw'),
	expired: ({id}) => portal.sql(`UPDATE document SET expires_at = portal_now() - interval '1 second' WHERE id = '${id}'`),
	archived: ({id}) => act(id, 'archive'),
	removed: ({id}) => api.request('DELETE', `/documents/${id}`),
};

const shown = ({document}) => ({version: '1', sha256: document.version.sha256});
const routes = {
	page: ({visitor}) => visitor.get(),
	file: ({visitor}) => visitor.get('/file'),
	logo: ({visitor}) => visitor.get('/logo'),
	code: ({visitor, right}) => visitor.post('/code', {code: right}),
	accept: ({visitor, ...x}) => visitor.post('/accept', {...shown(x), name: 'Mette Jensen', consent: 'yes'}),
	decline: ({visitor, ...x}) => visitor.post('/decline', {...shown(x), reason: ''}),
	messages: ({visitor}) => visitor.post('/messages', {text: 'Hemmeligt spørgsmål', version: '1'}),
	changes: ({visitor}) => visitor.post('/changes', {text: 'Hemmeligt ønske', version: '1'}),
	renew: ({visitor}) => visitor.post('/renew', {}),
	share: ({visitor}) => visitor.post('/share', {email: 'kollega@example.org'}),
	unshare: ({visitor}) => visitor.post('/share/revoke', {link: '01a20a79-e3ed-7343-bf46-a9b7192ee56f'}),
	opened: ({visitor}) => visitor.opened(),
	download: ({visitor}) => visitor.get('/download'),
	attachment: ({visitor}) => visitor.get('/attachments/1'),
};

const open = ['sent', 'opened'];
const past = {accept: 'accepted', decline: 'declined'};
const rightsFor = {messages: ['ask'], changes: ['ask', 'accept'], renew: ['ask', 'accept']};

// THE TABLE, as rules; the first that holds.
function expected(link, state, route) {
	const decides = route in past;

	if (state === 'removed' || link.dead)
		return 404;
	if (link.public && link.code !== 'right')
		return {page: 200, code: 303}[route] ?? 403;
	if (['page', 'logo'].includes(route))
		return 200;
	if (route === 'code')
		return 303;
	if (route === 'opened')
		return 204;
	// Whoever has a link of their own shares it; what is to be ended here is none of theirs.
	if (['share', 'unshare'].includes(route))
		return state === 'withdrawn' ? 409 : link.public || link.shared ? 403 : {share: 303, unshare: 404}[route];
	if (route in rightsFor) {
		if (state === 'withdrawn')
			return 409;
		if (!rightsFor[route].some(right => (link.rights ?? ask).includes(right)))
			return 403;
		return route === 'messages' || (route === 'changes' ? open.includes(state) : state === 'expired') ? 303 : 409;
	}
	if (!decides)
		return state === 'withdrawn' ? 303 : 200; // to the page, which says so
	if (Object.values(past).includes(state))
		return link.decider && past[route] === state ? 200 : 409;
	if (state === 'withdrawn')
		return 409;
	if (link.public || !link.rights.includes('accept'))
		return 403;
	return open.includes(state) ? 303 : 409;
}

// The state that a document is in afterwards, where the route's answer was the expected one.
function stateAfter(link, state, route) {
	const went = expected(link, state, route);

	if (route in past && went === 303)
		return past[route];
	return state === 'sent' && ['opened', 'download', 'attachment', 'messages', 'changes'].includes(route) && went < 304 ? 'opened' : state;
}

const act = async (id, action, value = {}) => {
	const {status, body} = await api.post(`/documents/${id}/${action}`, value);

	assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
};

let number = 0;

// A document of this visibility and state, with the visitor who comes by LINK.
async function arrange(visibility, link, state) {
	const name = `m-${++number}`;
	const person = role => ({name: `Person ${role}`, email: `${name}-${role}@example.dk`});
	const contacts = [{...person('decider'), rights: accept}, ...link.rights && !link.unnamed ? [{...person('tested'), rights: link.shared ?? link.rights}] : []];
	const given = metadata(name, {
		visibility, contacts, customer: {external_id: name, name: 'Jensen Byg A/S'}, title: 'Hemmeligt tag', project: 'Hemmelig sag',
		message: 'Hemmelig besked', notify: {on_upload: false}, ...visibility === 'link' && {access_code: code},
	});
	const document = await api.send(given, pdf, [{name: 'bilag.txt', bytes: 'PDF-1 er det ikke'}]);
	const x = {id: document.id, document, right: code};

	if (link.unnamed) {
		// Another document of the same customer makes the contact; where it has no link to this one, one is made up that was.
		const {id} = await api.send({...given, external_id: `${name}-other`, visibility: 'contact', access_code: undefined,
			contacts: [person('decider'), person('tested')]}, pdf);

		if (link.dead)
			await portal.sql(`INSERT INTO link (tenant_id, document_id, kind, contact_id, rights, named, revoked_at)
				SELECT tenant_id, '${x.id}', kind, contact_id, '{view,ask}', false, portal_now() FROM link JOIN contact c USING (tenant_id)
				WHERE document_id = '${id}' AND c.id = contact_id AND c.email = '${person('tested').email}'`);
	}
	let all = await linksOf(portal, x.id);
	const before = all.get(person('tested').email);

	if (link.shared) {
		assert.equal((await new Visitor(before).post('/share', {email: person('colleague').email})).status, 303);
		all = await linksOf(portal, x.id);
	}

	if (['revoke', 'rotate'].includes(link.before)) {
		const {id} = document.contacts.find(contact => contact.email === person('tested').email);

		await act(x.id, `contacts/${id}/${link.before}`);
		all = link.fresh ? await linksOf(portal, x.id) : all;
	}
	x.decider = new Visitor(all.get(person('decider').email));
	x.visitor = link.public ? await publicVisitor(link, x) : link.decider ? x.decider
		: new Visitor(all.get(person(link.shared ? 'colleague' : 'tested').email));
	if (link.fresh)
		assert.notEqual(x.visitor.link, before);
	await states[state](x);
	return x;
}

async function cookieOf(visitor, given) {
	const answer = await visitor.post('/code', {code: given});

	assert.equal(answer.status, 303);
	return answer.headers.get('set-cookie').split(';')[0];
}

async function publicVisitor(link, x) {
	const visitor = new Visitor(x.document.links.public);
	const patch = async change => {
		const {status, body} = await api.request('PATCH', `/documents/${x.id}`, {body: JSON.stringify(change)});

		assert.equal(status, 200, JSON.stringify(body));
	};

	if (link.code === 'foreign')
		visitor.headers.cookie = await cookieOf(new Visitor((await foreign()).links.public), code);
	else if (link.code)
		visitor.headers.cookie = await cookieOf(visitor, code);
	if (link.code === 'changed') {
		await patch({access_code: nextCode});
		x.right = nextCode;
	} else if (link.before === 'hide') {
		await patch({visibility: 'contact'});
	}
	return visitor;
}

let another;
const foreign = () => another ??= api.send(metadata('foreign', {visibility: 'link', access_code: code, notify: {on_upload: false}}), pdf);

// Asks all ROUTES of one document; what changes its state gets a document of its own. Gives {route: status}.
async function walk(visibility, name, state) {
	const link = links[name], result = {};
	const changing = Object.keys(routes).filter(route => stateAfter(link, state, route) !== state);
	const groups = [Object.keys(routes).filter(route => !changing.includes(route)), ...changing.map(route => [route])];

	for (const group of groups) {
		const x = await arrange(visibility, link, state);

		for (const route of group) {
			const answer = await routes[route](x);

			result[`${name}: ${route}`] = answer.status;
			if (link.dead || state === 'removed' || (link.public && link.code !== 'right'))
				assert.doesNotMatch(answer.bytes.toString('latin1'), secrets, `${name}: ${route} tells nothing`);
		}
		if (state !== 'removed' && state !== 'archived')
			assert.equal((await api.document(x.id)).state, group.length === 1 ? stateAfter(link, state, group[0]) : state, `${name}: state after ${group}`);
	}
	return result;
}

for (const visibility of ['contact', 'customer', 'link'])
	describe(`visibility ${visibility}`, () => {
		const names = Object.keys(links).filter(name => (links[name].only ?? visibility) === visibility && links[name].not !== visibility);

		for (const state of Object.keys(states))
			test(`${state}: ${names.length} links, ${Object.keys(routes).length} routes`, async () => {
				const wanted = Object.fromEntries(names.flatMap(name => Object.keys(routes).map(route =>
					[`${name}: ${route}`, expected(links[name], state, route)])));
				const results = await Promise.all(names.map(name => walk(visibility, name, state)));

				assert.deepEqual(Object.assign({}, ...results), wanted);
			});
	});

test('a page and a download at once, each the first of its document, are both answered', async () => {
	for (let i = 0; i < 30; i++) {
		const x = await arrange('contact', links['who may accept'], 'sent');
		const both = await Promise.all(['', '/download', '/file'].map(path => x.visitor.get(path)));

		assert.deepEqual(both.map(({status}) => status), [200, 200, 200]);
	}
});
