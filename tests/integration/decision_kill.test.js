// The deciding transaction is held at each of its steps, and then a process or the database is killed: afterwards there
// is nothing of the decision or all of it, and the visitor who tries again ends with one decision.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {simplePdf} from '../pdfs/make.js';
import {metadata} from './lib/api.js';
import {linkOf} from './lib/links.js';
import {startPortal} from './lib/portal.js';
import {Visitor} from './lib/visitor.js';
import {waitFor} from './lib/wait.js';

// Tables in the order in which a decision writes to them; `commit` stands for the moment before it is durable.
const STEPS = ['identity_challenge', 'engagement', 'chain', 'event', 'decision', 'document', 'job', 'commit'];

const portal = await startPortal();
const {api, tenantId} = await portal.tenant('Nordtag ApS', '--reply-to', 'tilbud@nordtag.example');

after(() => portal.stop());
before(() => portal.sql(`
	CREATE TABLE portal.held (step text);
	CREATE FUNCTION portal.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal AS $$ BEGIN
		WHILE session_user = 'portal_customer' AND EXISTS (SELECT FROM held WHERE step = TG_ARGV[0]) LOOP
			PERFORM pg_sleep(0.02);
		END LOOP;
		RETURN NEW;
	END $$;
	${STEPS.slice(0, -1).map(table => `CREATE TRIGGER hold BEFORE INSERT OR UPDATE ON portal.${table}
		FOR EACH ROW EXECUTE FUNCTION portal.hold('${table}');`).join('\n')}
	CREATE CONSTRAINT TRIGGER hold_commit AFTER INSERT ON portal.decision DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION portal.hold('commit')`));

let number = 0;

// A quote whose code is already mailed, and the form that accepts it.
async function ready() {
	const name = `kill-${++number}`, email = `${name}@example.dk`;
	const document = await api.send(metadata(name, {contacts: [{name: 'Mette Jensen', email, language: 'da'}],
		notify: {on_upload: false}, accept: {enabled: true, identity: 'email_code', signature: 'typed'}}), simplePdf(name));
	const visitor = new Visitor(await linkOf(portal, document.id, email));

	assert.equal((await visitor.post('/identity', {})).status, 303);
	const code = await waitFor('the code', async () =>
		(await portal.mails()).findLast(mail => mail.to === email)?.text.match(/^\d{6}$/m)?.[0]);

	return {id: document.id, visitor, form: {...await visitor.form(), consent: 'yes', code}};
}

const inside = () => portal.sqlValue(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal_customer'
	AND state = 'active' AND query LIKE '%customer_decide%'`).then(Number);

async function whole(id) {
	const [[decisions, events, jobs, decided, used]] = await portal.sql(`SELECT
		(SELECT count(*) FROM decision WHERE document_id = d.id),
		(SELECT count(*) FROM event WHERE document_id = d.id AND type = 'document.accepted'),
		(SELECT count(*) FROM job WHERE document_id = d.id AND (kind IN ('sign', 'receipt') OR cause = 'accepted:1')),
		coalesce(d.decided, '-'),
		(SELECT count(*) FROM identity_challenge WHERE document_id = d.id AND used_at IS NOT NULL)
		FROM document d WHERE d.id = '${id}'`);

	return [decisions, events, jobs, decided, used].join(' ');
}

const NOTHING = '0 0 0 - 0', EVERYTHING = '1 1 4 accepted 1';

const killers = {
	'the process is killed': () => portal.pids('accept').slice(1).forEach(pid => process.kill(pid, 'SIGKILL')),
	'the database is killed': () =>
		process.kill(Number(readFileSync(join(portal.var, 'pg/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT'),
};

for (const [what, kill] of Object.entries(killers)) {
	describe(`when ${what}`, () => {
		for (const step of STEPS) {
			test(`at ${step}`, async () => {
				const {id, visitor, form} = await ready();

				await portal.sql(`INSERT INTO portal.held VALUES ('${step}')`);
				const answer = visitor.post('/accept', form).catch(error => error);

				await waitFor('the transaction to be held', async () =>
					await portal.sqlValue(`SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'
						AND usename = 'portal_customer'`) !== '0');
				kill();
				await waitFor('the hold to end', () => portal.sql('DELETE FROM portal.held').then(() => true, () => false));
				assert.notEqual((await answer).status, 303, 'nothing was acknowledged');
				await waitFor('the end of the transaction', async () => await inside() === 0);
				const left = await whole(id);

				assert.ok([NOTHING, EVERYTHING].includes(left), left);
				if (what === 'the database is killed')
					assert.equal(left, NOTHING);
				const again = await waitFor('an answer', async () => {
					const {status} = await visitor.post('/accept', form);

					return status < 500 && status;
				});

				assert.equal(again, left === NOTHING ? 303 : 200);
				assert.equal(await whole(id), EVERYTHING);
				const {proof} = JSON.parse(await portal.sqlValue(`SELECT portal.decision_evidence('${tenantId}', '${id}', 1)`));

				// The count itself may have been undone, where it was that what was held.
				if (step !== 'identity_challenge')
					assert.equal(proof.tries, left === NOTHING ? 2 : 1, 'each try was counted');
			});
		}
	});
}

test('and the histories are whole', async () => {
	await portal.sql('DROP FUNCTION portal.hold() CASCADE; DROP TABLE portal.held');
	const {status, output} = await portal.ctl('verify');

	assert.equal(status, 0, output);
});
