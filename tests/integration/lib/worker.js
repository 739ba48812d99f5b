// What the worker does by itself: it looks every second. Here it can be waited for, or hurried.
import {waitFor} from './wait.js';

// Waits for a whole round of the worker. A round ends in forgetting old idempotent answers. One that was under way when
// the clock moved may have missed something: the second that ends has not.
export async function round(portal) {
	for (let i = 0; i < 2; i++) {
		await portal.sql(`INSERT INTO idempotency (tenant_id, route, key, request_sha256, created_at)
			SELECT id, 'round', 'round', '', portal_now() - interval '25 hours' FROM tenant LIMIT 1`);
		await waitFor('a round of the worker', async () =>
			await portal.sqlValue(`SELECT count(*) FROM idempotency WHERE route = 'round'`) === '0');
	}
	await idle(portal);
}

const idle = portal => waitFor('the mails and deletions that are due', async () => await portal.sqlValue(`SELECT count(*) FROM job
	WHERE kind IN ('mail', 'erase') AND (state = 'running' OR state = 'waiting' AND run_at <= portal_now())`) === '0');

// The same without the wait: calls what the worker calls, until nothing is left to do. Twice, since rows that the worker
// itself has in hand are skipped.
export async function settled(portal) {
	for (let i = 0; i < 2; i++) {
		await portal.sql(`SET search_path = portal; DO $$ BEGIN
			FOR i IN 1..20 LOOP
				EXIT WHEN (worker_expire(500) ->> 'expired')::int + (worker_remind(500) ->> 'done')::int
					+ (worker_archive(500) ->> 'done')::int = 0;
			END LOOP; END $$`);
		await idle(portal);
	}
}

// Sets the clock still at TIME (a timestamptz) and has done what is due then.
export async function at(portal, time, wait = settled) {
	await portal.setClock(`timestamptz '${time}'`);
	await wait(portal);
}
