// Fifty rivals accept and decline one quote at once, over real nginx: one decides, wholly, and the others are told.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {linksOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';

const ROUNDS = 20, RIVALS = 50;

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');
const contacts = Array.from({length: RIVALS}, (_, i) => ({name: `Person ${i}`, email: `rival-${i}@example.dk`}));

after(() => portal.stop());

// What a decision of TYPE must have left behind, in one text to compare.
const traces = id => portal.sql(`SELECT
	(SELECT count(*) FROM decision WHERE document_id = d.id),
	(SELECT count(*) FROM event WHERE document_id = d.id AND type IN ('document.accepted', 'document.declined')),
	(SELECT string_agg(kind || coalesce(' ' || cause, ''), ', ' ORDER BY kind, cause, link_id IS NULL) FROM job
		WHERE document_id = d.id AND (kind IN ('sign', 'receipt') OR kind = 'mail')),
	d.decided FROM document d WHERE d.id = '${id}'`);

for (let round = 1; round <= ROUNDS; round++) {
	test(`round ${round}: one of ${RIVALS} decides`, async () => {
		const document = await api.send(metadata(`rivals-${round}`, {contacts, notify: {on_upload: false}}), simplePdf(`R ${round}`));
		const visitors = [...await linksOf(portal, document.id)].map(([email, link]) => ({email, visitor: new Visitor(link)}));
		const shown = {version: '1', sha256: document.version.sha256};

		assert.equal(visitors.length, RIVALS);
		const answers = await Promise.all(visitors.map(async ({email, visitor}, i) => {
			const accepts = i % 2 === 0;
			const {status, text} = accepts
				? await visitor.post('/accept', {...shown, name: `Person ${i}`, consent: 'yes', purchase_order: `PO-${i}`})
				: await visitor.post('/decline', {...shown, reason: `Nej, ${i}`});

			return {status, text, email, type: accepts ? 'accepted' : 'declined', i};
		}));
		const winners = answers.filter(({status}) => status === 303);

		assert.equal(winners.length, 1, JSON.stringify(answers.map(({status}) => status)));
		assert.ok(answers.every(({status}) => [303, 409].includes(status)));
		const [{type, email, i}] = winners;
		const found = JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${document.id}', 1)`));

		assert.deepEqual([found.type, found.email, found.sha256, found.link_kind], [type, email, document.version.sha256, 'personal']);
		assert.deepEqual([found.purchase_order, found.reason], type === 'accepted' ? [`PO-${i}`, null] : [null, `Nej, ${i}`]);
		assert.equal(found.chain.after.length, found.chain.before.length + 1);
		const jobs = `mail ${type}:1, mail ${type}:1${type === 'accepted' ? ', receipt' : ''}, sign`;

		assert.deepEqual(await traces(document.id), [['1', '1', jobs, type]]);
		const told = type === 'accepted' ? /har accepteret tilbuddet/ : /har sagt nej tak/;

		for (const answer of answers.filter(({status}) => status === 409))
			assert.match(answer.text, told);
	});
}

test('and the histories are whole', async () => {
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
