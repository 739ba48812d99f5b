// Who decided, and what proves it.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS');

after(() => portal.stop());

const evidence = async (id, version = 1) =>
	JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${id}', ${version})`) || 'null');

test('the evidence says who decided on what, and where it stands in the history', async () => {
	const document = await api.send(metadata('evidence', {contacts: [{name: 'Mette Jensen', email: 'evidence@example.dk'}]}), simplePdf('Tilbud'));
	const visitor = new Visitor((await portal.mailTo('evidence@example.dk')).link);

	assert.equal(await evidence(document.id), null);
	assert.equal((await visitor.accept({purchase_order: 'PO-1'})).status, 303);
	const found = await evidence(document.id);
	const [before, line] = (await portal.sql(`SELECT hash, seq FROM portal.event WHERE document_id = '${document.id}'
		AND seq IS NOT NULL ORDER BY seq DESC LIMIT 2`));

	assert.deepEqual([found.type, found.name, found.email, found.identity, found.proof, found.link_kind, found.purchase_order],
		['accepted', 'Mette Jensen', 'evidence@example.dk', 'link', null, 'personal', 'PO-1']);
	assert.deepEqual([found.version, found.sha256, found.attachments], [1, document.version.sha256, []]);
	assert.deepEqual(found.chain.after, {length: Number(before[1]), head: before[0]});
	assert.deepEqual(found.chain.before, {length: Number(line[1]), head: line[0]});
	assert.match(found.ip, /^127\./);
	assert.match(found.user_agent, /Firefox/);
	assert.match(found.consent_sha256, /^[0-9a-f]{64}$/);
	assert.match(found.at_local, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
	assert.equal(found.disclosed_at, null);
});
