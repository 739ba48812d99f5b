// The sender's acts on documents of customers of their own, for tests of what follows from them.
import assert from 'node:assert/strict';
import {simplePdf} from '../../pdfs/make.js';
import {metadata} from './api.js';
import {linksOf} from './links.js';
import {Visitor} from './visitor.js';
import {waitFor} from './wait.js';

export const person = (name, n = 0, more = {}) => ({name: `Person ${n}`, email: `${name}-${n}@example.dk`, language: 'da', ...more});

const routes = ['', '/file', '/download'];

// What a link's routes answer, and what they do where it is open, and where it is dead.
export const answers = async visitor => Promise.all(routes.map(async path => (await visitor.get(path)).status));
export const open = [200, 200, 200], gone = [404, 404, 404];

// The acts of one tenant, whose mails go to SMTP.
export function sender({portal, api, smtp}) {
	const mailsTo = address => smtp.mails.filter(mail => mail.recipients.includes(address));

	const patch = (id, value, headers) => api.request('PATCH', `/documents/${id}`, {body: JSON.stringify(value), headers});

	return {
		mailsTo, patch,
		mailed: (address, n = 1) => waitFor(`mail ${n} to ${address}`, () => mailsTo(address)[n - 1]),
		act: (id, action) => api.post(`/documents/${id}/${action}`, {}),
		types: async id => (await api.events(id)).map(event => event.type.replace('document.', '')),

		// A change that must be taken; gives the document.
		async changed(id, value) {
			const {status, body} = await patch(id, value);

			assert.equal(status, 200, JSON.stringify(body));
			return body;
		},

		// Waits until nothing of a document is to be mailed any more.
		quiet: id => waitFor('the mails', async () => await portal.sqlValue(`SELECT count(*) FROM job
			WHERE kind = 'mail' AND document_id = '${id}' AND state IN ('waiting', 'running')`) === '0'),

		// A document of a customer of its own for PEOPLE, with a visitor each.
		async sent(name, {people = 1, ...changes} = {}) {
			const contacts = changes.contacts ?? Array.from({length: people}, (_, n) => person(name, n));
			const given = metadata(name, {customer: {external_id: name, name: `Kunden ${name}`}, ...changes, contacts});
			const pdf = simplePdf('Tilbud', name);
			const document = await api.send(given, pdf);
			const links = await linksOf(portal, document.id);
			const visitors = contacts.map(({email}) => new Visitor(links.get(email)));

			return {id: document.id, given, pdf, document, contacts, visitors, visitor: visitors[0]};
		},
	};
}
