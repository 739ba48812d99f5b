// Waiting for what the portal does in its own time: by condition, never by a fixed pause.
import {setTimeout as pause} from 'node:timers/promises';

// Asks CONDITION every 50 ms until it gives something true, and gives that. Fails after SECONDS, saying WHAT was
// waited for and what stood in the way last.
export async function waitFor(what, condition, seconds = 20) {
	const deadline = Date.now() + seconds * 1000;
	let last;

	for (;;) {
		try {
			last = await condition();
			if (last)
				return last;
		} catch (error) {
			last = error;
		}
		if (Date.now() > deadline)
			throw new Error(`not within ${seconds} s: ${what}`, {cause: last});
		await pause(50);
	}
}
